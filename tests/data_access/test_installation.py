import signal
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, create_engine, text

from dashboard.errors import DatabaseUnavailable, DiskFull, ImportRefused, MigrationError
from dashboard.settings import Settings
from data_access import installation, migrating, service
from data_access.database import Database
from data_access.imports.failures import explained
from data_access.installation import Installation, database_errors_explained, filled_from_file

ROOT = Path(__file__).parents[2]
ROOM = 4 * 1024**3
MAPPING = ROOT / "docs" / "examples" / "boston_311.toml"
COLUMNS = {
    "CASE_ENQUIRY_ID": "101001242404",
    "OPEN_DT": "01/05/2015 12:40:41 PM",
    "TARGET_DT": "",
    "CLOSED_DT": "",
    "TYPE": "Abandoned Bicycle",
    "SUBJECT": "Mayor's 24 Hour Hotline",
    "REASON": "Abandoned Bicycle",
    "Department": "BTDT",
    "ward": "Ward 5",
    "LATITUDE": "42.3504",
    "LONGITUDE": "-71.0867",
    "Source": "City Worker App",
}


class Filled(Exception):
    """Raised by a filling to end a run before its programs start."""


def settings_in(folder: Path) -> Settings:
    return Settings(data_folder=folder, port=free_port())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def silent(step: str, done: int, total: int) -> None:
    pass


def bring_up(settings: Settings, chosen: Installation) -> None:
    installation.run(settings, chosen, say=print, report=silent, on_ready=lambda: None)


def stop_after_filling(url: URL, report: installation.Report) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        zone = connection.scalar(text("select value from database_facts where key = 'zone'"))
    engine.dispose()
    raise Filled(str(zone))


def test_a_new_installation_is_migrated_before_it_is_filled(server_folder: Path) -> None:
    settings = settings_in(server_folder / "new")
    chosen = Installation(name="demo", zone="America/New_York", fill=stop_after_filling)
    with pytest.raises(Filled, match="America/New_York"):
        bring_up(settings, chosen)
    assert not service.embedded_server(settings, "demo").is_running()


HANG_IN_FILLING = """
import time
from pathlib import Path
from sqlalchemy import create_engine, text
from dashboard.settings import Settings
from data_access import installation

def fill(url, report):
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("create table half_made (n int)"))
        print("filling", flush=True)
        time.sleep(60)

installation.run(
    Settings(data_folder=Path({folder!r}), port={port}),
    installation.Installation(name="demo", zone="Asia/Shanghai", fill=fill),
    say=print, report=lambda *_: None, on_ready=lambda: None,
)
"""


def test_after_a_run_killed_while_filling_the_next_one_works(server_folder: Path) -> None:
    settings = settings_in(server_folder / "killed")
    script = HANG_IN_FILLING.format(folder=str(settings.data_folder), port=settings.port)
    argv = [sys.executable, "-c", script]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "filling"
        process.send_signal(signal.SIGKILL)
    with pytest.raises(Filled, match="Asia/Shanghai"):
        bring_up(settings, Installation(name="demo", fill=stop_after_filling))


def test_a_full_disk_while_filling_is_said(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="至少 4096 MB"), database_errors_explained(tmp_path, ROOM):
        raise psycopg.errors.DiskFull("could not extend file")


def test_a_server_that_ended_for_want_of_room_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "ROOM_FOR_LATER_STARTS", 2**60)
    with pytest.raises(DiskFull), database_errors_explained(tmp_path, ROOM):
        raise psycopg.OperationalError("server closed the connection unexpectedly")


def test_an_import_that_met_a_full_disk_tells_the_room_it_needs(tmp_path: Path) -> None:
    with (
        pytest.raises(DiskFull, match="至少 4096 MB"),
        database_errors_explained(tmp_path, ROOM),
        explained("requests.csv"),
    ):
        raise psycopg.errors.DiskFull("could not extend file")


def test_an_import_whose_server_ended_for_want_of_room_met_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = psycopg.OperationalError("server closed the connection unexpectedly")
    with (
        pytest.raises(DatabaseUnavailable, match="数据库连接中断"),
        database_errors_explained(tmp_path, ROOM),
        explained("requests.csv"),
    ):
        raise lost
    monkeypatch.setattr(installation, "ROOM_FOR_LATER_STARTS", 2**60)
    with (
        pytest.raises(DiskFull),
        database_errors_explained(tmp_path, ROOM),
        explained("requests.csv"),
    ):
        raise lost


def test_a_lost_server_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable) as raised, database_errors_explained(tmp_path, ROOM):
        raise psycopg.OperationalError("server closed the connection unexpectedly\nmore")
    assert "server closed the connection unexpectedly。" in str(raised.value)
    assert "重新执行同一命令" in str(raised.value)


def test_a_fault_of_the_program_stays_one(tmp_path: Path) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable), database_errors_explained(tmp_path, ROOM):
        raise psycopg.errors.UndefinedTable("no such table")


def test_a_database_without_regions_says_what_to_do(empty_database_url: URL) -> None:
    migrating.migrate(empty_database_url)
    said: list[str] = []
    database = Database(empty_database_url)
    installation.tell_if_empty(database, said.append)
    assert len(said) == 1
    assert "cockpit import regions" in said[0]
    with database.write() as connection:
        connection.execute(
            text(
                "insert into regions "
                " (id, code, name, short_name, pinyin, level, sort_order, valid_from)"
                " values (1, '330000', '浙江省', '浙江', 'zhe jiang', 'province', 1, '2020-01-01')"
            )
        )
    installation.tell_if_empty(database, said.append)
    database.close()
    assert len(said) == 1


def test_a_schema_of_another_version_is_refused(empty_database_url: URL) -> None:
    database = Database(empty_database_url)
    with pytest.raises(MigrationError, match="cockpit db migrate"):
        installation.require_current_schema(database)
    migrating.migrate(empty_database_url)
    installation.require_current_schema(database)
    database.close()


def test_without_a_file_nothing_imported_before_is_refused(
    empty_database_url: URL, tmp_path: Path
) -> None:
    migrating.migrate(empty_database_url)
    fill = filled_from_file(None, MAPPING, reports=tmp_path, tell=print)
    with pytest.raises(ImportRefused, match="FILE="):
        fill(empty_database_url, silent)


def test_without_a_file_what_was_imported_stays(empty_database_url: URL, tmp_path: Path) -> None:
    migrating.migrate(empty_database_url, zone="America/New_York")
    file = tmp_path / "cases.csv"
    lines = (",".join(COLUMNS), ",".join(COLUMNS.values()))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    outcomes: list[int] = []

    def tell(outcome: installation.ImportOutcome) -> None:
        outcomes.append(outcome.rows_accepted)

    filled_from_file(file, MAPPING, reports=tmp_path, tell=tell)(empty_database_url, silent)
    filled_from_file(None, MAPPING, reports=tmp_path, tell=tell)(empty_database_url, silent)
    assert outcomes == [1]
