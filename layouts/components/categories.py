"""类别: today's incidents by category, sorted, 其他 last."""

from dash import html

from dashboard.indicators import CATEGORIES
from dashboard.screens import Screen
from dashboard.snapshot import Reading, Snapshot
from layouts import ids, summaries, wording
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    count_leaves,
    figure,
    merged,
    panel,
    state_of,
    summary,
    summary_leaf,
    text_leaf,
    width_leaf,
)


def build(screen: Screen) -> html.Section:
    """Frame of the panel: one row a category."""
    rows = [_row(place) for place in range(len(CATEGORIES))]
    return panel(
        WallIds.CATEGORIES,
        "categories",
        "类别",
        html.Div(rows, className="bars"),
        summary(WallIds.CATEGORIES),
        note="今日上报,件",
        is_live=True,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return state_of(*_readings(snapshot).values())


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    readings = _readings(snapshot)
    ordered = sorted(
        readings.items(), key=lambda item: (item[0] == "other", -_value(item[1]), item[0])
    )
    highest = max((_value(reading) for reading in readings.values()), default=0)
    total = sum(_value(reading) for reading in readings.values())
    leaders = [key for key, reading in ordered if highest and _value(reading) == highest]
    words = {wording.CATEGORY_WORDS[key]: reading for key, reading in ordered}
    parts: list[Leaves] = [
        summary_leaf(WallIds.CATEGORIES, summaries.counts("今日上报按类别", words))
    ]
    for place, (key, reading) in enumerate(ordered):
        row = ids.row(WallIds.CATEGORIES, place)
        value = _value(reading)
        share = f"{wording.percent(value / total)}%" if total else ""
        is_leader = key in leaders[:1]
        parts += [
            {row: {"className": "bar-row is-leader" if is_leader else "bar-row"}},
            text_leaf(ids.part(row, "name"), wording.CATEGORY_WORDS[key]),
            width_leaf(ids.part(row, "bar"), value / highest if highest else 0),
            count_leaves(ids.part(row, "value"), reading),
            text_leaf(ids.part(row, "share"), share),
        ]
    return merged(parts)


def _readings(snapshot: Snapshot) -> dict[str, Reading | None]:
    return {
        key: snapshot.find("incidents_registered", period="today", facet=key) for key in CATEGORIES
    }


def _value(reading: Reading | None) -> float:
    return 0.0 if reading is None or reading.value is None else reading.value


def _row(place: int) -> html.Div:
    row = ids.row(WallIds.CATEGORIES, place)
    return html.Div(
        [
            html.Span(id=ids.part(row, "name"), className="bar-name"),
            html.Span(html.I(id=ids.part(row, "bar"), className="bar"), className="bar-track"),
            figure(ids.part(row, "value"), "bar-value"),
            html.Span(id=ids.part(row, "share"), className="bar-share"),
        ],
        id=row,
        className="bar-row",
    )
