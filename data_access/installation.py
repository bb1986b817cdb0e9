"""A cockpit with an embedded server of its own, from nothing to a wall: start, migrate, fill, run.

Here: the three of them (main, demo, boston), the order of the steps and what a killed run leaves
for the next one. Not here: how data are invented (``demo``) or read (``imports``), nor the programs
(``service``).

Every step may have been cut short by an earlier run and goes on from there: the data folder appears
by one rename, the migration is one transaction, and a filling says itself what it has committed.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import URL, exists, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from dashboard.errors import DatabaseUnavailable, DataUnavailable, ImportRefused, MigrationError
from dashboard.settings import Settings
from data_access import migrating, rollups, service
from data_access.database import Database
from data_access.database_status import database_status
from data_access.imports.incidents import ImportOutcome, import_incidents
from data_access.schema import import_batches, regions
from data_access.server_data_folder import (
    ROOM_FOR_FIRST_START,
    ROOM_FOR_LATER_STARTS,
    disk_full,
)
from data_access.service import APP_ROLE, Program, Say

# Name of the step, how much of it is done, how much there is.
Report = Callable[[str, int, int], None]
Fill = Callable[[URL, Report], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """A cockpit on this machine, with a server in a folder of its ``name``.

    ``zone`` is that of a new database, an IANA name. ``fill`` gets the superuser's URL and brings
    the data up to date. ``others`` run beside the web and the snapshotter, and where it ``polls``,
    the polling that the settings name. ``room`` is what a first start asks the disk for, in bytes.
    """

    name: str
    database: str = "cockpit"
    zone: str | None = None
    fill: Fill | None = None
    others: Sequence[Program] = ()
    polls: bool = False
    room: int = ROOM_FOR_FIRST_START


def run(
    settings: Settings,
    installation: Installation,
    *,
    say: Say,
    report: Report,
    on_ready: Callable[[], None],
) -> None:
    """Run an installation until a stop signal comes; everything it started has ended then.

    Raises:
        PortInUse, EmbeddedServerError, MigrationError: before anything was started or changed.
        CockpitError: whatever ``fill`` raises.
    """
    service.require_port_soon(settings)
    server = service.embedded_server(settings, installation.name, installation.room)
    with service.stopping_tidily(), service.claimed(server.folder):
        report("启动数据库", 0, 1)
        with server:
            report("启动数据库", 1, 1)
            with database_errors_explained(server.folder.path, installation.room):
                server.create_database(installation.database)
                _bring_up_to_date(server.url(installation.database), installation, report)
            owner = server.url(installation.database)
            with closing(Database(owner)) as database:
                tell_if_empty(database, say)
            polling = service.sync_programs(settings, owner) if installation.polls else ()
            service.run(
                settings,
                server.url(installation.database, APP_ROLE),
                say=say,
                on_ready=on_ready,
                server=server,
                others=(*installation.others, *polling),
            )


def _bring_up_to_date(url: URL, installation: Installation, report: Report) -> None:
    report("升级数据库结构", 0, 1)
    migrating.migrate(url, zone=installation.zone)
    report("升级数据库结构", 1, 1)
    if installation.fill is not None:
        installation.fill(url, report)


@contextlib.contextmanager
def database_errors_explained(folder: Path, room: int) -> Iterator[None]:
    """Turn a full disk or a lost server inside the block into a sentence; ``room`` is needed.

    A server that runs out of room for its log ends itself; then only the free space tells why.
    """
    try:
        yield
    except (DBAPIError, psycopg.Error, DataUnavailable) as error:
        # An import has put it into words already.
        first = error.__cause__ if isinstance(error, DataUnavailable) else error
        cause = first.orig if isinstance(first, DBAPIError) else first
        if isinstance(cause, psycopg.errors.DiskFull) or _no_room(folder):
            raise disk_full(folder, room) from error
        if isinstance(error, (OperationalError, psycopg.OperationalError)):
            said = str(cause).strip().partition("\n")[0]
            raise DatabaseUnavailable(
                f"写入数据时数据库中断：{said}。请重新执行同一命令，会从中断处继续。"
            ) from error
        raise


def _no_room(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < ROOM_FOR_LATER_STARTS


def filled_from_file(
    file: Path | None,
    mapping: Path,
    *,
    reports: Path,
    tell: Callable[[ImportOutcome], None],
) -> Fill:
    """A filling that imports one file of incidents; without a file it keeps what is there.

    The filling raises ``ImportRefused`` for a file that is refused, and when there is neither a
    file nor anything imported before. ``tell`` gets the outcome.
    """

    def fill(url: URL, report: Report) -> None:
        with closing(Database(url)) as database:
            if file is not None:
                tell(import_into(database, file, mapping, reports=reports, report=report))
            elif not _has_published(database):
                raise ImportRefused(
                    "数据库里还没有导入过数据：请指明要导入的文件，例如 "
                    "make demo-boston FILE=boston_311_2015.csv.gz。"
                )

    return fill


def import_into(
    database: Database, file: Path, mapping: Path, *, reports: Path, report: Report
) -> ImportOutcome:
    """Import a file of incidents; the roll-ups of a first import are computed in one go.

    Passing over the triggers needs a superuser; for any other user they count row by row.
    Raises as ``import_incidents`` does.
    """
    return import_incidents(
        database.engine,
        file,
        mapping,
        report_folder=reports,
        progress=report,
        refresh_rollups=rollups.rebuild if _is_superuser(database) else None,
    )


def _has_published(database: Database) -> bool:
    published = exists().where(import_batches.c.state == "published")
    with database.read() as connection:
        return bool(connection.scalar(select(published)))


def _is_superuser(database: Database) -> bool:
    with database.read() as connection:
        return str(connection.scalar(text("show is_superuser"))) == "on"


def serve(settings: Settings, *, say: Say, report: Report, on_ready: Callable[[], None]) -> None:
    """Run on the database of the settings, or on the embedded one called main.

    A database that is away does not keep the wall from starting: it says so itself.
    Raises ``PortInUse``, and ``MigrationError`` for another schema than this program's.
    """
    if settings.database_url is None:
        run(
            settings,
            Installation(name="main", polls=True),
            say=say,
            report=report,
            on_ready=on_ready,
        )
        return
    service.require_port_soon(settings)
    with closing(Database(settings.database_url)) as database:
        with contextlib.suppress(DatabaseUnavailable):
            require_current_schema(database)
            tell_if_empty(database, say)
        polling = service.sync_programs(settings, database.url)
        service.run(settings, database.url, say=say, on_ready=on_ready, others=polling)


def tell_if_empty(database: Database, say: Say) -> None:
    """Say what to do where no region is known: the wall is not ready before one is."""
    with database.read() as connection:
        if connection.scalar(select(~exists().select_from(regions))):
            say(
                "库中尚无区划，大屏还没有内容。请另开一个终端，先用 cockpit import regions"
                " 导入区划，再导入其他数据（见 docs/data-formats.md）。"
                "导入后大屏自动显示，不必重启。"
            )


def require_current_schema(database: Database) -> None:
    """Raise ``MigrationError`` unless the schema is the one of this program."""
    with database.read() as connection:
        status = database_status(connection)
    if status.revision != status.newest:
        raise MigrationError(
            f"数据库结构版本为 {status.revision or '空'}，本程序需要 {status.newest}。"
            "请先执行 cockpit db migrate。"
        )
