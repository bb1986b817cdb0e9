"""What imports refused and doubted: the newest files, the polls by day, and the reasons of both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard import import_kinds
from dashboard.quality import (
    FindingGroup,
    ImportedFile,
    PolledKind,
    QualityReport,
)
from dashboard.quality_addresses import QualityAddress
from layouts import quality_wording as words
from layouts import wording
from layouts.panel_frame import css_percent
from layouts.quality_parts import (
    Children,
    Column,
    QualityIds,
    day_bars,
    link,
    nothing,
    section,
    state,
    table,
)

NO_FILES = "本库没有导入过文件"
REASONS_SHOWN = 40


def imports(report: QualityReport, here: QualityAddress, zone: ZoneInfo) -> html.Section:
    if not report.is_whole:
        body: Sequence[Component] = [
            nothing("无权限：导入的文件不分区划，只在全域查看", kind="unknown")
        ]
    elif not report.files and not report.polls:
        body = [nothing(f"{NO_FILES}：没有被拒绝或存疑的行可查", kind="plain")]
    else:
        body = [*_brought(report, here, zone), *_reasons(report, here, zone)]
    return section(
        QualityIds.IMPORTS,
        "导入：拒绝与存疑",
        *body,
        note=f"文件列最近的；轮询和原因为近{report.days}天读入的合计，重叠时段内再读到的行再计一次"
        if report.is_whole
        else "",
    )


def _brought(report: QualityReport, here: QualityAddress, zone: ZoneInfo) -> list[Component]:
    """Files and polls, side by side where there are both."""
    parts: list[Component] = []
    if report.files:
        parts.append(html.Div([_files(report.files, here, zone), *_older_files(report, here)]))
    if report.polls:
        parts.append(html.Div(_polls(report, here, zone)))
    return [html.Div(parts, className="quality-two")] if len(parts) == 2 else parts


def _files(files: Sequence[ImportedFile], here: QualityAddress, zone: ZoneInfo) -> html.Div:
    columns = (
        Column("批次", is_number=True),
        Column("文件", "种类 · 来源"),
        Column("开始", "状态"),
        Column("读入", is_number=True),
        Column("拒绝", is_number=True),
        Column("存疑", is_number=True),
        Column("占比", "亮色拒绝，深色存疑"),
    )
    widest = max((_troubled(file) for file in files), default=0.0)
    rows: list[list[Children]] = [
        [
            str(file.id),
            [
                html.Span(file.file_name, className="is-file", title=file.file_name),
                html.Small(f"{import_kinds.in_words(file.kind)} · {file.source_name}"),
            ],
            [
                words.full_instant(file.started_at, zone),
                html.Small(words.STATE_WORDS.get(file.state, file.state)),
            ],
            f"{file.rows_read:,}",
            _of_file(file, file.rows_rejected, here.to(batch=file.id, result="rejected")),
            _of_file(file, file.rows_doubtful, here.to(batch=file.id, result="doubtful")),
            _shares(file, widest),
        ]
        for file in files
    ]
    return table(columns, rows, label="最近导入的文件", css="is-files")


def _older_files(report: QualityReport, here: QualityAddress) -> Iterator[Component]:
    rest = report.imported.files - len(report.files)
    if rest:
        yield html.P(
            [
                f"只列最近{len(report.files)}批，更早的{rest:,}批未列出；全部文件：",
                link(f"{report.imported.files:,}批", here.to(imports="files").href()),
            ],
            className="quality-rest",
        )


def _of_file(file: ImportedFile, rows: int, listed: QualityAddress) -> Children:
    if not rows:
        return "0"
    if not file.has_findings:
        return [f"{rows:,}", html.Small("明细已满90天删除")]
    return link(f"{rows:,}", listed.href())


def _troubled(file: ImportedFile) -> float:
    return (file.rows_rejected + file.rows_doubtful) / file.rows_read if file.rows_read else 0.0


def _shares(file: ImportedFile, widest: float) -> Children:
    """A bar of the refused and one of the doubtful rows, all files on one scale."""
    if not file.rows_read or not widest:
        return wording.NOTHING
    parts = (("is-rejected", file.rows_rejected), ("is-doubtful", file.rows_doubtful))
    bars = [
        html.I(className=css, style={"width": css_percent(rows / file.rows_read / widest)})
        for css, rows in parts
    ]
    text = f"{wording.percent(_troubled(file))}%"
    return html.Div([html.Div(bars, className="quality-bar"), html.Span(text)], className="bar-of")


def _polls(report: QualityReport, here: QualityAddress, zone: ZoneInfo) -> html.Div:
    columns = (
        Column("轮询的来源", "种类"),
        Column("轮询", "有数据的", is_number=True),
        Column("读到", "行次", is_number=True),
        Column("拒绝", is_number=True),
        Column("存疑", is_number=True),
        Column("每日", "亮色为拒绝和存疑"),
    )
    rows = [_poll_row(item, report, here, zone) for item in report.polls]
    return table(columns, rows, label="轮询读到的行", css="is-polls")


def _poll_row(
    item: PolledKind, report: QualityReport, here: QualityAddress, zone: ZoneInfo
) -> list[Children]:
    polls = here.to(imports="polls", source=item.source_key, delivered=item.kind)
    by_day = {day: (read, troubled) for day, read, troubled in item.days}
    most = max((read for read, _ in by_day.values()), default=0)
    bars = (
        (
            read / most if most else 0.0,
            troubled / read if read else 0.0,
            f"{words.day(day)} 读到{read:,}行，拒绝和存疑{troubled:,}行",
        )
        for day in _days(report, zone)
        for read, troubled in [by_day.get(day, (0, 0))]
    )
    numbers = (("rejected", item.rows_rejected), ("doubtful", item.rows_doubtful))
    return [
        [html.Strong(item.source_name), html.Small(import_kinds.in_words(item.kind))],
        link(f"{item.polls:,}", polls.href()),
        f"{item.rows_read:,}",
        *(
            link(f"{rows:,}", replace(polls, result=result).href()) if rows else "0"
            for result, rows in numbers
        ),
        day_bars(bars),
    ]


def _reasons(report: QualityReport, here: QualityAddress, zone: ZoneInfo) -> Iterator[Component]:
    if not report.findings:
        yield html.Div(nothing(f"近{report.days}天读入的没有被拒绝或存疑的行", kind="plain"))
        return
    columns = (
        Column("结果"),
        Column("来源", "种类"),
        Column("列"),
        Column("原因"),
        Column("每日"),
        Column("行数", is_number=True),
    )
    shown, rest = report.findings[:REASONS_SHOWN], report.findings[REASONS_SHOWN:]
    rows = [_reason_row(item, report, here, zone) for item in shown]
    yield table(columns, rows, label="拒绝与存疑的原因", css="is-reasons")
    if rest:
        every = here.to(imports="all", result="all")
        yield html.P(
            [
                f"只列{len(shown)}种，另有{len(rest):,}种原因"
                f"（{sum(item.rows for item in rest):,}处）未列出；",
                link("全部拒绝与存疑的行", every.href()),
            ],
            className="quality-rest",
        )


def _reason_row(
    item: FindingGroup, report: QualityReport, here: QualityAddress, zone: ZoneInfo
) -> list[Children]:
    listed = here.to(
        imports="polls" if item.is_poll else "files",
        source=item.source_key,
        delivered=item.kind,
        check=item.check,
        column=item.column,
        result="rejected" if item.is_rejection else "doubtful",
    )
    by_day: Mapping[date, int] = dict(item.days)
    most = max(by_day.values())
    bars = (
        (rows / most, 1.0 if rows else 0.0, f"{words.day(day)} {rows:,}行")
        for day in _days(report, zone)
        for rows in [by_day.get(day, 0)]
    )
    brought = "轮询" if item.is_poll else "文件"
    return [
        state("拒绝", "bad") if item.is_rejection else state("存疑", "late"),
        [item.source_name, html.Small(f"{import_kinds.in_words(item.kind)} · {brought}")],
        item.column or wording.NOTHING,
        words.reason(item),
        day_bars(bars),
        link(f"{item.rows:,}", listed.href()),
    ]


def _days(report: QualityReport, zone: ZoneInfo) -> list[date]:
    """The local days of the span, the oldest first."""
    today = report.as_of.astimezone(zone).date()
    return [today - timedelta(days=back) for back in reversed(range(report.days))]
