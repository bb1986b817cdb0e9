"""Targets as they are read: of the region itself, valid for the whole of the period."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert

from dashboard.periods import Period, month_to_date
from dashboard.snapshot import Target
from data_access import schema
from data_access.database import Database
from data_access.target_readings import read
from tests.case_builder import add_regions

ZONE = ZoneInfo("Asia/Shanghai")
MONTH = month_to_date(datetime(2026, 11, 20, 6, 32, tzinfo=UTC), ZONE)
PROVINCE, CITY = 330000, 330100


@pytest.fixture
def connection(database: Database):
    with database.write() as connection:
        add_regions(connection)
        yield connection


def agree(
    connection: Connection, day: str, value: float, *, of: int = PROVINCE, on: str = "on_time_rate"
) -> None:
    connection.execute(
        insert(schema.targets).values(
            indicator=on, region_id=of, valid_from=date.fromisoformat(day), value=value
        )
    )


def found(
    connection: Connection, *, of: int = PROVINCE, on: str = "on_time_rate", period: Period = MONTH
) -> list[float]:
    return [target.value for target in read(connection, [of], [(on, "month", period)], ZONE)]


def test_a_rates_target_is_a_share_and_says_for_what(connection: Connection) -> None:
    agree(connection, "2026-01-01", 95.0)
    asked = [("on_time_rate", "month", MONTH)]
    assert read(connection, [PROVINCE], asked, ZONE) == (
        Target(indicator="on_time_rate", region_id=PROVINCE, period="month", value=0.95),
    )


def test_a_times_target_stays_in_hours(connection: Connection) -> None:
    agree(connection, "2026-01-01", 24.0, on="mean_handling_hours")
    assert found(connection, on="mean_handling_hours") == [24.0]


def test_a_region_has_no_target_of_a_larger_or_smaller_one(connection: Connection) -> None:
    agree(connection, "2026-01-01", 95.0)
    agree(connection, "2026-01-01", 96.0, of=330102)
    assert found(connection, of=CITY) == []
    assert read(connection, [], [("on_time_rate", "month", MONTH)], ZONE) == ()


def test_the_target_is_that_of_the_period_not_the_newest(connection: Connection) -> None:
    agree(connection, "2025-01-01", 90.0)
    agree(connection, "2026-01-01", 95.0)
    agree(connection, "2026-12-01", 97.0)
    assert found(connection) == [0.95]
    before = month_to_date(datetime(2025, 11, 20, tzinfo=UTC), ZONE)
    assert found(connection, period=before) == [0.9]


def test_a_target_is_not_shown_before_it_is_valid(connection: Connection) -> None:
    agree(connection, "2026-11-02", 95.0)
    assert found(connection) == []


def test_it_is_valid_from_local_midnight(connection: Connection) -> None:
    agree(connection, "2026-11-01", 95.0)
    assert found(connection) == [0.95]


def test_a_period_in_which_the_target_changes_has_none(connection: Connection) -> None:
    agree(connection, "2026-01-01", 95.0)
    agree(connection, "2026-11-10", 96.0)
    assert found(connection) == []
    assert found(connection, period=Period(MONTH.start, MONTH.start, "")) == [0.95]


def test_a_target_that_is_only_confirmed_goes_on(connection: Connection) -> None:
    agree(connection, "2026-01-01", 95.0)
    agree(connection, "2026-11-10", 95.0)
    assert found(connection) == [0.95]


def test_a_target_of_no_known_indicator_is_left_aside(connection: Connection) -> None:
    agree(connection, "2026-01-01", 95.0, on="of_another_program")
    assert found(connection) == []
