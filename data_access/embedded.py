"""The embedded PostgreSQL server: a real server in one private folder, for one machine.

Here: making its data folder, starting, finding, stopping it, and what its configuration is. Not
here: what is in its databases, nor which processes of the cockpit use it (``supervisor``).

A data folder holds ``pgdata`` (PostgreSQL's own), ``log`` (one file a weekday), ``server.lock``
and, while it is being made, ``pgdata.new``. ``pgdata`` appears by one rename, so a first start
that is killed leaves only ``pgdata.new``, which the next start throws away.

The server listens on a unix socket in a private folder and on nothing else. Who can enter that
folder (its owner and root) is trusted; there are no passwords.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import psutil
import psycopg
from psycopg import sql
from sqlalchemy import URL

from dashboard.errors import DataFolderBroken, DiskFull, EmbeddedServerError
from data_access.server_programs import (
    RunAs,
    find_programs,
    major_of,
    programs_for,
    require_reachable,
    run_as_for,
)
from data_access.supervisor import bound_to_this_process

SUPERUSER = "postgres"
ROOM_FOR_FIRST_START = 2 * 1024**3
ROOM_FOR_LATER_STARTS = 200 * 1024**2
START_SECONDS = 300.0  # crash recovery of a busy server takes minutes
STOP_SECONDS = 60.0
ORPHAN_SECONDS = 10.0
ROOM_FOR_SHARED_MEMORY = 512 * 1024**2

DEFAULT_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",  # readings take milliseconds; compiling them would take longer
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_filename": "server-%a.log",  # seven files, each overwritten after a week
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
}

StopMode = Literal["smart", "fast", "immediate"]
_SIGNALS: Mapping[StopMode, signal.Signals] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}


class EmbeddedServer:
    """One PostgreSQL server on one data folder.

    ``settings`` are PostgreSQL settings laid over ``DEFAULT_SETTINGS``. ``room`` is the number of
    free bytes a first start asks for. ``programs`` is a ``bin`` folder to use instead of the
    wheel's.

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
        self.data_folder = data_folder.absolute()
        self.pgdata = self.data_folder / "pgdata"
        digest = hashlib.sha256(str(self.data_folder.resolve()).encode()).hexdigest()[:12]
        # Not inside the data folder: a socket's path may have 107 bytes, and checkouts lie deep.
        self.socket_folder = Path("/tmp") / f"cockpit-{digest}"
        self._settings = {**DEFAULT_SETTINGS, **(settings or {})}
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

    # -- what callers ask ------------------------------------------------------------------------

    def url(self, database: str, user: str = SUPERUSER) -> URL:
        """SQLAlchemy URL (psycopg 3) of a database, over the unix socket."""
        return URL.create(
            "postgresql+psycopg",
            username=user,
            database=database,
            query={"host": str(self.socket_folder)},
        )

    def environment(self, database: str, user: str = SUPERUSER) -> dict[str, str]:
        """Variables that let plain ``psql``, ``pg_dump`` and the like find a database."""
        return {"PGHOST": str(self.socket_folder), "PGDATABASE": database, "PGUSER": user}

    def program(self, name: str) -> Path:
        """Path of one of PostgreSQL's programs of the same version, for instance ``psql``."""
        return (self._wanted_programs or find_programs()) / name

    def process_id(self) -> int | None:
        """Process id of the server that runs on this folder, whoever started it."""
        if self._process is not None:
            self._process.poll()  # reaps it when it has ended
        said = self._lock_file_lines()
        if not said or not said[0].strip("-").isdigit():
            return None
        pid = abs(int(said[0]))
        return pid if self._works_here(pid) else None

    def is_running(self) -> bool:
        """Whether a server runs on this folder, ready or still recovering."""
        return self.process_id() is not None

    def create_database(self, name: str) -> None:
        """Make an empty UTF-8 database, unless there is one of that name."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        exists = contextlib.suppress(psycopg.errors.DuplicateDatabase)
        with exists, psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(statement)

    # -- start -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server and wait until it answers; use the one that already runs here.

        Makes the data folder on first start. Raises ``DiskFull``, ``DataFolderBroken``,
        ``ServerProgramsMissing`` or plain ``EmbeddedServerError``; the next start then works as
        soon as the cause is gone.
        """
        run_as = run_as_for(self.data_folder)
        self._prepare_data_folder(run_as)
        with self._start_lock():
            if self.is_running() and self._wait_until_ready():
                return
            self._require_room()
            programs = programs_for(run_as, self._wanted_programs or find_programs())
            if not self.pgdata.exists():
                self._initialise(programs, run_as)
            self._require_same_version(programs)
            self._clear_after_crash()
            self._prepare_socket_folder(run_as)
            self._write_configuration(run_as)
            self._launch(programs, run_as)
            if not self._wait_until_ready():
                self._explain_failed_start()

    def _prepare_data_folder(self, run_as: RunAs) -> None:
        try:
            self.data_folder.mkdir(parents=True, exist_ok=True)
            if run_as.drop and self.data_folder.stat().st_uid == 0:
                os.chown(self.data_folder, run_as.uid, run_as.gid)
            owner = self.data_folder.stat().st_uid
            if owner != run_as.uid:
                raise DataFolderBroken(
                    f"数据目录 {self.data_folder} 属于用户号 {owner}，"
                    f"而数据库以 {run_as.name} 运行。请执行 chown -R {run_as.name} {self.data_folder}，或换一个数据目录。"
                )
            self.data_folder.chmod(0o700)
        except OSError as error:
            raise _as_server_error(error, self.data_folder) from error
        require_reachable(self.data_folder, run_as)

    @contextlib.contextmanager
    def _start_lock(self) -> Iterator[None]:
        """One start at a time on a folder; the kernel lets go of the lock when we die."""
        with (self.data_folder / "server.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _require_room(self) -> None:
        needed = ROOM_FOR_LATER_STARTS if self.pgdata.exists() else self._room
        free = shutil.disk_usage(self.data_folder).free
        if free < needed:
            raise DiskFull(_disk_full_message(self.data_folder, free, needed))

    def _initialise(self, programs: Path, run_as: RunAs) -> None:
        new = self.data_folder / "pgdata.new"
        shutil.rmtree(new, ignore_errors=True)
        argv = [
            str(programs / "initdb"),
            f"--pgdata={new}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale=C",
            "--auth-local=trust",
            "--auth-host=reject",
        ]
        done = subprocess.run(
            argv, capture_output=True, cwd=self.data_folder, check=False, **run_as.popen_arguments()
        )
        if done.returncode != 0:
            shutil.rmtree(new, ignore_errors=True)
            self._explain(done.stderr.decode(errors="replace"), "initdb")
        with (new / "postgresql.conf").open("a") as configuration:
            configuration.write(
                "\ninclude = 'cockpit.conf'\n# Lines below this one win over cockpit.conf.\n"
            )
        new.rename(self.pgdata)

    def _require_same_version(self, programs: Path) -> None:
        version = self.pgdata / "PG_VERSION"
        if not version.is_file() or not (self.pgdata / "global" / "pg_control").is_file():
            raise DataFolderBroken(
                f"数据目录 {self.pgdata} 不完整：缺少 PG_VERSION 或 global/pg_control。"
                "请把该目录移走（不要直接删除，也许还能恢复），再重新启动。"
            )
        made_by, ours = version.read_text().strip(), str(major_of(programs))
        if made_by != ours:
            raise DataFolderBroken(
                f"数据目录 {self.pgdata} 由 PostgreSQL {made_by} 建立，而当前程序是 {ours}。"
                f"请用 pg_dump 从 {made_by} 导出后再导入，或换一个数据目录。"
            )

    def _clear_after_crash(self) -> None:
        """Make way after ``kill -9`` or a reboot.

        PostgreSQL refuses to start while the process named in a stale postmaster.pid exists, and
        after a reboot that number may be anybody's. We know better: no server works here. What a
        killed server left behind ends by itself, or is ended.
        """
        left = [psutil.Process(pid) for pid in self._server_processes()]
        _, stubborn = psutil.wait_procs(left, timeout=ORPHAN_SECONDS)
        for process in stubborn:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(stubborn, timeout=ORPHAN_SECONDS)
        (self.pgdata / "postmaster.pid").unlink(missing_ok=True)

    def _prepare_socket_folder(self, run_as: RunAs) -> None:
        with contextlib.suppress(FileExistsError):
            self.socket_folder.mkdir(mode=0o700)
            if run_as.drop:
                os.chown(self.socket_folder, run_as.uid, run_as.gid)
        found = self.socket_folder.lstat()
        # /tmp is everybody's: another user may have put something there under our name.
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == run_as.uid
        if not ours or stat.S_IMODE(found.st_mode) & 0o077:
            raise EmbeddedServerError(
                f"数据库的套接字目录 {self.socket_folder} 已存在，但不是 {run_as.name} 独有的目录。"
                f"请删除它（rm -r {self.socket_folder}）后重新启动。"
            )

    def _write_configuration(self, run_as: RunAs) -> None:
        settings = {
            **self._settings,
            "unix_socket_directories": str(self.socket_folder),
            "log_directory": str(self.data_folder / "log"),
        }
        settings.setdefault("dynamic_shared_memory_type", shared_memory_type(Path("/dev/shm")))
        lines = ["# Written at every start. Put your own settings below the include line."]
        lines += [f"{name} = '{_quoted(value)}'" for name, value in settings.items()]
        path = self.pgdata / "cockpit.conf"
        try:
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            os.chown(path, run_as.uid, run_as.gid)
        except OSError as error:
            raise _as_server_error(error, self.data_folder) from error

    def _launch(self, programs: Path, run_as: RunAs) -> None:
        argv = [str(programs / "postgres"), "-D", str(self.pgdata)]
        if threading.current_thread() is threading.main_thread():
            argv = bound_to_this_process(argv, signal.SIGINT)
        with self._startup_log().open("wb") as log:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data_folder,
                start_new_session=True,  # a Ctrl-C on the terminal is for us, not for the server
                **run_as.popen_arguments(),
            )

    def _startup_log(self) -> Path:
        return self.data_folder / "startup.log"

    def _wait_until_ready(self) -> bool:
        """True when the server answers, False when it has ended instead."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            said = self._lock_file_lines()
            running = self.is_running()
            if running and len(said) > 7 and said[7].strip() in ("ready", "standby"):
                return True
            ours_runs = self._process is not None and self._process.poll() is None
            if not running and not ours_runs:
                return False
            time.sleep(0.02)
        raise EmbeddedServerError(
            f"内嵌数据库 {START_SECONDS:.0f} 秒内没有就绪，可能仍在做崩溃恢复。"
            f"请查看 {self.data_folder / 'log'}，稍后重新启动。"
        )

    def _explain_failed_start(self) -> None:
        logs = [self._startup_log(), *(self.data_folder / "log").glob("server-*.log")]
        newest = sorted((log for log in logs if log.is_file()), key=lambda log: log.stat().st_mtime)
        said = "\n".join(log.read_text(errors="replace")[-20_000:] for log in newest[-2:])
        self._explain(said, "postgres")

    def _explain(self, said: str, program: str) -> None:
        """Raise the error that PostgreSQL's own words amount to."""
        if "No space left on device" in said:
            free = shutil.disk_usage(self.data_folder).free
            raise DiskFull(_disk_full_message(self.data_folder, free, self._room))
        telling = [line for line in said.splitlines() if "FATAL" in line or "error:" in line]
        last = telling[-1] if telling else said.strip()[-300:]
        raise EmbeddedServerError(
            f"内嵌数据库没有启动（{program}）：{last or '没有任何输出'}。"
            f"详见 {self.data_folder / 'log'}。"
        )

    # -- stop ------------------------------------------------------------------------------------

    def stop(self, mode: StopMode = "fast", *, whoever_started_it: bool = False) -> None:
        """Stop the server; one that was already running when we came is left alone.

        ``whoever_started_it`` stops that one too. A server that has not ended after 60 s is told
        to end at once (its next start recovers), then killed.
        """
        pid = self.process_id()
        if pid is not None and (self._process is not None or whoever_started_it):
            for step in (_SIGNALS[mode], signal.SIGQUIT, signal.SIGKILL):
                if self._end(pid, step, STOP_SECONDS):
                    break
            with contextlib.suppress(OSError):
                self.socket_folder.rmdir()
        self._forget_process()

    def kill(self) -> None:
        """End the server as a power cut would, without a word: for tests of what comes after."""
        pid = self.process_id()
        if pid is not None:
            self._end(pid, signal.SIGKILL, STOP_SECONDS)
        self._forget_process()

    def _end(self, pid: int, how: signal.Signals, seconds: float) -> bool:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + seconds
        while self._works_here(pid) and time.monotonic() < deadline:
            if self._process is not None:
                self._process.poll()
            time.sleep(0.02)
        return not self._works_here(pid)

    def _forget_process(self) -> None:
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
            self._process = None

    # -- what the operating system knows ---------------------------------------------------------

    def _lock_file_lines(self) -> list[str]:
        try:
            return (self.pgdata / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _works_here(self, pid: int) -> bool:
        """Whether ``pid`` is a live PostgreSQL process of this folder (they all work in pgdata)."""
        try:
            process = psutil.Process(pid)
            if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
                return False
            return Path(process.cwd()) == self.pgdata.resolve()
        except (psutil.Error, OSError):
            return False

    def _server_processes(self) -> list[int]:
        return [pid for pid in psutil.pids() if self._works_here(pid)]

    def _conninfo(self) -> str:
        return psycopg.conninfo.make_conninfo(
            host=str(self.socket_folder), user=SUPERUSER, dbname="postgres"
        )


def shared_memory_type(shared_memory: Path) -> str:
    """``posix``, or ``mmap`` where /dev/shm is too small for parallel queries (Docker: 64 MB)."""
    try:
        roomy = shutil.disk_usage(shared_memory).total >= ROOM_FOR_SHARED_MEMORY
    except OSError:
        roomy = False
    return "posix" if roomy else "mmap"


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def _as_server_error(error: OSError, folder: Path) -> EmbeddedServerError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(_disk_full_message(folder, 0, ROOM_FOR_FIRST_START))
    return DataFolderBroken(
        f"数据目录 {folder} 不可用：{error.strerror}（{error.filename}）。"
        "请检查权限，或换一个数据目录。"
    )


def _disk_full_message(folder: Path, free: int, needed: int) -> str:
    megabyte = 1024**2
    return (
        f"磁盘空间不足：{folder} 所在的文件系统只剩 {free // megabyte} MB，"
        f"内嵌数据库（PostgreSQL）需要至少 {needed // megabyte} MB。"
        "请清理磁盘，或用 COCKPIT_DATA_FOLDER 指定别的位置，然后重新启动。"
    )
