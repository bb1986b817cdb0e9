"""What the snapshot knows of its sources' clocks, in the terms of `dashboard.freshness`."""

from datetime import UTC, datetime

from dashboard.freshness import Source, data_at
from dashboard.snapshot import Snapshot, SourceState


def known_source(source: SourceState) -> Source:
    """A source as freshness knows it: instants in milliseconds."""
    return Source(
        key=source.key,
        name=source.name,
        cycle_ms=source.cycle_seconds * 1000,
        last_contact_at=_milliseconds(source.last_contact_at),
        last_error_at=_milliseconds(source.last_error_at),
        is_live=source.is_live,
    )


def data_until(snapshot: Snapshot) -> datetime:
    """Until when the live figures are complete: the data clock, never later than the as-of."""
    contact = data_at(known_source(source) for source in snapshot.sources)
    if contact is None:
        return snapshot.as_of
    return min(snapshot.as_of, datetime.fromtimestamp(contact / 1000, UTC))


def _milliseconds(instant: datetime | None) -> int | None:
    return None if instant is None else round(instant.timestamp() * 1000)
