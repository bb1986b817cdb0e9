"""Excel workbooks (.xlsx): one sheet, read row by row, known by the row numbers Excel shows."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from dashboard.errors import MappingError
from data_access.imports.sources.file_bytes import readable, sha256_of
from data_access.imports.sources.rows import RawChunk, SourceFacts, positions, spreadsheet_text

WRONG = (BadZipFile, InvalidFileException, KeyError, EOFError)


class ExcelFile:
    """One sheet of a workbook; without a name the first one. `header_row` counts from 1."""

    def __init__(self, path: Path, *, sheet: str | None = None, header_row: int = 1) -> None:
        self._path = path
        self._sheet = sheet
        self._header_row = header_row

    @property
    def name(self) -> str:
        return self._path.name

    def header(self) -> list[str]:
        """Names of the columns; see `rows.Source`."""
        return self._names(next(self._rows(self._header_row), ()))

    def facts(self, wanted: list[str]) -> SourceFacts:
        """Checksum of the file, number of its rows; see `rows.Source`."""
        positions(self.name, self.header(), wanted)
        with readable(self._path, "Excel", *WRONG):
            lines = sum(1 for _ in self._rows(1))
            return SourceFacts(sha256_of(self._path), lines)

    def chunks(self, wanted: list[str], *, after_line: int, size: int) -> Iterator[RawChunk]:
        """Rows by the number Excel shows; rows without any value are no rows."""
        header = self.header()
        places = positions(self.name, header, wanted)
        line = max(after_line, self._header_row)
        rows = self._rows(line + 1)
        while taken := list(itertools.islice(rows, size)):
            yield _chunk(taken, line, len(header), places)
            line += len(taken)

    def _names(self, row: tuple[Any, ...]) -> list[str]:
        names = [spreadsheet_text(cell).strip() for cell in row]
        while names and not names[-1]:
            names.pop()
        return names

    def _rows(self, first: int) -> Iterator[tuple[Any, ...]]:
        with readable(self._path, "Excel", *WRONG):
            book = load_workbook(self._path, read_only=True, data_only=True)
            with closing(book):
                if self._sheet is not None and self._sheet not in book.sheetnames:
                    raise MappingError(
                        f"文件 {self.name} 没有工作表 {self._sheet}，只有"
                        f" {'、'.join(book.sheetnames)}。请修改映射文件的键 file.sheet。"
                    )
                sheet = book[self._sheet] if self._sheet else book.worksheets[0]
                yield from sheet.iter_rows(min_row=first, values_only=True)


def _chunk(
    rows: list[tuple[Any, ...]], before: int, width: int, places: dict[str, int]
) -> RawChunk:
    lines: list[int] = []
    kept: list[tuple[Any, ...]] = []
    malformed: list[tuple[int, int]] = []
    for line, row in enumerate(rows, start=before + 1):
        filled = len(row)
        while filled and row[filled - 1] in (None, ""):
            filled -= 1
        if filled > width:
            malformed.append((line, filled))
        elif filled:
            lines.append(line)
            kept.append(row[:width] + (None,) * (width - len(row)))
    columns = {name: [spreadsheet_text(row[at]) for row in kept] for name, at in places.items()}
    return RawChunk(lines, columns, before + len(rows), malformed, width)
