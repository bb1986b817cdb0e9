"""The folder of an embedded PostgreSQL server: making it, checking it, writing its configuration.

Here: everything about the folder that needs no running server. Not here: the process
(``embedded``), and which user and programs it runs with (``server_programs``).

A data folder holds ``pgdata`` (PostgreSQL's own), ``log`` (one file a weekday), ``startup.log``
(what was said before the log was open), ``server.lock`` and, while it is being made,
``pgdata.new-…``. ``pgdata`` appears by one rename, so a first start that is killed leaves only
``pgdata.new-…``, which the next start throws away.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from dashboard.errors import CockpitError, DataFolderBroken, DiskFull, EmbeddedServerError
from data_access.server_programs import (
    SYSTEM_FOLDER,
    RunAs,
    can_reach,
    major_of,
    require_reachable,
    run_as_for,
)
from data_access.supervisor import bound_to_this_process

SUPERUSER = "postgres"
HALF_MADE = "pgdata.new-"
ROOM_FOR_FIRST_START = 2 * 1024**3
ROOM_FOR_LATER_STARTS = 200 * 1024**2
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


class ServerDataFolder:
    """One data folder on disk. Methods raise ``DiskFull`` or another ``EmbeddedServerError``."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.pgdata = self.path / "pgdata"
        self.log = self.path / "log"
        self.startup_log = self.path / "startup.log"
        digest = hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:12]
        # Not inside the data folder: a socket's path may have 107 bytes, and checkouts lie deep.
        self.socket_folder = Path("/tmp") / f"cockpit-{digest}"

    def prepare(self, run_as: RunAs) -> None:
        """Make the folder, 0700 and the user's own, and see that the user can enter it."""
        for missing in [step for step in reversed(self.path.parents) if not step.exists()]:
            missing.mkdir(exist_ok=True)
            missing.chmod(0o755)  # whatever root's umask: another user has to pass
        self.path.mkdir(exist_ok=True)
        if run_as.drop and self.path.stat().st_uid == 0:
            os.chown(self.path, run_as.uid, run_as.gid)
        owner = self.path.stat().st_uid
        if owner != run_as.uid:
            raise DataFolderBroken(
                f"数据目录 {self.path} 属于用户号 {owner}，而数据库以 {run_as.name} 运行。"
                f"请执行 chown -R {run_as.name} {self.path}，或换一个数据目录。"
            )
        self.path.chmod(0o700)
        require_reachable(self.path, run_as)

    @contextlib.contextmanager
    def start_lock(self) -> Iterator[None]:
        """One start at a time on a folder; the kernel lets go of the lock when we die."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW
        with os.fdopen(os.open(self.path / "server.lock", flags, 0o600), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def require_room(self, first_start: int) -> None:
        """Raise ``DiskFull`` when fewer bytes are free than a (first) start needs."""
        needed = ROOM_FOR_LATER_STARTS if self.pgdata.exists() else first_start
        free = shutil.disk_usage(self.path).free
        if free < needed:
            raise disk_full(self.path, needed)

    def initialise(self, programs: Path, run_as: RunAs) -> None:
        """Run initdb, unless ``pgdata`` is there; one UTF-8 cluster that sorts by code (C)."""
        self._throw_away_half_made()
        if self.pgdata.exists():
            return
        # A name of its own: what a killed initdb started may go on writing for a moment.
        new = self.path / f"{HALF_MADE}{uuid4().hex[:8]}"
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
            bound_to_this_process(argv, signal.SIGKILL),
            capture_output=True,
            cwd=self.path,
            check=False,
            **run_as.popen_arguments(),
        )
        if done.returncode != 0:
            self._throw_away_half_made()
            raise self.explained("initdb", (done.stdout + done.stderr).decode(errors="replace"))
        with (new / "postgresql.conf").open("a") as configuration:
            configuration.write(
                "\ninclude = 'cockpit.conf'\n# Lines below this one win over cockpit.conf.\n"
            )
        new.rename(self.pgdata)

    def _throw_away_half_made(self) -> None:
        for half_made in self.path.glob(f"{HALF_MADE}*"):
            shutil.rmtree(half_made, ignore_errors=True)

    def require_version_of(self, programs: Path) -> None:
        """Raise ``DataFolderBroken`` when ``pgdata`` is incomplete or of another major version."""
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

    def prepare_socket_folder(self, run_as: RunAs) -> None:
        """Make the private folder of the socket; refuse one that somebody else put there."""
        with contextlib.suppress(FileExistsError):
            self.socket_folder.mkdir(mode=0o700)
            if run_as.drop:
                os.chown(self.socket_folder, run_as.uid, run_as.gid)
        found = self.socket_folder.lstat()
        # /tmp is everybody's: another user may have put something there under our name. A link is
        # refused by its mode, which is always 0777.
        if found.st_uid != run_as.uid or found.st_mode & 0o077:
            raise EmbeddedServerError(
                f"数据库的套接字目录 {self.socket_folder} 已存在，但不是 {run_as.name} 独有的目录。"
                f"请删除它（rm -r {self.socket_folder}）后重新启动。"
            )

    def write_configuration(self, settings: Mapping[str, str], run_as: RunAs) -> None:
        """Write ``cockpit.conf``: ``settings`` over the defaults, and where things are."""
        lines = ["# Written at every start. Put your own settings into postgresql.conf."]
        written = {
            "dynamic_shared_memory_type": shared_memory_type(Path("/dev/shm")),
            **DEFAULT_SETTINGS,
            **settings,
            "unix_socket_directories": str(self.socket_folder),
            "log_directory": str(self.log),
        }
        quoted = {name: value.replace("'", "''") for name, value in written.items()}
        lines += [f"{name} = '{value}'" for name, value in quoted.items()]
        with fresh_file(self.pgdata / "cockpit.conf") as file:
            file.write(("\n".join(lines) + "\n").encode())
            os.fchown(file.fileno(), run_as.uid, run_as.gid)

    def explained(self, program: str, said: str) -> EmbeddedServerError:
        """The error that PostgreSQL's own words amount to."""
        if "No space left on device" in said:
            return disk_full(self.path, ROOM_FOR_FIRST_START)
        return EmbeddedServerError(
            f"内嵌数据库没有启动（{program}）：{_why(said) or '没有任何输出'}。"
            f"详见 {self.log} 与 {self.startup_log}。"
        )

    def last_words(self) -> str:
        """What the server has written since its last start."""
        started_at = self.startup_log.stat().st_mtime
        logs = [log for log in self.log.glob("server-*.log") if log.stat().st_mtime >= started_at]
        later = [log.read_text(errors="replace") for log in logs]
        ours = [text.rpartition("starting PostgreSQL")[2] for text in later]
        return "\n".join([self.startup_log.read_text(errors="replace"), *ours])

    def lock_file(self) -> list[str]:
        """Lines of postmaster.pid (process id first, state eighth); none when there is no file."""
        try:
            return (self.pgdata / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []


def _why(said: str) -> str:
    """The line that says why, and the one before it (a wrong setting is named there)."""
    lines = [line for line in said.splitlines() if line.strip()]
    telling = [at for at, line in enumerate(lines) if re.search(r"(FATAL|PANIC|error): ", line)]
    end = telling[-1] + 1 if telling else len(lines)
    wanted = [re.sub(r"^.*?\] +(?=[A-Z]+: )", "", line) for line in lines[:end][-2:]]
    return "；".join(wanted)


def default_data_folder(name: str, checkout: Path) -> Path:
    """Where a server called ``name`` keeps its data when no setting says otherwise.

    ``<checkout>/.cockpit/<name>``; for root with a checkout that the server's user cannot enter,
    ``/var/lib/cockpit/<name>-<hash of the checkout's path>``, so that two checkouts never meet.
    """
    checkout = checkout.resolve()
    inside = checkout / ".cockpit" / name
    if can_reach(checkout, run_as_for(inside)):
        return inside
    digest = hashlib.sha256(str(checkout).encode()).hexdigest()[:8]
    return SYSTEM_FOLDER / f"{name}-{digest}"


def shared_memory_type(shared_memory: Path) -> str:
    """``posix``, or ``mmap`` where /dev/shm is too small for parallel queries (Docker: 64 MB)."""
    try:
        roomy = shutil.disk_usage(shared_memory).total >= ROOM_FOR_SHARED_MEMORY
    except OSError:
        roomy = False
    return "posix" if roomy else "mmap"


def fresh_file(path: Path) -> BinaryIO:
    """A new file for writing in place of any old one.

    Exclusively made: root writes into a folder of another user, who may have laid a link there.
    """
    path.unlink(missing_ok=True)
    return path.open("xb")


@contextlib.contextmanager
def system_errors_explained(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses inside the block into a sentence about ``folder``."""
    try:
        yield
    except CockpitError:
        raise
    except OSError as error:
        # shutil gathers several errors into one that has a text but no number
        if error.errno in (errno.ENOSPC, errno.EDQUOT) or os.strerror(errno.ENOSPC) in str(error):
            raise disk_full(folder, ROOM_FOR_FIRST_START) from error
        raise DataFolderBroken(
            f"数据目录 {folder} 不可用：{str(error)[:300]}。请检查权限，或换一个数据目录。"
        ) from error


def disk_full(folder: Path, needed: int) -> DiskFull:
    """The error for too little room; ``needed`` in bytes."""
    free, megabyte = shutil.disk_usage(folder).free, 1024**2
    return DiskFull(
        f"磁盘空间不足：{folder} 所在的文件系统只剩 {free // megabyte} MB，"
        f"内嵌数据库（PostgreSQL）需要至少 {needed // megabyte} MB。"
        "请清理磁盘，或用 COCKPIT_DATA_FOLDER 指定别的位置，然后重新启动。"
    )
