"""Delimited text, plain or gzip, in chunks that know the line each row began on.

Memory is bounded by the chunk. Rows that don't have the header's width are handed on apart, and so
are those that a quote nobody closed has made of several.
"""

import codecs
import csv
import gzip
import hashlib
import io
import itertools
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
from pyarrow.compute import utf8_trim_whitespace
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from dashboard.errors import ImportRefused, MappingError
from dashboard.system_errors import words_of
from data_access.imports.sources.beginnings import LOOKED_AT, better_reading, refuse_no_text
from data_access.imports.sources.rows import SIGNS, RawChunk, SourceFacts, positions

GZIP_MAGIC = b"\x1f\x8b"
BLOCK = 1 << 20


class DelimitedFile:
    """A CSV file; the first row is its header. Bytes not of the encoding become U+FFFD."""

    def __init__(self, path: Path, *, encoding: str = "utf-8-sig", delimiter: str = ",") -> None:
        self._path = path
        # A byte order mark must not become part of the first column's name.
        self._encoding = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        # As messages call it: with or without the mark it is UTF-8.
        self._told = "utf-8" if self._encoding == "utf-8-sig" else encoding
        self._delimiter = delimiter

    @property
    def name(self) -> str:
        return self._path.name

    def header(self) -> list[str]:
        """Names of the columns, of the first line that is not blank; see `rows.Source`."""
        with self._readable(), self._text() as text:
            return [name.strip() for name in self._header(text)[0]]

    def facts(self, wanted: list[str]) -> SourceFacts:
        """Checksum of the bytes and count of lines; see `rows.Source`.

        Raises:
            ImportRefused: the file cannot be read, or is a gzip file that is cut short.
        """
        with self._readable():
            digest = hashlib.sha256()
            with self._path.open("rb") as stored:
                while block := stored.read(BLOCK):
                    digest.update(block)
            lines, last = 0, b"\n"
            with open_bytes(self._path) as content:
                while block := content.read(BLOCK):
                    lines += block.count(b"\n")
                    last = block[-1:]
        self._positions(self.header(), wanted)
        return SourceFacts(digest.hexdigest(), lines + (last != b"\n"))

    def chunks(self, wanted: list[str], *, after_line: int, size: int) -> Iterator[RawChunk]:
        """Rows by physical line; see `rows.Source`."""
        with self._readable(), self._text() as text:
            header, consumed = self._header(text)
            places = self._positions(header, wanted)
            if after_line > consumed:
                # A chunk ends where a row ends, so whole physical lines can be passed over.
                next(itertools.islice(text, after_line - consumed - 1, after_line - consumed), None)
                consumed = after_line
            while lines := list(itertools.islice(text, size)):
                chunk = self._quickly(lines, consumed, header, places)
                if chunk is None:
                    rest = itertools.chain(lines, text)
                    rows = _Rows(rest, consumed, self._delimiter, places.values())
                    chunk = _chunk(rows, len(header), places, size)
                consumed = chunk.last_line
                yield chunk

    def _quickly(
        self, lines: list[str], consumed: int, header: list[str], places: dict[str, int]
    ) -> RawChunk | None:
        """The chunk of lines that are a row each, in a fifth of the time; None where any is not.

        Blank lines, rows over several lines and rows of another width make fewer rows than lines,
        or none; a quote left open makes an odd number of quotes.
        """
        content = "".join(lines)
        if content.count('"') % 2 or not self._delimiter.isascii():
            return None
        names = [str(place) for place in range(len(header))]
        stored = content.encode("utf-8", "replace")
        try:
            table = read_csv(
                io.BytesIO(stored),
                read_options=ReadOptions(
                    column_names=names, use_threads=False, block_size=len(stored) + 1
                ),
                parse_options=ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
                convert_options=ConvertOptions(
                    include_columns=[str(place) for place in places.values()],
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != len(lines):
            return None
        columns = {
            name: utf8_trim_whitespace(table.column(str(at))).to_pylist()
            for name, at in places.items()
        }
        numbers = list(range(consumed + 1, consumed + len(lines) + 1))
        return RawChunk(
            numbers,
            columns,
            consumed + len(lines),
            width=len(header),
            is_trimmed=True,
            is_clean=not any(sign in content for sign in SIGNS),
        )

    def _header(self, text: Iterable[str]) -> tuple[list[str], int]:
        """The first row that is not blank, and the line on which it ends.

        Raises:
            UnclosedQuote: it does not end.
        """
        reader = csv.reader(text, delimiter=self._delimiter, strict=True)
        try:
            row = next((row for row in reader if any(map(str.strip, row))), [])
        except csv.Error as error:
            raise UnclosedQuote(1) from error
        return row, reader.line_num

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportRefused(
                f"文件 {self._path} 不是完整的 gzip 文件。请重新取得文件后再导入。"
            ) from error
        except UnclosedQuote as error:
            raise ImportRefused(
                f'文件 {self._path} 第 {error.line} 行起的引号（"）直到文件末尾也没有闭合。'
                "请补上或删去该行的引号后重试。"
            ) from error
        except UnicodeError as error:
            raise ImportRefused(
                f"文件 {self._path} 不能按编码 {self._told} 读取"
                "（UTF-16 的文件应以字节顺序标记开头）。"
                "请检查映射文件的键 file.encoding，例如 utf-8、gb18030。"
            ) from error
        except OSError as error:
            raise ImportRefused(
                f"无法读取文件 {self._path}：{words_of(error)}。请检查路径和权限。"
            ) from error

    def _positions(self, header: list[str], wanted: list[str]) -> dict[str, int]:
        """As `rows.positions`, with a hint where another reading of the file has the columns."""
        try:
            return positions(self.name, header, wanted)
        except MappingError as error:
            better = better_reading(self._beginning(), self._encoding, self._delimiter, wanted)
            if better is None:
                raise
            raise MappingError(
                f"文件 {self.name} 按映射文件写的编码（{self._told}）和分隔符读不出所需的列，"
                f"而按{better}可以。请修改映射文件的键 file.encoding 和 file.delimiter。"
            ) from error

    def _beginning(self) -> bytes:
        with open_bytes(self._path) as content:
            return content.read(LOOKED_AT)

    def _text(self) -> IO[str]:
        refuse_no_text(self.name, self._beginning(), self._told)
        return io.TextIOWrapper(
            open_bytes(self._path), encoding=self._encoding, errors="replace", newline=""
        )


def open_bytes(path: Path) -> IO[bytes]:
    """The file's content, unpacked where it is gzip, known by its first bytes."""
    with path.open("rb") as stored:
        is_gzip = stored.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path, "rb")) if is_gzip else path.open("rb")


class UnclosedQuote(Exception):
    """A quote that is still open at the end of the file; `line` is where its row begins."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Rows:
    """Rows from a line on; `last` is the line on which the one handed on last ends."""

    def __init__(
        self, lines: Iterable[str], consumed: int, delimiter: str, wanted: Iterable[int]
    ) -> None:
        self.last = consumed
        self._wanted = tuple(wanted)
        self._lines = lines
        self._delimiter = delimiter
        # Lines of the row that is being read.
        self._taken: list[str] = []
        self._has_ended = False

    def __iter__(self) -> Iterator[tuple[int, list[str], bool]]:
        """The line on which a row begins, its cells, and whether it is several rows merged."""
        lines = self._remembered()
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        while True:
            begins = self.last + 1
            try:
                cells = next(reader, None)
                is_merged = len(self._taken) > 1 and self._holds_a_row(cells or [])
            except csv.Error:
                cells = self._leniently(lines, begins)
                # A quote left open is closed by the one that opens a cell some rows later, and
                # then more than a delimiter follows it. Within one line that does no harm.
                is_merged = len(self._taken) > 1
            if cells is None:
                return
            self.last += len(self._taken)
            yield begins, cells, is_merged
            self._taken.clear()

    def _remembered(self) -> Iterator[str]:
        for line in self._lines:
            self._taken.append(line)
            yield line
        self._has_ended = True

    def _leniently(self, rest: Iterator[str], begins: int) -> list[str]:
        """The row that has begun, whatever follows its quotes.

        Raises:
            UnclosedQuote: the file ends within it, or it is longer than any that is closed.
        """
        lines = itertools.chain(tuple(self._taken), rest)
        try:
            cells = next(csv.reader(lines, delimiter=self._delimiter))
        except csv.Error as error:
            raise UnclosedQuote(begins) from error
        if self._has_ended:
            # A line beyond the last was asked for to end this row.
            raise UnclosedQuote(begins)
        return cells

    def _holds_a_row(self, cells: list[str]) -> bool:
        """Whether a cell of several lines has the delimiters of a row: two open quotes made it.

        Told of columns that are read only: another may be a text.
        """
        signs = len(cells) - 1
        read = [cells[at] for at in self._wanted if at < len(cells)]
        return any("\n" in cell and cell.count(self._delimiter) >= signs for cell in read)


def _chunk(rows: _Rows, width: int, places: dict[str, int], size: int) -> RawChunk:
    """The next rows, each with the line on which it begins."""
    lines: list[int] = []
    kept: list[list[str]] = []
    malformed: list[tuple[int, int]] = []
    merged: list[tuple[int, int]] = []
    for begins, cells, is_merged in itertools.islice(rows, size):
        if is_merged:
            merged.append((begins, rows.last))
        elif len(cells) == width:
            lines.append(begins)
            kept.append(cells)
        elif cells:
            malformed.append((begins, len(cells)))
    values = list(zip(*kept, strict=True)) if kept else [()] * width
    columns = {name: list(values[at]) for name, at in places.items()}
    return RawChunk(lines, columns, rows.last, malformed, width, merged=merged)
