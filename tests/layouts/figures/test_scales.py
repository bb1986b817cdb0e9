"""Axes that start at 0 end at a round number that holds everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layouts.figures.scales import round_scale


@pytest.mark.parametrize(
    ("highest", "top", "ticks"),
    [
        (0, 4, [0, 1, 2, 3, 4]),
        (3.39, 4, [0, 1, 2, 3, 4]),
        (1727, 2000, [0, 1000, 2000]),
        (2001, 3000, [0, 1000, 2000, 3000]),
        (100, 100, [0, 50, 100]),
        (90, 100, [0, 50, 100]),
    ],
)
def test_tops_are_round(highest: float, top: float, ticks: list[float]) -> None:
    scale = round_scale(highest)
    assert scale.top == top
    assert scale.ticks() == ticks


@given(st.floats(min_value=0, max_value=1e9))
def test_nothing_stands_above_the_axis(highest: float) -> None:
    scale = round_scale(highest)
    assert scale.top >= highest - 1e-6
    assert scale.top <= max(4, 2.1 * highest)
    assert scale.ticks()[0] == 0
    assert scale.ticks()[-1] == pytest.approx(scale.top)
