"""Merging of grids into patches, so that a public screen shows no small count.

No patch that is shown has fewer events than the minimum, and none is hidden beside shown ones: it
could be worked out from the county's total.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

# Id, longitude, latitude, events.
Grid = tuple[int, float, float, int]


@dataclass(frozen=True, slots=True)
class Patch:
    """Grids shown as one; `events` None: hidden, as the whole county has too few."""

    grid_ids: tuple[int, ...]
    events: int | None


def merge_grids(grids: Sequence[Grid], *, minimum: int) -> list[Patch]:
    """Merge neighbouring grids (id, lon, lat, events) until each patch reaches the minimum.

    Grids with enough events stay as they are; the others grow from west to east, each patch taking
    its nearest unmerged neighbours. What is left over below the minimum joins the nearest patches;
    left over without any event it is a patch of its own with 0, which gives nobody away. The
    result depends on the grids only, not on their order.
    """
    ordered = sorted(grids)
    shown = [[grid] for grid in ordered if grid[3] >= minimum]
    grown, rest = _grow([grid for grid in ordered if grid[3] < minimum], minimum)
    patches = shown + grown
    left = sum(events for *_, events in rest)
    if left and not patches:
        return [Patch(_ids(rest), None)]
    if left:
        _join(patches, rest)
        rest = []
    found = [_patch(patch) for patch in patches]
    found.sort(key=lambda patch: patch.grid_ids)
    return [*found, _patch(rest)] if rest else found


def _join(patches: list[list[Grid]], rest: Sequence[Grid]) -> None:
    """Add each grid to the patch of the nearest grid that has one."""
    owners = [patch for patch in patches for _ in patch]
    tree = cKDTree(_places([grid for patch in patches for grid in patch]))
    _, nearest = tree.query(_places(rest))
    for grid, index in zip(rest, np.atleast_1d(nearest).tolist(), strict=True):
        owners[index].append(grid)


def _patch(grids: Sequence[Grid]) -> Patch:
    return Patch(_ids(grids), sum(events for *_, events in grids))


def _ids(grids: Sequence[Grid]) -> tuple[int, ...]:
    return tuple(sorted(grid for grid, *_ in grids))


def _places(grids: Sequence[Grid]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    # A degree of longitude is shorter than one of latitude; distances only order neighbours.
    return np.array([(lon * 0.87, lat) for _, lon, lat, _ in grids])


def _grow(small: Sequence[Grid], minimum: int) -> tuple[list[list[Grid]], list[Grid]]:
    """Patches that reach the minimum, and the grids that no patch could take."""
    if not small:
        return [], []
    places = _places(small)
    tree = cKDTree(places)
    free = np.ones(len(small), dtype=bool)
    patches: list[list[Grid]] = []
    west_to_east = np.lexsort((places[:, 1], places[:, 0]))
    for seed in west_to_east:
        if not free[seed]:
            continue
        members, events = _nearest_until(tree, places[seed], free, small, minimum)
        if events < minimum:
            break
        free[members] = False
        patches.append([small[index] for index in members])
    return patches, [small[index] for index in np.flatnonzero(free).tolist()]


def _nearest_until(
    tree: cKDTree,
    place: np.ndarray[tuple[int], np.dtype[np.float64]],
    free: np.ndarray[tuple[int], np.dtype[np.bool_]],
    small: Sequence[Grid],
    minimum: int,
) -> tuple[list[int], int]:
    """The nearest free grids of a place, as many as bring the events to the minimum."""
    count = 16
    while True:
        _, found = tree.query(place, k=min(count, len(small)))
        members: list[int] = []
        events = 0
        for index in np.atleast_1d(found):
            if free[index]:
                members.append(int(index))
                events += small[index][3]
                if events >= minimum:
                    return members, events
        if count >= len(small):
            return members, events
        count *= 4
