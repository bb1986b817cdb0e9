"""Targets (考核目标): the one that holds for an indicator and region over the whole of a period.

How a figure stands against its target is judged where it is printed (`layouts.targets`).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from dashboard.indicators import INDICATOR_BY_KEY
from dashboard.periods import Period, day_start
from dashboard.snapshot import Target

# Indicator, key of the period, the period.
Asked = tuple[str, str, Period]


def read(
    connection: Connection, region_ids: Iterable[int], asked: Iterable[Asked], zone: ZoneInfo
) -> tuple[Target, ...]:
    """The targets of these regions for what is asked; none is inherited from a larger region.

    Args:
        region_ids: regions of which the reader may see all: part of a region has no target.
        asked: indicators with the periods they are shown for.
        zone: `valid_from` is a local day.
    """
    rows = connection.execute(
        text(
            "select indicator, region_id, valid_from, value from targets"
            " where region_id = any(:ids) order by indicator, region_id, valid_from"
        ),
        {"ids": sorted(region_ids)},
    )
    courses = {
        marks: [(row.valid_from, row.value) for row in course]
        for marks, course in groupby(rows, key=lambda row: (row.indicator, row.region_id))
    }
    return tuple(
        Target(
            indicator=key,
            region_id=region_id,
            period=period_key,
            value=value / 100 if INDICATOR_BY_KEY[key].unit == "%" else value,
        )
        for key, period_key, period in asked
        for (indicator, region_id), course in courses.items()
        if indicator == key and (value := throughout(course, period, zone)) is not None
    )


def throughout(
    course: Sequence[tuple[date, float]], period: Period, zone: ZoneInfo
) -> float | None:
    """The target valid from the period's first instant to its last, given in order of days.

    None where there is none yet at the beginning, and where it changes on the way.
    """
    begins = [(day_start(day, zone), value) for day, value in course]
    before = [value for start, value in begins if start <= period.start]
    during = [value for start, value in begins if period.start < start < period.end]
    if not before or any(value != before[-1] for value in during):
        return None
    return before[-1]
