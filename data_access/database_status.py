"""What an operator asks a database first: which version, how much is in it, who is silent."""

from dataclasses import dataclass
from datetime import datetime

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select, text

from data_access import facts, source_readings
from data_access.migrating import SCRIPTS
from data_access.schema import disputes, incidents, rollup_deltas


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseStatus:
    """`revision` is that of the schema (None: empty database), `newest` this program's.

    `contacts` holds each source's name and last successful contact. Counts are exact.
    """

    server: str
    revision: str | None
    newest: str
    zone: str | None = None
    incidents: int = 0
    disputes: int = 0
    pending_deltas: int = 0
    contacts: tuple[tuple[str, datetime | None], ...] = ()


def database_status(connection: Connection) -> DatabaseStatus:
    """Read the status; of a database with another schema only the versions are told."""
    revision = MigrationContext.configure(connection).get_current_revision()
    newest = str(ScriptDirectory(str(SCRIPTS)).get_current_head())
    server = str(connection.scalar(text("show server_version")))
    if revision != newest:
        return DatabaseStatus(server=server, revision=revision, newest=newest)
    return DatabaseStatus(
        server=server,
        revision=revision,
        newest=newest,
        zone=facts.read(connection, "zone"),
        incidents=connection.scalar(select(func.count()).select_from(incidents)) or 0,
        disputes=connection.scalar(select(func.count()).select_from(disputes)) or 0,
        pending_deltas=connection.scalar(select(func.count()).select_from(rollup_deltas)) or 0,
        contacts=tuple(
            (state.name, state.last_contact_at) for state in source_readings.states(connection)
        ),
    )
