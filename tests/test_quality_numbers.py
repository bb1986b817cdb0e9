"""Every number of rows on /quality opens a list of as many rows: the page walked as it is shown."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from dash import dcc, html
from sqlalchemy import insert, text

from dashboard.quality_addresses import QualityAddress
from data_access import quality_lists, quality_readings, schema
from data_access.database import Database
from layouts import quality
from tests.case_builder import COUNTIES, NOW, add_everything
from tests.data_access import quality_samples as samples
from tests.data_access.quality_samples import whole_incident

# 12, 缺12, 12/90, 12个乡镇(街道), 示意12个, 12批; no age (12秒), share (12.5%) or day (12月3日).
COUNT = re.compile(r"(?:缺|示意)?([\d,]+)(?:/[\d,]+|项 ?|类|批|个.*)?")
# Table and column: what has no rows of its own to show, as docs/quality.md says.
WITHOUT_ROWS = {
    ("最近导入的文件", "批次"),
    ("最近导入的文件", "读入"),
    ("轮询读到的行", "读到"),
    ("各来源的新鲜程度", "送达"),
    ("不能计算的指标和原因", "指标"),
}


@pytest.fixture
def known(database: Database) -> Database:
    """Rows for every number of the page, with more files than are listed."""
    with database.write() as connection:
        add_everything(connection, seed=8, count=60)
        samples.add_lists_and_sources(connection)
        samples.add(connection, whole_incident(900, county_id=4711))
        connection.execute(text("update incidents set due_at = null where case_no < 'T0000030'"))
        for number in range(14):
            samples.add_file(connection, [(1, "personal_data", "联系", 1, f"含有手机号{number}")])
        for days in (0, 1, 2, 3, 9):
            samples.add_file(
                connection,
                [(n, "malformed_row", "", 1, "列数不符") for n in range(3)]
                + [(9, "time_out_of_order", "办结", 0, "时间早于登记时间")],
                kind="steps",
                source_id=samples.HOTLINE,
                is_poll=True,
                started_at=NOW - timedelta(days=days, minutes=5),
            )
        samples.report_value(connection, "petition_backlog", COUNTIES[0])
        connection.execute(
            insert(schema.organisations).values(
                id=1, code="O1", name="城管局", kind="department", region_id=COUNTIES[0]
            )
        )
        connection.execute(
            insert(schema.targets).values(
                indicator="on_time", region_id=COUNTIES[0], valid_from="2026-01-01", value=95
            )
        )
        connection.execute(
            insert(schema.geometry_sets).values(
                id=1, name="界线", origin="test", datum="WGS-84", checksum="c"
            )
        )
        for county, level in zip(COUNTIES, ("county", "county", "town"), strict=False):
            connection.execute(
                insert(schema.region_geometries).values(
                    set_id=1, region_id=county, level=level, county_id=county, outline=b""
                )
            )
        connection.execute(
            text("update regions set is_illustrative = true where id = :id"), {"id": COUNTIES[0]}
        )
    return database


def texts(node: Any, href: str | None = None) -> Iterator[tuple[str, str | None]]:
    """Texts below a node, with the link that each stands in."""
    if isinstance(node, str):
        yield node, href
        return
    href = node.href if isinstance(node, dcc.Link) else href
    children = getattr(node, "children", None)
    for child in children if isinstance(children, list | tuple) else [children]:
        if child is not None:
            yield from texts(child, href)


def tables(node: Any) -> Iterator[html.Table]:
    if isinstance(node, html.Table):
        yield node
    children = getattr(node, "children", None)
    for child in children if isinstance(children, list | tuple) else [children]:
        if child is not None and not isinstance(child, str):
            yield from tables(child)


def numbers(page: Any) -> Iterator[tuple[str, str, int, str | None]]:
    """Table, column, number and link of every number above nothing in a cell."""
    for table in tables(page):
        caption, _, body = table.children
        for row in body.children:
            for cell in row.children:
                for said, href in texts(cell):
                    if (match := COUNT.fullmatch(said)) and match[1] != "0":
                        column = getattr(cell, "data-label")
                        yield caption.children, column, int(match[1].replace(",", "")), href


def test_every_number_of_the_page_opens_as_many_rows(known: Database) -> None:
    report = quality_readings.read(known, None, days=7, now=NOW)
    page = quality.build(report, QualityAddress())
    opened, met = set(), set()
    for table, column, number, href in numbers(page):
        if (table, column) in WITHOUT_ROWS:
            met.add((table, column))
            continue
        assert href, (table, column, number)
        path, _, query = href.partition("?")
        address = QualityAddress.parse(path, query)
        assert quality_lists.read(known, address, now=NOW).total == number, (table, href)
        assert len(list(quality_lists.every(known, address, now=NOW))) == number, (table, href)
        opened.add((table, column))
    assert {table for table, _ in opened} == {
        *("各来源的字段完整程度", "最近导入的文件", "轮询读到的行", "拒绝与存疑的原因"),
        *("各月报的报送情况", "案件以外的各类数据", "界线与审图号", "未知或已撤销区划下的案件"),
    }
    assert {("案件以外的各类数据", "条数"), ("案件以外的各类数据", "覆盖")} <= opened
    assert ("各月报的报送情况", "10月已报全") in opened
    assert ("最近导入的文件", "读入") in met


def test_the_numbers_beside_the_tables_open_their_rows(known: Database) -> None:
    report = quality_readings.read(known, None, days=7, now=NOW)
    page = quality.build(report, QualityAddress())
    found = dict(texts(page))
    address = QualityAddress.parse("/quality", (found["14批"] or "").partition("?")[2])
    listed = quality_lists.read(known, address, now=NOW)
    assert (listed.title, listed.total, len(listed.rows)) == ("导入的文件", 14, 14)
    whole = QualityAddress().to(imports="all", result="all", as_of=NOW)
    assert quality_lists.read(known, whole, now=NOW).total == 14 + 4 * 4
