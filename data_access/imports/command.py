"""What `cockpit import` does: open the source, choose the street of the kind, run it.

The roll-ups of a first import of cases are computed in one go where the user may pass over the
triggers (a superuser); for any other user the triggers count.
"""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from data_access import rollups
from data_access.database import Database
from data_access.imports import importing
from data_access.imports.cases import CaseStreet
from data_access.imports.importing import ROWS_A_CHUNK, ImportOutcome, Progress, Street
from data_access.imports.mapping_file import AnyMapping, load_mapping
from data_access.imports.personal_columns import refuse_personal_columns
from data_access.imports.sources.opening import open_source
from data_access.imports.tables.kinds import TABLE_KINDS
from data_access.imports.tables.mapping import TableMapping
from data_access.imports.tables.street import TableStreet


def import_rows(
    database: Database,
    kind: str,
    where: str | Path,
    mapping_path: Path,
    *,
    report_folder: Path,
    from_url: str | None = None,
    progress: Progress = importing.silent,
    rows_a_chunk: int = ROWS_A_CHUNK,
) -> ImportOutcome:
    """Import the rows of a file, or with `from_url` those of a table or query of that database.

    Raises:
        MappingError: the mapping is wrong, of another kind, or names columns of persons.
        ImportRefused, DatabaseUnavailable, DataUnavailable: as `importing.run` says.
    """
    loaded = load_mapping(mapping_path, kind)
    street = street_of(loaded.mapping)
    refuse_personal_columns(street.wanted(), loaded.number_columns)
    return importing.run(
        database.engine,
        open_source(where, loaded.mapping.file, from_url=from_url),
        street,
        loaded.sha256,
        report_folder=report_folder,
        progress=progress,
        refresh_rollups=rollups.rebuild if _is_superuser(database) else None,
        rows_a_chunk=rows_a_chunk,
    )


def street_of(mapping: AnyMapping) -> Street:
    """The street of the mapping's kind, for rows that are read now."""
    now = datetime.now(UTC)
    if isinstance(mapping, TableMapping):
        return TableStreet(TABLE_KINDS[mapping.kind], mapping, now)
    return CaseStreet(mapping, now)


def _is_superuser(database: Database) -> bool:
    with database.read() as connection:
        return str(connection.scalar(text("show is_superuser"))) == "on"
