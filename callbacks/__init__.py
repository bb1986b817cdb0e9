"""Behaviour: pages, live stream, geometry, health; each module registers on what it is given.

No callback is registered at import, and none on a global app.
"""

from functools import partial
from pathlib import Path

from dash import Dash
from fastapi import FastAPI

from callbacks import geometry, health, quality, stream, wall
from callbacks.hub import Hub
from callbacks.wall import Screens
from dashboard import quality_addresses
from data_access.database import Database


def register_all(
    app: Dash, server: FastAPI, *, hub: Hub, database: Database, screens: Screens, assets: Path
) -> None:
    """Register everything; the table of contents of this package."""
    wall.register(app, hub, screens, {quality_addresses.NAME: partial(quality.page_for, database)})
    wall.register_routes(server, assets)
    stream.register(server, hub)
    quality.register_routes(server, database)
    geometry.register(server, database)
    health.register(server, hub)
