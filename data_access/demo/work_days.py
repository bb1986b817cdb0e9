"""The demo's work calendar, as rows of the table; `office_calendar` holds it as arrays."""

from collections.abc import Iterator
from typing import Any

from data_access.calendar_rows import calendar_rows

FIRST_YEAR, LAST_YEAR = 2024, 2027


def rows(last_year: int = LAST_YEAR) -> Iterator[dict[str, Any]]:
    """Rows of the table `work_calendar` from 2024 to the end of the last year."""
    return calendar_rows(FIRST_YEAR, last_year)
