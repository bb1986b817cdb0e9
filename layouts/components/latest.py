"""最新事件: new hazards and services in words, to the minute, place to the county."""

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import Snapshot, TickerItem
from layouts import ids, wording
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    marked,
    merged,
    panel,
    state_of,
    text_leaf,
    zone_of,
)

POOL = 12


def build(screen: Screen) -> html.Section:
    """Frame of the panel: a pool of rows in pages."""
    return panel(
        WallIds.LATEST,
        "latest",
        "最新事件",
        marked(
            html.Div([_row(place) for place in range(POOL)], className="latest-rows"),
            pager="latest",
        ),
        html.Div(id=WallIds.LATEST_NONE, className="none"),
        note="隐患、民生",
        is_live=True,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return state_of(snapshot.find("incidents_registered", period="today"))


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    zone = zone_of(snapshot)
    none = "" if snapshot.ticker else f"{wording.minutes(snapshot.as_of, zone)}核查,无新事件"
    parts: list[Leaves] = [text_leaf(WallIds.LATEST_NONE, none)]
    for place in range(POOL):
        row = ids.row(WallIds.LATEST, place)
        if place >= len(snapshot.ticker):
            parts.append({row: {"className": "latest-row is-unused"}})
            continue
        item = snapshot.ticker[place]
        parts += [
            {row: {"className": "latest-row"}},
            text_leaf(ids.part(row, "at"), wording.minutes(item.at, zone)),
            text_leaf(ids.part(row, "place"), place_words(item)),
            text_leaf(
                ids.part(row, "category"), wording.CATEGORY_WORDS.get(item.category, item.category)
            ),
            text_leaf(ids.part(row, "channel"), item.channel),
        ]
    return merged(parts)


def place_words(item: TickerItem) -> str:
    """温州 乐清市; a place directly below the province stands alone."""
    city = item.city_name.removesuffix("市")
    county = wording.short_county(item.county_name)
    return f"{city} {county}" if city else county


def _row(place: int) -> html.Div:
    row = ids.row(WallIds.LATEST, place)
    return html.Div(
        [
            html.Span(id=ids.part(row, what), className=f"latest-{what}")
            for what in ("at", "place", "category", "channel")
        ],
        id=row,
        className="latest-row is-unused",
    )
