"""Rows of the table `work_calendar` as the State Council's notices and the weekdays make them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from dashboard.work_calendar import SATURDAY, official_days, official_years

ONE_DAY = timedelta(days=1)


def calendar_rows(
    first_year: int, last_year: int, *, is_official: bool = True
) -> Iterator[dict[str, Any]]:
    """Days of the years with the running number of working days.

    Years without a notice, and all where `is_official` is not wanted, follow the weekday rule and
    are marked presumed (推定).
    """
    years = official_years() if is_official else ()
    known = {
        day.day: day
        for year in years
        if first_year <= year <= last_year
        for day in official_days(year, year)
    }
    number = 0
    day = date(first_year, 1, 1)
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
        day += ONE_DAY
