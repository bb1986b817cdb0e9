"""What a source answers to one poll, as the import street takes rows.

The rows are read once, in one transaction, into a file without a name that ends with the process.
The newest mark is asked before the rows: what is committed in between is read now or again later.
"""

import hashlib
import logging
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from dashboard.errors import SourceUnavailable
from data_access.imports.personal_data import masked_word
from data_access.imports.sources.address import lacks_its_file
from data_access.imports.sources.parquet import stored_chunks
from data_access.imports.sources.query import relation, told
from data_access.imports.sources.rows import RawChunk, SourceFacts, as_text, positions
from data_access.syncing.plan import KeysSection, Polled
from data_access.syncing.scale import Mark, Scale

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 10_000
# A peer whose packets are dropped must fail within seconds; other drivers take it in their URL.
PSYCOPG_LIMITS = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


@dataclass
class Answer:
    """Rows that are new or changed, in a spool; keys of deleted rows; the newest mark.

    `keys` are those the source still has, where they were asked for; `keys_refused` is why they
    did not come.
    """

    name: str
    columns: list[str]
    spool: IO[bytes]
    digest: str
    count: int
    gone: set[str]
    newest: Mark | None
    keys: set[str] | None
    keys_refused: SourceUnavailable | None = None
    # What makes equal rows worth importing again.
    occasion: str = ""

    def source(self) -> "PolledRows":
        """The rows for the street, once it is known which keys go."""
        return PolledRows(self)


@dataclass
class PolledRows:
    """The answer as an `imports` source; its checksum is of rows, keys that go and occasion."""

    answer: Answer
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.answer.name

    def header(self) -> list[str]:
        """Names of the columns; see `rows.Source`."""
        return self.answer.columns

    def facts(self, wanted: list[str]) -> SourceFacts:
        """Checksum and number of rows; see `rows.Source`."""
        positions(self.name, self.answer.columns, wanted)
        whole = "\x1f".join((self.answer.digest, self.answer.occasion, *sorted(self.answer.gone)))
        digest = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()
        return SourceFacts(digest, self.answer.count)

    def chunks(self, wanted: list[str], *, after_line: int, size: int) -> Iterator[RawChunk]:
        """Rows by their number from 1; see `rows.Source`."""
        self.answer.spool.seek(0)
        spool = self.answer.spool
        yield from stored_chunks(spool, self.name, wanted, after_line=after_line, size=size)


def ask(polled: Polled, after: Mark | None, keys_since: datetime | None) -> Answer:
    """Read the rows whose mark is greater than `after` (None: all), newest first.

    `keys_since`, a local time, asks for the keys that the source still has as well.

    Raises:
        SourceUnavailable: it does not answer, or not as the file expects; says no value.
    """
    section = polled.section
    scale = Scale(section.watermark)
    wanted = polled.loaded.mapping.file_columns()
    with _connection(polled) as connection:
        rows = relation(connection, section.rows)
        column = connection.dialect.identifier_preparer.quote(section.watermark.column)
        newest = _newest(connection, polled, rows, column)
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the answer
        answer = Answer(told(section.rows), wanted, spool, "", 0, set(), newest, None)
        weakref.finalize(answer, spool.close)
        condition = "" if after is None else f" where {column} > :after"
        bound = {} if after is None else {"after": scale.bound(after)}
        _spool(polled, answer, _rows(connection, polled, f"{rows}{condition}", column, bound))
        if section.keys and keys_since is not None:
            _ask_keys(connection, section.keys, keys_since, answer)
    return answer


def _ask_keys(
    connection: Connection, keys: KeysSection, since_time: datetime, answer: Answer
) -> None:
    """The keys that the source still has; the rows come also where it does not tell them."""
    since = since_time.strftime(keys.format) if keys.format else since_time
    try:
        found = connection.execute(text(keys.query), {"since": since}).scalars()
        answer.keys = {as_text(key).strip() for key in found}
    except DBAPIError as error:
        answer.keys_refused = SourceUnavailable(
            f"来源数据库不接受 keys.query，或没有应答{_code(error)}，未删除任何行。"
            "请检查这个查询和账号的读取权限。"
        )


def _newest(connection: Connection, polled: Polled, rows: str, column: str) -> Mark | None:
    """The greatest mark; what is in its place is told by the row that holds it."""
    value = connection.scalar(text(f"select max({column}) from {rows}"))
    try:
        return Scale(polled.section.watermark).read(value)
    except SourceUnavailable as error:
        number = polled.number_column
        named = number and connection.dialect.identifier_preparer.quote(number)
        count, first = connection.execute(
            text(f"select count(*), min({named or 'null'}) from {rows} where {column} = :value"),
            {"value": value},
        ).one()
        whose = f"（{number} 为 {masked_word(as_text(first))}）" if first is not None else ""
        raise SourceUnavailable(f"来源中有{count:,}行{whose}：{error}") from None


def _rows(
    connection: Connection, polled: Polled, rest: str, column: str, bound: dict[str, Any]
) -> Iterable[list[list[str]]]:
    """The wanted columns, then those that tell deleted rows; newest first, then by all columns.

    Of several rows of one key the first counts, which is then the newest.
    """
    read = _columns(polled)
    quoted = [connection.dialect.identifier_preparer.quote(name) for name in read]
    order = ", ".join(str(place) for place in range(1, len(read) + 1))
    rows = connection.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE).execute(
        text(f"select {', '.join(quoted)} from {rest} order by {column} desc, {order}"), bound
    )
    for part in rows.partitions(ROWS_AT_ONCE):
        yield [[as_text(value) for value in row] for row in part]


def _columns(polled: Polled) -> list[str]:
    wanted = polled.loaded.mapping.file_columns()
    deleted = polled.section.deleted
    return wanted if deleted is None else [*wanted, deleted.column]


def _spool(polled: Polled, answer: Answer, parts: Iterable[list[list[str]]]) -> None:
    """Put live rows into the spool, and the keys of deleted ones into `gone`."""
    wanted = answer.columns
    digest = hashlib.sha256("\x1f".join(wanted).encode())
    schema = pa.schema([(name, pa.string()) for name in wanted])
    with pq.ParquetWriter(answer.spool, schema) as writer:
        for part in parts:
            live = list(_live(polled, part, answer.gone))
            for row in live:
                digest.update(("\x1e" + "\x1f".join(row)).encode("utf-8", "replace"))
            columns = [[row[place] for row in live] for place in range(len(wanted))]
            writer.write_table(pa.table(columns, schema=schema))
            answer.count += len(live)
    answer.digest = digest.hexdigest()


def _live(polled: Polled, rows: list[list[str]], gone: set[str]) -> Iterator[list[str]]:
    deleted = polled.section.deleted
    if deleted is None:
        yield from rows
        return
    marks = {value.casefold() for value in deleted.values}
    place = polled.loaded.mapping.file_columns().index(polled.key_column)
    for row in rows:
        key = row[place].strip()
        if row[-1].strip().casefold() in marks:
            gone.add(key)
        elif key not in gone:
            yield row[:-1]


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _code(error: DBAPIError) -> str:
    state = _state(error)
    return f"（其错误代码 {state}）" if state else ""


@contextmanager
def _connection(polled: Polled) -> Iterator[Connection]:
    """A connection of its own. What the driver says may hold addresses and values: not told."""
    try:
        url = make_url(polled.url)
        if lacks_its_file(url):
            raise SourceUnavailable(
                f"环境变量 {polled.section.url_variable} 所指的 SQLite 文件不存在。"
                "请检查其中的路径；恢复后自动继续。"
            )
        limits = PSYCOPG_LIMITS if url.get_driver_name() == "psycopg" else {}
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=limits)
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        log.info("%s of %s: %s", type(error.orig).__name__, polled.source_key, _state(error))
        raise SourceUnavailable(
            f"来源数据库没有应答，或不接受所写的表、列、查询{_code(error)}。"
            "请检查网络、地址、账号的读取权限；恢复后自动继续。"
        ) from error
    except (SQLAlchemyError, ImportError) as error:
        log.info("%s of %s", type(error).__name__, polled.source_key)
        raise SourceUnavailable(
            f"环境变量 {polled.section.url_variable} 的地址或驱动不可用。"
            "请检查地址，并安装该数据库的 SQLAlchemy 方言和驱动。"
        ) from error
