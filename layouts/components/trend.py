"""今日走势: half-hours of today against the usual band; hatched after the last datum when stale."""

from datetime import datetime
from typing import Any

from dash import dcc, html

from dashboard.screens import Screen
from dashboard.snapshot import Series, Snapshot
from layouts import summaries, theme, wording
from layouts.figures.trend import HALF_HOUR, draw_day, empty_figure
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    NothingToShow,
    PanelState,
    css_percent,
    merged,
    panel,
    summary,
    summary_leaf,
    text_leaf,
    zone_of,
)
from layouts.source_clock import data_until

# From this part of the day on, the words of a gap stand before it; up to this part, they have no
# room there.
LATE = 0.7
EARLY = 0.3
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
        summary(WallIds.TREND),
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
        return {
            WallIds.TREND_CHART: {"figure": empty_figure(theme.DAY)},
            **summary_leaf(WallIds.TREND, ""),
        }
    zone = zone_of(snapshot)
    until = data_until(snapshot)
    known = known_until(series, until)
    band = f"常态区间:近{series.band_days}个同类日的10—90分位" if series.band_days else ""
    return merged(
        [
            {WallIds.TREND_CHART: {"figure": draw_day(known, zone, theme.DAY)}},
            summary_leaf(WallIds.TREND, summaries.half_hours("今日走势", known, zone)),
            text_leaf(WallIds.TREND_BAND, band),
            {WallIds.TREND_GAP: _gap(series, until, snapshot.as_of)},
            text_leaf(
                WallIds.TREND_GAP_WORDS, f"到{wording.moment(until, snapshot.as_of, zone)}止"
            ),
        ]
    )


def known_until(series: Series, until: datetime) -> Series:
    """The series without half-hours that had not ended when the source was last heard.

    What is counted in them later is no count: a gap must not look like a quiet hour.
    """
    points = tuple(
        point if point.at + HALF_HOUR <= until else point.model_copy(update={"value": None})
        for point in series.points
    )
    return series.model_copy(update={"points": points})


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
    """A still chart that fills its frame and follows the wall's scale; a sentence beside it says
    what it shows, so that its labels need not be read out one by one.
    """
    graph = dcc.Graph(
        id=chart_id,
        figure=empty_figure(theme.DAY),
        config=STILL,
        animate=False,
        responsive=True,
        className="chart-graph",
    )
    box = html.Div(graph, className="chart")
    setattr(box, "aria-hidden", "true")
    return box


def band_key() -> html.Span:
    """The key of the usual band."""
    return html.Span([html.I(className="band-swatch"), "灰带:同时段常态区间"], className="band-key")


def _gap(series: Series, until: datetime, now: datetime) -> dict[str, Any]:
    """The hatch from the last datum up to now; its words stand on the side that has room."""
    start, end = (min(1.0, max(0.0, _share_of_day(series, at))) for at in (until, now))
    return {
        "style": {"left": css_percent(start), "width": css_percent(end - start)},
        "className": f"trend-gap {_side(start, end)}".strip(),
    }


def _side(start: float, end: float) -> str:
    if end <= LATE:
        return ""
    return "is-whole" if start < EARLY else "is-late"


def _share_of_day(series: Series, at: datetime) -> float:
    start = series.points[0].at
    return (at - start).total_seconds() / 86_400
