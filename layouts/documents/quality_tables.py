"""A quality report as one flat table: for `cockpit check`, its CSV file and the page's export.

Columns: 部分, 对象, 项目, 数值, 状态, 说明; of a demo 数据 before them (`dashboard.demo_mark`).
"""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboard import demo_mark, import_kinds
from dashboard.errors import SettingsError
from dashboard.quality import OTHER_WORDS, QualityReport, SourceQuality
from dashboard.quality_checks import CHECK_BY_KEY, SUBJECT_WORDS
from dashboard.system_errors import words_of
from layouts import quality_wording as words
from layouts import wording

HEADS = ("部分", "对象", "项目", "数值", "状态", "说明")
# A spreadsheet takes a text that begins so for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
GOOD = "正常"
COMPLETE = "完整"
# What a part without lines means: its query worked and found nothing.
NOTHING_FOUND = {
    "来源": "没有登记任何来源，新鲜程度无从判断。",
    "不能计算的指标": "全部指标可以计算。",
    "字段完整": "没有缺项的案件；没有来源送达案件时也是如此，见“来源”。",
    "其他数据": "没有查到。",
    "部门月报": "没有应报的单位。",
    "导入：拒绝与存疑": "没有导入过文件。",
    "未知或已撤销的区划": "没有案件登记在未知或已撤销的县(市、区)。",
    "界线与审图号": "库中没有界线。",
}

Line = tuple[str, ...]


def table(report: QualityReport) -> Iterator[Line]:
    """Heads, then all parts; of a demo every line says that it is one."""
    return demo_mark.rows(_lines(report), is_demo=report.is_demo)


def _lines(report: QualityReport) -> Iterator[Line]:
    yield HEADS
    zone = ZoneInfo(report.zone)
    about = f"{report.region_name}，近{report.days}天"
    yield ("报告", report.product_name, "读取于", words.full_instant(report.as_of, zone), "", about)
    for part in parts(report).values():
        yield from part


def parts(report: QualityReport) -> dict[str, list[Line]]:
    """The lines of each part by its title; without lines where there is nothing to say."""
    return {
        "来源": list(sources(report)),
        "不能计算的指标": list(indicators(report)),
        "字段完整": list(completeness(report)),
        "其他数据": list(others(report)),
        "部门月报": list(forms(report)),
        "导入：拒绝与存疑": list(imports(report)),
        "未知或已撤销的区划": list(regions(report)),
        "界线与审图号": list(outlines(report)),
    }


def worth_telling(report: QualityReport) -> dict[str, list[Line]]:
    """The parts for a terminal: complete fields are left out."""
    return {
        title: [line for line in lines if line[4] != COMPLETE]
        for title, lines in parts(report).items()
    }


def verdict(report: QualityReport) -> str:
    """What is wrong, in one sentence; empty where nothing is."""
    stale = "、".join(map(_stale_in_words, report.stale))
    found = [f"{len(report.stale)}个来源中断（{stale}）"] if stale else []
    lacking = "、".join(item.title for item in report.uncomputable)
    if lacking:
        found.append(f"{len(report.uncomputable)}项指标不能计算（{lacking}）")
    return f"{'；'.join(found)}。" if found else ""


def _stale_in_words(source: SourceQuality) -> str:
    """The source, and of several kinds those that are silent: 网格平台的环节."""
    silent = [kind.kind for kind in source.kinds if kind.health == "stale"]
    if len(source.kinds) < 2 or not silent:
        return source.name
    return f"{source.name}的{'、'.join(map(import_kinds.in_words, silent))}"


def sources(report: QualityReport) -> Iterator[Line]:
    """Last contact and age of each source, and of each kind where it delivers several."""
    zone = ZoneInfo(report.zone)
    for source in report.sources:
        several = len(source.kinds) > 1
        yield (
            "来源",
            source.name,
            f"{len(source.kinds)}类" if several else import_kinds.in_words(source.kind),
            words.age(source.age_seconds),
            words.HEALTH_WORDS[source.health],
            _contact(source.last_contact_at, None if several else source.last_error, zone),
        )
        for kind in source.kinds if several else ():
            yield (
                "来源",
                source.name,
                import_kinds.in_words(kind.kind),
                words.age(kind.age_seconds),
                words.HEALTH_WORDS[kind.health],
                _contact(kind.last_contact_at, words.failure(kind), zone),
            )


def _contact(at: datetime | None, failure: str | None, zone: ZoneInfo) -> str:
    said = f"最近联系 {words.full_instant(at, zone) or '从未'}"
    return f"{said}；{failure}" if failure else said


def indicators(report: QualityReport) -> Iterator[Line]:
    """Indicators that can't be computed, and those that nothing happened for."""
    for item in report.indicators:
        if item.state != "known":
            state = words.COMPUTABLE_WORDS[item.state]
            yield ("指标", item.title, "能否计算", "", state, item.reason)


def completeness(report: QualityReport) -> Iterator[Line]:
    """Each check of each source's cases."""
    for item in report.completeness:
        subject = SUBJECT_WORDS[item.subject]
        if not item.rows:
            yield ("完整", item.source_name, subject, "0", words.emptiness(item), "")
        for count in item.checks if item.rows else ():
            check = CHECK_BY_KEY[count.check]
            yield (
                "完整",
                f"{item.source_name} {subject}",
                check.field,
                words.share(count),
                f"缺{count.missing:,}" if count.missing else COMPLETE,
                f"{count.base:,}件中；{check.title}：{check.consequence}",
            )


def others(report: QualityReport) -> Iterator[Line]:
    """What is there beside cases."""
    for item in report.others:
        lately = wording.NOTHING if item.lately is None else f"{item.lately:,}"
        coverage = f"覆盖{words.covered(item)}；" if item.covered else ""
        yield (
            "其他",
            OTHER_WORDS[item.key],
            words.newest(item),
            lately,
            words.OTHER_STATES[item.state],
            f"{coverage}用于{words.OTHER_USES[item.key]}",
        )


def forms(report: QualityReport) -> Iterator[Line]:
    """Who has not handed in what."""
    zone = ZoneInfo(report.zone)
    for form in report.forms:
        state = "报全" if form.complete == form.units else "未报全"
        if state == "未报全" and not form.is_due:
            state = "未到期限"
        names = "、".join(form.missing) if form.is_due else ""
        partial = "、".join(form.partial)
        came = words.full_instant(form.received_at, zone)
        said = [
            f"未报送：{names}" if names else "",
            f"部分报送：{partial}" if partial else "",
            f"最近收到 {came}" if came else "",
        ]
        yield (
            "月报",
            f"{form.form}({form.department})",
            words.month(form.month),
            f"{form.complete}/{form.units}",
            state,
            "；".join([words.deadline(form), *filter(None, said)]),
        )


def imports(report: QualityReport) -> Iterator[Line]:
    """The newest files, the polls of the span, then the reasons for refusals and doubts."""
    zone = ZoneInfo(report.zone)
    for file in report.files:
        yield (
            "导入",
            f"{file.source_name} 第{file.id}批",
            words.full_instant(file.started_at, zone),
            f"{file.rows_read:,}",
            words.STATE_WORDS.get(file.state, file.state),
            f"拒绝{file.rows_rejected:,}，存疑{file.rows_doubtful:,}",
        )
    older = report.imported.files - len(report.files)
    if older:
        yield (
            "导入",
            "更早的文件",
            "批次",
            f"{older:,}",
            "未列出",
            f"共{report.imported.files:,}批，见 /quality 的清单",
        )
    for polled in report.polls:
        yield (
            "轮询",
            f"{polled.source_name} {import_kinds.in_words(polled.kind)}",
            f"近{report.days}天{polled.polls:,}次有数据",
            f"{polled.rows_read:,}",
            "",
            f"拒绝{polled.rows_rejected:,}，存疑{polled.rows_doubtful:,}",
        )
    for item in report.findings:
        brought = "轮询" if item.is_poll else "文件"
        by_day = "，".join(f"{words.day(day)}{rows:,}" for day, rows in item.days)
        yield (
            "原因",
            f"{item.source_name} {import_kinds.in_words(item.kind)} {brought}",
            item.column or wording.NOTHING,
            f"{item.rows:,}",
            "拒绝" if item.is_rejection else "存疑",
            f"{words.reason(item)}；{by_day}",
        )


def regions(report: QualityReport) -> Iterator[Line]:
    """Cases under counties that are none of today's."""
    for item in report.stray_counties:
        yield (
            "区划",
            item.name or f"编号{item.county_id}",
            SUBJECT_WORDS[item.subject],
            f"{item.cases:,}",
            "未知" if item.is_unknown else "已撤销",
            words.stray(item),
        )


def outlines(report: QualityReport) -> Iterator[Line]:
    """Sets of lines and their 审图号."""
    for item in report.outlines:
        state = GOOD if item.is_examined else "未经审核"
        yield ("界线", item.name, item.datum, words.shapes(item), state, words.approval(item))


def write(report: QualityReport, path: Path) -> None:
    """The table as a CSV file (UTF-8 with BOM, as spreadsheets expect).

    Raises:
        SettingsError: the file can't be written.
    """
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as stored:
            csv.writer(stored).writerows([map(as_text, line) for line in table(report)])
    except OSError as error:
        raise SettingsError(f"无法写入 {path}：{words_of(error)}。请检查目录和权限。") from error


def as_text(cell: str) -> str:
    """A cell that a spreadsheet shows and does not compute; numbers stay numbers."""
    is_number = cell.replace(",", "").replace(".", "").removeprefix("-").isdecimal()
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) and not is_number else cell
