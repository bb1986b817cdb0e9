"""What takes minutes: a database or a server away for four of them, and three thousand changes.

For a quick look, COCKPIT_SOAK_OUTAGE_SECONDS and COCKPIT_SOAK_CHANGES make both shorter:

    COCKPIT_SOAK_OUTAGE_SECONDS=20 COCKPIT_SOAK_CHANGES=100 make soak
"""

import os
import time
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import BrowserContext, Page

from layouts.ids import WallIds
from tests.faults.conftest import LIVE_AGAIN_SECONDS, SAYS_SO_SECONDS, Scene, Wall
from tests.faults.test_faults import opened_during

pytestmark = pytest.mark.soak

OUTAGE_SECONDS = int(os.environ.get("COCKPIT_SOAK_OUTAGE_SECONDS", "240"))
CHANGES = int(os.environ.get("COCKPIT_SOAK_CHANGES", "3000"))
# Until the browser has compiled what a change runs through, and its own caches have filled.
WARM_UP_CHANGES = 300
HEAP_GROWTH = 0.05
PATIENCE_MS = 30_000

TODAY = str(WallIds.TODAY_NUMBER)
REGISTERED_TODAY = (
    "select count(*) from incidents where (registered_at at time zone 'Asia/Shanghai')::date"
    " = (now() at time zone 'Asia/Shanghai')::date"
)
REMEMBER_NODES = """() => {
  const wall = document.getElementById("wall");
  window.kept = [...document.querySelectorAll("#wall, #wall [id], #wall .panel")];
  window.gone = new Set();
  new MutationObserver((records) => {
    for (const record of records)
      for (const node of record.removedNodes)
        if (node.nodeType === 1 && (node.matches("[id], .panel") || node.querySelector("[id]")))
          gone.add(node.id || node.className);
  }).observe(wall, { childList: true, subtree: true });
}"""
# Whatever was taken out, also if put back, and whatever hangs in the page no more.
REBUILT_NODES = """() => [
  ...gone, ...kept.filter((node) => !node.isConnected).map((node) => node.id || node.className),
]"""


def test_the_wall_is_live_again_after_a_long_outage_of_the_database(
    scene: Scene, context: BrowserContext, open_wall: Wall
) -> None:
    live_through(scene, context, open_wall, scene.server.kill, scene.server.start, "数据库无应答")


def test_the_wall_is_live_again_after_a_long_outage_of_the_server(
    scene: Scene, context: BrowserContext, open_wall: Wall
) -> None:
    begin, end = partial(scene.proxy.switch, "502"), partial(scene.proxy.switch, "pass")
    live_through(scene, context, open_wall, begin, end, "服务器失联")


def live_through(
    scene: Scene,
    context: BrowserContext,
    open_wall: Wall,
    begin: Callable[[], None],
    end: Callable[[], None],
    words: str,
) -> None:
    """The wall that was open and one opened meanwhile say so all the time, and come back."""
    before = open_wall.registered()
    begin()
    try:
        began = time.monotonic()
        open_wall.wait(lambda: words in open_wall.sentence(), SAYS_SO_SECONDS)
        late_wall = opened_during(context, scene.wall_address)
        late_wall.wait(lambda: words in late_wall.sentence(), SAYS_SO_SECONDS)
        while time.monotonic() - began < OUTAGE_SECONDS:
            open_wall.page.wait_for_timeout(1000)
            for wall in (open_wall, late_wall):
                assert words in wall.sentence()
            assert open_wall.state() == "stale"
            assert late_wall.state() in ("stale", "offline")
            assert open_wall.registered() == before
    finally:
        end()
    waited = open_wall.wait(lambda: open_wall.state() == "live", LIVE_AGAIN_SECONDS)
    late_wall.wait(lambda: late_wall.state() == "live", LIVE_AGAIN_SECONDS - waited)
    for wall in (open_wall, late_wall):
        assert wall.sentence() == ""
    scene.writer.add_incident()
    for wall in (open_wall, late_wall):
        wall.wait(lambda wall=wall: number_on(wall) == scene.writer.ask(REGISTERED_TODAY), 5)


def test_changes_without_number_leave_the_wall_right_and_as_light(
    scene: Scene, open_wall: Wall
) -> None:
    """Each change is seen before the next is written: so many updates, not a few that hold all."""
    change(scene, open_wall.page, WARM_UP_CHANGES)
    open_wall.page.evaluate(REMEMBER_NODES)
    heap_before = heap_in_use(open_wall.page)
    change(scene, open_wall.page, CHANGES)
    open_wall.wait(lambda: number_on(open_wall) == scene.writer.ask(REGISTERED_TODAY), 5)
    assert open_wall.page.evaluate(REBUILT_NODES) == []
    growth = heap_in_use(open_wall.page) / heap_before - 1
    assert growth <= HEAP_GROWTH, f"{growth:.1%} more than {heap_before / 1e6:.1f} MB"


def number_on(wall: Wall) -> int:
    return int(wall.registered().replace(",", ""))


def change(scene: Scene, page: Page, times: int) -> None:
    """Write incidents one by one, each when the one before is on the wall.

    Any other number will do, so that midnight may pass meanwhile.
    """
    for _ in range(times):
        shown = page.locator(f"#{TODAY}").text_content()
        scene.writer.add_incident()
        page.wait_for_function(
            "([id, shown]) => document.getElementById(id).textContent !== shown",
            arg=[TODAY, shown],
            polling=50,
            timeout=PATIENCE_MS,
        )


def heap_in_use(page: Page) -> float:
    """Bytes of the page's heap after collecting garbage."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    used = float(session.send("Runtime.getHeapUsage")["usedSize"])
    session.send("HeapProfiler.disable")
    session.detach()
    return used
