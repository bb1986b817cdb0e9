"""Rejects staged rows by a condition over all of them: what a look at one row can't tell.

The conditions stand in the module of their kind.
"""

from sqlalchemy import Connection, text

from data_access import facts
from data_access.imports.batches import Batch
from data_access.imports.tables.mapping import TableMapping


def local_today(connection: Connection) -> str:
    """Today in the database's zone, as SQL."""
    return f"(now() at time zone '{facts.zone_of(connection)}')::date"


def reject(
    connection: Connection,
    batch: Batch,
    mapping: TableMapping,
    field: str,
    check: str,
    reason: str,
    condition: str,
    value: str,
) -> int:
    """Reject the staged rows `s` of the condition, and tell the value, SQL over such a row.

    Returns how many there were.
    """
    return connection.execute(
        text(
            f"""
            with gone as (
              delete from {batch.table} s where {condition} returning s.line, {value} as value
            )
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, g.line, :check, :column, 1, :reason, left(g.value, 200) from gone g
            """
        ),
        {
            "batch": batch.id,
            "check": check,
            "column": mapping.columns.get(field, field),
            "reason": reason,
        },
    ).rowcount
