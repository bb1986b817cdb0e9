"""One running cockpit: which programs it consists of, beside which database, until told to stop.

Here: the programs, the claim on a data folder, and noticing that the wall is there. Not here: how
programs are kept running (``supervisor``), how the embedded server works (``embedded``), what is in
the database before they start (``installation``).
"""

import contextlib
import fcntl
import http.client
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from sqlalchemy import URL, make_url

from dashboard.errors import EmbeddedServerError, PortInUse
from dashboard.settings import Settings, variable
from data_access.embedded import EmbeddedServer
from data_access.server_data_folder import (
    ROOM_FOR_FIRST_START,
    ServerDataFolder,
    default_data_folder,
    system_errors_explained,
)
from data_access.server_programs import run_as_for
from data_access.supervisor import Supervisor, require_free_port
from data_access.syncing import plan

CHECKOUT = Path(__file__).parents[1]
APP_ROLE = "cockpit_app"
# The web's workers close their streams and end within this time.
GRACEFUL_SECONDS = 3
# What a killed cockpit left behind ends by itself within seconds, and then frees its port.
PORT_PATIENCE_SECONDS = 5.0
LOOK_EVERY_SECONDS = 0.2
SNAPSHOT_PATH = "/api/snapshot?path=/wall"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the cockpit: its name for operators, its command line, and what its environment
    has beside or instead of that of the others.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def cockpit_program(name: str, *arguments: str) -> Program:
    """One of our own commands (``cockpit snapshotter`` …) with this Python."""
    return Program(name, (sys.executable, "-m", "cli", *arguments))


def sync_programs(settings: Settings, owner: URL) -> tuple[Program, ...]:
    """The polling of other databases, where a site has configured it.

    `owner`: database with a user that may write everything, unless the settings name another.
    """
    if settings.sync is None:
        return ()
    url = settings.sync_database_url or owner.render_as_string(hide_password=False)
    program = cockpit_program("来源同步", "sync", str(settings.sync))
    named = plan.address_variables(settings.sync) & os.environ.keys()
    addresses = {name: os.environ[name] for name in named}
    return (Program(program.name, program.argv, {**addresses, "COCKPIT_DATABASE_URL": url}),)


def web_program(settings: Settings) -> Program:
    """The web workers."""
    return Program(
        "网页服务",
        (
            sys.executable,
            *("-m", "gunicorn", "app:server", "--worker-class", "asgi"),
            *("--workers", str(settings.workers)),
            *("--bind", _bind_address(settings)),
            *("--graceful-timeout", str(GRACEFUL_SECONDS)),
            # Two cockpits of one user would share the socket in the home folder.
            "--no-control-socket",
            *("--log-level", "warning"),
        ),
    )


def _bind_address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def embedded_server(
    settings: Settings, name: str, room: int = ROOM_FOR_FIRST_START
) -> EmbeddedServer:
    """The embedded server called ``name``, in the folder of the settings or in its usual one."""
    folder = settings.data_folder or default_data_folder(name, CHECKOUT)
    return EmbeddedServer(folder, room=room)


@contextlib.contextmanager
def claimed(folder: ServerDataFolder) -> Iterator[None]:
    """Keep a data folder for ourselves; the kernel lets go of the claim when we die.

    Raises:
        EmbeddedServerError: another cockpit works in this folder.
    """
    with system_errors_explained(folder.path):
        folder.prepare(run_as_for(folder.path))
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        claim = os.fdopen(os.open(folder.path / "cockpit.lock", flags, 0o600), "r+")
    with claim:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = claim.read().strip() or "未知"
            raise EmbeddedServerError(
                f"数据目录 {folder.path} 正由另一个驾驶舱使用（进程号 {holder}）。"
                "请先停止它，或用 COCKPIT_DATA_FOLDER 指定别的数据目录。"
            ) from None
        claim.truncate()
        claim.write(str(os.getpid()))
        claim.flush()
        yield


def require_port_soon(settings: Settings) -> None:
    """Wait a little for the port, then raise ``PortInUse`` naming who holds it."""
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while True:
        try:
            return require_free_port(settings.host, settings.port)
        except PortInUse:
            if time.monotonic() >= deadline:
                raise
        time.sleep(LOOK_EVERY_SECONDS)


def run(
    settings: Settings,
    url: URL,
    *,
    say: Say,
    on_ready: Callable[[], None],
    server: EmbeddedServer | None = None,
    others: Sequence[Program] = (),
) -> None:
    """Run snapshotter, web and ``others`` on a database until a stop signal comes.

    ``on_ready`` is called once, from another thread, when the wall has its first whole picture.
    An embedded ``server`` is started again when it is gone; stopping it stays the caller's.
    """
    supervisor = Supervisor(say)
    if server is not None:
        supervisor.keep("内嵌数据库", server)
    text = url.render_as_string(hide_password=False)
    # What faces the network needs no address of the owner, nor of other databases: the polling
    # brings its own. Empty counts as not set.
    named = plan.address_variables(settings.sync) if settings.sync else frozenset()
    environment = {
        **dict.fromkeys(named, ""),
        **settings.environment(),
        "COCKPIT_DATABASE_URL": text,
        variable("sync_database_url"): "",
    }
    first = (cockpit_program("快照进程", "snapshotter"), web_program(settings))
    for program in (*first, *others):
        supervisor.add(program.name, program.argv, {**environment, **program.environment})
    watch = threading.Thread(target=_watch, args=(settings, on_ready), daemon=True)
    watch.start()
    supervisor.run()


def _watch(settings: Settings, on_ready: Callable[[], None]) -> None:
    started_at = time.time() * 1000
    while not shows_a_picture(settings, made_since=started_at):
        time.sleep(LOOK_EVERY_SECONDS)
    on_ready()


def shows_a_picture(settings: Settings, *, made_since: float) -> bool:
    """Whether the wall answers with a snapshot made since then, no part of which failed.

    ``made_since`` in milliseconds since 1970: an earlier run's picture stays in the database.
    """
    # Asked on this machine, by no proxy that the environment may name.
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", SNAPSHOT_PATH)
        about = json.load(connection.getresponse())["meta"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return False
    finally:
        connection.close()
    return (about["made_at"] or 0) >= made_since and not about["failures"]


@contextlib.contextmanager
def stopping_tidily() -> Iterator[None]:
    """Make SIGTERM and a closed terminal unwind the block, as Ctrl-C does.

    For the time before the supervisor runs, which has its own way of stopping.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    numbers = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) != signal.SIG_IGN
    ]
    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def operators_database(
    settings: Settings, name: str, database: str, *, may_be_new: bool
) -> Iterator[URL]:
    """The database a command works on: that of the settings, else the embedded one of ``name``.

    The embedded server is started for the time of the block, unless it runs already.

    Raises:
        EmbeddedServerError: there is none yet, and it may not be a new one.
    """
    if settings.database_url is not None:
        yield make_url(settings.database_url)
        return
    server = embedded_server(settings, name)
    if not may_be_new and not server.folder.pgdata.exists():
        raise EmbeddedServerError(
            f"内嵌数据库 {name} 还没有建立({server.folder.path})："
            "请先执行 cockpit db migrate，或用 --on、COCKPIT_DATABASE_URL 指明另一个库。"
        )
    with server:
        server.create_database(database)
        yield server.url(database)
