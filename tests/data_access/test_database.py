"""The door to PostgreSQL: what a reader sees, what it may not, and which words an error has."""

import threading
import time

import pytest
from sqlalchemy import URL, text

from dashboard.errors import DatabaseUnavailable, DataUnavailable
from data_access.database import Database


def test_a_database_is_made_without_a_server() -> None:
    Database("postgresql+psycopg://nobody@127.0.0.1:1/none").close()


def test_a_server_that_refuses_is_unavailable_at_once() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable, match="数据库无应答"), database.read():
        pass
    assert time.monotonic() - began < 4


def test_an_unknown_database_is_unavailable(empty_database_url: URL) -> None:
    database = Database(empty_database_url.set(database="not_there"))
    with pytest.raises(DatabaseUnavailable), database.read():
        pass


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DataUnavailable, match="read-only"), database.read() as connection:
        connection.execute(text("insert into ranking_groups values ('a', 'b', 1)"))
    with pytest.raises(DataUnavailable, match="read-only"), database.read() as connection:
        connection.execute(text("select nextval(pg_get_serial_sequence('outbox', 'id'))"))


def test_a_connection_that_was_read_from_can_be_written_to_later(database: Database) -> None:
    """Both come from one pool."""
    with database.read() as connection:
        connection.execute(text("select 1"))
    with database.write() as connection:
        connection.execute(text("insert into ranking_groups values ('a', 'b', 1)"))
    with database.read() as connection:
        assert connection.scalar(text("select count(*) from ranking_groups")) == 1


def test_all_statements_of_a_reader_see_one_moment(database: Database) -> None:
    count = text("select count(*) from ranking_groups")
    with database.read() as connection:
        before = connection.scalar(count)
        with database.write() as writer:
            writer.execute(text("insert into ranking_groups values ('a', 'b', 1)"))
        assert connection.scalar(count) == before == 0
    with database.read() as connection:
        assert connection.scalar(count) == 1


def test_a_statement_over_the_limit_has_failed_while_the_database_is_there(
    database: Database,
) -> None:
    began = time.monotonic()
    with (
        pytest.raises(DataUnavailable, match="statement timeout") as caught,
        database.read(timeout_seconds=0.2) as connection,
    ):
        connection.execute(text("select pg_sleep(30)"))
    assert not isinstance(caught.value, DatabaseUnavailable)
    assert time.monotonic() - began < 10


def test_the_limit_of_one_reader_is_not_that_of_the_next(database: Database) -> None:
    with database.read(timeout_seconds=0.2) as connection:
        connection.execute(text("select 1"))
    with database.write() as connection:
        connection.execute(text("select pg_sleep(0.3)"))


def test_what_a_wall_says_is_chinese_and_the_log_has_the_servers_words(database: Database) -> None:
    with pytest.raises(DataUnavailable) as slow, database.read(timeout_seconds=0.1) as connection:
        connection.execute(text("select pg_sleep(30)"))
    with pytest.raises(DataUnavailable) as wrong, database.read() as connection:
        connection.execute(text("select * from nowhere"))
    nobody = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable) as away, nobody.read():
        pass
    said = [caught.value.message for caught in (slow, wrong, away)]
    assert said == ["查询超过限时", "查询失败", "数据库无应答"]
    for caught in (slow, wrong, away):
        whole = str(caught.value)
        assert whole.startswith(f"{caught.value.message}:")
        assert any(letter.isascii() and letter.isalpha() for letter in whole)


def test_what_is_passed_to_a_statement_stands_in_no_error(database: Database) -> None:
    with pytest.raises(DataUnavailable) as caught, database.read() as connection:
        connection.execute(text("select :secret from nowhere"), {"secret": "open sesame"})
    words, error = [], caught.value
    while error is not None:
        words.append(f"{error} {error!r}")
        error = error.__cause__ or error.__context__
    assert len(words) > 1
    assert "open sesame" not in " ".join(words)


def test_a_lock_not_had_in_time_is_no_outage(database: Database) -> None:
    with database.write() as holder:
        holder.execute(text("lock table ranking_groups"))
        with pytest.raises(DataUnavailable) as caught, database.write() as connection:
            connection.execute(text("set local lock_timeout = '50ms'"))
            connection.execute(text("select * from ranking_groups"))
    assert not isinstance(caught.value, DatabaseUnavailable)


def test_a_wrong_statement_is_no_outage(database: Database) -> None:
    with pytest.raises(DataUnavailable, match="nowhere") as caught, database.read() as connection:
        connection.execute(text("select * from nowhere"))
    assert not isinstance(caught.value, DatabaseUnavailable)


def test_a_connection_ended_by_the_server_is_an_outage_and_the_next_works(
    database: Database,
) -> None:
    with pytest.raises(DatabaseUnavailable), database.read() as connection:
        process = connection.scalar(text("select pg_backend_pid()"))
        with database.write() as other:
            other.execute(text("select pg_terminate_backend(:id)"), {"id": process})
        connection.execute(text("select 1"))
    with database.read() as connection:
        assert connection.scalar(text("select 1")) == 1


def test_idle_connections_ended_by_the_server_are_replaced_unseen(database: Database) -> None:
    with database.read() as connection:
        connection.execute(text("select 1"))
    others = Database(database.url)
    with others.write() as connection:
        connection.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        )
    others.close()
    with database.read() as connection:
        assert connection.scalar(text("select 1")) == 1


def test_what_fails_inside_a_write_is_not_kept(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(text("insert into ranking_groups values ('a', 'b', 1)"))
        raise ZeroDivisionError
    with database.read() as connection:
        assert connection.scalar(text("select count(*) from ranking_groups")) == 0


def test_many_threads_read_at_once(database: Database) -> None:
    seen: list[int] = []

    def read() -> None:
        for _ in range(5):
            with database.read() as connection:
                seen.append(connection.scalar(text("select 1")) or 0)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 40
