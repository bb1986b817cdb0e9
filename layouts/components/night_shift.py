"""本班次: what came in and was closed since the shift began."""

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import Snapshot
from layouts import wording
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
    zone_of,
)

FIGURES = (
    ("上报", "incidents_registered", WallIds.NIGHT_SHIFT_REGISTERED),
    ("办结", "incidents_closed", WallIds.NIGHT_SHIFT_CLOSED),
    ("新增红牌督办", "red_new", WallIds.NIGHT_SHIFT_RED),
)


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    parts = [
        html.Div(
            [html.Div(name, className="label"), figure(node, "night-value")],
            className="night-part",
        )
        for name, _, node in FIGURES
    ]
    return panel(
        WallIds.NIGHT_SHIFT,
        "night-shift",
        "本班次",
        html.Div(parts, className="night-parts"),
        note=html.Span(id=WallIds.NIGHT_SHIFT_SINCE),
        is_live=True,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return state_of(*(snapshot.find(key, period="shift") for _, key, _ in FIGURES))


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    shift = snapshot.period("shift")
    zone = zone_of(snapshot)
    since = f"{wording.day_and_minutes(shift.start, zone)}起" if shift else ""
    return merged(
        [
            text_leaf(WallIds.NIGHT_SHIFT_SINCE, since),
            *(
                count_leaves(node, snapshot.find(key, period="shift"), "件")
                for _, key, node in FIGURES
            ),
        ]
    )
