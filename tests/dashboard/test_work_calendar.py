"""Working days: official calendar, limits and days overdue."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.work_calendar import WorkCalendar, official_days, official_years
from tests.work_limits import workdays_later

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
OFFICIAL = WorkCalendar.from_rows(official_days(2025, 2026), SHANGHAI)
WEEKDAY_RULE = WorkCalendar(NEW_YORK)


# State Council General Office notice on holidays of 2025 (National Day 1-8 October together with
# Mid-autumn, 28 September and 11 October worked in exchange).
@pytest.mark.parametrize(
    ("day", "kind", "label"),
    [
        (date(2025, 9, 27), "weekend", ""),
        (date(2025, 9, 28), "workday", "国庆节"),
        (date(2025, 10, 1), "holiday", "国庆节"),
        (date(2025, 10, 6), "holiday", "中秋"),
        (date(2025, 10, 8), "holiday", "国庆节"),
        (date(2025, 10, 9), "workday", ""),
        (date(2025, 10, 11), "workday", "国庆节"),
        (date(2025, 10, 12), "weekend", ""),
    ],
)
def test_the_official_calendar_knows_festivals_and_days_worked_in_exchange(
    day: date, kind: str, label: str
) -> None:
    assert OFFICIAL.day_kind(day) == kind
    assert OFFICIAL.is_workday(day) is (kind == "workday")
    if label != "中秋":  # the package counts the shared days to one festival of the two
        assert OFFICIAL.label(day) == label
    assert not OFFICIAL.is_presumed(day)


def test_2025_has_248_working_days_officially() -> None:
    # 365 days - 104 weekend days - 13 public holidays, as the law of 2024 sets them.
    workdays = OFFICIAL.workdays_between(date(2024, 12, 31), date(2025, 12, 31))
    assert workdays == 365 - 104 - 13


def test_beyond_the_official_calendar_the_weekday_rule_holds_and_is_marked_presumed() -> None:
    national_day = date(2027, 10, 1)  # a Friday, surely a holiday, but not announced
    assert OFFICIAL.is_workday(national_day)
    assert OFFICIAL.is_presumed(national_day)
    assert OFFICIAL.day_kind(date(2027, 10, 2)) == "weekend"
    assert OFFICIAL.label(national_day) == ""


def test_asking_for_a_year_without_a_notice_names_the_years_there_are() -> None:
    years = official_years()
    assert (years[0], 2026 in years) == (2004, True)
    with pytest.raises(ValueError, match=rf"2004-{years[-1]}.*{years[-1] + 1}.*presumed"):
        official_days(2026, years[-1] + 1)
    with pytest.raises(ValueError, match="2003"):
        official_days(2003, 2005)


def test_every_day_of_the_official_years_has_exactly_one_row() -> None:
    days = [row.day for row in official_days(2004, 2026)]
    assert (days[0], days[-1]) == (date(2004, 1, 1), date(2026, 12, 31))
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=1)}


def test_the_local_day_decides_and_not_the_utc_day() -> None:
    friday_evening_in_utc = datetime(2025, 11, 14, 17, 0, tzinfo=UTC)  # Saturday 01:00 in Shanghai
    assert not OFFICIAL.is_workday(friday_evening_in_utc)
    monday = datetime(2025, 11, 17, 1, 0, tzinfo=SHANGHAI)
    assert OFFICIAL.workdays_between(friday_evening_in_utc, monday) == 1


def test_overdue_counts_working_days_after_the_limits_own_day() -> None:
    limit = datetime(2025, 9, 30, 17, 0, tzinfo=SHANGHAI)

    def overdue(*when: int) -> int:
        return OFFICIAL.workdays_between(limit, datetime(*when, tzinfo=SHANGHAI))

    assert overdue(2025, 9, 30, 23) == 0
    assert overdue(2025, 10, 8, 23) == 0  # the whole festival
    assert overdue(2025, 10, 9, 0) == 1
    assert overdue(2025, 10, 13, 9) == 4  # Thu 9, Fri 10, Sat 11 in exchange, Mon 13
    assert overdue(2025, 9, 1) == 0


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        OFFICIAL.workdays_between(datetime(2025, 11, 14, 9, 0), date(2025, 11, 17))
    with pytest.raises(ValueError, match="no zone"):
        OFFICIAL.is_workday(datetime(2025, 11, 14, 9, 0))


def test_of_two_rows_of_a_day_the_later_counts() -> None:
    day = date(2025, 11, 14)
    calendar = WorkCalendar.from_rows([(day, True, ""), (day, False, "停工")], SHANGHAI)
    assert calendar.day_kind(day) == "holiday"


instants = st.datetimes(
    datetime(2024, 12, 1), datetime(2027, 2, 1), timezones=st.sampled_from([SHANGHAI, UTC])
)


@given(instants, st.integers(1, 60))
def test_a_limit_of_n_working_days_is_n_working_days_away_and_on_a_working_day(
    instant: datetime, n: int
) -> None:
    limit = workdays_later(OFFICIAL, instant, n)
    assert OFFICIAL.workdays_between(instant, limit) == n
    assert OFFICIAL.is_workday(limit)
    assert limit.time() == instant.astimezone(SHANGHAI).time()
