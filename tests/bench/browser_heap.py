"""Browser heap over 1,000 changes: a wall stays open for weeks."""

from collections.abc import Iterable

from playwright.sync_api import Browser, CDPSession

from tests.bench.demo_database import BenchDatabase
from tests.bench.foreign_writer import ForeignWriter
from tests.bench.measurement import Measurement
from tests.bench.running_cockpit import RunningCockpit
from tests.bench.wall_page import WallPage, open_wall

CHANGES, EVERY, WARM = 1000, 200, 300
AIM_PERCENT = 5.0


def measure(
    database: BenchDatabase, cockpit: RunningCockpit, browser: Browser
) -> Iterable[Measurement]:
    """Growth in percent of what was used once the browser has warmed up."""
    with ForeignWriter(database.url) as writer, open_wall(browser, cockpit.address) as wall:
        writer.report_contact()
        wall.watch_today(keep_stamps=False)
        session = wall.context.new_cdp_session(wall.page)
        done = _change(writer, wall, 0, WARM)
        first = _used(session)
        readings = []
        for _ in range(CHANGES // EVERY):
            done = _change(writer, wall, done, EVERY)
            readings.append(_used(session))
    series = ", ".join(f"{used / 1e6:.1f}" for used in (first, *readings))
    yield Measurement(
        what="browser heap, growth over 1,000 changes",
        unit="%",
        samples=(max(0.0, (readings[-1] / first - 1) * 100),),
        aim=AIM_PERCENT,
        note=f"After collecting garbage, from the {WARM}th change to the {WARM + CHANGES}th, each"
        f" seen at 今日上报; one reading every {EVERY}: {series} MB.",
    )


def _change(writer: ForeignWriter, wall: WallPage, done: int, number: int) -> int:
    for place in range(done, done + number):
        writer.insert()
        wall.wait_for_change(place + 1)
    return done + number


def _used(session: CDPSession) -> float:
    session.send("HeapProfiler.enable")
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    used = float(session.send("Runtime.getHeapUsage")["usedSize"])
    session.send("HeapProfiler.disable")
    return used
