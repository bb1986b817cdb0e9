"""The change feed: what writers have put into the outbox, and who is waiting for news.

NOTIFY is only a hint: whoever waits also looks by himself every two seconds. Rows are never taken
by "id above the last one seen", since a transaction with a lower id may commit later; what was
read is deleted in the same transaction.
"""

import asyncio
from collections.abc import Awaitable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, LiteralString, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from sqlalchemy import URL, Connection, text

from dashboard.errors import DatabaseUnavailable
from data_access.database import BE_GIVEN_UP, GIVE_SERVER_UP
from data_access.live_schema import CHANGES_CHANNEL
from data_access.snapshots import SNAPSHOTS_CHANNEL, Stored

PULSE_CHANNEL = "cockpit_pulse"
# A server that does not answer within this is taken for lost.
ANSWER_SECONDS = 2.0
CONNECT: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": 2,
    **GIVE_SERVER_UP,
    "options": BE_GIVEN_UP,
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the last look: subjects, and counties (0: no particular one)."""

    subjects: frozenset[str]
    counties: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.subjects)

    def __or__(self, other: Self) -> "Changes":
        return Changes(self.subjects | other.subjects, self.counties | other.counties)


NO_CHANGES = Changes(frozenset(), frozenset())


def take_changes(connection: Connection) -> Changes:
    """Read the outbox and delete what was read; rows of others at work are left for later."""
    rows = connection.execute(
        text(
            "delete from outbox where id in (select id from outbox for update skip locked)"
            " returning subject, county_id"
        )
    ).all()
    if not rows:
        return NO_CHANGES
    return Changes(frozenset(row.subject for row in rows), frozenset(row.county_id for row in rows))


class ChangeListener:
    """A connection of the snapshotter's own that hears CHANGES_CHANNEL; also holds the lock."""

    def __init__(self, url: URL) -> None:
        with _translated():
            self._connection = psycopg.connect(
                libpq_url(url), **CONNECT, application_name="cockpit snapshotter"
            )
            self._connection.execute(_listen(CHANGES_CHANNEL))

    def try_to_lead(self, key: int) -> bool:
        """Whether this connection holds the advisory lock now; it does until it closes."""
        with _translated():
            row = self._connection.execute("select pg_try_advisory_lock(%s)", (key,)).fetchone()
        return bool(row and row[0])

    def wait(self, seconds: float) -> bool:
        """Wait for a hint, at most so long; whether one came."""
        with _translated():
            return any(list(self._connection.notifies(timeout=seconds, stop_after=1)))

    def forget(self) -> None:
        """Pass over the hints that have come meanwhile: the outbox is about to be read."""
        with _translated():
            for _ in self._connection.notifies(timeout=0):
                pass

    def close(self) -> None:
        """Give up the lock and the connection."""
        with suppress(psycopg.Error):
            self._connection.close()


class Pulse:
    """A connection on which the snapshotter says every second how it is."""

    def __init__(self, url: URL) -> None:
        with _translated():
            self._connection = psycopg.connect(
                libpq_url(url), **CONNECT, application_name="cockpit pulse"
            )

    def say(self, words: str) -> None:
        """Send one pulse."""
        with _translated():
            self._connection.execute("select pg_notify(%s, %s)", (PULSE_CHANNEL, words))

    def close(self) -> None:
        """Fall silent."""
        with suppress(psycopg.Error):
            self._connection.close()


@dataclass(frozen=True, slots=True)
class News:
    """A notification: a new snapshot of a view, or a pulse of the snapshotter."""

    is_pulse: bool
    text: str


class SnapshotFeed:
    """A web worker's one connection: hears of new snapshots, asks for them, fetches them.

    Every method raises DatabaseUnavailable within about ANSWER_SECONDS when no answer comes; the
    feed is of no use then and a new one has to be opened.
    """

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: URL) -> Self:
        """Connect and listen."""

        async def connect() -> psycopg.AsyncConnection:
            connection = await psycopg.AsyncConnection.connect(
                libpq_url(url), **CONNECT, application_name="cockpit web"
            )
            await connection.execute(_listen(SNAPSHOTS_CHANNEL))
            await connection.execute(_listen(PULSE_CHANNEL))
            return connection

        return cls(await _answered(connect()))

    async def wait(self, seconds: float) -> list[News]:
        """News, as soon as there are any; an empty list after so many seconds without."""
        with _translated():
            hints = self._connection.notifies(timeout=seconds, stop_after=1)
            return [News(hint.channel == PULSE_CHANNEL, hint.payload) async for hint in hints]

    async def numbers(self, view_keys: Collection[str]) -> dict[str, int]:
        """Newest number of each view that has a snapshot; also proves that the server answers."""
        rows = await self._rows(
            "select k.view, (select max(number) from snapshots s where s.view = k.view)"
            " from unnest(%s::text[]) as k (view)",
            (list(view_keys),),
        )
        return {view: number for view, number in rows if number is not None}

    async def newest(self, view_key: str) -> Stored | None:
        """The newest snapshot of a view."""
        rows = await self._rows(
            "select number, body from snapshots where view = %s order by number desc limit 1",
            (view_key,),
        )
        return Stored(rows[0][0], rows[0][1]) if rows else None

    async def request(self, view_keys: Collection[str]) -> None:
        """Say that screens are showing these views, and wake the snapshotter."""
        await self._rows(
            "insert into screen_requests (view, wanted_at)"
            " select view, clock_timestamp() from unnest(%s::text[]) as k (view) order by view"
            " on conflict (view) do update set wanted_at = excluded.wanted_at"
            " returning pg_notify(%s, '')",
            (list(view_keys), CHANGES_CHANNEL),
        )

    async def close(self) -> None:
        """Leave."""
        with suppress(psycopg.Error):
            await self._connection.close()

    async def _rows(self, statement: LiteralString, values: tuple[Any, ...]) -> list[TupleRow]:
        async def ask() -> list[TupleRow]:
            cursor = await self._connection.execute(statement, values)
            return await cursor.fetchall()

        return await _answered(ask())


def _listen(channel: str) -> sql.Composed:
    return sql.SQL("listen {}").format(sql.Identifier(channel))


def libpq_url(url: URL) -> str:
    """The address without SQLAlchemy's driver name, as libpq wants it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


async def _answered(question: Awaitable[T]) -> T:
    """The answer, or DatabaseUnavailable after ANSWER_SECONDS.

    Not `asyncio.timeout`: psycopg takes some seconds to cancel politely, and the screen must say
    at once that nothing answers.
    """
    task = asyncio.ensure_future(question)
    done, _ = await asyncio.wait({task}, timeout=ANSWER_SECONDS)
    if not done:
        task.cancel()
        task.add_done_callback(_looked_at)
        raise DatabaseUnavailable(f"数据库 {ANSWER_SECONDS:g} 秒内没有应答。")
    with _translated():
        return task.result()


def _looked_at(task: asyncio.Future[Any]) -> None:
    """An abandoned question may end as it likes."""
    if not task.cancelled():
        task.exception()


@contextmanager
def _translated() -> Iterator[None]:
    """Turns psycopg's errors into DatabaseUnavailable."""
    try:
        yield
    except psycopg.Error as error:
        first = str(error).strip().partition("\n")[0]
        raise DatabaseUnavailable("数据库无应答", first) from error
