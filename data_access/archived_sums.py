"""What cases that leave the database leave behind in the roll-ups.

Their sums go into `rollup_archive`, from which roll-ups are made anew and compared together with
the rows that are left; heat and durations, which are read for recent days only, forget them. Which
cases leave is decided in `data_access.archiving`, how they are counted in `data_access.rollups`.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, text

from data_access import facts
from data_access.rollups import spreads
from data_access.rollups.counting import written_sums
from data_access.rollups.tables import GROUPS, SLOTS_FROM


def keep(connection: Connection, month: date, leaving: Mapping[str, str]) -> None:
    """Note the sums of cases registered in a month that leave in this transaction.

    Args:
        leaving: for each table of cases, the condition on a row `t` that leaves.
    """
    zone = str(facts.read(connection, "zone") or facts.DEFAULT_ZONE)
    values = {"month": month}
    for group in GROUPS:
        if group.subject in leaving:
            rows = _rows(group.subject, leaving[group.subject])
            counted = written_sums(group, rows, zone=zone, slots_from=SLOTS_FROM)
            measures = ", ".join(measure.column for measure in group.measures)
            columns = f"registered_month, county_id, day, slot, {measures}"
            connection.execute(
                text(
                    f"insert into rollup_archive ({columns}) select :month, p.* from ({counted}) p"
                ),
                values,
            )
    for spread in spreads.SPREADS:
        gone = spreads.written(spread, _rows("incidents", leaving["incidents"], sign=-1), zone)
        columns = "spread, county_id, day, x, y, amount"
        connection.execute(text(f"insert into spread_deltas ({columns}) {gone}"), values)


def _rows(table: str, leaves: str, sign: int = 1) -> str:
    return (
        f"select {sign} as sign, t.* from {table} t where t.registered_month = :month and {leaves}"
    )
