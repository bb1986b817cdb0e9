"""各市今日上报: the child regions in the order of the data, each against yesterday."""

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import MapRegion, Place, Reading, Snapshot
from layouts import ids, summaries, wording
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    count_leaves,
    figure,
    marked,
    merged,
    page_count,
    state_of,
    summary,
    summary_leaf,
    text_leaf,
    untitled_panel,
    width_leaf,
)

# Enough for the counties of the largest city and the towns of nearly every county; how many there
# are beyond them is said beside the title. The style sheet says how many fit on a page.
POOL = 60
# From this many characters on a name needs the room of two.
LONG_NAME = 4
LONGER_NAME = 6


def build(screen: Screen) -> html.Section:
    """Frame of the strip: a pool of cells in pages."""
    return untitled_panel(
        WallIds.CITIES,
        "cities",
        html.Div(
            [
                html.Span(id=WallIds.CITIES_TITLE, className="cities-title"),
                html.Span("件,较昨日同时段", className="cities-unit"),
                page_count("cities"),
                html.Span(id=WallIds.CITIES_REST, className="cities-rest"),
                html.Span(id=ids.part(WallIds.CITIES, "asof"), className="panel-asof"),
            ],
            className="cities-head",
        ),
        marked(
            html.Div(
                [_cell(place) for place in range(POOL)],
                id=WallIds.CITIES_CELLS,
                className="cities-cells",
            ),
            pager="cities",
            pages="even",
            follows="place",
        ),
        summary(WallIds.CITIES),
        is_live=True,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel; a place without parts has an empty strip."""
    children = _children(snapshot)
    return (
        state_of(*(_reading(snapshot, child) for child in children)) if children else PanelState()
    )


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    every = _children(snapshot)
    children = every[:POOL]
    beyond = len(every) - len(children)
    readings = [_reading(snapshot, child) for child in children]
    highest = max((reading.value or 0 for reading in readings if reading), default=0)
    title = f"{_parts_words(snapshot.place)}今日上报"
    names = [child.short_name for child in children]
    parts: list[Leaves] = [
        text_leaf(WallIds.CITIES_TITLE, title),
        summary_leaf(
            WallIds.CITIES, summaries.counts(title, dict(zip(names, readings, strict=True)))
        ),
        text_leaf(WallIds.CITIES_REST, f"另有{beyond}个未列出" if beyond else ""),
        {WallIds.CITIES_CELLS: {"className": f"cities-cells {_room(children)}".strip()}},
    ]
    for place in range(POOL):
        cell = ids.row(WallIds.CITIES, place)
        if place >= len(children):
            parts.append({cell: {"className": "city is-unused"}})
            continue
        reading = readings[place]
        value = (reading.value or 0) if reading else 0
        leads = bool(highest) and value == highest
        parts += [
            {cell: {"className": "city is-leader" if leads else "city"}},
            text_leaf(ids.part(cell, "name"), children[place].short_name),
            count_leaves(ids.part(cell, "value"), reading),
            text_leaf(ids.part(cell, "change"), wording.growth(reading, 0)),
            width_leaf(ids.part(cell, "bar"), value / highest if highest else 0),
        ]
    return merged(parts)


def _parts_words(place: Place) -> str:
    """各市, 各县(市、区) or what counties are called here."""
    if place.child_level == "county":
        return f"各{place.county_word}"
    return wording.LEVEL_WORDS.get(place.child_level or "", "各地")


def _children(snapshot: Snapshot) -> list[MapRegion]:
    return [region for region in snapshot.regions if region.parent_id == snapshot.place.id]


def _room(children: list[MapRegion]) -> str:
    """A class for cells as wide as the longest of the names needs them."""
    longest = max((len(child.short_name) for child in children), default=0)
    return "is-longer" if longest >= LONGER_NAME else "is-long" if longest >= LONG_NAME else ""


def _reading(snapshot: Snapshot, region: MapRegion) -> Reading | None:
    return snapshot.find("incidents_registered", period="today", region_id=region.id)


def _cell(place: int) -> html.Div:
    cell = ids.row(WallIds.CITIES, place)
    return html.Div(
        [
            html.Span(id=ids.part(cell, "name"), className="city-name"),
            html.Span(html.I(id=ids.part(cell, "bar"), className="bar"), className="bar-track"),
            figure(ids.part(cell, "value"), "city-value"),
            html.Span(id=ids.part(cell, "change"), className="city-change"),
        ],
        id=cell,
        className="city is-unused",
    )
