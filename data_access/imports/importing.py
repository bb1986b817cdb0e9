"""The street every import goes: claim, stage chunk by chunk, check as a whole, publish.

The transactions: one to claim the batch, one per chunk, one for the checks of the whole, one for
each month of cases, one to publish. Killed between or within any of them, the next run goes on
after the last committed one. What is particular to a kind stands in its `Street`: `cases`,
`tables`.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Literal, Protocol

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from dashboard.errors import ImportRefused
from data_access.imports import batches, failures, report, staging, whole_file
from data_access.imports.batches import Batch, Claim, Layout
from data_access.imports.mapping import SourceSection
from data_access.imports.personal_data import masked
from data_access.imports.report import CheckCount
from data_access.imports.sources.rows import RawChunk, Source
from data_access.imports.staging import Taken
from data_access.partitions import ensure_months_of
from data_access.schema import import_batches

ROWS_A_CHUNK = 20_000
# From so many new rows on their tables are tidied up.
MANY = 50_000

Stage = Literal["读入", "发布"]
# Stage, lines done, lines in all; publishing counts 0 and 1 of 1.
Progress = Callable[[Stage, int, int], None]
RefreshRollups = Callable[[Connection], None]


def silent(stage: Stage, done: int, total: int) -> None:
    """No progress is shown."""


@dataclass(frozen=True)
class Published:
    """What the publishing transaction changed, in rows; `steps` are those of cases."""

    inserted: int
    updated: int
    unchanged: int
    steps: int = 0


class Street(Protocol):
    """One kind of rows under one mapping."""

    @property
    def kind(self) -> str:
        """Name of the kind, as in `cockpit import KIND`."""

    @property
    def source(self) -> SourceSection:
        """The source the rows belong to."""

    @property
    def layout(self) -> Layout:
        """Columns of the staging table, without `line`."""

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that the rows go to."""

    def wanted(self) -> list[str]:
        """Columns that are read."""

    def refuse(self, connection: Connection) -> None:
        """Raise `ImportRefused` where the database must not take these rows."""

    def prepare(self, connection: Connection) -> None:
        """Read what chunks are understood by; raises `ImportRefused` where it is missing."""

    def take(self, raw: RawChunk) -> Taken:
        """Understand and check a chunk."""

    def finish(self, connection: Connection, batch: Batch) -> None:
        """Checks that need all rows."""

    def publish(
        self, connection: Connection, batch: Batch, refresh_rollups: RefreshRollups | None
    ) -> Published:
        """Make the staged rows visible, within the caller's transaction."""

    def titles(self) -> dict[str, str]:
        """Chinese titles of the checks by name."""


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


def run(
    engine: Engine,
    source: Source,
    street: Street,
    mapping_sha256: str,
    *,
    report_folder: Path,
    progress: Progress = silent,
    refresh_rollups: RefreshRollups | None = None,
    rows_a_chunk: int = ROWS_A_CHUNK,
    is_poll: bool = False,
) -> ImportOutcome:
    """Import the rows of a source; with `refresh_rollups` as `publishing.publish` says.

    `is_poll`: one of many a day, which share a report, and of which nothing is kept for ever; what
    has expired is for the poller to remove.

    Raises:
        MappingError: the mapping does not fit the source.
        ImportRefused: the source cannot be read, the database holds other things, or another
            import of the source is running. Nothing has become visible.
        DatabaseUnavailable: the database went away; the next run goes on where this one stopped.
        DataUnavailable: it had no room, or others were in the way; the same.
    """
    facts = source.facts(street.wanted())
    name = masked(source.name)
    claim = Claim(street.kind, street.source, name, facts, mapping_sha256, is_poll)
    with failures.explained(name), engine.connect() as connection:
        connection.detach()  # a session of its own: its end gives the lock back
        batches.lock_source(connection, street.source.key)
        run = _Run(connection, source, street, claim, progress, rows_a_chunk)
        return run.outcome(report_folder, refresh_rollups)


@dataclass
class _Run:
    connection: Connection
    source: Source
    street: Street
    claim: Claim
    progress: Progress
    rows_a_chunk: int

    def outcome(self, report_folder: Path, refresh_rollups: RefreshRollups | None) -> ImportOutcome:
        began = monotonic()
        with self.connection.begin():
            self.street.refuse(self.connection)
            batch = batches.claim_batch(self.connection, self.claim, self.street.layout)
        is_repeat = batch.state == "published"
        resumed_after = 0 if is_repeat else self._stage(batch)
        staged = monotonic()
        path = None if self.claim.is_poll else self._report(batch, report_folder)
        done = None if is_repeat else self._publish(batch, refresh_rollups)
        # Into the report of the day goes what came in: one that fails is tried again and again.
        path = path or self._report(batch, report_folder)
        if done is not None and done.inserted >= MANY:
            self._tidy()
        return self._summary(
            batch, done, resumed_after, path, (staged - began, monotonic() - staged)
        )

    def _stage(self, batch: Batch) -> int:
        """Stage what is not yet staged; returns the line it went on after."""
        with self.connection.begin():
            self.street.prepare(self.connection)
            after_line = batches.resume_line(self.connection, batch, self.street.layout)
        if batch.state == "staged" and after_line:
            return after_line
        lines = self.claim.facts.lines
        self.progress("读入", after_line, lines)
        chunks = self.source.chunks(
            self.street.wanted(), after_line=after_line, size=self.rows_a_chunk
        )
        # The server takes one chunk in while the next is read and checked; one at a time, in order.
        with ThreadPoolExecutor(max_workers=1) as writer:
            pending: Future[int] | None = None
            for raw in chunks:
                taken = self.street.take(raw)
                self._await(pending)
                pending = writer.submit(self._write, batch, raw, taken)
            self._await(pending)
        with self.connection.begin():
            # A tenth of the usual sample: it took a twelfth of the time of the whole reading.
            self.connection.exec_driver_sql("set local default_statistics_target = 10")
            self.connection.exec_driver_sql(f"analyze {batch.table}")
            self.street.finish(self.connection, batch)
            whole_file.count(self.connection, batch)
        return after_line

    def _write(self, batch: Batch, raw: RawChunk, taken: Taken) -> int:
        with self.connection.begin():
            staging.stage_chunk(self.connection, batch, raw, taken)
        return raw.last_line

    def _await(self, pending: Future[int] | None) -> None:
        """Told is what is committed."""
        if pending is not None:
            self.progress("读入", pending.result(), self.claim.facts.lines)

    def _report(self, batch: Batch, folder: Path) -> Path:
        now, titles = datetime.now(UTC), self.street.titles()
        if self.claim.is_poll:
            with self.connection.begin():
                kind = self.street.kind
                return report.append(self.connection, batch, kind, folder, titles, now)
        report.remove_expired_files(folder, now)
        with self.connection.begin():
            report.expire(self.connection, now)
            return report.write(self.connection, batch.id, folder, titles)

    def _make_months(self, batch: Batch) -> None:
        """Not by the publication: until its end nobody else could read or write the tables."""
        if "registered_month" not in self.street.layout:
            return
        month = ensure_months_of(self.connection, batch.table)
        # A poll must go on while a backup runs, and its few rows may lie in the default partition
        # for ever; those of a whole file would make it slow.
        if month and not self.claim.is_poll:
            raise ImportRefused(
                "案件表一直有长时间的读写（如备份），"
                f"未能建 {month.year} 年 {month.month} 月的分区；"
                f"{self.claim.name} 没有任何行可见。请在闲时重新运行同一命令，即从中断处继续。"
            )

    def _publish(self, batch: Batch, refresh_rollups: RefreshRollups | None) -> Published:
        self._make_months(batch)
        with self.connection.begin():
            if batches.refused(self.connection, batch):
                return Published(0, 0, 0)
            self.progress("发布", 0, 1)
            published = self.street.publish(self.connection, batch, refresh_rollups)
            batches.close(self.connection, batch)
        self.progress("发布", 1, 1)
        return published

    def _tidy(self) -> None:
        """What autovacuum does some minutes later: until then the server plans by sizes it guesses,
        and takes a third longer to publish the file that follows.
        """
        # The rows are there, whatever becomes of this.
        with suppress(DBAPIError), self.connection.engine.connect() as own:
            own.execution_options(isolation_level="AUTOCOMMIT")
            own.exec_driver_sql(f"vacuum (skip_locked) {', '.join(self.street.tables)}")

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
            checks = report.counts(self.connection, batch.id, self.street.titles())
        changes = done or Published(0, 0, row.rows_accepted, 0)
        return ImportOutcome(
            batch_id=batch.id,
            source_key=self.street.source.key,
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
