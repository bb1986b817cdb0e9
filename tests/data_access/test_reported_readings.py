"""Figures that departments report: the newest month at hand, blank where there is none."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from dashboard.indicators import REPORTED
from dashboard.snapshot import Reading
from data_access import facts, schema
from data_access.database import Database
from data_access.reported_readings import read
from tests.case_builder import COUNTIES, add_regions

AS_OF = datetime(2026, 11, 20, 6, 32, tzinfo=UTC)


@pytest.fixture(params=["UTC", "America/New_York"])
def connection(database: Database, request: pytest.FixtureRequest):
    with database.write() as connection:
        connection.execute(text(f"set local timezone = '{request.param}'"))
        add_regions(connection)
        yield connection


def report(connection: Connection, month: str, **more: Any) -> None:
    year, number = (int(part) for part in month.split("-"))
    end = f"{year + number // 12}-{number % 12 + 1:02d}-01"
    values = {
        "indicator": "video_intact",
        "region_id": 330000,
        "period_start": f"{month}-01",
        "period_end": end,
        "recorded_at": datetime(2026, 11, 2, tzinfo=UTC),
        "numerator": 97,
        "denominator": 100,
        "source_id": 1,
    }
    connection.execute(insert(schema.reported_values).values(**(values | more)))


def reading(connection: Connection, as_of: datetime = AS_OF, **more: Any) -> Reading:
    marks = {"indicator": "video_intact", "region_id": 330000} | more
    found = [
        item
        for item in read(connection, [marks["region_id"]], as_of)
        if item.indicator == marks["indicator"]
    ]
    assert len(found) == 1
    return found[0]


def test_every_reported_indicator_has_one_reading_a_region(connection) -> None:
    readings = read(connection, COUNTIES, AS_OF)
    assert len(readings) == len(REPORTED) * len(COUNTIES)
    assert {item.status for item in readings} == {"no_data"}
    assert {item.value for item in readings} == {None}


def test_a_figure_keeps_its_numerator_and_denominator(connection) -> None:
    report(connection, "2026-10")
    item = reading(connection)
    assert (item.value, item.numerator, item.denominator) == (0.97, 97, 100)
    assert (item.period, item.status, item.group) == ("2026-10", "known", "slow")


def test_the_newest_month_counts_and_in_it_the_newest_report(connection) -> None:
    report(connection, "2026-09", numerator=1)
    report(connection, "2026-10", numerator=2)
    report(connection, "2026-10", numerator=3, recorded_at=datetime(2026, 11, 5, tzinfo=UTC))
    assert reading(connection).numerator == 3
    assert reading(connection, datetime(2026, 11, 5, tzinfo=UTC)).numerator == 2


def test_a_month_counts_from_the_local_midnight_that_ends_it(connection) -> None:
    """Not from that of the server's zone."""
    early = datetime(2026, 9, 30, tzinfo=UTC)
    report(connection, "2026-09", numerator=9, recorded_at=early)
    report(connection, "2026-10", numerator=10, recorded_at=early)
    midnight = datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert reading(connection, midnight).numerator == 10
    assert reading(connection, midnight.replace(hour=15, minute=59)).numerator == 9


def test_another_zone_has_another_midnight(connection) -> None:
    facts.write(connection, "zone", "America/New_York")
    report(connection, "2026-10", recorded_at=datetime(2026, 9, 30, tzinfo=UTC))
    assert reading(connection, datetime(2026, 11, 1, 3, 59, tzinfo=UTC)).status == "no_data"
    assert reading(connection, datetime(2026, 11, 1, 4, tzinfo=UTC)).status == "known"


def test_the_month_comes_before_the_year_so_far(connection) -> None:
    later = datetime(2026, 11, 9, tzinfo=UTC)
    report(connection, "2026-10", numerator=10)
    report(connection, "2026-10", period_start="2026-01-01", numerator=99, recorded_at=later)
    item = reading(connection)
    assert (item.numerator, item.period) == (10, "2026-10")


def test_no_base_is_blank_and_never_nought(connection) -> None:
    report(connection, "2026-10", numerator=0, denominator=0)
    item = reading(connection)
    assert (item.value, item.status) == (None, "empty_base")


@pytest.mark.parametrize("part", ["numerator", "denominator"])
def test_a_report_with_a_gap_is_no_figure(connection, part: str) -> None:
    report(connection, "2026-10", **{part: None})
    item = reading(connection)
    assert (item.value, item.status) == (None, "no_data")


def test_nought_of_some_is_nought(connection) -> None:
    report(connection, "2026-10", numerator=0)
    item = reading(connection)
    assert (item.value, item.status) == (0.0, "known")


def test_figures_per_ten_thousand_people_are_so(connection) -> None:
    report(
        connection, "2026-10", indicator="prosecution_per_10k", numerator=150, denominator=500_000
    )
    assert reading(connection, indicator="prosecution_per_10k").value == 3.0


def test_another_regions_figure_is_not_taken(connection) -> None:
    report(connection, "2026-10", region_id=COUNTIES[0])
    assert reading(connection).status == "no_data"
    assert reading(connection, region_id=COUNTIES[0]).status == "known"


GUARDED = "psychology_followed"
TOWN = COUNTIES[0] * 1000 + 1


@pytest.mark.parametrize("region_id", [330000, COUNTIES[0]])
def test_a_guarded_figure_is_shown_of_a_county_a_month_and_ten(connection, region_id: int) -> None:
    report(
        connection, "2026-02", indicator=GUARDED, region_id=region_id, numerator=9, denominator=10
    )
    item = reading(connection, indicator=GUARDED, region_id=region_id)
    assert (item.value, item.denominator, item.status) == (0.9, 10, "known")


@pytest.mark.parametrize(
    "more",
    [
        {"numerator": 9, "denominator": 9},
        {"numerator": 0, "denominator": 0},
        {"region_id": TOWN},
        {"period_start": "2026-10-25"},
    ],
    ids=["base", "no base", "town", "week"],
)
def test_a_guarded_figure_of_few_is_suppressed_with_its_parts(
    connection, more: dict[str, Any]
) -> None:
    report(connection, "2026-10", indicator=GUARDED, **more)
    item = reading(connection, indicator=GUARDED, region_id=more.get("region_id", 330000))
    assert (item.value, item.numerator, item.denominator) == (None, None, None)
    assert (item.status, item.period) == ("suppressed", "2026-10")


def test_other_figures_of_few_are_shown(connection) -> None:
    report(connection, "2026-10", numerator=1, denominator=3, region_id=TOWN)
    assert reading(connection, region_id=TOWN).status == "known"


def test_all_figures_about_minds_are_guarded() -> None:
    guarded = {indicator.key for indicator in REPORTED if indicator.is_guarded}
    assert guarded == {item.key for item in REPORTED if "心理" in item.title}
    assert len(guarded) == 2
