"""Keeping roll-ups: folding deltas, computing all from the rows, moving the slots on.

All of it happens under one lock; writers are not concerned. Which rows make which sum stands in
`counting` and `spreads`.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from data_access import case_homes, facts
from data_access.rollups import ancestors, hidden_classes, spreads
from data_access.rollups.ancestors import in_regions
from data_access.rollups.counting import counted_sums
from data_access.rollups.tables import KINDS, MEASURES, SLOTS_FACT, SLOTS_FROM
from data_access.sensitive_classes import sensitive_classes

log = logging.getLogger(__name__)

FOLD_LOCK = 7_301_002
# How long slots are kept: the usual band looks back so far (`band_days` in `dashboard.asks`).
SLOT_DAYS = 65
_NAMES = ", ".join(MEASURES)
_TOTALS = ", ".join(f"coalesce(sum(c.{name}), 0)" for name in MEASURES)
_SPARSE_TOTALS = ", ".join(f"nullif(coalesce(sum(c.{name}), 0), 0)" for name in MEASURES)
_NAMED_TOTALS = ", ".join(f"sum(c.{name})::{kind} as {name}" for name, kind in KINDS.items())


def rebuild(connection: Connection) -> None:
    """Compute all roll-ups from the rows, in this transaction; pending deltas are dropped. The
    outbox says so, since what was read before is old.

    One statement counts the rows and drops their deltas: a writer that commits between two would
    be counted twice. The old roll-ups are deleted, since a reader at work would find a truncated
    table empty. Slots are kept for the last SLOT_DAYS before the newest case, or before
    now. All are written in the order in which they are read, which takes a tenth of the time then.
    """
    lock(connection)
    case_homes.follow_moves(connection)
    newest: datetime = connection.execute(
        text("select least(max(registered_at), now()) from incidents where registered_at < now()")
    ).scalar_one()
    _keep_slots_from(connection, newest - timedelta(days=SLOT_DAYS))
    for table in ("rollups", "rollup_months", "rollup_slots", "rollup_spreads", "sealed_months"):
        connection.execute(text(f"delete from {table}"))
    zone = facts.zone_of(connection)
    known = ancestors.load(connection)
    # Before anything is counted, and by what is counted: who marks a class meanwhile is followed.
    hidden_classes.note(connection, sensitive_classes(connection))
    # A year of a province is more than the usual memory sorts.
    connection.execute(text("set local work_mem = '256MB'"))
    # A hash table would hold seventy sums for each of its million groups; sorted, one group's do.
    connection.execute(text("set local enable_hashagg = off"))
    # All rows are read: in the order of an index, a page was read again for each of its rows.
    connection.execute(text("set local enable_incremental_sort = off"))
    connection.execute(
        text(
            "with dropped as (delete from rollup_deltas),"
            " dropped_spreads as (delete from spread_deltas),"
            f" counted as materialized ({counted_sums(zone=zone, slots_from=SLOTS_FROM)}),"
            f" counted_spreads as ({spreads.counted(zone)}),"
            # First by county: the ancestors then add up few rows.
            f" by_day as materialized (select c.county_id, c.town_id, c.day, {_NAMED_TOTALS}"
            "   from counted c group by 1, 2, 3),"
            f" days as (insert into rollups (region_id, day, {_NAMES})"
            f"  select a.region_id, c.day, {_TOTALS} from {in_regions('by_day', 'c')}"
            "   group by 1, 2 order by 1, 2),"
            f" months as (insert into rollup_months (region_id, month, {_NAMES})"
            f"  select a.region_id, date_trunc('month', c.day)::date, {_TOTALS}"
            f"  from {in_regions('by_day', 'c')} group by 1, 2),"
            f" slots as (insert into rollup_slots (region_id, slot, {_NAMES})"
            f"  select a.region_id, c.slot, {_SPARSE_TOTALS} from {in_regions('counted', 'c')}"
            "   where c.slot is not null group by 1, 2 order by 1, 2)"
            " insert into rollup_spreads (spread, region_id, day, x, y, amount)"
            f" {spreads.placed(f'counted_spreads d ({spreads.COLUMNS})')} order by 1, 2, 3, 4, 5"
        ),
        known.parameters(),
    )
    ancestors.note(connection, known)
    for table in ("rollups", "rollup_months", "rollup_slots", "rollup_spreads"):
        connection.execute(text(f"analyze {table}"))
    connection.execute(text("insert into outbox (subject, county_id) values ('regions', 0)"))


def follow_regions(connection: Connection) -> bool:
    """Rebuild when a county has come, gone, or lies elsewhere since the last rebuild; else
    `follow_classes`.

    Returns whether it did either; then the outbox says so, since what was read before is old.
    """
    lock(connection)
    known = ancestors.load(connection)
    if ancestors.are_known(connection, known):
        ancestors.note_where_missing(connection, known)
        return follow_classes(connection)
    rebuild(connection)
    return True


def follow_classes(connection: Connection) -> bool:
    """Take the cases of classes that have become sensitive out of heat, and put those of others
    back in, in this transaction. Returns whether there were any; then the outbox says so.

    One statement takes the rows without what is pending of them: their deltas, of whatever
    transaction, are left out or folded by the classes noted here.
    """
    if not any(hidden_classes.changed(connection)):
        return False
    lock(connection)
    # Another may have followed while this one waited.
    hidden, shown = hidden_classes.changed(connection)
    if not hidden and not shown:
        return False
    connection.execute(
        text(_of_classes(facts.zone_of(connection))),
        {**ancestors.load(connection).parameters(), "hidden": hidden, "shown": shown},
    )
    hidden_classes.note(connection, sorted({*hidden_classes.noted(connection), *hidden} - {*shown}))
    connection.execute(text("insert into outbox (subject, county_id) values ('codes', 0)"))
    return True


def _of_classes(zone: str) -> str:
    """Statement that moves the kept cells of :hidden out and those of :shown in."""
    sign = "case when {}.class_code = any(cast(:shown as text[])) then 1 else -1 end"
    concerned = "{}.class_code = any(cast(:hidden as text[]) || cast(:shown as text[]))"
    rows = f"select {sign.format('n')} as sign, n.* from incidents n where {concerned.format('n')}"
    return f"""
with changed ({spreads.COLUMNS}) as (
  {spreads.written(spreads.CELLS, rows, zone)}
  union all
  select d.spread, d.county_id, d.day, d.x, d.y, d.class_code, -d.amount * {sign.format("d")}
  from spread_deltas d where {concerned.format("d")}
), unsealed as (delete from sealed_months where month in
  (select date_trunc('month', day)::date from changed)
)
insert into rollup_spreads as r (spread, region_id, day, x, y, amount)
{spreads.placed("changed d", is_shown="true")}
on conflict (spread, region_id, day, x, y) do update set amount = r.amount + excluded.amount"""


def fold(connection: Connection) -> int:
    """Add the pending deltas to the roll-ups and delete them; returns how many there were.

    Only rows this transaction has seen are deleted, so a delta that commits later is never lost.
    Deltas tell county and township: which regions these count in is decided here, not when they are
    written. Deltas of a county that is in no region table count nowhere until it is there; then
    `follow_regions` counts the rows themselves.
    """
    lock(connection)
    known = ancestors.load(connection)
    taken = connection.execute(text(_FOLD), known.parameters()).one()
    connection.execute(text(_FOLD_SPREADS), known.parameters())
    if taken.unknown:
        log.warning("cases are booked under counties that are not in regions: %s", taken.unknown)
    return int(taken.deltas)


def _added(table: str, key: str, of: str, totals: str, where: str = "true") -> str:
    """INSERT of what was taken into a table of sums, added to what is there."""
    sums = ", ".join(f"{n} = coalesce(r.{n} + excluded.{n}, r.{n}, excluded.{n})" for n in MEASURES)
    return (
        f"insert into {table} as r (region_id, {key}, {_NAMES})"
        f" select a.region_id, {of}, {totals} from {in_regions('taken', 'c')}"
        f" where {where} group by 1, 2"
        f" on conflict (region_id, {key}) do update set {sums}"
    )


_FOLD = f"""
with taken as (
  delete from rollup_deltas
  where id in (select id from rollup_deltas for update skip locked)
  returning county_id, town_id, day, slot, {_NAMES}
), days as ({_added("rollups", "day", "c.day", _TOTALS)}
), months as ({_added("rollup_months", "month", "date_trunc('month', c.day)::date", _TOTALS)}
), slots as ({_added("rollup_slots", "slot", "c.slot", _SPARSE_TOTALS, f"c.slot >= {SLOTS_FROM}")}
), unsealed as (delete from sealed_months where month in
  (select date_trunc('month', day)::date from taken)
)
select count(*) as deltas,
  array_agg(distinct county_id) filter (where county_id <> all(cast(:place_ids as int[])))
    as unknown
from taken"""
_FOLD_SPREADS = f"""
with taken as (
  delete from spread_deltas
  where id in (select id from spread_deltas for update skip locked)
  returning {spreads.COLUMNS}
), unsealed as (delete from sealed_months where month in
  (select date_trunc('month', day)::date from taken)
)
insert into rollup_spreads as r (spread, region_id, day, x, y, amount)
{spreads.placed("taken d")}
on conflict (spread, region_id, day, x, y) do update set amount = r.amount + excluded.amount"""


def slots_kept_from(connection: Connection) -> datetime | None:
    """The instant from which on slots are kept; None in a database that keeps none."""
    found: datetime | None = connection.scalar(text(f"select {SLOTS_FROM}"))
    return found


def move_slots_on(connection: Connection, now: datetime) -> None:
    """Drop the slots of days that nobody asks for any more; never by a clock that is ahead of the
    database's.
    """
    lock(connection)
    here: datetime = connection.execute(text("select now()")).scalar_one()
    _keep_slots_from(connection, min(now, here) - timedelta(days=SLOT_DAYS))
    connection.execute(text(f"delete from rollup_slots where slot < {SLOTS_FROM}"))


def _keep_slots_from(connection: Connection, instant: datetime) -> None:
    """Never moved back: writers who have not committed yet have left out older slots."""
    known = slots_kept_from(connection)
    if known is None or known < instant:
        facts.write(connection, SLOTS_FACT, instant.isoformat())


def lock(connection: Connection) -> None:
    """One folder or rebuilder at a time; writers are not concerned."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": FOLD_LOCK})
