"""Spans of time that figures are counted over, and the spans they are compared with.

Every constructor takes the as-of instant and the database's zone: days, months and shifts are
local, instants are kept in UTC (two datetimes of one zone subtract and compare by wall clock,
which is wrong twice a year). Working days stand in `work_calendar`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
# Any zone's days and half-hours begin at a quarter of an hour of UTC.
SLOT = timedelta(minutes=15)
SLOT_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open span [start, end) of instants, kept in UTC, with its Chinese label.

    Raises:
        ValueError: for a naive instant, or an end before the start. An empty period is valid
            (今日 at midnight sharp).
    """

    start: datetime
    end: datetime
    label: str

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            instant: datetime = getattr(self, name)
            if instant.tzinfo is None:
                raise ValueError(f"{name} {instant} of a period has no zone; give aware instants")
            object.__setattr__(self, name, instant.astimezone(UTC))
        if self.end < self.start:
            raise ValueError(f"period ends {self.end} before it starts {self.start}")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant.astimezone(UTC) < self.end


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """First instant of a local day, in UTC."""
    return _instant(day, time.min, zone)


def first_whole_day(instant: datetime, zone: ZoneInfo) -> date:
    """The first local day that begins at the instant or after it."""
    day = _local_day(instant, zone)
    return day if day_start(day, zone) >= instant else day + ONE_DAY


def next_month(day: date) -> date:
    """The first day of the month that follows."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def slot_at(instant: datetime, length: timedelta = SLOT) -> datetime:
    """The beginning of the quarter of an hour (or hour of UTC) in which the instant lies."""
    return instant - (instant - SLOT_ORIGIN) % length


def slot_at_or_after(instant: datetime, length: timedelta = SLOT) -> datetime:
    """The first beginning of a quarter of an hour (or hour of UTC) at the instant or after it."""
    return instant + (SLOT_ORIGIN - instant) % length


def nearest_slot(instant: datetime) -> datetime:
    """The beginning of a quarter of an hour that is least far from the instant."""
    return slot_at(instant + SLOT / 2)


def today_so_far(as_of: datetime, zone: ZoneInfo) -> Period:
    """From local midnight to now (今日)."""
    return Period(day_start(_local_day(as_of, zone), zone), as_of, "今日")


def yesterday_same_time(as_of: datetime, zone: ZoneInfo) -> Period:
    """Yesterday up to the same time on the clock: the base of 较昨日同时段."""
    local = as_of.astimezone(zone)
    yesterday = local.date() - ONE_DAY
    end = _instant(yesterday, local.time(), zone)
    return Period(day_start(yesterday, zone), end, "昨日同时段")


def shift_since(as_of: datetime, zone: ZoneInfo, hour: int) -> Period:
    """From the last time the clock showed `hour`:00, the start of the shift, to now (本班次)."""
    today = _local_day(as_of, zone)
    start = _instant(today, time(hour), zone)
    if start > as_of:
        start = _instant(today - ONE_DAY, time(hour), zone)
    return Period(start, as_of, "本班次")


def last_hours(as_of: datetime, n: int) -> Period:
    """The n hours before now; elapsed time, so no zone is needed."""
    instant = as_of.astimezone(UTC)
    return Period(instant - timedelta(hours=n), instant, f"近{n}小时")


def last_days(as_of: datetime, zone: ZoneInfo, n: int) -> Period:
    """The last n whole days, ended by the latest midnight."""
    end = _local_day(as_of, zone)
    return _days(end - n * ONE_DAY, end, zone)


def month_to_date(as_of: datetime, zone: ZoneInfo) -> Period:
    """From the first of the month to now (11月1—20日)."""
    start = day_start(_local_day(as_of, zone).replace(day=1), zone)
    return Period(start, as_of, _day_label(start, as_of, zone))


def year_to_date(as_of: datetime, zone: ZoneInfo) -> Period:
    """From 1 January to now (1—11月)."""
    start = day_start(_local_day(as_of, zone).replace(month=1, day=1), zone)
    last = _last_day(start, as_of, zone)
    return Period(start, as_of, "1月" if last.month == 1 else f"1—{last.month}月")


def _days(first: date, end: date, zone: ZoneInfo) -> Period:
    start, stop = day_start(first, zone), day_start(end, zone)
    return Period(start, stop, _day_label(start, stop, zone))


def _day_label(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """The days touched, as far as they differ: 11月1—20日, 10月28日—11月3日."""
    first, last = start.astimezone(zone).date(), _last_day(start, end, zone)
    if first.year != last.year:
        return f"{_full(first)}—{_full(last)}"
    if first.month != last.month:
        return f"{first.month}月{first.day}日—{last.month}月{last.day}日"
    span = f"{first.day}" if first == last else f"{first.day}—{last.day}"
    return f"{first.month}月{span}日"


def _full(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _last_day(start: datetime, end: datetime, zone: ZoneInfo) -> date:
    """Day of the last instant inside: a period that ends at midnight does not touch that day."""
    return max(start.astimezone(UTC), end.astimezone(UTC) - INSTANT).astimezone(zone).date()


def _local_day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """A local time as an instant; one that the clock skips is read by the offset before it."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def ten_minutes(instant: datetime) -> int:
    """Number of the ten minutes since 1970 in which the instant lies: what is kept that long."""
    return int(instant.timestamp()) // 600
