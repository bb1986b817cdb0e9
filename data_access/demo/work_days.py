"""The demo's work calendar, as rows of the table; `office_calendar` holds it as arrays.

Official days come from the State Council's notices (`dashboard.work_calendar`); years beyond them
follow the weekday rule and are marked presumed.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from dashboard.work_calendar import SATURDAY, official_days, official_years

FIRST_YEAR, LAST_YEAR = 2024, 2027


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
