"""Sparklines: the line's shape within its box, the dot at its end."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.snapshot import Series, SlotPoint
from layouts.figures.sparkline import HEIGHT, WIDTH, spark_end_style, spark_style
from tests import snapshot_samples as samples


def series(*values: float | None) -> Series:
    return samples.series()[3].model_copy(
        update={"points": tuple(SlotPoint(at=samples.DAY, value=value) for value in values)}
    )


def lines(*values: float | None) -> list[list[tuple[float, float]]]:
    image = unquote(spark_style(series(*values))["maskImage"])
    found = re.findall(r'<polyline points="([^"]*)"', image)
    pairs = [[point.split(",") for point in points.split()] for points in found]
    return [[(float(x), float(y)) for x, y in points] for points in pairs]


def line(*values: float | None) -> list[tuple[float, float]]:
    (only,) = lines(*values)
    return only


def test_the_highest_value_stands_highest() -> None:
    points = line(1.0, 3.0, 2.0)
    assert [y for _, y in points] == [34.0, 6.0, 20.0]
    assert [x for x, _ in points] == [6.0, 80.0, 154.0]


def test_a_steady_rate_is_a_level_line() -> None:
    assert len({y for _, y in line(0.97, 0.97, 0.97)}) == 1


def test_no_line_is_drawn_over_an_unknown_day() -> None:
    parts = lines(1.0, 2.0, None, 4.0, 3.0)
    assert [[x for x, _ in part] for part in parts] == [[6.0, 43.0], [117.0, 154.0]]


def test_a_day_between_unknown_ones_is_a_dot_in_its_place() -> None:
    assert lines(1.0, None, 2.0) == [[(6.0, 34.0)] * 2, [(154.0, 6.0)] * 2]


def test_unknown_days_at_the_ends_leave_one_line() -> None:
    assert [x for x, _ in line(None, 1.0, 2.0, None)] == [55.3, 104.7]


def test_the_dot_is_at_the_last_known_day() -> None:
    assert spark_end_style(series(1.0, 2.0, None)) == {"left": "50%", "top": "15%"}


def test_older_browsers_get_the_same_line() -> None:
    style = spark_style(series(1.0, 2.0))
    assert style["WebkitMaskImage"] == style["maskImage"]


@pytest.mark.parametrize("values", [(), (1.0,), (None, None), (None, 1.0, None)])
def test_no_line_is_made_of_less_than_two_days(values: tuple[float | None, ...]) -> None:
    assert spark_style(series(*values)) == {"visibility": "hidden"}
    assert spark_end_style(series(*values)) == {"visibility": "hidden"}


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=2, max_size=60))
def test_the_line_stays_in_its_box(values: list[float]) -> None:
    for x, y in line(*values):
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
