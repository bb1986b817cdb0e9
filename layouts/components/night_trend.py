"""近24小时: half-hours of the last day against the usual band, with the start of the shift."""

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import Snapshot
from layouts import summaries, theme, wording
from layouts.components.trend import band_key, chart, known_until, series_state
from layouts.figures.trend import draw_last_day, empty_figure
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    count_leaves,
    figure,
    merged,
    panel,
    summary,
    summary_leaf,
    text_leaf,
    zone_of,
)
from layouts.source_clock import data_until


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    total = html.Span(
        ["上报 ", figure(WallIds.NIGHT_TREND_TOTAL), html.Span(id=WallIds.NIGHT_TREND_AS_OF)],
        className="night-total",
    )
    return panel(
        WallIds.NIGHT_TREND,
        "night-trend",
        "近24小时",
        html.Div(
            [html.Span("件/半小时", className="chart-unit"), band_key()], className="chart-head"
        ),
        html.Div(chart(WallIds.NIGHT_TREND_CHART), className="chart-frame"),
        summary(WallIds.NIGHT_TREND),
        note=total,
        is_live=True,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return series_state(snapshot, "last_24_hours", "incidents_registered")


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    series = snapshot.series_of("last_24_hours")
    if series is None or not series.points:
        return {
            WallIds.NIGHT_TREND_CHART: {"figure": empty_figure(theme.NIGHT)},
            **summary_leaf(WallIds.NIGHT_TREND, ""),
        }
    zone = zone_of(snapshot)
    shift = snapshot.period("shift")
    known = known_until(series, data_until(snapshot))
    drawn = draw_last_day(known, zone, theme.NIGHT, shift.start if shift else None)
    return merged(
        [
            {WallIds.NIGHT_TREND_CHART: {"figure": drawn}},
            summary_leaf(WallIds.NIGHT_TREND, summaries.half_hours("近24小时", known, zone)),
            count_leaves(
                WallIds.NIGHT_TREND_TOTAL,
                snapshot.find("incidents_registered", period="last_24_hours"),
                "件",
            ),
            text_leaf(WallIds.NIGHT_TREND_AS_OF, f",截至{wording.minutes(snapshot.as_of, zone)}"),
        ]
    )
