"""Rows beside cases: never there, not lately, not everywhere, about to end."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, text

from dashboard.quality import OtherData
from data_access import schema
from data_access.database import Database
from data_access.quality_readings import read
from tests.case_builder import COUNTIES, NOW, add_everything
from tests.data_access import quality_samples as samples


def others(database: Database, code: str | None = None) -> dict[str, OtherData]:
    return {item.key: item for item in read(database, code, days=7, now=NOW).others}


@pytest.fixture
def empty(database: Database) -> Database:
    with database.write() as connection:
        samples.found(connection)
    return database


def test_what_was_never_there_is_not_called_quiet(empty: Database) -> None:
    states = {key: item.state for key, item in others(empty).items()}
    assert states == {
        **dict.fromkeys(("receptions", "return_visits", "agreements"), "never"),
        **dict.fromkeys(("staffing", "patrols", "calendar", "organisations", "targets"), "never"),
        **{"population": "good", "codes": "good"},
    }


def test_rows_of_long_ago_are_quiet_and_keep_their_day(empty: Database) -> None:
    with empty.write() as connection:
        connection.execute(
            insert(schema.receptions).values(
                source_id=1,
                county_id=COUNTIES[0],
                received_at=NOW - timedelta(days=30),
                people=1,
                is_accepted=True,
            )
        )
    item = others(empty)["receptions"]
    assert (item.state, item.lately, item.newest) == ("quiet", 0, date(2026, 10, 21))


def test_counties_without_staffing_or_people_are_counted(empty: Database) -> None:
    with empty.write() as connection:
        connection.execute(
            insert(schema.staffing).values(
                town_id=COUNTIES[0] * 1000 + 1,
                day=NOW.date(),
                county_id=COUNTIES[0],
                staff=9,
                online=3,
                reporting=2,
            )
        )
        connection.execute(
            text("delete from population where region_id = :county"), {"county": COUNTIES[1]}
        )
    found = others(empty)
    assert (found["staffing"].state, found["staffing"].covered) == ("partial", (1, 4))
    assert (found["population"].state, found["population"].covered) == ("partial", (3, 4))
    mine = others(empty, str(COUNTIES[0]))
    assert (mine["staffing"].state, mine["staffing"].covered) == ("good", (1, 1))


@pytest.mark.parametrize(("days", "state"), [(59, "short"), (60, "good")])
def test_a_calendar_that_ends_soon_is_told(empty: Database, days: int, state: str) -> None:
    with empty.write() as connection:
        connection.execute(
            insert(schema.work_calendar).values(
                day=NOW.date() + timedelta(days=days), is_workday=True, workday_no=1
            )
        )
    assert others(empty)["calendar"].state == state


def test_with_rows_of_every_kind_lately_they_are_good(database: Database) -> None:
    with database.write() as connection:
        add_everything(connection, seed=1)
    found = others(database)
    for key in ("receptions", "return_visits", "agreements", "staffing", "patrols"):
        assert found[key].state == "good", key
    with database.read() as connection:
        expected = connection.scalar(
            text("select count(*) from receptions where received_at >= :start"),
            {"start": NOW - timedelta(days=6, hours=14, minutes=32)},
        )
    assert found["receptions"].lately == expected
