"""Series in time: today's half-hours with their usual band, days, sparklines.

Sums stand in `data_access.sums`, the band's statistics in `dashboard.bands`. Which days compare is
decided here (same kind of day, the last `band_days`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, func, select, text

from dashboard.bands import UsualBand, usual_band
from dashboard.periods import day_start, slot_at_or_after
from dashboard.snapshot import Series, SlotPoint
from dashboard.work_calendar import WorkCalendar
from data_access import case_homes
from data_access.rollups import rollups
from data_access.schema import work_calendar
from data_access.sums import SumReader

SLOT = timedelta(minutes=30)
SLOTS_A_DAY = 48


def calendar(connection: Connection, zone: ZoneInfo) -> WorkCalendar:
    """The database's work calendar; days it does not hold follow the weekday rule."""
    rows = connection.execute(
        select(work_calendar.c.day, work_calendar.c.is_workday, work_calendar.c.label)
    )
    return WorkCalendar.from_rows(
        [(row.day, row.is_workday, row.label or "") for row in rows], zone
    )


def half_hours(
    reader: SumReader, start: datetime, end: datetime, zone: ZoneInfo
) -> dict[datetime, int]:
    """Registered incidents by the instant (UTC) their half-hour of the local clock began.

    Whole half-hours: of one that `end` lies in, nothing or more than was known by then is told.
    """
    slots = reader.by_slot(("registered_all",), slot_at_or_after(start), end)
    if slots is None:
        return _half_hours_of_rows(reader, start, end, zone)
    counts: Counter[datetime] = Counter()
    for began, sums in slots.items():
        half_hour = began - timedelta(minutes=began.astimezone(zone).minute % 30)
        counts[half_hour] += sums["registered_all"]
    return {began: count for began, count in counts.items() if count}


def _half_hours_of_rows(
    reader: SumReader, start: datetime, end: datetime, zone: ZoneInfo
) -> dict[datetime, int]:
    booked, of_counties = case_homes.booked_under(reader.connection, reader.booked)
    rows = reader.connection.execute(
        text(
            "select date_bin('30 minutes', registered_at, :midnight) as began, count(*) as n"
            " from incidents i where registered_at >= :start and registered_at < :end"
            f" and {booked} group by 1"
        ),
        {
            "midnight": day_start(start.astimezone(zone).date(), zone),
            "start": start,
            "end": end,
            **of_counties,
        },
    )
    return {row.began.astimezone(UTC): row.n for row in rows}


def usual_day(
    reader: SumReader,
    day: date,
    *,
    work_days: WorkCalendar,
    zone: ZoneInfo,
    days_back: int,
) -> UsualBand | None:
    """Band of the half-hours of comparable days (same kind) before `day`."""
    first = day - timedelta(days=days_back)
    began = half_hours(reader, day_start(first, zone), day_start(day, zone), zone)
    counts: Counter[tuple[date, int]] = Counter()
    for instant, count in began.items():
        counts[_slot(instant, zone)] += count
    known = {known_day for known_day, _ in counts}
    kind = work_days.day_kind(day)
    comparable = [
        other
        for other in (first + timedelta(days=n) for n in range(days_back))
        if other in known and work_days.day_kind(other) == kind
    ]
    table = [[counts[other, slot] for slot in range(SLOTS_A_DAY)] for other in comparable]
    return usual_band(np.array(table, dtype=float).reshape(-1, SLOTS_A_DAY))


def today_trend(
    counts: Mapping[datetime, int] | None,
    band: UsualBand | None,
    as_of: datetime,
    zone: ZoneInfo,
) -> Series:
    """件/半小时 of the local day of `as_of`: finished half-hours only, the rest unknown.

    A half-hour that the clock skips has no point; one it runs through twice counts both. `counts`
    None: no source ever delivered, so nothing is known.
    """
    day = as_of.astimezone(zone).date()
    points = []
    for slot in range(SLOTS_A_DAY):
        passes = _passes(day, slot, zone)
        if not passes:
            continue
        is_finished = passes[-1] + SLOT <= as_of
        value = _counted(counts, passes) if is_finished else None
        points.append(_point(passes[0], value, band, slot))
    return Series(
        key="today_trend",
        indicator="incidents_registered",
        unit="件/半小时",
        points=tuple(points),
        band_days=None if band is None else band.days,
        group="live",
        as_of=as_of,
    )


def last_hours_trend(
    counts: Mapping[datetime, int] | None,
    bands: Mapping[date, UsualBand | None],
    as_of: datetime,
    zone: ZoneInfo,
) -> Series:
    """件/半小时 of the 48 half-hours that ended last (近24小时), for the night screen.

    `counts` None: no source ever delivered, so nothing is known.
    """
    day, slot = _slot(as_of, zone)
    begun = max(instant for instant in _passes(day, slot, zone) if instant <= as_of)
    points = []
    for back in range(SLOTS_A_DAY, 0, -1):
        instant = begun - back * SLOT
        day, slot = _slot(instant, zone)
        points.append(_point(instant, _counted(counts, [instant]), bands.get(day), slot))
    return Series(
        key="last_24_hours",
        indicator="incidents_registered",
        unit="件/半小时",
        points=tuple(points),
        group="live",
        as_of=as_of,
    )


def _counted(counts: Mapping[datetime, int] | None, instants: Iterable[datetime]) -> int | None:
    return None if counts is None else sum(counts.get(instant, 0) for instant in instants)


def _slot(instant: datetime, zone: ZoneInfo) -> tuple[date, int]:
    """Local day and half-hour (0-47) of an instant."""
    local = instant.astimezone(zone)
    return local.date(), local.hour * 2 + local.minute // 30


def _passes(day: date, slot: int, zone: ZoneInfo) -> list[datetime]:
    """Instants (UTC) at which the local clock shows the half-hour's beginning: 0, 1 or 2."""
    local = datetime.combine(day, time(slot // 2, slot % 2 * 30), zone)
    instants = {local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(instant for instant in instants if _slot(instant, zone) == (day, slot))


def _point(at: datetime, value: int | None, band: UsualBand | None, slot: int) -> SlotPoint:
    if band is None:
        return SlotPoint(at=at, value=value)
    low, median, high = (_known(row[slot]) for row in (band.low, band.median, band.high))
    return SlotPoint(at=at, value=value, low=low, median=median, high=high)


def first_case_day(connection: Connection, region_id: int) -> date | None:
    """The first day with a registered incident: before it there is no data, not zero cases."""
    found: date | None = connection.scalar(
        select(func.min(rollups.c.day)).where(
            rollups.c.region_id == region_id, rollups.c.registered_all > 0
        )
    )
    return found


def daily_series(
    key: str,
    indicator: str,
    unit: str,
    values: dict[date, float | None],
    as_of: datetime,
    zone: ZoneInfo,
) -> Series:
    """A series of whole days; unfinished days are left out by the caller."""
    points = [
        SlotPoint(at=day_start(day, zone), value=value) for day, value in sorted(values.items())
    ]
    return Series(
        key=key, indicator=indicator, unit=unit, points=tuple(points), group="slow", as_of=as_of
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
