"""`make bench-province`: twelve million cases, and how the same screens grow with the cases.

python -m tests.bench.province                   all of it; writes docs/performance-province.md
python -m tests.bench.province readings growth   some subjects, printed only
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing

from playwright.sync_api import Browser
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from dashboard.errors import CockpitError
from dashboard.settings import Settings
from data_access.database import Database
from tests.bench.demo_database import ROOT
from tests.bench.machine import foreign_load, machine
from tests.bench.measurement import Measurement
from tests.bench.province import outlines_size, readings, report, steady_writing
from tests.bench.province.databases import VOLUMES, ProvinceDatabase, province_databases
from tests.bench.report import printed
from tests.bench.running_cockpit import running_cockpit
from tests.bench.wall_page import chromium_browser

PAGE = ROOT / "docs" / "performance-province.md"
PLOT = ROOT / "docs" / "screenshots" / "growth.png"
SUBJECTS = ("readings", "growth", "grids", "writing")

console = Console(highlight=False, width=170)


def main() -> None:
    """Make what is missing, measure, print, write."""
    parser = argparse.ArgumentParser(prog="make bench-province")
    parser.add_argument("subjects", nargs="*", choices=[*SUBJECTS, []], metavar="subject")
    asked = parser.parse_args().subjects
    chosen = set(asked or SUBJECTS)
    names = list(VOLUMES) if "growth" in chosen else ["large"]
    settings = Settings.from_environment()
    with province_databases(settings, names, console.print) as made, chromium_browser() as browser:
        large = made[-1]
        busy = foreign_load()
        measured: list[Measurement] = []
        if "readings" in chosen:
            measured += _told(readings.measure(large))
        if "grids" in chosen:
            measured += _told(outlines_size.measure(large))
        growth = _growth(made) if "growth" in chosen else {}
        _show(report.GROWTH_COLUMNS, report.growth_rows(growth))
        if "writing" in chosen:
            with running_cockpit(large.database) as cockpit:
                measured += _told(steady_writing.measure(large, cockpit, browser))
        _show(report.COLUMNS, report.rows(measured))
        if not asked:
            _write(made, measured, growth, browser, busy)


def _told(measurements: Iterable[Measurement]) -> list[Measurement]:
    found = []
    for each in measurements:
        console.print(f"  {each.what}: {printed(each.median, each.unit)}, p95 {each.p95:,.0f}")
        found.append(each)
    return found


def _growth(made: Sequence[ProvinceDatabase]) -> dict[str, list[Measurement]]:
    with ExitStack() as stack:
        opened = [stack.enter_context(closing(Database(each.database.app_url))) for each in made]
        return readings.growth(opened)


def _write(
    made: Sequence[ProvinceDatabase],
    measured: Sequence[Measurement],
    growth: dict[str, list[Measurement]],
    browser: Browser,
    busy: float,
) -> None:
    with closing(Database(made[-1].database.url)) as opened:
        about = machine(opened, f"Chromium {browser.version}", busy)
    report.draw_growth(growth, list(VOLUMES.values()), browser, PLOT)
    page = report.document(
        about,
        [_made(each) for each in made],
        measured,
        report.growth_rows(growth),
        PLOT.relative_to(PAGE.parent).as_posix(),
    )
    PAGE.write_text(page, encoding="utf-8")
    console.print(f"{PAGE.relative_to(ROOT)} written.")


def _made(each: ProvinceDatabase) -> tuple[str, str, str]:
    seconds = each.database.making_seconds
    with closing(Database(each.database.url)) as opened, opened.read() as connection:
        size = connection.scalar(text("select pg_database_size(current_database())")) or 0
    steps = ", ".join(f"{step} {taken:,.0f} s" for step, taken in seconds.items())
    return (
        f"{each.incidents:,} incidents",
        f"{sum(seconds.values()):,.0f} s ({steps})",
        (f"{size / 1e9:,.1f} GB"),
    )


def _show(head: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    table = Table(*head)
    for line in lines:
        table.add_row(*line)
    console.print(table)


if __name__ == "__main__":
    try:
        main()
    except CockpitError as error:
        sys.exit(str(error))
