"""What cases that leave the database leave behind in the roll-ups.

Their sums go into `rollup_archive`, from which roll-ups are made anew and compared together with
the rows that are left; heat and durations, which are read for recent days only, forget them. Which
cases leave is decided in `data_access.archive_choice`, how they are counted, in
`data_access.rollups`.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, text

from data_access import facts
from data_access.rollups import MEASURES, spreads
from data_access.rollups.counting import written_sums
from data_access.rollups.tables import GROUPS, SLOTS_FROM

# Beside the columns of the measures.
PLACE = "registered_month, county_id, town_id, day, slot"


def count(connection: Connection, month: date, leaving: Mapping[str, str]) -> None:
    """Count what is to be kept of cases registered in a month, for `keep` on this connection.

    All townships are told apart: which of them a zone (功能区) will have is not known yet.

    Args:
        leaving: for each table of cases, the condition on a row `t` that leaves.
    """
    zone = facts.zone_of(connection)
    values = {"month": month}
    for table, like in (
        ("leaving_parts", "rollup_archive"),
        ("leaving_sums", "rollup_archive"),
        ("leaving_spreads", "spread_deltas"),
    ):
        connection.execute(text(f"create temp table {table} as table {like} with no data"))
    for group in GROUPS:
        if group.subject in leaving:
            rows = _rows(group.subject, leaving[group.subject])
            counted = written_sums(group, rows, zone=zone, slots_from=SLOTS_FROM)
            measures = ", ".join(measure.column for measure in group.measures)
            insert = f"insert into leaving_parts ({PLACE}, {measures})"
            connection.execute(text(f"{insert} select :month, p.* from ({counted}) p"), values)
    # A row a place and day instead of one for each moment: what is kept is written under a lock.
    totals = ", ".join(f"sum({measure})" for measure in MEASURES)
    connection.execute(
        text(
            f"insert into leaving_sums ({PLACE}, {', '.join(MEASURES)})"
            f" select {PLACE}, {totals} from leaving_parts group by {PLACE}"
        )
    )
    for spread in spreads.SPREADS:
        gone = spreads.written(spread, _rows("incidents", leaving["incidents"], sign=-1), zone)
        connection.execute(text(f"insert into leaving_spreads ({spreads.COLUMNS}) {gone}"), values)


def keep(connection: Connection) -> None:
    """Keep what was counted, in the transaction in which the cases leave."""
    measures = ", ".join(MEASURES)
    for target, columns, source in (
        ("rollup_archive", f"{PLACE}, {measures}", "leaving_sums"),
        ("spread_deltas", spreads.COLUMNS, "leaving_spreads"),
    ):
        connection.execute(text(f"insert into {target} ({columns}) select {columns} from {source}"))


def _rows(table: str, leaves: str, sign: int = 1) -> str:
    return (
        f"select {sign} as sign, t.* from {table} t where t.registered_month = :month and {leaves}"
    )
