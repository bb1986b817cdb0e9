"""Ordering readings of a span for regions; see `indicator_readings` for how they are read."""

from dashboard.periods import Period as Span
from dashboard.snapshot import Group, Reading
from data_access import indicator_readings
from data_access.indicator_readings import Wanted
from data_access.wall_parts.work import Work


def read(work: Work, orders: list[Wanted]) -> list[Reading]:
    return indicator_readings.read(work.reader, orders, work.as_of, absent=work.absent)


def wanted(
    key: str, span: Span, indicator: str, region_ids: tuple[int, ...], group: Group
) -> Wanted:
    return Wanted(
        indicator=indicator, period_key=key, period=span, region_ids=region_ids, group=group
    )
