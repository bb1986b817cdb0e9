"""The wall's page: its frame, built once, and the leaf props of all panels for a snapshot.

`build(screen, snapshot | None)` gives the component tree, `props(screen, snapshot)` every leaf that
may change as `{id: {prop: value}}`: plain texts, classNames, styles, figures. The same snapshot
always gives the same values; no component is ever in them, so a tick rebuilds nothing. Rows of
lists are fixed pools (`is-unused` hides a row). A panel that fails says so and the rest goes on.

What the browser drives
-----------------------
On ``<body>`` (the style sheets listen there):

    data-state    live | late | stale | offline    freshness (DESIGN §6); absent counts as live
    data-theme    day | night                      colours and layout of the night
    data-failing  true                             the sentence of the header names failed parts

Nodes it writes itself, which no leaf prop touches after the first paint:

    header-data-at      14:32:05        header-data-age   3秒前, 延迟45秒
    header-query-at     14:32:06, when silent with the reason behind it
    header-paint-at     14:32:08        header-clock      14:32        header-date 11月20日 周五
    header-alert        one sentence: stale it is the amber bar, offline it stands at hero size
    [data-heartbeat]    three of them with twelve children; the lit one has the class is-lit

On `#wall` stands `data-demo`: true while the data are invented.

`panel-asof` (截至 14:28) is a leaf of every live panel, shown while stale. Numbers have the class
`figure-number`; while offline the style sheet shows 「—」 in their place. Charts follow the wall's
scale by `--chart-scale`, whose number assets/panels.js sets as `--scale` on the root element.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.screens import Screen
from dashboard.snapshot import Snapshot
from layouts import ids, wording
from layouts.components import (
    categories,
    cities,
    disputes,
    header,
    latest,
    levels,
    map_region,
    mediation,
    night_emergencies,
    night_handover,
    night_shift,
    night_trend,
    ranking,
    rates,
    supervision,
    thirty_days,
    today,
    trend,
)
from layouts.ids import WallIds
from layouts.map import STORE_ID
from layouts.panel_frame import (
    FAILED,
    NOT_UPDATED,
    Leaves,
    NothingToShow,
    Panel,
    PanelState,
    marked,
    merged,
    panel_class,
    zone_of,
)
from layouts.source_clock import data_until

log = logging.getLogger(__name__)

REGIONS = ("left", "centre", "right", "bottom", "night_left", "night_right")


def _panel(panel_id: str, kind: str, module: Any, *, is_live: bool) -> Panel:
    return Panel(
        id=panel_id,
        kind=kind,
        is_live=is_live,
        build=module.build,
        state=module.state,
        props=module.props,
    )


PANELS: dict[str, Panel] = {
    "today": _panel(WallIds.TODAY, "today", today, is_live=True),
    "rates": _panel(WallIds.RATES, "rates", rates, is_live=False),
    "trend": _panel(WallIds.TREND, "trend", trend, is_live=True),
    "thirty_days": _panel(WallIds.THIRTY_DAYS, "thirty-days", thirty_days, is_live=False),
    "categories": _panel(WallIds.CATEGORIES, "categories", categories, is_live=True),
    "cities": _panel(WallIds.CITIES, "cities", cities, is_live=True),
    "disputes": _panel(WallIds.DISPUTES, "disputes", disputes, is_live=False),
    "mediation": _panel(WallIds.MEDIATION, "mediation", mediation, is_live=False),
    "levels": _panel(WallIds.LEVELS, "levels", levels, is_live=False),
    "ranking": _panel(WallIds.RANKING, "ranking", ranking, is_live=False),
    "supervision": _panel(WallIds.SUPERVISION, "supervision", supervision, is_live=True),
    "latest": _panel(WallIds.LATEST, "latest", latest, is_live=True),
    "night_emergencies": _panel(
        WallIds.NIGHT_EMERGENCIES, "night-emergencies", night_emergencies, is_live=True
    ),
    "night_shift": _panel(WallIds.NIGHT_SHIFT, "night-shift", night_shift, is_live=True),
    "night_trend": _panel(WallIds.NIGHT_TREND, "night-trend", night_trend, is_live=True),
    "night_handover": _panel(
        WallIds.NIGHT_HANDOVER, "night-handover", night_handover, is_live=True
    ),
}
# The parts of a snapshot that each panel is drawn from, by the names under which they fail.
PARTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("today", "categories", "cities"), ("今日与在办",)),
    **dict.fromkeys(("night_emergencies", "night_shift"), ("今日与在办",)),
    **dict.fromkeys(("disputes", "mediation", "levels"), ("比率与纠纷", "目标值")),
    "rates": ("比率与纠纷", "目标值", "近30日", "未计入"),
    "trend": ("今日走势",),
    "night_trend": ("今日走势", "今日与在办"),
    "thirty_days": ("近30日",),
    "ranking": ("排名",),
    "supervision": ("督办", "今日与在办"),
    "night_handover": ("督办", "今日与在办"),
    "latest": ("最新事件",),
}
# The map is no panel: the ground is its own, and its state is drawn on it.
MAP = "map"


def build(screen: Screen, snapshot: Snapshot | None = None) -> html.Div:
    """The page's frame; with a snapshot its leaves already show it, all but the map's canvases."""
    page = html.Div(
        [
            header.build(screen),
            html.Main(
                [_region(name, screen, snapshot) for name in REGIONS], className="wall-frame"
            ),
        ],
        id=WallIds.ROOT,
        className="wall",
        lang="zh-CN",
    )
    marked(page, demo="false")
    return page if snapshot is None else _filled(page, props(screen, snapshot))


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Every leaf prop of the page. Panels that fail are marked; the others are complete."""
    parts = [_page_props(snapshot), _header_props(snapshot)]
    for name in screen.regions.panels():
        if name == MAP:
            parts.append(_map_props(screen, snapshot))
        else:
            parts.append(_panel_props(name, PANELS[name], screen, snapshot))
    return merged(parts)


def _region(name: str, screen: Screen, snapshot: Snapshot | None) -> html.Div:
    panels = [
        _build_map(screen, snapshot) if panel == MAP else PANELS[panel].build(screen)
        for panel in getattr(screen.regions, name)
    ]
    return html.Div(panels, className=f"region region-{name.replace('_', '-')}")


def _build_map(screen: Screen, snapshot: Snapshot | None) -> html.Section:
    """The map's region; where the snapshot's place can't be used, with the scales of any place."""
    built: html.Section | None = _safely(MAP, partial(map_region.build, screen, snapshot))
    return built if built is not None else map_region.build(screen)


def _page_props(snapshot: Snapshot) -> Leaves:
    return {WallIds.ROOT: {"data-demo": "true" if snapshot.is_demo else "false"}}


def _header_props(snapshot: Snapshot) -> Leaves:
    return _safely("header", partial(header.props, snapshot)) or header.failed_props()


def _map_props(screen: Screen, snapshot: Snapshot) -> Leaves:
    leaves = _safely(MAP, partial(map_region.props, screen, snapshot))
    return map_region.failed_props() if leaves is None else leaves


def _panel_props(name: str, panel: Panel, screen: Screen, snapshot: Snapshot) -> Leaves:
    state = _safely(name, partial(panel.state, screen, snapshot)) or FAILED
    leaves: Leaves | None = None
    if state is not FAILED:
        leaves = _safely(name, partial(panel.props, screen, snapshot))
    if leaves is None:
        return _frame_props(panel, FAILED, snapshot)
    return merged([leaves, _frame_props(panel, _as_updated(name, state, snapshot), snapshot)])


def _as_updated(name: str, state: PanelState, snapshot: Snapshot) -> PanelState:
    """The state, or that the panel shows what it last knew of a part that fails now."""
    fails = any(part in snapshot.failures for part in PARTS[name])
    return NOT_UPDATED if fails and state == PanelState() else state


def _frame_props(panel: Panel, state: PanelState, snapshot: Snapshot) -> Leaves:
    classes = panel_class(panel.id, panel.kind, is_live=panel.is_live, state=state)
    leaves: Leaves = {
        panel.id: {"className": classes},
        ids.part(panel.id, "notice"): {"children": state.notice},
    }
    if panel.is_live:
        until = wording.as_of(data_until(snapshot), snapshot.as_of, zone_of(snapshot))
        leaves[ids.part(panel.id, "asof")] = {"children": until}
    return leaves


def _safely(name: str, make: Callable[[], Any]) -> Any:
    """What `make` gives, or None: a fault of one panel must not take the wall down."""
    try:
        return make()
    except NothingToShow as error:
        log.warning("panel %s has nothing to show: %s", name, error)
    except Exception:
        log.exception("panel %s failed", name)
    return None


def _filled(page: html.Div, leaves: Leaves) -> html.Div:
    """The tree with the leaf props set on its nodes, without the parts its place has no use for.

    A page costs by its nodes: lists that follow the place (groups of counties, its cities) are
    marked `data-follows`; a list of which nothing is used yet keeps all. Should a part be needed
    later, the browser, which meets a leaf it has not got, loads the page anew. What the map draws
    comes by the live stream, which is there before the page is, and is not sent twice.
    """
    for node in _nodes(page):
        key = getattr(node, "id", None) or ""
        for name, value in leaves.get(key, {}).items():
            if key != STORE_ID:
                setattr(node, name, value)
    for node in _nodes(page):
        if getattr(node, "data-follows", None) == "place":
            used = [part for part in node.children if "is-unused" not in part.className.split()]
            node.children = used or node.children
    return page


def _nodes(node: Component) -> Iterator[Component]:
    """The component and all below it."""
    yield node
    children = getattr(node, "children", None)
    for child in children if isinstance(children, list | tuple) else [children]:
        if isinstance(child, Component):
            yield from _nodes(child)
