"""Comparing roll-ups with the rows, and setting right what differs.

One statement reads what is kept, what is pending and what the rows make, so that a writer who
commits meanwhile is counted once.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from data_access import facts
from data_access.rollups import ancestors, spreads
from data_access.rollups.ancestors import in_regions
from data_access.rollups.counting import counted_sums, midnight
from data_access.rollups.keeping import lock
from data_access.rollups.tables import MEASURES, SLOTS_FROM

_NAMES = ", ".join(MEASURES)


@dataclass(frozen=True, slots=True)
class WrongFigure:
    """A measure of a region and day: what the roll-up makes it, and what the rows do."""

    region_id: int
    day: date
    measure: str
    kept: int
    counted: int


@dataclass(frozen=True, slots=True)
class _Grain:
    """Spans by which sums are kept: table, key, and the key of a delta or counted sum `d`.

    `is_asked` is the condition on the key, `is_told` on a delta: from the day asked for, and where
    such spans are kept at all.
    """

    table: str
    key: str
    of: str
    is_asked: str
    is_told: str


# Compared from this day on.
_SINCE = "cast(:since as date)"
ALWAYS = "-infinity"
_DAYS = _Grain("rollups", "day", "d.day", f"day >= {_SINCE}", f"d.day >= {_SINCE}")
_MONTHS = _Grain(
    "rollup_months",
    "month",
    "date_trunc('month', d.day)::date",
    f"month >= {_SINCE}",
    f"d.day >= {_SINCE}",
)
_SLOTS = _Grain(
    "rollup_slots",
    "slot",
    "d.slot",
    f"slot >= {SLOTS_FROM} and slot >= SINCE_MIDNIGHT",
    f"d.slot >= {SLOTS_FROM} and d.day >= {_SINCE}",
)
_GRAINS = (_DAYS, _MONTHS, _SLOTS)


def differences(connection: Connection, since: date | None = None) -> int:
    """Number of region-days, months, slots, and places of spreads that differ from the rows.

    What is pending counts in; 0 is exact. `since`: the first day of a month, before which nothing
    is compared.
    """
    values = _values(connection, since)
    zone = facts.zone_of(connection)
    sums = connection.scalar(text(_all_wrong(zone)), values)
    placed = text(f"with {_compared_spreads(zone)} select count(*) from wrong")
    return int(sums or 0) + int(connection.scalar(placed, values) or 0)


def _values(connection: Connection, since: date | None) -> dict[str, Any]:
    asked = since.isoformat() if since else ALWAYS
    return {**ancestors.load(connection).parameters(), "since": asked}


def _all_wrong(zone: str) -> str:
    """Number of wrong rows of all grains, from one count of the rows."""
    compared = [_compared(grain, zone, suffix=f"_{grain.key}") for grain in _GRAINS]
    numbers = " + ".join(f"(select count(*) from wrong_{grain.key})" for grain in _GRAINS)
    return f"with {', '.join([_counted(zone), *compared])} select {numbers}"


def examples(connection: Connection, limit: int, since: date | None = None) -> list[WrongFigure]:
    """Some of the days' figures that differ from the rows, in order of region and day."""
    figures = ", ".join(f"('{name}', kept_{name}, counted_{name})" for name in MEASURES)
    zone = facts.zone_of(connection)
    rows = connection.execute(
        text(
            f"with {_counted(zone)}, {_compared(_DAYS, zone)}"
            " select w.region_id, w.day, f.measure, f.kept, f.counted from wrong w"
            f" cross join lateral (values {figures}) as f (measure, kept, counted)"
            " where f.kept <> f.counted order by 1, 2, 3 limit :limit"
        ),
        {**_values(connection, since), "limit": limit},
    )
    return [WrongFigure(*row) for row in rows]


def repair(connection: Connection, since: date | None = None) -> int:
    """Set right what differs from the rows; returns how many rows of roll-ups that were.

    What the pending deltas bring is left to them. The outbox says so, since what was read before
    was wrong. Seals of the months compared are broken.
    """
    lock(connection)
    zone = facts.zone_of(connection)
    values = _values(connection, since)
    repaired = sum(
        connection.execute(text(_repairing(grain, zone)), values).rowcount for grain in _GRAINS
    )
    repaired += connection.execute(
        text(
            f"with {_compared_spreads(zone)}"
            " insert into rollup_spreads (spread, region_id, day, x, y, amount)"
            " select spread, region_id, day, x, y, counted - pending from wrong"
            " on conflict (spread, region_id, day, x, y) do update set amount = excluded.amount"
        ),
        values,
    ).rowcount
    connection.execute(text(f"delete from sealed_months where month >= {_SINCE}"), values)
    if repaired:
        connection.execute(text("insert into outbox (subject, county_id) values ('regions', 0)"))
    return int(repaired)


def _repairing(grain: _Grain, zone: str) -> str:
    values = ", ".join(f"counted_{name} - pending_{name}" for name in MEASURES)
    updates = ", ".join(f"{name} = excluded.{name}" for name in MEASURES)
    return (
        f"with {_counted(zone)}, {_compared(grain, zone)}"
        f" insert into {grain.table} (region_id, {grain.key}, {_NAMES})"
        f" select region_id, {grain.key}, {values} from wrong"
        f" on conflict (region_id, {grain.key}) do update set {updates}"
    )


def _counted(zone: str) -> str:
    """Common table expression `rows_make`: the rows' sums by county, township, day and slot."""
    sums = counted_sums(zone=zone, slots_from=SLOTS_FROM, since=_SINCE)
    return f"rows_make as materialized ({sums})"


def _compared(grain: _Grain, zone: str, suffix: str = "") -> str:
    """Common table expressions up to `wrong`: what differs, each measure three times: kept (with
    what is pending), pending, and counted from the rows.
    """
    totals = ", ".join(f"coalesce(sum(d.{name}), 0)::bigint as {name}" for name in MEASURES)
    figures = ", ".join(
        f"coalesce(k.{name}, 0) + coalesce(p.{name}, 0) as kept_{name},"
        f" coalesce(p.{name}, 0) as pending_{name}, coalesce(c.{name}, 0) as counted_{name}"
        for name in MEASURES
    )
    kept = ", ".join(f"kept_{name}" for name in MEASURES)
    counted = ", ".join(f"counted_{name}" for name in MEASURES)
    added = (
        f"select a.region_id, {grain.of} as {grain.key}, {totals} from {in_regions('SOURCE', 'd')}"
        f" where {grain.is_told} group by 1, 2"
    )
    is_asked = grain.is_asked.replace("SINCE_MIDNIGHT", midnight(_SINCE, zone))
    return f"""
pending{suffix} as ({added.replace("SOURCE", "rollup_deltas")}),
counted{suffix} as ({added.replace("SOURCE", "rows_make")}),
compared{suffix} as (
  select region_id, {grain.key}, {figures}
  from (select region_id, {grain.key}, {_NAMES} from {grain.table} where {is_asked}) k
  full join pending{suffix} p using (region_id, {grain.key})
  full join counted{suffix} c using (region_id, {grain.key})
), wrong{suffix} as (select * from compared{suffix} where ({kept}) <> ({counted}))"""


def _compared_spreads(zone: str) -> str:
    """The same of the spreads."""
    by_county = f"({spreads.counted(zone, _SINCE)}) d ({spreads.COLUMNS})"
    key = "spread, region_id, day, x, y"
    recent = f"(select * from spread_deltas where day >= {_SINCE}) d"
    return f"""
pending as ({spreads.placed(recent)}), counted as ({spreads.placed(by_county)}),
compared as (
  select {key}, coalesce(k.amount, 0) + coalesce(p.amount, 0) as kept,
    coalesce(p.amount, 0) as pending, coalesce(c.amount, 0) as counted
  from (select * from rollup_spreads where day >= {_SINCE}) k
  full join pending p using ({key}) full join counted c using ({key})
), wrong as (select * from compared where kept <> counted)"""
