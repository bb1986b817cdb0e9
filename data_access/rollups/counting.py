"""SQL that counts the cases themselves, as the roll-ups have to be.

One text for the triggers, for starting anew and for comparing: sums by county, township, local day
and slot of the rows of a table, or of those a statement has written. Nothing is executed here.
"""

from sqlalchemy import FromClause

from dashboard.periods import SLOT_ORIGIN
from dashboard.vocabulary import Measure, Rows
from data_access.compiling import (
    TABLES,
    MomentGroup,
    amount_expression,
    measure_condition,
    moment_expression,
    written_out,
)
from data_access.rollups.ancestors import ZONE_TOWNS
from data_access.rollups.tables import GROUPS, KINDS, MEASURES


def written_sums(group: MomentGroup, rows: str, *, zone: str, slots_from: str) -> str:
    """SELECT of the sums of one moment over signed rows (`sign` 1 or -1): county_id, town_id, day,
    slot and the group's measures; what adds up to nothing is left out.

    Args:
        rows: SELECT of the rows with their sign.
        slots_from: SQL of the instant before which no slot is told.
    """
    table = TABLES[group.subject].alias("t")
    sums = [_sum(measure, table, "t.sign * ") for measure in group.measures]
    some = " or ".join(f"{total} <> 0" for total in sums)
    return (
        f"select t.county_id, {_town(table, 't.town_id')}, {_day(group, table, zone)},"
        f" {_slot(group, table, slots_from)},"
        f" {', '.join(f'nullif({total}, 0)' for total in sums)}"
        f" from ({rows}) t where {_at(group, table)} is not null group by 1, 2, 3, 4 having {some}"
    )


def counted_sums(*, zone: str, slots_from: str, since: str | None = None) -> str:
    """SELECT of all sums as the rows and what was archived make them: county_id, town_id (null but
    for those of `:zone_towns`), day, slot (null before `slots_from`) and every measure.

    `since`: SQL of a day before which nothing is counted.
    """
    totals = ", ".join(f"sum(p.{name})::{kind} as {name}" for name, kind in KINDS.items())
    parts = [_group_sums(group, zone=zone, slots_from=slots_from, since=since) for group in GROUPS]
    names = ", ".join(f"{name}::{kind}" for name, kind in KINDS.items())
    # Kept of all townships; told apart here, those of no zone would multiply the groups.
    archived = f"select county_id, {_of_zones('town_id')}, day, slot, {names} from rollup_archive"
    parts.append(f"{archived} where day >= {since}" if since else archived)
    return (
        f"select p.county_id, p.town_id, p.day, p.slot, {totals}"
        f" from ({' union all '.join(parts)})"
        f" p (county_id, town_id, day, slot, {', '.join(MEASURES)}) group by 1, 2, 3, 4"
    )


def _group_sums(group: MomentGroup, *, zone: str, slots_from: str, since: str | None) -> str:
    table = TABLES[group.subject].alias("t")
    mine = {measure.column: _number(measure, table) for measure in group.measures}
    values = ", ".join(f"{mine.get(name, 'null')}::{kind}" for name, kind in KINDS.items())
    some = " or ".join(f"{total} <> 0" for total in mine.values())
    at = _at(group, table)
    late = f" and {at} >= {midnight(since, zone)}" if since else ""
    return (
        f"select t.county_id, {_town(table, _of_zones('t.town_id'))}, {_day(group, table, zone)},"
        f" {_slot(group, table, slots_from)}, {values}"
        f" from {TABLES[group.subject].name} t where {at} is not null{late}"
        f" group by 1, 2, 3, 4 having {some}"
    )


def _number(measure: Measure, table: FromClause) -> str:
    """What the rows of a table add up to, unsigned."""
    if not isinstance(measure.flow.amount, Rows):
        return _sum(measure, table)
    condition = written_out(measure_condition(measure, table, None))
    return f"count(*) filter (where {condition})"


def _town(table: FromClause, town: str) -> str:
    return town if "town_id" in table.c else "null::int"


def _of_zones(town: str) -> str:
    """A township, null where no zone has it."""
    return f"case when {town} = any({ZONE_TOWNS}) then {town} end"


def midnight(day: str, zone: str) -> str:
    """SQL of the first instant of a local day."""
    return f"({day}::timestamp at time zone '{zone}')"


def _sum(measure: Measure, table: FromClause, sign: str = "") -> str:
    amount = written_out(amount_expression(measure.flow.amount, table))
    condition = written_out(measure_condition(measure, table, None))
    return f"coalesce(sum({sign}{amount}) filter (where {condition}), 0)"


def _at(group: MomentGroup, table: FromClause) -> str:
    return f"({written_out(moment_expression(group.moment, table))})"


def _day(group: MomentGroup, table: FromClause, zone: str) -> str:
    return f"({_at(group, table)} at time zone '{zone}')::date"


def _slot(group: MomentGroup, table: FromClause, slots_from: str) -> str:
    at = _at(group, table)
    return (
        f"case when {at} >= {slots_from}"
        f" then date_bin('15 minutes', {at}, timestamptz '{SLOT_ORIGIN.isoformat()}') end"
    )
