"""Metric cells of the heat layer: position, rate and kernel."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.heat_cells import (
    KM_PER_DEGREE_LATITUDE,
    KM_PER_DEGREE_LONGITUDE,
    CellCounts,
    CellRates,
    Origin,
    cell_of,
    rate_of,
    smoothed,
)

ORIGIN = Origin(120.5, 29.2)


def one_cell(rate: float) -> CellRates:
    return CellRates(np.array([0]), np.array([0]), np.array([rate]))


def test_the_origin_is_the_south_west_corner_of_cell_zero():
    ix, iy = cell_of([120.5, 120.499], [29.2, 29.199], 5, ORIGIN)

    assert (list(ix), list(iy)) == ([0, -1], [0, -1])


def test_cells_are_as_many_kilometres_wide_as_they_say():
    """Ningbo's 天一广场 is 102.2 km east and 73.7 km north of this origin."""
    ix, iy = cell_of(121.552, 29.8667, 5, ORIGIN)

    assert 1.052 * 111.32 * math.cos(math.radians(29.2)) == pytest.approx(102.2, abs=0.1)
    assert (ix, iy) == (20, 14)


@given(st.integers(-60, 60), st.integers(-60, 60), st.sampled_from([1, 2, 5]))
def test_the_middle_of_a_cell_lies_in_it(ix, iy, cell_km):
    longitude = ORIGIN.longitude + (ix + 0.5) * cell_km / (
        KM_PER_DEGREE_LONGITUDE * math.cos(math.radians(ORIGIN.latitude))
    )
    latitude = ORIGIN.latitude + (iy + 0.5) * cell_km / KM_PER_DEGREE_LATITUDE

    assert cell_of(longitude, latitude, cell_km, ORIGIN) == (ix, iy)


def test_a_rate_is_per_hundred_square_kilometres_and_day():
    assert rate_of(1, cell_km=5, days=2 / 24) == pytest.approx(48)
    assert rate_of([3, 0], cell_km=10, days=1) == pytest.approx([3, 0])


def test_smoothing_moves_events_but_makes_and_loses_none():
    field = smoothed(one_cell(10.0), cell_km=5, kernel_km=5, step_km=1.25)

    assert field.rate.sum() * 1.25**2 == pytest.approx(10 * 25, rel=0.01)


def test_even_ground_keeps_its_rate():
    ix, iy = (axis.ravel() for axis in np.meshgrid(np.arange(20), np.arange(20)))
    field = smoothed(CellRates(ix, iy, np.full(400, 7.0)), 5, 5, 1.25)
    middle = field.rate.shape[0] // 2

    assert field.rate[middle, middle] == pytest.approx(7.0)
    assert field.rate.max() == pytest.approx(7.0)


def test_the_peak_stands_at_the_middle_of_the_cell():
    field = smoothed(one_cell(10.0), cell_km=5, kernel_km=4, step_km=0.5)
    row, column = np.unravel_index(field.rate.argmax(), field.rate.shape)

    assert field.west_km + column * field.step_km == pytest.approx(2.5)
    assert field.south_km + row * field.step_km == pytest.approx(2.5)


def test_no_events_give_an_empty_field():
    nothing = CellRates(np.array([], dtype=int), np.array([], dtype=int), np.array([]))

    assert smoothed(nothing, 5, 5, 1.25).rate.size == 0


NO_PLACE = (None, None)
places = st.one_of(st.just(NO_PLACE), st.tuples(st.integers(-3, 3), st.integers(-3, 3)))


@given(st.lists(st.dictionaries(places, st.integers(1, 9)), max_size=4))
def test_parts_add_up_cell_by_cell(parts: list[dict[tuple[int | None, int | None], int]]):
    """Each cell once, in order."""
    together = CellCounts.added(
        CellCounts.of((*place, events) for place, events in part.items()) for part in parts
    )

    expected: Counter[tuple[int | None, int | None]] = Counter()
    for part in parts:
        expected.update(part)
    nowhere = expected.pop(NO_PLACE, 0)
    ix, iy, events = (array.tolist() for array in together.placed())
    assert dict(zip(zip(ix, iy, strict=True), events, strict=True)) == expected
    assert sorted(zip(ix, iy, strict=True)) == list(zip(ix, iy, strict=True))
    assert together.nowhere == nowhere
