"""Parquet files, and what a query was spooled to: rows by their number, counted from 1."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dashboard.errors import MappingError
from data_access.imports.sources.file_bytes import readable, sha256_of
from data_access.imports.sources.rows import ROUNDED, RawChunk, SourceFacts, as_text, positions

# Bits of a float -> up to where it holds every whole number.
EXACT_IN = {16: 2**11, 32: 2**24}


class ParquetFile:
    """A Parquet file with a flat schema; only the wanted columns are read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return self._path.name

    def header(self) -> list[str]:
        """Names of the columns; see `rows.Source`."""
        with self._readable(), pq.ParquetFile(self._path) as stored:
            return list(stored.schema_arrow.names)

    def facts(self, wanted: list[str]) -> SourceFacts:
        """Checksum of the file, number of its rows; see `rows.Source`."""
        with self._readable(), pq.ParquetFile(self._path) as stored:
            positions(self.name, stored.schema_arrow.names, wanted)
            self._refuse_nested(stored.schema_arrow, wanted)
            return SourceFacts(sha256_of(self._path), stored.metadata.num_rows)

    def chunks(self, wanted: list[str], *, after_line: int, size: int) -> Iterator[RawChunk]:
        """Rows by their number from 1; see `rows.Source`."""
        with self._readable():
            yield from stored_chunks(
                self._path, self.name, wanted, after_line=after_line, size=size
            )

    def _refuse_nested(self, schema: pa.Schema, wanted: list[str]) -> None:
        nested = [name for name in wanted if pa.types.is_nested(schema.field(name).type)]
        if nested:
            raise MappingError(
                f"文件 {self.name} 的列 {'、'.join(nested)} 是列表或结构，应每行一个值。"
                "请把它展开成单独的列后再导入，或从映射文件中去掉。"
            )

    def _readable(self) -> Any:
        return readable(self._path, "Parquet", pa.ArrowException)


def stored_chunks(
    content: Path | IO[bytes], name: str, wanted: list[str], *, after_line: int, size: int
) -> Iterator[RawChunk]:
    """Chunks of Parquet content; row groups before `after_line` are passed over unread."""
    with pq.ParquetFile(content) as stored:
        width = len(positions(name, stored.schema_arrow.names, wanted))
        groups, line = _groups_after(stored, after_line)
        batches = stored.iter_batches(batch_size=size, row_groups=groups, columns=wanted)
        for batch in batches:
            first = max(after_line - line, 0)
            line += batch.num_rows
            if first >= batch.num_rows:
                continue
            rest = batch.slice(first)
            columns = {column: _texts(rest.column(column)) for column in wanted}
            lines = list(range(line - rest.num_rows + 1, line + 1))
            yield RawChunk(lines, columns, line, width=width)


def _groups_after(stored: pq.ParquetFile, after_line: int) -> tuple[list[int], int]:
    """Row groups that hold rows after the line, and the rows in those before."""
    passed = 0
    for group in range(stored.num_row_groups):
        rows = stored.metadata.row_group(group).num_rows
        if passed + rows > after_line:
            return list(range(group, stored.num_row_groups)), passed
        passed += rows
    return [], passed


def _texts(column: pa.Array) -> list[str]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        filled: list[str] = pc.fill_null(column, "").to_pylist()
        return filled
    if pa.types.is_floating(column.type) and column.type.bit_width in EXACT_IN:
        return _narrow(column, EXACT_IN[column.type.bit_width])
    return [as_text(value) for value in _values(column)]


def _narrow(column: pa.Array, limit: int) -> list[str]:
    """Numbers that are kept in less than a double, marked as rounded as doubles are."""
    return [
        f"{as_text(value)}{ROUNDED}" if abs(value or 0) > limit else as_text(value)
        for value in column.to_pylist()
    ]


def _values(column: pa.Array) -> list[Any]:
    """The values; times beyond the year 9999, which Python has not, as texts."""
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError):
        return [_value(scalar) for scalar in column]


def _value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        return scalar.cast(pa.string()).as_py()
