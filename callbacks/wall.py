"""The wall's page: one callback that builds it for the address it is opened under.

Everything after that comes by the live stream. Pages for a desk, which are read once and not
streamed, are handed on to their own modules. Also the routes of the shell that a browser keeps
for the time the server is away: /service_worker.js and /offline.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from fastapi import FastAPI
from fastapi.responses import FileResponse

from callbacks.events import Props
from callbacks.hub import Hub
from dashboard.addresses import DEFAULT_SCREEN, Address
from dashboard.errors import CockpitError, DataUnavailable, UnknownAddress
from dashboard.screens import Screen
from dashboard.snapshot import Snapshot
from dashboard.views import View
from layouts import wall as layout
from layouts.map import LOCATION_ID

log = logging.getLogger(__name__)

PAGE_ID = "page"
# What the browser reads off the page: its address, the snapshot it was built with, its night.
ADDRESS_MARK, NUMBER_MARK, NIGHT_MARK = "data-address", "data-number", "data-night"
NO_CACHE = {"Cache-Control": "no-cache"}

Screens = Mapping[str, Screen]
# Pages that are no screens, by the first part of their path: path and query in, a page out.
DeskPages = Mapping[str, Callable[[str, str], Awaitable[Component]]]


def shell() -> html.Div:
    """What stands on every page: the address bar and an empty place."""
    return html.Div([dcc.Location(id=LOCATION_ID, refresh=False), html.Div(id=PAGE_ID)])


def register(app: Dash, hub: Hub, screens: Screens, desks: DeskPages) -> None:
    """Add the callback that fills the page."""

    @app.callback(
        Output(PAGE_ID, "children"),
        Output(PAGE_ID, ADDRESS_MARK),
        Output(PAGE_ID, NUMBER_MARK),
        Output(PAGE_ID, NIGHT_MARK),
        Input(LOCATION_ID, "pathname"),
        Input(LOCATION_ID, "search"),
    )
    async def show_page(path: str | None, query: str | None) -> tuple[Any, ...]:
        name = (path or "/").strip("/").partition("/")[0]
        if name in desks:
            return await desk_page_for(desks, name, path or "/", query or "")
        return await page_for(hub, screens, path or "/", query or "")


def register_routes(server: FastAPI, assets: Path) -> None:
    """Add the routes that keep a shell in the browser; both files must not be cached."""

    @server.get("/service_worker.js", include_in_schema=False)
    async def service_worker() -> FileResponse:
        return FileResponse(assets / "service_worker.js", headers=NO_CACHE)

    @server.get("/offline", include_in_schema=False)
    async def offline() -> FileResponse:
        return FileResponse(assets / "offline.html", headers=NO_CACHE)


async def page_for(
    hub: Hub, screens: Screens, path: str, query: str
) -> tuple[Any, str, int | None, str | None]:
    """The page, its address, the number of the snapshot it shows, and its night (22-6).

    Without a snapshot (None) the page is its frame alone; an address that names nothing gives a
    sentence.
    """
    try:
        address = Address.parse(path, query)
        screen = screen_named(screens, address.screen)
        snapshot = await hub.current(address)
        page = layout.build(screen, snapshot)
    except CockpitError as error:
        return _notice(str(error)), path + query, None, None
    number = snapshot.number if snapshot else None
    return page, path + query, number, "{}-{}".format(*screen.night_hours)


async def desk_page_for(
    desks: DeskPages, name: str, path: str, query: str
) -> tuple[Component, str, None, None]:
    """A page for a desk and its address; no snapshot and no night belong to it."""
    try:
        page = await desks[name](path, query)
    except DataUnavailable as error:
        # The server's own words, often English, are for the operator.
        log.warning("the page %s%s: %s", path, query, error)
        page = _notice(f"{error.message}，请稍后重新读取。")
    except CockpitError as error:
        page = _notice(str(error))
    except Exception:
        log.exception("the page %s%s failed", path, query)
        page = _notice("本页暂不可用，原因已记入服务日志。")
    return page, path + query, None, None


def _notice(sentence: str) -> html.Div:
    """Why there is no page, and the way back."""
    back = html.A("返回大屏", href=f"/{DEFAULT_SCREEN}")
    return html.Div([html.P(sentence), back], className="page-notice")


def draw(screens: Screens, snapshot: Snapshot) -> Props:
    """All leaf props of the page that shows a snapshot."""
    return layout.props(screen_named(screens, View.parse(snapshot.view).screen), snapshot)


def screen_named(screens: Screens, name: str) -> Screen:
    """The screen, whose name an address may have misspelt.

    Raises:
        UnknownAddress: there is none.
    """
    if name not in screens:
        raise UnknownAddress(f"没有大屏 /{name};配置文件中有 /{'、/'.join(screens)}。")
    return screens[name]
