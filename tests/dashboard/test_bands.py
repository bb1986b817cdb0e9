"""The usual band per slot of the day."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.bands import MIN_DAYS, usual_band


def test_the_band_of_eleven_days_is_the_second_sixth_and_tenth_value() -> None:
    days = np.array([[k, 10 * k] for k in (3, 7, 0, 10, 5, 1, 9, 2, 8, 6, 4)])
    band = usual_band(days)
    assert band is not None
    assert band.low == pytest.approx([1, 10])
    assert band.median == pytest.approx([5, 50])
    assert band.high == pytest.approx([9, 90])
    assert band.days == 11


def test_with_fewer_than_eight_days_there_is_no_band() -> None:
    assert usual_band(np.ones((MIN_DAYS - 1, 48))) is None
    assert usual_band(np.ones((MIN_DAYS, 48))) is not None


def test_a_day_of_which_nothing_is_known_does_not_count() -> None:
    days = np.ones((MIN_DAYS, 3))
    days[0] = np.nan
    assert usual_band(days) is None


def test_a_slot_known_on_too_few_days_is_blank_and_the_others_stay() -> None:
    days = np.ones((MIN_DAYS, 2))
    days[0, 1] = np.nan
    band = usual_band(days)
    assert band is not None
    assert band.high[0] == 1
    assert np.isnan([band.low[1], band.median[1], band.high[1]]).all()


def test_slots_known_on_no_common_day_are_all_blank() -> None:
    days = np.where(np.eye(MIN_DAYS) == 1, 5.0, np.nan)
    band = usual_band(days)
    assert band is not None
    assert np.isnan(band.median).all()


def test_a_band_cannot_be_changed_by_who_draws_it() -> None:
    band = usual_band(np.ones((MIN_DAYS, 2)))
    assert band is not None
    with pytest.raises(ValueError, match="read-only"):
        band.low[0] = 7


def test_a_list_of_counts_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="days x slots"):
        usual_band([1, 2, 3])


@given(st.lists(st.lists(st.integers(0, 500), min_size=4, max_size=4), min_size=8, max_size=40))
def test_at_most_a_fifth_of_the_days_lies_outside_its_own_band(days: list[list[int]]) -> None:
    band = usual_band(days)
    assert band is not None
    assert (band.low <= band.median).all()
    assert (band.median <= band.high).all()
    counts = np.array(days)
    below = (counts < band.low - 1e-9).mean(axis=0)
    above = (counts > band.high + 1e-9).mean(axis=0)
    # Of n ordered days the 10 % point lies at place 0.1 (n - 1): that many days or one more fall
    # short of it, hence the allowance of one day.
    assert (below <= 0.1 + 1 / len(days)).all()
    assert (above <= 0.1 + 1 / len(days)).all()
