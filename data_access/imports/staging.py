"""Putting a chunk's accepted rows and its findings into the tables of its batch, by COPY.

Rows, findings and the batch's counters go in by one transaction, the caller's, so a killed run
resumes after the last staged line. Making rows visible stands in `publishing`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import sql
from sqlalchemy import Connection, update

from data_access.imports.batches import Batch
from data_access.imports.checks import Finding
from data_access.imports.sources.rows import RawChunk
from data_access.schema import import_batches

NULL = "\\N"


@dataclass
class Taken:
    """What a chunk became: its accepted rows as COPY takes them, by `columns`, and the rest."""

    columns: tuple[str, ...]
    content: bytes
    form: Literal["text", "binary"]
    findings: list[Finding]
    rejected: int


def stage_chunk(connection: Connection, batch: Batch, raw: RawChunk, taken: Taken) -> None:
    """Put a chunk's accepted rows and its findings in, and move the batch's counters on."""
    _copy(connection, batch.table, taken.columns, taken.content, taken.form)
    write_findings(connection, batch, taken.findings)
    counts = import_batches.c
    connection.execute(
        update(import_batches)
        .where(counts.id == batch.id)
        .values(
            staged_through_line=raw.last_line,
            rows_read=counts.rows_read + raw.rows_read,
            rows_rejected=counts.rows_rejected + taken.rejected,
        )
    )


def write_findings(connection: Connection, batch: Batch, findings: Iterable[Finding]) -> None:
    """Append findings of the batch."""
    columns = ("batch_id", "line", "check_name", "column_name", "is_rejection", "reason", "value")
    lines = (
        "\t".join(
            (
                str(batch.id),
                str(finding.line),
                finding.check,
                escaped(finding.column),
                "1" if finding.rejects else "0",
                escaped(finding.reason),
                escaped(finding.value),
            )
        )
        for finding in findings
    )
    _copy(connection, "import_findings", columns, copy_lines(lines), "text")


def copy_lines(lines: Iterable[str]) -> bytes:
    """Lines of COPY's text format in one."""
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _copy(
    connection: Connection,
    table: str,
    columns: tuple[str, ...],
    content: bytes,
    form: Literal["text", "binary"],
) -> None:
    statement = sql.SQL("copy {} ({}) from stdin (format {})").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(form),
    )
    driver: Any = connection.connection.dbapi_connection
    if content:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(content)


_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def escaped(value: str | None) -> str:
    """A text as COPY takes it."""
    return NULL if value is None else value.translate(_SPECIAL)
