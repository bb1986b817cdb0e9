"""What the pages of /quality are made of: header, cards, tables that become cards on a phone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.addresses import DEFAULT_SCREEN
from layouts import quality_wording as words
from layouts import wording
from layouts.components.header import DEMO_TAG
from layouts.panel_frame import css_percent, marked

Children = str | Component | Sequence[str | Component]


@unique
class QualityIds(StrEnum):
    """Sections of the page: its cards lead to them."""

    ROOT = "quality"
    SOURCES = "quality-sources"
    COMPLETENESS = "quality-completeness"
    OTHERS = "quality-others"
    INDICATORS = "quality-indicators"
    IMPORTS = "quality-imports"
    FORMS = "quality-forms"
    REGIONS = "quality-regions"
    OUTLINES = "quality-outlines"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, a second line under it, and whether it holds numbers."""

    title: str
    note: str = ""
    is_number: bool = False


def page(children: Iterable[Component], *, is_list: bool = False) -> html.Div:
    """The page's root."""
    css = "quality quality-is-list" if is_list else "quality"
    return html.Div(list(children), id=QualityIds.ROOT, className=css, lang="zh-CN")


def header(
    *,
    product: str,
    region: str,
    is_demo: bool,
    as_of: datetime,
    zone: ZoneInfo,
    trail: Sequence[Component] = (),
    actions: Sequence[Component] = (),
) -> html.Header:
    """Product, what this page is, whose data, and when they were read."""
    tag = [html.Span(DEMO_TAG, className="quality-demo")] if is_demo else []
    return html.Header(
        [
            html.Div(product, className="quality-product"),
            html.H1(["数据质量", *trail], className="quality-name"),
            html.Div(f"数据范围：{region}", className="quality-region"),
            *tag,
            html.Div(
                [
                    "读取于 ",
                    html.Strong(words.instant(as_of, zone)),
                    # assets/quality_age.js says in it how long ago that is.
                    marked(html.Span(className="quality-age"), read_at=as_of.isoformat()),
                ],
                className="quality-as-of",
            ),
            html.Nav(
                [*actions, html.A("返回大屏", href=f"/{DEFAULT_SCREEN}", className="button")],
                className="quality-actions",
            ),
        ],
        className="quality-header",
    )


def section(section_id: QualityIds, title: str, *body: Component, note: str = "") -> html.Section:
    """A part of the page with its title and what it is of."""
    notes = [html.P(note, className="quality-note")] if note else []
    return html.Section(
        [html.Div([html.H2(title), *notes], className="quality-head"), *body],
        id=section_id,
        className=f"quality-section {section_id}",
    )


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[Children]], *, label: str, css: str = ""
) -> html.Div:
    """A table; each cell bears its column's title, which a phone prints beside it."""
    heads = [
        html.Th(
            [column.title, *([html.Small(column.note)] if column.note else [])],
            className="is-number" if column.is_number else "",
            scope="col",
        )
        for column in columns
    ]
    body = [
        html.Tr(
            [
                marked(
                    html.Td(cell, className="is-number" if column.is_number else ""),
                    label=column.title,
                )
                for column, cell in zip(columns, row, strict=True)
            ]
        )
        for row in rows
    ]
    found = html.Table(
        [html.Caption(label), html.Thead(html.Tr(heads)), html.Tbody(body)],
        className=f"quality-table {css}".strip(),
    )
    return html.Div(found, className="quality-scroll")


def day_bars(days: Iterable[tuple[float, float, str]]) -> html.Div:
    """One bar a day: its height, the part of it in the accent (both from 0 to 1), and its words."""
    bars = [
        html.Span(
            html.I(style={"height": css_percent(part)}),
            style={"height": css_percent(height)},
            title=words_of_day,
        )
        for height, part, words_of_day in days
    ]
    return html.Div(bars, className="quality-days")


def state(word: str, kind: str) -> html.Span:
    """A state: shape, colour and word; `kind` is good, late, bad, unknown or plain."""
    return html.Span(
        [html.I(className=f"mark mark-{kind}"), html.Span(word)], className=f"state state-{kind}"
    )


def link(text: str, href: str) -> dcc.Link:
    """To the rows of a number, without loading the page anew."""
    return dcc.Link(text, href=href, className="quality-link")


def nothing(sentence: str, *, kind: str = "good") -> html.P:
    """A sentence in place of a table: what was looked for was not there."""
    return html.P(state(sentence, kind), className="quality-nothing")


def card(href: str, title: str, number: str, unit: str, note: str, *, mark: str = "") -> html.A:
    """A number with its name and base, leading to its section."""
    sign = [html.I(className=f"mark mark-{mark}")] if mark else []
    css = "is-unknown" if number == wording.NOTHING else ""
    return html.A(
        [
            html.Span(title, className="quality-card-title"),
            html.Span(
                [*sign, html.Strong(number), html.Small(unit)], className="quality-card-number"
            ),
            html.Span(note, className="quality-card-note"),
        ],
        href=href,
        className=f"quality-card {css}".strip(),
    )
