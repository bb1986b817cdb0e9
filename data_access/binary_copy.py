"""Rows for PostgreSQL's COPY in binary format, encoded from numpy columns without a loop per row.

Here: the encoding of the few types the bulk loads need, and sending the bytes. Which rows are sent
stands with the loader. Format: PostgreSQL documentation, COPY, "Binary Format".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

Kind = Literal["int2", "int4", "int8", "float8", "bool", "date", "timestamptz", "text"]
Bytes = npt.NDArray[np.uint8]

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
ROWS_A_CHUNK = 20_000
WIRE: Mapping[str, np.dtype[Any]] = {
    "int2": np.dtype(">i2"),
    "int4": np.dtype(">i4"),
    "int8": np.dtype(">i8"),
    "float8": np.dtype(">f8"),
    "bool": np.dtype("u1"),
    "date": np.dtype(">i4"),
    "timestamptz": np.dtype(">i8"),
}
# PostgreSQL counts dates and times from 2000-01-01.
EPOCH_DAYS = int(np.datetime64("2000-01-01", "D").astype(np.int64))
EPOCH_MICROSECONDS = EPOCH_DAYS * 86_400_000_000


@dataclass(frozen=True)
class Column:
    """One column of a load.

    `values` by kind: integers, floats and booleans as they are; date as days and timestamptz as
    microseconds since 1970 (UTC); text as an array of UTF-8 byte strings (dtype S), or of indexes
    into `words`. `null` marks the rows without a value.
    """

    kind: Kind
    values: npt.NDArray[Any]
    null: npt.NDArray[np.bool_] | None = None
    words: Sequence[str] | None = None

    def take(self, rows: npt.NDArray[Any] | slice) -> "Column":
        """The same column of some rows."""
        null = None if self.null is None else self.null[rows]
        return Column(self.kind, self.values[rows], null, self.words)


Columns = Mapping[str, Column]


def texts(values: Sequence[str]) -> npt.NDArray[np.bytes_]:
    """Strings as the array of UTF-8 byte strings that a text column takes."""
    return np.array([value.encode() for value in values], dtype=np.bytes_)


def copy_into(
    connection: psycopg.Connection[Any], table: str, columns: Columns, *, freeze: bool = False
) -> int:
    """Append the rows to the table in the connection's transaction; returns their number.

    `freeze`: no reader will have to mark them as committed; of a table made by this transaction.
    """
    count = row_count(columns)
    if not count:
        return 0
    statement = sql.SQL("copy {} ({}) from stdin (format binary{})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", freeze" if freeze else ""),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(HEADER)
        for chunk in encoded(columns):
            copy.write(chunk)
        copy.write(TRAILER)
    return count


def encoded(columns: Columns) -> Iterator[bytes]:
    """The rows' bytes, in chunks, without header and trailer."""
    for start in range(0, row_count(columns), ROWS_A_CHUNK):
        rows = slice(start, start + ROWS_A_CHUNK)
        yield _encode_rows([column.take(rows) for column in columns.values()])


def row_count(columns: Columns) -> int:
    """Number of rows; 0 for no columns."""
    return next((len(column.values) for column in columns.values()), 0)


def _encode_rows(columns: Sequence[Column]) -> bytes:
    """All fields side by side in one matrix of bytes; those that a row lacks are masked out."""
    count = len(columns[0].values)
    fields = [_field_count(count, len(columns)), *map(_field, columns)]
    matrix = np.concatenate([body for body, _ in fields], axis=1)
    kept = np.concatenate([mask for _, mask in fields], axis=1)
    sent: Bytes = matrix[kept]
    return sent.tobytes()


def _field_count(rows: int, columns: int) -> tuple[Bytes, npt.NDArray[np.bool_]]:
    body = np.full(rows, columns, dtype=">i2").view(np.uint8).reshape(rows, 2)
    return body, np.ones((rows, 2), dtype=np.bool_)


def _field(column: Column) -> tuple[Bytes, npt.NDArray[np.bool_]]:
    """Length word and value of each row, with the mask of the bytes that count."""
    rows = len(column.values)
    value, lengths = _text(column) if column.kind == "text" else _fixed(column)
    width = value.shape[1]
    if column.null is not None:
        lengths = np.where(column.null, -1, lengths)
    words = lengths.astype(">i4").view(np.uint8).reshape(rows, 4)
    kept = np.ones((rows, 4 + width), dtype=np.bool_)
    kept[:, 4:] = np.arange(width) < lengths[:, None]
    return np.concatenate([words, value], axis=1), kept


def _fixed(column: Column) -> tuple[Bytes, npt.NDArray[np.int64]]:
    values = column.values
    if column.kind == "date":
        values = values.astype(np.int64) - EPOCH_DAYS
    elif column.kind == "timestamptz":
        values = values.astype(np.int64) - EPOCH_MICROSECONDS
    wire = WIRE[column.kind]
    body = values.astype(wire).view(np.uint8).reshape(len(values), wire.itemsize)
    return body, np.full(len(values), wire.itemsize, dtype=np.int64)


def _text(column: Column) -> tuple[Bytes, npt.NDArray[np.int64]]:
    values = column.values
    if column.words is not None:
        values = texts(column.words)[values]
    width = max(values.dtype.itemsize, 1)
    body = values.astype(f"S{width}").view(np.uint8).reshape(len(values), width)
    return body, np.char.str_len(values).astype(np.int64)
