"""Comparing roll-ups with the rows, and setting right what differs.

One statement reads what is kept, what is pending and what the rows make, so that a writer who
commits meanwhile is counted once.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from data_access.rollups import ancestors, spreads
from data_access.rollups.ancestors import ANCESTORS
from data_access.rollups.counting import counted_sums
from data_access.rollups.keeping import lock, zone_of
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
    """Spans by which sums are kept: table, key, and the key of a delta or counted sum `d`."""

    table: str
    key: str
    of: str
    where: str = "true"


_DAYS = _Grain("rollups", "day", "d.day")
_MONTHS = _Grain("rollup_months", "month", "date_trunc('month', d.day)::date")
_SLOTS = _Grain("rollup_slots", "slot", "d.slot", f"d.slot >= {SLOTS_FROM}")
_GRAINS = (_DAYS, _MONTHS, _SLOTS)


def differences(connection: Connection) -> int:
    """Number of region-days, months, slots, and places of spreads that differ from the rows.

    What is pending counts in; 0 is exact.
    """
    values = ancestors.load(connection).parameters()
    zone = zone_of(connection)
    wrong = connection.scalar(text(_all_wrong(zone)), values) or 0
    wrong += (
        connection.scalar(
            text(f"with {_compared_spreads(zone)} select count(*) from wrong"), values
        )
        or 0
    )
    return int(wrong)


def _all_wrong(zone: str) -> str:
    """Number of wrong rows of all grains, from one count of the rows."""
    compared = [_compared(grain, suffix=f"_{grain.key}") for grain in _GRAINS]
    numbers = " + ".join(f"(select count(*) from wrong_{grain.key})" for grain in _GRAINS)
    return f"with {', '.join([_counted(zone), *compared])} select {numbers}"


def examples(connection: Connection, limit: int) -> list[WrongFigure]:
    """Some of the days' figures that differ from the rows, in order of region and day."""
    figures = ", ".join(f"('{name}', kept_{name}, counted_{name})" for name in MEASURES)
    zone = zone_of(connection)
    rows = connection.execute(
        text(
            f"with {_counted(zone)}, {_compared(_DAYS)}"
            " select w.region_id, w.day, f.measure, f.kept, f.counted from wrong w"
            f" cross join lateral (values {figures}) as f (measure, kept, counted)"
            " where f.kept <> f.counted order by 1, 2, 3 limit :limit"
        ),
        {**ancestors.load(connection).parameters(), "limit": limit},
    )
    return [WrongFigure(*row) for row in rows]


def repair(connection: Connection) -> int:
    """Set right what differs from the rows; returns how many rows of roll-ups that were.

    What the pending deltas bring is left to them. The outbox says so, since what was read before
    was wrong.
    """
    lock(connection)
    zone = zone_of(connection)
    values = ancestors.load(connection).parameters()
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
    if repaired:
        connection.execute(text("insert into outbox (subject, county_id) values ('regions', 0)"))
    return int(repaired)


def _repairing(grain: _Grain, zone: str) -> str:
    values = ", ".join(f"counted_{name} - pending_{name}" for name in MEASURES)
    updates = ", ".join(f"{name} = excluded.{name}" for name in MEASURES)
    return (
        f"with {_counted(zone)}, {_compared(grain)}"
        f" insert into {grain.table} (region_id, {grain.key}, {_NAMES})"
        f" select region_id, {grain.key}, {values} from wrong"
        f" on conflict (region_id, {grain.key}) do update set {updates}"
    )


def _counted(zone: str) -> str:
    """Common table expression `rows_make`: the sums of the rows by county, day and slot."""
    return f"rows_make as materialized ({counted_sums(zone=zone, slots_from=SLOTS_FROM)})"


def _compared(grain: _Grain, suffix: str = "") -> str:
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
        f"select a.region_id, {grain.of} as {grain.key}, {totals} from SOURCE d"
        f" join ({ANCESTORS}) a on a.county_id = d.county_id where {grain.where} group by 1, 2"
    )
    is_kept = f" where slot >= {SLOTS_FROM}" if grain is _SLOTS else ""
    return f"""
pending{suffix} as ({added.replace("SOURCE", "rollup_deltas")}),
counted{suffix} as ({added.replace("SOURCE", "rows_make")}),
compared{suffix} as (
  select region_id, {grain.key}, {figures}
  from (select region_id, {grain.key}, {_NAMES} from {grain.table}{is_kept}) k
  full join pending{suffix} p using (region_id, {grain.key})
  full join counted{suffix} c using (region_id, {grain.key})
), wrong{suffix} as (select * from compared{suffix} where ({kept}) <> ({counted}))"""


def _compared_spreads(zone: str) -> str:
    """The same of the spreads."""
    by_county = f"({spreads.counted(zone)}) d (spread, county_id, day, x, y, amount)"
    key = "spread, region_id, day, x, y"
    return f"""
pending as ({spreads.placed("spread_deltas d")}), counted as ({spreads.placed(by_county)}),
compared as (
  select {key}, coalesce(k.amount, 0) + coalesce(p.amount, 0) as kept,
    coalesce(p.amount, 0) as pending, coalesce(c.amount, 0) as counted
  from rollup_spreads k full join pending p using ({key}) full join counted c using ({key})
), wrong as (select * from compared where kept <> counted)"""
