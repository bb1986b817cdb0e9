"""Rejects staged rows by a condition over all of them: what a look at one row can't tell.

The conditions stand in the module of their kind, those that several kinds share here.
"""

from sqlalchemy import Connection, text

from data_access import facts
from data_access.imports.batches import Batch
from data_access.imports.tables.mapping import TableMapping

FUTURE = "future"
NOT_YET = {
    "valid_from": "起始日还未到，请到当日再导入此行",
    "valid_to": "终止日还未到，请先将终止日留空导入，到当日再导入终止日",
}


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


def reject_days_to_come(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """Reject rows that begin or end in the future: readings ask only whether a row is open, and
    would follow it at once.
    """
    today = local_today(connection)
    for field in mapping.stated():
        if field in NOT_YET:
            day, is_later = f"s.{field}::text", f"s.{field} > {today}"
            reject(connection, batch, mapping, field, FUTURE, NOT_YET[field], is_later, day)
