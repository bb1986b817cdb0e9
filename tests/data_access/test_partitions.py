"""Monthly partitions: made when asked for, and rows without one are found all the same."""

import threading
from datetime import date

import pytest
from sqlalchemy import Connection, insert, text

from dashboard.errors import DataUnavailable
from data_access import rollups, schema
from data_access.database import Database
from data_access.partitions import PARTITIONED_TABLES, ensure_months, ensure_months_of
from tests.case_builder import add_regions, incident


def partitions(connection: Connection, table: str) -> set[str]:
    return set(
        connection.scalars(
            text(
                "select inhrelid::regclass::text from pg_inherits where inhparent = :t ::regclass"
            ),
            {"t": table},
        )
    )


def test_every_month_from_first_to_last_has_a_partition_in_every_table(database: Database) -> None:
    with database.write() as connection:
        before = {table: partitions(connection, table) for table in PARTITIONED_TABLES}
        ensure_months(connection, date(2014, 11, 30), date(2015, 2, 1))
        for table in PARTITIONED_TABLES:
            made = partitions(connection, table) - before[table]
            assert made == {f"{table}_{month}" for month in (201411, 201412, 201501, 201502)}


def staged(connection: Connection, months: str) -> str:
    """Name of a table with these months."""
    with connection.begin():
        connection.execute(text("create temporary table staged (registered_month date)"))
        connection.execute(text(f"insert into staged values {months}"))
    return "staged"


def test_of_staged_rows_only_months_that_occur_get_a_partition(database: Database) -> None:
    with database.engine.connect() as connection:
        table = staged(connection, "('1995-03-01'), ('2099-01-01'), ('1995-03-01'), (null)")
        with connection.begin():
            before = partitions(connection, "steps")
        assert ensure_months_of(connection, table) is None
        assert partitions(connection, "steps") - before == {"steps_199503", "steps_209901"}


def test_of_very_many_staged_months_the_newest_get_a_partition(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_access.partitions.MOST_AT_ONCE", 2)
    with database.engine.connect() as connection:
        table = staged(connection, "('1995-03-01'), ('1996-01-01'), ('1997-01-01')")
        with connection.begin():
            before = partitions(connection, "steps")
        assert ensure_months_of(connection, table) is None
        assert partitions(connection, "steps") - before == {"steps_199601", "steps_199701"}


def test_a_month_that_is_made_while_somebody_reads_comes_after_him(database: Database) -> None:
    """Whoever waits behind it goes on in between."""
    with database.engine.connect() as connection, database.engine.connect() as reader:
        table = staged(connection, "('1995-03-01')")
        reader.execute(text("select count(*) from incidents"))
        ends = threading.Timer(1.2, reader.rollback)
        ends.start()
        assert ensure_months_of(connection, table) is None
        ends.join()
        assert "steps_199503" in partitions(connection, "steps")


def test_a_month_is_given_up_where_somebody_reads_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_access.partitions.LOCK_TRIES", 1)
    with database.engine.connect() as connection, database.engine.connect() as reader:
        table = staged(connection, "('1995-03-01'), ('1996-01-01')")
        reader.execute(text("select count(*) from incidents"))
        assert ensure_months_of(connection, table) == date(1996, 1, 1)


def test_the_tables_partitioned_are_those_of_the_schema() -> None:
    found = {
        table.name
        for table in schema.metadata.tables.values()
        if table.dialect_options["postgresql"]["partition_by"]
    }
    assert found == set(PARTITIONED_TABLES)


def test_asking_twice_makes_nothing_twice(database: Database) -> None:
    with database.write() as connection:
        ensure_months(connection, date(2015, 1, 1), date(2015, 1, 31))
        before = partitions(connection, "incidents")
        ensure_months(connection, date(2015, 1, 15), date(2015, 1, 15))
        assert partitions(connection, "incidents") == before


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
def test_months_do_not_depend_on_the_zone_of_the_session(database: Database, zone: str) -> None:
    """Also across the nights on which clocks change."""
    with database.write() as connection:
        connection.execute(text(f"set local timezone = '{zone}'"))
        ensure_months(connection, date(2015, 1, 1), date(2015, 12, 1))
        made = {name for name in partitions(connection, "steps") if "2015" in name}
    assert made == {f"steps_2015{month:02d}" for month in range(1, 13)}


def test_a_row_lies_in_the_partition_of_its_month(database: Database) -> None:
    with database.write() as connection:
        add_regions(connection)
        ensure_months(connection, date(2015, 1, 1), date(2015, 2, 1))
        for number, month in enumerate(("2015-01-01", "2015-02-01")):
            connection.execute(insert(schema.incidents), [incident(number, registered_month=month)])
            name = "incidents_" + month[:7].replace("-", "")
            assert connection.scalar(text(f"select count(*) from {name}")) == 1


def test_rows_of_a_month_without_partition_are_counted_and_stay_where_they_are(
    database: Database,
) -> None:
    with database.write() as connection:
        add_regions(connection)
        connection.execute(insert(schema.incidents), [incident(1, registered_month="2014-05-01")])
        ensure_months(connection, date(2014, 5, 1), date(2014, 6, 1))
        assert "incidents_201405" not in partitions(connection, "incidents")
        assert "incidents_201406" in partitions(connection, "incidents")
        assert "steps_201405" in partitions(connection, "steps")
        assert connection.scalar(text("select count(*) from incidents_default")) == 1
        assert rollups.differences(connection) == 0


def test_the_apps_role_makes_months_and_nobody_else_does(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("set local role cockpit_app"))
        ensure_months(connection, date(2031, 1, 1), date(2031, 2, 1))
    with database.write() as connection:
        assert "incidents_203102" in partitions(connection, "incidents")
        connection.execute(text("set local role cockpit_app"))
        connection.execute(text("select count(*) from incidents"))
    with pytest.raises(DataUnavailable, match="permission denied"), database.write() as connection:
        connection.execute(text("set local role cockpit_reader"))
        ensure_months(connection, date(2031, 3, 1), date(2031, 3, 1))
