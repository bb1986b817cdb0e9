"""The report as one table: the same numbers as the page, safe in a spreadsheet."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.errors import SettingsError
from layouts.documents import quality_tables
from tests.layouts import quality_samples as samples


def test_every_line_has_every_column() -> None:
    lines = list(quality_tables.table(replace(samples.everything_wrong(), is_demo=False)))
    assert {len(line) for line in lines} == {len(quality_tables.HEADS)}
    assert {line[0] for line in lines[1:]} == {
        *("报告", "来源", "指标", "完整", "其他", "月报", "导入", "轮询", "原因", "区划", "界线"),
    }


def test_a_terminal_is_told_gaps_and_not_what_is_complete() -> None:
    parts = quality_tables.worth_telling(samples.everything_wrong())
    assert [line[2] for line in parts["字段完整"]] == ["坐标", "事件"]
    assert [line[2] for line in parts["部门月报"]] == ["2026年10月", "2026年11月"]
    assert set(parts) == set(quality_tables.NOTHING_FOUND)


def test_the_verdict_names_sources_and_indicators() -> None:
    said = quality_tables.verdict(samples.everything_wrong())
    assert (
        said == "1个来源中断（网格系统）；3项指标不能计算（按期办结率、视频完好率、视频在线率）。"
    )
    assert quality_tables.verdict(samples.report()) == ""


def test_of_a_source_with_several_kinds_the_silent_one_is_named() -> None:
    report = samples.report(sources=(samples.two_kinds(),))
    assert quality_tables.verdict(report) == "1个来源中断（网格系统的环节）。"
    lines = [line[2:] for line in quality_tables.sources(report)]
    assert [line[:1] + line[2:3] for line in lines] == [
        ("2类", "中断"),
        ("事件", "正常"),
        ("环节", "中断"),
    ]
    assert lines[2][3].endswith("；连续失败5次：来源没有应答。")


def test_the_file_opens_again_with_its_mark_and_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "质量.csv"
    report = replace(samples.everything_wrong(), is_demo=False)
    quality_tables.write(report, file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as stored:
        rows = list(csv.reader(stored))
    assert tuple(rows[0]) == quality_tables.HEADS
    assert len(rows) == len(list(quality_tables.table(report)))


def test_every_line_of_a_demos_file_says_that_it_is_one(tmp_path: Path) -> None:
    file = tmp_path / "质量.csv"
    quality_tables.write(samples.everything_wrong(), file)
    with file.open(encoding="utf-8-sig", newline="") as stored:
        rows = list(csv.DictReader(stored))
    assert tuple(rows[0]) == ("数据", *quality_tables.HEADS)
    assert {row["数据"] for row in rows} == {"演示数据"}
    assert "来源" in {row["部分"] for row in rows}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        quality_tables.write(samples.report(), tmp_path / "nowhere" / "x.csv")


@pytest.mark.parametrize("text", ["=1+2", "@sum", "+86", "-x", "\tx"])
def test_a_text_is_no_formula(text: str) -> None:
    assert quality_tables.as_text(text) == f"'{text}"


@pytest.mark.parametrize("number", ["1,234", "-3", "99.9"])
def test_a_number_stays_one(number: str) -> None:
    assert quality_tables.as_text(number) == number
