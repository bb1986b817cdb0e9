"""A cockpit, its database server and an open wall: the same ones as for the faults."""

from tests.faults.conftest import browser, context, heartbeat, open_wall, scene

__all__ = ["browser", "context", "heartbeat", "open_wall", "scene"]
