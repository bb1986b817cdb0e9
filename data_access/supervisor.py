"""Child processes: start them, keep them running, end them all, leave none behind.

Here: ``Supervisor`` for the programs that `cockpit demo` and `cockpit serve` consist of, and the
check that a TCP port is free. Not here: what those programs are, nor how the database server is
started and stopped (``embedded``); the supervisor only asks it to start again when it is gone.

How no process is left behind. On Ctrl-C, SIGTERM or a closed terminal the children are asked to
end in reverse order and, after a deadline, killed with their process groups. When the supervisor
itself is killed -9 it can ask nobody, so every child is started through ``setpriv --pdeathsig``:
the kernel then sends the child SIGTERM. (setpriv rather than Python code between fork and exec,
which is not safe in a process with threads; it replaces itself, so the child's id is its own.)
"""

import contextlib
import errno
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Protocol

import psutil

from dashboard.errors import ChildProcessFailed, EmbeddedServerError, PortInUse, SettingsError
from dashboard.system_errors import words_of

STOP_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.1
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_AFTER_SECONDS = 60.0
LOOK_AT_SERVER_EVERY_SECONDS = 1.0


def bound_to_this_process(argv: Sequence[str], how: signal.Signals) -> list[str]:
    """``argv`` such that the kernel sends it signal ``how`` when the thread that starts it ends."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ChildProcessFailed("缺少系统命令 setpriv：请安装软件包 util-linux 后重新启动。")
    return [setpriv, "--pdeathsig", how.name.removeprefix("SIG"), "--", *argv]


@dataclass
class _Child:
    name: str
    argv: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause: float = field(default=FIRST_PAUSE_SECONDS)


class Server(Protocol):
    """What the supervisor needs to know of a server that is not its own child."""

    def is_running(self) -> bool:
        """Whether it runs now."""

    def start(self) -> None:
        """Start it again; raises ``EmbeddedServerError`` when that does not work."""


@dataclass
class _Kept:
    name: str
    server: Server
    look_again_at: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS


class Supervisor:
    """Runs programs side by side until told to stop, and starts a crashed one again.

    ``say`` gets one Chinese sentence for each thing an operator should know. ``stop_seconds`` is
    how long one program may take to end. Times are seconds of the monotonic clock.
    """

    def __init__(self, say: Callable[[str], None], *, stop_seconds: float = STOP_SECONDS) -> None:
        self._say = say
        self._stop_seconds = stop_seconds
        self._children: list[_Child] = []
        self._kept: list[_Kept] = []
        self._stop_requests = 0

    def add(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Take in a program; ``env`` is laid over our own environment.

        Raises ``ChildProcessFailed`` when there is no such program.
        """
        environment = {**os.environ, **(env or {})}
        program = shutil.which(argv[0], path=environment.get("PATH"))
        if program is None:
            raise ChildProcessFailed(f"无法启动“{name}”：找不到程序 {argv[0]}。请重新安装依赖。")
        self._children.append(_Child(name, [program, *argv[1:]], environment))

    def keep(self, name: str, server: Server) -> None:
        """Start ``server`` again whenever it is gone; stopping it stays the caller's."""
        self._kept.append(_Kept(name, server))

    def run(self) -> None:
        """Start everything, look after it until a stop signal comes, stop everything.

        Must be called in the main thread: signals are only delivered there, and the kernel ends
        the children when the thread that started them ends.
        """
        with self._stop_signals():
            try:
                self.start()
                while not self._stop_requests:
                    self.look_after()
                    time.sleep(LOOK_EVERY_SECONDS)
            finally:
                self.stop()

    def start(self) -> None:
        """Start every program that does not run, in the order they were added."""
        for child in self._children:
            if child.process is None:
                self._start(child)

    def look_after(self) -> None:
        """Notice programs that have ended, and start them again when their pause is over."""
        now = time.monotonic()
        for kept in self._kept:
            if now >= kept.look_again_at:
                self._look_at_server(kept)
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._note_end(child, now)
            elif child.process is None and now >= child.start_again_at:
                self._start(child)

    def stop(self) -> None:
        """Stop every program, the last added first, and return when none is left."""
        for child in reversed(self._children):
            if child.process is not None:
                self._end(child, child.process)
                child.process = None

    def _start(self, child: _Child) -> None:
        child.process = subprocess.Popen(
            bound_to_this_process(child.argv, signal.SIGTERM),
            env=child.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # its own group: the terminal's Ctrl-C reaches us alone
        )
        child.started_at = time.monotonic()

    def _look_at_server(self, kept: _Kept) -> None:
        pause = LOOK_AT_SERVER_EVERY_SECONDS
        if kept.server.is_running():
            kept.pause = FIRST_PAUSE_SECONDS
        else:
            self._tell(f"“{kept.name}”已停止，正在重新启动。")
            try:
                kept.server.start()
            except EmbeddedServerError as error:
                self._tell(f"{error} {kept.pause:g} 秒后再试。")
                pause = kept.pause
                kept.pause = min(kept.pause * 2, LONGEST_PAUSE_SECONDS)
        kept.look_again_at = time.monotonic() + pause

    def _note_end(self, child: _Child, now: float) -> None:
        assert child.process is not None
        how = _how_it_ended(child.process.returncode)
        _kill_group(child.process.pid)
        child.process = None
        if now - child.started_at >= STEADY_AFTER_SECONDS:
            child.pause = FIRST_PAUSE_SECONDS
        child.start_again_at = now + child.pause
        self._tell(f"“{child.name}”意外结束（{how}），{child.pause:g} 秒后重新启动。")
        child.pause = min(child.pause * 2, LONGEST_PAUSE_SECONDS)

    def _end(self, child: _Child, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        deadline = time.monotonic() + self._stop_seconds
        while process.poll() is None and time.monotonic() < deadline and self._stop_requests < 2:
            time.sleep(LOOK_EVERY_SECONDS / 5)
        if process.poll() is None:
            self._tell(f"“{child.name}”没有按时结束，已强制终止。")
        _kill_group(process.pid)
        process.wait()

    def _tell(self, sentence: str) -> None:
        # A terminal that has been closed must not keep us from ending the children.
        with contextlib.suppress(OSError, ValueError):
            self._say(sentence)

    @contextlib.contextmanager
    def _stop_signals(self) -> Iterator[None]:
        # nohup has the hang-up ignored, and means it
        wanted = [
            number
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
        ]
        before = {number: signal.signal(number, self._on_signal) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop_requests += 1  # the second one cuts the waiting short


def _kill_group(process_group: int) -> None:
    """Kill what is left of a child's group: the child itself, or what it left behind."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process_group, signal.SIGKILL)


def _how_it_ended(returncode: int) -> str:
    if returncode < 0:
        return f"信号 {signal.Signals(-returncode).name}"
    return f"退出码 {returncode}"


def port_is_free(host: str, port: int) -> bool:
    """Whether we could listen on a TCP port now.

    Raises ``SettingsError`` when the reason is not another program: the address is not of this
    machine, or the port needs root.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise SettingsError(
            f"无法在 {host}:{port} 上监听：{words_of(error)}。"
            "请检查 COCKPIT_HOST 和 COCKPIT_PORT（1024 以下的端口需要 root）。"
        ) from error
    return True


def require_free_port(host: str, port: int) -> None:
    """Raise ``PortInUse`` naming the program that listens there, as far as we may know it."""
    if port_is_free(host, port):
        return
    holder = _listener_on(port)
    raise PortInUse(
        f"端口 {port} 已被{holder}占用（{host}:{port}）。请先停止它，"
        f"或换一个端口，例如：COCKPIT_PORT={_next_free_port(host, port)} make demo"
    )


def _next_free_port(host: str, port: int) -> int:
    later = range(port + 1, min(port + 100, 65536))
    return next((candidate for candidate in later if port_is_free(host, candidate)), 0)


def _listener_on(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            if listens and connection.pid:
                return f"程序 {psutil.Process(connection.pid).name()}（进程号 {connection.pid}）"
    return "另一个程序"
