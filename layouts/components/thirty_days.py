"""近30日: whole days as bars, the latest in the accent."""

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import Snapshot
from layouts import summaries, theme, wording
from layouts.components.trend import chart, series_state
from layouts.figures.trend import day_unit, draw_days, empty_figure
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    merged,
    panel,
    summary,
    summary_leaf,
    text_leaf,
    zone_of,
)
from layouts.wording import TEN_THOUSAND


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    last = html.Span(
        ["昨日 ", html.B(id=WallIds.THIRTY_DAYS_LAST, className="figure-number"), "件"],
        className="thirty-days-last",
    )
    return panel(
        WallIds.THIRTY_DAYS,
        "thirty-days",
        "近30日",
        html.Div(
            [html.Span(id=WallIds.THIRTY_DAYS_UNIT, className="chart-unit"), last],
            className="chart-head",
        ),
        html.Div(chart(WallIds.THIRTY_DAYS_CHART), className="chart-frame"),
        summary(WallIds.THIRTY_DAYS),
        note="每日上报",
        is_live=False,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return series_state(snapshot, "last_30_days", "incidents_registered")


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    series = snapshot.series_of("last_30_days")
    if series is None or not series.points:
        return {
            WallIds.THIRTY_DAYS_CHART: {"figure": empty_figure(theme.DAY)},
            **summary_leaf(WallIds.THIRTY_DAYS, ""),
        }
    unit = "万件" if day_unit(series) == TEN_THOUSAND else "件"
    sentence = summaries.days("近30日每日上报", series, zone_of(snapshot))
    return merged(
        [
            summary_leaf(WallIds.THIRTY_DAYS, sentence),
            {
                WallIds.THIRTY_DAYS_CHART: {
                    "figure": draw_days(series, zone_of(snapshot), theme.DAY)
                }
            },
            text_leaf(WallIds.THIRTY_DAYS_UNIT, unit),
            text_leaf(WallIds.THIRTY_DAYS_LAST, wording.count(series.points[-1].value)),
        ]
    )
