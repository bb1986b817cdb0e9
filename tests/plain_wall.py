"""A wall of the plainest kind: only what the live half needs, so that its tests need no design."""

from typing import Any

from dash import dcc, html

from dashboard.screens import Screen
from dashboard.snapshot import Snapshot

FIGURES = ("incidents_registered", "incidents_closed")
LEAVES = (
    *("header-alert", "header-data-at", "header-data-age", "header-query-at", "header-paint-at"),
    *("header-clock", "header-date"),
)


def build(screen: Screen, snapshot: Snapshot | None) -> html.Div:
    shown = props(screen, snapshot) if snapshot else {}
    return html.Div(
        [
            html.Header(
                [
                    *(html.Span(id=leaf) for leaf in LEAVES),
                    html.Span([html.I() for _ in range(12)], **{"data-heartbeat": "true"}),
                ]
            ),
            *(
                html.Div(shown.get(name, {}).get("children", "—"), id=name, className="figure")
                for name in FIGURES
            ),
            dcc.Store(id="wall-map-data"),
        ]
    )


def props(screen: Screen, snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    return {name: {"children": _printed(snapshot, name)} for name in FIGURES}


def _printed(snapshot: Snapshot, name: str) -> str:
    reading = snapshot.find(name, period="today")
    return "—" if reading is None or reading.value is None else f"{reading.value:,.0f}"
