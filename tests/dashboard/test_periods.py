"""Periods at midnight, at month ends and over changes of the clock."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.periods import (
    Period,
    day_start,
    last_days,
    last_hours,
    month_to_date,
    shift_since,
    today_so_far,
    year_to_date,
    yesterday_same_time,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
AS_OF = datetime(2026, 11, 20, 6, 32, tzinfo=UTC)  # 14:32 in Shanghai


def local(period: Period, zone: ZoneInfo = SHANGHAI) -> tuple[str, str, str]:
    """Start, end and label, in local time to the minute."""
    start, end = (t.astimezone(zone).strftime("%Y-%m-%d %H:%M") for t in (period.start, period.end))
    return start, end, period.label


def hours(period: Period) -> float:
    return (period.end - period.start) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (today_so_far(AS_OF, SHANGHAI), ("2026-11-20 00:00", "2026-11-20 14:32", "今日")),
        (
            yesterday_same_time(AS_OF, SHANGHAI),
            ("2026-11-19 00:00", "2026-11-19 14:32", "昨日同时段"),
        ),
        (month_to_date(AS_OF, SHANGHAI), ("2026-11-01 00:00", "2026-11-20 14:32", "11月1—20日")),
        (year_to_date(AS_OF, SHANGHAI), ("2026-01-01 00:00", "2026-11-20 14:32", "1—11月")),
        (last_hours(AS_OF, 24), ("2026-11-19 14:32", "2026-11-20 14:32", "近24小时")),
        (last_days(AS_OF, SHANGHAI, 7), ("2026-11-13 00:00", "2026-11-20 00:00", "11月13—19日")),
        (
            last_days(AS_OF, SHANGHAI, 30),
            ("2026-10-21 00:00", "2026-11-20 00:00", "10月21日—11月19日"),
        ),
        (last_days(AS_OF, SHANGHAI, 1), ("2026-11-19 00:00", "2026-11-20 00:00", "11月19日")),
        (shift_since(AS_OF, SHANGHAI, 8), ("2026-11-20 08:00", "2026-11-20 14:32", "本班次")),
        (shift_since(AS_OF, SHANGHAI, 20), ("2026-11-19 20:00", "2026-11-20 14:32", "本班次")),
    ],
    ids=lambda value: value.label if isinstance(value, Period) else "",
)
def test_periods_of_an_afternoon_in_shanghai(
    period: Period, expected: tuple[str, str, str]
) -> None:
    assert local(period) == expected


def test_the_day_turns_at_midnight_in_shanghai_and_not_in_utc() -> None:
    before = datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)
    after = before + timedelta(seconds=2)
    assert local(today_so_far(before, SHANGHAI))[:2] == ("2026-11-20 00:00", "2026-11-20 23:59")
    assert local(today_so_far(after, SHANGHAI))[:2] == ("2026-11-21 00:00", "2026-11-21 00:00")
    assert local(yesterday_same_time(after, SHANGHAI))[0] == "2026-11-20 00:00"


def test_at_midnight_sharp_today_is_empty_and_the_month_ends_with_yesterday() -> None:
    midnight = datetime(2026, 11, 21, tzinfo=SHANGHAI)
    assert hours(today_so_far(midnight, SHANGHAI)) == 0
    assert month_to_date(midnight, SHANGHAI).label == "11月1—20日"
    new_year = datetime(2027, 1, 1, tzinfo=SHANGHAI)
    assert local(year_to_date(new_year, SHANGHAI)) == (
        "2027-01-01 00:00",
        "2027-01-01 00:00",
        "1月",
    )
    assert month_to_date(new_year, SHANGHAI).label == "1月1日"


def test_a_shift_begins_anew_at_its_very_hour() -> None:
    eight = datetime(2026, 11, 20, 8, tzinfo=SHANGHAI)
    assert hours(shift_since(eight, SHANGHAI, 8)) == 0


def test_a_period_holds_its_start_and_not_its_end() -> None:
    day = last_days(datetime(2026, 11, 21, 9, tzinfo=SHANGHAI), SHANGHAI, 1)
    assert datetime(2026, 11, 20, tzinfo=SHANGHAI) in day
    assert datetime(2026, 11, 19, 16, tzinfo=UTC) in day
    assert datetime(2026, 11, 21, tzinfo=SHANGHAI) not in day


def test_a_span_over_the_new_year_names_both_years() -> None:
    as_of = datetime(2027, 1, 3, 9, tzinfo=SHANGHAI)
    assert last_days(as_of, SHANGHAI, 7).label == "2026年12月27日—2027年1月2日"


def test_days_of_the_clock_change_have_23_and_25_hours() -> None:
    spring = datetime(2026, 3, 9, 9, tzinfo=NEW_YORK)
    autumn = datetime(2026, 11, 2, 9, tzinfo=NEW_YORK)
    assert hours(last_days(spring, NEW_YORK, 1)) == 23
    assert hours(last_days(autumn, NEW_YORK, 1)) == 25
    assert hours(last_days(autumn, NEW_YORK, 30)) == 30 * 24 + 1


def test_a_day_starts_at_an_instant_in_utc() -> None:
    start = day_start(date(2026, 11, 1), NEW_YORK)
    assert (start.isoformat(), start.tzinfo) == ("2026-11-01T04:00:00+00:00", UTC)


def test_the_day_after_the_clock_change_compares_at_the_same_time_on_the_clock() -> None:
    as_of = datetime(2026, 11, 2, 14, 32, tzinfo=NEW_YORK)
    yesterday = yesterday_same_time(as_of, NEW_YORK)
    assert local(yesterday, NEW_YORK)[:2] == ("2026-11-01 00:00", "2026-11-01 14:32")
    assert hours(yesterday) - hours(today_so_far(as_of, NEW_YORK)) == 1


def test_of_the_hour_that_comes_twice_both_instants_are_told_apart() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    second = first.replace(fold=1)
    assert hours(today_so_far(first, NEW_YORK)) == 1.5
    assert hours(today_so_far(second, NEW_YORK)) == 2.5
    assert hours(last_hours(second, 24)) == 24
    assert hours(shift_since(second, NEW_YORK, 1)) == 1.5


def test_a_time_that_yesterdays_clock_skipped_is_read_by_the_offset_before() -> None:
    as_of = datetime(2026, 3, 9, 2, 30, tzinfo=NEW_YORK)
    assert local(yesterday_same_time(as_of, NEW_YORK), NEW_YORK)[1] == "2026-03-08 03:30"


@pytest.mark.parametrize(
    ("start", "end", "complaint"),
    [
        (datetime(2026, 11, 20), AS_OF, "no zone"),
        (AS_OF, datetime(2026, 11, 20), "no zone"),
        (AS_OF, AS_OF - timedelta(seconds=1), "before it starts"),
    ],
)
def test_a_period_without_zone_or_backwards_is_refused(
    start: datetime, end: datetime, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Period(start, end, "")


any_instant = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
any_zone = st.sampled_from([SHANGHAI, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])

TO_NOW: list[Callable[[datetime, ZoneInfo], Period]] = [
    today_so_far,
    month_to_date,
    year_to_date,
    lambda as_of, zone: shift_since(as_of, zone, 8),
]


@given(any_instant, any_zone, st.sampled_from(TO_NOW))
def test_what_runs_to_now_ends_now(
    as_of: datetime, zone: ZoneInfo, constructor: Callable[[datetime, ZoneInfo], Period]
) -> None:
    period = constructor(as_of, zone)
    assert period.end == as_of
    assert period.end.tzinfo is UTC


@given(any_instant, any_zone, st.integers(0, 23))
def test_a_shift_is_never_longer_than_its_day(as_of: datetime, zone: ZoneInfo, hour: int) -> None:
    period = shift_since(as_of, zone, hour)
    assert 0 <= hours(period) < 25


@given(any_instant, any_zone)
def test_yesterdays_part_ends_before_today_begins(as_of: datetime, zone: ZoneInfo) -> None:
    assert yesterday_same_time(as_of, zone).end <= today_so_far(as_of, zone).start
