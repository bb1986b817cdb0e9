"""分级化解: where cases are resolved, one stacked bar of three parts in the order of level."""

from dash import html

from dashboard.indicators import RESOLUTION_LEVELS
from dashboard.screens import Screen
from dashboard.snapshot import Reading, Snapshot
from layouts import ids, summaries, targets, wording
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
    summary,
    summary_leaf,
    text_leaf,
    width_leaf,
)

NAMES = {"village": "村(社区)", "town": "乡镇(街道)"}
ABOVE = "县级及以上"
# A part below this share of the bar has no room for its value.
NARROW = 0.16


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    village, town, county = (ids.part(WallIds.LEVELS, level) for level in RESOLUTION_LEVELS)
    bar = html.Div(
        [
            html.Div(figure(village), id=ids.part(village, "bar"), className="level level-village"),
            html.Div(figure(town), id=ids.part(town, "bar"), className="level level-town"),
            html.Div(id=ids.part(county, "bar"), className="level level-county"),
            html.I(id=ids.part(WallIds.LEVELS_LOCAL, "mark"), className="target-mark"),
        ],
        className="levels-bar",
    )
    labels = html.Div(
        [
            html.Span(id=WallIds.LEVELS_VILLAGE_LABEL),
            html.Span(id=WallIds.LEVELS_TOWN_LABEL, className="levels-town-label"),
        ],
        className="levels-labels",
    )
    feet = html.Div(
        [
            html.Span(
                [
                    "乡镇(街道)及以下",
                    html.Span("化解", className="levels-word"),
                    " ",
                    figure(WallIds.LEVELS_LOCAL),
                    html.Span(
                        id=ids.part(WallIds.LEVELS_LOCAL, "target"),
                        className="target levels-target",
                    ),
                ],
                className="levels-local",
            ),
            html.Span([f"{ABOVE} ", figure(county)], className="levels-above"),
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
        summary(WallIds.LEVELS),
        note=html.Span(id=WallIds.LEVELS_BASE),
        is_live=False,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel; without any closed case there is no bar to draw."""
    readings = [_level(snapshot, level) for level in RESOLUTION_LEVELS]
    known = state_of(*readings)
    if known == PanelState() and not any(reading and reading.value for reading in readings):
        closing = snapshot.find("closing_rate", period="month")
        is_any_closed = closing is not None and bool(closing.numerator)
        return PanelState(
            "is-empty", "办结事件均未报化解层级" if is_any_closed else "本期无办结事件"
        )
    return known


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    readings = {level: _level(snapshot, level) for level in RESOLUTION_LEVELS}
    parts: list[Leaves] = []
    shares = []
    for level, reading in readings.items():
        node = ids.part(WallIds.LEVELS, level)
        shares.append((reading.value if reading else None) or 0)
        parts += [rate_leaves(node, reading), width_leaf(ids.part(node, "bar"), shares[-1])]
    local = shares[0] + shares[1]
    in_town = snapshot.find("resolved_in_town_rate", period="month")
    names = (*NAMES.values(), ABOVE)
    month = snapshot.period("month")
    base = wording.base("办结", readings["village"])
    sentences = (
        summaries.rates("分级化解", dict(zip(names, readings.values(), strict=True))),
        targets.sentence(snapshot, {"乡镇(街道)及以下化解": in_town}),
    )
    parts += [
        summary_leaf(WallIds.LEVELS, "".join(sentences)),
        {
            WallIds.LEVELS_TOWN_LABEL: {
                "style": {"left": css_percent(min(max(shares[0], 0.3), 0.68))}
            }
        },
        text_leaf(WallIds.LEVELS_BASE, f"{month.label if month else ''}{base}" if base else ""),
        width_leaf(WallIds.LEVELS_BRACKET, local),
        *_label_props(WallIds.LEVELS_VILLAGE_LABEL, "village", readings["village"]),
        *_label_props(WallIds.LEVELS_TOWN_LABEL, "town", readings["town"]),
        rate_leaves(WallIds.LEVELS_LOCAL, in_town),
        text_leaf(ids.part(WallIds.LEVELS_LOCAL, "target"), targets.short_words(snapshot, in_town)),
        targets.mark_leaf(ids.part(WallIds.LEVELS_LOCAL, "mark"), snapshot, in_town),
    ]
    return merged(parts)


def _label_props(label_id: str, level: str, reading: Reading | None) -> list[Leaves]:
    """The part's name above it; a part too narrow for its value has the value there too."""
    is_narrow = reading is not None and (reading.value or 0) < NARROW
    value = f" {''.join(wording.rate(reading))}" if reading is not None and is_narrow else ""
    css_class = f"level level-{level}{' is-narrow' if is_narrow else ''}"
    return [
        text_leaf(label_id, f"{NAMES[level]}{value}"),
        {ids.part(ids.part(WallIds.LEVELS, level), "bar"): {"className": css_class}},
    ]


def _level(snapshot: Snapshot, level: str) -> Reading | None:
    return snapshot.find("resolution_level", period="month", facet=level)
