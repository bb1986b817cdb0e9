"""Charts in time: valid for plotly, honest about what isn't known."""

import json
import re
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs_version

from dashboard.snapshot import Series, SlotPoint
from layouts import theme
from layouts.figures.sparkline import spark_end_style, spark_style
from layouts.figures.trend import draw_day, draw_days, draw_last_day, empty_figure
from tests import snapshot_samples as samples

VENDORED = Path(__file__).parents[3] / "assets" / "vendor" / "plotly-basic.min.js"
# What the basic bundle of plotly.js can draw.
BASIC_TRACES = {"scatter", "bar"}


def figures() -> dict[str, dict[str, Any]]:
    day, last, days, *_ = samples.series()
    shift = samples.NIGHT.replace(hour=20)
    return {
        "day": draw_day(day, samples.ZONE, theme.DAY),
        "last day": draw_last_day(last, samples.ZONE, theme.NIGHT, shift),
        "days": draw_days(days, samples.ZONE, theme.DAY),
        "empty": empty_figure(theme.DAY),
    }


@pytest.mark.parametrize("name", figures())
def test_figures_are_valid_and_plain_json(name: str) -> None:
    figure = figures()[name]
    go.Figure(figure)
    assert json.loads(json.dumps(figure)) == figure


@pytest.mark.parametrize("name", figures())
def test_figures_keep_to_what_the_basic_bundle_draws(name: str) -> None:
    assert {trace["type"] for trace in figures()[name]["data"]} <= BASIC_TRACES


def test_the_vendored_bundle_has_the_version_of_the_package() -> None:
    head = VENDORED.read_text(encoding="utf-8")[:200]
    found = re.search(r"plotly\.js \(basic - minified\) v([\d.]+)", head)
    assert found
    assert found[1] == get_plotlyjs_version()


def current(figure: dict[str, Any]) -> dict[str, Any]:
    return next(t for t in figure["data"] if t["mode"] == "lines" and t["line"]["width"] == 3.5)


def test_no_line_stands_after_the_last_datum() -> None:
    figure = draw_day(samples.trend(samples.DAY), samples.ZONE, theme.DAY)
    known = [x for x, y in zip(current(figure)["x"], current(figure)["y"], strict=True) if y]
    dot = figure["data"][-1]
    assert known[-1] == 14.25
    assert (dot["mode"], dot["x"]) == ("markers", [14.25])


def test_a_gap_is_not_drawn_across() -> None:
    series = samples.trend(samples.DAY)
    gone = series.points[10].model_copy(update={"value": None})
    points = (*series.points[:10], gone, *series.points[11:])
    figure = draw_day(series.model_copy(update={"points": points}), samples.ZONE, theme.DAY)
    assert current(figure)["y"][10] is None
    assert "connectgaps" not in current(figure)


def test_a_day_without_band_has_no_band() -> None:
    series = samples.trend(samples.DAY)
    bare = tuple(SlotPoint(at=p.at, value=p.value) for p in series.points)
    figure = draw_day(series.model_copy(update={"points": bare}), samples.ZONE, theme.DAY)
    assert not [trace for trace in figure["data"] if "fill" in trace]


def test_small_places_count_days_in_cases_and_large_ones_in_ten_thousands() -> None:
    days = samples.series()[2]
    few = tuple(p.model_copy(update={"value": 210.0}) for p in days.points)
    assert draw_days(days, samples.ZONE, theme.DAY)["layout"]["yaxis"]["tickvals"][-1] == 4
    small = days.model_copy(update={"points": few})
    assert draw_days(small, samples.ZONE, theme.DAY)["layout"]["yaxis"]["tickvals"][-1] == 300


def test_the_last_bar_is_the_accent_and_days_are_named_at_the_ends() -> None:
    figure = draw_days(samples.series()[2], samples.ZONE, theme.DAY)
    colours = figure["data"][0]["marker"]["color"]
    assert colours[-1] == theme.DAY.accent
    assert set(colours[:-1]) == {theme.DAY.accent_deep}
    assert figure["layout"]["xaxis"]["ticktext"] == ["10-21", "11-01", "11-19"]


def spark(*values: float | None) -> Series:
    series = samples.series()[3]
    points = tuple(
        p.model_copy(update={"value": value})
        for p, value in zip(series.points, values, strict=False)
    )
    return series.model_copy(update={"points": points})


def test_a_sparkline_ends_with_its_last_known_point() -> None:
    assert spark_end_style(spark(1.0, 2.0, 3.0)) == {"left": "96.25%", "top": "15%"}
    assert spark_end_style(spark(1.0, 2.0, None))["left"] != "96.25%"
    assert "data:image/svg+xml" in spark_style(spark(1.0, 2.0))["maskImage"]


@pytest.mark.parametrize("series", [None, spark(), spark(1.0), spark(None, 1.0)])
def test_a_sparkline_of_less_than_two_points_is_hidden(series: Series | None) -> None:
    assert spark_style(series) == {"visibility": "hidden"}
    assert spark_end_style(series) == {"visibility": "hidden"}
