"""Wilson intervals against the table of the paper that compares them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.intervals import wilson_interval


# Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3, 95 %.
@pytest.mark.parametrize(
    ("num", "den", "lower", "upper"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_newcombes_worked_examples_come_out(num: int, den: int, lower: float, upper: float) -> None:
    interval = wilson_interval(num, den)
    assert interval is not None
    assert (interval.lower, interval.upper) == pytest.approx((lower, upper), abs=5e-5)


def test_without_a_base_there_is_no_interval() -> None:
    assert wilson_interval(0, 0) is None


@pytest.mark.parametrize(("num", "den"), [(4, 3), (-1, 3), (1, 0)])
def test_a_figure_that_is_no_proportion_is_refused(num: int, den: int) -> None:
    with pytest.raises(ValueError, match=f"{num}/{den}"):
        wilson_interval(num, den)


@st.composite
def proportions(draw: st.DrawFn) -> tuple[int, int]:
    den = draw(st.integers(1, 10**7))
    return draw(st.integers(0, den)), den


@given(proportions(), st.floats(0.5, 0.9999))
def test_the_interval_holds_the_proportion_and_stays_between_0_and_1(
    proportion: tuple[int, int], confidence: float
) -> None:
    num, den = proportion
    interval = wilson_interval(num, den, confidence)
    assert interval is not None
    assert 0 <= interval.lower <= num / den <= interval.upper <= 1
    assert interval.lower < interval.upper


@given(proportions())
def test_failures_have_the_mirrored_interval_of_successes(proportion: tuple[int, int]) -> None:
    num, den = proportion
    successes, failures = wilson_interval(num, den), wilson_interval(den - num, den)
    assert successes is not None
    assert failures is not None
    assert successes.lower == pytest.approx(1 - failures.upper, abs=1e-12)
