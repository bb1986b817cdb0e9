"""`cockpit import incidents` for a file: a short way to `importing` for one kind."""

from pathlib import Path

from sqlalchemy import Engine

from data_access.imports import importing
from data_access.imports.command import street_of
from data_access.imports.importing import ROWS_A_CHUNK, ImportOutcome, Progress, RefreshRollups
from data_access.imports.mapping_file import load_mapping
from data_access.imports.sources.opening import open_source

__all__ = ["ImportOutcome", "import_incidents"]


def import_incidents(
    engine: Engine,
    file: Path,
    mapping_path: Path,
    *,
    report_folder: Path,
    progress: Progress = importing.silent,
    refresh_rollups: RefreshRollups | None = None,
    rows_a_chunk: int = ROWS_A_CHUNK,
) -> ImportOutcome:
    """Import a file of incidents; raises as `importing.run` does."""
    loaded = load_mapping(mapping_path)
    return importing.run(
        engine,
        open_source(file, loaded.incidents.file),
        street_of(loaded.incidents),
        loaded.sha256,
        report_folder=report_folder,
        progress=progress,
        refresh_rollups=refresh_rollups,
        rows_a_chunk=rows_a_chunk,
    )
