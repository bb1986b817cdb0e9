"""`make bench`: measure everything, print one table, write docs/performance.md.

python -m tests.bench                     all subjects on the bench's own demo database
python -m tests.bench heap grids          some subjects, printed only
python -m tests.bench --url URL           on a database that is there already, printed only
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial

from playwright.sync_api import Browser
from rich.console import Console

from dashboard.errors import CockpitError
from dashboard.settings import Settings
from data_access.database import Database
from tests.bench import (
    browser_heap,
    cold_load,
    commit_to_pixel,
    demo_start,
    grids_time,
    heat_time,
    import_time,
    making,
    report,
    rollup_time,
    server_cpu,
    snapshot_time,
)
from tests.bench.demo_database import ROOT, BenchDatabase, bench_database, other_database
from tests.bench.machine import foreign_load, machine
from tests.bench.measurement import Measurement
from tests.bench.running_cockpit import RunningCockpit, running_cockpit
from tests.bench.wall_page import chromium_browser

PAGE = ROOT / "docs" / "performance.md"
WIDTH = 170
# Above this share of the processor taken by others the numbers say little.
BUSY = 0.1
# In the order of the table. The first need the database, or the machine, for themselves.
ALONE = {
    "making": making.measure,
    "start": lambda database: demo_start.measure(),
    "snapshot": snapshot_time.measure,
    "rollups": rollup_time.measure,
    "import": import_time.measure,
}
BROWSED = {
    "load": lambda database, cockpit, browser: cold_load.measure(cockpit, browser),
    "pixel": commit_to_pixel.measure,
    "cpu": lambda database, cockpit, browser: server_cpu.measure(database, cockpit),
    "heat": heat_time.measure,
    "grids": grids_time.measure,
    "heap": browser_heap.measure,
}
Subject = tuple[str, Callable[[], Iterable[Measurement]]]

console = Console(highlight=False, width=WIDTH)


def main() -> None:
    """Measure, print, write."""
    asked = _arguments()
    chosen = set(asked.subjects or (*ALONE, *BROWSED))
    opened = other_database(asked.url) if asked.url else bench_database(_settings(), console.print)
    measured: list[Measurement] = []
    with opened as database, chromium_browser() as browser:
        busy_before = _foreign_load()
        for subject in _subjects(database, browser, chosen):
            measured += _measured(subject)
        about = _about(database, browser, busy_before)
    console.print(report.terminal_table(measured))
    if not asked.subjects and not asked.url:
        PAGE.write_text(report.document(about, measured), encoding="utf-8")
        console.print(f"{PAGE.relative_to(ROOT)} written.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure the cockpit.")
    parser.add_argument("subjects", nargs="*", choices=[*ALONE, *BROWSED, []], metavar="subject")
    parser.add_argument("--url", help="a filled database to use instead of the bench's own")
    return parser.parse_args()


def _settings() -> Settings:
    return Settings.from_environment()


def _subjects(database: BenchDatabase, browser: Browser, chosen: set[str]) -> Iterator[Subject]:
    for name, measure in ALONE.items():
        if name in chosen:
            yield name, partial(measure, database)
    if chosen & set(BROWSED):
        with running_cockpit(database) as cockpit:
            yield from _browsed(database, cockpit, browser, chosen)


def _browsed(
    database: BenchDatabase, cockpit: RunningCockpit, browser: Browser, chosen: set[str]
) -> Iterator[Subject]:
    for name, measure in BROWSED.items():
        if name in chosen:
            yield name, partial(measure, database, cockpit, browser)


def _measured(subject: Subject) -> Iterator[Measurement]:
    name, measure = subject
    console.print(f"{name} …")
    for measurement in measure():
        console.print(
            f"  {measurement.what}: {report.printed(measurement.median, measurement.unit)}"
        )
        yield measurement


def _foreign_load() -> float:
    busy = foreign_load()
    if busy > BUSY:
        console.print(f"Others use {busy:.0%} of the processor: times will be too long.")
    return busy


def _about(database: BenchDatabase, browser: Browser, busy_before: float) -> dict[str, str]:
    with closing(Database(database.url)) as opened:
        return machine(opened, f"Chromium {browser.version}", busy_before)


if __name__ == "__main__":
    try:
        main()
    except CockpitError as error:
        sys.exit(str(error))
