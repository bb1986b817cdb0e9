"""The map's components: what is on the face, and what never leaves for the server."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import dash_leaflet as dl
import pytest
from dash.development.base_component import Component

from layouts.map import (
    NOT_REVIEWED,
    TEXT_IDS,
    InsetFace,
    MapFace,
    class_words,
    leaflet_map,
    wall_map,
)

FACE = MapFace(
    heat_window="近2小时 隐患、民生",
    heat_limits=[2, 4, 8, 16, 32],
    fill_period="近24小时",
    fill_unit="件/万人",
    fill_classes=[3.5, 4.5, 5.5, 6.5],
    grid_classes=[4, 8, 16, 28],
    summary="全省90个县(市、区)近24小时每万人上报件数",
    inset=InsetFace("网格层 鄞州区", "1,931个网格并为84片", "近24小时 · 界线为示意"),
)


def components(root: Component) -> Iterator[Component]:
    yield root
    yield from (child for child in root._traverse() if isinstance(child, Component))


def words(root: object) -> list[str]:
    if isinstance(root, str):
        return [root]
    children = root if isinstance(root, list) else getattr(root, "children", None) or []
    children = children if isinstance(children, list) else [children]
    return [word for child in children for word in words(child)]


def by_class(root: Component, name: str) -> list[Component]:
    return [
        component
        for component in components(root)
        if name in (getattr(component, "className", "") or "").split()
    ]


def test_the_map_has_no_layer_from_outside_and_no_control():
    leaflet = leaflet_map()

    assert isinstance(leaflet, dl.Map)
    assert leaflet.children == []
    assert (leaflet.zoomControl, leaflet.attributionControl) == (False, False)


def test_the_map_reports_no_movement_to_the_server():
    assert leaflet_map().trackViewport is False


def test_every_leaf_with_changing_text_is_there_once():
    ids = Counter(getattr(component, "id", None) for component in components(wall_map(FACE)))

    assert {text_id: ids[text_id] for text_id in TEXT_IDS.values()} == dict.fromkeys(
        TEXT_IDS.values(), 1
    )


def test_the_fill_legend_names_each_step_from_the_highest_down():
    [legend] = by_class(wall_map(FACE), "map-legend-fill")

    assert words(legend) == [
        "近24小时",
        "件/万人",
        "6.5及以上",
        "5.5—6.5",
        "4.5—5.5",
        "3.5—4.5",
        "不足3.5",
        "无数据",
    ]


def test_a_page_without_grids_has_no_legend_of_grids():
    [legend] = by_class(wall_map(FACE), "map-legend-grids")

    assert words(legend)[2:4] == ["28及以上", "16—28"]
    assert by_class(wall_map(replace(FACE, grid_classes=[])), "map-legend-grids") == []


def test_the_heat_legend_prints_unit_and_lower_limit_of_each_step():
    [legend] = by_class(wall_map(FACE), "map-legend-heat")

    assert words(legend)[:7] == [
        "近2小时 隐患、民生",
        "件/百平方公里·日",
        "2",
        "4",
        "8",
        "16",
        "32",
    ]


def test_an_outline_without_review_number_says_so():
    assert NOT_REVIEWED in words(wall_map(FACE))
    assert "浙S(2025)1号" in words(wall_map(replace(FACE, attribution="浙S(2025)1号")))


def test_a_screen_without_inset_has_no_empty_panel():
    assert len(by_class(wall_map(FACE), "map-inset")) == 1
    assert by_class(wall_map(replace(FACE, inset=None)), "map-inset") == []


def test_silence_is_said_not_to_mean_no_events():
    [note] = by_class(wall_map(FACE), "map-stale-note")

    assert "不等于没有事件" in words(note)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [([1], ["不足1", "1及以上"]), ([2, 4.5], ["不足2", "2—4.5", "4.5及以上"])],
)
def test_classes_are_worded_without_needless_decimals(limits, expected):
    assert class_words(limits) == expected
