"""/quality of a running cockpit: the page by its callback, lists and files by plain HTTP."""

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest

from callbacks.wall import desk_page_for
from dashboard.errors import DatabaseUnavailable
from tests import live_province
from tests.callbacks.test_pages import fetch, page
from tests.live_cockpit import LiveCockpit


def said(cockpit: LiveCockpit, path: str, query: str = "") -> str:
    return json.dumps(page(cockpit, path, query)["children"], ensure_ascii=False)


def table(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_page_is_built_without_a_snapshot(cockpit: LiveCockpit) -> None:
    shown = page(cockpit, "/quality")
    assert shown["data-address"] == "/quality"
    assert shown["data-number"] is None
    assert "网格系统" in json.dumps(shown["children"], ensure_ascii=False)


def test_a_region_has_its_own_page(cockpit: LiveCockpit) -> None:
    assert "数据范围：丘陵县" in said(cockpit, "/quality/990102")


@pytest.mark.parametrize(
    ("path", "query", "word"),
    [
        ("/quality/123456", "", "123456"),
        ("/quality", "?days=5", "days=5"),
        ("/quality", "?check=no_limit&subject=incidents&source=x", "没有来源 x"),
        ("/quality", "?batch=9", "第 9 批"),
        ("/quality", "?form=x&month=2026-10", "没有名为"),
    ],
)
def test_an_address_of_nothing_is_explained(
    cockpit: LiveCockpit, path: str, query: str, word: str
) -> None:
    assert word in said(cockpit, path, query)


def test_a_number_its_list_and_its_file_agree(
    cockpit: LiveCockpit, writer: live_province.Writer
) -> None:
    numbers = {writer.add_incident() for _ in range(3)}
    query = "check=no_limit&subject=incidents&source=grid"
    listed = said(cockpit, "/quality", f"?{query}")
    status, headers, content = fetch(cockpit, f"/quality.csv?{query}")
    rows = table(content)
    assert status == 200
    assert numbers <= {row[0] for row in rows[1:]}
    assert f"无办结时限 {len(rows) - 1} 件" in listed
    assert all(number in listed for number in numbers)
    assert rows[0][0] == "案件编号"
    assert "attachment" in headers["Content-Disposition"]
    assert "无办结时限.csv" in unquote(headers["Content-Disposition"])
    assert headers["Content-Type"].startswith("text/csv")
    assert headers["Cache-Control"] == "no-store"


def test_a_file_of_a_region_holds_its_rows_only(
    cockpit: LiveCockpit, writer: live_province.Writer
) -> None:
    mine = writer.add_incident(live_province.RIVER)
    other = writer.add_incident(live_province.HARBOUR)
    _, _, content = fetch(cockpit, "/quality.csv/990201?check=no_limit&subject=incidents")
    numbers = {row[0] for row in table(content)}
    assert mine in numbers
    assert other not in numbers


def test_the_whole_report_is_a_file_too(cockpit: LiveCockpit) -> None:
    status, headers, content = fetch(cockpit, "/quality.csv")
    assert status == 200
    assert "数据质量-" in unquote(headers["Content-Disposition"])
    assert ["来源", "网格系统"] in [row[:2] for row in table(content)]


def test_a_list_of_units_is_a_file_too(cockpit: LiveCockpit) -> None:
    _, _, content = fetch(cockpit, f"/quality.csv?form={quote('心理服务')}&month=2026-10")
    rows = table(content)
    assert rows[0] == ["设区市", "单位", "情况", "缺报指标"]
    assert {row[1] for row in rows[1:]} == {"港口区", "丘陵县", "江湾县"}


@pytest.fixture
def demo(writer: live_province.Writer) -> Iterator[None]:
    """The province is one of invented data."""
    writer.execute("insert into database_facts (key, value) values ('is_demo', 'true')")
    yield
    writer.execute("delete from database_facts where key = 'is_demo'")


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("query", "head"),
    [
        ("", "部分"),
        ("?check=no_limit&subject=incidents&source=grid", "案件编号"),
        (f"?form={quote('心理服务')}&month=2026-10", "设区市"),
        ("?outline=1&level=county", "名称或区划"),
    ],
)
def test_every_file_of_a_demo_says_so_in_its_name_and_on_every_line(
    cockpit: LiveCockpit, writer: live_province.Writer, query: str, head: str
) -> None:
    writer.add_incident()
    _, headers, content = fetch(cockpit, f"/quality.csv{query}")
    heads, *rows = table(content)
    assert heads[:2] == ["数据", head]
    assert rows
    assert {row[0] for row in rows} == {"演示数据"}
    assert {len(row) for row in rows} == {len(heads)}
    assert "''演示数据-" in unquote(headers["Content-Disposition"])


@pytest.mark.parametrize("address", ["/quality.csv?days=5", "/quality.csv/123456"])
def test_a_file_of_nothing_is_explained_and_not_sent(cockpit: LiveCockpit, address: str) -> None:
    status, headers, content = fetch(cockpit, address)
    assert status == 410
    assert headers["Content-Type"].startswith("text/plain")
    assert content.decode("utf-8").strip()


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (
            DatabaseUnavailable("数据库无应答", "connection refused"),
            "数据库无应答，请稍后重新读取。",
        ),
        (RuntimeError("a fault of ours"), "本页暂不可用"),
    ],
)
def test_a_page_that_cannot_be_read_says_so_in_chinese(error: Exception, word: str) -> None:
    async def failing(path: str, query: str) -> None:
        raise error

    built = asyncio.run(desk_page_for({"quality": failing}, "quality", "/quality", "?x=1"))  # type: ignore[dict-item]
    shown = str(built[0])
    assert built[1:] == ("/quality?x=1", None, None)
    assert word in shown
    assert "refused" not in shown
    assert "fault" not in shown
