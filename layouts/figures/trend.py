"""Charts in time as Plotly figures: half-hours of a day against the usual band, days as bars.

Figures are plain dicts (what `plotly.graph_objects.Figure` takes), so that equal series give equal
bytes. They are drawn at design px and scaled by the style sheet; sizes come from their container.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.snapshot import Series, SlotPoint
from layouts.figures.scales import Scale, round_scale
from layouts.theme import AXIS_FONT_PX, FONT_FAMILY, Palette
from layouts.wording import TEN_THOUSAND, count

HALF_HOUR = timedelta(minutes=30)
# Room for axis labels, design px; the hatch of the stale state is laid over the same box in CSS.
MARGIN = {"l": 58, "r": 20, "t": 12, "b": 28, "pad": 0}
MANY_A_DAY = 20_000

Figure = dict[str, Any]


def empty_figure(palette: Palette) -> Figure:
    """Axes' place without data."""
    return _figure([], _layout(palette, round_scale(0), _number_label))


def draw_day(series: Series, zone: ZoneInfo, palette: Palette) -> Figure:
    """件/半小时 of one local day: band, median, today up to its last datum, which gets a dot."""
    midnight = series.points[0].at.astimezone(zone).replace(hour=0, minute=0)
    layout = _layout(palette, _scale(series), _number_label)
    layout["xaxis"].update(
        range=[0, 24],
        tickvals=[0, 6, 12, 18, 24],
        ticktext=["00时", "06", "12", "18", "24时"],
    )
    return _figure(_traces(series, midnight, palette), layout)


def draw_last_day(
    series: Series, zone: ZoneInfo, palette: Palette, shift_start: datetime | None
) -> Figure:
    """件/半小时 of the last 24 hours, with a line where the shift began (本班次)."""
    start = series.points[0].at
    layout = _layout(palette, _scale(series), _number_label)
    hours = (0, 6, 12, 18, 24)
    names = [f"{(start + timedelta(hours=hour)).astimezone(zone):%H}" for hour in hours]
    layout["xaxis"].update(
        range=[0, 24],
        tickvals=list(hours),
        ticktext=[f"{names[0]}时", *names[1:-1], f"{names[-1]}时"],
    )
    if shift_start is not None and 0 < _hours(start, shift_start) < 24:
        _mark_shift(layout, _hours(start, shift_start), palette)
    return _figure(_traces(series, start, palette), layout)


def draw_days(series: Series, zone: ZoneInfo, palette: Palette) -> Figure:
    """Whole days as bars, the latest in the accent; labels at both ends and firsts of months."""
    unit = day_unit(series)
    values = [point.value / unit if point.value is not None else None for point in series.points]
    scale = round_scale(max((value for value in values if value is not None), default=0))
    layout = _layout(palette, scale, _number_label)
    days = [point.at.astimezone(zone) for point in series.points]
    last = len(days) - 1
    labelled = [at for at, day in enumerate(days) if at in (0, last) or day.day == 1]
    labelled = [at for at in labelled if at in (0, last) or 4 < at < last - 4]
    layout["xaxis"].update(
        range=[-0.7, last + 0.7],
        tickvals=labelled,
        ticktext=[f"{days[at]:%m-%d}" for at in labelled],
    )
    bars = {
        "type": "bar",
        "x": list(range(len(days))),
        "y": values,
        "width": 0.72,
        "marker": {"color": [palette.accent_deep] * last + [palette.accent]},
    }
    return _figure([bars], layout)


def day_unit(series: Series) -> int:
    """What the bars are counted in: 万件 where days have tens of thousands, else 件."""
    highest = max((point.value or 0 for point in series.points), default=0)
    return TEN_THOUSAND if highest >= MANY_A_DAY else 1


def _scale(series: Series) -> Scale:
    return round_scale(
        max(
            (
                value
                for point in series.points
                for value in (point.value, point.high)
                if value is not None
            ),
            default=0,
        )
    )


def _traces(series: Series, start: datetime, palette: Palette) -> list[dict[str, Any]]:
    usual = [point for point in series.points if point.low is not None and point.high is not None]
    traces = []
    if usual:
        x = [_middle(start, point) for point in usual]
        traces += [
            _line(x, [point.low for point in usual], color=palette.mute, width=0),
            _line(x, [point.high for point in usual], color=palette.mute, width=0)
            | {"fill": "tonexty", "fillcolor": palette.mute},
            _line(
                x, [point.median for point in usual], color=palette.ink3, width=1.5, dash="2px,4px"
            ),
        ]
    known = [point for point in series.points if point.value is not None]
    if known:
        # Unknown points stay in: the line is broken there, never drawn across.
        every = [_middle(start, point) for point in series.points]
        values = [point.value for point in series.points]
        traces.append(_line(every, values, color=palette.accent, width=3.5))
        x, y = [_middle(start, point) for point in known], [point.value for point in known]
        dot = {"color": palette.accent, "size": 13}
        traces.append(
            {"type": "scatter", "mode": "markers", "x": x[-1:], "y": y[-1:], "marker": dot}
        )
    return traces


def _line(
    x: Sequence[float], y: Sequence[float | None], *, color: str, width: float, dash: str = "solid"
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "line": {"color": color, "width": width, "dash": dash},
    }


def _middle(start: datetime, point: SlotPoint) -> float:
    return _hours(start, point.at + HALF_HOUR / 2)


def _hours(start: datetime, at: datetime) -> float:
    return round((at - start) / timedelta(hours=1), 4)


def _mark_shift(layout: dict[str, Any], x: float, palette: Palette) -> None:
    layout["shapes"] = [
        {
            "type": "line",
            "x0": x,
            "x1": x,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": palette.mute, "width": 2},
        }
    ]
    layout["annotations"] = [
        {
            "x": x,
            "xanchor": "left" if x < 18 else "right",
            "yref": "paper",
            "y": 1,
            "yanchor": "top",
            "text": "本班次",
            "showarrow": False,
            "font": {"color": palette.ink2, "size": AXIS_FONT_PX},
        }
    ]


def _layout(palette: Palette, scale: Scale, label: Callable[[float], str]) -> dict[str, Any]:
    ticks = scale.ticks()
    return {
        "autosize": True,
        "margin": MARGIN,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hovermode": False,
        "dragmode": False,
        "uirevision": "wall",
        "font": {"family": FONT_FAMILY, "size": AXIS_FONT_PX, "color": palette.ink3},
        "xaxis": {
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "showline": True,
            "linecolor": palette.ink3,
            "linewidth": 1.5,
            "tickmode": "array",
            "ticks": "",
            "tickangle": 0,
        },
        "yaxis": {
            "fixedrange": True,
            # A hair above the top, or its grid line is left out.
            "range": [0, scale.top * 1.004],
            "tickvals": ticks,
            "ticktext": [label(tick) for tick in ticks],
            "gridcolor": palette.grid,
            "zeroline": False,
            "showline": False,
            "ticks": "",
            # The highest label stands half above the plot.
            "ticklabeloverflow": "allow",
            # A little air between labels and chart.
            "ticksuffix": " ",
        },
    }


def _number_label(value: float) -> str:
    return f"{count(value) if value == int(value) else f'{value:g}'} "


def _figure(traces: list[dict[str, Any]], layout: dict[str, Any]) -> Figure:
    still = {"hoverinfo": "skip", "cliponaxis": False}
    shown = [
        trace | ({"hoverinfo": "skip"} if trace["type"] == "bar" else still) for trace in traces
    ]
    return {"data": shown, "layout": layout}
