"""Batches: one file under one mapping on its way, its staging table, and where it stopped.

A staging table is unlogged: after a crash of the server it is empty, which `resume_line` notices,
and the file is read again from its start. What goes into the table stands in `staging`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from dashboard.errors import ImportRefused
from data_access.imports.mapping import SourceSection
from data_access.imports.sources.rows import SourceFacts
from data_access.schema import import_batches, import_findings, sources

SCHEMA = "import_staging"
NEW_SOURCES = f"{SCHEMA}.new_sources"
# One import at a time may take a number for a new source or batch.
NUMBERING_LOCK = 7_301_011
# First half of the two-part lock of one source's imports.
SOURCE_LOCK = 7_301_012
LOCK_PATIENCE_SECONDS = 15.0
LOCK_RETRY_SECONDS = 0.25

# States of a batch that nothing more is done with.
ENDED = ("published", "refused")
# Column of a staging table -> its type; `line` is the key of all of them.
Layout = Mapping[str, str]


@dataclass(frozen=True)
class Batch:
    """One file under one mapping; `state` is staging, staged, published, refused or abandoned."""

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


@dataclass(frozen=True)
class Claim:
    """What a batch is of: a kind of rows of a source, by name and checksums; whether a poll is."""

    kind: str
    source: SourceSection
    name: str
    facts: SourceFacts
    mapping_sha256: str
    is_poll: bool = False


def claim_batch(connection: Connection, claim: Claim, layout: Layout) -> Batch:
    """The batch of these rows and mapping: the unfinished or last published one, or a new one.

    One that had rows rejected begins again, unless it is a poll: what they lacked may be there now.
    Unfinished batches of the same kind and source are abandoned: their rows were never seen.
    """
    source_id = source_number(connection, claim.source.key)
    latest = _latest_batch(connection, source_id, claim.kind)
    same = (claim.facts.sha256, claim.mapping_sha256)
    if latest and (latest.file_sha256, latest.mapping_sha256) == same:
        batch = Batch(latest.id, source_id, latest.state)
        if latest.state not in ENDED or claim.is_poll or not latest.rows_rejected:
            return batch
        return _begin_again(connection, batch, layout)
    if latest and latest.state not in ENDED:
        _abandon(connection, Batch(latest.id, source_id, latest.state))
    batch_id = connection.execute(
        insert(import_batches)
        .values(
            kind=claim.kind,
            source_id=source_id,
            file_name=claim.name,
            file_sha256=claim.facts.sha256,
            mapping_sha256=claim.mapping_sha256,
            state="staging",
            is_poll=claim.is_poll,
        )
        .returning(import_batches.c.id)
    ).scalar_one()
    batch = Batch(batch_id, source_id, "staging")
    _create_table(connection, batch, layout)
    return batch


def source_number(connection: Connection, key: str) -> int:
    """Number of the source: its own, or one kept for it until `ensure_source` writes the source.

    Others wait for this transaction's end to get one.
    """
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": NUMBERING_LOCK})
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


def resume_line(connection: Connection, batch: Batch, layout: Layout) -> int:
    """Last line that is safely staged, 0 to begin; empties a table that lost rows in a crash."""
    kept = connection.execute(
        select(
            import_batches.c.staged_through_line,
            import_batches.c.rows_read,
            import_batches.c.rows_rejected,
        ).where(import_batches.c.id == batch.id)
    ).one()
    _create_table(connection, batch, layout)
    staged = connection.scalar(text(f"select count(*) from {batch.table}"))
    if staged == kept.rows_read - kept.rows_rejected:
        return int(kept.staged_through_line)
    _begin_again(connection, batch, layout)
    return 0


def drop(connection: Connection, batch: Batch) -> None:
    """Remove the staging table."""
    connection.exec_driver_sql(f"drop table if exists {batch.table}")


def refused(connection: Connection, batch: Batch) -> bool:
    """End a batch whose rows were all rejected; False where it is none. A poll's is published, as
    the contact that it is.
    """
    columns = import_batches.c
    ended = connection.execute(
        update(import_batches)
        .where(
            columns.id == batch.id,
            columns.rows_accepted == 0,
            columns.rows_rejected > 0,
            ~columns.is_poll,
        )
        .values(state="refused")
    )
    if ended.rowcount:
        drop(connection, batch)
    return bool(ended.rowcount)


def close(connection: Connection, batch: Batch) -> None:
    """End a batch that was published, and note the contact with its source."""
    connection.execute(
        update(sources).where(sources.c.id == batch.source_id).values(last_contact_at=func.now())
    )
    connection.execute(
        update(import_batches)
        .where(import_batches.c.id == batch.id)
        .values(state="published", published_at=func.now())
    )
    drop(connection, batch)


def _latest_batch(connection: Connection, source_id: int, kind: str) -> Row[Any] | None:
    columns = import_batches.c
    return connection.execute(
        select(import_batches)
        .where(columns.source_id == source_id, columns.kind == kind, columns.state != "abandoned")
        .order_by(columns.id.desc())
        .limit(1)
    ).one_or_none()


def _abandon(connection: Connection, batch: Batch) -> None:
    drop(connection, batch)
    connection.execute(delete(import_findings).where(import_findings.c.batch_id == batch.id))
    connection.execute(
        update(import_batches).where(import_batches.c.id == batch.id).values(state="abandoned")
    )


def _begin_again(connection: Connection, batch: Batch, layout: Layout) -> Batch:
    """The batch with nothing read and nothing found."""
    drop(connection, batch)
    _create_table(connection, batch, layout)
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
            published_at=None,
        )
    )
    return replace(batch, state="staging")


def _create_table(connection: Connection, batch: Batch, layout: Layout) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in layout.items())
    connection.exec_driver_sql(
        f"create unlogged table if not exists {batch.table} (line bigint primary key, {columns})"
    )
