"""Snapshots read from a real hot standby: while it serves, lags, is stopped, is none."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import URL, event, text

from dashboard.asks import Ask
from dashboard.freshness import Part
from dashboard.snapshot import Snapshot
from dashboard.views import View
from data_access import snapshots, standby
from data_access.database import Database
from data_access.embedded import EmbeddedServer
from data_access.feed import PULSE_CHANNEL, libpq_url
from data_access.snapshotter import Snapshotter
from data_access.standby import Standby, parse_lsn, written_through
from tests import live_province
from tests.programs import chosen_programs
from tests.replication import standby_of

WALL = View("wall", live_province.PROVINCE)
NAME = "live"


@pytest.fixture(scope="module")
def primary(server_folder: Any) -> Iterator[EmbeddedServer]:
    folder = server_folder / f"primary-{uuid4().hex[:8]}"
    fast = {"fsync": "off"}
    with EmbeddedServer(folder, settings=fast, programs=chosen_programs()) as server:
        server.create_database(NAME)
        live_province.found(server.url(NAME))
        with closing(live_province.Writer(server.url(NAME))) as writer:
            writer.add_incident()
        yield server


@pytest.fixture(scope="module")
def replica(primary: EmbeddedServer, server_folder: Any) -> Iterator[EmbeddedServer]:
    with standby_of(primary, server_folder / f"standby-{uuid4().hex[:8]}") as server:
        yield server


@pytest.fixture
def writer(primary: EmbeddedServer) -> Iterator[live_province.Writer]:
    with closing(live_province.Writer(primary.url(NAME))) as writer:
        yield writer


@pytest.fixture
def database(primary: EmbeddedServer) -> Iterator[Database]:
    with closing(Database(primary.url(NAME))) as database:
        yield database


class Running:
    """A snapshotter in a thread, and where it read each view from."""

    def __init__(self, url: URL, read_url: URL) -> None:
        self.snapshotter = Snapshotter(url, lambda name: Ask(), read_url=read_url)
        self.reads = {"primary": 0, "standby": 0}
        assert self.snapshotter._standby is not None
        self.standby = self.snapshotter._standby
        self._count("primary", self.snapshotter.database)
        self._count("standby", self.standby.database)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.snapshotter.run, args=(self._stop,))
        self._thread.start()

    def _count(self, name: str, database: Database) -> None:
        @event.listens_for(database.engine, "before_cursor_execute")
        def count(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
            # What only the computing of a view asks for.
            if "from incidents i" in statement or "FROM incidents" in statement:
                self.reads[name] += 1

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(15)
        assert not self._thread.is_alive()


@pytest.fixture
def start(primary: EmbeddedServer) -> Iterator[Callable[[URL], Running]]:
    running: list[Running] = []

    def start(read_url: URL) -> Running:
        running.append(Running(primary.url(NAME), read_url))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def running(replica: EmbeddedServer, start: Callable[[URL], Running]) -> Running:
    """It has begun to read from the standby."""
    running = start(replica.url(NAME))
    wait_for(lambda: running.reads["standby"] > 0)
    return running


def newest(database: Database) -> Snapshot | None:
    with database.read() as connection:
        stored = snapshots.newest(connection, WALL.key())
    return stored.open() if stored else None


def registered_today(database: Database) -> int | None:
    snapshot = newest(database)
    reading = snapshot.find("incidents_registered", period="today") if snapshot else None
    return int(reading.value) if reading and reading.value is not None else None


def shows(database: Database, number: int) -> bool:
    return registered_today(database) == number


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "not in time"
        time.sleep(0.02)
    return time.monotonic() - began


def reason(part: Part | None) -> str:
    return str(part["reason"]) if part else ""


def on(server: EmbeddedServer, statement: str) -> Any:
    with psycopg.connect(libpq_url(server.url(NAME)), autocommit=True) as connection:
        row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None


@pytest.fixture
def paused(running: Running, replica: EmbeddedServer) -> Iterator[None]:
    """It replays nothing from now on; `running` had already read from it."""
    on(replica, "select pg_wal_replay_pause()")
    yield
    on(replica, "select pg_wal_replay_resume()")


def test_a_fresh_commit_is_read_from_the_standby_where_it_has_arrived(
    running: Running, database: Database, writer: live_province.Writer
) -> None:
    wait_for(lambda: registered_today(database) is not None)
    before = registered_today(database) or 0
    reads = dict(running.reads)
    for expected in range(before + 1, before + 6):
        writer.add_incident()
        wait_for(partial(shows, database, expected), 3)
    assert running.reads["standby"] > reads["standby"]
    assert running.reads["primary"] == reads["primary"]
    assert running.standby.part() is None


@pytest.mark.usefixtures("paused")
def test_a_standby_that_lags_has_its_age_said_and_a_fresh_commit_comes_from_the_primary(
    running: Running,
    database: Database,
    writer: live_province.Writer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(standby, "LAG_SAID_SECONDS", 1.0)
    wait_for(lambda: registered_today(database) is not None)
    before = registered_today(database) or 0
    began = time.time()
    reads = dict(running.reads)
    writer.add_incident()
    wait_for(lambda: registered_today(database) == before + 1, 5)
    assert running.reads["primary"] > reads["primary"]
    wait_for(lambda: reason(running.standby.part()) == "只读副本落后{age},改读主库", 6)
    part = running.standby.part()
    assert part is not None
    # The standby has no transaction of later than that.
    assert abs((part["since"] or 0) / 1000 - began) < 3
    assert time.time() * 1000 - (part["since"] or 0) >= 1000


def test_when_it_has_caught_up_it_is_read_again_and_nothing_is_said(
    running: Running, replica: EmbeddedServer, database: Database, writer: live_province.Writer
) -> None:
    wait_for(lambda: registered_today(database) is not None)
    before = registered_today(database) or 0
    on(replica, "select pg_wal_replay_pause()")
    writer.add_incident()
    wait_for(lambda: registered_today(database) == before + 1, 5)
    on(replica, "select pg_wal_replay_resume()")
    wait_for(lambda: running.standby.part() is None)
    reads = dict(running.reads)
    writer.add_incident()
    wait_for(lambda: registered_today(database) == before + 2, 5)
    wait_for(lambda: running.reads["standby"] > reads["standby"])


def test_one_that_is_stopped_is_said_and_the_primary_is_read_until_it_is_back(
    running: Running, replica: EmbeddedServer, database: Database, writer: live_province.Writer
) -> None:
    wait_for(lambda: registered_today(database) is not None)
    before = registered_today(database) or 0
    replica.stop("fast")
    try:
        writer.add_incident()
        assert wait_for(lambda: registered_today(database) == before + 1, 8) < 5
        wait_for(lambda: reason(running.standby.part()) == "只读副本无应答{age},改读主库", 5)
        assert running.snapshotter.health.trouble_since is None
        assert pulse_of(database)["replica"]["reason"] == "只读副本无应答{age},改读主库"
        current = newest(database)
        assert current is not None and current.failures == {}
    finally:
        replica.start()
    wait_for(lambda: running.standby.part() is None)
    reads = dict(running.reads)
    writer.add_incident()
    wait_for(lambda: registered_today(database) == before + 2, 5)
    assert running.reads["standby"] > reads["standby"]
    assert pulse_of(database)["replica"] is None


def test_one_killed_without_a_word_is_missed_at_once(
    running: Running, replica: EmbeddedServer, database: Database, writer: live_province.Writer
) -> None:
    wait_for(lambda: registered_today(database) is not None)
    before = registered_today(database) or 0
    replica.kill()
    try:
        writer.add_incident()
        assert wait_for(lambda: registered_today(database) == before + 1, 8) < 5
    finally:
        replica.start()
    wait_for(lambda: running.standby.part() is None)


def test_a_server_that_is_no_standby_is_not_read(
    primary: EmbeddedServer,
    start: Callable[[URL], Running],
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It may have been promoted and know nothing of what is written now."""
    with caplog.at_level(logging.ERROR):
        running = start(primary.url(NAME))
        wait_for(lambda: reason(running.standby.part()) == "只读地址不是备库,改读主库")
    wait_for(lambda: running.reads["primary"] > 0)
    assert running.reads["standby"] == 0


def test_another_database_of_the_standby_is_not_read(
    primary: EmbeddedServer, replica: EmbeddedServer, start: Callable[[URL], Running]
) -> None:
    primary.create_database("other")
    live_province.found(primary.url("other"))
    wait_for(lambda: on(replica, "select count(*) from pg_database where datname = 'other'") == 1)
    running = start(replica.url("other"))
    wait_for(lambda: reason(running.standby.part()) == "只读地址是另一个库,改读主库")
    assert running.reads["standby"] == 0


def test_places_in_the_log_are_compared_as_numbers(database: Database) -> None:
    assert parse_lsn("0/FFFFFFFF") < parse_lsn("1/0") < parse_lsn("A/1")
    with database.write() as connection:
        first = written_through(connection)
        connection.execute(text("insert into outbox (subject, county_id) values ('sources', 0)"))
        assert written_through(connection) > first


def test_a_standby_never_heard_of_serves_nothing(database: Database) -> None:
    never = Standby(database.url.set(port=1, host="127.0.0.1"), database)
    assert not never.has(0)
    assert never.part() is None, "a first look takes a moment"
    wait_for(lambda: reason(never.part()) == "只读副本无应答{age},改读主库", 3)


def pulse_of(database: Database) -> Any:
    """The next pulse of the snapshotter."""
    with psycopg.connect(libpq_url(database.url), autocommit=True) as connection:
        connection.execute(f"listen {PULSE_CHANNEL}")
        for notice in connection.notifies(timeout=5, stop_after=1):
            return json.loads(notice.payload)
    raise AssertionError("no pulse")
