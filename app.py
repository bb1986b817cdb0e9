"""Where everything meets: settings, database, hub, pages, and the web server around them.

`create_app(settings)` makes the Dash app; `server` is what gunicorn runs (`gunicorn -k asgi
app:server`), made from the environment when it is first asked for.
"""

import gc
import hashlib
from functools import partial
from pathlib import Path

from dash import Dash
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import callbacks
from callbacks import wall
from callbacks.compression import CompressedOnce
from callbacks.hub import Hub
from dashboard.errors import SettingsError
from dashboard.screens import load_screens
from dashboard.settings import Settings
from data_access.database import Database

ROOT = Path(__file__).parent
ASSETS = ROOT / "assets"
TITLE = "综治中心数字驾驶舱"
# Not part of the page: the browser keeps it for the time the server is away.
NOT_ON_THE_PAGE = r"^service_worker\.js$"
INDEX = (ASSETS / "index.html").read_text(encoding="utf-8")


def create_app(settings: Settings) -> Dash:
    """The whole cockpit as a Dash app on FastAPI; `.server` answers requests.

    No connection is made before the first request.

    Raises:
        SettingsError: no database is named. ScreenConfigError: the screens' file is wrong.
    """
    if settings.database_url is None:
        raise SettingsError(
            "缺少 COCKPIT_DATABASE_URL：网页服务要知道数据库在哪里；cockpit serve 会替它设好。"
        )
    screens = load_screens(settings.screens)
    database = Database(settings.database_url)
    build = build_id()
    hub = Hub(
        database,
        draw=partial(wall.draw, screens),
        screen_of=lambda address: wall.screen_named(screens, address.screen),
        build=build,
        quiet_hour=settings.quiet_hour,
    )
    server = FastAPI(lifespan=hub.lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app = Dash(
        __name__,
        server=server,  # type: ignore[arg-type]
        assets_folder=str(ASSETS),
        title=TITLE,
        update_title=None,  # type: ignore[arg-type]
        assets_ignore=NOT_ON_THE_PAGE,
        index_string=INDEX,
    )
    # Otherwise each page opens a WebSocket for callbacks that push, which nothing here uses.
    app.backend.websocket_capability = False
    app.layout = wall.shell()
    callbacks.register_all(
        app,
        server,
        hub=hub,
        database=database,
        screens=screens,
        assets=ASSETS,
    )
    # Dash does this before its first own route; /wall is none and would come without assets.
    app._setup_server()  # type: ignore[no-untyped-call]
    server.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=6)
    server.add_middleware(CompressedOnce)
    server.add_middleware(MarkedResponses, build=build)
    return app


def build_id() -> str:
    """Changes when anything changes that a browser has loaded: pages loaded before then reload."""
    digest = hashlib.sha256()
    for folder, pattern in (
        (ASSETS, "*"),
        (ROOT / "layouts", "*.py"),
        (ROOT / "callbacks", "*.py"),
    ):
        for path in sorted(folder.rglob(pattern)):
            if path.is_file() and path.suffix != ".woff2":
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class MarkedResponses:
    """Marks every answer as ours, and lets browsers keep what never changes under one address.

    A proxy's error page, a login page, a stranger's answer bears no mark: the browser's shell
    tells them apart by it.
    """

    def __init__(self, app: ASGIApp, *, build: str) -> None:
        self._app = app
        self._build = build

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, adding headers to the start of an answer."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        # Monitors ask so; Dash's routes know GET alone.
        is_head = scope["method"] == "HEAD" and scope["path"] != "/stream"
        if is_head:
            scope = {**scope, "method": "GET"}
        is_asset = scope["path"].startswith("/assets/") and b"m=" in scope["query_string"]

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Cockpit"] = self._build
                if is_asset and message["status"] == 200:
                    headers["Cache-Control"] = "public, max-age=31536000, immutable"
                elif headers.get("content-type", "").startswith("text/html"):
                    headers["Cache-Control"] = "no-store"
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, marked)


def __getattr__(name: str) -> FastAPI:
    if name == "server":
        server: FastAPI = create_app(Settings.from_environment()).server
        # What is loaded stays: no pause of a worker to search it for garbage.
        gc.freeze()
        globals()["server"] = server
        return server
    raise AttributeError(name)
