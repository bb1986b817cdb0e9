"""The header: product, place, demo tag, three clocks, heartbeat, date and clock, alert sentence.

First values come from the snapshot; from then on the live client writes the clocks, the age and the
sentence itself (see layouts/wall.py).
"""

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import Place, Snapshot
from layouts import wording
from layouts.ids import HeaderIds
from layouts.panel_frame import Leaves, marked, merged, text_leaf, zone_of

BEATS = 12
DEMO_TAG = "演示数据 · 数字虚构"
UNNAMED = "页眉暂不可用"
# One heartbeat a screen: on a wall of three, each can freeze alone.
SCREENS = (
    ("left", "左屏", HeaderIds.HEARTBEAT),
    ("centre", "中屏", HeaderIds.HEARTBEAT_CENTRE),
    ("right", "右屏", HeaderIds.HEARTBEAT_RIGHT),
)


def build(screen: Screen) -> html.Header:
    """The header of all layouts; the style sheet places its parts."""
    return html.Header(
        [
            html.Div(id=HeaderIds.ALERT, className="header-alert", role="alert"),
            html.H1(id=HeaderIds.PRODUCT, className="header-product"),
            html.Div(
                [
                    html.Span(id=HeaderIds.PLACE),
                    html.Span(id=HeaderIds.PLACE_PARTS, className="header-place-parts"),
                ],
                className="header-place",
            ),
            *(_screen_marks(*names) for names in SCREENS),
            html.Div("夜间", className="header-night-tag"),
            _clocks(),
            html.Div(
                [
                    html.Span(id=HeaderIds.DATE, className="header-date"),
                    html.Span(id=HeaderIds.CLOCK, className="header-clock"),
                ],
                className="header-time",
            ),
            html.Div(screen.duty_phone, className="header-duty"),
        ],
        className="header",
    )


def props(snapshot: Snapshot) -> Leaves:
    """Leaf props of everything the header says at the time of the snapshot."""
    zone = zone_of(snapshot)
    return merged(
        [
            text_leaf(HeaderIds.PRODUCT, snapshot.product_name),
            {HeaderIds.PLACE: {"children": place_name(snapshot.place), "className": ""}},
            text_leaf(HeaderIds.PLACE_PARTS, place_parts(snapshot.place)),
            text_leaf(HeaderIds.DATE, wording.date(snapshot.as_of, zone)),
        ]
    )


def failed_props() -> Leaves:
    """Leaf props of a header whose words could not be made: the clocks go on by themselves."""
    return {HeaderIds.PLACE: {"children": UNNAMED, "className": "is-failed"}}


def place_name(place: Place) -> str:
    """全省, or the place's own name."""
    return {"province": "全省", "country": "全国"}.get(place.level, place.name)


def place_parts(place: Place) -> str:
    """· 11个设区市、90个县(市、区); empty for a place without such parts."""
    parts = []
    if place.city_count:
        parts.append(f"{place.city_count}个设区市")
    if place.county_count > 1:
        parts.append(f"{place.county_count}个{place.county_word}")
    return f" · {'、'.join(parts)}" if parts else ""


def _clocks() -> html.Div:
    return html.Div(
        [
            _clock("数据至", HeaderIds.DATA_AT, "header-clock-data", HeaderIds.DATA_AGE),
            _clock("查询", HeaderIds.QUERY_AT, "header-clock-query"),
            _clock("刷新", HeaderIds.PAINT_AT, "header-clock-paint"),
        ],
        className="header-clocks",
    )


def _clock(
    name: str, time_id: HeaderIds, css_class: str, age_id: HeaderIds | None = None
) -> html.Div:
    children = [html.Span(name, className="header-clock-name"), html.Span("—", id=time_id)]
    if age_id is not None:
        children.append(html.Span(id=age_id, className="header-age"))
    return html.Div(children, className=f"header-clock-item {css_class}")


def _screen_marks(side: str, name: str, heartbeat_id: HeaderIds) -> html.Div:
    beats = [html.I() for _ in range(BEATS)]
    return html.Div(
        [
            html.Div(DEMO_TAG, className="demo-tag"),
            html.Div(name, className="header-screen-name"),
            marked(html.Div(beats, id=heartbeat_id, className="heartbeat"), heartbeat=side),
        ],
        className=f"header-marks header-marks-{side}",
    )
