"""Accepted rows of a file on their way: a table per batch that no screen reads.

A chunk's rows, its findings and the batch's counters go in by one transaction, so a killed run
resumes after the last staged line. The table is unlogged: after a crash of the server it is empty,
which `resume_line` notices, and the file is read again from its start. Making rows visible
stands in `publishing`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

import numpy as np
from psycopg import sql
from sqlalchemy import Connection, Row, delete, insert, select, text, update

from dashboard.errors import ImportRefused
from dashboard.heat_cells import Origin, cell_of
from data_access.imports.checks import DEFAULT_COORDINATE, DUPLICATE, Finding, Judgement
from data_access.imports.interpreting import Floats, Instants, Interpretation, Locations
from data_access.imports.mapping import TIMES, IncidentMapping, LoadedMapping, LocationRule
from data_access.imports.reading import FileFacts, RawChunk
from data_access.schema import import_batches, import_findings, sources

SCHEMA = "import_staging"
NEW_SOURCES = f"{SCHEMA}.new_sources"
# One import at a time may take a number for a new source or batch.
NUMBERING_LOCK = 7_301_011
# First half of the two-part lock of one source's imports.
SOURCE_LOCK = 7_301_012
LOCK_PATIENCE_SECONDS = 15.0
LOCK_RETRY_SECONDS = 0.25
CELL_KM = 1.0
# Up to so many cases at one place are no sign of a default coordinate, whatever their share.
FEW_TOGETHER = 10
FARTHEST_CELL = 32_767
NULL = "\\N"

COLUMNS = (
    "line",
    "case_no",
    "region_code",
    "class_code",
    "category",
    "channel",
    "holder_code",
    *TIMES,
    "registered_month",
    "lon",
    "lat",
    "location_quality",
    "cell_x",
    "cell_y",
    "has_doubtful_times",
)
_TYPES = {
    "line": "bigint primary key",
    "case_no": "text not null",
    "region_code": "text not null",
    "lon": "double precision",
    "lat": "double precision",
    "cell_x": "smallint",
    "cell_y": "smallint",
    "registered_month": "date not null",
    "has_doubtful_times": "boolean not null",
    **dict.fromkeys(TIMES, "timestamptz"),
}


@dataclass(frozen=True)
class Batch:
    """One file under one mapping; `state` is staging, staged, published or abandoned."""

    id: int
    source_id: int
    state: str

    @property
    def table(self) -> str:
        """Qualified name of its staging table."""
        return f"{SCHEMA}.batch_{self.id}"


def lock_source(connection: Connection, source_key: str) -> None:
    """Keep other imports of the source away until this session ends, killed or not.

    The server looks every second whether its client still lives: the session of a killed run ends
    soon, and the lock is waited for as long as that takes.

    Raises:
        ImportRefused: another import of this source is running.
    """
    connection.execute(text("set client_connection_check_interval = '1s'"))
    attempt = text("select pg_try_advisory_lock(:space, hashtext(:key))")
    deadline = monotonic() + LOCK_PATIENCE_SECONDS
    while not connection.scalar(attempt, {"space": SOURCE_LOCK, "key": source_key}):
        connection.commit()
        if monotonic() > deadline:
            raise ImportRefused(
                f"来源 {source_key} 正在导入另一个文件。请等它结束后再试；未作任何改动。"
            )
        sleep(LOCK_RETRY_SECONDS)
    connection.commit()


def claim_batch(
    connection: Connection, file_name: str, facts: FileFacts, mapping: LoadedMapping
) -> Batch:
    """The batch of this file and mapping: the unfinished or last published one, or a new one.

    Unfinished batches of the source from other files are abandoned: their rows were never seen.
    """
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": NUMBERING_LOCK})
    source_id = _source_id(connection, mapping.incidents.source.key)
    latest = _latest_batch(connection, source_id)
    same = (facts.sha256, mapping.sha256)
    if latest and (latest.file_sha256, latest.mapping_sha256) == same:
        return Batch(latest.id, source_id, latest.state)
    if latest and latest.state != "published":
        _abandon(connection, Batch(latest.id, source_id, latest.state))
    batch_id = connection.execute(
        insert(import_batches)
        .values(
            kind=mapping.incidents.kind,
            source_id=source_id,
            file_name=file_name,
            file_sha256=facts.sha256,
            mapping_sha256=mapping.sha256,
            state="staging",
        )
        .returning(import_batches.c.id)
    ).scalar_one()
    batch = Batch(batch_id, source_id, "staging")
    _create_table(connection, batch)
    return batch


def resume_line(connection: Connection, batch: Batch) -> int:
    """Last line that is safely staged, 0 to begin; empties a table that lost rows in a crash."""
    kept = connection.execute(
        select(
            import_batches.c.staged_through_line,
            import_batches.c.rows_read,
            import_batches.c.rows_rejected,
        ).where(import_batches.c.id == batch.id)
    ).one()
    _create_table(connection, batch)
    staged = connection.scalar(text(f"select count(*) from {batch.table}"))
    if staged == kept.rows_read - kept.rows_rejected:
        return int(kept.staged_through_line)
    _forget(connection, batch)
    return 0


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


def finish(connection: Connection, batch: Batch, mapping: IncidentMapping) -> None:
    """Run the checks that need the whole file, and count; the batch is then `staged`."""
    connection.exec_driver_sql(f"analyze {batch.table}")
    _reject_duplicates(connection, batch, mapping.columns.case_no)
    if mapping.location:
        _doubt_default_coordinates(connection, batch, mapping.location)
    _count(connection, batch)


def drop(connection: Connection, batch: Batch) -> None:
    """Remove the staging table."""
    connection.exec_driver_sql(f"drop table if exists {batch.table}")


def _source_id(connection: Connection, key: str) -> int:
    """Number of the source: its own, or one kept for it until `publishing` writes the source."""
    for statement in (
        f"create schema if not exists {SCHEMA}",
        f"create table if not exists {NEW_SOURCES} (key text primary key, id smallint not null)",
    ):
        connection.exec_driver_sql(statement)
    known = connection.scalar(select(sources.c.id).where(sources.c.key == key))
    kept = connection.scalar(text(f"select id from {NEW_SOURCES} where key = :key"), {"key": key})
    if known is not None or kept is not None:
        return int(known if known is not None else kept)
    return int(
        connection.execute(
            text(
                f"insert into {NEW_SOURCES} select :key, 1 + greatest("
                f"(select coalesce(max(id), 0) from {NEW_SOURCES}),"
                " (select coalesce(max(id), 0) from sources),"
                " (select coalesce(max(source_id), 0) from import_batches)) returning id"
            ),
            {"key": key},
        ).scalar_one()
    )


def _latest_batch(connection: Connection, source_id: int) -> Row[Any] | None:
    columns = import_batches.c
    return connection.execute(
        select(import_batches)
        .where(columns.source_id == source_id, columns.state != "abandoned")
        .order_by(columns.id.desc())
        .limit(1)
    ).one_or_none()


def _abandon(connection: Connection, batch: Batch) -> None:
    drop(connection, batch)
    connection.execute(delete(import_findings).where(import_findings.c.batch_id == batch.id))
    connection.execute(
        update(import_batches).where(import_batches.c.id == batch.id).values(state="abandoned")
    )


def _forget(connection: Connection, batch: Batch) -> None:
    """Begin the batch again: nothing read, nothing found."""
    drop(connection, batch)
    _create_table(connection, batch)
    connection.execute(delete(import_findings).where(import_findings.c.batch_id == batch.id))
    connection.execute(
        update(import_batches)
        .where(import_batches.c.id == batch.id)
        .values(
            state="staging",
            staged_through_line=0,
            rows_read=0,
            rows_accepted=0,
            rows_rejected=0,
            rows_doubtful=0,
        )
    )


def _create_table(connection: Connection, batch: Batch) -> None:
    columns = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in COLUMNS)
    connection.exec_driver_sql(f"create unlogged table if not exists {batch.table} ({columns})")


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


def _reject_duplicates(connection: Connection, batch: Batch, column: str) -> None:
    """Of several rows with one case number the first line counts; the others are rejected."""
    connection.execute(
        text(
            f"""
            with duplicates as (
              delete from {batch.table} s
              using (select case_no, min(line) as line from {batch.table}
                     group by case_no having count(*) > 1) first
              where s.case_no = first.case_no and s.line > first.line
              returning s.line, s.case_no, first.line as first_line
            )
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, line, :check, :column, 1,
              '与第 ' || first_line || ' 行的案件编号相同，以首次出现的为准', case_no
            from duplicates
            """
        ),
        {"batch": batch.id, "check": DUPLICATE.name, "column": column},
    )


def _doubt_default_coordinates(connection: Connection, batch: Batch, rule: LocationRule) -> None:
    """Keep coordinates that the mapping names, or that too many rows share, off the heat."""
    connection.execute(
        text(
            f"""
            with shared as (
              select lon, lat from {batch.table} where location_quality = 'point'
              group by lon, lat
              having count(*) > greatest(:share * (select count(*) from {batch.table}), :few)
                or (lon, lat) in (
                  select * from unnest(cast(:lons as float8[]), cast(:lats as float8[])))
            ), doubted as (
              update {batch.table} s
              set location_quality = 'default', cell_x = null, cell_y = null
              from shared where s.lon = shared.lon and s.lat = shared.lat
              returning s.line, s.lon, s.lat
            )
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, line, :check, :columns, 0,
              '多起案件共用的默认坐标，不上热力图', lon || ',' || lat
            from doubted
            """
        ),
        {
            "batch": batch.id,
            "check": DEFAULT_COORDINATE.name,
            "columns": f"{rule.lon},{rule.lat}",
            "share": rule.default_share,
            "few": FEW_TOGETHER,
            "lons": [lon for lon, _ in rule.defaults],
            "lats": [lat for _, lat in rule.defaults],
        },
    )


def _count(connection: Connection, batch: Batch) -> None:
    accepted = connection.scalar(text(f"select count(*) from {batch.table}"))
    doubtful = connection.scalar(
        text(
            "select count(distinct f.line) from import_findings f"
            f" join {batch.table} s using (line) where f.batch_id = :batch"
        ),
        {"batch": batch.id},
    )
    counts = import_batches.c
    connection.execute(
        update(import_batches)
        .where(counts.id == batch.id)
        .values(
            state="staged",
            rows_accepted=accepted,
            rows_rejected=counts.rows_read - accepted,
            rows_doubtful=doubtful,
        )
    )
