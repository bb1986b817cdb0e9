"""Brings a database to this version's schema: Alembic first, then what the dictionary compiles to.

The scripts stand in `data_access/migrations/versions`; how roll-ups are filled stands in
`data_access.rollups`.
"""

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from dashboard.errors import MigrationError
from data_access import facts, live_schema, rollups
from data_access.partitions import ensure_months_around

SCRIPTS = Path(__file__).parent / "migrations"
# What writers and their triggers touch.
WRITERS_TABLES = (
    *("incidents", "disputes", "steps", "case_versions", "receptions", "reception_versions"),
    *("return_visits", "agreements", "staffing", "patrols", "daily_figure_versions"),
    *("outbox", "rollup_deltas", "spread_deltas"),
)
# Deadlock, lock timeout: somebody writes. Long enough for a commit, short enough not to hold up.
WRITTEN_TO = ("40P01", "55P03")
LOCK_MILLISECONDS = 2_000
LOCK_PAUSES = (0.2, 0.5, 1, 2, 4, 8)
# One migration at a time, whoever starts it.
MIGRATION_LOCK = 7_301_001


def migrate(url: URL | str, *, zone: str | None = None) -> None:
    """Upgrade the database to the newest schema, and its triggers and roll-ups to the dictionary.

    Args:
        zone: IANA zone of a new database; an existing one keeps its own.

    Raises:
        MigrationError: the database is newer than this program, the user may not migrate it, or
            others write to it without a pause.
    """
    engine = create_engine(url, hide_parameters=True)
    try:
        for pause in (*LOCK_PAUSES, None):
            try:
                return _migrate(engine, zone)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) not in WRITTEN_TO:
                    raise
                if pause is None:
                    raise MigrationError(
                        "案件表一直有写入，升级未能开始；请先停止写入的程序，再重新执行。"
                    ) from error
                time.sleep(pause)
    except ProgrammingError as error:
        if "permission denied" in str(error.orig):
            raise MigrationError(
                "数据库用户无权升级结构；请以库的所有者或超级用户运行 cockpit db migrate。"
            ) from error
        raise
    finally:
        engine.dispose()


def _migrate(engine: Engine, zone: str | None) -> None:
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        _refuse_newer(connection)
        zone = _zone_of(connection) or zone or facts.DEFAULT_ZONE
        if _has_work(connection, zone):
            _have_tables_alone(connection)
        command.upgrade(_configuration(connection), "head")
        settle(connection, zone)


def _zone_of(connection: Connection) -> str | None:
    if connection.scalar(text("select to_regclass('database_facts')")) is None:
        return None
    found: str | None = facts.read(connection, "zone")
    return found


def _has_work(connection: Connection, zone: str) -> bool:
    """Whether tables of cases will be changed."""
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        return False
    head = ScriptDirectory(str(SCRIPTS)).get_current_head()
    return current != head or not live_schema.is_installed(connection, zone)


def _have_tables_alone(connection: Connection) -> None:
    """All tables that writers touch, before any is changed: half of them would be a deadlock."""
    tables = connection.scalars(
        text("select oid::regclass::text from pg_class where relname = any(:names) order by 1"),
        {"names": list(WRITERS_TABLES)},
    ).all()
    connection.execute(text(f"set local lock_timeout = {LOCK_MILLISECONDS}"))
    connection.execute(text(f"lock table {', '.join(tables)} in access exclusive mode"))
    connection.execute(text("set local lock_timeout = 0"))


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
