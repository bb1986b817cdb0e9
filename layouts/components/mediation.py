"""化解成效: the two rates of the month, and success by method as dots with their error range."""

import math
from collections.abc import Sequence

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import Reading, Snapshot
from layouts import ids, summaries, targets, wording
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    css_percent,
    figure,
    figure_leaves,
    merged,
    panel,
    rate_leaves,
    state_of,
    summary,
    summary_leaf,
    text_leaf,
)

# 其中行业性专业性 is a part of people's mediation and stands below it, hollow.
METHODS = ("people", "sectoral", "administrative", "judicial", "other")
TICKS = 4
STEP_PERCENT = 4


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    rates = html.Span(
        [
            html.Span("化解率", className="mediation-rate-name"),
            figure(WallIds.MEDIATION_RESOLUTION),
            html.Span("调解成功率", className="mediation-rate-name"),
            figure(WallIds.MEDIATION_SUCCESS),
            *(
                html.Span(id=ids.part(rate, "target"), className="target mediation-target")
                for rate in (WallIds.MEDIATION_RESOLUTION, WallIds.MEDIATION_SUCCESS)
            ),
        ],
        className="mediation-rates",
    )
    ticks = [
        html.Span(id=ids.row(ids.part(WallIds.MEDIATION, "tick"), place), className="dots-tick")
        for place in range(TICKS)
    ]
    return panel(
        WallIds.MEDIATION,
        "mediation",
        "化解成效",
        html.Div([_row(place) for place in range(len(METHODS))], className="dots"),
        html.Div(
            [
                html.Span(id=WallIds.MEDIATION_BASE, className="dots-axis-base"),
                html.Div(
                    [html.I(id=WallIds.MEDIATION_MEAN, className="dots-mean"), *ticks],
                    className="dots-scale",
                ),
                html.Span(id=WallIds.MEDIATION_PERIOD, className="dots-axis-period"),
            ],
            className="dots-axis",
        ),
        summary(WallIds.MEDIATION),
        note=rates,
        is_live=False,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return state_of(_success(snapshot))


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    readings = [_success(snapshot, method) for method in METHODS]
    mean = _success(snapshot)
    resolution = snapshot.find("dispute_resolution_rate", period="month")
    month = snapshot.period("month")
    low, high = window([*readings, mean], screen.rate_window)
    methods = dict(zip((wording.METHOD_WORDS[key] for key in METHODS), readings, strict=True))
    sentences = (
        summaries.rates("调解成功率", methods),
        targets.sentence(snapshot, {"化解率": resolution, "调解成功率": mean}),
    )
    parts: list[Leaves] = [
        summary_leaf(WallIds.MEDIATION, "".join(sentences)),
        targets.words_leaf(WallIds.MEDIATION_RESOLUTION, snapshot, resolution),
        targets.words_leaf(WallIds.MEDIATION_SUCCESS, snapshot, mean),
        rate_leaves(WallIds.MEDIATION_RESOLUTION, resolution),
        text_leaf(WallIds.MEDIATION_BASE, wording.base("占受理", resolution)),
        text_leaf(WallIds.MEDIATION_PERIOD, month.label if month else ""),
        rate_leaves(WallIds.MEDIATION_SUCCESS, mean),
        {WallIds.MEDIATION_MEAN: {"style": _left(mean.value if mean else None, low, high)}},
        *_tick_props(low, high),
    ]
    for place, reading in enumerate(readings):
        parts += _row_props(place, reading, low, high)
    return merged(parts)


def window(readings: Sequence[Reading | None], wanted: tuple[int, int]) -> tuple[float, float]:
    """Ends of the axis as shares: those wanted, moved out in steps of 4 points to hold all."""
    low, high = wanted
    for reading in readings:
        if reading is None or reading.value is None:
            continue
        first, last = reading.interval or (reading.value, reading.value)
        first, last = 100 * min(first, reading.value), 100 * max(last, reading.value)
        low -= max(0, math.ceil((low - first) / STEP_PERCENT)) * STEP_PERCENT
        high += max(0, math.ceil((last - high) / STEP_PERCENT)) * STEP_PERCENT
    return max(low, 0) / 100, min(high, 100) / 100


def _success(snapshot: Snapshot, method: str | None = None) -> Reading | None:
    return snapshot.find("mediation_success_rate", period="month", facet=method)


def _tick_props(low: float, high: float) -> list[Leaves]:
    """Both ends and round values between, at most four labels."""
    first, last = round(low * 100), round(high * 100)
    step = STEP_PERCENT
    while (last - first) / step > TICKS - 1:
        step *= 2
    values = [*range(first, last, step), last]
    # A label right beside the last one would touch it.
    if len(values) > 2 and values[-1] - values[-2] < step:
        values.pop(-2)
    parts: list[Leaves] = []
    for place in range(TICKS):
        tick = ids.row(ids.part(WallIds.MEDIATION, "tick"), place)
        if place >= len(values):
            parts.append({tick: {"style": {"display": "none"}}})
            continue
        is_end = values[place] in (first, last)
        parts.append(
            {
                tick: {
                    "children": f"{values[place]}%",
                    "className": "dots-tick is-end" if is_end else "dots-tick",
                    "style": {"left": css_percent((values[place] - first) / (last - first))},
                }
            }
        )
    return parts


def _row_props(place: int, reading: Reading | None, low: float, high: float) -> list[Leaves]:
    row = ids.row(WallIds.MEDIATION, place)
    value = reading.value if reading else None
    interval = reading.interval if reading and value is not None else None
    base = reading.denominator if reading else None
    return [
        {ids.part(row, "dot"): {"style": _left(value, low, high)}},
        {ids.part(row, "range"): {"style": _span(interval, low, high)}},
        rate_leaves(ids.part(row, "rate"), reading),
        figure_leaves(ids.part(row, "base"), reading, wording.count(base), "件"),
    ]


def _left(value: float | None, low: float, high: float) -> dict[str, str]:
    if value is None:
        return {"display": "none"}
    return {"left": css_percent((value - low) / (high - low))}


def _span(interval: tuple[float, float] | None, low: float, high: float) -> dict[str, str]:
    if interval is None:
        return {"display": "none"}
    first, last = interval
    return {
        "left": css_percent((first - low) / (high - low)),
        "width": css_percent((last - first) / (high - low)),
    }


def _row(place: int) -> html.Div:
    row = ids.row(WallIds.MEDIATION, place)
    method = METHODS[place]
    plot = html.Span(
        [
            html.I(id=ids.part(row, "range"), className="dots-range"),
            html.I(id=ids.part(row, "dot"), className="dots-dot"),
        ],
        className="dots-plot",
    )
    return html.Div(
        [
            html.Span(wording.METHOD_WORDS[method], className="dots-name"),
            plot,
            figure(ids.part(row, "rate"), "dots-rate"),
            figure(ids.part(row, "base"), "dots-base"),
        ],
        className="dots-row is-part" if method == "sectoral" else "dots-row",
    )
