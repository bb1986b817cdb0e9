"""Delimited text, plain or gzip, in chunks that know the line each row began on.

Memory is bounded by the chunk. Rows that don't have the header's width are handed on apart.
"""

import csv
import gzip
import hashlib
import io
import itertools
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import pyarrow as pa
from pyarrow.compute import utf8_trim_whitespace
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from dashboard.errors import ImportRefused
from data_access.imports.sources.rows import SIGNS, RawChunk, SourceFacts, positions

if TYPE_CHECKING:
    from _csv import Reader

GZIP_MAGIC = b"\x1f\x8b"
BLOCK = 1 << 20


class DelimitedFile:
    """A CSV file; the first row is its header. Bytes not of the encoding become U+FFFD."""

    def __init__(self, path: Path, *, encoding: str = "utf-8-sig", delimiter: str = ",") -> None:
        self._path = path
        self._encoding = encoding
        self._delimiter = delimiter

    @property
    def name(self) -> str:
        return self._path.name

    def header(self) -> list[str]:
        """Names of the columns; see `rows.Source`."""
        with _readable(self._path), self._text() as text:
            return [name.strip() for name in next(self._reader(text), [])]

    def facts(self, wanted: list[str]) -> SourceFacts:
        """Checksum of the bytes and count of lines; see `rows.Source`.

        Raises:
            ImportRefused: the file cannot be read, or is a gzip file that is cut short.
        """
        with _readable(self._path):
            digest = hashlib.sha256()
            with self._path.open("rb") as stored:
                while block := stored.read(BLOCK):
                    digest.update(block)
            lines, last = 0, b"\n"
            with open_bytes(self._path) as content:
                while block := content.read(BLOCK):
                    lines += block.count(b"\n")
                    last = block[-1:]
        positions(self.name, self.header(), wanted)
        return SourceFacts(digest.hexdigest(), lines + (last != b"\n"))

    def chunks(self, wanted: list[str], *, after_line: int, size: int) -> Iterator[RawChunk]:
        """Rows by physical line; see `rows.Source`."""
        with _readable(self._path), self._text() as text:
            reader = self._reader(text)
            header = next(reader, [])
            places = positions(self.name, header, wanted)
            consumed = reader.line_num
            if after_line > consumed:
                # A chunk ends where a row ends, so whole physical lines can be passed over.
                next(itertools.islice(text, after_line - consumed - 1, after_line - consumed), None)
                consumed = after_line
            while lines := list(itertools.islice(text, size)):
                chunk = self._quickly(lines, consumed, header, places)
                if chunk is None:
                    rows = self._reader(itertools.chain(lines, text))
                    chunk = _chunk(rows, consumed, len(header), places, size)
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

    def _reader(self, text: Iterable[str]) -> "Reader":
        return csv.reader(text, delimiter=self._delimiter)

    def _text(self) -> IO[str]:
        return io.TextIOWrapper(
            open_bytes(self._path), encoding=self._encoding, errors="replace", newline=""
        )


def open_bytes(path: Path) -> IO[bytes]:
    """The file's content, unpacked where it is gzip, known by its first bytes."""
    with path.open("rb") as stored:
        is_gzip = stored.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path, "rb")) if is_gzip else path.open("rb")


def _chunk(
    rows: "Reader", consumed: int, width: int, places: dict[str, int], size: int
) -> RawChunk:
    """The next rows, each with the line on which it begins."""
    lines: list[int] = []
    kept: list[list[str]] = []
    malformed: list[tuple[int, int]] = []
    begins = consumed + 1
    for row in itertools.islice(rows, size):
        if len(row) == width:
            lines.append(begins)
            kept.append(row)
        elif row:
            malformed.append((begins, len(row)))
        begins = consumed + rows.line_num + 1
    values = list(zip(*kept, strict=True)) if kept else [()] * width
    columns = {name: list(values[at]) for name, at in places.items()}
    return RawChunk(lines, columns, begins - 1, malformed, width)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ImportRefused(
            f"文件 {path} 不是完整的 gzip 文件（{error}）。请重新取得文件后再导入。"
        ) from error
    except csv.Error as error:
        raise ImportRefused(
            f"文件 {path} 无法按 CSV 读取（{error}），多为引号未闭合。请检查文件后重试。"
        ) from error
    except OSError as error:
        raise ImportRefused(
            f"无法读取文件 {path}：{error.strerror or error}。请检查路径和权限。"
        ) from error
