"""Sections of /quality that stand by themselves: sources, indicators, forms, regions, outlines.

Each takes a `QualityReport` and gives a section of the page.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard import import_kinds
from dashboard.quality import (
    OTHER_WORDS,
    Computable,
    FormState,
    OtherData,
    OutlineSet,
    QualityReport,
    SourceQuality,
)
from dashboard.quality_addresses import QualityAddress
from dashboard.quality_checks import SUBJECT_WORDS
from layouts import quality_wording as words
from layouts import wording
from layouts.quality_parts import (
    Children,
    Column,
    QualityIds,
    link,
    nothing,
    section,
    state,
    table,
)

HEALTH_MARKS = {
    "live": "good",
    "late": "late",
    "stale": "bad",
    "never": "unknown",
    "by_hand": "plain",
}
COMPUTABLE_MARKS = {"known": "good", "quiet": "plain"}
NAMES_SHOWN = 6


def sources(report: QualityReport, zone: ZoneInfo) -> html.Section:
    columns = (
        Column("来源"),
        Column("送达"),
        Column("状态"),
        Column("最近一次联系", is_number=True),
        Column("距今", is_number=True),
        Column("应有间隔", is_number=True),
        Column("最近一行", is_number=True),
        Column("最近一次出错"),
    )
    rows = [row for source in report.sources for row in _source_rows(source, report, zone)]
    body = (
        table(columns, rows, label="各来源的新鲜程度", css="is-sources")
        if rows
        else nothing("没有登记任何来源：新鲜程度无从判断", kind="unknown")
    )
    return section(
        QualityIds.SOURCES,
        "来源",
        body,
        note="超过2个间隔为延迟，超过4个间隔或出错为中断；分类同步的来源以最差的一类为准",
    )


def _source_rows(
    source: SourceQuality, report: QualityReport, zone: ZoneInfo
) -> Iterator[list[Children]]:
    """A line for the source, and one a kind where it delivers several."""
    several = len(source.kinds) > 1
    yield [
        html.Strong(source.name),
        f"{len(source.kinds)}类" if several else import_kinds.in_words(source.kind),
        state(words.HEALTH_WORDS[source.health], HEALTH_MARKS[source.health]),
        words.recent(source.last_contact_at, report.as_of, zone),
        words.age(source.age_seconds),
        words.age(source.cycle_seconds) if source.health != "by_hand" else wording.NOTHING,
        words.recent(source.last_row_at, report.as_of, zone),
        _error(source.last_error_at, None if several else source.last_error, report, zone),
    ]
    for kind in source.kinds if several else ():
        yield [
            html.Small(source.name),
            import_kinds.in_words(kind.kind),
            state(words.HEALTH_WORDS[kind.health], HEALTH_MARKS[kind.health]),
            words.recent(kind.last_contact_at, report.as_of, zone),
            words.age(kind.age_seconds),
            wording.NOTHING,
            wording.NOTHING,
            _error(kind.last_error_at, words.failure(kind), report, zone),
        ]


def _error(
    at: datetime | None, reason: str | None, report: QualityReport, zone: ZoneInfo
) -> Children:
    moment = words.recent(at, report.as_of, zone)
    return [moment, html.Small(reason)] if reason else moment


def indicators(report: QualityReport) -> html.Section:
    """Indicators that can't be computed, by reason; those that nothing happened for at the end."""
    by_reason: dict[tuple[bool, Computable, str], list[str]] = {}
    for item in report.indicators:
        if item.state != "known":
            key = (item.state == "quiet", item.state, item.reason)
            by_reason.setdefault(key, []).append(item.title)
    listed = sum(map(len, by_reason.values()))
    known = len(report.indicators) - listed
    if not by_reason:
        body: Component = nothing(f"{known}项指标全部可以计算")
    else:
        columns = (Column("情况"), Column("原因"), Column("指标"))
        rows: list[list[Children]] = [
            [
                state(words.COMPUTABLE_WORDS[kind], COMPUTABLE_MARKS.get(kind, "bad")),
                reason,
                [html.Strong(f"{len(titles)}项 "), "、".join(titles)],
            ]
            for (_, kind, reason), titles in sorted(by_reason.items(), key=lambda pair: pair[0][0])
        ]
        body = table(columns, rows, label="不能计算的指标和原因", css="is-reasons")
    note = f"可以计算{known}项" if listed else "按近30日的数据"
    return section(QualityIds.INDICATORS, "不能计算的指标", body, note=note)


def others(report: QualityReport, here: QualityAddress) -> html.Section:
    """What is there beside cases, and which figures need it."""
    marks = {"good": "good", "quiet": "plain", "partial": "late", "short": "late"}
    columns = (
        Column("数据"),
        Column("情况"),
        Column("条数", f"逐日的为近{report.days}天", is_number=True),
        Column("最近", is_number=True),
        Column("覆盖", "县(市、区)", is_number=True),
        Column("用于"),
    )
    rows: list[list[Children]] = [
        [
            html.Strong(OTHER_WORDS[item.key]),
            state(words.OTHER_STATES[item.state], marks.get(item.state, "unknown")),
            _of_other(item, here),
            words.newest(item),
            _coverage(item, here),
            words.OTHER_USES[item.key],
        ]
        for item in report.others
    ]
    return section(
        QualityIds.OTHERS,
        "其他数据",
        table(columns, rows, label="案件以外的各类数据"),
        note="“近来没有”是查询成功而没有新的，“未接入”是从未有过",
    )


def _of_other(item: OtherData, here: QualityAddress) -> Children:
    if item.lately is None:
        return wording.NOTHING
    return link(f"{item.lately:,}", here.to(other=item.key).href()) if item.lately else "0"


def _coverage(item: OtherData, here: QualityAddress) -> Children:
    if item.covered is None or not item.covered[0]:
        return words.covered(item)
    return link(words.covered(item), here.to(other=item.key, result="covered").href())


def forms(report: QualityReport, here: QualityAddress) -> html.Section:
    """The month before, of which figures are due or soon will be, and the one that runs."""
    months = sorted({form.month for form in report.forms})
    by_month = {(form.form, form.month): form for form in report.forms}
    last, running = (next(form for form in report.forms if form.month == month) for month in months)
    columns = (
        Column("报表"),
        Column(f"{last.month.month}月已报全", words.deadline(last), is_number=True),
        Column("部分报送", is_number=True),
        Column("未报送", is_number=True),
        Column("未报送、部分报送的单位"),
        Column("最近收到", "表样文件", is_number=True),
        Column(f"{running.month.month}月已报全", words.deadline(running), is_number=True),
        Column("未报全", is_number=True),
    )
    rows = [
        _form_row(form, by_month[form.form, running.month], report, here)
        for form in report.forms
        if form.month == last.month
    ]
    return section(
        QualityIds.FORMS,
        "部门月报",
        table(columns, rows, label="各月报的报送情况", css="is-forms"),
        note="期限为次月第5个工作日；表样用 cockpit template 生成",
    )


def _form_row(
    last: FormState, running: FormState, report: QualityReport, here: QualityAddress
) -> list[Children]:
    unreported = len(running.missing) + len(running.partial)
    return [
        [html.Strong(last.form), html.Small(last.department)],
        _complete(last, here),
        _of_form(len(last.partial), last, here, "partial"),
        _of_form(len(last.missing), last, here, "missing"),
        _units(last),
        words.recent(last.received_at, report.as_of, ZoneInfo(report.zone)),
        _complete(running, here),
        _of_form(unreported, running, here, None),
    ]


def _of_form(units: int, form: FormState, here: QualityAddress, result: str | None) -> Children:
    """A number of units that opens these units and what they lack."""
    listed = here.to(form=form.form, month=f"{form.month:%Y-%m}", result=result)
    return link(str(units), listed.href()) if units else "0"


def _complete(form: FormState, here: QualityAddress) -> Children:
    listed = here.to(form=form.form, month=f"{form.month:%Y-%m}", result="complete")
    said = f"{form.complete}/{form.units}"
    return link(said, listed.href()) if form.complete else said


def _units(form: FormState) -> Children:
    if not form.missing and not form.partial:
        return state("报全", "good")
    names = [*form.missing, *(f"{name}(部分)" for name in form.partial)]
    shown = "、".join(names[:NAMES_SHOWN])
    rest = f"等{len(names)}个" if len(names) > NAMES_SHOWN else ""
    return state(shown + rest, "late" if form.is_due and form.missing else "plain")


def regions(report: QualityReport, here: QualityAddress) -> html.Section:
    if not report.stray_counties:
        body: Component = nothing("没有案件登记在未知或已撤销的县(市、区)")
    else:
        columns = (
            Column("登记的区划"),
            Column("情况"),
            Column("对象"),
            Column("计入"),
            Column("件数", is_number=True),
        )
        rows: list[list[Children]] = [
            [
                html.Strong(item.name or f"编号{item.county_id}"),
                state("未知", "bad") if item.is_unknown else state("已撤销", "plain"),
                SUBJECT_WORDS[item.subject],
                words.stray(item),
                link(
                    f"{item.cases:,}", here.to(county=item.county_id, subject=item.subject).href()
                ),
            ]
            for item in report.stray_counties
        ]
        body = table(columns, rows, label="未知或已撤销区划下的案件")
    return section(QualityIds.REGIONS, "未知或已撤销的区划", body, note="全部时间")


def outlines(report: QualityReport, here: QualityAddress) -> html.Section:
    if not report.outlines:
        body: Component = nothing("库中没有界线：地图只有底图", kind="unknown")
    else:
        columns = (
            Column("界线"),
            Column("来历"),
            Column("坐标系"),
            Column("范围"),
            Column("审图号"),
        )
        rows: list[list[Children]] = [
            [
                html.Strong(item.name),
                item.origin,
                item.datum,
                _shapes(item, here),
                state(words.approval(item), "plain" if item.is_examined else "late"),
            ]
            for item in report.outlines
        ]
        body = table(columns, rows, label="界线与审图号", css="is-outlines")
    return section(QualityIds.OUTLINES, "界线与审图号", body, note="审图号只对所审的这一套界线有效")


def _shapes(item: OutlineSet, here: QualityAddress) -> Children:
    """Numbers of lines by level, and of illustrative ones; each opens its regions."""
    links: list[str | Component] = [
        link(words.shape(level, count), here.to(outline=item.id, level=level).href())
        for level, count in item.shapes
    ]
    if item.illustrative:
        links.append(link(f"示意{item.illustrative:,}个", here.to(outline=item.id).href()))
    return [part for each in links for part in ("、", each)][1:]
