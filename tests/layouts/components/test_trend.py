"""今日走势: what is said beside the chart, and from where on it is unknown."""

from datetime import timedelta

import pytest

from dashboard.snapshot import Snapshot
from layouts.components import trend
from layouts.ids import WallIds
from layouts.panel_frame import NothingToShow, PanelState
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import SCREEN, classes, said, style, without_series


def silent_for(span: timedelta) -> Snapshot:
    sources = tuple(
        source.model_copy(update={"last_contact_at": samples.DAY - span})
        for source in samples.sources()
    )
    return samples.wall(sources=sources)


def test_the_band_says_how_many_days_it_is_from() -> None:
    leaves = trend.props(SCREEN, samples.wall())
    assert said(leaves, WallIds.TREND_BAND) == "常态区间:近60个同类日的10—90分位"


def test_a_place_without_a_band_names_none() -> None:
    today, *others = samples.series()
    bare = today.model_copy(update={"band_days": None})
    leaves = trend.props(SCREEN, samples.wall(series=(bare, *others)))
    assert said(leaves, WallIds.TREND_BAND) == ""


@pytest.mark.parametrize(
    ("span", "left", "width", "words"),
    [
        (timedelta(minutes=2, seconds=5), "60.42%", "0.14%", "到14:30止"),
        (timedelta(hours=2, minutes=32, seconds=5), "50%", "10.56%", "到12:00止"),
        # Silent since yesterday: the whole day is unknown, and the words say of which day.
        (timedelta(hours=20), "0%", "60.56%", "到11月19日18:32止"),
    ],
)
def test_the_hatch_reaches_from_where_the_data_end_to_now(
    span: timedelta, left: str, width: str, words: str
) -> None:
    leaves = trend.props(SCREEN, silent_for(span))
    assert style(leaves, WallIds.TREND_GAP) == {"left": left, "width": width}
    assert said(leaves, WallIds.TREND_GAP_WORDS) == words


@pytest.mark.parametrize(
    ("span", "half_hours"),
    [(timedelta(seconds=5), 29), (timedelta(hours=1), 27), (timedelta(hours=20), 0)],
)
def test_what_came_after_the_source_fell_silent_is_a_gap_and_not_a_quiet_hour(
    span: timedelta, half_hours: int
) -> None:
    traces = trend.props(SCREEN, silent_for(span))[WallIds.TREND_CHART]["figure"]["data"]
    today = [trace for trace in traces if trace.get("line", {}).get("width") == 3.5]
    drawn = [value for trace in today for value in trace["y"] if value is not None]
    assert len(drawn) == half_hours


@pytest.mark.parametrize(
    ("hour", "silent_hours", "side"),
    [(9, 0, set()), (14, 3, set()), (20, 3, {"is-late"}), (20, 18, {"is-whole"})],
)
def test_the_words_of_the_gap_stand_where_there_is_room(
    hour: int, silent_hours: int, side: set[str]
) -> None:
    now = samples.DAY.replace(hour=hour)
    sources = tuple(
        source.model_copy(update={"last_contact_at": now - timedelta(hours=silent_hours)})
        for source in samples.sources()
    )
    leaves = trend.props(SCREEN, samples.wall(as_of=now, sources=sources))
    assert classes(leaves, WallIds.TREND_GAP) - {"trend-gap"} == side


def test_a_series_that_never_came_is_not_an_empty_day() -> None:
    absent = trend.state(SCREEN, samples.never_delivered())
    assert absent == PanelState("is-no-data", "未接入")
    assert trend.state(SCREEN, samples.nothing_happened()) == PanelState()


def test_a_series_that_was_not_computed_is_a_fault_and_not_silence() -> None:
    with pytest.raises(NothingToShow, match="today_trend"):
        trend.state(SCREEN, without_series("today_trend"))


def test_without_a_series_the_axes_stand_empty() -> None:
    leaves = trend.props(SCREEN, samples.never_delivered())
    assert leaves[WallIds.TREND_CHART]["figure"]["data"] == []
