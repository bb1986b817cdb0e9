"""Every fault from an open wall and from one opened during it: said, survived, recovered from.

Within 5 s the face says so, the last picture stays, and within 15 s after the fault both walls are
live again, without a hand.
"""

import os
import re
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Error

from data_access.server_programs import run_as_for
from tests.faults.conftest import (
    LIVE_AGAIN_SECONDS,
    ROOMY_MEGABYTES,
    SAYS_SO_SECONDS,
    Scene,
    Wall,
    beating,
    live_wall,
    scene_in,
)
from tests.small_disk import SmallDisk

pytestmark = pytest.mark.browser

HOLD_MS = 2000
# What a busy machine may take to load a page and draw its first frame; no part of the 5 s.
PAINTED_SECONDS = 15.0
LOST_FOR_SECONDS = re.compile(r"服务器失联[1-9]秒,显示")
# A Date that is wrong by what the page is told at any moment.
CLOCK_TO_SHIFT = """{
  const Real = Date, now = () => Real.now() + (window.clockShift || 0);
  Date = class extends Real {
    constructor(...values) { super(...(values.length ? values : [now()])); }
    static now() { return now(); }
  };
}"""
HALF_AN_HOUR_LATER = """() => {
  const real = performance.now.bind(performance);
  performance.now = () => real() + 31 * 60000;
}"""
FIGURES = "[...document.querySelectorAll('.figure-number')].map((node) => node.id)"
# Those whose number can't be seen, a dash in its place.
DASHED = """[...document.querySelectorAll(".figure-number")]
  .filter((node) => getComputedStyle(node).visibility === "hidden"
    && getComputedStyle(node, "::before").content === '"—"'
    && getComputedStyle(node, "::before").visibility === "visible")
  .map((node) => node.id)"""


@pytest.fixture
def live_through(
    scene: Scene, context: BrowserContext, open_wall: Wall
) -> Callable[[Callable[[], None], Callable[[], None], str], None]:
    """``live_through(begin, end, words)``: see `both_walls_live_through`."""
    return partial(both_walls_live_through, scene, context, open_wall)


def both_walls_live_through(
    scene: Scene,
    context: BrowserContext,
    open_wall: Wall,
    begin: Callable[[], None],
    end: Callable[[], None],
    *words: str,
) -> None:
    """One fault, and what an open wall and one opened during it must do about it.

    The face says so in one of the given words.
    """

    def says_so(wall: Wall) -> bool:
        return any(known in wall.sentence() for known in words)

    before = open_wall.registered()
    begin()
    try:
        open_wall.wait(lambda: says_so(open_wall), SAYS_SO_SECONDS)
        assert open_wall.state() == "stale"
        assert open_wall.registered() == before
        late_wall = opened_during(context, scene.wall_address)
        late_wall.wait(lambda: says_so(late_wall), SAYS_SO_SECONDS)
        assert late_wall.state() in ("stale", "offline")
        open_wall.page.wait_for_timeout(HOLD_MS)
        assert says_so(open_wall)
    finally:
        end()
    waited = open_wall.wait(lambda: open_wall.state() in ("live", "late"), LIVE_AGAIN_SECONDS)
    late_wall.wait(lambda: is_live(late_wall), LIVE_AGAIN_SECONDS - waited)
    scene.writer.add_incident()
    after = f"{int(before) + 1}"
    for wall in (open_wall, late_wall):
        wall.wait(lambda wall=wall: wall.registered() == after, 5)


def opened_during(context: BrowserContext, address: str) -> Wall:
    """A wall switched on now, painted; the browser must have something of ours to show."""
    wall = Wall(context.new_page())
    try:
        wall.page.goto(address)
    except Error as error:
        raise AssertionError(f"the browser shows its own page: {error}") from error
    wall.wait(wall.has_face, PAINTED_SECONDS)
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


def test_the_database_is_in_recovery(scene: Scene, live_through) -> None:
    """A server that replays its log refuses everybody; here until it is told to go on."""
    folder = scene.server.folder
    run_as = run_as_for(folder.path)
    recovering: list[threading.Thread] = []

    def begin() -> None:
        scene.writer.execute("alter system set hot_standby = off")
        scene.server.stop()
        signal_file = folder.pgdata / "standby.signal"
        signal_file.touch()
        owner = (folder.pgdata / "PG_VERSION").stat()
        os.chown(signal_file, owner.st_uid, owner.st_gid)
        recovering.append(threading.Thread(target=scene.server.start))
        recovering[0].start()

    def end() -> None:
        promote = [scene.server.program("pg_ctl"), "promote", "-D", folder.pgdata, "--no-wait"]
        subprocess.run(promote, check=True, capture_output=True, **run_as.popen_arguments())
        recovering[0].join(30)

    live_through(begin, end, "数据库无应答")


def test_the_disk_of_the_database_is_full(scene: Scene, live_through) -> None:
    """The server refuses each new row with the code of a full disk."""

    def begin() -> None:
        scene.writer.execute(
            "create function refuse() returns trigger language plpgsql as"
            " $$ begin raise exception 'No space left on device' using errcode = '53100'; end $$"
        )
        scene.writer.execute(
            "create trigger full_disk before insert on snapshots"
            " for each statement execute function refuse()"
        )
        scene.writer.report_contact()

    live_through(
        begin, lambda: scene.writer.execute("drop function refuse() cascade"), "数据库磁盘已满"
    )


def test_the_disk_of_the_database_has_no_byte_left(
    small_disk: SmallDisk, context: BrowserContext
) -> None:
    """Where the log has no room either, the server goes down until there is some."""
    with scene_in(small_disk.folder) as scene, beating(scene.writer.url):
        wall = live_wall(scene, context)
        words = ("数据库磁盘已满", "数据库无应答")
        clear = partial(small_disk.resize, ROOMY_MEGABYTES)
        both_walls_live_through(scene, context, wall, small_disk.fill, clear, *words)


def test_one_part_fails_and_the_rest_goes_on(
    scene: Scene, context: BrowserContext, open_wall: Wall
) -> None:
    words = "地图着色未能更新,其余正常"
    before = int(open_wall.registered())
    scene.writer.execute("alter table population rename to population_away")
    try:
        scene.writer.add_incident()
        open_wall.wait(lambda: open_wall.sentence() == words, SAYS_SO_SECONDS)
        open_wall.wait(lambda: open_wall.registered() == str(before + 1), SAYS_SO_SECONDS)
        assert open_wall.state() == "live"
        late_wall = opened_during(context, scene.wall_address)
        late_wall.wait(lambda: late_wall.sentence() == words, SAYS_SO_SECONDS)
        assert late_wall.registered() == str(before + 1)
    finally:
        scene.writer.execute("alter table population_away rename to population")
    for wall in (open_wall, late_wall):
        wall.wait(lambda wall=wall: wall.sentence() == "", LIVE_AGAIN_SECONDS)


@pytest.mark.parametrize("minutes", [-10, 10])
def test_the_clock_of_the_browser_is_wrong(
    scene: Scene, context: BrowserContext, heartbeat: None, minutes: int
) -> None:
    """It jumps while a wall is open, and is wrong from the start for another."""
    context.add_init_script(CLOCK_TO_SHIFT)
    jumped = live_wall(scene, context)
    shift = f"window.clockShift = {minutes * 60_000}"
    jumped.page.evaluate(shift)
    context.add_init_script(shift)
    walls = (jumped, opened_during(context, scene.wall_address))
    for wall in walls:
        wall.wait(lambda wall=wall: wall.state() == "live", LIVE_AGAIN_SECONDS)
        shown = wall.page.evaluate("Date.now() / 1000") - time.time()
        assert shown == pytest.approx(minutes * 60, abs=5)
    began = time.monotonic()
    while time.monotonic() - began < 6:
        for wall in walls:
            assert wall.state() == "live"
            assert_clock_is_the_servers(wall)
        jumped.page.wait_for_timeout(250)
    scene.proxy.switch("refuse")
    try:
        for wall in walls:
            wall.wait(
                lambda wall=wall: LOST_FOR_SECONDS.match(wall.sentence()) is not None,
                SAYS_SO_SECONDS,
            )
    finally:
        scene.proxy.switch("pass")
    for wall in walls:
        wall.wait(lambda wall=wall: wall.state() == "live", LIVE_AGAIN_SECONDS)
        assert_clock_is_the_servers(wall)


def assert_clock_is_the_servers(wall: Wall) -> None:
    """The time of day and the age of the data, told as if the browser's clock were right."""
    assert wall.text("header-clock") in minutes_of_the_last(2)
    age = wall.text("header-data-age")
    assert age.endswith("秒前")
    assert int(age.removesuffix("秒前")) < 15


def minutes_of_the_last(seconds: int) -> set[str]:
    """The minute it is now and the one it was then: 14:28."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    return {f"{now - timedelta(seconds=age):%H:%M}" for age in (0, seconds)}


def test_half_an_hour_without_the_server_takes_the_numbers_away(
    scene: Scene, context: BrowserContext, open_wall: Wall
) -> None:
    """The wall's monotonic clock is set ahead; a wall opened then has nothing to take away."""
    page = open_wall.page
    assert page.evaluate(DASHED) == []
    before = int(open_wall.registered())
    scene.proxy.switch("refuse")
    try:
        open_wall.wait(lambda: "服务器失联" in open_wall.sentence(), SAYS_SO_SECONDS)
        assert open_wall.state() == "stale"
        good_until = open_wall.sentence().removesuffix("的数据")[-len("00:00") :]
        assert good_until in minutes_of_the_last(60)
        page.evaluate(HALF_AN_HOUR_LATER)
        open_wall.wait(lambda: open_wall.state() == "offline", SAYS_SO_SECONDS)
        late_wall = opened_during(context, scene.wall_address)
        page.wait_for_timeout(HOLD_MS)
        what, last = open_wall.sentence().split("\n")
        assert what == "服务器失联31分钟,"
        # With the day in front when the clock that was set ahead has passed midnight.
        assert last.startswith("最近的数据为")
        assert last.endswith(good_until)
        assert page.locator("#header-alert").is_visible()
        assert page.evaluate(DASHED) == page.evaluate(FIGURES)
        assert "服务器失联" in late_wall.sentence()
        # The browser keeps that time every twenty seconds.
        kept = late_wall.text("last")
        assert kept.startswith("最近的数据:")
        assert kept[-len("00:00") :] in minutes_of_the_last(60)
    finally:
        scene.proxy.switch("pass")
    waited = open_wall.wait(lambda: open_wall.state() == "live", LIVE_AGAIN_SECONDS)
    late_wall.wait(lambda: is_live(late_wall), LIVE_AGAIN_SECONDS - waited)
    assert open_wall.sentence() == ""
    assert page.evaluate(DASHED) == []
    assert_clock_is_the_servers(open_wall)
    scene.writer.add_incident()
    for wall in (open_wall, late_wall):
        wall.wait(lambda wall=wall: wall.registered() == str(before + 1), 5)
