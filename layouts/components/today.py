"""今日上报: the biggest number of the day, and below it 今日办结 and the stock."""

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

# From this on the number needs the width that the change has beside it.
LONG = 100_000


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    hero = html.Div(
        [
            figure(WallIds.TODAY_NUMBER, "today-number"),
            html.Div(
                [
                    html.Span(id=WallIds.TODAY_CHANGE, className="today-change-share"),
                    html.Span(id=WallIds.TODAY_BEFORE, className="today-before"),
                ],
                className="today-change",
            ),
        ],
        id=WallIds.TODAY_HERO,
        className="today-hero",
    )
    parts = html.Div(
        [
            _part("今日办结", WallIds.TODAY_CLOSED, "today-closed"),
            html.Div(id=WallIds.TODAY_STOCK_AS_OF, className="today-stock-as-of"),
            _part("累计在办", WallIds.TODAY_OPEN, "today-open", short="在办"),
            _part("其中超期", WallIds.TODAY_OVERDUE, "today-overdue"),
            _part("其中临期", WallIds.TODAY_NEAR_DUE, "today-near-due", addition="(24小时内)"),
        ],
        className="today-parts",
    )
    return panel(
        WallIds.TODAY, "today", "今日上报", hero, parts, note="件,较昨日同时段", is_live=True
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel."""
    return state_of(snapshot.find("incidents_registered", period="today"))


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    today = snapshot.find("incidents_registered", period="today")
    comparison = today.comparison if today else None
    is_long = today is not None and (today.value or 0) >= LONG
    before = (
        f"昨日同时段{wording.count(comparison.value)}件"
        if comparison and comparison.value is not None
        else ""
    )
    # A zero says when it was checked: the query worked and found nothing.
    is_zero = today is not None and today.value == 0
    minutes = wording.minutes(snapshot.as_of, zone_of(snapshot))
    checked = f"{minutes}核查" if is_zero else ""
    stocks = (
        (WallIds.TODAY_OPEN, "incidents_open"),
        (WallIds.TODAY_OVERDUE, "incidents_overdue"),
        (WallIds.TODAY_NEAR_DUE, "incidents_near_due"),
    )
    return merged(
        [
            {WallIds.TODAY_HERO: {"className": "today-hero is-long" if is_long else "today-hero"}},
            count_leaves(WallIds.TODAY_NUMBER, today),
            text_leaf(WallIds.TODAY_CHANGE, checked or wording.growth(today)),
            text_leaf(WallIds.TODAY_BEFORE, before),
            count_leaves(WallIds.TODAY_CLOSED, snapshot.find("incidents_closed", period="today")),
            text_leaf(
                WallIds.TODAY_STOCK_AS_OF,
                f"累计,截至{minutes}",
            ),
            *(count_leaves(node, snapshot.find(key, period="now")) for node, key in stocks),
        ]
    )


def _part(
    name: str, figure_id: WallIds, css_class: str, *, short: str = "", addition: str = ""
) -> html.Div:
    label = [html.Span(name, className="only-narrow" if short else "")]
    if short:
        label.append(html.Span(short, className="only-wide"))
    if addition:
        label.append(html.Span(addition, className="only-wide"))
    return html.Div(
        [html.Div(label, className="label"), figure(figure_id, "today-value")],
        className=f"today-part {css_class}",
    )
