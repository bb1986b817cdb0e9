"""Commit to pixel: from a foreign program's commit to the frame that shows the new 今日上报.

Both clocks are this machine's: the writer's time.time() and the browser's Date.now().
"""

import random
import time
from collections.abc import Callable, Iterable

from playwright.sync_api import Browser

from tests.bench.demo_database import BenchDatabase
from tests.bench.foreign_writer import ForeignWriter
from tests.bench.measurement import Measurement
from tests.bench.running_cockpit import RunningCockpit
from tests.bench.wall_page import WallPage, open_wall

AIM_MS = 1000.0
INSERTS, COPIES = 30, 5
ROWS = 10_000
# At least the 250 ms in which changes are gathered, so that no commit profits from the one before;
# at most so much more that commits meet the snapshotter at any moment of its round.
PAUSE_SECONDS = (0.6, 1.4)


def measure(
    database: BenchDatabase, cockpit: RunningCockpit, browser: Browser
) -> Iterable[Measurement]:
    """One row by INSERT, and 10,000 rows by one COPY."""
    with ForeignWriter(database.url) as writer, open_wall(browser, cockpit.address) as wall:
        writer.report_contact()
        time.sleep(2)
        wall.watch_today()
        yield Measurement(
            what="commit to pixel, one row",
            unit="ms",
            samples=tuple(_delay(wall, writer.insert) for _ in range(INSERTS)),
            aim=AIM_MS,
            note="Plain psycopg, autocommit; from before the INSERT is sent to the frame painted"
            " after 今日上报 has changed (MutationObserver), at random moments.",
        )
        yield Measurement(
            what="commit to pixel, 10,000 rows by COPY",
            unit="ms",
            samples=tuple(
                _delay(wall, lambda: writer.copy(ROWS), from_end=True) for _ in range(COPIES)
            ),
            aim=AIM_MS,
            note="From the end of the COPY, which has committed.",
        )


def _delay(wall: WallPage, write: Callable[[], None], *, from_end: bool = False) -> float:
    time.sleep(random.uniform(*PAUSE_SECONDS))
    seen = int(wall.evaluate("bench.stamps.length"))
    began = time.time()
    write()
    committed = time.time() if from_end else began
    wall.wait_for_change(seen + 1)
    return float(wall.evaluate("place => bench.stamps[place]", seen)) - committed * 1000
