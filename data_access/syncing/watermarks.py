"""What is noted of each poll: how far it read, when the kind was heard, what went wrong."""

import hashlib
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from data_access.imports import batches, reference_rows
from data_access.imports.tables.steps import UNKNOWN_CASE
from data_access.schema import (
    import_batches,
    import_findings,
    sources,
    sync_contacts,
    sync_watermarks,
)
from data_access.syncing.plan import Polled
from data_access.syncing.scale import Mark, Scale


def read(connection: Connection, polled: Polled) -> Mark | None:
    """How far the source was read; None before the first poll, or when the question changed."""
    columns = sync_watermarks.c
    kept = connection.scalar(
        select(columns.watermark).where(
            columns.source_key == polled.source_key,
            columns.kind == polled.section.kind,
            columns.asked_sha256 == asked_sha256(polled),
        )
    )
    return None if kept is None else Scale(polled.section.watermark).found(kept)


def waiting_batch(connection: Connection, polled: Polled) -> int | None:
    """The last poll's batch, where steps of it were rejected because their cases were not there.

    Cases and steps are polled side by side: the cases may have come since.
    """
    columns = import_batches.c
    latest = (
        select(func.max(columns.id))
        .join(sources, sources.c.id == columns.source_id)
        .where(
            sources.c.key == polled.source_key,
            columns.kind == polled.section.kind,
            columns.state == "published",
        )
    )
    found: int | None = connection.scalar(
        select(func.max(import_findings.c.batch_id)).where(
            import_findings.c.batch_id == latest.scalar_subquery(),
            import_findings.c.check_name == UNKNOWN_CASE,
        )
    )
    return found


def move(connection: Connection, polled: Polled, mark: Mark | None) -> None:
    """Store how far the source was read, in the transaction that made its rows visible."""
    if mark is None:
        return
    values = {
        "asked_sha256": asked_sha256(polled),
        "watermark": Scale(polled.section.watermark).kept(mark),
        "moved_at": func.now(),
    }
    statement = insert(sync_watermarks).values(
        source_key=polled.source_key, kind=polled.section.kind, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source_key", "kind"], set_=values)
    )


def note_contact(
    connection: Connection, polled: Polled, *, brought_rows: bool = False, keys_fail: bool = False
) -> None:
    """The heartbeat of source and kind. Rows without a time of their own count as of now.

    While its `keys_fail`, the failures in a row go on.
    """
    values: dict[str, object] = {
        "last_contact_at": func.now(),
        "cycle_seconds": polled.cycle_seconds,
        "is_live": True,
    }
    if brought_rows:
        values["last_row_at"] = func.now()
    heard: dict[str, object] = {"last_contact_at": func.now()}
    _note(connection, polled, heard if keys_fail else heard | {"failures": 0})
    connection.execute(update(sources).where(sources.c.key == polled.source_key).values(values))


def note_failure(connection: Connection, polled: Polled, reason: str) -> None:
    """The error, in words without values; also of a source that has never delivered anything."""
    is_known = select(sources.c.id).where(sources.c.key == polled.source_key)
    if connection.scalar(is_known) is None:
        _register(connection, polled)
    values = {"last_error_at": func.now(), "last_error": reason}
    _note(connection, polled, values | {"failures": sync_contacts.c.failures + 1})
    connection.execute(update(sources).where(sources.c.key == polled.source_key).values(values))


def _register(connection: Connection, polled: Polled) -> None:
    number = batches.source_number(connection, polled.source_key)
    section = polled.loaded.mapping.source.model_copy(
        update={"is_live": True, "cycle_seconds": polled.cycle_seconds}
    )
    reference_rows.ensure_source(connection, section, polled.section.kind, number)


def forget_others(connection: Connection, plan: Iterable[Polled]) -> None:
    """Forget the contacts of kinds that the plan's sources deliver no more: none would come."""
    named = [(polled.source_key, polled.section.kind) for polled in plan]
    columns = sync_contacts.c
    connection.execute(
        delete(sync_contacts).where(
            columns.source_key.in_({source for source, _ in named}),
            tuple_(columns.source_key, columns.kind).not_in(named),
        )
    )


def _note(connection: Connection, polled: Polled, values: Mapping[str, object]) -> None:
    key = {"source_key": polled.source_key, "kind": polled.section.kind}
    first = dict(values) | key | {"failures": 1 if "last_error" in values else 0}
    connection.execute(
        insert(sync_contacts)
        .values(first)
        .on_conflict_do_update(index_elements=list(key), set_=dict(values))
    )


def asked_sha256(polled: Polled) -> str:
    """Of what decides which rows come and what they become."""
    watermark = polled.section.watermark
    parts = [polled.section.rows, watermark.column, watermark.type, polled.loaded.sha256]
    if deleted := polled.section.deleted:
        # Rows that were marked before have old watermarks, and would never be met again.
        parts += [deleted.column, *deleted.values]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
