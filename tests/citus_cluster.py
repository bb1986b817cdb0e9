"""A real Citus cluster of three embedded servers, where its extension is installed.

COCKPIT_CITUS_PROGRAMS names the `bin` folder of a PostgreSQL that has it; neither Debian nor the
wheel bring it.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import URL

from data_access.embedded import EmbeddedServer
from tests.conftest import run_outside_a_transaction

PROGRAMS = "COCKPIT_CITUS_PROGRAMS"
DATABASE = "cockpit"
SETTINGS = {
    "shared_preload_libraries": "citus",
    "wal_level": "logical",
    "max_prepared_transactions": "200",
    "max_connections": "200",
    "fsync": "off",
}


def citus_programs() -> Path | None:
    """The `bin` folder with Citus, None: there is none."""
    folder = os.environ.get(PROGRAMS)
    return Path(folder) if folder else None


@contextmanager
def cluster(folder: Path, programs: Path) -> Iterator[URL]:
    """URL of an empty database on a coordinator with two workers; all stopped at the end."""
    with ExitStack() as running:
        servers = [
            running.enter_context(
                EmbeddedServer(folder / name, settings=SETTINGS, programs=programs)
            )
            for name in ("coordinator", "worker1", "worker2")
        ]
        for server in servers:
            server.create_database(DATABASE)
            run_outside_a_transaction(server.url(DATABASE), "create extension citus")
        coordinator, *workers = servers
        url = coordinator.url(DATABASE)
        run_outside_a_transaction(
            url, f"select citus_set_coordinator_host('{coordinator.folder.socket_folder}', 5432)"
        )
        for worker in workers:
            run_outside_a_transaction(
                url, f"select citus_add_node('{worker.folder.socket_folder}', 5432)"
            )
        yield url
