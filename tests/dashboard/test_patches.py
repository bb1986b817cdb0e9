"""Patches of grids: no small count is shown, and none can be worked out."""

import random

from hypothesis import given
from hypothesis import strategies as st

from dashboard.patches import Patch, merge_grids

MINIMUM = 3

GRIDS = st.lists(
    st.tuples(
        st.floats(118, 123, allow_nan=False),
        st.floats(27, 32, allow_nan=False),
        st.integers(0, 6),
    ),
    max_size=60,
).map(lambda places: [(n, lon, lat, events) for n, (lon, lat, events) in enumerate(places)])


@given(grids=GRIDS, minimum=st.integers(1, 9))
def test_no_shown_patch_has_fewer_events_than_the_minimum(grids, minimum) -> None:
    for patch in merge_grids(grids, minimum=minimum):
        assert patch.events is None or patch.events == 0 or patch.events >= minimum


@given(grids=GRIDS, minimum=st.integers(1, 9))
def test_every_grid_is_in_exactly_one_patch(grids, minimum) -> None:
    patches = merge_grids(grids, minimum=minimum)
    members = [grid for patch in patches for grid in patch.grid_ids]
    assert sorted(members) == [grid for grid, *_ in grids]


@given(grids=GRIDS, minimum=st.integers(1, 9))
def test_shown_events_are_those_of_the_grids(grids, minimum) -> None:
    events = {grid: count for grid, *_, count in grids}
    for patch in merge_grids(grids, minimum=minimum):
        if patch.events is not None:
            assert patch.events == sum(events[grid] for grid in patch.grid_ids)


@given(grids=GRIDS, minimum=st.integers(1, 9))
def test_nothing_is_hidden_that_the_total_would_give_away(grids, minimum) -> None:
    """A lone hidden patch is the county's total less the shown ones."""
    patches = merge_grids(grids, minimum=minimum)
    if any(patch.events is None for patch in patches):
        assert len(patches) == 1
        assert 0 < sum(events for *_, events in grids) < minimum


@given(grids=GRIDS, seed=st.integers(0, 99))
def test_the_order_of_the_grids_does_not_matter(grids, seed) -> None:
    """Also where several grids have one place, as badly measured ones have."""
    grids = [*grids, *((100 + n, 120.0, 30.0, 1) for n in range(5))]
    shuffled = grids.copy()
    random.Random(seed).shuffle(shuffled)
    assert merge_grids(grids, minimum=MINIMUM) == merge_grids(shuffled, minimum=MINIMUM)


@given(grids=GRIDS)
def test_a_grid_with_enough_events_that_none_joined_stands_alone(grids) -> None:
    patches = merge_grids(grids, minimum=MINIMUM)
    busy = {grid for grid, *_, events in grids if events >= MINIMUM}
    for patch in patches:
        assert len(busy & set(patch.grid_ids)) <= 1


def line(*events: int) -> list[tuple[int, float, float, int]]:
    """Grids from west to east, numbered from 1."""
    return [(n, 120 + n / 100, 30.0, count) for n, count in enumerate(events, 1)]


def test_neighbours_are_merged_until_they_are_enough() -> None:
    assert merge_grids(line(1, 1, 1, 2, 1), minimum=MINIMUM) == [
        Patch((1, 2, 3), 3),
        Patch((4, 5), 3),
    ]


def test_what_is_left_over_joins_its_nearest_patch() -> None:
    assert merge_grids(line(5, 1, 1, 1, 9, 2), minimum=MINIMUM) == [
        Patch((1,), 5),
        Patch((2, 3, 4), 3),
        Patch((5, 6), 11),
    ]


def test_a_calm_corner_is_shown_as_calm() -> None:
    assert merge_grids(line(3, 0, 0), minimum=MINIMUM) == [Patch((1,), 3), Patch((2, 3), 0)]


def test_a_county_with_too_few_events_is_hidden_as_a_whole() -> None:
    assert merge_grids(line(1, 0, 1), minimum=MINIMUM) == [Patch((1, 2, 3), None)]


def test_a_county_without_events_is_shown_without_events() -> None:
    assert merge_grids(line(0, 0), minimum=MINIMUM) == [Patch((1, 2), 0)]


def test_no_grids_make_no_patches() -> None:
    assert merge_grids([], minimum=MINIMUM) == []


def test_grids_at_one_place_are_told_apart() -> None:
    same = [(n, 120.0, 30.0, 1) for n in range(200)]
    patches = merge_grids(same, minimum=MINIMUM)
    assert sum(patch.events or 0 for patch in patches) == 200
    assert all((patch.events or 0) >= MINIMUM for patch in patches)
