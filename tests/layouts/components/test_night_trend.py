"""近24小时: its total and its chart with the start of the shift."""

import pytest

from layouts.components import night_trend
from layouts.ids import WallIds
from layouts.panel_frame import NothingToShow
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import SCREEN, figure_said, said, without_series


def test_the_total_has_its_minute() -> None:
    leaves = night_trend.props(SCREEN, samples.night())
    assert figure_said(leaves, WallIds.NIGHT_TREND_TOTAL) == "31,709件"
    assert said(leaves, WallIds.NIGHT_TREND_AS_OF) == ",截至03:12"


def test_the_shift_is_marked_where_it_began() -> None:
    leaves = night_trend.props(SCREEN, samples.night())
    layout = leaves[WallIds.NIGHT_TREND_CHART]["figure"]["layout"]
    assert [note["text"] for note in layout["annotations"]] == ["本班次"]
    # 48 half-hours up to 03:00; the shift began at 20:00 of the evening before.
    assert layout["shapes"][0]["x0"] == 17.0


def test_without_a_shift_there_is_no_mark() -> None:
    nameless = samples.night().model_copy(update={"periods": ()})
    figure = night_trend.props(SCREEN, nameless)[WallIds.NIGHT_TREND_CHART]["figure"]
    assert "shapes" not in figure["layout"]


def test_without_a_series_the_panel_says_why() -> None:
    assert night_trend.state(SCREEN, samples.never_delivered()).notice == "未接入"
    with pytest.raises(NothingToShow, match="last_24_hours"):
        night_trend.state(SCREEN, without_series("last_24_hours"))
