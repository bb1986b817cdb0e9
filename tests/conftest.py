"""What tests of every folder share: a real PostgreSQL server, and an empty database of one's own.

One embedded server serves a whole run of pytest (one each process of it); COCKPIT_TEST_PROGRAMS is
the `bin` folder of another PostgreSQL to start, COCKPIT_TEST_DATABASE_URL a running server to use
instead (its user must be allowed to create databases).
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, create_engine, make_url, text
from xdist.scheduler import LoadScopeScheduling

from data_access import facts
from data_access.database import Database
from data_access.embedded import EmbeddedServer
from data_access.migrating import migrate
from data_access.rollups.tables import SLOTS_FACT
from tests.programs import chosen_programs

EXTERNAL_SERVER = "COCKPIT_TEST_DATABASE_URL"
FOLDER_PREFIX = "cockpit-tests-"
# A database has some 800 files; copying them takes 16 ms in memory, 120 to 420 on a disk. The
# servers of a whole run take less than half of this room.
MEMORY, MEMORY_ROOM = Path("/dev/shm"), 4 * 1024**3
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "512MB",
}

# How long an example takes is the machine's business; what must be quick stands in the benches.
settings.register_profile("cockpit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cockpit")


# Timed against a real browser: the faults, which mostly wait, and beside them what is quick.
QUICK = ("tests/browser/test_live.py", "tests/browser/test_map.py", "tests/faults/test_midnight.py")
TIMED = ("tests/faults/", *QUICK)


class BrowserLast(LoadScopeScheduling):
    """Deals out tests file by file, but what is timed in a browser at last, to two processes."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(TIMED):
            return "quick" if nodeid.startswith(QUICK) else "faults"
        return nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BrowserLast:
    # Not by xdist_group: pytest-xdist 3.8 writes the group into a name that pytest 9.2 builds anew.
    return BrowserLast(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is timed comes last, so that nothing else runs beside it; the longer half first."""
    items.sort(key=lambda item: (item.nodeid.startswith(TIMED), item.nodeid.startswith(QUICK)))


def run_outside_a_transaction(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _forget_killed_runs(parent: Path) -> None:
    """Remove what killed runs left: in memory it would stay until the machine restarts."""
    for folder in parent.glob(f"{FOLDER_PREFIX}*"):
        pid = folder.name.removeprefix(FOLDER_PREFIX).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder the server's system user can enter: pytest's own are closed to others."""
    parent = Path(tempfile.gettempdir())
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_ROOM:
        parent = MEMORY
    _forget_killed_runs(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-", dir=parent))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(server_folder: Path) -> Iterator[Callable[[str], URL]]:
    """``postgres(name)`` is the URL of a database on the server of this run."""
    external = os.environ.get(EXTERNAL_SERVER)
    if external:
        yield lambda name: make_url(external).set(database=name)
        return
    folder = server_folder / "session"
    with EmbeddedServer(folder, settings=FAST, programs=chosen_programs()) as server:
        yield server.url


@pytest.fixture
def empty_database_url(postgres: Callable[[str], URL]) -> Iterator[URL]:
    """A database with nothing in it, dropped after the test."""
    name = f"test_{uuid4().hex[:12]}"
    run_outside_a_transaction(postgres("postgres"), f"CREATE DATABASE {name} TEMPLATE template0")
    yield postgres(name)
    run_outside_a_transaction(postgres("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated_template(postgres: Callable[[str], URL]) -> Iterator[str]:
    """Name of a migrated database without rows: copying takes a tenth of migrating."""
    name = f"template_{uuid4().hex[:12]}"
    run_outside_a_transaction(postgres("postgres"), f"CREATE DATABASE {name} TEMPLATE template0")
    migrate(postgres(name))
    with closing(Database(postgres(name))) as made, made.write() as connection:
        # Of the months about the tests' own clock, whatever the real one says.
        facts.write(connection, SLOTS_FACT, "2026-01-01T00:00:00+00:00")
    yield name
    run_outside_a_transaction(postgres("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(postgres: Callable[[str], URL], migrated_template: str) -> Iterator[Database]:
    """A migrated database of one's own, without rows."""
    name = f"test_{uuid4().hex[:12]}"
    run_outside_a_transaction(
        postgres("postgres"),
        # Copying the files is quicker than writing every page to the log.
        f"CREATE DATABASE {name} TEMPLATE {migrated_template} STRATEGY FILE_COPY",
    )
    database = Database(postgres(name))
    yield database
    database.close()
    run_outside_a_transaction(postgres("postgres"), f"DROP DATABASE {name} WITH (FORCE)")
