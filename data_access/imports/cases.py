"""Incidents and disputes on their street; see `importing` for the order of things."""

from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from dashboard.heat_cells import Origin
from data_access.imports import case_rows, publishing, reference_rows, region_outlines, whole_file
from data_access.imports.batches import Batch, Layout
from data_access.imports.case_mapping import CaseMapping
from data_access.imports.checks import RowCheck, judge, row_checks, titles
from data_access.imports.importing import Published, RefreshRollups
from data_access.imports.interpreting import Interpreter
from data_access.imports.mapping import SourceSection
from data_access.imports.sources.rows import RawChunk
from data_access.imports.staging import Taken


class CaseStreet:
    """Cases under one mapping; `now` (with zone) tells what can't have happened yet."""

    def __init__(self, mapping: CaseMapping, now: datetime) -> None:
        self._mapping = mapping
        self._now = now
        self._origin = Origin(0.0, 0.0)

    @property
    def kind(self) -> str:
        return self._mapping.kind

    @property
    def source(self) -> SourceSection:
        return self._mapping.source

    @property
    def layout(self) -> Layout:
        return case_rows.LAYOUT

    @property
    def tables(self) -> tuple[str, ...]:
        return (self._mapping.table, "steps")

    def wanted(self) -> list[str]:
        """Columns that are read; see `importing.Street`."""
        return self._mapping.file_columns()

    def refuse(self, connection: Connection) -> None:
        """Refuse demo databases, those of another zone, and classes that are there already."""
        reference_rows.refuse_foreign_database(connection, self._mapping.database)
        reference_rows.refuse_doubled_codes(connection, self._mapping.classes)

    def prepare(self, connection: Connection) -> None:
        """Read the known regions, their outlines and the origin of the heat cells."""
        known = reference_rows.known_region_codes(connection, self._mapping)
        self._origin = reference_rows.heat_origin(connection, self._mapping)
        place = self._mapping.location
        outlines = region_outlines.load(connection, place.border_metres) if place else None
        without_county = reference_rows.codes_without_county(connection, self._mapping)
        self._interpreter = Interpreter(self._mapping, known, outlines, without_county)

    def take(self, raw: RawChunk) -> Taken:
        """Understand and check a chunk; see `importing.Street`."""
        chunk = self._interpreter.interpret(raw)
        judgement = judge(chunk, self._checks)
        return case_rows.taken(raw, chunk, judgement, self._mapping, self._origin)

    def finish(self, connection: Connection, batch: Batch) -> None:
        """Duplicates, moved cases, default coordinates."""
        whole_file.check_cases(connection, batch, self._mapping)

    def publish(
        self, connection: Connection, batch: Batch, refresh_rollups: RefreshRollups | None
    ) -> Published:
        """Make the cases visible; see `publishing.publish`."""
        published = publishing.publish(
            connection, batch, self._mapping, refresh_rollups=refresh_rollups
        )
        if self._mapping.location:
            whole_file.remember_default_coordinates(connection, batch, self._mapping.location)
        return published

    def titles(self) -> dict[str, str]:
        """Titles of all checks of cases."""
        return titles(self._checks)

    @cached_property
    def _checks(self) -> tuple[RowCheck, ...]:
        has_unassigned = self._mapping.region.unassigned is not None
        return row_checks(self._mapping.times, has_unassigned=has_unassigned, now=self._now)
