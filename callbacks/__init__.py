"""Behaviour: pages, live stream, geometry, health; each module registers on what it is given.

No callback is registered at import, and none on a global app.
"""

from pathlib import Path

from dash import Dash
from fastapi import FastAPI

from callbacks import geometry, health, stream, wall
from callbacks.hub import Hub
from callbacks.wall import Screens
from data_access.database import Database


def register_all(
    app: Dash, server: FastAPI, *, hub: Hub, database: Database, screens: Screens, assets: Path
) -> None:
    """Register everything; the table of contents of this package."""
    wall.register(app, hub, screens)
    wall.register_routes(server, assets)
    stream.register(server, hub)
    geometry.register(server, database)
    health.register(server, hub)
