"""Putting a chunk's accepted rows and its findings into the tables of its batch, by COPY.

Rows, findings and the batch's counters go in by one transaction, the caller's, so a killed run
resumes after the last staged line. Making rows visible stands in `publishing`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from psycopg import sql
from sqlalchemy import Connection, update

from dashboard.heat_cells import Origin, cell_of
from data_access.imports.batches import COLUMNS, Batch
from data_access.imports.checks import Finding, Judgement
from data_access.imports.interpreting import Floats, Instants, Interpretation, Locations
from data_access.imports.mapping import TIMES, IncidentMapping
from data_access.imports.reading import RawChunk
from data_access.schema import import_batches

CELL_KM = 1.0
FARTHEST_CELL = 32_767
NULL = "\\N"


def stage_chunk(
    connection: Connection,
    batch: Batch,
    raw: RawChunk,
    chunk: Interpretation,
    judgement: Judgement,
    mapping: IncidentMapping,
    origin: Origin,
) -> None:
    """Put a chunk's accepted rows and its findings in, and move the batch's counters on."""
    rejected = int(judgement.is_rejected.sum()) + len(raw.malformed)
    _copy(connection, batch.table, COLUMNS, _staged_lines(chunk, judgement, mapping, origin))
    write_findings(connection, batch, judgement.findings)
    counts = import_batches.c
    connection.execute(
        update(import_batches)
        .where(counts.id == batch.id)
        .values(
            staged_through_line=raw.last_line,
            rows_read=counts.rows_read + raw.rows_read,
            rows_rejected=counts.rows_rejected + rejected,
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
                _escaped(finding.column),
                "1" if finding.rejects else "0",
                _escaped(finding.reason),
                _escaped(finding.value),
            )
        )
        for finding in findings
    )
    _copy(connection, "import_findings", columns, lines)


def _copy(
    connection: Connection, table: str, columns: tuple[str, ...], lines: Iterable[str]
) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    driver: Any = connection.connection.dbapi_connection
    content = "".join(f"{line}\n" for line in lines)
    if content:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(content)


def _staged_lines(
    chunk: Interpretation, judgement: Judgement, mapping: IncidentMapping, origin: Origin
) -> Iterator[str]:
    """Lines of COPY's text format in the order of COLUMNS, for the rows that were not rejected."""
    count = len(chunk.lines)
    nothing: list[str] = [NULL] * count
    codes = mapping.classes.codes
    times = {name: _instants(column.instant) for name, column in chunk.times.items()}
    columns = [
        map(str, chunk.lines),
        map(_escaped, chunk.case_no),
        _escaped_codes(chunk.region.code),
        _escaped_codes(chunk.classes.code),
        [codes[code].category if code else NULL for code in chunk.classes.code],
        _escaped_codes(chunk.channel.code) if chunk.channel else nothing,
        _escaped_codes(chunk.holder.code) if chunk.holder else nothing,
        *(times.get(name, nothing) for name in TIMES),
        np.datetime_as_string(chunk.times["registered_at"].local.astype("datetime64[M]"), unit="D"),
        *_placed(chunk.locations, count, origin),
        np.where(judgement.has_doubtful_times, "t", "f"),
    ]
    rows = zip(*columns, judgement.is_rejected, strict=True)
    return ("\t".join(row[:-1]) for row in rows if not row[-1])


def _placed(found: Locations | None, count: int, origin: Origin) -> Iterator[Iterable[str]]:
    """lon, lat, location_quality, cell_x, cell_y. Default coordinates are told apart later."""
    if found is None:
        yield from (
            [NULL] * count,
            [NULL] * count,
            ["none"] * count,
            [NULL] * count,
            [NULL] * count,
        )
        return
    is_known = ~np.isnan(found.lon)
    cells = cell_of(np.nan_to_num(found.lon), np.nan_to_num(found.lat), CELL_KM, origin)
    is_far = (np.abs(cells[0]) > FARTHEST_CELL) | (np.abs(cells[1]) > FARTHEST_CELL)
    is_outside = is_known & (found.is_outside | is_far)
    is_point = is_known & ~is_outside
    yield _degrees(found.lon, is_known)
    yield _degrees(found.lat, is_known)
    yield np.select([is_point, is_outside], ["point", "outside"], "none")
    for cell in cells:
        yield np.where(is_point, cell.astype(str), NULL)


def _degrees(values: Floats, is_known: Any) -> list[str]:
    return [repr(float(v)) if known else NULL for v, known in zip(values, is_known, strict=True)]


def _instants(values: Instants) -> list[str]:
    written = np.datetime_as_string(values, unit="us")
    return [NULL if text == "NaT" else f"{text}Z" for text in written]


_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _escaped(value: str | None) -> str:
    return NULL if value is None else value.translate(_SPECIAL)


def _escaped_codes(codes: list[str | None]) -> list[str]:
    """A column of few distinct values: each is escaped once."""
    escaped = {code: _escaped(code) for code in set(codes)}
    return [escaped[code] for code in codes]
