"""How complete the cases of each source are: a row a source, a column a check, a link a gap."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.quality import (
    CheckCount,
    Completeness,
    QualityReport,
)
from dashboard.quality_addresses import DAYS, QualityAddress
from dashboard.quality_checks import ALL_ROWS, ANY_GAP, CASE_CHECKS, SUBJECT_WORDS
from layouts import quality_wording as words
from layouts import wording
from layouts.quality_parts import (
    Children,
    Column,
    QualityIds,
    day_bars,
    link,
    nothing,
    section,
    table,
)


def completeness(report: QualityReport, here: QualityAddress, zone: ZoneInfo) -> html.Section:
    columns = (
        Column("来源"),
        Column("登记", "件", is_number=True),
        Column("每日", "亮色为有缺项"),
        Column("有缺项", "件", is_number=True),
        *(Column(check.field, is_number=True) for check in CASE_CHECKS),
    )
    rows = [_completeness_row(item, here, zone) for item in report.completeness]
    body = (
        table(columns, rows, label="各来源的字段完整程度", css="is-matrix")
        if rows
        else nothing("没有任何来源送达案件：完整程度无从判断", kind="unknown")
    )
    return section(
        QualityIds.COMPLETENESS,
        "字段完整",
        _span_choice(here),
        body,
        note="每项为带有该字段的案件占比；下面是缺少的件数，点开即为这些案件",
    )


def _span_choice(here: QualityAddress) -> html.Nav:
    """近1天, 近7天, 近30天: the span that rows are looked at over."""
    return html.Nav(
        [
            dcc.Link(
                f"近{days}天",
                href=QualityAddress(region=here.region, days=days).href(),
                className="choice is-chosen" if days == here.days else "choice",
            )
            for days in DAYS
        ],
        className="quality-choices",
    )


def _completeness_row(item: Completeness, here: QualityAddress, zone: ZoneInfo) -> list[Children]:
    counts = {count.check: count for count in item.checks}
    name: Children = [
        html.Strong(item.source_name),
        html.Small(SUBJECT_WORDS[item.subject]),
    ]
    last = item.end.astimezone(zone).date()
    is_past = (here.as_of or item.end).astimezone(zone).date() != last
    every = here.to(source=item.source_key, subject=item.subject)
    rows: list[str | Component] = [
        link(f"{item.rows:,}", replace(every, check=ALL_ROWS.key).href())
        if item.rows
        else words.emptiness(item)
    ]
    if is_past:
        rows.append(html.Small(f"到{last:%Y-%m-%d}"))
    gaps = sum(gap for _, _, gap in item.days)
    any_gap: Children = "0" if item.rows else wording.NOTHING
    if gaps:
        any_gap = link(f"{gaps:,}", replace(every, check=ANY_GAP.key).href())
    cells = [_check_cell(counts.get(check.key), item, here) for check in CASE_CHECKS]
    return [name, rows, _days(item), any_gap, *cells]


def _check_cell(count: CheckCount | None, item: Completeness, here: QualityAddress) -> Children:
    if count is None:
        return html.Span("不适用", className="is-absent")
    if not count.base:
        return wording.NOTHING
    if not count.missing:
        return html.Span("100%", className="is-complete")
    listed = here.to(source=item.source_key, subject=item.subject, check=count.check)
    return [
        html.Span(words.share(count), className="is-gap"),
        link(f"缺{count.missing:,}", listed.href()),
    ]


def _days(item: Completeness) -> Children:
    """One bar a day, the part with gaps in the accent."""
    most = max((rows for _, rows, _ in item.days), default=0)
    if not most:
        return wording.NOTHING
    return day_bars(
        (
            rows / most,
            gaps / rows if rows else 0.0,
            f"{words.day(day)} 登记{rows:,}件，有缺项{gaps:,}件",
        )
        for day, rows, gaps in item.days
    )
