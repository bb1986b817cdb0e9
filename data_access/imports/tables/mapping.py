"""What a file of a table kind means: columns by field, constants, translations, formats.

The fields of each kind stand in `kinds`; here is the shape that all of them share.
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from data_access.imports.mapping import (
    MOST_CODES,
    DatabaseSection,
    Datum,
    FileSection,
    RegionSpelling,
    Section,
    SourceSection,
    Text,
    TimeFormat,
    TimeRule,
)

Constant = str | int | float | bool | date | datetime
Translation = Annotated[dict[str, str | int | bool], Field(max_length=MOST_CODES)]


class GeometrySection(Section):
    """Of outlines: whose lines they are, their datum, and the 审图号 of exactly this file."""

    name: Text
    datum: Datum = "WGS-84"
    approval_number: Text | None = None
    # SHA-256 of the file that was examined.
    approved_sha256: Text | None = None
    # Outlines of regions that the file does not list are taken over from the set in use.
    completes: bool = False


class TableMapping(Section):
    """A mapping of a table kind."""

    kind: str
    source: SourceSection
    database: DatabaseSection | None = None
    file: FileSection = FileSection()
    columns: dict[str, Text] = Field(default_factory=dict)
    constants: dict[str, Constant] = Field(default_factory=dict)
    values: dict[str, Translation] = Field(default_factory=dict)
    times: TimeRule | None = None
    dates: list[TimeFormat] = Field(default_factory=list)
    region: RegionSpelling = RegionSpelling()
    geometry: GeometrySection | None = None

    def file_columns(self) -> list[str]:
        """Columns that are read, each once."""
        return list(dict.fromkeys(self.columns.values()))

    def stated(self) -> list[str]:
        """Fields that the mapping gives, by a column or a constant."""
        return [*self.columns, *(name for name in self.constants if name not in self.columns)]
