"""Snapshot time: ``snapshotting.compute`` for province, city and county, warm.

Beside it: the main figures of the same wall straight from the rows, as a dashboard without
roll-ups would ask for them.
"""

import gc
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy import text

from dashboard.snapshot import Group, Snapshot
from dashboard.views import View
from data_access import region_tree, snapshots
from data_access.database import Database
from data_access.region_tree import Region
from data_access.snapshotter import undisturbed
from data_access.snapshotting import BOTH, compute
from data_access.wall_parts import Kept
from tests.bench.demo_database import BenchDatabase
from tests.bench.measurement import Beside, Measurement, timed
from tests.built_in import built_in_wall

RUNS = 15
AIM_MS = 150.0
LIVE: tuple[Group, ...] = ("live",)

# Today's counts, stocks and this month's rates by county, and the disputes' of the year: the
# figures of the wall's left and right columns without trends, bands, ranks, lists and map.
PLAIN_INCIDENTS = """
select county_id,
  count(*) filter (where registered_at >= :today) as registered,
  count(*) filter (where closed_at >= :today) as closed,
  count(*) filter (where closed_at is null) as open,
  count(*) filter (where closed_at is null and due_at < :now) as overdue,
  count(*) filter (where closed_at is null and due_at between :now and :soon) as near_due,
  count(*) filter (where due_at >= :month and due_at < :now) as due,
  count(*) filter (where due_at >= :month and due_at < :now and closed_at <= due_at) as on_time,
  count(*) filter (where sign_due_at >= :month and sign_due_at < :now) as sign_due,
  count(*) filter (where sign_due_at >= :month and sign_due_at < :now
    and signed_at <= sign_due_at) as signed,
  avg(closed_at - registered_at) filter (where closed_at >= :month) as handling,
  count(*) filter (where dispatched_at >= :month and returned_at is not null) as returned,
  count(*) filter (where closed_at >= :month and resolved_level <> 'county') as local
from incidents where county_id = any(:counties) and registered_at < :now group by county_id"""
PLAIN_DISPUTES = """
select county_id,
  count(*) filter (where registered_at >= :month) as registered,
  count(*) filter (where closed_at >= :month) as closed,
  count(*) filter (where closed_at >= :month and is_successful) as resolved,
  count(*) filter (where closed_at >= :month and method = 'people') as people
from disputes where county_id = any(:counties) and registered_at < :now group by county_id"""


def measure(database: BenchDatabase) -> Iterable[Measurement]:
    """Live group and both groups for each level; storing one."""
    with closing(Database(database.app_url)) as opened:
        chosen = largest_of_each_level(opened)
        kept = Kept()
        for region in chosen:
            yield from _of_region(opened, region, kept)
        yield _storing(opened, chosen[0], kept)


def largest_of_each_level(database: Database) -> tuple[Region, ...]:
    """The root, and the county with most cases with its city."""
    with database.read() as connection:
        tree = region_tree.load(connection)
        busiest = connection.scalar(
            text("select county_id from incidents group by 1 order by count(*) desc limit 1")
        )
    county = tree.by_id[int(busiest)]
    city = tree.by_id.get(county.parent_id or 0, tree.root)
    return tuple(dict.fromkeys((tree.root, city, county)))


def _of_region(database: Database, region: Region, kept: Kept) -> Iterable[Measurement]:
    plain = timed(lambda: plain_figures(database, region), 5)
    for groups, name in ((LIVE, "live group"), (BOTH, "both groups")):
        yield Measurement(
            what=f"snapshot, {region.level}, {name}",
            unit="ms",
            samples=timed(computation(database, region, kept, groups), RUNS, warm=3),
            aim=AIM_MS,
            beside=Beside(what="main figures from rows", samples=plain),
            note=f"{region.name}: one warm connection, bands known, computed and not stored."
            " Beside it two plain statements over the rows for today's counts, stocks and the"
            " month's rates only, without bands, trends, ranking, lists, heat and grids.",
        )


def computation(
    database: Database, region: Region, kept: Kept, groups: tuple[Group, ...]
) -> Callable[[], Snapshot]:
    """What computes a region's snapshot once more, with what was kept and made before."""
    gc.freeze()  # as the snapshotter does when it starts
    previous = _computed(database, region, kept, BOTH, None)
    return lambda: _computed(database, region, kept, groups, previous)


def _computed(
    database: Database,
    region: Region,
    kept: Kept,
    groups: tuple[Group, ...],
    previous: Snapshot | None,
) -> Snapshot:
    with undisturbed():  # as the snapshotter computes
        made = compute(
            database,
            View("wall", region.id),
            now=datetime.now(UTC),
            ask=built_in_wall().ask,
            kept=kept,
            previous=previous,
            groups=groups,
        )
    if made.failures:
        raise RuntimeError(f"the snapshot of {region.name} has failures: {made.failures}")
    return made


def plain_figures(database: Database, region: Region) -> None:
    """The wall's main figures straight from the rows."""
    with database.read(timeout_seconds=600) as connection:
        tree = region_tree.load(connection)
        zone = connection.scalar(text("select value #>> '{}' from database_facts where key='zone'"))
        moments = connection.execute(
            text(
                "select now() as now, now() + interval '1 day' as soon,"
                " date_trunc('day', now(), :zone) as today,"
                " date_trunc('month', now(), :zone) as month"
            ),
            {"zone": zone or "Asia/Shanghai"},
        ).mappings()
        values = {**moments.one(), "counties": [county.id for county in tree.counties(region)]}
        for statement in (PLAIN_INCIDENTS, PLAIN_DISPUTES):
            connection.execute(text(statement), values).all()


def _storing(database: Database, region: Region, kept: Kept) -> Measurement:
    made = _computed(database, region, kept, BOTH, None)

    def store() -> None:
        with database.engine.connect() as connection:
            snapshots.store(connection, made, 0)
            connection.rollback()

    return Measurement(
        what="snapshot, serialised and stored",
        unit="ms",
        samples=timed(store, RUNS),
        note=f"{region.name}, {len(made.to_json()) / 1000:,.0f} kB of JSON: to JSON, hash, gzip,"
        " insert, notify; rolled back.",
    )
