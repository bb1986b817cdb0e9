"""What imports refused and doubted: the newest files, and the reasons of each source's newest."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard import import_kinds
from dashboard.quality import (
    FindingGroup,
    ImportedFile,
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
    link,
    nothing,
    section,
    state,
    table,
)

NO_FILES = "本库没有导入过文件"


def imports(report: QualityReport, here: QualityAddress, zone: ZoneInfo) -> html.Section:
    if not report.is_whole:
        body: Sequence[Component] = [
            nothing("无权限：导入的文件不分区划，只在全域查看", kind="unknown")
        ]
    elif not report.files:
        body = [nothing(f"{NO_FILES}：没有被拒绝或存疑的行可查", kind="plain")]
    else:
        body = [
            html.Div(
                [
                    _files(report.files, here, zone),
                    _reasons(report.findings, here),
                ],
                className="quality-two",
            )
        ]
    return section(
        QualityIds.IMPORTS,
        "导入：拒绝与存疑",
        *body,
        note=f"最近{len(report.files)}批；原因为各来源最近一批的" if report.files else "",
    )


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


def _of_file(file: ImportedFile, rows: int, listed: QualityAddress) -> Children:
    if not rows or not file.has_findings:
        return f"{rows:,}"
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


def _reasons(findings: Sequence[FindingGroup], here: QualityAddress) -> html.Div:
    if not findings:
        return html.Div(nothing("最近一批没有被拒绝或存疑的行，或报告已满90天删除", kind="plain"))
    columns = (
        Column("结果", "来源"),
        Column("列"),
        Column("原因"),
        Column("行数", is_number=True),
    )
    rows: list[list[Children]] = [
        [
            [
                state("拒绝", "bad") if item.is_rejection else state("存疑", "late"),
                html.Small(item.source_name),
            ],
            item.column or wording.NOTHING,
            item.reason,
            link(
                f"{item.rows:,}",
                here.to(batch=item.batch_id, check=item.check, column=item.column).href(),
            ),
        ]
        for item in findings
    ]
    return table(columns, rows, label="拒绝与存疑的原因", css="is-reasons")
