"""Brings a database to this version's schema: Alembic first, then what the dictionary compiles to.

The scripts stand in `data_access/migrations/versions`; how roll-ups are filled stands in
`data_access.rollups`.
"""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import ProgrammingError

from dashboard.errors import MigrationError
from data_access import facts, live_schema, rollups
from data_access.partitions import ensure_months_around

SCRIPTS = Path(__file__).parent / "migrations"
# One migration at a time, whoever starts it.
MIGRATION_LOCK = 7_301_001


def migrate(url: URL | str, *, zone: str | None = None) -> None:
    """Upgrade the database to the newest schema, and its triggers and roll-ups to the dictionary.

    Args:
        zone: IANA zone of a new database; an existing one keeps its own.

    Raises:
        MigrationError: the database is newer than this program, or the user may not migrate it.
    """
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            _refuse_newer(connection)
            command.upgrade(_configuration(connection), "head")
            settle(connection, facts.read(connection, "zone") or zone or facts.DEFAULT_ZONE)
    except ProgrammingError as error:
        if "permission denied" in str(error.orig):
            raise MigrationError(
                f"数据库用户无权升级结构({error.orig});"
                "请以库的所有者或超级用户运行 cockpit db migrate。"
            ) from error
        raise
    finally:
        engine.dispose()


def settle(connection: Connection, zone: str) -> None:
    """Set the zone, and make triggers, partitions and roll-up columns fit it and the dictionary."""
    facts.write(connection, "zone", _valid_zone(zone))
    if facts.read(connection, "point_secret") is None:
        facts.write(connection, "point_secret", secrets.token_hex(16))
    ensure_months_around(connection, datetime.now(UTC).date())
    rollups.ensure_columns(connection)
    if live_schema.install(connection, zone):
        rollups.rebuild(connection)


def downgrade(url: URL | str, revision: str) -> None:
    """Take the database back to a revision ("base": nothing is left of it but the roles).

    The triggers go in any case: the older program's `migrate` installs its own.
    """
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            live_schema.uninstall(connection)
            command.downgrade(_configuration(connection), revision)
    finally:
        engine.dispose()


def _configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _valid_zone(zone: str) -> str:
    """The zone, which goes into the triggers' text, after it has proved to be one."""
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MigrationError(
            f"时区 {zone!r} 不存在;应为 IANA 时区名,例如 Asia/Shanghai。"
        ) from error


def _refuse_newer(connection: Connection) -> None:
    known = {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise MigrationError(
            f"数据库结构版本 {current} 比本程序新;请换用与之相配的程序版本,数据未作任何改动。"
        )
