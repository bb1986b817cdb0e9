import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from dashboard.errors import ChildProcessFailed, EmbeddedServerError, PortInUse, SettingsError
from data_access import supervisor as supervisor_module
from data_access.embedded import EmbeddedServer
from data_access.supervisor import Supervisor, port_is_free, require_free_port

CHECKOUT = Path(__file__).parents[2]

# Writes its process id into the folder given, then does as its name says.
QUIET = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1], f"{os.getpid()}.pid").touch()
time.sleep(60)
"""
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + QUIET
PARENT = (
    "import subprocess, sys\n"
    f"subprocess.Popen([sys.executable, '-c', {DEAF!r}, sys.argv[1]])\n" + QUIET
)

SUPERVISOR = """
import signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests may be run by nohup
from data_access.embedded import EmbeddedServer
from data_access.supervisor import Supervisor
supervisor = Supervisor(lambda sentence: print(sentence, flush=True), stop_seconds=1.0)
for number, code in enumerate(sys.argv[2:]):
    supervisor.add(f"child {number}", [sys.executable, "-c", code, sys.argv[1]])
supervisor.run()
print("stopped", flush=True)
"""


def started_pids(folder: Path) -> list[int]:
    return [int(path.stem) for path in folder.glob("*.pid")]


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def process_ids(supervisor: Supervisor) -> dict[str, int]:
    """Process ids of the programs that run now, by name."""
    running = {child.name: child.process for child in supervisor._children if child.process}
    return {name: process.pid for name, process in running.items() if process.poll() is None}


@pytest.fixture
def run_supervisor(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a supervisor in a process of its own and waits until ``expected`` children run."""
    processes: list[subprocess.Popen[str]] = []

    def run(*children: str, expected: int) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", SUPERVISOR, str(tmp_path), *children]
        process = subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert eventually(lambda: len(started_pids(tmp_path)) == expected)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()
    for pid in started_pids(tmp_path):
        if lives(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("stop_signal", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_every_child_and_grandchild(
    run_supervisor: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    stop_signal: signal.Signals,
) -> None:
    process = run_supervisor(QUIET, DEAF, PARENT, expected=4)
    process.send_signal(stop_signal)
    said, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert said.splitlines() == ["“child 1”没有按时结束，已强制终止。", "stopped"]
    assert [pid for pid in started_pids(tmp_path) if lives(pid)] == []


def test_a_second_ctrl_c_does_not_wait_for_a_deaf_child(tmp_path: Path) -> None:
    patient = SUPERVISOR.replace("stop_seconds=1.0", "stop_seconds=60.0")
    argv = [sys.executable, "-c", patient, str(tmp_path), DEAF]
    with subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert eventually(lambda: len(started_pids(tmp_path)) == 1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=5)
    assert not lives(started_pids(tmp_path)[0])


def test_no_child_is_left_when_the_supervisor_is_killed(
    run_supervisor: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = run_supervisor(QUIET, QUIET, expected=2)
    process.kill()
    process.wait()
    assert eventually(lambda: not any(lives(pid) for pid in started_pids(tmp_path)))


def test_children_end_in_reverse_order_of_their_start(tmp_path: Path) -> None:
    log = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2] + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open(sys.argv[1] + sys.argv[2], 'w')\n"
        "time.sleep(60)\n"
    )
    supervisor = Supervisor(pytest.fail)
    names = ["database", "generator", "web"]
    for name in names:
        supervisor.add(name, [sys.executable, "-c", code, str(log), name])
    supervisor.start()
    assert list(process_ids(supervisor)) == names
    assert eventually(lambda: all(Path(f"{log}{name}").exists() for name in names))
    supervisor.stop()
    assert log.read_text().split() == names[::-1]
    assert process_ids(supervisor) == {}


def test_a_killed_child_is_started_again_and_that_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    supervisor.add("网页服务", [sys.executable, "-c", QUIET, str(tmp_path)])
    supervisor.start()
    try:
        first = process_ids(supervisor)["网页服务"]
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: _looked_after(supervisor).get("网页服务") not in (None, first))
        assert said == ["“网页服务”意外结束（信号 SIGKILL），0.5 秒后重新启动。"]
    finally:
        supervisor.stop()


def _looked_after(supervisor: Supervisor) -> dict[str, int]:
    supervisor.look_after()
    return process_ids(supervisor)


def test_pauses_before_a_new_start_double_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(supervisor_module.time, "monotonic", lambda: now)
    said: list[str] = []
    supervisor = Supervisor(said.append)
    supervisor.add("x", ["true"])
    supervisor.start()
    for _ in range(9):
        _wait_for_end(supervisor)
        supervisor.look_after()
        now += 30.0
        supervisor.look_after()
    supervisor.stop()
    pauses = [float(sentence.split("，")[1].split(" ")[0]) for sentence in said]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_child_that_ran_for_a_minute_gets_the_short_pause_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(supervisor_module.time, "monotonic", lambda: now)
    said: list[str] = []
    supervisor = Supervisor(said.append)
    supervisor.add("x", ["false"])
    supervisor.start()
    for run_seconds in (0.0, 0.0, 60.0):
        _wait_for_end(supervisor)
        now += run_seconds
        supervisor.look_after()
        now += 30.0
        supervisor.look_after()
    supervisor.stop()
    assert [sentence.split("，")[1] for sentence in said] == [
        "0.5 秒后重新启动。",
        "1 秒后重新启动。",
        "0.5 秒后重新启动。",
    ]
    assert "退出码 1" in said[0]


def _wait_for_end(supervisor: Supervisor) -> None:
    # by real time: the clock of the supervisor stands still in these tests
    for _ in range(500):
        if not process_ids(supervisor):
            return
        time.sleep(0.01)
    pytest.fail("the child did not end")


def test_a_child_gets_our_environment_with_its_own_laid_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_HOST", "127.0.0.1")
    monkeypatch.setenv("COCKPIT_PORT", "8050")
    out = tmp_path / "out"
    supervisor = Supervisor(pytest.fail)
    command = f'echo "$COCKPIT_HOST $COCKPIT_PORT" > {out}; exec sleep 60'
    supervisor.add("x", ["sh", "-c", command], {"COCKPIT_PORT": "9000"})
    supervisor.start()
    try:
        assert eventually(lambda: out.is_file() and out.read_text() == "127.0.0.1 9000\n")
    finally:
        supervisor.stop()


def test_a_missing_program_is_named_before_anything_starts() -> None:
    with pytest.raises(ChildProcessFailed, match="“网页服务”：找不到程序 gunicorn-of-nowhere"):
        Supervisor(pytest.fail).add("网页服务", ["gunicorn-of-nowhere"])


def test_a_closed_terminal_does_not_keep_children_alive(tmp_path: Path) -> None:
    def broken(sentence: str) -> None:
        raise BrokenPipeError

    supervisor = Supervisor(broken, stop_seconds=0.2)
    supervisor.add("deaf", [sys.executable, "-c", DEAF, str(tmp_path)])
    supervisor.start()
    assert eventually(lambda: len(started_pids(tmp_path)) == 1)
    supervisor.stop()
    assert not lives(started_pids(tmp_path)[0])


class UnreliableServer:
    """Is gone, fails to start once, then runs."""

    def __init__(self) -> None:
        self.failures = [EmbeddedServerError("磁盘空间不足。")]
        self.running = False

    def is_running(self) -> bool:
        return self.running

    def start(self) -> None:
        if self.failures:
            raise self.failures.pop()
        self.running = True


def test_a_kept_server_is_started_again_until_it_runs() -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    server = UnreliableServer()
    supervisor.keep("数据库", server)
    assert eventually(lambda: _looked_after(supervisor) == {} and server.running)
    assert said == [
        "“数据库”已停止，正在重新启动。",
        "磁盘空间不足。 0.5 秒后再试。",
        "“数据库”已停止，正在重新启动。",
    ]


def test_a_killed_database_server_comes_back_with_its_rows(server_folder: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    with EmbeddedServer(server_folder / "kept", settings={"shared_buffers": "16MB"}) as server:
        server.create_database("kept")
        supervisor.keep("数据库", server)
        server.kill()
        assert eventually(lambda: _looked_after(supervisor) == {} and server.is_running())
        with psycopg.connect(host=str(server.folder.socket_folder), user="postgres", dbname="kept"):
            pass
    assert said == ["“数据库”已停止，正在重新启动。"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_port_somebody_listens_on_is_not_free(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    assert not port_is_free("127.0.0.1", port)
    assert not port_is_free("0.0.0.0", port)
    listener.close()
    assert port_is_free("127.0.0.1", port)


def test_a_port_whose_last_connection_has_just_closed_is_free(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)):
        accepted, _ = listener.accept()
        accepted.close()  # the side that closes first keeps the port in TIME_WAIT
    listener.close()
    assert port_is_free("127.0.0.1", port)


def test_a_port_in_use_names_its_holder_and_a_port_that_is_free(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(PortInUse) as refused:
        require_free_port("127.0.0.1", port)
    message = str(refused.value)
    assert f"端口 {port} 已被" in message
    assert f"进程号 {os.getpid()}" in message
    other = int(message.split("COCKPIT_PORT=")[1].split()[0])
    require_free_port("127.0.0.1", other)


def test_an_address_of_another_machine_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="COCKPIT_HOST"):
        port_is_free("192.0.2.1", 8050)
