"""The tables of roll-ups, with the columns that the dictionary of indicators gives them.

The dictionary is data, not schema: `ensure_columns` adds and drops columns as it changes. Here:
what the tables are. Not here: any figure.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Table,
    text,
)

from dashboard.indicators import ROLLED_UP_FLOWS
from dashboard.vocabulary import Rows
from data_access.compiling import moment_groups

GROUPS = moment_groups(ROLLED_UP_FLOWS)
# Numbers of rows are added up as int, which is quicker; seconds and people need more.
KINDS: dict[str, str] = {
    measure.column: "int" if isinstance(flow.amount, Rows) else "bigint"
    for flow in ROLLED_UP_FLOWS
    for measure in flow.measures()
}
MEASURES: tuple[str, ...] = tuple(
    measure.column for flow in ROLLED_UP_FLOWS for measure in flow.measures()
)
# Fact that holds the instant from which on all slots are kept; it never moves back.
SLOTS_FACT = "rollup_slots_from"
# The fact as SQL; null in a database without it.
SLOTS_FROM = (
    f"(select (value #>> '{{}}')::timestamptz from database_facts where key = '{SLOTS_FACT}')"
)

_METADATA = MetaData()


def _table(name: str, *key: Column[Any], are_sparse: bool = False) -> Table:
    """A table of sums. Where most are 0, an empty column stands for it and takes no room."""
    measures: Iterable[Column[int]] = (
        Column(measure, BigInteger)
        if are_sparse
        else Column(measure, BigInteger, nullable=False, server_default="0")
        for measure in MEASURES
    )
    return Table(name, _METADATA, *key, *measures)


def _day(name: str) -> Column[date]:
    return Column(name, Date, primary_key=True)


def _slot(**more: Any) -> Column[datetime]:
    return Column("slot", DateTime(timezone=True), **more)


def _region() -> Column[int]:
    return Column("region_id", Integer, primary_key=True)


rollups = _table("rollups", _region(), _day("day"))
rollup_months = _table("rollup_months", _region(), _day("month"))
rollup_slots = _table("rollup_slots", _region(), _slot(primary_key=True), are_sparse=True)
# Slot: null where the slots of that day are not kept.
rollup_deltas = _table(
    "rollup_deltas",
    Column("id", BigInteger, primary_key=True),
    Column("county_id", Integer),
    Column("town_id", Integer),
    Column("day", Date),
    _slot(),
    are_sparse=True,
)
# Sums of the cases that were archived, by the month they were registered in.
rollup_archive = _table(
    "rollup_archive",
    Column("id", BigInteger, primary_key=True),
    Column("registered_month", Date),
    Column("county_id", Integer),
    Column("town_id", Integer),
    Column("day", Date),
    _slot(),
    are_sparse=True,
)
TABLES = (rollups, rollup_months, rollup_slots, rollup_deltas, rollup_archive)


def ensure_columns(connection: Connection) -> None:
    """Add a column for every measure that has none; columns no longer used are dropped."""
    for table in TABLES:
        _ensure_columns(connection, table)


def _ensure_columns(connection: Connection, table: Table) -> None:
    own = {column.name for column in table.columns} - set(MEASURES)
    present = set(
        connection.scalars(
            text(
                "select column_name from information_schema.columns"
                " where table_schema = current_schema() and table_name = :table"
            ),
            {"table": table.name},
        )
    )
    kind = "bigint" if table.columns[MEASURES[0]].nullable else "bigint not null default 0"
    changes = [f"add column {name} {kind}" for name in MEASURES if name not in present]
    changes += [f"drop column {name}" for name in sorted(present - set(MEASURES) - own)]
    if changes:
        connection.exec_driver_sql(f"alter table {table.name} {', '.join(changes)}")
