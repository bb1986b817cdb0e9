"""The page /quality: what can be trusted of the data, part by part; each number opens its rows.

A pure function of a `QualityReport`: header, cards, footnotes. The sections stand in
`layouts.quality_sections`, `quality_completeness` and `quality_imports`, lists of rows in
`layouts.quality_lists`. A state is never told by colour alone, and unknown never looks good.
"""

from zoneinfo import ZoneInfo

from dash import html

from dashboard.quality import (
    QualityReport,
)
from dashboard.quality_addresses import QualityAddress
from dashboard.quality_checks import CASE_CHECKS
from layouts import quality_wording as words
from layouts import wording
from layouts.quality_completeness import completeness
from layouts.quality_imports import NO_FILES, imports
from layouts.quality_parts import (
    QualityIds,
    card,
    header,
    page,
)
from layouts.quality_sections import forms, indicators, others, outlines, regions, sources

NO_PERSON = "本页不含姓名、证件号、电话、住址。"


def build(report: QualityReport, address: QualityAddress) -> html.Div:
    """The whole page."""
    zone = ZoneInfo(report.zone)
    here = address.to(as_of=report.as_of)
    return page(
        [
            header(
                product=report.product_name,
                region=report.region_name,
                is_demo=report.is_demo,
                as_of=report.as_of,
                zone=zone,
                actions=(
                    html.A("导出汇总", href=here.href(".csv"), className="button", download=""),
                    html.A("重新读取", href=address.href(), className="button is-main"),
                ),
            ),
            html.Main(
                [
                    _cards(report),
                    sources(report, zone),
                    indicators(report),
                    completeness(report, here, zone),
                    forms(report, here),
                    imports(report, here, zone),
                    others(report, here),
                    outlines(report, here),
                    regions(report, here),
                ],
                className="quality-main",
            ),
            _definitions(report),
        ]
    )


def _cards(report: QualityReport) -> html.Div:
    by_health = {
        word: sum(words.HEALTH_WORDS[source.health] == word for source in report.sources)
        for word in words.HEALTH_WORDS.values()
    }
    in_states = " · ".join(f"{word}{n}" for word, n in by_health.items() if n and word != "中断")
    rows = sum(item.rows for item in report.completeness)
    gaps = sum(gap for item in report.completeness for _, _, gap in item.days)
    overdue = report.overdue_forms
    missing = sum(len(form.missing) for form in overdue)
    partial = sum(len(form.partial) for form in overdue)
    unexamined = sum(not item.is_examined for item in report.outlines)
    uncomputable = len(report.uncomputable)
    return html.Div(
        [
            card(
                f"#{QualityIds.SOURCES}",
                "中断的来源",
                str(len(report.stale)) if report.sources else wording.NOTHING,
                f"/ {len(report.sources)}个" if report.sources else "",
                in_states or "没有登记任何来源",
                mark="bad" if report.stale else "",
            ),
            card(
                f"#{QualityIds.INDICATORS}",
                "不能计算的指标",
                str(uncomputable),
                f"/ {len(report.indicators)}项",
                "按近30日的数据",
                mark="bad" if uncomputable else "",
            ),
            card(
                f"#{QualityIds.COMPLETENESS}",
                "有缺项的案件",
                wording.percent(gaps / rows) if rows else wording.NOTHING,
                "%" if rows else "",
                f"近{report.days}天{rows:,}件中{gaps:,}件"
                if rows
                else f"近{report.days}天没有登记",
            ),
            card(
                f"#{QualityIds.IMPORTS}",
                "导入时拒绝的行",
                f"{report.imported.rejected:,}" if _has_imports(report) else wording.NOTHING,
                "行" if _has_imports(report) else "",
                _imports_note(report),
            ),
            card(
                f"#{QualityIds.FORMS}",
                "过期未报送",
                f"{missing:,}",
                "个单位次",
                f"另有部分报送{partial:,}" if partial else "没有部分报送",
                mark="late" if missing else "",
            ),
            card(
                f"#{QualityIds.OUTLINES}",
                "未经审核的界线",
                str(unexamined) if report.outlines else wording.NOTHING,
                f"/ {len(report.outlines)}套" if report.outlines else "",
                "须标注：内部使用 未经地图审核"
                if unexamined
                else "审图号与界线相符"
                if report.outlines
                else "库中没有界线",
                mark="late" if unexamined else "",
            ),
        ],
        className="quality-cards",
    )


def _has_imports(report: QualityReport) -> bool:
    return bool(report.imported.files or report.imported.batches)


def _imports_note(report: QualityReport) -> str:
    if not report.is_whole:
        return "导入不分区划，只在全域查看"
    if not _has_imports(report):
        return NO_FILES
    imported = report.imported
    return f"近{report.days}天{imported.batches:,}批，另存疑{imported.doubtful:,}行"


def _definitions(report: QualityReport) -> html.Footer:
    pending = (
        f"有{report.pending_deltas:,}处变化尚未并入汇总(读数时已计入)"
        if report.pending_deltas
        else "全部变化已并入汇总"
    )
    gaps = "；".join(f"{check.title}：{check.consequence}" for check in CASE_CHECKS)
    return html.Footer(
        [
            html.P(f"口径：{gaps}。"),
            html.P(f"{pending}；逐日核对汇总与明细：cockpit db verify。{NO_PERSON}"),
        ],
        className="quality-foot",
    )
