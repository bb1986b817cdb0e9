"""红牌 follow the work calendar: of cases that are there, and of those being written meanwhile."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, text

from dashboard.work_calendar import WorkCalendar
from data_access import red_cards, rollups, schema
from data_access.database import Database
from tests.case_builder import add_regions
from tests.work_limits import workdays_later

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 11, 2)  # a Monday
DAYS = [FIRST + timedelta(days=n) for n in range(28)]
NEW_CASE = (
    "insert into {} (home_county_id, source_id, case_no, registered_month,{} region_id, county_id,"
    " registered_at, due_at, red_card_at) values (330102, 1, :no, '2026-11-01',{} 330102, 330102,"
    " timestamptz '2026-11-01 09:00+08', :due, :red)"
)


def local(day: int, hour: int = 17) -> datetime:
    return datetime.combine(date(2026, 11, day), time(hour, 30), ZONE)


@pytest.fixture
def site(database: Database) -> Database:
    """Four weeks of usual working days."""
    with database.write() as connection:
        add_regions(connection)
        connection.execute(
            insert(schema.work_calendar),
            [{"day": day, "is_workday": day.weekday() < 5, "workday_no": 0} for day in DAYS],
        )
        renumber(connection)
    return database


def renumber(connection: Connection) -> None:
    connection.execute(
        text(
            "update work_calendar c set workday_no = n.number from (select day,"
            " sum(is_workday::int) over (order by day) as number from work_calendar) n"
            " where n.day = c.day"
        )
    )


def add_case(
    connection: Connection,
    no: str,
    due: datetime,
    red: datetime | None = None,
    table: str = "incidents",
) -> None:
    names, values = (" category,", " 'hazard',") if table == "incidents" else ("", "")
    statement = NEW_CASE.format(table, names, values)
    connection.execute(text(statement), {"no": no, "due": due, "red": red})


def change(connection: Connection, **workdays: bool) -> int:
    """Make days of November working days or not: ``change(connection, d6=False)``."""
    red_cards.begin_change(connection)
    for day, is_workday in workdays.items():
        connection.execute(
            text("update work_calendar set is_workday = :is_workday where day = :day"),
            {"day": date(2026, 11, int(day[1:])), "is_workday": is_workday},
        )
    renumber(connection)
    return red_cards.end_change(connection)


def red(connection: Connection, no: str, table: str = "incidents") -> datetime:
    found: datetime = connection.execute(
        text(f"select red_card_at from {table} where case_no = :no"), {"no": no}
    ).scalar_one()
    return found.astimezone(ZONE)


def test_every_red_card_is_the_calendars_after_any_change(site: Database) -> None:
    with site.write() as connection:
        for n, day in enumerate(DAYS[:18]):
            for table in red_cards.TABLES:
                add_case(connection, f"C{n}", datetime.combine(day, time(n), ZONE), table=table)
        rollups.follow_regions(connection)
        for workdays in ({"d6": False, "d7": True}, {"d6": True, "d10": False, "d11": False}):
            assert change(connection, **workdays) > 0
            rows = connection.execute(text("select day, is_workday from work_calendar"))
            known = WorkCalendar.from_rows([(row.day, row.is_workday, "") for row in rows], ZONE)
            for table in red_cards.TABLES:
                for due_at, red_at in connection.execute(
                    text(f"select due_at, red_card_at from {table}")
                ):
                    assert red_at == workdays_later(known, due_at, 5), due_at
            assert rollups.differences(connection) == 0
        assert connection.scalar(text("select count(*) from case_versions")) == 0


def test_what_the_source_brought_itself_stays(site: Database) -> None:
    with site.write() as connection:
        add_case(connection, "own", local(4), red=local(5))
        add_case(connection, "ours", local(4))
        assert change(connection, d6=False) == 1
        assert red(connection, "own") == local(5)
        assert red(connection, "ours") == local(12)


def test_a_case_beyond_the_calendar_gets_its_day_when_the_calendar_goes_on(site: Database) -> None:
    with site.write() as connection:
        add_case(connection, "late", local(26))
        assert red(connection, "late") == local(26) + timedelta(days=7), "presumed"
        red_cards.begin_change(connection)
        # Six days off: the fifth working day comes later than in a week.
        connection.execute(
            insert(schema.work_calendar),
            [
                {"day": date(2026, 11, 30) + timedelta(days=n), "is_workday": n > 5}
                | {"workday_no": 0}
                for n in range(20)
            ],
        )
        renumber(connection)
        assert red_cards.end_change(connection) == 1
        assert red(connection, "late").date() == date(2026, 12, 9)


def test_a_case_written_by_the_old_calendar_and_committed_after_it_follows(
    site: Database,
) -> None:
    with site.engine.connect() as writer:
        add_case(writer, "meanwhile", local(4))
        with site.write() as connection:
            assert change(connection, d6=False) == 0, "it is not to be seen yet"
        writer.commit()
    with site.write() as connection:
        assert red(connection, "meanwhile") == local(11), "by the calendar it knew"
        assert red_cards.follow(connection) == 1
        assert red(connection, "meanwhile") == local(12)
        assert red_cards.follow(connection) == 0


def test_a_change_that_is_taken_back_is_followed_in_order(site: Database) -> None:
    with site.write() as connection:
        add_case(connection, "one", local(4))
        change(connection, d6=False)
        change(connection, d6=True)
        assert red(connection, "one") == local(11)
        assert red_cards.follow(connection) == 0, "it is right already"
        assert red(connection, "one") == local(11)


def test_a_case_of_any_calendar_that_was_known_meanwhile_goes_to_the_last_one(
    site: Database,
) -> None:
    with site.write() as connection:
        change(connection, d6=False)
        change(connection, d9=False)
        change(connection, d6=True, d9=True)
        change(connection, d6=False)
        # As writers that knew each of them would have left their cases.
        for day in (11, 12, 13):
            add_case(connection, f"to {day}", local(4), red=local(day))
        add_case(connection, "own", local(4), red=local(5))
        assert red_cards.follow(connection) == 2
        assert {red(connection, f"to {day}") for day in (11, 12, 13)} == {local(12)}
        assert red(connection, "own") == local(5)
        assert red_cards.follow(connection) == 0


def test_a_presumed_red_card_that_the_calendar_confirms_is_not_written_again(
    site: Database,
) -> None:
    with site.write() as connection:
        add_case(connection, "late", local(26))
        red_cards.begin_change(connection)
        connection.execute(
            insert(schema.work_calendar),
            [
                {"day": day, "is_workday": day.weekday() < 5, "workday_no": 0}
                for day in (date(2026, 11, 30) + timedelta(days=n) for n in range(20))
            ],
        )
        renumber(connection)
        assert red_cards.end_change(connection) == 0
        assert red_cards.follow(connection) == 0


NOTED = text("select jsonb_array_length(value) from database_facts where key = 'red_card_moves'")


def follow(site: Database) -> int | None:
    """Changes that are still noted after a pass of the folding thread."""
    with site.write() as connection:
        red_cards.follow(connection)
        noted: int | None = connection.scalar(NOTED)
        return noted


def test_a_change_is_forgotten_when_nobody_can_be_writing_by_the_old_calendar(
    site: Database,
) -> None:
    with site.engine.connect() as writer:
        add_case(writer, "meanwhile", local(4))
        with site.write() as connection:
            change(connection, d6=False)
        assert [follow(site) for _ in range(3)] == [1, 1, 1]
        with site.write() as connection:
            change(connection, d10=False)
        writer.commit()
        assert follow(site) == 1, "the first one alone"
    with site.read() as connection:
        assert red(connection, "meanwhile") == local(13)
    assert follow(site) is None


def test_who_began_while_a_change_was_being_made_is_waited_for(site: Database) -> None:
    with site.engine.connect() as writer:
        with site.write() as connection:
            change(connection, d6=False)
            add_case(writer, "meanwhile", local(4))
        assert [follow(site) for _ in range(3)] == [1, 1, 1]
        writer.commit()
    assert follow(site) is None
    with site.read() as connection:
        assert red(connection, "meanwhile") == local(12)


def test_a_change_that_is_being_made_is_not_waited_for(site: Database) -> None:
    with site.write() as connection:
        change(connection, d6=False)
    assert follow(site) == 1
    with site.engine.connect() as changing:
        change(changing, d10=False)
        with site.write() as connection:
            connection.execute(text("set local lock_timeout = 1000"))
            assert red_cards.follow(connection) == 0
        changing.commit()
    assert follow(site) == 1, "the second one"


def test_changes_a_day_old_are_forgotten_whoever_is_writing(
    site: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.engine.connect() as writer:
        add_case(writer, "one", local(4))
        with site.write() as connection:
            change(connection, d6=False)
        assert [follow(site) for _ in range(2)] == [1, 1]
        monkeypatch.setattr(red_cards, "_KEPT", timedelta(0))
        assert follow(site) is None
