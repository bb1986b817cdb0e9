"""The wall's page: one callback that builds it for the address it is opened under.

Everything after that comes by the live stream. Also the routes of the shell that a browser keeps
for the time the server is away: /service_worker.js and /offline.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, dcc, html
from fastapi import FastAPI
from fastapi.responses import FileResponse

from callbacks.hub import Hub
from dashboard.addresses import Address
from dashboard.errors import CockpitError
from dashboard.snapshot import Snapshot
from layouts.map import LOCATION_ID

PAGE_ID = "page"
# What the browser reads off the page: its address, and the snapshot it was built with.
ADDRESS_MARK, NUMBER_MARK = "data-address", "data-number"
NO_CACHE = {"Cache-Control": "no-cache"}

Build = Callable[[Address, Snapshot | None], Any]


def shell() -> html.Div:
    """What stands on every page: the address bar and an empty place."""
    return html.Div([dcc.Location(id=LOCATION_ID), html.Div(id=PAGE_ID)])


def register(app: Dash, hub: Hub, build: Build) -> None:
    """Add the callback that fills the page."""

    @app.callback(
        Output(PAGE_ID, "children"),
        Output(PAGE_ID, ADDRESS_MARK),
        Output(PAGE_ID, NUMBER_MARK),
        Input(LOCATION_ID, "pathname"),
        Input(LOCATION_ID, "search"),
    )
    async def show_page(path: str | None, query: str | None) -> tuple[Any, str, int | None]:
        return await page_for(hub, build, path or "/", query or "")


def register_routes(server: FastAPI, assets: Path) -> None:
    """Add the routes that keep a shell in the browser; both files must not be cached."""

    @server.get("/service_worker.js", include_in_schema=False)
    async def service_worker() -> FileResponse:
        return FileResponse(assets / "service_worker.js", headers=NO_CACHE)

    @server.get("/offline", include_in_schema=False)
    async def offline() -> FileResponse:
        return FileResponse(assets / "offline.html", headers=NO_CACHE)


async def page_for(hub: Hub, build: Build, path: str, query: str) -> tuple[Any, str, int | None]:
    """The page, its address, and the number of the snapshot it shows (None: none to be had)."""
    try:
        address = Address.parse(path, query)
        snapshot = await hub.current(address)
        page = build(address, snapshot)
    except CockpitError as error:
        return html.Div(str(error), className="page-notice"), path + query, None
    return page, path + query, snapshot.number if snapshot else None
