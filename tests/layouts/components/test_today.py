"""今日上报, its change against yesterday, and the stock below it."""

import pytest

from dashboard.snapshot import Comparison
from layouts.components import today
from layouts.ids import WallIds
from layouts.panel_frame import NothingToShow, PanelState
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import (
    FORBIDDEN,
    NO_DATA,
    SCREEN,
    classes,
    figure_said,
    said,
    with_reading,
)


def test_counts_have_commas_and_no_unit_of_their_own() -> None:
    leaves = today.props(SCREEN, samples.wall())
    figures = {
        WallIds.TODAY_NUMBER: "19,190",
        WallIds.TODAY_CLOSED: "18,183",
        WallIds.TODAY_OPEN: "14,201",
        WallIds.TODAY_OVERDUE: "891",
        WallIds.TODAY_NEAR_DUE: "1,741",
    }
    assert {node: figure_said(leaves, node) for node in figures} == figures


@pytest.mark.parametrize(("value", "is_long"), [(99_999.0, False), (100_000.0, True)])
def test_a_number_of_six_figures_gets_the_width_of_the_line(value: float, is_long: bool) -> None:
    snapshot = with_reading("incidents_registered", period="today", value=value)
    hero = classes(today.props(SCREEN, snapshot), WallIds.TODAY_HERO)
    assert ("is-long" in hero) is is_long


@pytest.mark.parametrize(
    ("before", "change", "words"),
    [
        (18_632.0, 558 / 18_632, ("▲3.0%", "昨日同时段18,632件")),
        (19_190.0, 0.0, ("持平", "昨日同时段19,190件")),
        (20_000.0, -0.0405, ("▼4.1%", "昨日同时段20,000件")),
        (0.0, None, ("▲19,190件", "昨日同时段0件")),
        (None, None, ("", "")),
    ],
)
def test_the_change_is_against_the_same_hours_of_yesterday(
    before: float | None, change: float | None, words: tuple[str, str]
) -> None:
    comparison = Comparison(label="较昨日同时段", value=before, change=change)
    snapshot = with_reading("incidents_registered", period="today", comparison=comparison)
    leaves = today.props(SCREEN, snapshot)
    assert (said(leaves, WallIds.TODAY_CHANGE), said(leaves, WallIds.TODAY_BEFORE)) == words


def test_without_a_comparison_nothing_is_said_of_yesterday() -> None:
    snapshot = with_reading("incidents_registered", period="today", comparison=None)
    leaves = today.props(SCREEN, snapshot)
    assert said(leaves, WallIds.TODAY_CHANGE) == said(leaves, WallIds.TODAY_BEFORE) == ""


def test_the_stock_says_its_minute() -> None:
    assert said(today.props(SCREEN, samples.wall()), WallIds.TODAY_STOCK_AS_OF) == (
        "累计,截至14:32"
    )
    at_night = today.props(SCREEN, samples.night())
    assert said(at_night, WallIds.TODAY_STOCK_AS_OF) == "累计,截至03:12"


def test_zero_missing_and_forbidden_read_differently() -> None:
    zero = with_reading("incidents_overdue", period="now", value=0.0)
    missing = with_reading("incidents_overdue", period="now", **NO_DATA)
    forbidden = with_reading("incidents_overdue", period="now", **FORBIDDEN)
    words = [
        said(today.props(SCREEN, snapshot), WallIds.TODAY_OVERDUE)
        for snapshot in (zero, missing, forbidden)
    ]
    assert words == ["0", "未接入", "无权限"]


def test_the_panel_is_marked_as_a_whole_only_for_its_main_number() -> None:
    assert today.state(SCREEN, with_reading("incidents_open", period="now", **NO_DATA)) == (
        PanelState()
    )
    gone = with_reading("incidents_registered", period="today", **NO_DATA)
    assert today.state(SCREEN, gone).notice == "未接入"
    with pytest.raises(NothingToShow):
        today.state(SCREEN, samples.wall(readings=()))
