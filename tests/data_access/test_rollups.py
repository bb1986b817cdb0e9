"""Comparing roll-ups with the rows, and setting right what differs."""

from datetime import date

import pytest
from sqlalchemy import Connection, insert, text

from data_access import rollups, schema
from data_access.database import Database
from tests.case_builder import NOW, add_everything, incident

DAMAGES = {
    "a delta was lost": "delete from rollup_deltas where id = (select min(id) from rollup_deltas)",
    "a figure was changed": "update rollups set registered_all = registered_all + 5"
    " where region_id = 330102 and day = '2026-11-18'",
    "a row was lost": "delete from rollups where region_id = 330203 and day < '2026-11-15'",
    "a row came from nowhere": "insert into rollups (region_id, day, closed) values"
    " (330000, '2020-02-02', 7)",
}


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as connection:
        add_everything(connection, seed=5, count=80)
        rollups.fold(connection)
        connection.execute(
            insert(schema.incidents), [incident(7_000 + n, category="hazard") for n in range(3)]
        )
    return database


def damage(connection: Connection, how: str) -> None:
    assert connection.execute(text(DAMAGES[how])).rowcount > 0
    assert rollups.differences(connection) > 0


@pytest.mark.parametrize("how", DAMAGES)
def test_what_differs_is_set_right_and_what_is_pending_stays(filled: Database, how: str) -> None:
    with filled.write() as connection:
        damage(connection, how)
        differing = rollups.differences(connection)
        pending = connection.scalar(text("select count(*) from rollup_deltas"))
        before = connection.scalar(text("select count(*) from outbox where subject = 'regions'"))
        assert rollups.repair(connection) == differing
        assert rollups.differences(connection) == 0
        assert connection.scalar(text("select count(*) from rollup_deltas")) == pending > 0
        told = connection.scalar(text("select count(*) from outbox where subject = 'regions'"))
        assert told == before + 1
        rollups.fold(connection)
        assert rollups.differences(connection) == 0


def test_where_nothing_differs_nothing_is_written(filled: Database) -> None:
    kept = text("select * from rollups order by 1, 2")
    told = text("select count(*) from outbox")
    with filled.write() as connection:
        before = connection.execute(kept).all(), connection.scalar(told)
        assert rollups.repair(connection) == 0
        assert (connection.execute(kept).all(), connection.scalar(told)) == before


def test_the_figures_that_differ_are_named(filled: Database) -> None:
    with filled.write() as connection:
        damage(connection, "a figure was changed")
        found = rollups.examples(connection, 5)
    [figure] = found
    assert (figure.region_id, figure.day, figure.measure) == (
        330102,
        date(2026, 11, 18),
        "registered_all",
    )
    assert figure.kept == figure.counted + 5


def test_a_writer_who_commits_while_it_is_repaired_is_counted_once(filled: Database) -> None:
    with filled.write() as connection:
        damage(connection, "a row was lost")
    with filled.engine.connect() as writer:
        writer.execute(insert(schema.incidents), [incident(8_000, registered_at=NOW)])
        with filled.write() as connection:
            assert rollups.repair(connection) > 0
        writer.commit()
    with filled.write() as connection:
        assert rollups.differences(connection) == 0
        rollups.fold(connection)
        assert rollups.differences(connection) == 0
