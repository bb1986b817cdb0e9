"""最新事件: new hazards and services in words, to the minute, place to the county."""

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import Place, Snapshot, TickerItem
from layouts import ids, wording
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    marked,
    merged,
    name,
    name_leaves,
    panel,
    state_of,
    text_leaf,
    zone_of,
)

POOL = 12
# The name under which a snapshot says that the list could not be computed.
PART = "最新事件"


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
    parts: list[Leaves] = [text_leaf(WallIds.LATEST_NONE, nothing_words(snapshot))]
    for place in range(POOL):
        row = ids.row(WallIds.LATEST, place)
        if place >= len(snapshot.ticker):
            parts.append({row: {"className": "latest-row is-unused"}})
            continue
        item = snapshot.ticker[place]
        parts += [
            {row: {"className": "latest-row"}},
            text_leaf(ids.part(row, "at"), wording.minutes(item.at, zone)),
            name_leaves(ids.part(row, "place"), place_words(item, snapshot.place)),
            text_leaf(
                ids.part(row, "category"), wording.CATEGORY_WORDS.get(item.category, item.category)
            ),
            text_leaf(ids.part(row, "channel"), item.channel),
        ]
    return merged(parts)


def nothing_words(snapshot: Snapshot) -> str:
    """What an empty list says: checked at what time and none, or that it could not be checked."""
    if snapshot.ticker:
        return ""
    if PART in snapshot.failures:
        return wording.NOT_UPDATED
    return f"{wording.minutes(snapshot.as_of, zone_of(snapshot))}核查,无新事件"


def place_words(item: TickerItem, shown: Place) -> str:
    """温州 乐清市; the county alone directly below the province, and on its own city's wall."""
    city = item.city_name.removesuffix("市")
    county = wording.short_county(item.county_name)
    return f"{city} {county}" if city and shown.level not in ("city", "county") else county


def _row(place: int) -> html.Div:
    row = ids.row(WallIds.LATEST, place)
    return html.Div(
        [
            html.Span(id=ids.part(row, "at"), className="latest-at"),
            name(ids.part(row, "place"), "latest-place"),
            html.Span(id=ids.part(row, "category"), className="latest-category"),
            html.Span(id=ids.part(row, "channel"), className="latest-channel"),
        ],
        id=row,
        className="latest-row is-unused",
    )
