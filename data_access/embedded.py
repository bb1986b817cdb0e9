"""The embedded PostgreSQL server: a real server in one private folder, for one machine.

Here: starting the server, finding the one that already runs, stopping it. Not here: its folder and
configuration (``server_data_folder``), its programs and user (``server_programs``), what is in its
databases, nor which processes of the cockpit use it (``supervisor``).

The server listens on a unix socket in a private folder and on nothing else. Who can enter that
folder (its owner and root) is trusted; there are no passwords.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import psutil
import psycopg
from psycopg import sql
from sqlalchemy import URL

from dashboard.errors import EmbeddedServerError
from data_access.server_data_folder import (
    ROOM_FOR_FIRST_START,
    SUPERUSER,
    ServerDataFolder,
    fresh_file,
    system_errors_explained,
)
from data_access.server_programs import RunAs, find_programs, programs_for, run_as_for
from data_access.supervisor import bound_to_this_process

START_SECONDS = 300.0  # crash recovery of a busy server takes minutes
STOP_SECONDS = 60.0
ORPHAN_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.02

StopMode = Literal["smart", "fast", "immediate"]
STOP_SIGNALS: Mapping[StopMode, signal.Signals] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}


class EmbeddedServer:
    """One PostgreSQL server on one data folder.

    ``settings`` are PostgreSQL settings laid over ``server_data_folder.DEFAULT_SETTINGS``; they
    take effect when this object starts the server. ``room`` is the number of free bytes a first
    start asks for. ``programs`` is a ``bin`` folder to use instead of the wheel's.

    The server ends with the process that started it, even when that is killed -9. (Started from
    another thread than the main one it outlives the process, because the kernel would end it with
    that thread.)
    """

    def __init__(
        self,
        data_folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        room: int = ROOM_FOR_FIRST_START,
        programs: Path | None = None,
    ) -> None:
        self.folder = ServerDataFolder(data_folder)
        self._settings = dict(settings or {})
        self._room = room
        self._wanted_programs = programs
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def url(self, database: str, user: str = SUPERUSER) -> URL:
        """SQLAlchemy URL (psycopg 3) of a database, over the unix socket."""
        return URL.create(
            "postgresql+psycopg",
            username=user,
            database=database,
            query={"host": str(self.folder.socket_folder)},
        )

    def environment(self, database: str, user: str = SUPERUSER) -> dict[str, str]:
        """Variables that let plain ``psql``, ``pg_dump`` and the like find a database."""
        return {
            "PGHOST": str(self.folder.socket_folder),
            "PGDATABASE": database,
            "PGUSER": user,
        }

    def program(self, name: str) -> Path:
        """Path of one of PostgreSQL's programs of the same version, for instance ``psql``."""
        return (self._wanted_programs or find_programs()) / name

    def create_database(self, name: str) -> None:
        """Make an empty UTF-8 database, unless there is one of that name."""
        server = psycopg.conninfo.make_conninfo(
            host=str(self.folder.socket_folder), user=SUPERUSER, dbname="postgres"
        )
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        exists = contextlib.suppress(psycopg.errors.DuplicateDatabase)
        with exists, psycopg.connect(server, autocommit=True) as connection:
            connection.execute(statement)

    def is_running(self) -> bool:
        """Whether a server runs on this folder, ready or still recovering, whoever started it."""
        return self.process_id() is not None

    def process_id(self) -> int | None:
        """Process id of the server that runs on this folder, whoever started it."""
        if self._own_process_runs() and self._process and self._works_here(self._process.pid):
            return self._process.pid
        said = self.folder.lock_file()
        pid = int(said[0]) if said and said[0].isdigit() else None
        return pid if pid is not None and self._works_here(pid) else None

    def start(self) -> None:
        """Start the server and wait until it answers; use the one that already runs here.

        Makes the data folder on first start. Raises ``DiskFull``, ``DataFolderBroken``,
        ``ServerProgramsMissing`` or plain ``EmbeddedServerError``; the next start works as soon as
        the cause is gone.
        """
        run_as = run_as_for(self.folder.path)
        with system_errors_explained(self.folder.path):
            self.folder.prepare(run_as)
            with self.folder.start_lock():
                if not (self.is_running() and self._answers_at_last()):
                    self._start(run_as)

    def _start(self, run_as: RunAs) -> None:
        self.folder.require_room(self._room)
        programs = programs_for(run_as, self._wanted_programs or find_programs())
        self.folder.initialise(programs, run_as)
        self.folder.require_version_of(programs)
        self._clear_after_crash()
        self.folder.prepare_socket_folder(run_as)
        self.folder.write_configuration(self._settings, run_as)
        self._launch(programs, run_as)
        if not self._answers_at_last():
            raise self.folder.explained("postgres", self.folder.last_words())

    def _clear_after_crash(self) -> None:
        """Make way after ``kill -9`` or a reboot.

        PostgreSQL refuses to start while the process named in a stale postmaster.pid exists, and
        after a reboot that number may be anybody's. We know better: no server works here. What a
        killed server left behind ends by itself, or is ended.
        """
        left = [psutil.Process(pid) for pid in psutil.pids() if self._works_here(pid)]
        _, stubborn = psutil.wait_procs(left, timeout=ORPHAN_SECONDS)
        for process in stubborn:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(stubborn, timeout=ORPHAN_SECONDS)
        (self.folder.pgdata / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self, programs: Path, run_as: RunAs) -> None:
        argv = [str(programs / "postgres"), "-D", str(self.folder.pgdata)]
        if threading.current_thread() is threading.main_thread():
            argv = bound_to_this_process(argv, STOP_SIGNALS["fast"])
        with fresh_file(self.folder.startup_log) as log:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder.path,
                start_new_session=True,  # a Ctrl-C on the terminal is for us, not for the server
                **run_as.popen_arguments(),
            )

    def _answers_at_last(self) -> bool:
        """Wait: True when the server answers, False when it has ended instead."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            running = self.is_running()
            said = self.folder.lock_file()
            if running and len(said) > 7 and said[7].strip() == "ready":
                return True
            if not running and not self._own_process_runs():
                return False
            time.sleep(LOOK_EVERY_SECONDS)
        raise EmbeddedServerError(
            f"内嵌数据库 {START_SECONDS:.0f} 秒内没有就绪，可能仍在做崩溃恢复。"
            f"请查看 {self.folder.log}，稍后重新启动。"
        )

    def stop(self, mode: StopMode = "fast", *, whoever_started_it: bool = False) -> None:
        """Stop the server; one that this object did not start is left alone.

        ``whoever_started_it`` stops that one too. A server that has not ended after 60 s is told
        to end at once (its next start recovers), then killed.
        """
        pid = self.process_id() if whoever_started_it else self._own_process_id()
        if pid is None:
            return
        for how in (STOP_SIGNALS[mode], signal.SIGQUIT, signal.SIGKILL):
            if self._end(pid, how):
                break
        with contextlib.suppress(OSError):
            self.folder.socket_folder.rmdir()

    def kill(self) -> None:
        """End the server as a power cut would, without a word: for tests of what comes after."""
        pid = self.process_id()
        if pid is not None:
            self._end(pid, signal.SIGKILL)

    def _end(self, pid: int, how: signal.Signals) -> bool:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not self._works_here(pid) and self._own_process_id() != pid:
                return True
            time.sleep(LOOK_EVERY_SECONDS)
        return False

    def _own_process_runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _own_process_id(self) -> int | None:
        return self._process.pid if self._process and self._own_process_runs() else None

    def _works_here(self, pid: int) -> bool:
        """Whether ``pid`` is a live PostgreSQL process of this folder (they all work in pgdata)."""
        try:
            process = psutil.Process(pid)
            if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
                return False
            return Path(process.cwd()) == self.folder.pgdata.resolve()
        except (psutil.Error, OSError):
            return False
