"""今日走势: half-hours of today against the usual band; hatched after the last datum when stale."""

from datetime import datetime
from typing import Any

from dash import dcc, html

from dashboard.screens import Screen
from dashboard.snapshot import Series, Snapshot
from layouts import theme, wording
from layouts.figures.trend import draw_day, empty_figure
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    NothingToShow,
    PanelState,
    css_percent,
    merged,
    panel,
    text_leaf,
    zone_of,
)
from layouts.source_clock import data_until

# Nothing of a chart reacts or moves; the figure is replaced as a whole.
STILL: Any = {"staticPlot": True, "displayModeBar": False, "responsive": True, "doubleClick": False}


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    gap = html.Div(
        html.Div(
            html.Span(id=WallIds.TREND_GAP_WORDS, className="trend-gap-words"),
            id=WallIds.TREND_GAP,
            className="trend-gap",
        ),
        className="trend-gap-box",
    )
    return panel(
        WallIds.TREND,
        "trend",
        "今日走势",
        html.Div(
            [html.Span("件/半小时", className="chart-unit"), band_key()], className="chart-head"
        ),
        html.Div([chart(WallIds.TREND_CHART), gap], className="chart-frame"),
        note=html.Span(id=WallIds.TREND_BAND, className="only-wide"),
        is_live=True,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return series_state(snapshot, "today_trend", "incidents_registered")


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    series = snapshot.series_of("today_trend")
    if series is None or not series.points:
        return {WallIds.TREND_CHART: {"figure": empty_figure(theme.DAY)}}
    zone = zone_of(snapshot)
    until = data_until(snapshot)
    band = f"常态区间:近{series.band_days}个同类日的10—90分位" if series.band_days else ""
    return merged(
        [
            {WallIds.TREND_CHART: {"figure": draw_day(series, zone, theme.DAY)}},
            text_leaf(WallIds.TREND_BAND, band),
            {WallIds.TREND_GAP: {"style": {"left": css_percent(_share_of_day(series, until))}}},
            text_leaf(WallIds.TREND_GAP_WORDS, f"到{wording.minutes(until, zone)}止"),
        ]
    )


def series_state(snapshot: Snapshot, key: str, indicator: str) -> PanelState:
    """未接入 where the indicator's source never delivered, else as usual.

    Raises:
        NothingToShow: there is neither a series nor a word on why.
    """
    if snapshot.series_of(key) is not None:
        return PanelState()
    if any(r.indicator == indicator and r.status == "no_data" for r in snapshot.readings):
        return PanelState("is-no-data", wording.NO_DATA)
    raise NothingToShow(f"series {key} is not in the snapshot")


def chart(chart_id: WallIds) -> html.Div:
    """A still chart that fills its frame and follows the wall's scale."""
    return html.Div(
        dcc.Graph(
            id=chart_id,
            figure=empty_figure(theme.DAY),
            config=STILL,
            animate=False,
            responsive=True,
            className="chart-graph",
        ),
        className="chart",
    )


def band_key() -> html.Span:
    """The key of the usual band."""
    return html.Span([html.I(className="band-swatch"), "灰带:同时段常态区间"], className="band-key")


def _share_of_day(series: Series, at: datetime) -> float:
    start = series.points[0].at
    return (at - start).total_seconds() / 86_400
