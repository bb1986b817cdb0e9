"""Ids of nodes: speaking, unlike each other, and all on the page."""

import re

import pytest

from dashboard.snapshot import Snapshot
from layouts import ids, wall
from layouts.components import cities
from layouts.ids import HeaderIds, WallIds
from tests import snapshot_samples as samples
from tests.built_in import built_in_wall
from tests.layouts.wall_leaves import node_ids

EVERY = [*HeaderIds, *WallIds]


def test_no_two_nodes_share_an_id() -> None:
    assert len({str(node) for node in EVERY}) == len(EVERY)


@pytest.mark.parametrize("node", EVERY)
def test_an_id_is_lower_case_words_after_its_part_of_the_page(node: str) -> None:
    assert re.fullmatch(r"(wall|header)(-[a-z0-9]+)*", node)


@pytest.mark.parametrize("node", EVERY)
def test_an_id_reads_like_its_name(node: HeaderIds | WallIds) -> None:
    assert str(node).endswith(node.name.lower().replace("_", "-")) or node in (
        WallIds.ROOT,
        WallIds.MAP,
    )


def test_every_id_is_a_node_of_the_page() -> None:
    page = node_ids(wall.build(built_in_wall()))
    assert sorted({str(node) for node in EVERY} - set(page)) == []


# Written by the browser alone, or places of canvases and pools.
WITHOUT_PROPS = re.compile(
    r"header-(alert|clock|data-at|data-age|query-at|paint-at|heartbeat.*)|wall-map|wall-map-(stage|inset)"
)


def test_every_id_is_there_for_a_prop_that_comes() -> None:
    cases = [samples.wall(), samples.night_with_emergency(), every_cell_used()]
    said = {str(leaf) for case in cases for leaf in wall.props(built_in_wall(), case)}
    page = set(node_ids(wall.build(built_in_wall())))
    ghosts = {node for node in page - said if not WITHOUT_PROPS.fullmatch(node)}
    assert ghosts == set()
    assert said <= page


def every_cell_used() -> Snapshot:
    """A day with something in every row of every pool, and grids on the map."""
    wall_ = samples.wall()
    city = wall_.regions[1]
    ranking = samples.ranking()
    inset = samples.map_part().inset
    parts = [city.model_copy(update={"id": 900_000 + at}) for at in range(cities.POOL)]
    return samples.wall(
        regions=(*wall_.regions, *parts),
        ranking=ranking.model_copy(update={"groups": ranking.groups[:2] * 4}),
        work_items=wall_.work_items * 3,
        ticker=wall_.ticker * 3,
        map=samples.map_part().model_copy(update={"grids": (inset,)}),
    )


def test_rows_of_pages_and_pools_do_not_meet() -> None:
    found = [
        ids.row("a", 1),
        ids.row("a", 11),
        ids.row("a", 1, "name"),
        ids.row(ids.part("a", "page-1"), 1),
        ids.row(ids.part("a", "page-1"), 1, "name"),
        ids.row(ids.part("a", "page-11"), 1),
    ]
    assert len(set(found)) == len(found)
    assert ids.row("a", 2, "name") == "a-row-2-name"
    assert ids.part("a", "unit") == "a-unit"
