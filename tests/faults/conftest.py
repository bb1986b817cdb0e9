"""A cockpit behind a proxy, a database server that may be killed, and walls in a browser."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright
from sqlalchemy import URL

from data_access.database import Database
from data_access.embedded import EmbeddedServer
from tests import chromium, live_province
from tests.faults.proxy import Proxy
from tests.live_cockpit import LiveCockpit
from tests.small_disk import SmallDisk, small_disk_at

SAYS_SO_SECONDS = 5.0
LIVE_AGAIN_SECONDS = 15.0
ROOMY_MEGABYTES = 3000


@dataclass
class Scene:
    """Everything a fault can happen to."""

    server: EmbeddedServer
    cockpit: LiveCockpit
    proxy: Proxy
    writer: live_province.Writer

    @property
    def wall_address(self) -> str:
        return f"http://127.0.0.1:{self.proxy.port}/wall"


class Wall:
    """A page with the wall, and what a viewer reads off it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def state(self) -> str:
        return self._read("document.body.dataset.state || ''")

    def text(self, leaf: str) -> str:
        return self._read("id => (document.getElementById(id) || {}).textContent || ''", leaf)

    def _read(self, expression: str, *values: str) -> str:
        try:
            return self.page.evaluate(expression, *values)
        except Error:
            # The page is loading itself anew.
            return ""

    def has_face(self) -> bool:
        """Whether the line of the header that can say what is wrong has been drawn."""
        return bool(self._read("document.getElementById('header-alert') !== null"))

    def sentence(self) -> str:
        return self.text("header-alert")

    def registered(self) -> str:
        return self.text("wall-today-number")

    def wait(self, condition: Callable[[], bool], seconds: float) -> float:
        """Seconds until the condition holds; fails when that takes too long."""
        began = time.monotonic()
        while True:
            if condition():
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                raise AssertionError(
                    f"not within {seconds} s: state {self.state()!r}, sentence"
                    f" {self.sentence()!r}, registered {self.registered()!r}"
                )
            self.page.wait_for_timeout(50)


@pytest.fixture(scope="module")
def scene(request: pytest.FixtureRequest, server_folder: Path) -> Iterator[Scene]:
    """A cockpit of this module's own; a test leaves it as it found it."""
    with scene_in(server_folder / request.module.__name__) as scene:
        yield scene


@contextmanager
def scene_in(folder: Path) -> Iterator[Scene]:
    """A cockpit whose database lies in the folder."""
    with EmbeddedServer(folder / "pg") as server:
        server.create_database("live")
        url = server.url("live")
        live_province.found(url)
        writer = live_province.Writer(url)
        writer.add_incident()
        with LiveCockpit(url) as cockpit, Proxy(cockpit.port) as proxy:
            yield Scene(server, cockpit, proxy, writer)
        writer.close()


@pytest.fixture
def small_disk() -> Iterator[SmallDisk]:
    """A file system with the room that a server asks for before its first start."""
    folder = Path(tempfile.mkdtemp(prefix="cockpit-disk-"))
    with small_disk_at(folder, ROOMY_MEGABYTES) as disk:
        yield disk
    folder.rmdir()


@pytest.fixture
def database_url(database: Database) -> URL:
    """A database with the invented province in it."""
    live_province.populate(database.url)
    return database.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program(), args=chromium.FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    yield context
    context.close()


@contextmanager
def beating(url: URL, *, clock_offset: float = 0) -> Iterator[None]:
    """The source reports contact every two seconds, whenever the database lets it."""
    stop = threading.Event()

    def beat() -> None:
        writer = live_province.Writer(url)
        while not stop.is_set():
            with suppress(psycopg.Error):
                writer.report_contact(clock_offset=clock_offset)
            stop.wait(2)
        writer.close()

    thread = threading.Thread(target=beat)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def heartbeat(scene: Scene) -> Iterator[None]:
    with beating(scene.writer.url):
        yield


@pytest.fixture
def open_wall(scene: Scene, context: BrowserContext, heartbeat: None) -> Wall:
    return live_wall(scene, context)


def live_wall(scene: Scene, context: BrowserContext) -> Wall:
    """A wall that is open and live, with its shell kept by the browser."""
    wall = Wall(context.new_page())
    wall.page.goto(scene.wall_address)
    scene.writer.report_contact()
    wall.wait(lambda: wall.state() == "live" and wall.registered() not in ("", "—"), 20)
    wall.page.wait_for_function("navigator.serviceWorker.controller !== null")
    return wall
