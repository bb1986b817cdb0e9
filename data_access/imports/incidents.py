"""`cockpit import incidents`: the whole street for a file of incidents, resumable at any point.

The transactions: one to claim the batch, one per chunk, one for the checks of the whole file, one
to publish. Killed between or within any of them, the next run goes on after the last committed
one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Literal

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from dashboard.errors import DatabaseUnavailable, ImportRefused
from data_access.imports import batches, publishing, reference_rows, report, staging, whole_file
from data_access.imports.batches import Batch
from data_access.imports.checks import judge, row_checks, titles
from data_access.imports.interpreting import Interpreter
from data_access.imports.mapping import IncidentMapping
from data_access.imports.mapping_file import LoadedMapping, load_mapping
from data_access.imports.publishing import Published
from data_access.imports.reading import FileFacts, file_facts, read_chunks
from data_access.imports.report import CheckCount
from data_access.schema import import_batches

ROWS_A_CHUNK = 20_000

Stage = Literal["读入", "发布"]
# Stage, lines done, lines in all; publishing counts 0 and 1 of 1.
Progress = Callable[[Stage, int, int], None]


@dataclass(frozen=True)
class ImportOutcome:
    """What an import did. `rows_read == rows_accepted + rows_rejected`, always.

    `rows_doubtful` are accepted rows with at least one doubt. `is_repeat`: this file was the last
    one published for its source, and nothing was done.
    """

    batch_id: int
    source_key: str
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_doubtful: int
    checks: tuple[CheckCount, ...]
    inserted: int
    updated: int
    unchanged: int
    steps: int
    is_repeat: bool
    resumed_after_line: int
    report: Path
    staging_seconds: float
    publishing_seconds: float


def import_incidents(
    engine: Engine,
    file: Path,
    mapping_path: Path,
    *,
    report_folder: Path,
    progress: Progress = lambda stage, done, total: None,
    refresh_rollups: Callable[[Connection], None] | None = None,
    rows_a_chunk: int = ROWS_A_CHUNK,
) -> ImportOutcome:
    """Import a CSV file (plain or gzip) of incidents; see `publishing.publish` for the roll-ups.

    Raises:
        MappingError: the mapping is wrong, or does not fit the file.
        ImportRefused: the file cannot be read, the database holds other things, or another
            import of the source is running. Nothing has become visible.
        DatabaseUnavailable: the database went away; the next run goes on where this one stopped.
    """
    mapping = load_mapping(mapping_path)
    facts = file_facts(file)
    try:
        with engine.connect() as connection:
            connection.detach()  # a session of its own: its end gives the lock back
            batches.lock_source(connection, mapping.incidents.source.key)
            run = _Run(connection, file, facts, mapping, progress, rows_a_chunk)
            return run.outcome(report_folder, refresh_rollups)
    except ProgrammingError as error:
        remedy = _REMEDIES.get(getattr(error.orig, "sqlstate", ""))
        if remedy is None:
            raise
        raise ImportRefused(f"{remedy}（{error.orig}）。") from error
    except OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise DatabaseUnavailable(
            f"导入 {file.name} 时数据库出错：{reason}。尚无任何行可见；"
            "数据库恢复后重新运行同一命令，即从中断处继续。"
        ) from error


# SQLSTATE -> what to do about it.
_REMEDIES = {
    "42P01": "数据库缺少所需的表，请先运行 cockpit db migrate",
    "42501": "数据库用户权限不足，请以库的所有者运行",
}


@dataclass
class _Run:
    connection: Connection
    file: Path
    facts: FileFacts
    loaded: LoadedMapping
    progress: Progress
    rows_a_chunk: int

    @property
    def mapping(self) -> IncidentMapping:
        return self.loaded.incidents

    def outcome(
        self, report_folder: Path, refresh_rollups: Callable[[Connection], None] | None
    ) -> ImportOutcome:
        began = monotonic()
        with self.connection.begin():
            reference_rows.refuse_foreign_database(self.connection, self.mapping)
            batch = batches.claim_batch(self.connection, self.file.name, self.facts, self.loaded)
        is_repeat = batch.state == "published"
        resumed_after = 0 if is_repeat else self._stage(batch)
        staged = monotonic()
        path = self._report(batch, report_folder)
        done = None if is_repeat else self._publish(batch, refresh_rollups)
        return self._summary(
            batch, done, resumed_after, path, (staged - began, monotonic() - staged)
        )

    def _stage(self, batch: Batch) -> int:
        """Stage what is not yet staged; returns the line it went on after."""
        with self.connection.begin():
            known = reference_rows.known_region_codes(self.connection, self.mapping)
            origin = reference_rows.heat_origin(self.connection, self.mapping)
            after_line = batches.resume_line(self.connection, batch)
        if batch.state == "staged" and after_line:
            return after_line
        interpreter = Interpreter(self.mapping, known)
        checks = row_checks(
            self.mapping.times, has_unassigned=self.mapping.region.unassigned is not None
        )
        self.progress("读入", after_line, self.facts.lines)
        for raw in read_chunks(
            self.file,
            self.mapping.file,
            self.mapping.file_columns(),
            after_line=after_line,
            size=self.rows_a_chunk,
        ):
            chunk = interpreter.interpret(raw)
            judgement = judge(chunk, checks)
            with self.connection.begin():
                staging.stage_chunk(
                    self.connection, batch, raw, chunk, judgement, self.mapping, origin
                )
            self.progress("读入", raw.last_line, self.facts.lines)
        with self.connection.begin():
            whole_file.finish(self.connection, batch, self.mapping)
        return after_line

    def _titles(self) -> dict[str, str]:
        return titles(row_checks(self.mapping.times, has_unassigned=True))

    def _report(self, batch: Batch, folder: Path) -> Path:
        now = datetime.now(UTC)
        report.remove_expired_files(folder, now)
        with self.connection.begin():
            report.expire(self.connection, now)
            return report.write(self.connection, batch.id, folder, self._titles())

    def _publish(
        self, batch: Batch, refresh_rollups: Callable[[Connection], None] | None
    ) -> Published:
        self.progress("发布", 0, 1)
        with self.connection.begin():
            published = publishing.publish(
                self.connection, batch, self.mapping, refresh_rollups=refresh_rollups
            )
        self.progress("发布", 1, 1)
        return published

    def _summary(
        self,
        batch: Batch,
        done: Published | None,
        resumed_after: int,
        path: Path,
        seconds: tuple[float, float],
    ) -> ImportOutcome:
        with self.connection.begin():
            row = self.connection.execute(
                select(import_batches).where(import_batches.c.id == batch.id)
            ).one()
            checks = report.counts(self.connection, batch.id, self._titles())
        changes = done or Published(0, 0, row.rows_accepted, 0)
        return ImportOutcome(
            batch_id=batch.id,
            source_key=self.mapping.source.key,
            rows_read=row.rows_read,
            rows_accepted=row.rows_accepted,
            rows_rejected=row.rows_rejected,
            rows_doubtful=row.rows_doubtful,
            checks=checks,
            inserted=changes.inserted,
            updated=changes.updated,
            unchanged=changes.unchanged,
            steps=changes.steps,
            is_repeat=done is None,
            resumed_after_line=resumed_after,
            report=path,
            staging_seconds=seconds[0],
            publishing_seconds=seconds[1],
        )
