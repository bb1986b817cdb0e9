"""A streaming standby of an embedded server, made by PostgreSQL's own `pg_basebackup`."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_access.embedded import EmbeddedServer
from data_access.server_data_folder import SUPERUSER
from data_access.server_programs import programs_for, run_as_for
from tests.programs import chosen_programs


@contextmanager
def standby_of(primary: EmbeddedServer, folder: Path) -> Iterator[EmbeddedServer]:
    """A hot standby that follows the primary over its socket; stopped at the end.

    The primary runs the chosen programs.
    """
    standby = EmbeddedServer(folder, settings={"fsync": "off"}, programs=chosen_programs())
    run_as = run_as_for(folder)
    standby.folder.prepare(run_as)
    bin = programs_for(run_as, primary.program("pg_basebackup").parent)
    subprocess.run(
        [
            bin / "pg_basebackup",
            f"--pgdata={standby.folder.pgdata}",
            f"--host={primary.folder.socket_folder}",
            f"--username={SUPERUSER}",
            # Writes standby.signal and whom to follow.
            "--write-recovery-conf",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **run_as.popen_arguments(),
    )
    with standby:
        yield standby
