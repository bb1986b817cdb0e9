"""What all panels share: states, figures with their words, bars within their track."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.snapshot import Reading
from layouts.panel_frame import (
    FAILED,
    NothingToShow,
    PanelState,
    count_leaves,
    css_percent,
    figure,
    figure_leaves,
    merged,
    panel,
    panel_class,
    rate_leaves,
    state_of,
    untitled_panel,
)
from tests.layouts.wall_leaves import node_ids, words_of
from tests.snapshot_samples import reading

STATUSES = ("no_data", "forbidden", "suppressed", "empty_base")


def of_status(status: str) -> Reading:
    return reading("receptions", None).model_copy(update={"status": status})


@pytest.mark.parametrize(
    ("status", "words"),
    zip(STATUSES, ("未接入", "无权限", "件数较少", "—"), strict=True),
)
def test_a_figure_without_value_says_why_and_has_no_unit(status: str, words: str) -> None:
    leaves = figure_leaves("a", of_status(status), "7", "件")
    assert leaves["a"]["children"] == words
    assert leaves["a-unit"] == {"children": ""}


def test_zero_empty_missing_hidden_and_forbidden_never_look_alike() -> None:
    looks = [tuple(count_leaves("a", of_status(status))["a"].values()) for status in STATUSES]
    zero = tuple(count_leaves("a", reading("receptions", 0))["a"].values())
    assert zero == ("0", "figure-number")
    assert len({zero, *looks}) == 5


def test_a_reading_that_is_not_there_is_a_dash() -> None:
    for leaves in (count_leaves("a", None), rate_leaves("a", None)):
        assert leaves["a"] == {"children": "—", "className": "figure-number is-empty"}


def test_a_fraction_has_no_percent_sign() -> None:
    few = rate_leaves("a", reading("on_time_rate", 7, base=9))
    assert (few["a"]["children"], few["a-unit"]["children"]) == ("7/9", "")
    many = rate_leaves("a", reading("on_time_rate", 70, base=90))
    assert (many["a"]["children"], many["a-unit"]["children"]) == ("77.8", "%")


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (("no_data", "no_data"), PanelState("is-no-data", "未接入")),
        (("forbidden", "forbidden"), PanelState("is-forbidden", "无权限")),
        (("no_data", "known"), PanelState()),
        (("no_data", "forbidden"), PanelState()),
        (("empty_base", "empty_base"), PanelState()),
    ],
)
def test_a_panel_is_marked_only_where_all_its_figures_agree(
    statuses: tuple[str, ...], state: PanelState
) -> None:
    assert state_of(*map(of_status, statuses), None) == state


def test_a_panel_without_any_reading_has_nothing_to_show() -> None:
    with pytest.raises(NothingToShow):
        state_of(None, None)


def test_a_failed_panel_says_so() -> None:
    assert FAILED.notice == "本面板暂不可用"
    assert panel_class("a", "today", is_live=True, state=FAILED) == (
        "panel panel-today panel-live is-failed"
    )
    assert panel_class("a", "rates", is_live=False) == "panel panel-rates panel-slow"


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_a_bar_never_leaves_its_track(share: float) -> None:
    width = css_percent(share)
    assert width.endswith("%")
    assert 0 <= float(width.rstrip("%")) <= 100


def test_only_live_panels_have_room_for_the_as_of() -> None:
    live = panel("a", "today", "今日上报", figure("b"), note="件", is_live=True)
    assert node_ids(live) == ["a", "a-asof", "b", "b-unit", "a-notice"]
    assert list(words_of(live)) == ["今日上报", "件"]
    slow = panel("a", "levels", "分级化解", is_live=False)
    assert node_ids(slow) == ["a", "a-notice"]
    assert node_ids(untitled_panel("a", "rates", is_live=False)) == ["a", "a-notice"]


def test_leaves_of_one_node_are_brought_together() -> None:
    parts = [{"a": {"children": "1"}}, {"b": {"children": "2"}}, {"a": {"className": "c"}}]
    assert merged(parts) == {"a": {"children": "1", "className": "c"}, "b": {"children": "2"}}
