import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import URL, create_engine, text

from dashboard.errors import DataFolderBroken, DiskFull, EmbeddedServerError
from data_access import embedded
from data_access.embedded import EmbeddedServer
from tests.small_disk import SmallDisk, small_disk_at

CHECKOUT = Path(__file__).parents[2]
SMALL = {"shared_buffers": "16MB", "max_wal_size": "64MB"}
HUGE = 10**18


@pytest.fixture
def folder(server_folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A path for one data folder, below a folder the server's user can enter."""
    path = server_folder / f"{abs(hash(request.node.nodeid)):x}"
    yield path
    left = EmbeddedServer(path)
    left.stop("immediate", whoever_started_it=True)
    shutil.rmtree(left.folder.socket_folder, ignore_errors=True)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(folder, settings=SMALL)
    yield server
    server.stop("immediate")


def ask(server: EmbeddedServer, question: str, database: str = "postgres") -> object:
    engine = create_engine(server.url(database), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            result = connection.execute(text(question))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def run_python(code: str, *arguments: object) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)


START_AND_WAIT = """
import sys, time
from pathlib import Path
from data_access import embedded
from data_access.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), settings={"shared_buffers": "16MB"})
server.start()
print("ready", flush=True)
time.sleep(60)
"""


def test_a_first_start_makes_a_private_utf8_cluster_without_any_tcp_port(
    server: EmbeddedServer,
) -> None:
    server.start()
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert ask(server, "SELECT datcollate FROM pg_database WHERE datname = 'postgres'") == "C"
    assert ask(server, "SHOW timezone") == "UTC"
    assert ask(server, "SHOW fsync") == "on"
    pid = server.process_id()
    assert pid is not None
    assert psutil.Process(pid).net_connections(kind="inet") == []
    for private in (server.folder.path, server.folder.pgdata, server.folder.socket_folder):
        assert private.stat().st_mode & 0o777 == 0o700


def test_the_server_never_runs_as_root(server: EmbeddedServer) -> None:
    server.start()
    pid = server.process_id()
    assert pid is not None
    process = psutil.Process(pid)
    assert 0 not in (*process.uids(), *process.gids())
    groups = Path(f"/proc/{pid}/status").read_text().split("Groups:")[1].splitlines()[0].split()
    assert "0" not in groups


def test_own_settings_win_over_the_defaults(folder: Path) -> None:
    settings = {**SMALL, "synchronous_commit": "off", "search_path": "'a', \"b\""}
    with EmbeddedServer(folder, settings=settings) as server:
        assert ask(server, "SHOW shared_buffers") == "16MB"
        assert ask(server, "SHOW synchronous_commit") == "off"
        assert ask(server, "SHOW search_path") == "'a', \"b\""


def test_an_operator_can_lay_settings_over_ours_in_postgresql_conf(server: EmbeddedServer) -> None:
    server.start()
    server.stop()
    with (server.folder.pgdata / "postgresql.conf").open("a") as configuration:
        configuration.write("work_mem = '7MB'\n")
    server.start()
    assert ask(server, "SHOW work_mem") == "7MB"


def test_a_wrong_setting_is_named_and_the_next_start_works(folder: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        EmbeddedServer(folder, settings={"no_such_setting": "1"}).start()
    with EmbeddedServer(folder, settings=SMALL) as server:
        assert ask(server, "SELECT 1") == 1


def test_rows_outlive_a_stop_and_a_second_start(server: EmbeddedServer) -> None:
    server.start()
    server.create_database("kept")
    server.create_database("kept")
    ask(server, "CREATE TABLE t AS SELECT 42 AS value", "kept")
    server.stop()
    assert not server.is_running()
    assert not server.folder.socket_folder.exists()
    server.start()
    assert ask(server, "SELECT value FROM t", "kept") == 42


def test_a_database_name_is_quoted(server: EmbeddedServer) -> None:
    server.start()
    server.create_database('综治"; DROP DATABASE postgres; --')
    assert ask(server, "SELECT current_database()", '综治"; DROP DATABASE postgres; --') is not None


def test_plain_psql_finds_the_database_by_the_environment(server: EmbeddedServer) -> None:
    server.start()
    said = subprocess.run(
        [server.program("psql"), "-Atc", "SELECT current_database(), current_user"],
        env=server.environment("postgres"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "postgres|postgres"


def test_committed_rows_survive_kill_9_with_open_connections(server: EmbeddedServer) -> None:
    server.start()
    ask(server, "CREATE TABLE t (value integer)")
    open_connection = psycopg.connect(
        host=str(server.folder.socket_folder), user="postgres", dbname="postgres"
    )
    open_connection.execute("INSERT INTO t VALUES (1)")
    open_connection.commit()
    open_connection.execute("INSERT INTO t VALUES (2)")
    server.kill()
    assert not server.is_running()
    server.start()
    assert ask(server, "SELECT array_agg(value) FROM t") == [1]
    open_connection.close()


def test_what_a_killed_server_left_busy_is_ended_before_the_next_start(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "ORPHAN_SECONDS", 0.5)
    server.start()
    connection = psycopg.connect(
        host=str(server.folder.socket_folder), user="postgres", dbname="postgres"
    )
    busy = psutil.Process(connection.info.backend_pid)
    busy.suspend()  # as deaf to the end of its server as one in a long computation
    assert eventually(lambda: busy.status() == psutil.STATUS_STOPPED)
    server.kill()
    connection.close()
    server.start()
    assert ask(server, "SELECT 1") == 1
    assert eventually(lambda: not busy.is_running())  # a zombie until the system buries it


def test_a_stale_lock_file_that_names_a_living_stranger_does_not_stop_the_start(
    server: EmbeddedServer,
) -> None:
    server.start()
    server.kill()
    lock_file = server.folder.pgdata / "postmaster.pid"
    lines = lock_file.read_text().splitlines()
    # As after a reboot: the number now belongs to another process of the same user.
    owner = lock_file.stat()
    identity = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    # It even works in the folder, as an operator's shell may.
    stranger = subprocess.Popen(["sleep", "60"], cwd=server.folder.pgdata, **identity)
    lock_file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
    try:
        assert not server.is_running()
        server.start()
        assert ask(server, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("after_files", [1, 200, 700])
def test_a_first_start_killed_half_way_is_begun_anew(folder: Path, after_files: int) -> None:
    starter = run_python(START_AND_WAIT, folder)

    def far_enough() -> bool:
        made = sum(1 for _ in folder.glob("pgdata.new-*/**/*"))
        return made >= after_files or starter.poll() is not None

    # glob may meet a folder that initdb has just removed
    assert eventually(lambda: _or_false(far_enough))
    starter.kill()
    starter.communicate()
    assert not (folder / "pgdata").exists()
    with EmbeddedServer(folder, settings=SMALL) as server:
        assert ask(server, "SELECT 1") == 1
        server.stop()
        server.start()
    assert list(folder.glob("pgdata.new-*")) == []


def _or_false(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except FileNotFoundError:
        return False


def test_the_server_ends_when_the_process_that_started_it_is_killed(folder: Path) -> None:
    starter = run_python(START_AND_WAIT, folder)
    assert starter.stdout is not None
    assert starter.stdout.readline() == "ready\n"
    server = EmbeddedServer(folder)
    assert server.is_running()
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    assert eventually(lambda: not server.is_running())


def test_a_server_started_in_a_thread_outlives_the_thread(server: EmbeddedServer) -> None:
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    assert not eventually(lambda: not server.is_running(), seconds=0.5)
    assert ask(server, "SELECT 1") == 1


def test_a_running_server_is_used_and_left_running_by_who_did_not_start_it(
    server: EmbeddedServer,
) -> None:
    server.start()
    with EmbeddedServer(server.folder.path) as guest:
        assert guest.process_id() == server.process_id()
        assert ask(guest, "SELECT 1") == 1
    assert server.is_running()
    guest.stop(whoever_started_it=True)
    assert not server.is_running()


def test_starts_at_the_same_moment_make_one_server(folder: Path) -> None:
    starters = [run_python(START_AND_WAIT, folder) for _ in range(3)]
    try:
        for starter in starters:
            assert starter.stdout is not None
            assert starter.stdout.readline() == "ready\n"
        # A child is named like its server until it has given itself a name.
        parents = {
            process.pid: process.info["ppid"]
            for process in psutil.process_iter(["cmdline", "ppid"])
            if str(folder / "pgdata") in (process.info["cmdline"] or ())
        }
        assert len([pid for pid, parent in parents.items() if parent not in parents]) == 1
    finally:
        for starter in starters:
            starter.kill()
            starter.communicate()


def test_two_servers_run_side_by_side(folder: Path, server: EmbeddedServer) -> None:
    server.start()
    with EmbeddedServer(folder / "second", settings=SMALL) as second:
        ask(second, "CREATE TABLE only_here (value integer)")
        assert ask(server, "SELECT to_regclass('only_here')") is None
        server.kill()
        assert ask(second, "SELECT to_regclass('only_here')::text") == "only_here"


def test_a_deep_folder_with_spaces_and_quotes_works(folder: Path) -> None:
    deep = folder / "综治 中心" / "it's" / ("x" * 120)
    folder.mkdir()
    folder.chmod(0o755)
    with EmbeddedServer(deep, settings=SMALL) as server:
        assert ask(server, "SELECT 1") == 1
    assert list((deep / "log").glob("server-*.log"))


def test_too_little_room_is_told_with_place_and_amount_before_anything_is_made(
    folder: Path,
) -> None:
    with pytest.raises(DiskFull) as refused:
        EmbeddedServer(folder, room=HUGE).start()
    assert str(folder) in str(refused.value)
    assert f"{HUGE // 1024**2} MB" in str(refused.value)
    assert list(folder.glob("pgdata*")) == []
    with EmbeddedServer(folder, settings=SMALL):
        pass


@pytest.fixture
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    folder.mkdir(mode=0o755)
    with small_disk_at(folder, 20) as disk:
        yield disk
        EmbeddedServer(folder / "data").stop("immediate", whoever_started_it=True)


def test_a_disk_that_fills_up_during_the_first_start_is_told_and_then_forgotten(
    small_disk: SmallDisk,
) -> None:
    server = EmbeddedServer(small_disk.folder / "data", settings=SMALL, room=0)
    with pytest.raises(DiskFull, match="磁盘空间不足"):
        server.start()
    small_disk.resize(400)
    with server:
        assert ask(server, "SELECT 1") == 1


def test_a_later_start_on_a_full_disk_is_refused_and_works_after_clearing(
    small_disk: SmallDisk,
) -> None:
    small_disk.resize(400)
    server = EmbeddedServer(small_disk.folder / "data", settings=SMALL, room=0)
    with server:
        pass
    ballast = small_disk.folder / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(small_disk.folder).free)
    with pytest.raises(DiskFull, match="至少 200 MB"):
        server.start()
    ballast.unlink()
    with server:
        assert ask(server, "SELECT 1") == 1


def test_a_folder_of_another_major_version_is_named_and_not_touched(
    server: EmbeddedServer,
) -> None:
    server.start()
    server.stop()
    version = server.folder.pgdata / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(DataFolderBroken, match="PostgreSQL 15"):
        server.start()
    version.write_text("18\n")
    server.start()


def test_an_incomplete_data_folder_is_refused_rather_than_made_anew(
    server: EmbeddedServer,
) -> None:
    server.start()
    server.stop()
    control = server.folder.pgdata / "global" / "pg_control"
    control.rename(control.with_name("elsewhere"))
    with pytest.raises(DataFolderBroken, match="pg_control"):
        server.start()
    assert (server.folder.pgdata / "base").is_dir()


def test_a_socket_folder_laid_out_by_somebody_else_is_refused(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    server.folder.socket_folder.symlink_to(tmp_path)
    try:
        with pytest.raises(EmbeddedServerError, match=str(server.folder.socket_folder)):
            server.start()
    finally:
        server.folder.socket_folder.unlink()
    server.start()


def test_an_empty_database_has_no_tables_and_speaks_utf8(empty_database_url: URL) -> None:
    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        assert connection.execute(text(tables)).scalar_one() == 0
        assert connection.execute(text("SHOW server_encoding")).scalar_one() == "UTF8"
    engine.dispose()
