"""`make demo` with dependencies installed: until the wall has a whole picture, first and later.

In a folder of its own, made and dropped here: a demo may be running.
"""

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from dashboard.settings import Settings
from tests.bench.measurement import Measurement
from tests.bench.running_cockpit import started
from tests.live_cockpit import free_port

AIM_FIRST, AIM_LATER = 90.0, 15.0
LATER_RUNS = 3
PATIENCE_SECONDS = 600.0


def measure() -> Iterable[Measurement]:
    """Seconds of the first start, which makes and fills the database, and of later ones."""
    with tempfile.TemporaryDirectory(prefix="cockpit-demo-start-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user
        settings = Settings(port=free_port(), data_folder=Path(folder) / "demo")
        yield Measurement(
            what="demo, first start",
            unit="s",
            samples=(_seconds(settings),),
            aim=AIM_FIRST,
            note="`cockpit demo` without data, until the wall has its first whole picture:"
            " 600,000 incidents and 30,000 disputes are made and rolled up.",
        )
        yield Measurement(
            what="demo, later start",
            unit="s",
            samples=tuple(_seconds(settings) for _ in range(LATER_RUNS)),
            aim=AIM_LATER,
            note="The same with data, started again at once.",
        )


def _seconds(settings: Settings) -> float:
    began = time.monotonic()
    with started("demo", settings, PATIENCE_SECONDS):
        return time.monotonic() - began
