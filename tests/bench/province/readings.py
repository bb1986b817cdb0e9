"""Readings on twelve million cases, each beside the plain SQL that answers it from the rows."""

import gzip
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, text

from dashboard.asks import HeatAsk
from dashboard.heat_cells import CellCounts, rate_of
from dashboard.indicators import POINT_CATEGORIES
from dashboard.periods import Period, day_start
from dashboard.scope import Scope
from data_access import (
    case_pages,
    map_readings,
    quality_readings,
    ranking_readings,
    region_tree,
)
from data_access.database import Database
from data_access.region_tree import Region
from data_access.sensitive_classes import NOT_SENSITIVE
from data_access.sums import SumReader
from data_access.wall_parts import CASES_ON_MAPS, Kept
from tests.bench.measurement import Beside, Measurement, milliseconds_of, timed
from tests.bench.province.databases import ProvinceDatabase
from tests.bench.snapshot_time import BOTH, LIVE, computation, largest_of_each_level, plain_figures

RUNS = 100
PLAIN_RUNS = 3
GROWTH_PLAIN_RUNS, WARM = 2, 5
ZONE = ZoneInfo("Asia/Shanghai")
SNAPSHOT_AIMS = {"province": 150.0, "city": 150.0, "county": 200.0}
RANKING_AIM, HEAT_AIM, HEAT_BYTES_AIM, PAGE_AIM = 150.0, 200.0, 200.0, 150.0
QUALITY_RUNS = 20
QUALITY_AIMS = {1: 1_000.0, 7: 1_000.0, 30: 3_000.0}
RANKED = "on_time_rate"
ORDERS: tuple[case_pages.Order, ...] = ("registered", "due", "step")
PLAIN_RANKING = """
select county_id, count(*) filter (where closed_at <= due_at) as met, count(*) as due
from incidents where due_at >= :start and due_at < :end and not has_doubtful_times
  and county_id = any(:counties) group by county_id"""
PLAIN_HEAT = f"""
select floor(cell_x / 5.0)::int as ix, floor(cell_y / 5.0)::int as iy, count(*) from incidents i
where registered_at >= :start and registered_at < :end and category = any(:categories)
  and {NOT_SENSITIVE} and county_id = any(:counties) group by 1, 2"""
# As one writes it who knows of no index: all open cases of the county, sorted.
PLAIN_PAGE = """
select case_no, registered_at, due_at, {value} as ordered_by from incidents i
where county_id = :county and closed_at is null order by {value} + interval '0' limit 50"""


def measure(large: ProvinceDatabase) -> Iterable[Measurement]:
    """Snapshots, ranking, heat, a county's list of cases, and the quality report."""
    with closing(Database(large.database.app_url)) as opened:
        yield from snapshots(opened)
        for region in largest_of_each_level(opened):
            yield _after_correction(opened, region)
        with opened.read(timeout_seconds=600) as connection:
            yield _ranking(connection)
            yield from _heat(connection)
            yield from _pages(connection, largest_of_each_level(opened)[-1])
        yield from _quality(opened)


def snapshots(opened: Database) -> Iterable[Measurement]:
    """Of the whole province, its largest city and that city's largest county."""
    kept = Kept()
    for region in largest_of_each_level(opened):
        plain = timed(partial(plain_figures, opened, region), PLAIN_RUNS)
        for groups, name in ((LIVE, "live group"), (BOTH, "both groups")):
            yield Measurement(
                what=f"snapshot, {region.level}, {name}",
                unit="ms",
                samples=timed(computation(opened, region, kept, groups), RUNS, warm=WARM),
                aim=SNAPSHOT_AIMS[region.level],
                beside=Beside(what="main figures from rows", samples=plain),
                note=f"{region.name}, one warm connection, computed and not stored. Beside it the"
                " columns' figures only: no trends, bands, ranks, lists and map.",
            )


def growth(databases: Sequence[Database]) -> dict[str, list[Measurement]]:
    """The same snapshots on each of the databases, by what they are of.

    One after the other within a run, so that minute, load and machine are the same for all.
    """
    found = {}
    regions = zip(*(largest_of_each_level(database) for database in databases), strict=True)
    for same_level in regions:
        pairs = list(zip(databases, same_level, strict=True))
        plain = _in_turn([partial(plain_figures, *pair) for pair in pairs], GROWTH_PLAIN_RUNS)
        for groups, name in ((LIVE, "live group"), (BOTH, "both groups")):
            computing = [computation(*pair, Kept(), groups) for pair in pairs]
            _in_turn(computing, WARM)
            samples = _in_turn(computing, RUNS)
            what = f"snapshot, {same_level[0].level}, {name}"
            found[what] = [
                Measurement(
                    what=f"{what}, {region.name}",
                    unit="ms",
                    samples=mine,
                    beside=Beside(what="main figures from rows", samples=rows),
                )
                for (_, region), mine, rows in zip(pairs, samples, plain, strict=True)
            ]
    return found


def _in_turn(works: Sequence[Callable[[], object]], runs: int) -> list[tuple[float, ...]]:
    """Milliseconds of each work's calls, the works taking turns."""
    rounds = [[milliseconds_of(work) for work in works] for _ in range(runs)]
    return list(zip(*rounds, strict=True))


def _after_correction(opened: Database, region: Region) -> Measurement:
    kept = Kept()
    compute = computation(opened, region, kept, BOTH)

    def corrected() -> None:
        kept.forget(CASES_ON_MAPS)
        compute()

    return Measurement(
        what=f"snapshot, {region.level}, after a corrected place",
        unit="ms",
        samples=timed(corrected, RUNS, warm=1),
        note=f"{region.name}, both groups: a case was moved on the map, put into another class or"
        " deleted, so what was kept of the map's layers is counted again. Longer limits and other"
        " progress are no such corrections.",
    )


def _ranking(connection: Connection) -> Measurement:
    tree = region_tree.load(connection)
    counties = [county.id for county in tree.counties(tree.root)]
    today = datetime.now(ZONE).date()
    chosen = random.Random(5)

    def period() -> Period:
        first, last = sorted(chosen.sample(range(1, 360), 2), reverse=True)
        return Period(_midnight(today, first), _midnight(today, last), "")

    def rank() -> None:
        reader = SumReader(
            connection,
            tree=tree,
            region=tree.root,
            scope=Scope(counties=frozenset(counties)),
            as_of=datetime.now(UTC),
            is_current=True,
            zone=ZONE,
        )
        ranking = ranking_readings.rank_counties(
            connection,
            reader,
            tree,
            tree.root,
            indicator_key=RANKED,
            minimum=30,
            month=period(),
            cumulative_label="",
            before=None,
            as_of=datetime.now(UTC),
            keep=lambda name, state, count: count(),
        )
        groups = ranking.groups if ranking else ()
        # Zones (功能区) are ranked beside them.
        if not {unit.region_id for group in groups for unit in group.units}.issuperset(counties):
            raise RuntimeError("not all counties are in the ranking")

    def plain() -> None:
        span = period()
        connection.execute(
            text(PLAIN_RANKING), {"start": span.start, "end": span.end, "counties": counties}
        ).all()

    return Measurement(
        what="ranking of 90 counties, any days of the year",
        unit="ms",
        samples=timed(rank, RUNS),
        aim=RANKING_AIM,
        beside=Beside(what="rates from rows, unranked", samples=timed(plain, PLAIN_RUNS)),
        note="按期办结率 with groups, ties and ranges of ranks; another random period each time.",
    )


def _midnight(today: date, days_ago: int) -> datetime:
    return day_start(today - timedelta(days=days_ago), ZONE)


def _heat(connection: Connection) -> Iterable[Measurement]:
    tree = region_tree.load(connection)
    counties = [county.id for county in tree.counties(tree.root)]
    now = datetime.now(UTC)
    pieces: dict[tuple[datetime, timedelta], CellCounts] = {}

    def keep_piece(at: datetime, length: timedelta, count: Callable[[], CellCounts]) -> CellCounts:
        if (at, length) not in pieces:
            pieces[at, length] = count()
        return pieces[at, length]

    def cells() -> list[tuple[int, int, float]]:
        layers = map_readings.heat(
            connection,
            tree.root,
            counties,
            now,
            ask=HeatAsk(),
            origin=(120.0, 29.0),
            zone=ZONE,
            groups=("slow",),
            keep_days=lambda span, asked, count: count(),
            keep_piece=keep_piece,
            is_rolled_up=True,
        )
        return list(next(layer for layer in layers if layer.window == "30d").cells)

    def plain() -> None:
        rows = connection.execute(
            text(PLAIN_HEAT),
            {
                "start": now - timedelta(days=30),
                "end": now,
                "categories": list(POINT_CATEGORIES),
                "counties": counties,
            },
        ).all()
        rate_of([row[2] for row in rows], 5, 30)

    yield Measurement(
        what="heat cells of 30 days",
        unit="ms",
        samples=timed(cells, RUNS),
        aim=HEAT_AIM,
        beside=Beside(what="from the rows", samples=timed(plain, PLAIN_RUNS)),
        note="Windows of 7 and 30 days together, whole days from roll-ups each time, pieces of the"
        " ends kept as the snapshotter keeps them.",
    )
    size = len(gzip.compress(orjson.dumps(cells())))
    yield Measurement(
        what="heat cells of 30 days, gzip",
        unit="kB",
        samples=(size / 1000,),
        aim=HEAT_BYTES_AIM,
    )


def _pages(connection: Connection, county: Region) -> Iterable[Measurement]:
    for order in ORDERS:
        plain = text(PLAIN_PAGE.format(value=case_pages.ordered_by(order)))

        def first(order: case_pages.Order = order) -> None:
            if len(case_pages.page(connection, [county.id], order)) != 50:
                raise RuntimeError("the first page is not full")

        yield Measurement(
            what=f"first page of a county's cases by {order}",
            unit="ms",
            samples=timed(first, RUNS),
            aim=PAGE_AIM,
            beside=Beside(
                what="sorted without an index",
                samples=tuple(
                    milliseconds_of(
                        lambda plain=plain: connection.execute(plain, {"county": county.id}).all()
                    )
                    for _ in range(PLAIN_RUNS)
                ),
            ),
            note=f"{county.name}, 50 open cases.",
        )


def _quality(opened: Database) -> Iterable[Measurement]:
    for days, aim in QUALITY_AIMS.items():
        yield Measurement(
            what=f"quality report of the province, {days} {'day' if days == 1 else 'days'}",
            unit="ms",
            samples=timed(
                lambda days=days: quality_readings.read(
                    opened, None, days=days, now=datetime.now(UTC)
                ),
                QUALITY_RUNS,
                warm=1,
            ),
            aim=aim,
            note="Every source and kind, every check of its rows, indicators that cannot be"
            " computed, outlines and forms: what /quality reads before it is drawn.",
        )
