"""督办与预警: cards, what is new, alarms of the system, and the list of cases."""

import pytest

from layouts import ids
from layouts.components import supervision
from layouts.ids import WallIds
from layouts.panel_frame import PanelState
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import (
    NO_DATA,
    SCREEN,
    classes,
    figure_said,
    said,
    with_reading,
    words_of,
)

ROW = ids.row(WallIds.SUPERVISION, 0)


def test_cards_are_counted_in_cases_and_alarms_in_pieces() -> None:
    leaves = supervision.props(SCREEN, samples.six_figures())
    assert figure_said(leaves, WallIds.SUPERVISION_YELLOW) == "2,418件"
    assert figure_said(leaves, WallIds.SUPERVISION_RED) == "418件"
    assert figure_said(leaves, WallIds.SUPERVISION_ALARMS) == "0个"


def test_what_is_new_today_says_zero_too() -> None:
    assert supervision.new_words(samples.nothing_happened()) == "今日新增红牌0、黄牌0"


def test_of_new_cards_only_the_known_are_told() -> None:
    partly = with_reading("red_new", period="today", **NO_DATA)
    assert supervision.new_words(partly) == "今日新增黄牌47"
    assert supervision.new_words(samples.never_delivered()) == ""


def test_a_silent_part_makes_the_alarm_stand_out() -> None:
    leaves = supervision.props(SCREEN, samples.wall(failures={"排名": "超时"}))
    assert figure_said(leaves, WallIds.SUPERVISION_ALARMS) == "1个"
    assert "is-alarm" in classes(leaves, WallIds.SUPERVISION_ALARMS)
    quiet = supervision.props(SCREEN, samples.wall())
    assert "is-alarm" not in classes(quiet, WallIds.SUPERVISION_ALARMS)


def test_a_case_has_its_card_county_and_working_days() -> None:
    leaves = supervision.props(SCREEN, samples.six_figures())
    words = [said(leaves, ids.part(ROW, what)) for what in ("kind", "county", "class", "how")]
    assert words == ["红牌督办", "景宁县", "农村土地承包经营权纠纷", "超期128个工作日"]
    assert "icon-red" in classes(leaves, ids.part(ROW, "icon"))


@pytest.mark.parametrize(
    ("county", "is_long"),
    [("路桥区", False), ("景宁畲族自治县", False), ("第12选区", True), ("三亚市天涯区", True)],
)
def test_longer_names_than_usual_get_more_room(county: str, is_long: bool) -> None:
    item = samples.work_items()[0].model_copy(update={"county_name": county})
    leaves = supervision.props(SCREEN, samples.wall(work_items=(item,)))
    assert ("is-long" in classes(leaves, ids.part(WallIds.SUPERVISION, "rows"))) is is_long


@pytest.mark.parametrize(("days", "words"), [(1, "超期1个工作日"), (0, "已超期")])
def test_a_case_of_today_is_overdue_without_days(days: int, words: str) -> None:
    item = samples.work_items()[0].model_copy(update={"overdue_workdays": days})
    leaves = supervision.props(SCREEN, samples.wall(work_items=(item,)))
    assert said(leaves, ids.part(ROW, "how")) == words


def test_an_empty_list_says_when_it_was_checked() -> None:
    leaves = supervision.props(SCREEN, samples.nothing_happened())
    assert said(leaves, WallIds.SUPERVISION_NONE) == "14:32核查,无督办事项"
    assert "is-unused" in classes(leaves, ROW)
    full = supervision.props(SCREEN, samples.wall())
    assert said(full, WallIds.SUPERVISION_NONE) == ""
    assert "is-unused" not in classes(full, ROW)


def test_cards_over_an_empty_list_are_not_none() -> None:
    listed_none = samples.six_figures().model_copy(update={"work_items": ()})
    leaves = supervision.props(SCREEN, listed_none)
    assert said(leaves, WallIds.SUPERVISION_NONE) == "2,836件不在大屏列出"


def test_a_list_that_could_not_be_made_is_not_none() -> None:
    failed = samples.nothing_happened().model_copy(update={"failures": {"督办": "督办未能更新"}})
    leaves = supervision.props(SCREEN, failed)
    assert said(leaves, WallIds.SUPERVISION_NONE) == "未能更新"
    other = samples.nothing_happened().model_copy(update={"failures": {"排名": "排名未能更新"}})
    assert "无督办事项" in said(supervision.props(SCREEN, other), WallIds.SUPERVISION_NONE)


def test_more_cases_than_rows_fill_all_rows() -> None:
    items = samples.work_items() * 4
    leaves = supervision.props(SCREEN, samples.wall(work_items=items))
    rows = [ids.row(WallIds.SUPERVISION, place) for place in range(12)]
    assert not [row for row in rows if "is-unused" in classes(leaves, row)]


def test_the_panel_is_hatched_only_when_neither_card_came() -> None:
    red_gone = with_reading("incidents_red", period="now", **NO_DATA)
    assert supervision.state(SCREEN, red_gone) == PanelState()
    assert figure_said(supervision.props(SCREEN, red_gone), WallIds.SUPERVISION_RED) == "未接入"
    assert supervision.state(SCREEN, samples.never_delivered()).notice == "未接入"


def test_the_cards_and_the_alarms_have_their_names() -> None:
    words = set(words_of(supervision.build(SCREEN)))
    assert {"红牌督办", "黄牌督办", "系统告警"} <= words
