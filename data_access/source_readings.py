"""State of the sources: last contact first, newest row second.

A source whose kinds are polled apart is judged by the worst of them: others that answer do not
make good one that fails.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from dashboard.snapshot import SourceState
from data_access.schema import sources, sync_contacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """When one kind of a source was last heard, and how it failed; `failures` in a row."""

    kind: str
    last_contact_at: datetime | None
    last_error_at: datetime | None
    last_error: str | None
    failures: int

    @property
    def fails(self) -> bool:
        """Whether it failed since it was last heard."""
        return self.failures > 0

    @property
    def heard_at(self) -> datetime | None:
        """The last contact; of one that has only failed so far, the moment before that."""
        if self.last_contact_at is None and self.last_error_at is not None:
            return self.last_error_at - timedelta(milliseconds=1)
        return self.last_contact_at


def states(connection: Connection) -> tuple[SourceState, ...]:
    """All sources, in order of their id."""
    polled = contacts(connection)
    found = []
    for row in connection.execute(select(sources).order_by(sources.c.id)):
        contact, error = worst(polled.get(row.key, ()), row.last_contact_at, row.last_error_at)
        if row.last_contact_at is None:
            contact = None  # 未接入: nothing on the wall is from it, so it makes nothing old
        found.append(
            SourceState(
                key=row.key,
                name=row.name,
                cycle_seconds=row.cycle_seconds,
                last_contact_at=contact,
                last_row_at=row.last_row_at,
                last_error_at=error,
                is_live=row.is_live,
            )
        )
    return tuple(found)


def contacts(connection: Connection) -> dict[str, list[Contact]]:
    """Of each source that is polled, by its key: the contact of each kind."""
    found: dict[str, list[Contact]] = defaultdict(list)
    columns = sync_contacts.c
    rows = connection.execute(select(sync_contacts).order_by(columns.source_key, columns.kind))
    for row in rows:
        found[row.source_key].append(
            Contact(
                kind=row.kind,
                last_contact_at=row.last_contact_at,
                last_error_at=row.last_error_at,
                last_error=row.last_error,
                failures=row.failures,
            )
        )
    return dict(found)


def worst(
    kinds: Sequence[Contact], contact: datetime | None, error: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """Last contact and error by which a source is judged: its own, or of its kinds the worst.

    That is the least recent contact, and an error only of a kind that fails now.
    """
    if not kinds:
        return contact, error
    heard = (kind.heard_at for kind in kinds)
    errors = (kind.last_error_at for kind in kinds if kind.fails)
    return (
        min((at for at in heard if at is not None), default=None),
        max((at for at in errors if at is not None), default=None),
    )
