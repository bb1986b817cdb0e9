"""Counties of the demo differ by more than chance in volume, speed and lateness."""

from datetime import date, timedelta

import numpy as np
import pytest

from data_access.demo.case_days import CaseDay, Moment, joined_days
from data_access.demo.cases import day_of_incidents
from data_access.demo.province import Province

MONDAY = date(2026, 5, 11)


@pytest.fixture(scope="module")
def week(wide_province: Province) -> CaseDay:
    """Some 3,000 to 5,000 cases of each of twenty counties with as many residents."""
    days = [MONDAY + timedelta(days=k) for k in range(5)]
    return joined_days([day_of_incidents(wide_province, 1, day) for day in days])


def by_county(cases: CaseDay, values: np.ndarray) -> list[np.ndarray]:
    county = cases.facts["county_id"]
    return [values[county == one] for one in np.unique(county)]


def test_some_counties_are_far_more_often_late_than_others(week: CaseDay) -> None:
    extended = next(later for later in week.later if later.column == "due_at")
    is_extended = ~np.isnat(week.occurred[Moment.EXTENDED])
    due = np.where(is_extended, extended.values, week.facts["due_at"])
    is_late = week.occurred[Moment.CLOSED] > due
    shares = np.sort([late.mean() for late in by_county(week, is_late)])
    assert len(shares) == 20
    assert 0.005 < shares[0] < 0.015
    assert shares[15] > 2 * shares[4]
    assert 0.05 < shares[-1] < 0.16


def test_some_counties_are_half_as_fast_again_as_others(week: CaseDay) -> None:
    hours = (week.occurred[Moment.CLOSED] - week.occurred[Moment.REGISTERED]) / np.timedelta64(
        1, "h"
    )
    medians = np.sort([np.median(mine) for mine in by_county(week, hours)])
    assert medians[-3] > 1.4 * medians[2]


def test_as_many_residents_bring_more_cases_in_some_counties(week: CaseDay) -> None:
    counts = np.sort([len(mine) for mine in by_county(week, week.facts["case_no"])])
    assert counts[-3] > 1.4 * counts[2]
