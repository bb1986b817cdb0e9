"""How fresh each source is, as a whole and kind by kind: those polled, those brought as files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from dashboard.freshness import Source
from dashboard.quality import Health, KindContact, SourceQuality, health_of
from data_access import source_readings
from data_access.schema import import_batches, reported_values, sources
from data_access.source_readings import Contact


def states(
    connection: Connection, as_of: datetime, *, tells_errors: bool
) -> Iterable[SourceQuality]:
    """All sources, judged one by one, in order of their id.

    `tells_errors` is for who sees all: a reason may name a row, of whatever county.
    """
    reported = _reported(connection, as_of)
    polled = source_readings.contacts(connection)
    if not tells_errors:
        polled = {key: [replace(each, last_error=None) for each in polled[key]] for key in polled}
    files = _files(connection, as_of)
    for row in connection.execute(select(sources).order_by(sources.c.id)):
        kinds = polled.get(row.key, [])
        contact, error = source_readings.worst(kinds, row.last_contact_at, row.last_error_at)
        heard = None if any(kind.last_contact_at is None for kind in kinds) else contact
        last_row_at = row.last_row_at or reported.get(row.id)
        health = _health(row, contact, error, as_of, has_rows=last_row_at is not None)
        yield SourceQuality(
            id=row.id,
            key=row.key,
            name=row.name,
            kind=row.kind,
            health=health,
            cycle_seconds=row.cycle_seconds,
            age_seconds=_age(heard, as_of),
            last_contact_at=heard,
            last_row_at=last_row_at,
            last_error_at=row.last_error_at,
            last_error=row.last_error if tells_errors and _follows(error, contact) else None,
            kinds=tuple(_kinds(row, health, kinds, files.get(row.id, {}), as_of)),
        )


def _kinds(
    row: Row[Any],
    health: Health,
    polled: Sequence[Contact],
    files: Mapping[str, datetime],
    as_of: datetime,
) -> Iterable[KindContact]:
    """The kinds in order: those polled, or else the source's own that a program writes; files."""
    known = {contact.kind for contact in polled}
    for contact in polled:
        yield KindContact(
            kind=contact.kind,
            health=_health(
                row,
                contact.heard_at,
                contact.last_error_at if contact.fails else None,
                as_of,
                has_rows=True,
            ),
            age_seconds=_age(contact.last_contact_at, as_of),
            last_contact_at=contact.last_contact_at,
            last_error_at=contact.last_error_at,
            last_error=contact.last_error if contact.fails else None,
            failures=contact.failures,
        )
    if not polled and (row.is_live or row.kind not in files):
        yield KindContact(
            kind=row.kind,
            health=health,
            age_seconds=_age(row.last_contact_at, as_of),
            last_contact_at=row.last_contact_at,
        )
        known.add(row.kind)
    for kind in sorted(files.keys() - known):
        yield KindContact(
            kind=kind,
            health="by_hand",
            age_seconds=_age(files[kind], as_of),
            last_contact_at=files[kind],
        )


def _health(
    row: Row[Any],
    contact: datetime | None,
    error: datetime | None,
    as_of: datetime,
    *,
    has_rows: bool,
) -> Health:
    known = Source(
        key=row.key,
        name=row.name,
        cycle_ms=row.cycle_seconds * 1000,
        last_contact_at=_milliseconds(contact),
        last_error_at=_milliseconds(error),
        is_live=row.is_live,
    )
    return health_of(known, _milliseconds(as_of) or 0, has_rows=has_rows)


def _reported(connection: Connection, as_of: datetime) -> dict[int, datetime]:
    """By source the newest monthly figure: a program may write them that knows no heartbeat."""
    columns = reported_values.c
    found = connection.execute(
        select(columns.source_id, func.max(columns.recorded_at).label("newest"))
        .where(columns.recorded_at < as_of)
        .group_by(columns.source_id)
    )
    return {row.source_id: row.newest for row in found}


def _files(connection: Connection, as_of: datetime) -> dict[int, dict[str, datetime]]:
    """By source and kind when its newest file was published."""
    columns = import_batches.c
    found: dict[int, dict[str, datetime]] = {}
    for source, kind, newest in connection.execute(
        select(columns.source_id, columns.kind, func.max(columns.published_at))
        .where(columns.state == "published", ~columns.is_poll, columns.published_at <= as_of)
        .group_by(columns.source_id, columns.kind)
    ):
        found.setdefault(source, {})[kind] = newest
    return found


def _follows(error: datetime | None, contact: datetime | None) -> bool:
    return error is not None and (contact is None or error > contact)


def _age(moment: datetime | None, as_of: datetime) -> float | None:
    return None if moment is None else max(0.0, (as_of - moment).total_seconds())


def _milliseconds(instant: datetime | None) -> int | None:
    return None if instant is None else round(instant.timestamp() * 1000)
