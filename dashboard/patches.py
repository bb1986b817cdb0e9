"""Merging of grids into patches, so that a public screen shows no small count.

No patch that is shown has fewer events than the minimum, and where one has to stay hidden a
second one is hidden with it, so that none can be worked out from the county's total.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree


@dataclass(frozen=True, slots=True)
class Patch:
    """Grids shown as one; `events` None: hidden (the smallest count that can't be merged away)."""

    grid_ids: tuple[int, ...]
    events: int | None


def merge_grids(grids: Sequence[tuple[int, float, float, int]], *, minimum: int) -> list[Patch]:
    """Merge neighbouring grids (id, lon, lat, events) until each patch reaches the minimum.

    Grids with enough events stay as they are; the others grow from the emptiest outwards, each
    patch taking its nearest unmerged neighbour. What is left over below the minimum is hidden,
    together with the next smallest patch. The result depends on the input only.
    """
    shown = [Patch((grid,), events) for grid, _, _, events in grids if events >= minimum]
    small = [grid for grid in grids if grid[3] < minimum]
    grown, rest = _grow(small, minimum)
    patches = sorted(shown + grown, key=lambda patch: patch.grid_ids)
    if not rest:
        return patches
    if not sum(events for _, _, _, events in rest):
        # Nothing happened there: saying so gives nobody away.
        return [*patches, Patch(tuple(grid for grid, *_ in rest), 0)]
    hidden = Patch(tuple(sorted(grid for grid, *_ in rest)), None)
    if not patches:
        return [hidden]
    second = min(patches, key=lambda patch: (patch.events or 0, patch.grid_ids))
    others = [patch for patch in patches if patch is not second]
    return [*others, Patch(second.grid_ids, None), hidden]


def _grow(
    small: Sequence[tuple[int, float, float, int]], minimum: int
) -> tuple[list[Patch], list[tuple[int, float, float, int]]]:
    """Patches that reach the minimum, and the grids that no patch could take."""
    if not small:
        return [], []
    # A degree of longitude is shorter than one of latitude; distances only order neighbours.
    places = np.array([(lon * 0.87, lat) for _, lon, lat, _ in small])
    tree = cKDTree(places)
    free = np.ones(len(small), dtype=bool)
    patches: list[Patch] = []
    west_to_east = np.lexsort((places[:, 1], places[:, 0]))
    for seed in west_to_east:
        if not free[seed]:
            continue
        members, events = _nearest_until(tree, places[seed], free, small, minimum)
        if events < minimum:
            break
        free[members] = False
        patches.append(Patch(tuple(sorted(small[index][0] for index in members)), events))
    return patches, [small[index] for index in np.flatnonzero(free).tolist()]


def _nearest_until(
    tree: cKDTree,
    place: np.ndarray[tuple[int], np.dtype[np.float64]],
    free: np.ndarray[tuple[int], np.dtype[np.bool_]],
    small: Sequence[tuple[int, float, float, int]],
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
