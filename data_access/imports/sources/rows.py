"""What every source of rows offers: facts for the batch, and chunks of texts with their lines.

Typed values (of Excel, Parquet, databases) become texts here: times in ISO form with a `T`, so
that a mapping's time format is not needed for them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Protocol

from dashboard.errors import MappingError
from data_access.imports.personal_data import found_in, masked

# Marks a double with more digits than it can hold: what is read is not what was meant.
ROUNDED = "\ue000"
# Marks a formula whose result is not in the file.
UNCALCULATED = "\ue001"
# Bytes that are not of the encoding, and what no text column can keep.
UNREADABLE = ("\ufffd", "\x00")
SIGNS = (*UNREADABLE, ROUNDED, UNCALCULATED)
# Doubles are exact up to here; longer case numbers have lost their last digits.
EXACT_UP_TO = 10**15


@dataclass(frozen=True)
class SourceFacts:
    """Checksum of what is read, and how many lines it has (header included) for the progress."""

    sha256: str
    lines: int


@dataclass
class RawChunk:
    """Rows as read: `lines[i]` is the line on which row i begins, `columns[name][i]` its text.

    `malformed` holds (line, fields found) of rows that don't have the header's width, `merged`
    (first line, last line) of rows that a quote left open has made one of.
    `last_line` is the last line the chunk has consumed. `is_trimmed`: texts are without
    surrounding blanks already; `is_clean`: none holds one of `SIGNS`.
    """

    lines: list[int]
    columns: dict[str, list[str]]
    last_line: int
    malformed: list[tuple[int, int]] = field(default_factory=list)
    width: int = 0
    is_trimmed: bool = False
    is_clean: bool = False
    merged: list[tuple[int, int]] = field(default_factory=list)

    @property
    def rows_read(self) -> int:
        return len(self.lines) + self.rows_unusable

    @property
    def rows_unusable(self) -> int:
        """Rows that are none of the columns' texts."""
        return len(self.malformed) + len(self.merged)

    def trimmed(self) -> dict[str, list[str]]:
        """The columns with texts without surrounding blanks."""
        if self.is_trimmed:
            return self.columns
        return {name: [text.strip() for text in column] for name, column in self.columns.items()}


class Source(Protocol):
    """Rows that can be read again from any line, in the same order with the same lines."""

    @property
    def name(self) -> str:
        """What the batch is called: a file's name, or a table's."""

    def header(self) -> list[str]:
        """Names of the columns, in their order.

        Raises:
            ImportRefused: the source cannot be read.
        """

    def facts(self, wanted: list[str]) -> SourceFacts:
        """Checksum and length; `wanted` are the columns that will be read.

        Raises:
            ImportRefused: the source cannot be read.
            MappingError: it lacks a wanted column, or has it twice.
        """

    def chunks(self, wanted: list[str], *, after_line: int, size: int) -> Iterator[RawChunk]:
        """Yield the wanted columns of the rows after a line, `size` at a time.

        `after_line` is 0 or the `last_line` of a chunk read before.

        Raises:
            ImportRefused, MappingError: as for `facts`.
        """


def positions(name: str, header: Iterable[str], wanted: list[str]) -> dict[str, int]:
    """Where the wanted columns stand in the header.

    Raises:
        MappingError: one is missing, or stands there twice; the columns that are there are named,
            unless they are data.
    """
    names = [column.strip() for column in header]
    missing = [column for column in wanted if column not in names]
    if missing:
        refuse_data_as_header(name, names)
        raise MappingError(
            f"文件 {masked(name)} 没有映射所需的列 {'、'.join(missing)}；"
            f"文件的列为：{'、'.join(names) or '（空文件）'}。请修改映射文件中的列名。"
        )
    twice = [column for column in wanted if names.count(column) > 1]
    if twice:
        raise MappingError(
            f"文件 {masked(name)} 的列 {'、'.join(twice)} 出现多次，应只有一列。请改列名后重试。"
        )
    return {column: names.index(column) for column in wanted}


def refuse_data_as_header(name: str, header: Iterable[str]) -> None:
    """Refuse a file whose first row holds personal numbers: it is no header, and nothing of it
    may be shown.

    Raises:
        MappingError: says so.
    """
    kinds = dict.fromkeys(kind for column in header if (kind := found_in(column)))
    if kinds:
        raise MappingError(
            f"文件 {masked(name)} 的标题行含有{'、'.join(kinds)}，像是数据而不是列名，不予显示。"
            "请在数据之前加上一行列名。"
        )


def as_text(value: Any) -> str:
    """A typed value as the text that a mapping expects; nothing for None.

    Doubles beyond what they can hold exactly bear the sign `ROUNDED`.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _double(value)
        case Decimal():
            return _decimal(value)
        case datetime():
            return value.isoformat()
        case date():
            # The beginning of the day, in the form of times: a mapping's format is not needed.
            return f"{value.isoformat()}T00:00:00"
        case time():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", errors="replace")
    return str(value)


def spreadsheet_text(value: Any) -> str:
    """As `as_text`, for cells whose numbers are doubles whatever they look like."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _double(float(value)) if abs(value) > EXACT_UP_TO else str(value)
    return as_text(value)


def _double(value: float) -> str:
    if value != value:
        return ""
    text = str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
    return f"{text}{ROUNDED}" if abs(value) > EXACT_UP_TO else text


def _decimal(value: Decimal) -> str:
    """All its digits, without the zeros behind the point; nothing for what is no number."""
    if not value.is_finite():
        return ""
    text = format(value, "f")
    return text.rstrip("0").removesuffix(".") if "." in text else text
