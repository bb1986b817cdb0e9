"""Rates and order of the demo's disputes."""

from datetime import date, timedelta

import numpy as np
import pytest

from data_access.demo.case_days import (
    LOOK_BACK_DAYS,
    CaseDay,
    Moment,
    joined_days,
    steps_between,
)
from data_access.demo.disputes import day_of_disputes
from data_access.demo.province import Province
from data_access.demo.table_columns import STEP_WORDS

DAYS = 120


@pytest.fixture(scope="module")
def months(small_province: Province) -> CaseDay:
    first = date(2026, 3, 2)
    return joined_days(
        [day_of_disputes(small_province, 1, first + timedelta(days=k)) for k in range(DAYS)]
    )


def later(cases: CaseDay, column: str) -> np.ndarray:
    return next(part.values for part in cases.later if part.column == column)


def test_rates_are_near_their_targets(months: CaseDay) -> None:
    ended = later(months, "mediation_ended_at")
    is_mediated = ~np.isnat(ended)
    days = (ended - later(months, "mediation_started_at"))[is_mediated] / np.timedelta64(1, "D")
    assert len(months) / DAYS == pytest.approx(75, rel=0.08)
    assert is_mediated.mean() == pytest.approx(0.89, abs=0.015)
    success = later(months, "is_successful") == 1
    assert (success.sum() / is_mediated.sum()) == pytest.approx(0.95, abs=0.03)
    # Most of a month's disputes are settled within it, as the design shows.
    assert days.mean() == pytest.approx(3.6, abs=0.4)
    assert (months.facts["method"] == b"people").mean() == pytest.approx(0.73, abs=0.02)


def test_each_of_the_nine_steps_and_the_branches_of_mediation_occur(months: CaseDay) -> None:
    step = steps_between(months, None, np.datetime64("2026-12-31", "s"))["step"]
    shares = {word: (step == moment).sum() / len(months) for moment, word in enumerate(STEP_WORDS)}
    assert shares == {
        **dict.fromkeys(("registered", "accepted", "handling", "closed", "archived"), 1),
        **dict.fromkeys(("dispatched", "signed"), pytest.approx(0.99, abs=0.004)),
        "feedback": pytest.approx(0.89, abs=0.015),
        "visited": pytest.approx(0.40, abs=0.02),
        # A mediation is not sent back; one is prolonged only when its 30 days are nearly over.
        "returned": 0,
        "extended": pytest.approx(0.0005, abs=0.0004),
        "joint": pytest.approx(0.06, abs=0.01),
        "escalated": pytest.approx(0.02, abs=0.005),
    }


def test_some_steps_are_recorded_forty_minutes_late(months: CaseDay) -> None:
    steps = steps_between(months, None, np.datetime64("2026-12-31", "s"))
    delay = steps["recorded_at"] - steps["occurred_at"]
    assert (delay >= np.timedelta64(40, "m")).mean() == pytest.approx(0.03, abs=0.004)


def test_acceptance_is_on_the_day_of_registration(months: CaseDay) -> None:
    offset = np.timedelta64(8, "h")
    days = [
        (months.occurred[moment] + offset).astype("datetime64[D]")
        for moment in (Moment.REGISTERED, Moment.ACCEPTED)
    ]
    np.testing.assert_array_equal(days[0], days[1])


def test_only_successes_have_agreements(months: CaseDay) -> None:
    agreements = months.agreements
    assert agreements is not None
    has_one = ~np.isnat(agreements.signed_at)
    np.testing.assert_array_equal(has_one, later(months, "is_successful") == 1)
    assert (~np.isnat(agreements.performed_at[has_one])).mean() == pytest.approx(0.95, abs=0.01)
    assert np.isnat(agreements.confirmed_at[~agreements.is_confirmable]).all()


def test_everything_is_recorded_within_the_look_back(months: CaseDay) -> None:
    span = months.settled_at() - months.occurred[Moment.REGISTERED]
    assert span.max() < np.timedelta64(LOOK_BACK_DAYS - 1, "D")
