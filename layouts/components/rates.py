"""按期办结率 and 平均办理用时, each with its sparkline of 30 days."""

from dash import html

from dashboard.indicators import INDICATOR_BY_KEY
from dashboard.screens import Screen
from dashboard.snapshot import Reading, Snapshot
from layouts import ids, summaries, targets, wording
from layouts.figures.sparkline import spark_end_style, spark_style
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    figure,
    figure_leaves,
    merged,
    rate_leaves,
    state_of,
    summary,
    summary_leaf,
    text_leaf,
    untitled_panel,
)

# In the dictionary it has another name than on the wall, which is said to who hears the page.
HANDLING = INDICATOR_BY_KEY["mean_handling_hours"]
# Reasons of `Snapshot.left_out` that keep a case from being due, in the words there is room for.
LEFT_OUT = {"无时限": "无办结时限", "时间存疑": "时间存疑"}


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    return untitled_panel(
        WallIds.RATES,
        "rates",
        _cell(
            "按期办结率",
            html.Span(id=WallIds.RATES_ON_TIME_PERIOD, className="period"),
            figure(WallIds.RATES_ON_TIME, "rates-value is-percent"),
            _spark(WallIds.RATES_ON_TIME_SPARK, WallIds.RATES_ON_TIME_END),
            _foot(WallIds.RATES_ON_TIME_BASE, WallIds.RATES_ON_TIME),
        ),
        _cell(
            "平均办理用时",
            html.Span("近30日", className="period"),
            figure(WallIds.RATES_HANDLING, "rates-value"),
            _spark(WallIds.RATES_HANDLING_SPARK, WallIds.RATES_HANDLING_END),
            _foot(WallIds.RATES_HANDLING_BASE, WallIds.RATES_HANDLING),
        ),
        html.Div(id=WallIds.RATES_LEFT_OUT, className="rates-left-out"),
        summary(WallIds.RATES),
        is_live=False,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return state_of(*_readings(snapshot))


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    on_time, handling = _readings(snapshot)
    month = snapshot.period("month")
    hours = wording.number(handling.value) if handling else ""
    on_time_spark = snapshot.series_of("on_time_spark")
    handling_spark = snapshot.series_of("handling_spark")
    sentences = (
        summaries.course("按期办结率", on_time_spark, unit="%", base="应办结"),
        summaries.course(
            f"平均办理用时({HANDLING.title})", handling_spark, unit="小时", base="办结"
        ),
        targets.sentence(snapshot, {"按期办结率": on_time, "平均办理用时": handling}),
        summaries.left_out(snapshot.left_out),
    )
    return merged(
        [
            summary_leaf(WallIds.RATES, "".join(sentences)),
            text_leaf(WallIds.RATES_ON_TIME_PERIOD, month.label if month else ""),
            rate_leaves(WallIds.RATES_ON_TIME, on_time),
            text_leaf(WallIds.RATES_ON_TIME_BASE, wording.base("应办结", on_time)),
            targets.words_leaf(WallIds.RATES_ON_TIME, snapshot, on_time),
            {WallIds.RATES_ON_TIME_SPARK: {"style": spark_style(on_time_spark)}},
            {WallIds.RATES_ON_TIME_END: {"style": spark_end_style(on_time_spark)}},
            figure_leaves(WallIds.RATES_HANDLING, handling, hours, "小时"),
            text_leaf(WallIds.RATES_HANDLING_BASE, wording.base("办结", handling)),
            targets.words_leaf(WallIds.RATES_HANDLING, snapshot, handling),
            text_leaf(WallIds.RATES_LEFT_OUT, left_out_words(snapshot)),
            {WallIds.RATES_HANDLING_SPARK: {"style": spark_style(handling_spark)}},
            {WallIds.RATES_HANDLING_END: {"style": spark_end_style(handling_spark)}},
        ]
    )


def left_out_words(snapshot: Snapshot) -> str:
    """应办结不含累计无时限12件、时间存疑197件: cases that can be neither on time nor late."""
    parts = [
        f"{name}{wording.count(cases)}件"
        for name, reason in LEFT_OUT.items()
        if (cases := snapshot.left_out.get(reason))
    ]
    return f"应办结不含累计{'、'.join(parts)}" if parts else ""


def _readings(snapshot: Snapshot) -> tuple[Reading | None, Reading | None]:
    return (
        snapshot.find("on_time_rate", period="month"),
        snapshot.find("mean_handling_hours", period="last_30_days"),
    )


def _cell(
    name: str, period: html.Span, number: html.Span, spark: html.Div, foot: html.Div
) -> html.Div:
    return html.Div(
        [
            html.Div([html.Span(name, className="rates-name"), period], className="label"),
            html.Div([number, spark], className="rates-line"),
            foot,
        ],
        className="rates-cell",
    )


def _foot(base_id: WallIds, figure_id: WallIds) -> html.Div:
    """What the figure is of, and its target: on one line where both fit."""
    return html.Div(
        [
            html.Span(id=base_id),
            html.Span(id=ids.part(figure_id, "target"), className="target rates-target"),
        ],
        className="rates-foot",
    )


def _spark(line_id: WallIds, end_id: WallIds) -> html.Div:
    return html.Div(
        [
            html.Div(id=line_id, className="spark-line"),
            html.I(id=end_id, className="spark-end"),
        ],
        className="spark",
    )
