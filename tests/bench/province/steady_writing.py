"""A hundred incidents a second for five minutes: when is each on the wall, and what is left over.

A thread writes, a commit each; the browser notes when 今日上报 showed which number. A commit is on
the wall when the number shown has reached those committed before it and itself.
"""

import bisect
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from itertools import accumulate

from playwright.sync_api import Browser
from sqlalchemy import text

from data_access import rollups
from data_access.database import Database
from tests.bench.foreign_writer import ForeignWriter
from tests.bench.measurement import Beside, Measurement
from tests.bench.province.databases import ProvinceDatabase
from tests.bench.running_cockpit import RunningCockpit
from tests.bench.wall_page import open_wall

A_SECOND, SECONDS = 100, 300
AIM_MS = 1000.0
WATCH = """id => {
  const node = document.getElementById(id);
  const number = () => Number(node.textContent.replace(/[^0-9]/g, ""));
  bench.shown = [[Date.now(), number()]];
  new MutationObserver(() => bench.afterPaint(() => bench.shown.push([Date.now(), number()])))
    .observe(node, { childList: true, characterData: true, subtree: true });
}"""
SIZE = "select coalesce(sum(pg_total_relation_size(relid)), 0) from pg_stat_user_tables where "
BLOAT = f"""{SIZE} relname in ('rollup_deltas', 'spread_deltas', 'outbox', 'rollups',
  'rollup_slots', 'rollup_spreads', 'rollup_months')"""
# Partitions, one a month.
CASES = f"{SIZE} relname like 'incidents\\_%' or relname like 'steps\\_%'"
NUMBER = "select count(*) from incidents"
BLOAT_AIM_MB = 10.0
PENDING = "select (select count(*) from rollup_deltas) + (select count(*) from spread_deltas)"


def measure(
    large: ProvinceDatabase, cockpit: RunningCockpit, browser: Browser
) -> Iterable[Measurement]:
    """Delays of all commits; deltas and size afterwards; exactness."""
    with closing(Database(large.database.url)) as opened:
        before, cases_before = _scalar(opened, BLOAT), _scalar(opened, CASES)
        mean = cases_before / _scalar(opened, NUMBER) / 1e3
        with ForeignWriter(large.database.url) as writer:
            with open_wall(browser, cockpit.address) as wall:
                writer.report_contact()
                time.sleep(3)
                wall.evaluate(WATCH, wall.today_id)
                base = wall.evaluate("bench.shown[0][1]")
                commits = _write(writer)
                time.sleep(5)
                shown = wall.evaluate("bench.shown")
            yield Measurement(
                what="commit to wall at 100 incidents a second",
                unit="ms",
                samples=_delays(commits, shown, base),
                aim=AIM_MS,
                note=f"{len(commits):,} commits in {commits[-1] - commits[0]:.0f} s on one"
                " connection; the number shown was read after the frame was painted.",
            )
            time.sleep(15)
            yield _count("deltas not yet folded, 15 s later", _scalar(opened, PENDING), "")
            yield Measurement(
                what="growth of roll-ups, deltas and outbox",
                unit="MB",
                samples=((_scalar(opened, BLOAT) - before) / 1e6,),
                aim=BLOAT_AIM_MB,
            )
            yield Measurement(
                what="growth of cases and steps, a case",
                unit="kB",
                samples=((_scalar(opened, CASES) - cases_before) / len(commits) / 1e3,),
                beside=Beside(what="mean of all cases before", samples=(mean,)),
            )
            with opened.read(timeout_seconds=3600) as connection:
                differing = rollups.differences(connection)
            yield _count("roll-ups that differ from the rows afterwards", differing, "")


def _write(writer: ForeignWriter) -> list[float]:
    """Instants (seconds since 1970) at which each commit had returned."""
    commits: list[float] = []

    def run() -> None:
        began = time.monotonic()
        for n in range(A_SECOND * SECONDS):
            ahead = began + n / A_SECOND - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            writer.insert()
            commits.append(time.time())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return commits


def _delays(commits: list[float], shown: list[list[float]], base: float) -> tuple[float, ...]:
    """Milliseconds from each commit to the first frame that counts it."""
    reached = list(accumulate((number for _, number in shown), max))
    delays = []
    for n, committed in enumerate(commits, start=1):
        place = bisect.bisect_left(reached, base + n)
        if place == len(shown):
            raise RuntimeError(f"commit {n} of {len(commits)} never reached the wall")
        delays.append(max(0.0, shown[place][0] - committed * 1000))
    return tuple(delays)


def _count(what: str, value: float, unit: str) -> Measurement:
    return Measurement(what=what, unit=unit, samples=(float(value),))


def _scalar(database: Database, statement: str) -> int:
    with database.read(timeout_seconds=600) as connection:
        return int(connection.scalar(text(statement)) or 0)
