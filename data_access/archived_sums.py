"""What cases that leave the database leave behind in the roll-ups.

Their sums go into `rollup_archive`, from which roll-ups are made anew and compared together with
the rows that are left; heat and durations, which are read for recent days only, forget them. Which
cases leave is decided in `data_access.archiving`, how they are counted in `data_access.rollups`.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, text

from data_access import facts
from data_access.rollups import MEASURES, spreads
from data_access.rollups.counting import written_sums
from data_access.rollups.tables import GROUPS


def keep(connection: Connection, month: date, leaving: Mapping[str, str]) -> None:
    """Note the sums of cases registered in a month that leave in this transaction.

    Args:
        leaving: for each table of cases, the condition on a row `t` that leaves.
    """
    zone = str(facts.read(connection, "zone") or facts.DEFAULT_ZONE)
    values = {"month": month}
    connection.execute(text(_sums(zone, leaving)), values)
    for spread in spreads.SPREADS:
        gone = spreads.written(spread, _rows("incidents", leaving["incidents"], sign=-1), zone)
        columns = "spread, county_id, day, x, y, amount"
        connection.execute(text(f"insert into spread_deltas ({columns}) {gone}"), values)


def _sums(zone: str, leaving: Mapping[str, str]) -> str:
    """A month may be archived in several goes, as its last cases end: what comes later is added."""
    parts = []
    for group in GROUPS:
        if group.subject in leaving:
            mine = [measure.column for measure in group.measures]
            rows = _rows(group.subject, leaving[group.subject])
            counted = written_sums(group, rows, zone=zone, slots_from="'infinity'")
            named = f"({counted}) p (county_id, day, slot, {', '.join(mine)})"
            all_of_them = ", ".join(
                f"p.{name}" if name in mine else "null::bigint" for name in MEASURES
            )
            parts.append(f"select p.county_id, p.day, {all_of_them} from {named}")
    names = ", ".join(MEASURES)
    totals = ", ".join(f"sum(s.{name})::bigint" for name in MEASURES)
    added = ", ".join(
        f"{name} = coalesce(r.{name} + excluded.{name}, r.{name}, excluded.{name})"
        for name in MEASURES
    )
    return (
        f"insert into rollup_archive as r (registered_month, county_id, day, {names})"
        f" select :month, s.county_id, s.day, {totals}"
        f" from ({' union all '.join(parts)}) s (county_id, day, {names}) group by 2, 3"
        f" on conflict (registered_month, county_id, day) do update set {added}"
    )


def _rows(table: str, leaves: str, sign: int = 1) -> str:
    return (
        f"select {sign} as sign, t.* from {table} t where t.registered_month = :month and {leaves}"
    )
