"""State of the sources: last contact first, newest row second."""

from sqlalchemy import Connection, select

from dashboard.snapshot import SourceState
from data_access.schema import sources


def states(connection: Connection) -> tuple[SourceState, ...]:
    """All sources, in order of their id."""
    rows = connection.execute(select(sources).order_by(sources.c.id))
    return tuple(
        SourceState(
            key=row.key,
            name=row.name,
            cycle_seconds=row.cycle_seconds,
            last_contact_at=row.last_contact_at,
            last_row_at=row.last_row_at,
            last_error_at=row.last_error_at,
            is_live=row.is_live,
        )
        for row in rows
    )
