"""Figures that departments report by month: the newest month at hand per indicator and region."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from dashboard.indicators import INDICATOR_BY_KEY, REPORTED
from dashboard.snapshot import Reading, Status
from data_access import facts

UNITS_OF_10K = 10_000


def read(connection: Connection, region_ids: Iterable[int], as_of: datetime) -> tuple[Reading, ...]:
    """One reading per reported indicator and region; `no_data` where nothing was ever reported.

    The period of a reading is its month, e.g. `2026-10`. A month counts from the local midnight
    that ends it; of spans that end together the shortest is taken (the month, not the year so far).
    """
    ids = sorted(region_ids)
    zone = ZoneInfo(facts.read(connection, "zone") or facts.DEFAULT_ZONE)
    rows = connection.execute(
        text(
            "select distinct on (indicator, region_id) indicator, region_id, period_start,"
            " numerator, denominator from reported_values"
            " where region_id = any(:ids) and recorded_at < :as_of and period_end <= :today"
            " order by indicator, region_id, period_end desc, period_start desc, recorded_at desc"
        ),
        {"ids": ids, "as_of": as_of, "today": as_of.astimezone(zone).date()},
    )
    found = {(row.indicator, row.region_id): row for row in rows}
    readings = []
    for indicator in REPORTED:
        for region_id in ids:
            row = found.get((indicator.key, region_id))
            if row is None:
                readings.append(_missing(indicator.key, region_id, as_of))
                continue
            readings.append(
                Reading(
                    indicator=indicator.key,
                    region_id=region_id,
                    period=f"{row.period_start:%Y-%m}",
                    value=_value(indicator.key, row.numerator, row.denominator),
                    numerator=row.numerator,
                    denominator=row.denominator,
                    status=_status(row.numerator, row.denominator),
                    group="slow",
                    as_of=as_of,
                )
            )
    return tuple(readings)


def _missing(indicator: str, region_id: int, as_of: datetime) -> Reading:
    return Reading(
        indicator=indicator,
        region_id=region_id,
        period="",
        value=None,
        status="no_data",
        group="slow",
        as_of=as_of,
    )


def _status(numerator: float | None, denominator: float | None) -> Status:
    if numerator is None or denominator is None:
        return "no_data"
    return "known" if denominator else "empty_base"


def _value(indicator: str, numerator: float | None, denominator: float | None) -> float | None:
    if numerator is None or not denominator:
        return None
    per_people = "/万人" in INDICATOR_BY_KEY[indicator].unit
    # Multiplied first: a value is rounded once, so that 2.25 does not print as 2.2.
    return numerator * (UNITS_OF_10K if per_people else 1) / denominator
