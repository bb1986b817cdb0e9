"""A backup goes into a fresh server and everything is there, and works; what is refused."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, Connection, insert, text

from dashboard.errors import BackupError, ServerProgramsMissing
from data_access import rollups, schema
from data_access.backup import ROLES, backup, checksum_file, restore
from data_access.database import Database
from data_access.embedded import EmbeddedServer
from data_access.partitions import ensure_months_around
from data_access.server_programs import find_clients
from tests.case_builder import NOW, add_everything, incident
from tests.table_checksums import checksums


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as connection:
        ensure_months_around(connection, NOW.date())
        add_everything(connection, seed=11, count=80)
        rollups.follow_regions(connection)
        connection.execute(text("update incidents set class_code = '0101' where is_sensitive"))
        connection.execute(
            text(
                "insert into snapshots (view, as_of, sha256, compute_ms, body)"
                " values ('wall:1', now(), 'x', 1, '\\x1f8b00ff')"
            )
        )
    return database


@pytest.fixture
def dump(filled: Database, tmp_path: Path) -> Path:
    backup(filled.url, tmp_path / "monday.dump")
    return tmp_path / "monday.dump"


@pytest.fixture
def fresh_server(server_folder: Path, postgres: Callable[[str], URL]) -> Iterator[EmbeddedServer]:
    """A server that never saw the cockpit, of the version of the one that was backed up."""
    database = Database(postgres("postgres"))
    with database.read() as connection:
        major = int(str(connection.scalar(text("show server_version_num")))) // 10_000
    database.close()
    programs = find_clients(major, "pg_restore", "postgres", "initdb")
    folder = server_folder / f"fresh-{uuid4().hex[:8]}"
    with EmbeddedServer(folder, settings={"fsync": "off"}, programs=programs) as server:
        yield server


@pytest.fixture
def elsewhere(fresh_server: EmbeddedServer) -> Iterator[Database]:
    fresh_server.create_database("cockpit")
    database = Database(fresh_server.url("cockpit"))
    yield database
    database.close()


def tables(connection: Connection) -> int:
    count = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
    return connection.scalar(text(count)) or 0


def test_a_fresh_server_gets_every_row_right_and_trigger(
    filled: Database, dump: Path, elsewhere: Database
) -> None:
    with elsewhere.read() as connection:
        assert not connection.scalar(text("select 1 from pg_roles where rolname = 'cockpit_app'"))
    restore(elsewhere.url, dump)
    with filled.read() as connection:
        before = checksums(connection)
        figures = connection.execute(text("select * from rollups order by 1, 2")).all()
    with elsewhere.write() as connection:
        assert checksums(connection) == before
        assert connection.execute(text("select * from rollups order by 1, 2")).all() == figures
        assert rollups.differences(connection) == 0
        known = connection.scalars(text("select rolname from pg_roles where not rolsuper")).all()
        assert set(ROLES) <= set(known)
    with elsewhere.write() as connection:
        pending = connection.scalar(text("select count(*) from outbox"))
        connection.execute(text("set local role cockpit_app"))
        connection.execute(insert(schema.incidents), [incident(9_001)])
        assert connection.scalar(text("select count(*) from outbox")) == (pending or 0) + 1
        ensure_months_around(connection, NOW.date().replace(year=NOW.year + 1))
        made = f"select 1 from incidents_{NOW.year + 1}{NOW:%m}"
        connection.execute(text(made))
        connection.execute(text("reset role"))
        assert rollups.differences(connection) == 0


def test_a_backup_of_now_does_not_see_what_comes_later(
    filled: Database, dump: Path, elsewhere: Database
) -> None:
    with filled.write() as connection:
        connection.execute(insert(schema.incidents), [incident(9_002)])
    restore(elsewhere.url, dump)
    with elsewhere.read() as connection:
        mine = {"number": incident(9_002)["case_no"]}
        statement = text("select count(*) from incidents where case_no = :number")
        assert connection.scalar(statement, mine) == 0


def test_a_damaged_backup_is_refused_and_nothing_is_made(dump: Path, elsewhere: Database) -> None:
    body = bytearray(dump.read_bytes())
    body[len(body) // 2] ^= 0xFF
    dump.write_bytes(body)
    with pytest.raises(BackupError, match="已损坏"):
        restore(elsewhere.url, dump)
    with elsewhere.read() as connection:
        assert tables(connection) == 0


def test_half_a_backup_without_its_checksum_leaves_nothing(dump: Path, elsewhere: Database) -> None:
    checksum_file(dump).unlink()
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    with pytest.raises(BackupError, match=r"pg_restore 未能完成.*备份文件不完整"):
        restore(elsewhere.url, dump)
    with elsewhere.read() as connection:
        assert tables(connection) == 0


def test_a_database_with_something_in_it_is_left_alone(filled: Database, dump: Path) -> None:
    with filled.read() as connection:
        before = checksums(connection)
    with pytest.raises(BackupError, match="不是空的"):
        restore(filled.url, dump)
    with filled.read() as connection:
        assert checksums(connection) == before


def test_of_an_embedded_database_the_folder_to_move_is_named(filled: Database, dump: Path) -> None:
    with pytest.raises(BackupError, match=r"不是空的.*把数据目录 /srv/main 移走") as refused:
        restore(filled.url, dump, embedded=Path("/srv/main"))
    assert "create database" not in str(refused.value)


def test_an_older_backup_is_never_overwritten(filled: Database, dump: Path) -> None:
    before = dump.read_bytes()
    with pytest.raises(BackupError, match="已存在"):
        backup(filled.url, dump)
    assert dump.read_bytes() == before


def test_a_folder_that_is_not_there_is_said_and_nothing_half_made_stays(
    filled: Database, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="没有这个文件或目录。请检查目录"):
        backup(filled.url, tmp_path / "nowhere" / "monday.dump")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_for_its_owner_only(dump: Path) -> None:
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600


def test_programs_of_another_version_are_not_taken() -> None:
    with pytest.raises(ServerProgramsMissing, match="postgresql-client-14"):
        find_clients(14, "pg_dump")
