"""A list of the rows behind a number of /quality: title with the number, table, pages, export."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from dash import dcc, html

from dashboard.quality import ImportedFile, ListRow, QualityList
from dashboard.quality_addresses import QualityAddress
from layouts import quality_wording as words
from layouts.quality_parts import Children, Column, header, link, nothing, page, table

UNITS = {
    "findings": " 行",
    "batches": " 批",
    "form": " 个",
    "outlines": " 个",
    "others": " 条",
}
NUMBERS = ("行号", "读入", "拒绝", "存疑")


def build(found: QualityList, address: QualityAddress) -> html.Div:
    """The list's page."""
    zone = ZoneInfo(found.zone)
    back = QualityAddress(region=address.region, days=address.days).href()
    export = address.turned_to(1).href(".csv")
    return page(
        [
            header(
                product=found.product_name,
                region=found.region_name,
                is_demo=found.is_demo,
                as_of=found.as_of,
                zone=zone,
                actions=(
                    dcc.Link("返回数据质量", href=back, className="button"),
                    html.A("导出 CSV", href=export, className="button is-main", download=""),
                ),
            ),
            html.Main(
                html.Section(
                    [
                        html.Div(
                            [
                                html.H2(f"{found.title} {found.total:,}{_unit(address)}"),
                                html.P(found.about, className="quality-note"),
                            ],
                            className="quality-head",
                        ),
                        html.P(found.consequence, className="quality-why"),
                        _table(found, address, zone),
                        _pages(found, address),
                    ],
                    className="quality-section quality-list",
                ),
                className="quality-main",
            ),
        ],
        is_list=True,
    )


def _unit(address: QualityAddress) -> str:
    return UNITS.get(address.kind, " 件")


def _table(found: QualityList, address: QualityAddress, zone: ZoneInfo) -> html.Div:
    if not found.rows:
        beyond = found.total and found.page > found.pages
        return html.Div(nothing("没有这一页" if beyond else "查询成功，没有这样的行", kind="plain"))
    columns = [Column(head, is_number=head in NUMBERS) for head in words.list_heads(address.kind)]
    rows = [_cells(row, address, zone) for row in found.rows]
    return table(columns, rows, label=found.title, css=f"is-{address.kind}")


def _cells(row: ListRow, address: QualityAddress, zone: ZoneInfo) -> list[Children]:
    """The cells of a row; of a file or poll the refused and doubtful rows open their lists."""
    cells: list[Children] = list(words.list_cells(row, zone))
    if isinstance(row, ImportedFile) and row.has_findings:
        numbers = (("rejected", row.rows_rejected), ("doubtful", row.rows_doubtful))
        for place, (result, rows) in enumerate(numbers, start=len(cells) - len(numbers)):
            if rows:
                cells[place] = link(f"{rows:,}", address.to(batch=row.id, result=result).href())
    return cells


def _pages(found: QualityList, address: QualityAddress) -> html.Nav:
    """本页1—50 of how many, and the pages around this one."""
    first = (found.page - 1) * found.page_size + 1
    last = min(found.total, found.page * found.page_size)
    said = f"共{found.total:,}{_unit(address).strip()}"
    if found.rows:
        said += f"，本页{first:,}—{last:,}"
    links = [
        html.Span(f"{number:,}", className="choice is-chosen")
        if number == found.page
        else html.Span("…", className="choice is-gap")
        if number is None
        else dcc.Link(f"{number:,}", href=address.turned_to(number).href(), className="choice")
        for number in _numbers(found.page, found.pages)
    ]
    return html.Nav(
        [html.Span(f"{said}。清单不含姓名、证件号、电话、住址。"), html.Div(links)],
        className="quality-pages",
    )


def _numbers(current: int, pages: int) -> Iterator[int | None]:
    """First, last and those around the current one; None stands for a gap."""
    if pages == 1:
        return
    shown = sorted({1, pages, *range(max(1, current - 2), min(pages, current + 2) + 1)})
    before = 0
    for number in shown:
        if number > before + 1:
            yield None
        yield number
        before = number
