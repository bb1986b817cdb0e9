"""Lines over time: today with its usual band, the last hours, and thirty days."""

from collections.abc import Mapping
from datetime import date, timedelta

from dashboard import periods as spans
from dashboard.bands import UsualBand
from dashboard.snapshot import Series
from dashboard.vocabulary import Subject
from data_access import series_readings
from data_access.wall_parts.work import Work

SPARK_DAYS = 30


def live_series(work: Work) -> tuple[Series, ...]:
    today = work.as_of.astimezone(work.zone).date()
    yesterday = today - timedelta(days=1)
    counts = None
    if Subject.INCIDENT not in work.absent:
        counts = series_readings.half_hours(
            work.reader,
            # Yesterday may have had 23 hours.
            min(spans.day_start(yesterday, work.zone), work.as_of - timedelta(hours=25)),
            work.as_of,
            work.zone,
        )
    bands = {day: _band(work, day) for day in (yesterday, today)}
    return (
        series_readings.today_trend(counts, bands[today], work.as_of, work.zone),
        series_readings.last_hours_trend(counts, bands, work.as_of, work.zone),
    )


def _band(work: Work, day: date) -> UsualBand | None:
    return work.kept.get(
        ("band", work.connection.engine.url, work.booked, day, work.ask.band_days),
        # Late records change it a little; a first import, from nothing.
        spans.ten_minutes(work.now),
        lambda: series_readings.usual_day(
            work.reader,
            day,
            work_days=work.work_days,
            zone=work.zone,
            days_back=work.ask.band_days,
        ),
    )


def slow_series(work: Work) -> tuple[Series, ...]:
    """The counts of 30 days, and two rates of those of them that have a base.

    No limit falls on a day off: that is no gap in what is known of the rate, so its line goes on.
    """
    today = work.as_of.astimezone(work.zone).date()
    first = today - timedelta(days=SPARK_DAYS)
    columns = ("registered_all", "due", "due_met", "closed_seconds", "closed_sound")
    rows = work.reader.by_day(columns, first, today)
    begun = series_readings.first_case_day(work.connection, work.region.id)
    days = [first + timedelta(days=n) for n in range(SPARK_DAYS)]
    counted: dict[date, Mapping[str, int]] = {
        day: rows.get(day, {}) for day in days if begun is not None and day >= begun
    }
    values: dict[tuple[str, str, str], dict[date, float | None]] = {
        ("last_30_days", "incidents_registered", "件"): {
            day: row.get("registered_all", 0) for day, row in counted.items()
        },
        ("on_time_spark", "on_time_rate", "%"): {
            day: _ratio(row, "due_met", "due") for day, row in counted.items() if row.get("due")
        },
        ("handling_spark", "mean_handling_hours", "小时"): {
            day: _ratio(row, "closed_seconds", "closed_sound", 3600)
            for day, row in counted.items()
            if row.get("closed_sound")
        },
    }
    return tuple(
        series_readings.daily_series(key, indicator, unit, series, work.as_of, work.zone)
        for (key, indicator, unit), series in values.items()
    )


def _ratio(row: Mapping[str, int], over: str, under: str, scale: float = 1) -> float:
    return row.get(over, 0) / row[under] / scale
