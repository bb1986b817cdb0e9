"""Roll-ups: one row a region and local day, one column a measure of the compiled dictionary.

Writers only append deltas (triggers in `live_schema`); `fold` adds them up, `rebuild` starts from
the rows, `differences` compares, `repair` sets right what differs. Which figure is read from here
stands in `data_access.sums`.

Days, not hours: the part of a period that is no whole day is always read from the rows by index
(see docs/decisions). Counties, their cities and the root have rows; below the county the cases
themselves are read.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Integer,
    MetaData,
    Select,
    Table,
    cast,
    func,
    literal,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects import postgresql

from dashboard.indicators import ROLLED_UP_FLOWS
from data_access import facts, region_tree
from data_access.compiling import (
    TABLES,
    MomentGroup,
    amount_expression,
    measure_condition,
    moment_expression,
    moment_groups,
)

log = logging.getLogger(__name__)

GROUPS = moment_groups(ROLLED_UP_FLOWS)
MEASURES: tuple[str, ...] = tuple(
    measure.column for flow in ROLLED_UP_FLOWS for measure in flow.measures()
)
FOLD_LOCK = 7_301_002

# The table with the columns that `ensure_columns` adds.
rollups = Table(
    "rollups",
    MetaData(),
    Column("region_id", Integer, primary_key=True),
    Column("day", Date, primary_key=True),
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in MEASURES),
)


@dataclass(frozen=True, slots=True)
class WrongFigure:
    """A measure of a region and day: what the roll-up makes it, and what the rows do."""

    region_id: int
    day: date
    measure: str
    kept: int
    counted: int


# Which regions have a row for the cases of a county: see `_ancestors`.
ANCESTORS = (
    "select * from unnest(cast(:county_ids as int[]), cast(:region_ids as int[]))"
    " as a (county_id, region_id)"
)
# Fact that holds the ancestors by which the stored roll-ups were made.
ANCESTORS_FACT = "rollup_ancestors"


def ensure_columns(connection: Connection) -> None:
    """Add a column for every measure that has none; columns no longer used are dropped."""
    present = set(
        connection.scalars(
            text(
                "select column_name from information_schema.columns"
                " where table_schema = current_schema() and table_name = 'rollups'"
            )
        )
    ) - {"region_id", "day"}
    changes = [
        f"add column {name} bigint not null default 0" for name in MEASURES if name not in present
    ]
    changes += [f"drop column {name}" for name in sorted(present - set(MEASURES))]
    if changes:
        connection.exec_driver_sql(f"alter table rollups {', '.join(changes)}")


def rebuild(connection: Connection) -> None:
    """Compute all roll-ups from the rows, in this transaction; pending deltas are dropped.

    One statement counts the rows and drops their deltas: a writer that commits between two would
    be counted twice. The old roll-ups are deleted, since a reader at work would find a truncated
    table empty.
    """
    _lock(connection)
    zone = _zone(connection)
    connection.execute(text("delete from rollups"))
    ancestors = _ancestors(connection)
    connection.execute(
        text(f"with counted as (delete from rollup_deltas) {_insert_from_rows(zone)}"), ancestors
    )
    facts.write(connection, ANCESTORS_FACT, _fingerprint(ancestors))
    connection.execute(text("analyze rollups"))


def follow_regions(connection: Connection) -> bool:
    """Rebuild when a county has come, gone, or lies elsewhere since the last rebuild.

    Returns whether it did; then the outbox says so, since what was read before is old.
    """
    _lock(connection)
    if facts.read(connection, ANCESTORS_FACT) == _fingerprint(_ancestors(connection)):
        return False
    rebuild(connection)
    connection.execute(text("insert into outbox (subject, county_id) values ('regions', 0)"))
    return True


def fold(connection: Connection) -> int:
    """Add the pending deltas to the roll-ups and delete them; returns how many there were.

    Only rows this transaction has seen are deleted, so a delta that commits later is never lost.
    Deltas of a county that is in no region table count nowhere until it is there; then
    `follow_regions` counts the rows themselves.
    """
    _lock(connection)
    added = ", ".join(
        f"coalesce(sum(d.amount) filter (where d.measure = '{name}'), 0)" for name in MEASURES
    )
    names = ", ".join(MEASURES)
    updates = ", ".join(f"{name} = r.{name} + excluded.{name}" for name in MEASURES)
    statement = f"""
with taken as (
  delete from rollup_deltas
  where id in (select id from rollup_deltas for update skip locked)
  returning county_id, day, measure, amount
), folded as (
  insert into rollups as r (region_id, day, {names})
  select a.region_id, d.day, {added}
  from taken d join ({ANCESTORS}) a on a.county_id = d.county_id
  group by 1, 2
  on conflict (region_id, day) do update set {updates}
)
select count(*) as deltas,
  array_agg(distinct county_id) filter (where county_id <> all(cast(:county_ids as int[])))
    as unknown
from taken"""
    taken = connection.execute(text(statement), _ancestors(connection)).one()
    if taken.unknown:
        log.warning("cases are booked under counties that are not in regions: %s", taken.unknown)
    return int(taken.deltas)


def differences(connection: Connection) -> int:
    """Number of region-days whose roll-up plus pending deltas differ from the rows; 0 is exact."""
    statement = f"with {_compared(_zone(connection))} select count(*) from wrong"
    return connection.scalar(text(statement), _ancestors(connection)) or 0


def examples(connection: Connection, limit: int) -> list[WrongFigure]:
    """Some of the figures that differ from the rows, in order of region and day."""
    figures = ", ".join(f"('{name}', kept_{name}, counted_{name})" for name in MEASURES)
    rows = connection.execute(
        text(
            f"with {_compared(_zone(connection))}"
            " select w.region_id, w.day, f.measure, f.kept, f.counted from wrong w"
            f" cross join lateral (values {figures}) as f (measure, kept, counted)"
            " where f.kept <> f.counted order by 1, 2, 3 limit :limit"
        ),
        {**_ancestors(connection), "limit": limit},
    )
    return [WrongFigure(*row) for row in rows]


def repair(connection: Connection) -> int:
    """Set the region-days that differ from the rows right; returns how many they were.

    One statement counts the rows and writes what the pending deltas do not bring, so that a writer
    who commits meanwhile is counted once. The outbox says so, since what was read before was wrong.
    """
    _lock(connection)
    names = ", ".join(MEASURES)
    values = ", ".join(f"counted_{name} - pending_{name}" for name in MEASURES)
    updates = ", ".join(f"{name} = excluded.{name}" for name in MEASURES)
    repaired = connection.execute(
        text(
            f"with {_compared(_zone(connection))}"
            f" insert into rollups (region_id, day, {names}) select region_id, day, {values}"
            f" from wrong on conflict (region_id, day) do update set {updates}"
        ),
        _ancestors(connection),
    ).rowcount
    if repaired:
        connection.execute(text("insert into outbox (subject, county_id) values ('regions', 0)"))
    return repaired


def _compared(zone: str) -> str:
    """Common table expressions up to `wrong`: region-days that differ, each measure three times:
    kept (with what is pending), pending, and counted from the rows.
    """
    names = ", ".join(MEASURES)
    summed = ", ".join(
        f"coalesce(sum(d.amount) filter (where d.measure = '{name}'), 0)::bigint as {name}"
        for name in MEASURES
    )
    figures = ", ".join(
        f"coalesce(k.{name}, 0) + coalesce(p.{name}, 0) as kept_{name},"
        f" coalesce(p.{name}, 0) as pending_{name}, coalesce(c.{name}, 0) as counted_{name}"
        for name in MEASURES
    )
    kept = ", ".join(f"kept_{name}" for name in MEASURES)
    counted = ", ".join(f"counted_{name}" for name in MEASURES)
    return f"""
pending as (
  select a.region_id, d.day, {summed}
  from rollup_deltas d join ({ANCESTORS}) a on a.county_id = d.county_id group by 1, 2
), counted as ({_select_from_rows(zone)}),
compared as (
  select region_id, day, {figures}
  from (select region_id, day, {names} from rollups) k
  full join pending p using (region_id, day) full join counted c using (region_id, day)
), wrong as (select * from compared where ({kept}) <> ({counted}))"""


def _ancestors(connection: Connection) -> dict[str, list[int]]:
    """Parameters of ANCESTORS: a county's cases count in the county, its city and the root.

    Those booked under an abolished county count in its successor; where it has several, its own
    row is kept beside those of city and root, for readers who may not see the whole city.
    """
    tree = region_tree.load(connection)
    counties = {county.id for root in tree.roots() for county in tree.counties(root)}
    pairs = []
    for county_id, path in sorted(tree.booked_under(counties).items()):
        own = () if any(region_id in counties for region_id in path) else (county_id,)
        pairs += [(county_id, region_id) for region_id in (*own, *path)]
    return {
        "county_ids": [county_id for county_id, _ in pairs],
        "region_ids": [region_id for _, region_id in pairs],
    }


def _fingerprint(ancestors: dict[str, list[int]]) -> str:
    return hashlib.sha256(json.dumps(ancestors, sort_keys=True).encode()).hexdigest()


def _insert_from_rows(zone: str) -> str:
    names = ", ".join(MEASURES)
    return f"insert into rollups (region_id, day, {names}) {_select_from_rows(zone)}"


def _select_from_rows(zone: str) -> str:
    """Region, day and all measures from the rows: one scan per moment, then added up."""
    parts = union_all(*(_daily_sums(group, zone) for group in GROUPS))
    scans = str(
        parts.compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"literal_binds": True},
        )
    )
    totals = ", ".join(f"sum(p.{name})::bigint as {name}" for name in MEASURES)
    # County-days first, so that the ancestors add up few rows instead of all parts.
    return f"""
select a.region_id, p.day, {totals}
from (
  select p.county_id, p.day, {totals} from ({scans}) p group by 1, 2
) p join ({ANCESTORS}) a on a.county_id = p.county_id
group by 1, 2"""


def _daily_sums(group: MomentGroup, zone: str) -> Select[tuple[int, ...]]:
    rows = TABLES[group.subject]
    at = moment_expression(group.moment, rows)
    day = cast(func.timezone(zone, at), Date).label("day")
    mine: dict[str, ColumnElement[int]] = {
        measure.column: func.coalesce(
            func.sum(amount_expression(measure.flow.amount, rows)).filter(
                measure_condition(measure, rows, None)
            ),
            0,
        )
        for measure in group.measures
    }
    columns: Sequence[ColumnElement[int]] = [
        cast(mine.get(name, literal(0)), BigInteger).label(name) for name in MEASURES
    ]
    return (
        select(rows.c.county_id, day, *columns)
        .where(at.is_not(null()))
        .group_by(rows.c.county_id, day)
    )


def _zone(connection: Connection) -> str:
    return str(facts.read(connection, "zone") or facts.DEFAULT_ZONE)


def _lock(connection: Connection) -> None:
    """One folder or rebuilder at a time; writers are not concerned."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": FOLD_LOCK})
