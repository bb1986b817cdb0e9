"""分级化解: three parts of one bar, in the order of level."""

import pytest

from layouts import ids
from layouts.components import levels
from layouts.ids import WallIds
from layouts.panel_frame import PanelState
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import (
    NO_DATA,
    SCREEN,
    classes,
    figure_said,
    said,
    share,
    style,
    with_reading,
    words_of,
)

VILLAGE, TOWN, COUNTY = (ids.part(WallIds.LEVELS, level) for level in ("village", "town", "county"))


def test_the_three_parts_are_shares_of_all_closed() -> None:
    leaves = levels.props(SCREEN, samples.wall())
    assert [figure_said(leaves, part) for part in (VILLAGE, TOWN, COUNTY)] == [
        "61.8%",
        "35.1%",
        "3.1%",
    ]
    assert figure_said(leaves, WallIds.LEVELS_LOCAL) == "96.9%"


def test_the_bracket_spans_what_stays_in_village_and_town() -> None:
    leaves = levels.props(SCREEN, samples.wall())
    widths = [style(leaves, ids.part(part, "bar"))["width"] for part in (VILLAGE, TOWN, COUNTY)]
    assert widths == ["61.8%", "35.1%", "3.1%"]
    assert style(leaves, WallIds.LEVELS_BRACKET) == {"width": "96.9%"}


@pytest.mark.parametrize(
    ("village", "left"), [(0.1, "30%"), (0.5, "50%"), (0.9, "68%"), (0.0, "30%")]
)
def test_the_names_never_run_into_each_other(village: float, left: str) -> None:
    snapshot = with_reading("resolution_level", facet="village", value=village)
    assert style(levels.props(SCREEN, snapshot), WallIds.LEVELS_TOWN_LABEL) == {"left": left}


@pytest.mark.parametrize(("cases", "is_narrow"), [(159, True), (160, False)])
def test_a_narrow_part_has_its_value_beside_its_name(cases: int, is_narrow: bool) -> None:
    snapshot = with_reading("resolution_level", facet="town", **share(cases, 1_000))
    leaves = levels.props(SCREEN, snapshot)
    wanted = "乡镇(街道) 15.9%" if is_narrow else "乡镇(街道)"
    assert said(leaves, WallIds.LEVELS_TOWN_LABEL) == wanted
    assert ("is-narrow" in classes(leaves, ids.part(TOWN, "bar"))) is is_narrow


def test_the_shares_say_of_what_and_when() -> None:
    assert said(levels.props(SCREEN, samples.wall()), WallIds.LEVELS_BASE) == (
        "11月1—20日办结616,505件"
    )
    assert said(levels.props(SCREEN, samples.nothing_happened()), WallIds.LEVELS_BASE) == ""
    assert said(levels.props(SCREEN, samples.never_delivered()), WallIds.LEVELS_BASE) == ""


def test_few_cases_are_fractions() -> None:
    snapshot = with_reading("resolution_level", facet="county", **share(2, 9))
    assert figure_said(levels.props(SCREEN, snapshot), COUNTY) == "2/9"


def test_closed_cases_without_a_level_are_not_called_none() -> None:
    """A source that reports no level: cases were closed, at what level is not known."""
    nothing = samples.nothing_happened()
    closing = next(
        item for item in samples.wall().readings if item.indicator == "mean_handling_hours"
    )
    closing = closing.model_copy(
        update={"indicator": "closing_rate", "period": "month", "numerator": 4, "denominator": 8}
    )
    others = tuple(item for item in nothing.readings if item.indicator != "closing_rate")
    state = levels.state(SCREEN, nothing.model_copy(update={"readings": (*others, closing)}))
    assert state == PanelState("is-empty", "办结事件均未报化解层级")


def test_nothing_closed_nothing_delivered_and_one_part_missing_are_three_things() -> None:
    assert levels.state(SCREEN, samples.nothing_happened()) == PanelState(
        "is-empty", "本期无办结事件"
    )
    assert levels.state(SCREEN, samples.never_delivered()) == PanelState("is-no-data", "未接入")
    partly = with_reading("resolution_level", facet="town", **NO_DATA)
    assert levels.state(SCREEN, partly) == PanelState()
    assert figure_said(levels.props(SCREEN, partly), TOWN) == "未接入"


def test_the_levels_are_named_in_the_words_of_the_trade() -> None:
    words = list(words_of(levels.build(SCREEN)))
    assert "县级及以上 " in words
    assert "乡镇(街道)及以下化解 " in "".join(words)
