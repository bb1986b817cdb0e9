"""分级化解: where cases are resolved, one stacked bar of three parts in the order of level."""

from dash import html

from dashboard.indicators import RESOLUTION_LEVELS
from dashboard.screens import Screen
from dashboard.snapshot import Reading, Snapshot
from layouts import ids
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    css_percent,
    figure,
    merged,
    panel,
    rate_leaves,
    state_of,
    width_leaf,
)


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    village, town, county = (ids.part(WallIds.LEVELS, level) for level in RESOLUTION_LEVELS)
    bar = html.Div(
        [
            html.Div(figure(village), id=ids.part(village, "bar"), className="level level-village"),
            html.Div(figure(town), id=ids.part(town, "bar"), className="level level-town"),
            html.Div(id=ids.part(county, "bar"), className="level level-county"),
        ],
        className="levels-bar",
    )
    labels = html.Div(
        [
            html.Span("村(社区)"),
            html.Span("乡镇(街道)", id=WallIds.LEVELS_TOWN_LABEL, className="levels-town-label"),
        ],
        className="levels-labels",
    )
    feet = html.Div(
        [
            html.Span(
                ["乡镇(街道)及以下化解 ", figure(WallIds.LEVELS_LOCAL)], className="levels-local"
            ),
            html.Span(["县级及以上 ", figure(county)], className="levels-above"),
        ],
        className="levels-feet",
    )
    return panel(
        WallIds.LEVELS,
        "levels",
        "分级化解",
        labels,
        bar,
        html.Div(html.I(id=WallIds.LEVELS_BRACKET), className="levels-bracket"),
        feet,
        note="小事不出村、大事不出镇、矛盾不上交",
        is_live=False,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return state_of(*(_level(snapshot, level) for level in RESOLUTION_LEVELS))


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    parts: list[Leaves] = []
    shares = []
    for level in RESOLUTION_LEVELS:
        reading = _level(snapshot, level)
        node = ids.part(WallIds.LEVELS, level)
        shares.append((reading.value if reading else None) or 0)
        parts += [rate_leaves(node, reading), width_leaf(ids.part(node, "bar"), shares[-1])]
    local = shares[0] + shares[1]
    parts += [
        {WallIds.LEVELS_TOWN_LABEL: {"style": {"left": css_percent(min(shares[0], 0.72))}}},
        width_leaf(WallIds.LEVELS_BRACKET, local),
        rate_leaves(WallIds.LEVELS_LOCAL, snapshot.find("resolved_in_town_rate", period="month")),
    ]
    return merged(parts)


def _level(snapshot: Snapshot, level: str) -> Reading | None:
    return snapshot.find("resolution_level", period="month", facet=level)
