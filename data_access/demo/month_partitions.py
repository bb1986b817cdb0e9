"""Filling the months of partitioned tables in bulk: load first, index after, then attach.

A month is loaded into a table of its own, without index or trigger, which then takes the place of
the month's partition. Several months can be loaded at a time.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from dashboard.periods import next_month
from data_access.binary_copy import Columns, copy_into


def load_month(
    connection: psycopg.Connection[Any], table: str, month: date, parts: Sequence[Columns]
) -> int:
    """Put the rows in place of the month's partition, in the connection's transaction.

    Returns the number of rows. What the partition held before is gone.
    """
    name = f"{table}_{month:%Y%m}"
    new = f"{name}_filling"
    connection.execute(
        sql.SQL("create table {} (like {} including defaults including constraints)").format(
            sql.Identifier(new), sql.Identifier(table)
        )
    )
    count = sum(copy_into(connection, new, part, freeze=True) for part in parts)
    _index(connection, table, new)
    bounds = sql.SQL("from ({}) to ({})").format(
        sql.Literal(month.isoformat()), sql.Literal(next_month(month).isoformat())
    )
    connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(name)))
    connection.execute(
        sql.SQL("alter table {} rename to {}").format(sql.Identifier(new), sql.Identifier(name))
    )
    connection.execute(
        sql.SQL("alter table {} attach partition {} for values {}").format(
            sql.Identifier(table), sql.Identifier(name), bounds
        )
    )
    return count


def _index(connection: psycopg.Connection[Any], table: str, new: str) -> None:
    """The indexes of the parent on the new table, which attaching then takes over."""
    definitions = connection.execute(
        "select i.indisprimary, pg_get_indexdef(i.indexrelid) from pg_index i"
        " where i.indrelid = %s::regclass order by i.indexrelid",
        (table,),
    ).fetchall()
    for is_primary, definition in definitions:
        using = re.search(r" USING (btree .*)$", str(definition))
        if using is None:
            continue
        if is_primary:
            columns = using[1].removeprefix("btree ")
            statement = f'alter table "{new}" add primary key {columns}'
        else:
            statement = f'create index on "{new}" using {using[1]}'
        connection.execute(statement.encode())
