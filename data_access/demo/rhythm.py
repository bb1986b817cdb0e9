"""Rhythm of the demo: how busy days and hours are, and the random numbers of a day.

Every draw comes from `generator(seed, day, subject)`, so a day's cases depend on nothing else.
"""

from datetime import date, timedelta
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from data_access.demo.office_calendar import DayKind, OfficeCalendar

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[Any]
HALF_HOURS = 48
HALF_HOUR_SECONDS = 1800
NIGHT, PEAK = 100.0, 1600.0
# Relative to an average day.
DAY_KIND_FACTOR: dict[DayKind, float] = {"workday": 1.08, "weekend": 0.88, "holiday": 0.72}
MONDAY_FACTOR = 1.05
MONTH_FACTOR = (0.97, 0.90, 1.00, 1.01, 1.02, 1.05, 1.06, 1.05, 1.01, 0.99, 1.00, 0.98)
# (hour of the peak, its width in hours, height)
HUMPS: dict[DayKind, tuple[tuple[float, float, float], ...]] = {
    "workday": ((9.5, 1.5, 1.0), (15.5, 1.8, 0.93), (20.0, 1.3, 0.22)),
    "weekend": ((9.9, 1.8, 0.85), (15.5, 2.2, 0.80), (20.0, 1.5, 0.35)),
    "holiday": ((10.2, 2.0, 0.80), (15.8, 2.4, 0.80), (20.0, 1.6, 0.40)),
}


class Draw(IntEnum):
    """What random numbers are for; part of the generator's key."""

    COUNTIES = 1
    HOT_SPOTS = 2
    INCIDENTS = 3
    DISPUTES = 4
    RECEPTIONS = 5
    STAFFING = 6
    REPORTED = 7


def generator(seed: int, day: date | int, subject: Draw) -> np.random.Generator:
    """The random numbers of one subject on one local day (or of a numbered period)."""
    ordinal = day if isinstance(day, int) else day.toordinal()
    return np.random.default_rng([seed, ordinal, subject])


def day_factor(calendar: OfficeCalendar, day: date) -> float:
    """How busy a day is, 1 being the average of a year."""
    factor = DAY_KIND_FACTOR[calendar.kind(day)] * MONTH_FACTOR[day.month - 1]
    is_first_day_back = calendar.kind(day) == "workday" != calendar.kind(day - timedelta(days=1))
    return factor * (MONDAY_FACTOR if is_first_day_back else 1.0)


def half_hour_shares(kind: DayKind) -> Floats:
    """Shares of a day's cases by half-hour from midnight; add up to 1."""
    hours = (np.arange(HALF_HOURS) + 0.5) / 2
    curve = np.full(HALF_HOURS, NIGHT)
    for peak, width, height in HUMPS[kind]:
        curve += (PEAK - NIGHT) * height * np.exp(-0.5 * ((hours - peak) / width) ** 2)
    shares: Floats = curve / curve.sum()
    return shares


def times_of_day(
    calendar: OfficeCalendar, day: date, count: int, random: np.random.Generator
) -> Times:
    """Sorted instants on a local day, whole seconds, after the curve of its kind."""
    slot = random.choice(HALF_HOURS, count, p=half_hour_shares(calendar.kind(day)))
    second = slot * HALF_HOUR_SECONDS + random.integers(0, HALF_HOUR_SECONDS, count)
    midnight = np.datetime64(day, "s") - np.timedelta64(8 * 3600, "s")
    return midnight + np.sort(second).astype("timedelta64[s]")
