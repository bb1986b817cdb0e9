"""The list of cases that need a hand: icon, word, county, what and how long. A pool of rows."""

from dash import html
from dash.development.base_component import Component

from dashboard.snapshot import Snapshot
from layouts import ids, wording
from layouts.panel_frame import Leaves, marked, merged, name, name_leaves, text_leaf, zone_of

POOL = 12
# The name under which a snapshot says that the list could not be computed.
PART = "督办"
# Counties are named in three characters, seldom in more.
USUAL_WIDTH = 3.3


def work_rows(owner: str) -> Component:
    """Rows of a work list; the pager of the browser turns them."""
    rows = [_row(owner, place) for place in range(POOL)]
    rows_id = ids.part(owner, "rows")
    return marked(html.Div(rows, id=rows_id, className="work-rows"), pager="work")


def work_rows_props(owner: str, snapshot: Snapshot) -> Leaves:
    """Leaf props of the rows."""
    counties = [wording.short_county(item.county_name) for item in snapshot.work_items]
    is_long = any(wording.width(county) > USUAL_WIDTH for county in counties)
    css_class = "work-rows is-long" if is_long else "work-rows"
    parts: list[Leaves] = [{ids.part(owner, "rows"): {"className": css_class}}]
    for place in range(POOL):
        row = ids.row(owner, place)
        if place >= len(snapshot.work_items):
            parts.append({row: {"className": "work-row is-unused"}})
            continue
        item = snapshot.work_items[place]
        parts += [
            {row: {"className": f"work-row is-{item.kind}"}},
            {ids.part(row, "icon"): {"className": f"icon icon-{item.kind}"}},
            text_leaf(ids.part(row, "kind"), wording.WORK_ITEM_WORDS[item.kind]),
            name_leaves(ids.part(row, "county"), counties[place]),
            text_leaf(ids.part(row, "class"), item.class_label),
            text_leaf(ids.part(row, "how"), wording.overdue(item.overdue_workdays)),
        ]
    return merged(parts)


def _row(owner: str, place: int) -> html.Div:
    row = ids.row(owner, place)
    return html.Div(
        [
            html.I(id=ids.part(row, "icon"), className="icon"),
            html.Span(id=ids.part(row, "kind"), className="work-kind"),
            name(ids.part(row, "county"), "work-county"),
            html.Span(
                [
                    html.Span(id=ids.part(row, "class"), className="work-class"),
                    html.Span(id=ids.part(row, "how"), className="work-how"),
                ],
                className="work-what",
            ),
        ],
        id=row,
        className="work-row is-unused",
    )


def nothing_words(snapshot: Snapshot) -> str:
    """What an empty list says: checked at what time and none, or why that isn't known.

    Sensitive cases are counted but not listed, so the counts may be above zero over an empty list.
    """
    if snapshot.work_items:
        return ""
    if PART in snapshot.failures:
        return wording.NOT_UPDATED
    readings = [
        snapshot.find(indicator, period="now")
        for indicator in ("incidents_red", "incidents_yellow")
    ]
    known = [reading for reading in readings if reading is not None and reading.status == "known"]
    if not known:
        return wording.NO_DATA
    counted = sum(reading.value or 0 for reading in known)
    if counted:
        return f"{wording.count(counted)}件不在大屏列出"
    return f"{wording.minutes(snapshot.as_of, zone_of(snapshot))}核查,无督办事项"
