"""Which days are worked, and arithmetic in working days (办结时限, 超期 n 个工作日).

The calendar is data: rows of a table, seeded from the State Council's yearly notices as the
package chinesecalendar carries them. Days without a row follow the weekday rule and are marked
presumed (推定). Reading the table does not belong here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

import chinese_calendar

DayKind = Literal["workday", "weekend", "holiday"]

# What a calendar may hold: another year is a slip of the pen.
FIRST_YEAR, LAST_YEAR = 1950, 2150
ONE_DAY = timedelta(days=1)
SATURDAY = 5
FESTIVAL_NAMES = {festival.value: festival.chinese for festival in chinese_calendar.Holiday}


class CalendarDay(NamedTuple):
    """One row of the calendar; `label` names the festival, also on a worked day in its exchange."""

    day: date
    is_workday: bool
    label: str = ""


@dataclass(frozen=True)
class WorkCalendar:
    """Working days of one place. Wherever a day is asked for, an aware instant stands for its day.

    `zone` decides on which day an instant falls.
    """

    zone: ZoneInfo
    days: Mapping[date, CalendarDay] = field(default_factory=dict, repr=False)

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[date, bool, str]], zone: ZoneInfo) -> Self:
        """Build from rows (day, is_workday, label); of two rows of a day the later counts."""
        return cls(zone, {row[0]: CalendarDay(*row) for row in rows})

    def is_presumed(self, day: date | datetime) -> bool:
        """Whether nothing is known of the day, so that the weekday rule answers for it."""
        return self._local_day(day) not in self.days

    def is_workday(self, day: date | datetime) -> bool:
        local_day = self._local_day(day)
        known = self.days.get(local_day)
        return known.is_workday if known else local_day.weekday() < SATURDAY

    def label(self, day: date | datetime) -> str:
        """Name of the festival the day belongs to, empty for an ordinary day."""
        known = self.days.get(self._local_day(day))
        return known.label if known else ""

    def day_kind(self, day: date | datetime) -> DayKind:
        """Kind of day; a Saturday worked in exchange for a festival is a workday."""
        if self.is_workday(day):
            return "workday"
        return "holiday" if self.label(day) else "weekend"

    def workdays_between(self, start: date | datetime, end: date | datetime) -> int:
        """Working days after the day of `start` up to and including that of `end`.

        With a limit and the as-of instant this is the n of 超期 n 个工作日: 0 while the limit's own
        day lasts, and 0 where `end` is not later.
        """
        first, last = self._local_day(start), self._local_day(end)
        return sum(self.is_workday(first + k * ONE_DAY) for k in range(1, (last - first).days + 1))

    def _local_day(self, day: date | datetime) -> date:
        return self._localised(day).date() if isinstance(day, datetime) else day

    def _localised(self, instant: datetime) -> datetime:
        if instant.tzinfo is None:
            raise ValueError(f"{instant} has no zone; give an aware instant")
        return instant.astimezone(self.zone)


def official_years() -> range:
    """Calendar years for which the installed chinesecalendar holds the official notice."""
    known = chinese_calendar.constants.holidays
    return range(min(known).year, max(known).year + 1)


def official_days(first_year: int, last_year: int) -> list[CalendarDay]:
    """Every day of the years, as the State Council's notices set them: the table's first filling.

    Raises:
        ValueError: where a year has no official notice yet.
    """
    covered = official_years()
    if first_year not in covered or last_year not in covered:
        raise ValueError(
            f"official holidays are known for {covered[0]}-{covered[-1]}, asked for "
            f"{first_year}-{last_year}; leave other years out: their days count as presumed"
        )
    start = date(first_year, 1, 1)
    length = (date(last_year + 1, 1, 1) - start).days
    return [_official_day(start + k * ONE_DAY) for k in range(length)]


def _official_day(day: date) -> CalendarDay:
    is_holiday, festival = chinese_calendar.get_holiday_detail(day)
    return CalendarDay(day, not is_holiday, FESTIVAL_NAMES[festival] if festival else "")
