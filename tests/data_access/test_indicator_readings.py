"""Readings: exact fractions, blanks, comparisons, medians, people."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, text

from dashboard.indicators import INDICATORS
from dashboard.intervals import wilson_interval
from dashboard.periods import Period
from dashboard.snapshot import Reading
from dashboard.vocabulary import Subject
from data_access import schema
from data_access.database import Database
from data_access.indicator_readings import (
    Wanted,
    median_handling_hours,
    per_10k,
    read,
    residents,
    total,
)
from data_access.sums import EVER, Wish
from tests.case_builder import COUNTIES, NOW, add_regions, incident

MONTH = Period(NOW - timedelta(days=20), NOW, "11月1—20日")
BEFORE = Period(NOW - timedelta(days=50), NOW - timedelta(days=30), "10月1—20日")
REGION = 330000


class GivenSums:
    """Answers with given sums, and notes which spans were asked for."""

    def __init__(self, **by_start: dict[str, int]) -> None:
        self.now, self.before = by_start.get("now", {}), by_start.get("before", {})
        self.spans: list[tuple[datetime, datetime]] = []

    def each(self, wishes: Sequence[Wish]) -> list[dict[int, Counter[str]]]:
        self.spans += [(wish.start, wish.end) for wish in wishes]
        return [self._over(wish.end) for wish in wishes]

    def _over(self, end: datetime) -> dict[int, Counter[str]]:
        sums = self.now if end == MONTH.end else self.before
        return defaultdict(Counter, {REGION: Counter(sums)})


def readings(
    indicator: str,
    now: dict[str, int],
    before: dict[str, int] | None = None,
    absent: frozenset[Subject] = frozenset(),
) -> list[Reading]:
    order = Wanted(
        indicator=indicator,
        period_key="month",
        period=MONTH,
        compared_with=None if before is None else BEFORE,
        comparison_label=None if before is None else "较上月同期",
        region_ids=(REGION,),
        group="slow",
    )
    sums = GivenSums(now=now, before=before or {})
    return read(sums, [order], NOW, absent=absent)  # type: ignore[arg-type]


def reading(indicator: str, now: dict[str, int], before: dict[str, int] | None = None) -> Reading:
    return next(item for item in readings(indicator, now, before) if item.facet is None)


@given(den=st.integers(1, 10**6), data=st.data())
def test_a_rate_is_its_numerator_over_its_denominator(den: int, data) -> None:
    num = data.draw(st.integers(0, den))
    item = reading("on_time_rate", {"due_met": num, "due": den})
    assert item.value == float(Fraction(num, den))
    assert (item.numerator, item.denominator, item.status) == (num, den, "known")
    interval = wilson_interval(num, den)
    assert interval is not None
    assert item.interval == (interval.lower, interval.upper)


@pytest.mark.parametrize(
    "indicator",
    [item.key for item in INDICATORS if item.kind in ("rate", "mean")],
)
def test_without_a_base_every_rate_and_mean_is_blank(indicator: str) -> None:
    for item in readings(indicator, {}, {}):
        assert (item.value, item.status, item.interval) == (None, "empty_base", None)
        assert item.comparison is not None
        assert (item.comparison.value, item.comparison.change) == (None, None)


def test_nothing_of_something_is_nought() -> None:
    item = reading("on_time_rate", {"due_met": 0, "due": 4})
    assert (item.value, item.status) == (0.0, "known")


def test_a_count_of_nothing_is_nought_and_known() -> None:
    item = reading("incidents_registered", {})
    assert (item.value, item.status, item.denominator) == (0.0, "known", None)


def test_each_value_is_rounded_once() -> None:
    """150 of 500,000, divided first, would be 2.9999999999999996."""
    assert per_10k({1: 150}, {1: 500_000}) == {1: 3.0}


@pytest.mark.parametrize(
    ("now", "before", "change"), [(103, 100, 0.03), (50, 100, -0.5), (7, 0, None), (0, 4, -1.0)]
)
def test_a_count_changes_by_a_share(now: int, before: int, change: float | None) -> None:
    item = reading("incidents_registered", {"registered_all": now}, {"registered_all": before})
    assert item.comparison is not None
    assert item.comparison.value == before
    assert item.comparison.change == (None if change is None else pytest.approx(change))


def test_a_rate_changes_by_the_difference_of_what_is_printed() -> None:
    """94.46 % prints as 94.5, 93.94 as 93.9: 0.6 points, although 0.52 lie between them."""
    item = reading("on_time_rate", {"due_met": 9446, "due": 10000}, {"due_met": 9394, "due": 10000})
    assert item.comparison is not None
    assert item.comparison.change == pytest.approx(0.006)


def test_a_mean_is_given_in_its_own_unit() -> None:
    hours = reading("mean_handling_hours", {"closed_seconds": 5400, "closed_sound": 2})
    days = reading("mean_mediation_days", {"d_ended_seconds": 86_400 * 3, "d_ended": 2})
    assert (hours.value, days.value) == (0.75, 1.5)
    assert hours.interval is None


def test_a_share_above_one_has_no_interval() -> None:
    """A fault of the data, shown as it is."""
    item = reading("visit_rate", {"closed_visited": 5, "closed_sound": 4})
    assert (item.value, item.interval) == (1.25, None)


def test_facets_stand_beside_the_whole() -> None:
    sums = {"registered_all": 5, "registered__hazard": 2, "registered__service": 3}
    found = {item.facet: item.value for item in readings("incidents_registered", sums)}
    assert found[None] == 5
    assert (found["hazard"], found["service"], found["policy"]) == (2, 3, 0)


def test_a_stock_is_all_that_came_less_all_that_left_whenever_that_was() -> None:
    sums = GivenSums(now={"open_in": 10, "open_out": 4}, before={"open_in": 7, "open_out": 2})
    order = Wanted(
        indicator="incidents_open",
        period_key="now",
        period=MONTH,
        compared_with=BEFORE,
        comparison_label="较上月同期",
        region_ids=(REGION,),
        group="live",
    )
    (item,) = read(sums, [order], NOW)  # type: ignore[arg-type]
    assert item.value == 6
    assert item.comparison is not None
    assert item.comparison.value == 5
    assert set(sums.spans) == {(EVER, MONTH.end), (EVER, BEFORE.end)}


def test_yellow_is_overdue_less_red() -> None:
    sums = {"overdue_in": 9, "overdue_out": 2, "red_in": 4, "red_out": 1}
    assert reading("incidents_yellow", sums).value == 4


def test_total_adds_measures_and_stocks_and_subtracts() -> None:
    sums = Counter({"a": 5, "b": 2, "s_in": 9, "s_out": 4, "only_out": 3, "o_out": 1})
    assert total(sums, ("a", "b")) == 7
    assert total(sums, ("a", "-b")) == 3
    assert total(sums, ("s",)) == 5
    assert total(sums, ("o",)) == -1
    assert total(sums, ("unknown",)) == 0


def test_what_no_source_ever_delivered_is_unknown_and_not_nought() -> None:
    absent = frozenset({Subject.INCIDENT})
    for item in readings("incidents_registered", {"registered_all": 0}, {}, absent):
        assert (item.value, item.numerator, item.status) == (None, None, "no_data")
        assert item.comparison is None
    (known,) = readings("receptions", {"receptions": 0}, None, absent)
    assert (known.value, known.status) == (0.0, "known")


@pytest.mark.parametrize(
    "indicator", ["median_handling_hours", "incidents_per_10k", "video_intact"]
)
def test_what_sums_cannot_tell_is_refused(indicator: str) -> None:
    """A median read as a mean, or a rate of people read as a count, would look right."""
    with pytest.raises(ValueError, match=indicator):
        readings(indicator, {})


# --- from the rows -------------------------------------------------------------------------------


@pytest.fixture
def connection(database: Database):
    with database.write() as connection:
        add_regions(connection)
        yield connection


def close(connection: Connection, number: int, minutes: float, **more: Any) -> None:
    closed = more.pop("closed_at", NOW - timedelta(days=1))
    connection.execute(
        insert(schema.incidents),
        [
            incident(number, closed_at=closed, registered_at=closed - timedelta(minutes=minutes))
            | more
        ],
    )


@pytest.mark.parametrize("count", [1, 2, 7, 40, 41])
def test_the_median_is_that_of_numpy_in_tenths_of_an_hour(connection, count: int) -> None:
    minutes = np.random.default_rng(count).exponential(3000, count).round(3)
    for number, span in enumerate(minutes):
        close(connection, number, float(span), county_id=COUNTIES[number % 2])
    median, n = median_handling_hours(connection, COUNTIES, MONTH)
    assert n == count
    tenths = np.floor(minutes / 6 + 0.5)
    assert median == pytest.approx(np.median(tenths) / 10, rel=1e-9)
    # Where one duration is in the middle, what is shown is its own.
    assert count % 2 == 0 or median == pytest.approx(np.median(minutes) / 60, abs=0.05)


def test_the_median_leaves_out_doubtful_times_other_counties_and_other_days(connection) -> None:
    close(connection, 1, 60)
    close(connection, 2, -600, has_doubtful_times=True)
    close(connection, 3, 6000, county_id=COUNTIES[1])
    close(connection, 4, 6000, closed_at=MONTH.start - timedelta(microseconds=1))
    close(connection, 5, 6000, closed_at=MONTH.end)
    close(connection, 6, 180, closed_at=MONTH.start)
    assert median_handling_hours(connection, COUNTIES[:1], MONTH) == (2.0, 2)


def test_the_median_of_nothing_is_unknown(connection) -> None:
    assert median_handling_hours(connection, COUNTIES, MONTH) == (None, 0)


def test_cases_per_ten_thousand_people() -> None:
    assert per_10k({1: 250, 2: 3}, {1: 500_000, 2: 0, 3: 10_000}) == {1: 5.0, 2: None, 3: 0.0}


def test_a_county_without_population_has_none_and_is_not_guessed(connection) -> None:
    connection.execute(text("delete from population where region_id = 330102"))
    connection.execute(
        insert(schema.population),
        [
            {"region_id": 330106, "counted_on": day, "residents": n, "origin": "t"}
            for day, n in ((date(2010, 11, 1), 1), (date(2024, 12, 31), 600_000))
        ],
    )
    found = residents(connection, (*COUNTIES, 330000))
    assert found == {330106: 600_000, 330203: 500_000, 330212: 500_000}
    # The count comes by region, so a region that is absent has no value rather than 0.
    assert 330102 not in per_10k({}, found)
