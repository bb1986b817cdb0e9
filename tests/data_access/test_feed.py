import asyncio
import socket
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text

from dashboard.errors import DatabaseUnavailable
from data_access import feed, snapshots
from data_access.database import Database
from tests import live_province
from tests.data_access.live_samples import small_snapshot


@pytest.fixture
def writer(database: Database) -> Iterator[live_province.Writer]:
    live_province.populate(database.url)
    take(database)
    writer = live_province.Writer(database.url)
    yield writer
    writer.close()


@pytest.fixture
def listener(database: Database) -> Iterator[feed.ChangeListener]:
    listener = feed.ChangeListener(database.url)
    yield listener
    listener.close()


def take(database: Database) -> feed.Changes:
    with database.write() as connection:
        return feed.take_changes(connection)


def test_a_foreign_insert_is_a_change_of_its_county(
    database: Database, writer: live_province.Writer
) -> None:
    writer.add_incident(live_province.HILLS)
    changes = take(database)
    assert changes.counties == {live_province.HILLS}
    assert changes.subjects == {"incidents"}


def test_a_change_is_taken_once(database: Database, writer: live_province.Writer) -> None:
    writer.add_incident()
    assert take(database)
    assert not take(database)


def test_a_transaction_that_commits_late_is_not_lost(
    database: Database, writer: live_province.Writer
) -> None:
    """Its outbox row has a lower id than one that was taken long before."""
    with database.engine.connect() as slow:
        slow.execute(text("update sources set last_contact_at = now()"))
        writer.add_incident()
        assert take(database).subjects == {"incidents"}
        slow.commit()
    assert take(database).subjects == {"sources"}


def test_many_rows_of_one_statement_are_one_row_a_county(
    database: Database, writer: live_province.Writer
) -> None:
    writer.execute(
        "insert into incidents (home_county_id, source_id, case_no, registered_month, category,"
        " region_id, county_id, registered_at) select 11 + mod(n, 2), 1, 'B' || n,"
        " date_trunc('month', now())::date, 'hazard', 11 + mod(n, 2), 11 + mod(n, 2), now()"
        " from generate_series(1, 500) n"
    )
    with database.read() as connection:
        assert connection.scalar(text("select count(*) from outbox")) == 2


def test_a_commit_is_heard_at_once(
    listener: feed.ChangeListener, writer: live_province.Writer
) -> None:
    listener.forget()
    writer.add_incident()
    began = time.monotonic()
    assert listener.wait(5)
    assert time.monotonic() - began < 1


def test_without_a_commit_waiting_ends_in_time(listener: feed.ChangeListener) -> None:
    began = time.monotonic()
    assert not listener.wait(0.2)
    assert 0.15 < time.monotonic() - began < 2


def test_hints_that_came_before_are_forgotten(
    listener: feed.ChangeListener, writer: live_province.Writer
) -> None:
    writer.add_incident()
    writer.add_incident()
    time.sleep(0.2)
    listener.forget()
    assert not listener.wait(0.1)


def test_one_at_a_time_leads_and_the_next_takes_over(
    database: Database, listener: feed.ChangeListener
) -> None:
    other = feed.ChangeListener(database.url)
    assert listener.try_to_lead(42)
    assert not other.try_to_lead(42)
    listener.close()
    deadline = time.monotonic() + 3
    while not other.try_to_lead(42):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    other.close()


def test_a_server_that_is_not_there_is_named_unavailable() -> None:
    nowhere = make_url("postgresql+psycopg://nobody@/nothing?host=/nowhere")
    with pytest.raises(DatabaseUnavailable):
        feed.ChangeListener(nowhere)
    with pytest.raises(DatabaseUnavailable):
        asyncio.run(feed.SnapshotFeed.open(nowhere))


def test_a_server_that_does_not_answer_is_given_up_soon() -> None:
    """A socket that accepts and says nothing: as with packets dropped on the way."""

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = make_url(f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing")
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            asyncio.run(feed.SnapshotFeed.open(url))
        # What was given up ends by itself a moment later.
        assert time.monotonic() - began < feed.ANSWER_SECONDS + 2


def test_a_web_worker_hears_of_a_new_snapshot_and_fetches_it(database: Database) -> None:
    async def follow() -> tuple[list[feed.News], dict[str, int], snapshots.Stored | None]:
        worker = await feed.SnapshotFeed.open(database.url)
        with database.write() as connection:
            snapshots.store(connection, small_snapshot(registered=5), 1)
        news = await worker.wait(5)
        numbers = await worker.numbers(["wall:1", "wall:2"])
        stored = await worker.newest("wall:1")
        await worker.close()
        return news, numbers, stored

    news, numbers, stored = asyncio.run(follow())
    assert news == [feed.News(False, "wall:1")]
    assert stored is not None
    assert numbers == {"wall:1": stored.number}
    assert stored.open().readings[0].value == 5


def test_a_pulse_reaches_the_web_workers(database: Database) -> None:
    async def follow() -> list[feed.News]:
        worker = await feed.SnapshotFeed.open(database.url)
        pulse = feed.Pulse(database.url)
        pulse.say("fine")
        news = await worker.wait(5)
        pulse.close()
        await worker.close()
        return news

    assert asyncio.run(follow()) == [feed.News(True, "fine")]


def test_a_request_of_a_web_worker_wakes_the_snapshotter(
    database: Database, listener: feed.ChangeListener
) -> None:
    async def ask() -> None:
        worker = await feed.SnapshotFeed.open(database.url)
        await worker.request(["wall:1"])
        await worker.request(["wall:1"])
        await worker.close()

    asyncio.run(ask())
    assert listener.wait(5)
    with database.read() as connection:
        assert [view.key() for view in snapshots.requested(connection)] == ["wall:1"]
