"""The demo's work calendar, as rows of the table and as arrays for arithmetic in bulk.

Official days come from the State Council's notices (`dashboard.work_calendar`); years beyond them
follow the weekday rule and are marked presumed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.work_calendar import SATURDAY, official_days, official_years

FIRST_YEAR, LAST_YEAR = 2024, 2027
DAY_US = 86_400_000_000
Integers = npt.NDArray[np.int64]


def rows(last_year: int = LAST_YEAR) -> Iterator[dict[str, Any]]:
    """Rows of the table `work_calendar` from 2024 to the end of the last year."""
    known = {day.day: day for day in official_days(FIRST_YEAR, official_years()[-1])}
    number = 0
    day = date(FIRST_YEAR, 1, 1)
    while day.year <= last_year:
        official = known.get(day)
        is_workday = official.is_workday if official else day.weekday() < SATURDAY
        number += is_workday
        yield {
            "day": day,
            "is_workday": is_workday,
            "workday_no": number,
            "label": (official.label or None) if official else None,
            "is_presumed": official is None,
        }
        day += timedelta(days=1)


@dataclass(frozen=True)
class WorkDays:
    """Working days by day number since 1970, for whole arrays of days."""

    first: int
    is_workday: npt.NDArray[np.bool_]
    is_festival: npt.NDArray[np.bool_]
    number: Integers
    workdays: Integers

    def add(self, days: Integers, count: Integers | int) -> Integers:
        """The count-th working day after each day."""
        following: Integers = self.workdays[self.number[days - self.first] + count - 1]
        return following

    def kind(self, day: date) -> str:
        """workday, weekend or holiday."""
        index = _day_number(day) - self.first
        if self.is_workday[index]:
            return "workday"
        return "holiday" if self.is_festival[index] else "weekend"


@cache
def calendar(last_year: int = LAST_YEAR + 1) -> WorkDays:
    """The arrays, with a year more than the table so that limits may run past its end."""
    listed = list(rows(last_year))
    is_workday = np.array([row["is_workday"] for row in listed])
    first = _day_number(listed[0]["day"])
    return WorkDays(
        first=first,
        is_workday=is_workday,
        is_festival=np.array([bool(row["label"]) for row in listed]),
        number=np.cumsum(is_workday),
        workdays=first + np.flatnonzero(is_workday),
    )


def _day_number(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()
