"""按期办结率 and 平均办理用时, with their lines of 30 days."""

import pytest

from layouts.components import rates
from layouts.ids import WallIds
from layouts.panel_frame import PanelState
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import (
    EMPTY_BASE,
    NO_DATA,
    SCREEN,
    classes,
    figure_said,
    said,
    share,
    style,
    with_reading,
    without_series,
)


def test_rate_and_mean_have_one_decimal_and_their_unit() -> None:
    leaves = rates.props(SCREEN, samples.wall())
    assert figure_said(leaves, WallIds.RATES_ON_TIME) == "97.5%"
    assert figure_said(leaves, WallIds.RATES_HANDLING) == "10.6小时"
    assert said(leaves, WallIds.RATES_ON_TIME_PERIOD) == "11月1—20日"


@pytest.mark.parametrize(
    ("cases", "base", "words"),
    [(7, 9, "7/9"), (49, 50, "49/50"), (51, 51, "100.0%"), (0, 51, "0.0%"), (50, 51, "98.0%")],
)
def test_up_to_fifty_cases_the_fraction_stands_first(cases: int, base: int, words: str) -> None:
    snapshot = with_reading("on_time_rate", **share(cases, base))
    assert figure_said(rates.props(SCREEN, snapshot), WallIds.RATES_ON_TIME) == words


def test_a_month_without_due_cases_is_a_dash_and_never_zero() -> None:
    leaves = rates.props(SCREEN, with_reading("on_time_rate", **EMPTY_BASE))
    assert figure_said(leaves, WallIds.RATES_ON_TIME) == "—"
    assert "is-empty" in classes(leaves, WallIds.RATES_ON_TIME)
    assert figure_said(leaves, WallIds.RATES_HANDLING) == "10.6小时"


def test_a_word_in_place_of_a_number_has_no_unit() -> None:
    snapshot = with_reading("mean_handling_hours", period="last_30_days", **NO_DATA)
    assert figure_said(rates.props(SCREEN, snapshot), WallIds.RATES_HANDLING) == "未接入"
    assert rates.state(SCREEN, snapshot) == PanelState()


def test_the_panel_is_hatched_when_both_figures_never_came() -> None:
    both = with_reading(
        "mean_handling_hours",
        period="last_30_days",
        of=with_reading("on_time_rate", **NO_DATA),
        **NO_DATA,
    )
    assert rates.state(SCREEN, both) == PanelState("is-no-data", "未接入")


def test_a_figure_without_history_has_no_line() -> None:
    leaves = rates.props(SCREEN, without_series("on_time_spark"))
    for leaf in (WallIds.RATES_ON_TIME_SPARK, WallIds.RATES_ON_TIME_END):
        assert style(leaves, leaf) == {"visibility": "hidden"}
    assert "maskImage" in style(leaves, WallIds.RATES_HANDLING_SPARK)


def test_the_rate_says_of_how_many() -> None:
    assert said(rates.props(SCREEN, samples.wall()), WallIds.RATES_ON_TIME_BASE) == (
        "应办结571,594件"
    )
    empty = with_reading("on_time_rate", **EMPTY_BASE)
    assert said(rates.props(SCREEN, empty), WallIds.RATES_ON_TIME_BASE) == ""


def test_what_no_rate_counts_is_told_with_the_reason() -> None:
    summary = f"{WallIds.RATES}-summary"
    told = samples.wall(left_out={"时间存疑": 1_970, "无办结时限": 12, "坐标出界": 0})
    assert said(rates.props(SCREEN, told), summary).endswith(
        "累计未计入:时间存疑1,970件、无办结时限12件。"
    )
    nothing = samples.wall(left_out={})
    assert "未计入" not in said(rates.props(SCREEN, nothing), summary)


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        (
            {"时间存疑": 197, "无办结时限": 6_824},
            "应办结不含累计无时限6,824件、时间存疑197件",
        ),
        ({"时间存疑": 197, "无办结时限": 0, "无坐标": 12}, "应办结不含累计时间存疑197件"),
        ({"无办结时限": 1}, "应办结不含累计无时限1件"),
        ({"无坐标": 12}, ""),
        ({}, ""),
    ],
)
def test_what_no_rate_counts_stands_on_the_face(left_out: dict[str, int], words: str) -> None:
    leaves = rates.props(SCREEN, samples.wall(left_out=left_out))
    assert said(leaves, WallIds.RATES_LEFT_OUT) == words
