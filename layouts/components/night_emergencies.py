"""待处置紧急事件: the biggest number of the night, with the time it was checked."""

from dash import html

from dashboard.freshness import RULES
from dashboard.screens import Screen
from dashboard.snapshot import Snapshot
from layouts import wording
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    figure,
    figure_leaves,
    merged,
    panel,
    state_of,
    text_leaf,
    zone_of,
)


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    words = html.Div(
        [
            html.Div(
                [
                    html.I(className="icon icon-checked"),
                    html.Span(id=WallIds.NIGHT_EMERGENCIES_CHECKED),
                ],
                className="night-checked",
            ),
            html.Div(id=WallIds.NIGHT_EMERGENCIES_MEANING, className="night-meaning"),
            html.Div(id=WallIds.NIGHT_EMERGENCIES_ADVICE, className="night-advice"),
        ],
        className="night-words",
    )
    return panel(
        WallIds.NIGHT_EMERGENCIES,
        "night-emergencies",
        "待处置紧急事件",
        html.Div(
            [figure(WallIds.NIGHT_EMERGENCIES_NUMBER, "night-number"), words],
            className="night-hero",
        ),
        html.Div("突发事件(初报,待定级)中尚未办结的", className="night-foot"),
        note=f"件 · 每{RULES['snapshot_cycle_ms'] // 1000}秒核查",
        is_live=True,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return state_of(snapshot.find("emergencies_open", period="now"))


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    reading = snapshot.find("emergencies_open", period="now")
    value = (reading.value if reading else None) or 0
    css_class = "is-alarm" if value else ""
    leaves = figure_leaves(
        WallIds.NIGHT_EMERGENCIES_NUMBER,
        reading,
        wording.count(reading.value) if reading else "",
    )
    number = leaves[WallIds.NIGHT_EMERGENCIES_NUMBER]
    number["className"] = f"{number['className']} {css_class}".strip()
    at = reading.as_of if reading else snapshot.as_of
    # Only an answer may be called an answer: silence is not "none".
    is_known = reading is not None and reading.status == "known"
    checked = f"{wording.seconds(at, zone_of(snapshot))} 已核查" if is_known else ""
    meaning = "数据源应答正常,确为0件" if is_known else ""
    if value:
        meaning = f"{wording.count(value)}件待处置,请立即电话核实"
    return merged(
        [
            leaves,
            text_leaf(WallIds.NIGHT_EMERGENCIES_CHECKED, checked),
            text_leaf(WallIds.NIGHT_EMERGENCIES_MEANING, meaning),
            text_leaf(WallIds.NIGHT_EMERGENCIES_ADVICE, screen.duty_phone if value else ""),
        ]
    )
