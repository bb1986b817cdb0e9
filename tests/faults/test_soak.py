"""What takes minutes: a long outage, and thousands of changes. Run by `make soak`."""

import pytest
from playwright.sync_api import BrowserContext

from tests.faults.conftest import LIVE_AGAIN_SECONDS, SAYS_SO_SECONDS, Scene, Wall
from tests.faults.test_faults import opened_during

pytestmark = [pytest.mark.browser, pytest.mark.soak]

OUTAGE_MS = 4 * 60 * 1000
CHANGES = 3000
# A heap may breathe; over so many changes it may not climb.
MOST_GROWTH = 0.05


def test_a_database_away_for_four_minutes(
    scene: Scene, context: BrowserContext, open_wall: Wall
) -> None:
    before = open_wall.registered()
    scene.server.kill()
    try:
        open_wall.wait(lambda: "数据库无应答" in open_wall.sentence(), SAYS_SO_SECONDS)
        late_wall = opened_during(context, scene.wall_address)
        open_wall.page.wait_for_timeout(OUTAGE_MS)
        assert open_wall.sentence().startswith("数据库无应答4分钟,显示")
        assert open_wall.registered() == before
    finally:
        scene.server.start()
    for wall in (open_wall, late_wall):
        wall.wait(lambda wall=wall: wall.state() in ("live", "late"), LIVE_AGAIN_SECONDS)


def test_a_web_server_away_for_four_minutes(scene: Scene, open_wall: Wall) -> None:
    scene.proxy.switch("502")
    try:
        open_wall.page.wait_for_timeout(OUTAGE_MS)
        assert open_wall.sentence().startswith("服务器失联4分钟,显示")
    finally:
        scene.proxy.switch("pass")
    open_wall.wait(lambda: open_wall.state() in ("live", "late"), LIVE_AGAIN_SECONDS)


def test_three_thousand_changes_leave_the_heap_as_it_was(scene: Scene, open_wall: Wall) -> None:
    session = open_wall.page.context.new_cdp_session(open_wall.page)

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return open_wall.page.evaluate("performance.memory.usedJSHeapSize")

    number = int(open_wall.registered().replace(",", ""))
    settled = 0.0
    for step in range(1, CHANGES + 1):
        scene.writer.add_incident()
        shown = f"{number + step:,}"
        open_wall.wait(lambda shown=shown: open_wall.registered() == shown, 10)
        if step == CHANGES // 10:
            settled = heap()
    assert heap() < settled * (1 + MOST_GROWTH)
