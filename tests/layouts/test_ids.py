"""Ids of nodes: speaking, unlike each other, and all on the page."""

import re

import pytest

from dashboard.screens import built_in_wall
from layouts import ids, wall
from layouts.ids import HeaderIds, WallIds
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


def test_rows_of_pages_and_pools_do_not_meet() -> None:
    found = [
        ids.row("a", 1),
        ids.row("a", 11),
        ids.row("a", 1, "name"),
        ids.page_row("a", 1, 1),
        ids.page_row("a", 1, 1, "name"),
        ids.page_row("a", 11, 1),
    ]
    assert len(set(found)) == len(found)
    assert ids.page_row("a", 1, 2, "name") == "a-page-1-row-2-name"
    assert ids.part("a", "unit") == "a-unit"
