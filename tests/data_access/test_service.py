import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from gunicorn.config import Config
from sqlalchemy import make_url

from dashboard.errors import EmbeddedServerError, PortInUse
from dashboard.settings import Settings
from data_access import service
from data_access.server_data_folder import ServerDataFolder

ROOT = Path(__file__).parents[2]
NOW = 1_700_000_000_000.0


def holding_a_claim(folder: Path) -> str:
    return (
        "import time; from pathlib import Path;"
        " from data_access import service;"
        " from data_access.server_data_folder import ServerDataFolder\n"
        f"with service.claimed(ServerDataFolder(Path({str(folder)!r}))):\n"
        "    print('claimed', flush=True); time.sleep(60)"
    )


@pytest.fixture
def claiming_process(server_folder: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A folder, and another process that has claimed it."""
    folder = server_folder / "claimed"
    argv = [sys.executable, "-c", holding_a_claim(folder)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield folder, process
        process.kill()


def test_a_folder_in_use_names_the_process_that_uses_it(
    claiming_process: tuple[Path, subprocess.Popen[str]],
) -> None:
    folder, process = claiming_process
    with pytest.raises(EmbeddedServerError) as refused, service.claimed(ServerDataFolder(folder)):
        pass
    assert f"进程号 {process.pid}" in str(refused.value)
    assert "COCKPIT_DATA_FOLDER" in str(refused.value)


def test_the_claim_of_a_killed_process_is_void(
    claiming_process: tuple[Path, subprocess.Popen[str]],
) -> None:
    folder, process = claiming_process
    process.kill()
    process.wait()
    with service.claimed(ServerDataFolder(folder)):
        assert (folder / "cockpit.lock").read_text() == str(os.getpid())


def test_a_port_that_becomes_free_is_waited_for() -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    settings = Settings(port=taken.getsockname()[1])
    threading.Timer(0.5, taken.close).start()
    service.require_port_soon(settings)


def test_a_port_that_stays_taken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PORT_PATIENCE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortInUse):
        service.require_port_soon(Settings(port=taken.getsockname()[1]))


@pytest.fixture
def answering() -> Iterator[tuple[Settings, dict[str, Any]]]:
    """A web server of its own kind; what it answers can be changed."""
    answer: dict[str, Any] = {"body": b""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer["body"])

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Settings(port=server.server_port), answer
        server.shutdown()
        thread.join()


def meta(made_at: float | None, failures: dict[str, str] | None = None) -> bytes:
    return json.dumps({"meta": {"made_at": made_at, "failures": failures or {}}}).encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (meta(NOW + 5), True),
        (meta(NOW - 5), False),
        (meta(None), False),
        (meta(NOW + 5, {"ranking": "查询失败"}), False),
        (b"<html>502 Bad Gateway</html>", False),
        (b"{}", False),
    ],
    ids=["new", "of an earlier run", "none yet", "with a failed part", "a proxy's", "another's"],
)
def test_only_a_new_whole_snapshot_counts_as_a_picture(
    answering: tuple[Settings, dict[str, Any]], body: bytes, expected: bool
) -> None:
    settings, answer = answering
    answer["body"] = body
    assert service.shows_a_picture(settings, made_since=NOW) is expected


def test_no_answer_is_no_picture() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert not service.shows_a_picture(Settings(port=port), made_since=NOW)


def test_polling_is_a_program_where_a_site_configures_it() -> None:
    owner = make_url("postgresql+psycopg://owner:hunter2@db/cockpit")
    assert service.sync_programs(Settings(), owner) == ()
    [program] = service.sync_programs(Settings(sync=Path("sources.toml")), owner)
    assert program.argv[-2:] == ("sync", "sources.toml")
    assert program.environment["COCKPIT_DATABASE_URL"].endswith("owner:hunter2@db/cockpit")
    assert "hunter2" not in f"{program!r}{program.argv}"
    other = Settings(sync=Path("sources.toml"), sync_database_url="postgresql+psycopg://db/other")
    [program] = service.sync_programs(other, owner)
    assert program.environment["COCKPIT_DATABASE_URL"] == "postgresql+psycopg://db/other"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """Environments of the programs that the service starts, by their names."""
    environments: dict[str, dict[str, str]] = {}

    class Recorder:
        def __init__(self, say: Any) -> None:
            pass

        def add(self, name: str, argv: Any, environment: dict[str, str]) -> None:
            environments[name] = {**os.environ, **environment}

        def run(self) -> None:
            pass

    monkeypatch.setattr(service, "Supervisor", Recorder)
    monkeypatch.setattr(service, "_watch", lambda settings, on_ready: None)
    return environments


def test_the_address_of_the_owner_reaches_the_polling_and_nobody_else(
    started: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_SYNC_DATABASE_URL", "postgresql+psycopg://owner:hunter2@db/x")
    monkeypatch.setenv("COCKPIT_SYNC", "sources.toml")
    settings = Settings.from_environment()
    url = make_url("postgresql+psycopg://cockpit_app@db/x")
    polling = service.sync_programs(settings, url)
    service.run(settings, url, say=print, on_ready=lambda: None, others=polling)
    assert set(started) == {"快照进程", "网页服务", "来源同步"}
    told = {name for name, environment in started.items() if "hunter2" in str(environment)}
    assert told == {"来源同步"}
    assert Settings.from_environment(started["网页服务"]).sync_database_url is None
    assert Settings.from_environment(started["来源同步"]).database_url == (
        "postgresql+psycopg://owner:hunter2@db/x"
    )


@pytest.mark.parametrize("also", ["", "unknown_key = 1", 'watermark = "no table"'])
def test_addresses_of_other_databases_reach_the_polling_and_nobody_else(
    started: dict[str, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    also: str,
) -> None:
    """Also while the file has mistakes, which the polling names: it is started again and again."""
    variables = ("GRID_URL", "HIS_URL", "COCKPIT_DATABASE_URL")
    written = "".join(f'[[source]]\nurl_variable = "{name}"\n{also}\n' for name in variables)
    (tmp_path / "sources.toml").write_text(written, encoding="utf-8")
    for name in variables:
        monkeypatch.setenv(name, f"mysql+pymysql://reader:hunter2@10.0.0.1/{name}")
    monkeypatch.delenv("HIS_URL")
    settings = Settings(sync=tmp_path / "sources.toml")
    url = make_url("postgresql+psycopg://cockpit_app@db/x")
    polling = service.sync_programs(settings, make_url("postgresql+psycopg://owner@db/x"))
    assert "hunter2" not in repr(polling)
    other = service.cockpit_program("另一个", "demo-feed")
    service.run(settings, url, say=print, on_ready=lambda: None, others=(other, *polling))
    told = {name for name, environment in started.items() if "hunter2" in str(environment)}
    assert told == {"来源同步"}
    assert started["来源同步"]["GRID_URL"] == "mysql+pymysql://reader:hunter2@10.0.0.1/GRID_URL"
    assert not started["来源同步"].get("HIS_URL")
    assert started["来源同步"]["COCKPIT_DATABASE_URL"] == "postgresql+psycopg://owner@db/x"
    assert started["网页服务"]["COCKPIT_DATABASE_URL"] == "postgresql+psycopg://cockpit_app@db/x"


def test_without_the_polling_nobody_gets_the_addresses_of_other_databases(
    started: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sources.toml").write_text('[[source]]\nurl_variable = "GRID_URL"', "utf-8")
    monkeypatch.setenv("GRID_URL", "mysql+pymysql://reader:hunter2@10.0.0.1/grid")
    settings = Settings(sync=tmp_path / "sources.toml")
    service.run(settings, make_url("sqlite://"), say=print, on_ready=lambda: None)
    assert "hunter2" not in str(started)


def test_a_stop_signal_unwinds_what_was_begun() -> None:
    steps = []
    with pytest.raises(SystemExit) as left, service.stopping_tidily():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            steps.append("tidied")
    assert steps == ["tidied"]
    assert left.value.code == 128 + signal.SIGTERM


def test_the_web_listens_where_the_settings_say() -> None:
    argv = service.web_program(Settings(host="::1", port=9000, workers=3)).argv
    assert argv[argv.index("--bind") + 1] == "[::1]:9000"
    assert argv[argv.index("--workers") + 1] == "3"
    assert "--no-control-socket" in argv


def test_gunicorn_knows_every_option_of_the_web() -> None:
    argv = service.web_program(Settings(port=9000)).argv
    known = Config().parser().parse_args(argv[argv.index("gunicorn") + 1 :])
    assert known.args == ["app:server"]
    assert known.control_socket_disable is True
