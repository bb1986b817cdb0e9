"""Imports in processes of their own that can be killed: forked from one warm process each.

A process that begins from nothing takes two seconds to load its libraries; one that is forked from
a process that has loaded them, a hundredth of that. What is killed is the same.
"""

import multiprocessing
import time
from pathlib import Path

from data_access.database import Database
from data_access.imports.command import import_rows

MAPPINGS = Path(__file__).parents[3] / "docs" / "examples"
FILES = Path(__file__).parent / "examples"
# In the order in which they refer to each other.
ORDER = (
    *("regions", "zone_towns", "outlines", "organisations", "codes", "calendars", "population"),
    *("staffing", "patrols", "targets", "reported", "receptions", "incidents", "disputes", "steps"),
)
# Each row of the small files is a transaction of its own.
ROWS_A_CHUNK = 1
PATIENCE_SECONDS = 60.0

_warm = multiprocessing.get_context("forkserver")
_warm.set_forkserver_preload([__name__, "data_access.imports.command"])


def file_of(kind: str) -> Path:
    """The example file of a kind."""
    return FILES / f"{kind}{'.geojson' if kind == 'outlines' else '.csv'}"


def import_kind(url: str, kind: str, folder: str) -> None:
    """Import the example of a kind, row by row."""
    database = Database(url)
    import_rows(
        database,
        kind,
        file_of(kind),
        MAPPINGS / f"{kind}.toml",
        report_folder=Path(folder),
        rows_a_chunk=ROWS_A_CHUNK,
    )
    database.close()


def killed_after(seconds: float, url: str, kind: str, folder: str) -> int:
    """Kill (-9) an import after some time; returns its exit code, -9 or 0 if it was quicker."""
    process = _warm.Process(target=import_kind, args=(url, kind, folder), daemon=True)
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    code = process.exitcode
    process.close()
    return -1 if code is None else code


def completed(url: str, kind: str, folder: str) -> float:
    """Import in a process that is left alone; returns the seconds it took."""
    began = time.monotonic()
    process = _warm.Process(target=import_kind, args=(url, kind, folder), daemon=True)
    process.start()
    process.join(PATIENCE_SECONDS)
    assert process.exitcode == 0
    process.close()
    return time.monotonic() - began
