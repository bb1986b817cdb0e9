"""A whole running cockpit for tests: snapshotter and web server as processes, on a given database.

python -m tests.live_cockpit 8765      for looking at it while working on it
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL

ROOT = Path(__file__).parents[1]
READY_SECONDS = 40


@dataclass
class LiveCockpit:
    """Processes on one database; `web` and `snapshotter` can be killed and started again."""

    url: URL
    port: int = 0
    workers: int = 2
    clock_offset: float = 0
    snapshotter: str = "tests.shifted_clock"
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = self.port or free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__

    @property
    def web_app(self) -> str:
        """What gunicorn runs: the real thing, unless its clock has to be wrong."""
        return "tests.shifted_clock:server" if self.clock_offset else "app:server"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        try:
            self.start_snapshotter()
            self.start_web()
            self.wait_until_ready()
        except BaseException:
            # Nobody leaves a block that was never entered: the processes would stay behind.
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in list(self._processes):
            self.stop(name)
        if kind is not None:
            self._log.seek(0)
            sys.stderr.write(self._log.read().decode(errors="replace")[-6000:])
        self._log.close()

    def start_snapshotter(self, name: str = "snapshotter") -> None:
        self._start(name, [sys.executable, "-m", self.snapshotter])

    def start_web(self) -> None:
        argv = [sys.executable, "-m", "gunicorn", self.web_app, "-k", "asgi"]
        argv += ["-w", str(self.workers), "-b", f"127.0.0.1:{self.port}"]
        argv += ["--graceful-timeout", "3", "--no-control-socket", "--log-level", "warning"]
        self._start("web", argv)

    def stop(self, name: str) -> float:
        """End a process politely; returns the seconds it took."""
        began = time.monotonic()
        process = self._processes.pop(name)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        self._kill_group(process)
        return time.monotonic() - began

    def kill(self, name: str) -> None:
        """End a process and its children at once."""
        self._kill_group(self._processes.pop(name))

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(f"{self.address}/ready", timeout=5):
                return
            time.sleep(0.1)
        raise AssertionError("the cockpit did not become ready")

    def _start(self, name: str, argv: list[str]) -> None:
        environment = {
            **os.environ,
            "COCKPIT_DATABASE_URL": self.url.render_as_string(hide_password=False),
            "TEST_CLOCK_OFFSET": str(self.clock_offset),
            **self.environment,
        }
        self._processes[name] = subprocess.Popen(
            argv,
            cwd=ROOT,
            env=environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def _kill_group(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def own_server() -> Iterator[URL]:
    """A database server of one's own with the invented province in it."""
    from data_access.embedded import EmbeddedServer
    from tests import live_province

    with tempfile.TemporaryDirectory(prefix="cockpit-live-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedServer(Path(folder) / "pg") as server:
            server.create_database("live")
            live_province.found(server.url("live"))
            yield server.url("live")


def main() -> None:
    with own_server() as url, LiveCockpit(url, port=int(sys.argv[1])) as cockpit:
        sys.stdout.write(f"{cockpit.address}/wall  {url.render_as_string(hide_password=False)}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
