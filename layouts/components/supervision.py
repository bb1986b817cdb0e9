"""督办与预警: red and yellow cards, what is new today, alarms of the system, and the list.

There is no 预警 in the data yet; nothing here pretends there is.
"""

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import Snapshot
from layouts import ids, wording
from layouts.components.system_alarms import system_alarms
from layouts.components.work_list import nothing_words, work_rows, work_rows_props
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    count_leaves,
    figure,
    merged,
    panel,
    state_of,
    text_leaf,
    words_leaves,
)


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    figures = html.Div(
        [
            _figure("red", "红牌督办", WallIds.SUPERVISION_RED),
            _figure("yellow", "黄牌督办", WallIds.SUPERVISION_YELLOW),
            _figure("system", "系统告警", WallIds.SUPERVISION_ALARMS),
        ],
        className="supervision-figures",
    )
    return panel(
        WallIds.SUPERVISION,
        "supervision",
        "督办与预警",
        figures,
        html.Div(
            [
                work_rows(WallIds.SUPERVISION),
                html.Div(id=WallIds.SUPERVISION_NONE, className="none"),
            ],
            className="supervision-list",
        ),
        note=html.Span(id=WallIds.SUPERVISION_NEW),
        is_live=True,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return state_of(
        snapshot.find("incidents_red", period="now"),
        snapshot.find("incidents_yellow", period="now"),
    )


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    red = snapshot.find("incidents_red", period="now")
    yellow = snapshot.find("incidents_yellow", period="now")
    alarms = system_alarms(snapshot).count
    none = nothing_words(snapshot)
    return merged(
        [
            text_leaf(WallIds.SUPERVISION_NEW, new_words(snapshot)),
            count_leaves(WallIds.SUPERVISION_RED, red, "件"),
            _mark_props(WallIds.SUPERVISION_RED, "red", red.value if red else None),
            count_leaves(WallIds.SUPERVISION_YELLOW, yellow, "件"),
            _mark_props(WallIds.SUPERVISION_YELLOW, "yellow", yellow.value if yellow else None),
            words_leaves(
                WallIds.SUPERVISION_ALARMS,
                str(alarms),
                unit="个",
                css_class="is-alarm" if alarms else "",
            ),
            _mark_props(WallIds.SUPERVISION_ALARMS, "system", alarms),
            work_rows_props(WallIds.SUPERVISION, snapshot),
            text_leaf(WallIds.SUPERVISION_NONE, none),
        ]
    )


def new_words(snapshot: Snapshot) -> str:
    """今日新增红牌6、黄牌47."""
    words = [
        f"{name}{wording.count(reading.value)}"
        for name, key in (("红牌", "red_new"), ("黄牌", "yellow_new"))
        if (reading := snapshot.find(key, period="today")) and reading.value is not None
    ]
    return f"今日新增{'、'.join(words)}" if words else ""


def _mark_props(figure_id: WallIds, kind: str, value: float | None) -> Leaves:
    """Red and amber only where somebody must look: a count of 0, or none, has no colour."""
    css_class = f"supervision-figure is-{kind}{'' if value else ' is-quiet'}"
    return {ids.part(figure_id, "mark"): {"className": css_class}}


def _figure(kind: str, name: str, figure_id: WallIds) -> html.Div:
    return html.Div(
        [
            html.Div([html.I(className=f"icon icon-{kind}"), figure(figure_id)]),
            html.Div(name, className="supervision-name"),
        ],
        id=ids.part(figure_id, "mark"),
        className=f"supervision-figure is-{kind}",
    )
