"""What all panels share: the frame with title and as-of, figures, and the leaf props of both.

Leaf props are `{id: {prop: value}}`, JSON values only. A panel's own figures stand in
`layouts.components`; texts come from `layouts.wording`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.screens import Screen
from dashboard.snapshot import Reading, Snapshot
from layouts import ids, wording

Leaves = dict[str, dict[str, Any]]
Node = TypeVar("Node", bound=Component)

STATUS_WORDS = {
    "no_data": wording.NO_DATA,
    "forbidden": wording.FORBIDDEN,
    "suppressed": wording.SUPPRESSED,
    "empty_base": wording.NOTHING,
}
STATUS_CLASSES = {
    "no_data": "is-no-data",
    "forbidden": "is-forbidden",
    "suppressed": "is-suppressed",
    "empty_base": "is-empty",
}


class NothingToShow(LookupError):
    """The snapshot lacks what the panel is about; the page says 本面板暂不可用."""


@dataclass(frozen=True, slots=True)
class PanelState:
    """How a whole panel stands: a class beside its own, and a word laid over it."""

    css_class: str = ""
    notice: str = ""


FAILED = PanelState("is-failed", wording.FAILED)
# The panel keeps its last picture; the word stands on its edge.
NOT_UPDATED = PanelState("is-not-updated", wording.NOT_UPDATED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """A panel of the wall: its frame, built once, and its leaf props, pure functions of a snapshot.

    `state` raises NothingToShow where the snapshot lacks what the panel is about.
    """

    id: str
    kind: str
    is_live: bool
    build: Callable[[Screen], Component]
    state: Callable[[Screen, Snapshot], PanelState]
    props: Callable[[Screen, Snapshot], Leaves]


def panel(
    panel_id: str,
    kind: str,
    title: str | Component,
    *body: Component,
    note: str | Component | None = None,
    is_live: bool,
) -> html.Section:
    """A panel: head with title, note and the as-of shown while stale; body; notice over it."""
    notes = [] if note is None else [html.Div(note, className="panel-note")]
    if is_live:
        notes.append(html.Div(id=ids.part(panel_id, "asof"), className="panel-asof"))
    return html.Section(
        [
            html.Div(
                [html.H2(title, className="panel-title"), *notes],
                className="panel-head",
            ),
            html.Div(list(body), className="panel-body"),
            html.Div(id=ids.part(panel_id, "notice"), className="panel-notice"),
        ],
        id=panel_id,
        className=panel_class(panel_id, kind, is_live=is_live),
    )


def untitled_panel(panel_id: str, kind: str, *body: Component, is_live: bool) -> html.Section:
    """A panel whose parts carry their own titles."""
    return html.Section(
        [
            html.Div(list(body), className="panel-body"),
            html.Div(id=ids.part(panel_id, "notice"), className="panel-notice"),
        ],
        id=panel_id,
        className=panel_class(panel_id, kind, is_live=is_live),
    )


def panel_class(
    panel_id: str, kind: str, *, is_live: bool, state: PanelState = PanelState()
) -> str:
    """Classes of a panel's root."""
    names = ("panel", f"panel-{kind}", "panel-live" if is_live else "panel-slow", state.css_class)
    return " ".join(name for name in names if name)


def state_of(*readings: Reading | None) -> PanelState:
    """The state all these readings share: a panel of nothing but 未接入 is hatched as a whole.

    Raises:
        NothingToShow: none of them is in the snapshot.
    """
    known = [reading for reading in readings if reading is not None]
    if not known:
        raise NothingToShow("no reading of this panel is in the snapshot")
    statuses = {reading.status for reading in known}
    if statuses == {"no_data"}:
        return PanelState("is-no-data", wording.NO_DATA)
    if statuses == {"forbidden"}:
        return PanelState("is-forbidden", wording.FORBIDDEN)
    return PanelState()


def figure(figure_id: str, css_class: str = "") -> html.Span:
    """A number with its unit, half its size, behind."""
    return html.Span(
        [
            html.Span(id=figure_id, className="figure-number"),
            html.Span(id=ids.part(figure_id, "unit"), className="figure-unit"),
        ],
        className=f"figure {css_class}".strip(),
    )


def figure_leaves(
    figure_id: str, reading: Reading | None, text: str = "", unit: str = ""
) -> Leaves:
    """Leaf props of a figure: the text and unit given, or the word for the reading's status."""
    if reading is None:
        return words_leaves(figure_id, wording.NOTHING, css_class="is-empty")
    if reading.status in STATUS_WORDS:
        return words_leaves(
            figure_id, STATUS_WORDS[reading.status], css_class=STATUS_CLASSES[reading.status]
        )
    return words_leaves(figure_id, text, unit=unit)


def words_leaves(figure_id: str, text: str, *, unit: str = "", css_class: str = "") -> Leaves:
    """Leaf props of a figure that says these words."""
    return {
        figure_id: {"children": text, "className": f"figure-number {css_class}".strip()},
        ids.part(figure_id, "unit"): {"children": unit},
    }


def count_leaves(figure_id: str, reading: Reading | None, unit: str = "") -> Leaves:
    """Leaf props of a count."""
    text = wording.count(reading.value) if reading else ""
    return figure_leaves(figure_id, reading, text, unit)


def rate_leaves(figure_id: str, reading: Reading | None) -> Leaves:
    """Leaf props of a rate, a fraction first where the base is small."""
    text, unit = wording.rate(reading) if reading else ("", "")
    return figure_leaves(figure_id, reading, text, unit)


def marked(component: Node, **marks: str) -> Node:
    """The component with data-* attributes, e.g. pager="ranking" for data-pager."""
    for name, value in marks.items():
        setattr(component, f"data-{name.replace('_', '-')}", value)
    return component


def summary(panel_id: str) -> html.P:
    """Place of the sentence that says a chart to who can't see it."""
    return html.P(id=ids.part(panel_id, "summary"), className="summary")


def summary_leaf(panel_id: str, sentence: str) -> Leaves:
    """Leaf props of that sentence."""
    return text_leaf(ids.part(panel_id, "summary"), sentence)


def name(leaf_id: str, css_class: str = "") -> html.Span:
    """A name that may be too long for its place: then its middle gives way, not its end."""
    return html.Span(
        [
            html.Span(id=ids.part(leaf_id, "head"), className="name-head"),
            html.Span(id=leaf_id, className="name-end"),
        ],
        className=f"name {css_class}".strip(),
    )


def name_leaves(leaf_id: str, text: str) -> Leaves:
    """Leaf props of such a name."""
    head, end = wording.name_ends(text)
    return {ids.part(leaf_id, "head"): {"children": head}, leaf_id: {"children": end}}


def page_count(pager: str) -> html.Span:
    """第1页,共2页, where a list has more than one; the browser that turns the pages says it."""
    return marked(html.Span(className="page-count"), pager_count=pager)


def text_leaf(leaf_id: str, text: str) -> Leaves:
    """Leaf props of a plain text."""
    return {leaf_id: {"children": text}}


def width_leaf(leaf_id: str, share: float) -> Leaves:
    """Leaf props of a bar, `share` of its track from 0 to 1."""
    return {leaf_id: {"style": {"width": css_percent(share)}}}


def css_percent(share: float) -> str:
    """A share as a CSS percentage, within its track."""
    return f"{round(min(1.0, max(0.0, share)) * 100, 2):g}%"


def merged(parts: Iterable[Leaves]) -> Leaves:
    """Leaf props of several parts as one; each leaf belongs to one part."""
    leaves: Leaves = {}
    for part in parts:
        for leaf_id, props in part.items():
            leaves.setdefault(str(leaf_id), {}).update(props)
    return leaves


def zone_of(snapshot: Snapshot) -> ZoneInfo:
    """The database's zone: all times on the wall are in it."""
    return ZoneInfo(snapshot.zone)
