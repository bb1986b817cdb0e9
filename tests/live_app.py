"""The web server of the live tests: the real one, with the plainest wall for a face."""

import os
import sys

if os.environ.get("PLAIN_WALL"):
    from tests import plain_wall

    sys.modules["layouts.wall"] = plain_wall
    import layouts

    layouts.wall = plain_wall  # type: ignore[attr-defined]

from app import create_app
from dashboard.settings import Settings

server = create_app(Settings.from_environment()).server
