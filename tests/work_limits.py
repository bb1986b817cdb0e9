"""Limits in working days, worked out day by day: what the database's own are compared with."""

from datetime import UTC, datetime, timedelta

from dashboard.work_calendar import WorkCalendar


def workdays_later(calendar: WorkCalendar, instant: datetime, n: int) -> datetime:
    """The same local time on the n-th working day after the instant's own day, n at least 1.

    A local time that the clock skips that day is read by the offset before the change.
    """
    local = instant.astimezone(calendar.zone)
    day = local.date()
    while n:
        day += timedelta(days=1)
        n -= calendar.is_workday(day)
    wall = datetime.combine(day, local.time(), calendar.zone)
    return wall.astimezone(UTC).astimezone(calendar.zone)
