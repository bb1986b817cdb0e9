"""The demo's rhythm of week, holidays and hours, by the official calendar of 2026."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from data_access.demo.case_days import Moment
from data_access.demo.cases import day_of_incidents
from data_access.demo.disputes import day_of_disputes
from data_access.demo.province import Province

TWO_WEEKS = [date(2026, 10, 12) + timedelta(days=k) for k in range(14)]
NATIONAL_HOLIDAY = [date(2026, 10, day) for day in range(1, 8)]
WORKED_WEEKENDS = [date(2026, 9, 20), date(2026, 10, 10)]

OFFSET = np.timedelta64(8, "h")


@pytest.fixture(params=[(day_of_incidents, 1.0), (day_of_disputes, 20.0)], ids=["事件", "纠纷"])
def mean_count(
    request: pytest.FixtureRequest, small_province: Province
) -> Callable[[Iterable[date]], float]:
    """The mean number of cases of some days, at 1,500 cases a day of either subject."""
    generate, volume = request.param
    province = replace(small_province, volume=volume)
    return lambda days: float(np.mean([len(generate(province, 1, day)) for day in days]))


def test_weekends_are_quieter_than_workdays_and_holidays_quieter_still(
    mean_count: Callable[[Iterable[date]], float],
) -> None:
    workday = mean_count(day for day in TWO_WEEKS if day.weekday() < 5)
    weekend = mean_count(day for day in TWO_WEEKS if day.weekday() >= 5)
    holiday = mean_count(NATIONAL_HOLIDAY)
    assert weekend / workday == pytest.approx(0.81, abs=0.04)
    assert holiday / workday == pytest.approx(0.66, abs=0.04)
    # 调休: a weekend that is worked in exchange is as busy as any workday.
    assert mean_count(WORKED_WEEKENDS) / workday == pytest.approx(1, abs=0.06)


def test_the_first_day_after_a_weekend_is_the_busiest(
    mean_count: Callable[[Iterable[date]], float],
) -> None:
    mondays = [date(2026, 10, 12) + timedelta(weeks=k) for k in range(8)]
    midweek = [monday + timedelta(days=2) for monday in mondays]
    assert mean_count(mondays) > 1.02 * mean_count(midweek)


def test_a_day_has_two_peaks_a_quiet_noon_and_a_silent_night(small_province: Province) -> None:
    province = replace(small_province, volume=10.0)
    day = day_of_incidents(province, 1, date(2026, 10, 15))
    local = day.occurred[Moment.REGISTERED] + OFFSET
    hours = np.bincount((local - local.astype("datetime64[D]")) // np.timedelta64(1, "h"))
    assert len(hours) == 24
    assert min(hours[9], hours[15]) > 1.5 * hours[12]
    assert hours[20] > 1.5 * hours[22]
    assert hours[12] > 2 * hours[3]
    assert hours[9] > 6 * hours[:5].max()
