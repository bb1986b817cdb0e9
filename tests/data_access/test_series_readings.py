"""Series: half-hours of days of 23, 24 and 25 hours, usual bands, whole days."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Connection, insert, text

from dashboard.bands import UsualBand
from dashboard.periods import day_start
from dashboard.scope import Scope
from dashboard.work_calendar import WorkCalendar
from data_access import facts, region_tree, rollups, schema
from data_access.database import Database
from data_access.rollups.tables import SLOTS_FACT
from data_access.series_readings import (
    SLOTS_A_DAY,
    calendar,
    daily_series,
    first_case_day,
    half_hours,
    last_hours_trend,
    today_trend,
    usual_day,
)
from data_access.sums import SumReader
from tests.case_builder import COUNTIES, add_regions, incident

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
SPRING, AUTUMN = date(2015, 3, 8), date(2015, 11, 1)
PLAIN = date(2015, 6, 10)
Register = Callable[..., None]


@pytest.fixture(params=["UTC", "America/New_York", "UTC, from the rows"])
def connection(database: Database, request: pytest.FixtureRequest):
    """The zone that the server thinks in must not matter, nor whether slots are kept."""
    server_zone, _, from_rows = request.param.partition(", ")
    with database.write() as connection:
        connection.execute(text(f"set local timezone = '{server_zone}'"))
        facts.write(connection, SLOTS_FACT, "2030-01-01" if from_rows else "2015-01-01")
        add_regions(connection)
        yield connection


@pytest.fixture
def register(connection: Connection) -> Register:
    numbers = iter(range(10_000))

    def register(*instants: datetime, county: int = COUNTIES[0]) -> None:
        connection.execute(
            insert(schema.incidents),
            [
                incident(next(numbers), registered_at=instant, county_id=county)
                for instant in instants
            ],
        )

    return register


def reader_of(connection: Connection, counties: Iterable[int] = COUNTIES) -> SumReader:
    tree = region_tree.load(connection)
    return SumReader(
        connection,
        tree=tree,
        region=tree.root,
        scope=Scope(counties=frozenset(counties)),
        as_of=local(SHANGHAI, date(2015, 12, 31), 12),
        is_current=True,
        zone=SHANGHAI,
    )


def of_day(connection: Connection, day: date, zone: ZoneInfo) -> dict[datetime, int]:
    end = day_start(day + timedelta(days=1), zone)
    return half_hours(reader_of(connection), day_start(day, zone), end, zone)


def local(zone: ZoneInfo, day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold)


@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK], ids=str)
def test_midnight_belongs_to_the_day_it_begins(connection, register, zone: ZoneInfo) -> None:
    midnight = day_start(PLAIN, zone)
    register(midnight - timedelta(microseconds=1), midnight, midnight + timedelta(minutes=29))
    assert of_day(connection, PLAIN, zone) == {midnight: 2}
    before = midnight - timedelta(minutes=30)
    assert of_day(connection, PLAIN - timedelta(days=1), zone) == {before: 1}


def test_the_span_is_half_open(connection, register) -> None:
    start = day_start(PLAIN, SHANGHAI)
    end = start + timedelta(hours=3)
    register(start, end - timedelta(microseconds=1), end)
    counts = half_hours(reader_of(connection), start, end, SHANGHAI)
    assert counts == {start: 1, start + timedelta(hours=2, minutes=30): 1}


def test_other_counties_are_not_counted(connection, register) -> None:
    start = day_start(PLAIN, SHANGHAI)
    register(start, start, county=COUNTIES[1])
    end = start + timedelta(hours=1)
    assert half_hours(reader_of(connection, COUNTIES[:1]), start, end, SHANGHAI) == {}


@pytest.mark.parametrize(
    ("day", "hours", "points"), [(PLAIN, 24, 48), (SPRING, 23, 46), (AUTUMN, 25, 48)]
)
def test_the_half_hours_of_a_day_add_up_to_the_day(
    connection, register, day: date, hours: int, points: int
) -> None:
    """Clocks change: one case every ten minutes of the day that really passed."""
    start = day_start(day, NEW_YORK)
    end = day_start(day + timedelta(days=1), NEW_YORK)
    assert end - start == timedelta(hours=hours)
    register(*(start + timedelta(minutes=10 * n) for n in range(hours * 6)))
    counts = of_day(connection, day, NEW_YORK)
    assert sum(counts.values()) == hours * 6
    assert set(counts.values()) == {3}
    evening = today_trend(counts, None, end - timedelta(microseconds=1), NEW_YORK)
    assert len(evening.points) == points
    assert sum(point.value or 0 for point in evening.points) == hours * 6 - 3
    moments = [point.at for point in evening.points]
    assert moments == sorted(set(moments))
    assert moments[0] == start


def test_an_hour_that_the_clock_skips_has_no_points(connection) -> None:
    series = today_trend({}, None, local(NEW_YORK, SPRING, 12), NEW_YORK)
    shown = [point.at.astimezone(NEW_YORK).strftime("%H:%M") for point in series.points]
    assert "02:00" not in shown
    assert "02:30" not in shown
    assert shown[:6] == ["00:00", "00:30", "01:00", "01:30", "03:00", "03:30"]


def test_an_hour_that_the_clock_repeats_counts_both_and_is_finished_once(
    connection, register
) -> None:
    register(local(NEW_YORK, AUTUMN, 1, 10), local(NEW_YORK, AUTUMN, 1, 10, fold=1))
    counts = of_day(connection, AUTUMN, NEW_YORK)

    def one_o_clock(fold: int, minute: int) -> float | None:
        as_of = local(NEW_YORK, AUTUMN, 1, minute, fold)
        return today_trend(counts, None, as_of, NEW_YORK).points[2].value

    assert [one_o_clock(0, 45), one_o_clock(1, 15), one_o_clock(1, 30)] == [None, None, 2]


def test_a_half_hour_is_known_when_it_has_ended_and_not_before(connection, register) -> None:
    register(local(SHANGHAI, PLAIN, 0, 10), local(SHANGHAI, PLAIN, 1, 0))
    counts = of_day(connection, PLAIN, SHANGHAI)

    def values(hour: int, minute: int) -> list[float | None]:
        as_of = local(SHANGHAI, PLAIN, hour, minute)
        return [point.value for point in today_trend(counts, None, as_of, SHANGHAI).points]

    unknown = [None] * SLOTS_A_DAY
    assert values(0, 0) == unknown
    assert values(0, 29) == unknown
    assert values(0, 30) == [1, *unknown[1:]]
    assert values(1, 29) == [1, 0, *unknown[2:]]
    assert values(1, 30) == [1, 0, 1, *unknown[3:]]


def test_exactly_at_midnight_the_new_day_has_begun(connection, register) -> None:
    register(local(SHANGHAI, PLAIN, 23, 59))
    midnight = day_start(PLAIN + timedelta(days=1), SHANGHAI)
    series = today_trend(of_day(connection, PLAIN, SHANGHAI), None, midnight, SHANGHAI)
    assert series.points[0].at == midnight
    assert {point.value for point in series.points} == {None}


@pytest.mark.parametrize(
    ("zone", "as_of"),
    [
        (SHANGHAI, local(SHANGHAI, PLAIN, 3, 12)),
        (SHANGHAI, local(SHANGHAI, PLAIN, 0, 0)),
        (NEW_YORK, local(NEW_YORK, SPRING, 6, 30)),
        (NEW_YORK, local(NEW_YORK, AUTUMN, 1, 15, fold=1)),
        (NEW_YORK, local(NEW_YORK, AUTUMN, 9, 1)),
    ],
)
def test_the_last_day_of_the_night_screen_is_48_half_hours_that_have_ended(
    connection, register, zone: ZoneInfo, as_of: datetime
) -> None:
    instant = as_of.astimezone(UTC)
    register(*(instant - timedelta(minutes=10 * n, seconds=1) for n in range(200)))
    start = day_start(as_of.astimezone(zone).date() - timedelta(days=1), zone)
    counts = half_hours(reader_of(connection), start, instant, zone)
    points = last_hours_trend(counts, {}, as_of, zone).points
    assert len(points) == SLOTS_A_DAY
    assert {later.at - at.at for at, later in pairwise(points)} == {timedelta(minutes=30)}
    assert timedelta(0) <= instant - (points[-1].at + timedelta(minutes=30)) < timedelta(minutes=30)
    assert {point.value for point in points} == {3}


def test_without_a_source_nothing_is_known_and_nothing_nought() -> None:
    as_of = local(SHANGHAI, PLAIN, 12)
    today, night = (
        today_trend(None, None, as_of, SHANGHAI),
        last_hours_trend(None, {}, as_of, SHANGHAI),
    )
    assert {point.value for point in (*today.points, *night.points)} == {None}
    assert today_trend({}, None, as_of, SHANGHAI).points[0].value == 0


def test_the_band_of_each_point_is_that_of_its_own_day_and_time() -> None:
    def band(first: int) -> UsualBand:
        row = np.arange(first, first + SLOTS_A_DAY, dtype=float)
        return UsualBand(low=row, median=row + 0.5, high=row + 1, days=9)

    as_of = local(SHANGHAI, PLAIN, 12)
    bands = {PLAIN - timedelta(days=1): band(1000), PLAIN: band(0)}
    points = last_hours_trend({}, bands, as_of, SHANGHAI).points
    assert [point.low for point in points] == [*range(1024, 1048), *range(24)]
    assert [point.low for point in today_trend({}, bands[PLAIN], as_of, SHANGHAI).points] == list(
        range(SLOTS_A_DAY)
    )


def test_a_slot_without_a_band_has_none(connection) -> None:
    unknown = np.full(SLOTS_A_DAY, np.nan)
    band = UsualBand(low=unknown, median=unknown, high=unknown, days=9)
    point = today_trend({}, band, local(SHANGHAI, PLAIN, 12), SHANGHAI).points[0]
    assert (point.low, point.median, point.high) == (None, None, None)


def test_the_usual_day_is_made_of_days_of_the_same_kind(connection, register) -> None:
    """Workdays have 1, 2, 3 … cases at nine o'clock, weekends a hundred times as many."""
    first = date(2015, 5, 1)
    days = [first + timedelta(days=n) for n in range(40)]
    rows = WorkCalendar.from_rows([], SHANGHAI)
    counts: dict[date, int] = {}
    for n, day in enumerate(days):
        counts[day] = n % 7 + 1 if rows.is_workday(day) else 40
        register(*[local(SHANGHAI, day, 9, 5)] * counts[day])
    target = days[-1] + timedelta(days=1)
    assert rows.is_workday(target)
    band = usual_day(
        reader_of(connection), target, work_days=rows, zone=SHANGHAI, days_back=len(days)
    )
    workdays = [counts[day] for day in days if rows.is_workday(day)]
    assert band is not None
    assert band.days == len(workdays)
    expected = np.quantile(workdays, [0.1, 0.5, 0.9])
    assert [band.low[18], band.median[18], band.high[18]] == pytest.approx(expected)
    assert band.high[17] == 0


def test_the_day_itself_and_days_without_data_are_not_in_its_band(connection, register) -> None:
    rows = WorkCalendar.from_rows([], SHANGHAI)
    target = date(2015, 6, 12)
    for n in range(0, 14):
        register(local(SHANGHAI, target - timedelta(days=n), 9))
    band = usual_day(reader_of(connection), target, work_days=rows, zone=SHANGHAI, days_back=120)
    assert band is not None
    assert band.days == 9
    shorter = usual_day(reader_of(connection), target, work_days=rows, zone=SHANGHAI, days_back=7)
    assert shorter is None


def test_the_calendar_of_the_table_comes_before_the_weekday(connection) -> None:
    connection.execute(
        text(
            "insert into work_calendar (day, is_workday, workday_no, label)"
            " values ('2015-06-10', false, 1, '测试节'), ('2015-06-13', true, 2, null)"
        )
    )
    rows = calendar(connection, SHANGHAI)
    assert rows.day_kind(date(2015, 6, 10)) == "holiday"
    assert rows.day_kind(date(2015, 6, 13)) == "workday"
    assert rows.day_kind(date(2015, 6, 14)) == "weekend"


def test_data_begin_with_the_first_registered_case(connection, register) -> None:
    register(local(SHANGHAI, PLAIN, 0), local(SHANGHAI, PLAIN + timedelta(days=2), 0))
    rollups.fold(connection)
    assert first_case_day(connection, 330000) == PLAIN
    assert first_case_day(connection, COUNTIES[0]) == PLAIN
    assert first_case_day(connection, COUNTIES[3]) is None


def test_a_series_of_days_begins_each_at_local_midnight() -> None:
    values = {AUTUMN + timedelta(days=1): None, AUTUMN: 2.0}
    series = daily_series("k", "i", "件", values, local(NEW_YORK, AUTUMN, 1), NEW_YORK)
    assert [(point.at.isoformat(), point.value) for point in series.points] == [
        ("2015-11-01T04:00:00+00:00", 2.0),
        ("2015-11-02T05:00:00+00:00", None),
    ]
