"""The hot standby that snapshots are read from: when it may answer, and what is said when not.

A thread of its own asks the standby how far it has replayed, so that one which is away never holds
up what reads the primary instead. Nothing is ever written here, and what has been committed is
read from the standby only when it has arrived there. Which reads go here is decided in
`data_access.snapshotter`.
"""

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, text

from dashboard.errors import DatabaseUnavailable
from dashboard.freshness import Part
from data_access import facts
from data_access.database import Database
from data_access.feed import CONNECT, libpq_url

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
# While somebody waits for a commit to arrive.
LOOK_CLOSELY_SECONDS = 0.01
# How long a fresh commit is waited for before the primary is read.
WAIT_SECONDS = 0.15
# One that is further behind than this is not waited for: every view would wait.
HOPELESS_SECONDS = 1.0
# A standby that has not answered for this long is not asked.
SILENCE_SECONDS = 1.5
# A commit takes milliseconds to arrive. Less than this is not worth a word.
LAG_SAID_SECONDS = 5.0
RETRY_SECONDS = 1.0
MARK_EVERY_SECONDS = 1.0
MOST_MARKS = 100_000

# Fact that is another one in every database.
IDENTITY = "point_secret"
LOOK = (
    "select pg_is_in_recovery(), pg_last_wal_replay_lsn()::text,"
    " (extract(epoch from pg_last_xact_replay_timestamp()) * 1000)::bigint"
)
NO_ANSWER = "只读副本无应答{age},改读主库"
NOT_A_STANDBY = "只读地址不是备库,改读主库"
ANOTHER_DATABASE = "只读地址是另一个库,改读主库"
BEHIND = "只读副本落后{age}"
INSTEAD = ",改读主库"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the primary's log ended at an instant (milliseconds since 1970)."""

    at: int
    lsn: int


def written_through(primary: Connection) -> int:
    """Where the log ends: whatever this transaction can see was committed before it."""
    return parse_lsn(str(primary.scalar(text("select pg_current_wal_insert_lsn()"))))


def parse_lsn(lsn: str) -> int:
    """A place in the log, as PostgreSQL writes it (16/B374D848), as a number of bytes."""
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


class Standby:
    """See the module's docstring. `database` is where it is read from."""

    def __init__(self, url: URL, primary: Database) -> None:
        self.database = Database(url)
        self._url = url
        self._primary = primary
        self._news = threading.Condition()
        self._is_waited_for = threading.Event()
        self._replayed = -1
        self._replayed_at: int | None = None
        self._looked_at = time.monotonic() - SILENCE_SECONDS
        self._trouble: Part | None = {"since": _now(), "reason": NO_ANSWER}
        self._marks: deque[Mark] = deque(maxlen=MOST_MARKS)
        self._is_bypassed = False

    def watch(self, stop: threading.Event) -> None:
        """Keep asking how far it is, until told to stop."""
        while not stop.is_set():
            try:
                self._follow(stop)
            except (psycopg.Error, DatabaseUnavailable) as error:
                self.gave_no_answer(error)
            stop.wait(RETRY_SECONDS)
        self.database.close()

    def note(self, lsn: int) -> None:
        """The primary's log ends here now."""
        now = _now()
        with self._news:
            if not self._marks or now - self._marks[-1].at >= MARK_EVERY_SECONDS * 1000:
                self._marks.append(Mark(now, lsn))

    def has(self, lsn: int) -> bool:
        """Whether everything up to this place can be read there, now or in a moment."""
        arrived = self._wait_for(lsn)
        self._is_bypassed = not arrived
        return arrived

    def gave_no_answer(self, error: Exception) -> None:
        """A look or a read failed: it is not asked again until a look succeeds."""
        with self._news:
            if self._trouble is None:
                log.warning("the standby is away: %s", error)
                self._trouble = {"since": _now(), "reason": NO_ANSWER}

    def part(self) -> Part | None:
        """What a screen says of it: since when and why ({age} stands for the time since);
        None when it serves.
        """
        trouble = self._trouble
        if trouble is None and not self._is_fresh():
            trouble = {"since": self._looked_at_ms(), "reason": NO_ANSWER}
        if trouble is not None:
            # The first look takes a moment.
            return trouble if _is_older(trouble["since"], SILENCE_SECONDS) else None
        since = self._behind_since()
        if not _is_older(since, LAG_SAID_SECONDS):
            return None
        return {"since": since, "reason": BEHIND + (INSTEAD if self._is_bypassed else "")}

    def _looked_at_ms(self) -> int:
        return _now() - int((time.monotonic() - self._looked_at) * 1000)

    def _behind_since(self) -> int | None:
        """The age of what can be read there: the last transaction replayed, or the last moment
        at which nothing was missing, whichever is later; None when nothing is missing.
        """
        with self._news:
            while self._marks and self._marks[0].lsn <= self._replayed:
                self._marks.popleft()
            return max(self._marks[0].at, self._replayed_at or 0) if self._marks else None

    def _wait_for(self, lsn: int) -> bool:
        if not self._is_fresh() or self._trouble is not None:
            return False
        if _is_older(self._behind_since(), HOPELESS_SECONDS):
            return self._replayed >= lsn
        deadline = time.monotonic() + WAIT_SECONDS
        self._is_waited_for.set()
        with self._news:
            while self._replayed < lsn:
                left = deadline - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    break
        self._is_waited_for.clear()
        return self._replayed >= lsn and self._trouble is None

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._looked_at < SILENCE_SECONDS

    def _follow(self, stop: threading.Event) -> None:
        url = libpq_url(self._url)
        with psycopg.connect(url, **CONNECT, application_name="cockpit standby") as connection:
            identity = self._identity()
            while not stop.is_set():
                row = connection.execute(LOOK).fetchone()
                assert row is not None
                self._note_look(*row, is_ours=_identity_of(connection) == identity)
                if self._is_waited_for.is_set():
                    time.sleep(LOOK_CLOSELY_SECONDS)
                else:
                    self._is_waited_for.wait(LOOK_SECONDS)

    def _identity(self) -> Any:
        with self._primary.read() as connection:
            return facts.read(connection, IDENTITY)

    def _note_look(
        self, is_standby: bool, lsn: str | None, replayed_at: int | None, *, is_ours: bool
    ) -> None:
        wrong = None if is_standby else NOT_A_STANDBY
        if is_standby and not is_ours:
            wrong = ANOTHER_DATABASE
        with self._news:
            self._looked_at = time.monotonic()
            self._replayed = parse_lsn(lsn) if lsn else -1
            self._replayed_at = replayed_at
            if wrong is None:
                self._trouble = None
            elif self._trouble is None or self._trouble.get("reason") != wrong:
                log.error("the standby can't be read: %s", wrong)
                self._trouble = {"since": _now(), "reason": wrong}
            self._news.notify_all()


def _identity_of(connection: psycopg.Connection[Any]) -> Any:
    row = connection.execute(
        "select value from database_facts where key = %s", (IDENTITY,)
    ).fetchone()
    return row[0] if row else None


def _is_older(since: int | None, seconds: float) -> bool:
    return since is not None and _now() - since >= seconds * 1000


def _now() -> int:
    return time.time_ns() // 1_000_000
