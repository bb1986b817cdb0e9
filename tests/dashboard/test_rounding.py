"""Printed values: half up, exact, and changes that agree with what is printed."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.rounding import printed_change, printed_percent, round_half_up


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (Decimal("0.25"), 1, "0.3"),
        (Decimal("-0.25"), 1, "-0.3"),
        (Decimal("0.2499999999999999999999999999999999"), 1, "0.2"),
        (Decimal("-0.04"), 1, "0.0"),
        (Fraction(1, 3), 2, "0.33"),
        (2.675, 2, "2.68"),  # binary 2.67499...; the reader sees 2.675
        (1e-7, 1, "0.0"),
        (7, 1, "7.0"),
        (2.5, 0, "3"),
        (15, -1, "2E+1"),
    ],
)
def test_a_half_goes_up_and_away_from_zero(
    value: Decimal | Fraction | float, decimals: int, printed: str
) -> None:
    assert str(round_half_up(value, decimals)) == printed


@pytest.mark.parametrize(
    ("num", "den", "printed"),
    [(1, 800, "0.1"), (1, 2000, "0.1"), (1, 2001, "0.0"), (173, 2000, "8.7"), (3, 3, "100.0")],
)
def test_a_rate_prints_with_one_decimal_of_percent(num: int, den: int, printed: str) -> None:
    assert str(printed_percent(num, den)) == printed


def test_without_a_base_a_rate_is_blank_and_never_0() -> None:
    assert printed_percent(0, 0) is None


def test_the_printed_change_is_the_difference_of_the_printed_values() -> None:
    before, now = printed_percent(9044, 10000), printed_percent(9045, 10000)
    assert (str(before), str(now)) == ("90.4", "90.5")
    assert printed_change(now, before) == Decimal("0.1")  # exact change: 0.01


def test_a_change_with_one_side_missing_is_missing() -> None:
    assert printed_change(None, Decimal("1.0")) is None
    assert printed_change(Decimal("1.0"), None) is None


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_the_printed_rate_is_never_further_than_half_a_unit_from_the_rate(
    num: int, den: int
) -> None:
    printed = printed_percent(num, den)
    assert printed is not None
    difference = Fraction(printed) - Fraction(100 * num, den)
    assert -Fraction(1, 20) < difference <= Fraction(1, 20)
