"""The map's words and what its canvases are given."""

import json

import pytest

from layouts.components import map_region
from layouts.ids import WallIds
from layouts.map import STORE_ID, TEXT_IDS
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import SCREEN, node_ids, said, words_of


def words(snapshot: object, name: str) -> str:
    return said(map_region.props(SCREEN, snapshot), TEXT_IDS[name])


def test_the_fill_has_period_and_unit() -> None:
    assert words(samples.wall(), "fill_period") == "近24小时"
    assert words(samples.wall(), "fill_unit") == "件/万人"


@pytest.mark.parametrize(
    ("outlines", "number", "said_of_it"),
    [
        ("approved", "浙S(2025)1号", "浙S(2025)1号"),
        ("approved", None, "内部使用 未经地图审核"),
        ("unapproved", "浙S(2025)1号", "内部使用 未经地图审核"),
        ("none", None, "暂无界线数据"),
    ],
)
def test_a_map_never_claims_a_review_it_does_not_have(
    outlines: str, number: str | None, said_of_it: str
) -> None:
    part = samples.map_part().model_copy(update={"outlines": outlines, "approval_number": number})
    assert words(samples.wall(map=part), "attribution") == said_of_it


def test_grids_are_told_with_how_many_patches_they_became() -> None:
    assert words(samples.wall(), "inset_title") == "网格层 鄞州区"
    assert words(samples.wall(), "inset_count") == "1,931个网格并为84片"
    bare = samples.map_part().model_copy(update={"inset": None})
    assert words(samples.wall(map=bare), "inset_count") == ""


def test_a_map_without_fill_says_so_to_who_cannot_see_it() -> None:
    assert words(samples.never_delivered(), "summary") == "浙江省地图,暂无着色数据。"
    fill = samples.map_part().choropleth
    assert fill is not None
    unknown = fill.model_copy(update={"values": dict.fromkeys(fill.values)})
    part = samples.map_part().model_copy(update={"choropleth": unknown})
    assert words(samples.wall(map=part), "summary") == "浙江省地图,近24小时件/万人无数据。"


def test_a_region_without_value_stays_without_and_is_no_zero() -> None:
    fill = samples.map_part().choropleth
    assert fill is not None
    gone = fill.model_copy(update={"values": {330212: None, 330213: 0.0}})
    part = samples.map_part().model_copy(update={"choropleth": gone})
    drawn = map_region.payload(SCREEN, samples.wall(map=part))
    assert drawn["fill"]["values"] == {"330212": None, "330213": 0.0}


def test_the_canvases_get_plain_values_and_chinese_categories() -> None:
    drawn = map_region.payload(SCREEN, samples.wall())
    assert json.loads(json.dumps(drawn)) == drawn
    assert [point["class"] for point in drawn["points"]] == ["安全隐患", "民生服务"]
    assert drawn["heat_shown"] == "2h"
    assert drawn["heat_2h"]["limits"] == [2, 4, 8, 16, 32]


def test_without_stored_outlines_no_address_of_any_is_given() -> None:
    drawn = map_region.payload(SCREEN, samples.wall())
    assert "geometry" not in drawn
    assert drawn["inset"] is None
    part = samples.map_part().model_copy(update={"geometry_checksum": "abc123"})
    drawn = map_region.payload(SCREEN, samples.wall(map=part))
    assert "abc123" in drawn["geometry"]["counties"]
    assert drawn["inset"]["region_id"] == 330212


def test_demo_data_say_their_share_of_the_real_volume() -> None:
    assert said(map_region.props(SCREEN, samples.wall()), WallIds.VOLUME_NOTE) == (
        "约为实际业务量的1/20"
    )
    real = map_region.props(SCREEN, samples.wall(volume_note=None))
    assert said(real, WallIds.VOLUME_NOTE) == ""


def test_every_word_of_the_map_has_its_place() -> None:
    built = set(node_ids(map_region.build(SCREEN)))
    assert {STORE_ID, *map_region.props(SCREEN, samples.wall())} <= built


def test_cases_without_a_point_are_told_beside_the_map() -> None:
    told = samples.wall(left_out={"时间存疑": 5, "默认坐标": 1_200, "无坐标": 34})
    leaves = map_region.props(SCREEN, told)
    assert leaves["wall-map-left-out"]["children"] == "累计1,234件无可用坐标,未上图"
    placed = map_region.props(SCREEN, samples.wall(left_out={"时间存疑": 5}))
    assert placed["wall-map-left-out"]["children"] == ""


def test_without_outlines_a_sentence_stands_in_the_place_of_the_map() -> None:
    blank = samples.map_part().model_copy(update={"outlines": "none"})
    leaves = map_region.props(SCREEN, samples.wall(map=blank, left_out={"默认坐标": 1_200}))
    assert leaves[WallIds.MAP]["className"] == "panel-map is-no-outline"
    assert said(leaves, map_region.NOTICE) == (
        "暂无界线数据,不能绘制地图;各项数字不受影响\n其中累计1,200件无可用坐标"
    )
    shown = map_region.props(SCREEN, samples.wall())
    assert shown[WallIds.MAP]["className"] == "panel-map"
    assert said(shown, map_region.NOTICE) == ""


@pytest.mark.parametrize(
    ("minimum", "withheld", "words"),
    [(3, 12, "近2小时不足3件的格未显示,共12件"), (3, 0, ""), (1, 0, "")],
)
def test_heat_held_back_for_few_cases_is_told(minimum: int, withheld: int, words: str) -> None:
    part = samples.map_part()
    layer = part.heat[0].model_copy(update={"cell_minimum": minimum, "withheld": withheld})
    snapshot = samples.wall(map=part.model_copy(update={"heat": (layer,)}))
    assert map_region.payload(SCREEN, snapshot)["heat_2h"]["withheld"] == words


def test_the_legend_names_its_window_before_the_map_is_drawn() -> None:
    assert "近2小时 隐患、民生" in list(words_of(map_region.build(SCREEN, samples.wall())))
