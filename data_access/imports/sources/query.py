"""A table or query of another database, through any dialect that SQLAlchemy finds installed.

The rows are read once, in one transaction, into a file without a name that ends with the process:
so checksum and rows agree while the other database goes on changing, and nothing of them stays on
the disk. Only the columns that the mapping names are asked for.
"""

import hashlib
import re
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import ImportRefused
from data_access.imports.sources.address import lacks_its_file
from data_access.imports.sources.parquet import stored_chunks
from data_access.imports.sources.rows import RawChunk, SourceFacts, as_text, positions

ROWS_AT_ONCE = 10_000
# By SQLSTATE, or its class.
_FAILURES = {
    "42P01": "没有这个表或视图",
    "42703": "没有所读的列",
    "42501": "没有读取权限",
    "42": "查询的写法有误",
    "22": "有的值与查询所要的类型或格式不符",
    "08": "连接中断",
    "57": "对方中止了查询",
}
TABLE_NAME = re.compile(r"\w+(?:\.\w+){0,2}")


def relation(connection: Connection, query: str) -> str:
    """What stands behind FROM for a table's name or a SELECT, in the other database's words."""
    asked = _plain(query)
    if not TABLE_NAME.fullmatch(asked):
        return f"({asked}) handed_over"
    quote = connection.dialect.identifier_preparer.quote
    return ".".join(quote(part) for part in asked.split("."))


def told(query: str) -> str:
    """How messages and reports call it: a SELECT may hold values."""
    asked = _plain(query)
    return asked if TABLE_NAME.fullmatch(asked) else "（查询）"


def _plain(query: str) -> str:
    return query.strip().rstrip(";")


class DatabaseQuery:
    """Rows of `query`, a table's name or a SELECT; ordered by the columns that are read."""

    def __init__(self, url: str, query: str) -> None:
        self._url = url
        self._query = query
        self._spool: IO[bytes] | None = None
        self._facts: SourceFacts | None = None

    @property
    def name(self) -> str:
        return told(self._query)

    def header(self) -> list[str]:
        """Names of the columns; see `rows.Source`."""
        with self._connection() as connection:
            # Asked for no row: the names of the columns come all the same.
            found = connection.execute(
                text(f"select * from {relation(connection, self._query)} where 1=0")
            )
            return list(found.keys())

    def facts(self, wanted: list[str]) -> SourceFacts:
        """Checksum of the wanted columns and number of rows; see `rows.Source`."""
        if self._facts is None:
            positions(self.name, self.header(), wanted)
            self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the source
            weakref.finalize(self, self._spool.close)
            with self._connection() as connection:
                self._facts = self._spooled(connection, self._spool, wanted)
        return self._facts

    def chunks(self, wanted: list[str], *, after_line: int, size: int) -> Iterator[RawChunk]:
        """Rows by their number from 1; see `rows.Source`."""
        self.facts(wanted)
        assert self._spool is not None
        self._spool.seek(0)
        yield from stored_chunks(self._spool, self.name, wanted, after_line=after_line, size=size)

    def _spooled(self, connection: Connection, spool: IO[bytes], wanted: list[str]) -> SourceFacts:
        quoted = [connection.dialect.identifier_preparer.quote(name) for name in wanted]
        order = ", ".join(str(place) for place in range(1, len(wanted) + 1))
        rows = connection.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE).execute(
            text(
                f"select {', '.join(quoted)} from {relation(connection, self._query)}"
                f" order by {order}"
            )
        )
        digest = hashlib.sha256("\x1f".join(wanted).encode())
        schema = pa.schema([(name, pa.string()) for name in wanted])
        count = 0
        with pq.ParquetWriter(spool, schema) as writer:
            for part in rows.partitions(ROWS_AT_ONCE):
                texts = [[as_text(value) for value in row] for row in part]
                for row in texts:
                    digest.update(("\x1e" + "\x1f".join(row)).encode("utf-8", "replace"))
                columns = [list(column) for column in zip(*texts, strict=True)]
                writer.write_table(pa.table(columns, schema=schema))
                count += len(texts)
        return SourceFacts(digest.hexdigest(), count)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection of its own. What a driver says may hold the password, or a value."""
        engine = self._engine()
        is_connected = False
        try:
            with engine.connect() as connection:
                is_connected = True
                yield connection
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            reason = _failure(cause) if is_connected else "连接失败"
            raise ImportRefused(
                f"无法从另一数据库读取 {self.name}（{reason}，{_kind_of(cause)}）。"
                "请检查地址、网络、表名或查询，以及读取权限。"
            ) from error
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        try:
            url = make_url(self._url)
            if lacks_its_file(url):
                raise ImportRefused(
                    f"无法从另一数据库读取 {self.name}（SQLite 文件不存在）。请检查地址中的路径。"
                )
            return create_engine(url, hide_parameters=True)
        except (SQLAlchemyError, ImportError, ValueError) as error:
            raise ImportRefused(
                f"另一数据库的地址或驱动不可用（{type(error).__name__}）。"
                "请检查地址，并安装该数据库的 SQLAlchemy 方言和驱动。"
            ) from error


def _failure(error: object) -> str:
    """Why a statement failed. The database's own words may repeat a value that it met."""
    state = str(getattr(error, "sqlstate", None) or "")
    return _FAILURES.get(state) or _FAILURES.get(state[:2], "查询失败")


def _kind_of(error: object) -> str:
    """What can be said of any failure: drivers repeat parts of the address, too."""
    state = getattr(error, "sqlstate", None)
    return f"错误码 {state}" if state else f"驱动的错误类别 {type(error).__name__}"
