"""Excel workbooks (.xlsx): one sheet, read row by row, known by the row numbers Excel shows.

What a sheet says of its own size is not believed: some exporters write it wrong, and rows would be
lost. Here too: what a cell looks like, where that is more than its value.
"""

import itertools
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from openpyxl.chartsheet import Chartsheet
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from dashboard.errors import ImportRefused, MappingError
from data_access.imports.sources.file_bytes import Broken, readable, sha256_of
from data_access.imports.sources.rows import (
    UNCALCULATED,
    RawChunk,
    SourceFacts,
    positions,
    spreadsheet_text,
)

WRONG = (Broken, BadZipFile, zlib.error, ParseError, KeyError, EOFError)
# Number formats by which Excel shows 123 as 00000123.
LEADING_ZEROS = re.compile("0{2,}")


class ExcelFile:
    """One sheet of a workbook; without a name the first that is shown. `header_row` is from 1."""

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
        # A stream, as openpyxl goes by the ending of a name, which may be wrong.
        with readable(self._path, "Excel", *WRONG), self._path.open("rb") as stored:
            reader = _Workbook(stored, read_only=True, data_only=True, keep_links=False)
            self._read(reader)
            yield from itertools.islice(_rows_of(self._chosen(reader.wb)), first - 1, None)

    def _read(self, reader: ExcelReader) -> None:
        try:
            reader.read()
        except (OSError, ValueError, ParseError) as error:
            # Of the archive openpyxl says so by an OSError as well.
            raise Broken("不是 Excel 工作簿，或其中有损坏的部分") from error

    def _chosen(self, book: Any) -> Any:
        sheets = book.worksheets
        if self._sheet is not None:
            for sheet in sheets:
                if sheet.title == self._sheet:
                    return sheet
            raise MappingError(
                f"文件 {self.name} 没有工作表 {self._sheet}，只有"
                f" {'、'.join(sheet.title for sheet in sheets)}。请修改映射文件的键 file.sheet。"
            )
        shown = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
        if not shown:
            raise ImportRefused(
                f"文件 {self.name} 没有可见的工作表。请用映射文件的键 file.sheet 指明要读哪一个。"
            )
        return shown[0]


class _Workbook(ExcelReader):  # type: ignore[misc]
    def read_chartsheet(self, sheet: Any, rel: Any) -> None:
        """A chart holds no rows, and openpyxl fails at an empty one."""
        self.wb._add_sheet(Chartsheet(title=sheet.name, parent=self.wb))


class _Cells(WorkSheetParser):  # type: ignore[misc]
    """Cells of a sheet. `zeros`: by style the digits that a whole number is filled up to."""

    zeros: dict[int, int]

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """A formula whose result nobody has stored is no empty cell, and is marked."""
        cell: dict[str, Any] = super().parse_cell(element)
        value = cell["value"]
        if value is None:
            # A formula that gives an empty text has that as its stored result.
            if element.get("t") != "str" and element.find(FORMULA_TAG) is not None:
                cell["value"] = UNCALCULATED
        elif cell["data_type"] == "n" and isinstance(value, int) and cell["style_id"] in self.zeros:
            cell["value"] = spreadsheet_text(value).zfill(self.zeros[cell["style_id"]])
        return cell


def _rows_of(sheet: Any) -> Iterator[tuple[Any, ...]]:
    """Values of every row from the first, each as wide as its last cell; missing rows are empty."""
    book = sheet.parent
    with sheet._get_source() as content:
        cells = _Cells(
            content,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        cells.zeros = _zeros(book)
        line = 0
        for number, row in cells.parse():
            for _ in range(line + 1, number):
                yield ()
            line = number
            yield sheet._get_row(row, values_only=True)


def _zeros(book: Any) -> dict[int, int]:
    """Style -> how many digits are shown at least, of the styles that fill up with zeros."""
    custom = {164 + place: written for place, written in enumerate(book._number_formats)}
    return {
        style: len(written)
        for style, cell in enumerate(book._cell_styles)
        if LEADING_ZEROS.fullmatch(written := custom.get(cell.numFmtId, ""))
    }


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
