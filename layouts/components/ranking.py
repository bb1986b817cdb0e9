"""县(市、区)排名: groups of like with like, both ends of each, with possible places."""

from collections.abc import Sequence

from dash import html

from dashboard.indicators import INDICATOR_BY_KEY
from dashboard.rankings import rank_change_label
from dashboard.screens import Screen
from dashboard.snapshot import COUNTY_WORD, RankedUnit, Ranking, RankingGroup, Snapshot
from layouts import ids, summaries, wording
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    NothingToShow,
    PanelState,
    css_percent,
    marked,
    merged,
    page_count,
    panel,
    summary,
    summary_leaf,
    text_leaf,
)

# Groups that the panel has pages for; how many there are beyond them is said above the pages.
PAGES = 8
ENDS = 4
SHORT_END = 3
ROWS = 2 * ENDS
FEW_NAMED = 2


def build(screen: Screen) -> html.Section:
    """Frame of the panel: a page a group, turned by the browser or shown side by side."""
    columns = html.Div(
        [
            html.Span("位次", className="rank-place"),
            html.Span("可能名次(90%)", className="rank-range"),
            html.Span(id=WallIds.RANKING_MONTH, className="rank-month"),
            html.Span(id=WallIds.RANKING_CUMULATIVE, className="rank-value"),
            html.Span("较上月", className="rank-change"),
        ],
        className="rank-columns",
    )
    tabs = [
        html.Span(id=ids.part(_page(page), "tab"), className="rank-tab is-unused")
        for page in range(PAGES)
    ]
    return panel(
        WallIds.RANKING,
        "ranking",
        html.Span(f"{COUNTY_WORD}排名", id=WallIds.RANKING_TITLE),
        html.Div(
            [
                marked(
                    html.Div(tabs, className="rank-tabs"), pager_tabs="ranking", follows="place"
                ),
                html.Div(id=WallIds.RANKING_REST, className="rank-rest"),
            ],
            className="rank-head",
        ),
        columns,
        marked(
            html.Div([_build_page(page) for page in range(PAGES)], className="rank-pages"),
            pager="ranking",
            pages="even",
            follows="place",
        ),
        summary(WallIds.RANKING),
        note=html.Span([html.Span(id=WallIds.RANKING_MEASURE), page_count("ranking")]),
        is_live=False,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel: without a ranking the rate's own status says why."""
    if snapshot.ranking is not None:
        units = [unit for group in snapshot.ranking.groups for unit in group.units]
        if any(unit.denominator for unit in units):
            return PanelState()
        return PanelState("is-empty", f"{snapshot.ranking.cumulative_label}均无可计算的案件")
    key = screen.ask.ranking_indicator
    statuses = {reading.status for reading in snapshot.readings if reading.indicator == key}
    if "no_data" in statuses:
        return PanelState("is-no-data", wording.NO_DATA)
    if snapshot.place.county_count < 2:
        return PanelState("is-empty", f"只有一个{snapshot.place.county_word},不作排名")
    if "empty_base" in statuses:
        return PanelState("is-empty", "暂无可排名的单位")
    raise NothingToShow("the snapshot has no ranking")


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    ranking = snapshot.ranking
    heading = text_leaf(WallIds.RANKING_TITLE, f"{snapshot.place.county_word}排名")
    if ranking is None:
        return merged([heading, *(_no_page(page) for page in range(PAGES))])
    title = INDICATOR_BY_KEY[ranking.indicator].title
    groups = in_order(ranking.groups)
    pages: list[Leaves] = [
        _page_props(page, groups[page], ranking) if page < len(groups) else _no_page(page)
        for page in range(PAGES)
    ]
    beyond = len(groups) - PAGES
    return merged(
        [
            heading,
            summary_leaf(WallIds.RANKING, summaries.leaders(title, groups)),
            text_leaf(WallIds.RANKING_MEASURE, f"{title}(%)"),
            text_leaf(WallIds.RANKING_REST, f"另有{beyond}组未列出" if beyond > 0 else ""),
            text_leaf(WallIds.RANKING_MONTH, ranking.month_label),
            text_leaf(WallIds.RANKING_CUMULATIVE, ranking.cumulative_label),
            *pages,
        ]
    )


def in_order(groups: Sequence[RankingGroup]) -> list[RankingGroup]:
    """The groups as given, those set apart (功能区) last: they stand in no group of the others."""
    return sorted(groups, key=lambda group: group.is_apart)


def shown_rows(units: Sequence[RankedUnit]) -> list[RankedUnit | None]:
    """The eight rows of a group: its first and its last four.

    A wide wall hides the 4th and the 5th row; groups of up to six units leave these empty.
    """
    first, last = list(units[:ENDS]), list(units[ENDS:][-ENDS:])
    if len(units) <= 2 * SHORT_END:
        first, last = list(units[:SHORT_END]), list(units[SHORT_END:])
    rows: list[RankedUnit | None] = [None] * ROWS
    rows[: len(first)] = first
    if last:
        rows[-len(last) :] = last
    return rows


def _title(group: RankingGroup) -> str:
    """How many there are; of zones that they stand beside the counties, not among them."""
    return f"{group.name} {len(group.units)}个{',另列' if group.is_apart else ''}"


def foot_words(group: RankingGroup, minimum: int) -> str:
    """Who isn't ranked, alone or for few cases, or that all are; what stands apart."""
    alone = _alone(group, minimum)
    few = [unit for unit in group.units if unit.place is None and 0 < unit.denominator < minimum]
    without = [unit for unit in group.units if unit.place is None and not unit.denominator]
    words = []
    if group.is_apart:
        words.append("另列,数已含在所在县(市、区)")
    words.extend(f"{wording.short_county(unit.name)}无可比单位,不作排名" for unit in alone)
    if few:
        named = " ".join(_few_words(unit) for unit in few[:FEW_NAMED])
        rest = f" 另有{len(few) - FEW_NAMED}个" if len(few) > FEW_NAMED else ""
        words.append(f"件数较少,不参与排名(不足{minimum:,}件):{named}{rest}")
    if without:
        words.append(f"{len(without)}个无计入案件")
    if not words:
        words.append(f"并列按显示值 · 本组均达{minimum:,}件,全部参与排名")
    return " · ".join(words)


def _few_words(unit: RankedUnit) -> str:
    """景宁县38/40(误差范围83—99%): what it is a rate of, and how far chance may carry it."""
    words = f"{wording.short_county(unit.name)}{unit.numerator:,}/{unit.denominator:,}"
    if unit.interval is None:
        return words
    low, high = (wording.percent(end, 0) for end in unit.interval)
    return f"{words}(误差范围{low}—{high}%)"


def _alone(group: RankingGroup, minimum: int) -> list[RankedUnit]:
    """The unit with cases enough and no other to compare with, if there is one."""
    return [unit for unit in group.units if unit.place is None and unit.denominator >= minimum > 0]


def _page_props(page: int, group: RankingGroup, ranking: Ranking) -> Leaves:
    ranked = [unit for unit in group.units if unit.place is not None]
    owner = _page(page)
    marks = {"is-cut": len(ranked) > 2 * SHORT_END, "is-apart": group.is_apart}
    css_class = " ".join(["rank-page", *(name for name, holds in marks.items() if holds)])
    parts: list[Leaves] = [
        {owner: {"className": css_class}},
        {
            ids.part(owner, "tab"): {
                "className": "rank-tab",
                "children": f"{group.name} {len(group.units)}",
            }
        },
        text_leaf(ids.part(owner, "title"), _title(group)),
        text_leaf(ids.part(owner, "foot"), foot_words(group, ranking.minimum_base)),
    ]
    for place, unit in enumerate(shown_rows(ranked or _alone(group, ranking.minimum_base))):
        parts += _row_props(ids.row(owner, place), unit, len(ranked))
    return merged(parts)


def _row_props(row: str, unit: RankedUnit | None, ranked: int) -> list[Leaves]:
    if unit is None:
        return [{row: {"className": "rank-row is-unused"}}]
    change = unit.place_change
    tone = "" if not change else " is-better" if change > 0 else " is-worse"
    return [
        {row: {"className": "rank-row"}},
        text_leaf(ids.part(row, "place"), wording.place(unit)),
        text_leaf(ids.part(row, "name"), wording.short_county(unit.name)),
        text_leaf(ids.part(row, "possible"), wording.possible_places(unit)),
        {ids.part(row, "range"): {"style": _range_style(unit, ranked)}},
        {ids.part(row, "tick"): {"style": _tick_style(unit, ranked)}},
        text_leaf(ids.part(row, "month"), _month_words(unit)),
        text_leaf(ids.part(row, "value"), _value_words(unit)),
        {
            ids.part(row, "change"): {
                "children": rank_change_label(change) or wording.NOTHING,
                "className": f"rank-change{tone}",
            }
        },
    ]


def _value_words(unit: RankedUnit) -> str:
    """What places are judged on is printed alike for all that have one, whatever their cases."""
    if unit.place is not None:
        return wording.percent(unit.value)
    return wording.share(unit.value, unit.numerator, unit.denominator)


def _month_words(unit: RankedUnit) -> str:
    if unit.month_value is None:
        return wording.NOTHING
    cases = unit.month_value * unit.month_denominator
    return wording.share(unit.month_value, cases, unit.month_denominator)


def _range_style(unit: RankedUnit, ranked: int) -> dict[str, str]:
    """The span of places it may hold: a place is one of `ranked` equal parts of the track."""
    if unit.place_low is None or unit.place_high is None or not ranked:
        return {"display": "none"}
    return {
        "left": css_percent((unit.place_low - 1) / ranked),
        "width": css_percent((unit.place_high - unit.place_low + 1) / ranked),
    }


def _tick_style(unit: RankedUnit, ranked: int) -> dict[str, str]:
    if unit.place is None or not ranked:
        return {"display": "none"}
    return {"left": css_percent((unit.place - 0.5) / ranked)}


def _no_page(page: int) -> Leaves:
    owner = _page(page)
    return {
        owner: {"className": "rank-page is-unused"},
        ids.part(owner, "tab"): {"className": "rank-tab is-unused", "children": ""},
    }


def _page(page: int) -> str:
    return ids.part(WallIds.RANKING, f"page-{page}")


def _build_page(page: int) -> html.Div:
    owner = _page(page)
    first = [_row(ids.row(owner, place)) for place in range(ENDS)]
    last = [_row(ids.row(owner, place)) for place in range(ENDS, ROWS)]
    return html.Div(
        [
            html.Div(id=ids.part(owner, "title"), className="rank-title"),
            html.Div(first, className="rank-end rank-first"),
            html.Div(last, className="rank-end rank-last"),
            html.Div(id=ids.part(owner, "foot"), className="rank-foot"),
        ],
        id=owner,
        className="rank-page is-unused",
    )


def _row(row: str) -> html.Div:
    track = html.Span(
        [
            html.I(id=ids.part(row, "range"), className="rank-span"),
            html.I(id=ids.part(row, "tick"), className="rank-tick"),
        ],
        className="rank-track",
    )
    return html.Div(
        [
            html.Span(id=ids.part(row, "place"), className="rank-place"),
            html.Span(id=ids.part(row, "name"), className="rank-name"),
            html.Span(id=ids.part(row, "possible"), className="rank-possible"),
            track,
            html.Span(id=ids.part(row, "month"), className="rank-month"),
            html.Span(id=ids.part(row, "value"), className="rank-value"),
            html.Span(id=ids.part(row, "change"), className="rank-change"),
        ],
        id=row,
        className="rank-row is-unused",
    )
