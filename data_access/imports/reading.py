"""Reading a delimited file, plain or gzip, in chunks that know the line each row began on.

Memory is bounded by the chunk. Here no value is understood: columns are texts, rows that don't
have the header's width are handed on apart. Times, codes and coordinates stand in `interpreting`.
"""

import csv
import gzip
import hashlib
import io
import itertools
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from dashboard.errors import ImportRefused, MappingError
from data_access.imports.mapping import FileSection

if TYPE_CHECKING:
    from _csv import Reader

GZIP_MAGIC = b"\x1f\x8b"
BLOCK = 1 << 20


@dataclass(frozen=True)
class FileFacts:
    """Checksum of the file's bytes, and its physical lines (header included) for the progress."""

    sha256: str
    lines: int


@dataclass
class RawChunk:
    """Rows as read: `lines[i]` is the line on which row i begins, `columns[name][i]` its text.

    `malformed` holds (line, fields found) of rows that don't have the header's width.
    `last_line` is the last physical line the chunk has consumed.
    """

    lines: list[int]
    columns: dict[str, list[str]]
    last_line: int
    malformed: list[tuple[int, int]] = field(default_factory=list)
    width: int = 0

    @property
    def rows_read(self) -> int:
        return len(self.lines) + len(self.malformed)


def file_facts(path: Path) -> FileFacts:
    """Checksum and count of lines, in one reading.

    Raises:
        ImportRefused: the file cannot be read, or is a gzip file that is cut short.
    """
    with _readable(path):
        digest = hashlib.sha256()
        with path.open("rb") as stored:
            while block := stored.read(BLOCK):
                digest.update(block)
        lines, last = 0, b"\n"
        with _open_bytes(path) as content:
            while block := content.read(BLOCK):
                lines += block.count(b"\n")
                last = block[-1:]
        return FileFacts(digest.hexdigest(), lines + (last != b"\n"))


def read_chunks(
    path: Path, section: FileSection, wanted: list[str], *, after_line: int, size: int
) -> Iterator[RawChunk]:
    """Yield the `wanted` columns of the rows that begin after `after_line`, `size` at a time.

    `after_line` is 0 or the `last_line` of a chunk read before. Bytes that are not of the
    encoding become U+FFFD, for a check to find.

    Raises:
        MappingError: the header lacks a wanted column, or has it twice.
        ImportRefused: the file cannot be read, is cut short, or has a field without end.
    """
    with _readable(path), _open_text(path, section) as text:
        reader = csv.reader(text, delimiter=section.delimiter)
        header = next(reader, [])
        positions = _positions(path, header, wanted)
        consumed = reader.line_num
        if after_line > consumed:
            # A chunk ends where a row ends, so whole physical lines can be passed over.
            next(itertools.islice(text, after_line - consumed - 1, after_line - consumed), None)
            consumed = after_line
        rows = csv.reader(text, delimiter=section.delimiter)
        yield from _chunks(rows, consumed, header, positions, size)


def _chunks(
    rows: "Reader",
    consumed: int,
    header: list[str],
    positions: dict[str, int],
    size: int,
) -> Iterator[RawChunk]:
    width = len(header)
    while True:
        lines: list[int] = []
        kept: list[list[str]] = []
        malformed: list[tuple[int, int]] = []
        begins = consumed + rows.line_num + 1
        has_ended = True
        for row in itertools.islice(rows, size):
            has_ended = False
            if len(row) == width:
                lines.append(begins)
                kept.append(row)
            elif row:
                malformed.append((begins, len(row)))
            begins = consumed + rows.line_num + 1
        if has_ended:
            return
        values = list(zip(*kept, strict=True)) if kept else [()] * width
        columns = {name: list(values[at]) for name, at in positions.items()}
        yield RawChunk(lines, columns, begins - 1, malformed, width)


def _positions(path: Path, header: list[str], wanted: list[str]) -> dict[str, int]:
    names = [name.strip() for name in header]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise MappingError(
            f"文件 {path.name} 没有映射所需的列 {'、'.join(missing)}；"
            f"文件的列为：{'、'.join(names) or '（空文件）'}。请修改映射文件中的列名。"
        )
    twice = [name for name in wanted if names.count(name) > 1]
    if twice:
        raise MappingError(
            f"文件 {path.name} 的列 {'、'.join(twice)} 出现多次，应只有一列。请改列名后重试。"
        )
    return {name: names.index(name) for name in wanted}


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


def _open_bytes(path: Path) -> IO[bytes]:
    with path.open("rb") as stored:
        is_gzip = stored.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path, "rb")) if is_gzip else path.open("rb")


def _open_text(path: Path, section: FileSection) -> IO[str]:
    return io.TextIOWrapper(
        _open_bytes(path), encoding=section.encoding, errors="replace", newline=""
    )
