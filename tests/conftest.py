"""What tests of every folder share: a real PostgreSQL server, and an empty database of one's own.

One embedded server serves a whole run of pytest (one each process of it); COCKPIT_TEST_DATABASE_URL
names another server to use instead (its user must be allowed to create databases).
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from data_access.database import Database
from data_access.embedded import EmbeddedServer
from data_access.migrating import migrate

EXTERNAL_SERVER = "COCKPIT_TEST_DATABASE_URL"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is timed against a real browser comes last, one after the other, with nothing beside.

    Under ``-n`` the other tests are dealt out to the processes in their order.
    """
    timed = [item for item in items if item.get_closest_marker("browser")]
    for item in timed:
        item.add_marker(pytest.mark.xdist_group("browser"))
    items[:] = [item for item in items if not item.get_closest_marker("browser")] + timed


def run_outside_a_transaction(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder the server's system user can enter: pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="cockpit-tests-"))
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
    fast = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    with EmbeddedServer(server_folder / "session", settings=fast) as server:
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
    yield name
    run_outside_a_transaction(postgres("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(postgres: Callable[[str], URL], migrated_template: str) -> Iterator[Database]:
    """A migrated database of one's own, without rows."""
    name = f"test_{uuid4().hex[:12]}"
    run_outside_a_transaction(
        postgres("postgres"),
        # Copying the files takes a quarter of the time of writing every page to the log.
        f"CREATE DATABASE {name} TEMPLATE {migrated_template} STRATEGY FILE_COPY",
    )
    database = Database(postgres(name))
    yield database
    database.close()
    run_outside_a_transaction(postgres("postgres"), f"DROP DATABASE {name} WITH (FORCE)")
