"""Figures that departments report by month: the newest month at hand per indicator and region."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from dashboard.indicators import (
    GUARDED_BASE,
    GUARDED_DAYS,
    GUARDED_LEVELS,
    REPORTED,
    Indicator,
)
from dashboard.snapshot import Reading, Status
from data_access import facts

UNITS_OF_10K = 10_000


def read(connection: Connection, region_ids: Iterable[int], as_of: datetime) -> tuple[Reading, ...]:
    """One reading per reported indicator and region; `no_data` where nothing was ever reported.

    Guarded figures (心理 …) of too small a base, region or span are `suppressed` and carry neither
    value nor numerator nor denominator.

    The period of a reading is its month, e.g. `2026-10`. A month counts from the local midnight
    that ends it; of spans that end together the shortest is taken (the month, not the year so far).
    """
    ids = sorted(region_ids)
    zone = ZoneInfo(facts.zone_of(connection))
    rows = connection.execute(
        text(
            "select distinct on (indicator, region_id) indicator, region_id, r.level,"
            " period_start, period_end, numerator, denominator"
            " from reported_values join regions r on r.id = region_id"
            " where region_id = any(:ids) and recorded_at < :as_of and period_end <= :today"
            " order by indicator, region_id, period_end desc, period_start desc, recorded_at desc"
        ),
        {"ids": ids, "as_of": as_of, "today": as_of.astimezone(zone).date()},
    )
    found = {(row.indicator, row.region_id): row for row in rows}
    return tuple(
        _reading(indicator, region_id, found.get((indicator.key, region_id)), as_of)
        for indicator in REPORTED
        for region_id in ids
    )


def _reading(
    indicator: Indicator, region_id: int, row: Row[Any] | None, as_of: datetime
) -> Reading:
    if row is None:
        return _blank(indicator.key, region_id, "", "no_data", as_of)
    month = f"{row.period_start:%Y-%m}"
    status = _status(row.numerator, row.denominator)
    if indicator.is_guarded and status != "no_data" and not _may_be_shown(row):
        return _blank(indicator.key, region_id, month, "suppressed", as_of)
    return Reading(
        indicator=indicator.key,
        region_id=region_id,
        period=month,
        value=_value(indicator, row.numerator, row.denominator),
        numerator=row.numerator,
        denominator=row.denominator,
        status=status,
        group="slow",
        as_of=as_of,
    )


def _may_be_shown(row: Row[Any]) -> bool:
    return (
        row.level in GUARDED_LEVELS
        and row.denominator >= GUARDED_BASE
        and (row.period_end - row.period_start).days >= GUARDED_DAYS
    )


def _blank(indicator: str, region_id: int, period: str, status: Status, as_of: datetime) -> Reading:
    return Reading(
        indicator=indicator,
        region_id=region_id,
        period=period,
        value=None,
        status=status,
        group="slow",
        as_of=as_of,
    )


def _status(numerator: float | None, denominator: float | None) -> Status:
    if numerator is None or denominator is None:
        return "no_data"
    return "known" if denominator else "empty_base"


def _value(
    indicator: Indicator, numerator: float | None, denominator: float | None
) -> float | None:
    if numerator is None or not denominator:
        return None
    per_people = "/万人" in indicator.unit
    # Multiplied first: a value is rounded once, so that 2.25 does not print as 2.2.
    return numerator * (UNITS_OF_10K if per_people else 1) / denominator
