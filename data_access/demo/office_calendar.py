"""The work calendar as arrays, for limits and rhythm of whole days of cases at once.

Read from the table `work_calendar`, so that limits computed here equal those of its triggers. Not
here: official holidays (`dashboard.work_calendar`) and who fills the table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, text

SATURDAY = 5
RED_CARD_WORKDAYS = 5
# What the database's trigger adds where the calendar does not reach.
RED_CARD_PRESUMED = 7
MARGIN_DAYS = 400

# datetime64[s] and datetime64[D]: the stubs of numpy lose the kind in arithmetic.
Times = npt.NDArray[Any]
Days = npt.NDArray[Any]
# The zone of the demo has had one offset from UTC since 1991.
OFFSET = np.timedelta64(8 * 3600, "s")
DayKind = Literal["workday", "weekend", "holiday"]


@dataclass(frozen=True)
class OfficeCalendar:
    """Consecutive days from `first`; `known` tells the days of the table from presumed ones."""

    first: np.datetime64
    is_workday: npt.NDArray[np.bool_]
    is_labelled: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]

    def kind(self, day: date) -> DayKind:
        """Kind of a day; a labelled day that is not worked is a holiday."""
        index = int((np.datetime64(day, "D") - self.first).astype(int))
        if self.is_workday[index]:
            return "workday"
        return "holiday" if self.is_labelled[index] else "weekend"

    def workdays_later(self, at: Times, count: npt.NDArray[np.int64] | int) -> Times:
        """The same local time on the count-th working day after the instants' own days."""
        local = at + OFFSET
        day = local.astype("datetime64[D]")
        later: Times = self._following(day, count) + (local - day) - OFFSET
        return later

    def red_cards(self, due: Times) -> Times:
        """红牌时点 of limits: five working days later, seven days where nothing is known."""
        day = (due + OFFSET).astype("datetime64[D]")
        index = self._index(day)
        fifth = self._following(day, RED_CARD_WORKDAYS)
        is_known = self.known[index] & self.known[self._index(fifth)]
        step = np.where(is_known, fifth - day, np.timedelta64(RED_CARD_PRESUMED, "D"))
        red: Times = due + step.astype("timedelta64[s]")
        return red

    def _index(self, day: Days) -> npt.NDArray[np.int64]:
        index: npt.NDArray[np.int64] = (day - self.first).astype(np.int64)
        return index

    def _following(self, day: Days, count: npt.NDArray[np.int64] | int) -> Days:
        workdays = np.flatnonzero(self.is_workday)
        number = np.cumsum(self.is_workday)
        following: Days = self.first + workdays[number[self._index(day)] + count - 1]
        return following


def from_rows(rows: Iterable[tuple[date, bool, str | None]], until: date) -> OfficeCalendar:
    """Calendar of rows (day, is_workday, label); the days around them follow the weekday rule."""
    table = {day: (is_workday, bool(label)) for day, is_workday, label in rows}
    first = min([*table, until]) - timedelta(days=2 * MARGIN_DAYS)
    last = max([*table, until]) + timedelta(days=MARGIN_DAYS)
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    found = [table.get(day, (day.weekday() < SATURDAY, False)) for day in days]
    return OfficeCalendar(
        np.datetime64(first, "D"),
        np.array([is_workday for is_workday, _ in found]),
        np.array([is_labelled for _, is_labelled in found]),
        np.array([day in table for day in days]),
    )


def read(connection: Connection, until: date) -> OfficeCalendar:
    """The calendar of this database."""
    rows = connection.execute(text("select day, is_workday, label from work_calendar order by day"))
    return from_rows(((row.day, row.is_workday, row.label) for row in rows), until)
