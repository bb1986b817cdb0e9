"""Every fault from an open wall and from one opened during it: said, survived, recovered from.

Within 5 s the face says so, the last picture stays, and within 15 s after the fault both walls are
live again, without a hand.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Error

from tests.faults.conftest import LIVE_AGAIN_SECONDS, SAYS_SO_SECONDS, Scene, Wall

pytestmark = pytest.mark.browser

HOLD_MS = 4000


@pytest.fixture
def live_through(
    scene: Scene, context: BrowserContext, open_wall: Wall
) -> Callable[[Callable[[], None], Callable[[], None], str], None]:
    """``live_through(begin, end, words)``: one fault, and what both walls must do about it."""

    def live_through(begin: Callable[[], None], end: Callable[[], None], words: str) -> None:
        before = open_wall.registered()
        begin()
        try:
            open_wall.wait(lambda: words in open_wall.sentence(), SAYS_SO_SECONDS)
            assert open_wall.state() == "stale"
            assert open_wall.registered() == before
            late_wall = opened_during(context, scene.wall_address)
            late_wall.wait(lambda: words in late_wall.sentence(), SAYS_SO_SECONDS)
            assert late_wall.state() in ("stale", "offline")
            open_wall.page.wait_for_timeout(HOLD_MS)
            assert words in open_wall.sentence()
        finally:
            end()
        waited = open_wall.wait(lambda: open_wall.state() in ("live", "late"), LIVE_AGAIN_SECONDS)
        late_wall.wait(lambda: is_live(late_wall), LIVE_AGAIN_SECONDS - waited)
        scene.writer.add_incident()
        after = f"{int(before) + 1}"
        for wall in (open_wall, late_wall):
            wall.wait(lambda wall=wall: wall.registered() == after, 5)

    return live_through


def opened_during(context: BrowserContext, address: str) -> Wall:
    """A wall switched on now; the browser must have something of ours to show."""
    wall = Wall(context.new_page())
    try:
        wall.page.goto(address)
    except Error as error:
        raise AssertionError(f"the browser shows its own page: {error}") from error
    return wall


def is_live(wall: Wall) -> bool:
    return wall.state() in ("live", "late") and wall.registered() not in ("", "—")


def test_the_database_is_killed(scene: Scene, live_through) -> None:
    live_through(scene.server.kill, scene.server.start, "数据库无应答")


def test_the_web_server_is_killed(scene: Scene, live_through) -> None:
    live_through(lambda: scene.cockpit.kill("web"), scene.cockpit.start_web, "服务器失联")


@pytest.mark.parametrize("mode", ["502", "html", "drop", "refuse"])
def test_the_proxy_misbehaves(scene: Scene, live_through, mode) -> None:
    live_through(lambda: scene.proxy.switch(mode), lambda: scene.proxy.switch("pass"), "服务器失联")


def test_the_snapshotter_is_killed(scene: Scene, live_through) -> None:
    live_through(
        lambda: scene.cockpit.kill("snapshotter"),
        scene.cockpit.start_snapshotter,
        "指标计算停止",
    )
