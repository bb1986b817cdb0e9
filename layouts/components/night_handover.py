"""交班需跟踪 and 系统告警: what the next shift must know."""

from collections.abc import Collection

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import Snapshot
from layouts import wording
from layouts.components.system_alarms import Alarms, system_alarms
from layouts.components.work_list import nothing_words, work_rows, work_rows_props
from layouts.ids import WallIds
from layouts.panel_frame import Leaves, PanelState, figure, merged, panel, text_leaf, words_leaves

PARTS_NAMED = 2


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    alarms = html.Div(
        [
            html.Div(
                [html.H2("系统告警", className="panel-title"), figure(WallIds.NIGHT_ALARMS)],
                className="alarms-head",
            ),
            html.Div(id=WallIds.NIGHT_ALARMS_SOURCES),
            html.Div(id=WallIds.NIGHT_ALARMS_PARTS),
            *(html.Div(line) for line in screen.duty_lines),
        ],
        className="alarms",
    )
    rows = html.Div(
        [
            work_rows(WallIds.NIGHT_HANDOVER),
            html.Div(id=WallIds.NIGHT_HANDOVER_NONE, className="none"),
        ],
        className="handover-list",
    )
    return panel(
        WallIds.NIGHT_HANDOVER,
        "night-handover",
        "交班需跟踪",
        rows,
        alarms,
        note="累计,非紧急",
        is_live=True,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel: the alarms are known with every snapshot."""
    return PanelState()


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    alarms = system_alarms(snapshot)
    none = nothing_words(snapshot)
    return merged(
        [
            work_rows_props(WallIds.NIGHT_HANDOVER, snapshot),
            text_leaf(WallIds.NIGHT_HANDOVER_NONE, none),
            words_leaves(
                WallIds.NIGHT_ALARMS,
                wording.count(alarms.count),
                unit="个",
                css_class="is-alarm" if alarms.count else "",
            ),
            text_leaf(WallIds.NIGHT_ALARMS_SOURCES, source_words(alarms)),
            text_leaf(WallIds.NIGHT_ALARMS_PARTS, part_words(snapshot.failures)),
        ]
    )


def part_words(failures: Collection[str]) -> str:
    """未能更新的部分:排名、热力等5个; there is room for two by name."""
    names = "、".join(list(failures)[:PARTS_NAMED]) or "无"
    rest = f"等{len(failures)}个" if len(failures) > PARTS_NAMED else ""
    return f"未能更新的部分:{names}{rest}"


def source_words(alarms: Alarms) -> str:
    """数据接口 7/7,最慢延迟4秒."""
    if not alarms.live_sources:
        return f"数据接口 {wording.NO_DATA}"
    words = f"数据接口 {alarms.live_sources - alarms.silent_sources}/{alarms.live_sources}"
    if alarms.slowest_seconds is not None:
        words += f",最慢延迟{alarms.slowest_seconds}秒"
    return words
