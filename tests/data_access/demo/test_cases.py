"""Rates, order and purity of the demo's incidents over some weeks of a small province."""

from datetime import date, timedelta

import numpy as np
import pytest

from dashboard.heat_cells import KM_PER_DEGREE_LATITUDE
from data_access.demo.case_days import (
    LOOK_BACK_DAYS,
    CaseDay,
    Moment,
    joined_days,
    known_columns,
    steps_between,
)
from data_access.demo.cases import day_of_incidents
from data_access.demo.grid_places import KM_PER_LONGITUDE
from data_access.demo.province import Province
from data_access.demo.table_columns import STEP_WORDS

FIRST = date(2026, 3, 2)
SETTLED = np.datetime64("2026-12-31", "s")
HOUR = np.timedelta64(3600, "s")


@pytest.fixture(scope="module")
def weeks(small_province: Province) -> CaseDay:
    days = [day_of_incidents(small_province, 1, FIRST + timedelta(days=k)) for k in range(56)]
    return joined_days(days)


def final_due(cases: CaseDay) -> np.ndarray:
    extended = next(later for later in cases.later if later.column == "due_at")
    is_extended = ~np.isnat(cases.occurred[Moment.EXTENDED])
    return np.where(is_extended, extended.values, cases.facts["due_at"])


def test_a_day_depends_on_seed_and_day_alone(small_province: Province) -> None:
    day = date(2026, 5, 6)
    one = day_of_incidents(small_province, 1, day)
    day_of_incidents(small_province, 1, date(2026, 5, 7))
    same = day_of_incidents(small_province, 1, day)
    other = day_of_incidents(small_province, 2, day)
    np.testing.assert_array_equal(one.recorded, same.recorded)
    for name, values in one.facts.items():
        np.testing.assert_array_equal(values, same.facts[name])
    assert len(one) != len(other) or (one.occurred != other.occurred).any()


def test_every_case_is_registered_on_its_local_day(small_province: Province) -> None:
    cases = day_of_incidents(small_province, 1, date(2026, 5, 6))
    local = (cases.occurred[Moment.REGISTERED] + 8 * HOUR).astype("datetime64[D]")
    assert set(local) == {np.datetime64("2026-05-06")}


def test_steps_of_the_workflow_never_go_back_in_time(weeks: CaseDay) -> None:
    ordered = weeks.occurred[: Moment.CLOSED + 1].view(np.int64)
    assert (np.diff(ordered, axis=0) >= 0).all()


def test_recording_follows_occurrence_in_order(weeks: CaseDay) -> None:
    happened = ~np.isnat(weeks.occurred)
    assert (weeks.recorded[happened] >= weeks.occurred[happened]).all()
    order = np.argsort(weeks.occurred, axis=0, kind="stable")
    recorded = np.take_along_axis(weeks.recorded, order, axis=0).view(np.int64)
    count = happened.sum(axis=0)
    for k in range(len(recorded) - 1):
        rows = count > k + 1
        assert (recorded[k + 1, rows] >= recorded[k, rows]).all()


def test_everything_is_recorded_within_the_look_back(weeks: CaseDay) -> None:
    span = weeks.settled_at() - weeks.occurred[Moment.REGISTERED]
    assert span.max() < np.timedelta64(LOOK_BACK_DAYS - 1, "D")


def test_rates_are_near_their_targets(weeks: CaseDay) -> None:
    closed = weeks.occurred[Moment.CLOSED]
    hours = (closed - weeks.occurred[Moment.REGISTERED]) / HOUR
    assert len(weeks) / 56 == pytest.approx(1_500, rel=0.08)
    # Two counties only: their own punctuality decides, hence the width.
    assert (closed <= final_due(weeks)).mean() == pytest.approx(0.975, abs=0.02)
    assert hours.mean() == pytest.approx(13.0, abs=3.5)
    assert np.median(hours) == pytest.approx(5.0, abs=1.5)
    shares = {moment: (~np.isnat(weeks.occurred[moment])).mean() for moment in Moment}
    assert shares[Moment.RETURNED] == pytest.approx(0.03, abs=0.004)
    assert shares[Moment.EXTENDED] == pytest.approx(0.02, abs=0.004)
    assert shares[Moment.VISITED] == pytest.approx(0.60, abs=0.01)
    level = next(later.values for later in weeks.later if later.column == "resolved_level")
    assert (level == b"village").mean() == pytest.approx(0.618, abs=0.01)
    assert (level == b"county").mean() == pytest.approx(0.031, abs=0.004)


def test_each_of_the_nine_steps_and_every_branch_is_in_its_share_of_cases(weeks: CaseDay) -> None:
    step = steps_between(weeks, None, SETTLED)["step"]
    shares = {word: (step == moment).sum() / len(weeks) for moment, word in enumerate(STEP_WORDS)}
    assert shares == {
        **dict.fromkeys(("registered", "accepted", "dispatched", "signed", "handling"), 1),
        **dict.fromkeys(("feedback", "closed", "archived"), 1),
        "visited": pytest.approx(0.60, abs=0.01),
        "returned": pytest.approx(0.03, abs=0.004),
        "extended": pytest.approx(0.02, abs=0.004),
        "joint": pytest.approx(0.04, abs=0.004),
        "escalated": pytest.approx(0.03, abs=0.004),
    }


def test_one_step_in_seventy_is_recorded_more_than_an_hour_late(weeks: CaseDay) -> None:
    steps = steps_between(weeks, None, SETTLED)
    delay = steps["recorded_at"] - steps["occurred_at"]
    assert (delay > HOUR).mean() == pytest.approx(1 / 70, rel=0.2)
    of_registration = delay[steps["step"] == Moment.REGISTERED]
    assert (of_registration > HOUR).mean() == pytest.approx(0.01, abs=0.002)


def test_one_case_in_two_hundred_gets_another_class_later(weeks: CaseDay) -> None:
    after = known_columns(weeks, SETTLED)
    shares = {
        name: (after[name] != weeks.facts[name]).mean() for name in ("class_code", "category")
    }
    assert shares["class_code"] == pytest.approx(0.0047, abs=0.001)
    assert shares["category"] == pytest.approx(0.0020, abs=0.0007)


@pytest.mark.parametrize("hour", ["2026-04-15T10:30", "2026-04-16T16:00", "2026-04-20T03:00"])
def test_on_any_workday_some_cases_are_open_and_of_these_some_near_due_and_some_overdue(
    weeks: CaseDay, hour: str
) -> None:
    at = np.datetime64(hour, "s") - 8 * HOUR
    known = known_columns(weeks, at)
    is_open = np.isnat(known["closed_at"])
    left = known["due_at"][is_open] - at
    overdue = (left < 0 * HOUR).sum()
    near_due = ((left >= 0 * HOUR) & (left <= 24 * HOUR)).sum()
    assert (left > 24 * HOUR).sum() > 500
    assert 80 < near_due < 300
    assert 30 < overdue < 300


def test_extensions_are_asked_for_before_the_limit(weeks: CaseDay) -> None:
    asked = weeks.occurred[Moment.EXTENDED]
    rows = ~np.isnat(asked)
    assert rows.any()
    assert (asked[rows] <= weeks.facts["due_at"][rows]).all()


def test_emergencies_are_few_and_closed_within_three_hours(weeks: CaseDay) -> None:
    rows = weeks.facts["is_emergency"]
    spans = weeks.occurred[Moment.CLOSED][rows] - weeks.occurred[Moment.REGISTERED][rows]
    assert 10 <= rows.sum() <= 50
    assert (spans <= 3 * HOUR).all()


def test_case_numbers_are_unique(weeks: CaseDay) -> None:
    numbers = weeks.facts["case_no"]
    assert len(np.unique(numbers)) == len(numbers)
    assert numbers[0].startswith(b"G20260302-33010")


def test_points_lie_within_reach_of_their_grid(weeks: CaseDay, small_province: Province) -> None:
    rows = weeks.facts["location_quality"] == b"point"
    grid = np.searchsorted(small_province.grid_id, weeks.facts["grid_id"][rows])
    east = (weeks.facts["lon"][rows] - small_province.grid_lon[grid]) * KM_PER_LONGITUDE
    north = (weeks.facts["lat"][rows] - small_province.grid_lat[grid]) * KM_PER_DEGREE_LATITUDE
    assert (np.hypot(east, north) < small_province.grid_radius_km[grid] + 0.001).all()
    assert rows.mean() == pytest.approx(0.97, abs=0.005)


def test_holidays_and_nights_are_quiet(small_province: Province) -> None:
    festival = day_of_incidents(small_province, 1, date(2026, 10, 2))
    workday = day_of_incidents(small_province, 1, date(2026, 10, 15))
    assert len(festival) < 0.8 * len(workday)
    hour = (workday.occurred[Moment.REGISTERED] + 8 * HOUR).astype("datetime64[h]").astype(int) % 24
    assert (hour == 9).sum() > 6 * (hour == 3).sum()
