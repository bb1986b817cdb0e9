"""Which PostgreSQL the tests start: the wheel's, or that of the folder in COCKPIT_TEST_PROGRAMS."""

import os
from pathlib import Path

PROGRAMS = "COCKPIT_TEST_PROGRAMS"


def chosen_programs() -> Path | None:
    """The `bin` folder to use instead of the wheel's, None: the wheel's."""
    folder = os.environ.get(PROGRAMS)
    return Path(folder) if folder else None
