"""The header: product, place, date, and a demo that cannot be taken for real."""

import pytest

from layouts.components import header
from layouts.ids import HeaderIds
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import SCREEN, node_ids, said, words_of


def test_the_header_names_product_place_and_day() -> None:
    leaves = header.props(samples.wall())
    assert said(leaves, HeaderIds.PRODUCT) == "浙江省综治中心数字驾驶舱"
    assert said(leaves, HeaderIds.PLACE) + said(leaves, HeaderIds.PLACE_PARTS) == (
        "全省 · 11个设区市、90个县(市、区)"
    )
    assert said(leaves, HeaderIds.DATE) == "11月20日 周五"


def test_the_day_is_that_of_the_databases_zone() -> None:
    late = samples.wall(as_of=samples.DAY.replace(hour=0, minute=5))
    assert said(header.props(late), HeaderIds.DATE) == "11月20日 周五"
    assert said(header.props(late.model_copy(update={"zone": "UTC"})), HeaderIds.DATE) == (
        "11月19日 周四"
    )


@pytest.mark.parametrize(("level", "name"), [("country", "全国"), ("county", "诸暨市")])
def test_places_go_by_their_name_below_the_province(level: str, name: str) -> None:
    place = samples.wall().place.model_copy(update={"level": level, "name": "诸暨市"})
    assert header.place_name(place) == name


def test_every_screen_of_three_has_tag_name_and_heartbeat() -> None:
    built = header.build(SCREEN)
    words = list(words_of(built))
    assert words.count("演示数据 · 数字虚构") == 3
    assert [word for word in words if word.endswith("屏")] == ["左屏", "中屏", "右屏"]
    assert {
        HeaderIds.HEARTBEAT,
        HeaderIds.HEARTBEAT_CENTRE,
        HeaderIds.HEARTBEAT_RIGHT,
    } <= set(node_ids(built))


def test_before_the_first_datum_the_clocks_show_a_dash() -> None:
    words = list(words_of(header.build(SCREEN)))
    assert [words[words.index(name) + 1] for name in ("数据至", "查询", "刷新")] == ["—"] * 3


def test_the_clocks_are_left_to_the_browser() -> None:
    driven = {
        HeaderIds.DATA_AT,
        HeaderIds.DATA_AGE,
        HeaderIds.QUERY_AT,
        HeaderIds.PAINT_AT,
        HeaderIds.CLOCK,
        HeaderIds.ALERT,
    }
    assert not driven & set(header.props(samples.wall()))
