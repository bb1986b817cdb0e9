"""A filled form is read whole or refused with the cell, and never repeats what a cell held."""

import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from dashboard.errors import ImportRefused
from dashboard.reporting_forms import form_named
from data_access.database import Database
from data_access.forms import publishing, writing
from data_access.forms.reading import read
from data_access.forms.sheet import FILLED_SHEET, TRACE_SHEET
from tests.case_builder import COUNTIES
from tests.data_access.forms.filling import change, fill

SAVED = Path(__file__).parent / "saved_by_libreoffice.xlsx"


def refusal(file: Path) -> str:
    with pytest.raises(ImportRefused) as refused:
        read(file)
    return str(refused.value)


def test_pairs_are_read_with_their_unit_and_blank_ones_are_none(form: Path) -> None:
    fill(form, {"D8": 20, "E8": 19, "G9": 0, "H9": 0, "D11": 4.0, "E11": 3.0})
    filled = read(form)
    assert [
        (figure.unit.code, figure.indicator, figure.numerator, figure.denominator)
        for figure in filled.figures
    ] == [
        (str(COUNTIES[0]), "psychology_coverage", 19, 20),
        (str(COUNTIES[1]), "psychology_followed", 0, 0),
        (str(COUNTIES[3]), "psychology_coverage", 3, 4),
    ]
    assert filled.blank == 5
    assert len(filled.file_sha256) == 64


def checks_of(page: Worksheet) -> set[tuple[str, ...]]:
    return {
        (str(check.sqref), check.type, str(check.formula1), str(check.formula2), check.error)
        for check in page.data_validations.dataValidation
    }


def test_a_form_filled_and_saved_by_libreoffice_is_read_and_keeps_its_checks(
    tmp_path: Path,
) -> None:
    """The file was written for these two units, filled, and saved as .xlsx by LibreOffice Calc 7.4.

    Where the layout gets another version, it has to be made again.
    """
    filled = read(SAVED)
    assert [
        (figure.unit.name, figure.indicator, figure.numerator, figure.denominator)
        for figure in filled.figures
    ] == [
        ("上城区", "prosecution_per_10k", 4521, 1_323_467),
        ("上城区", "litigation_per_10k", 4100, 1_323_467),
        ("上城区", "pretrial_mediation", 610, 1000),
        ("西湖区", "pretrial_mediation", 0, 0),
    ]
    assert filled.blank == 2
    saved = load_workbook(SAVED)
    written = load_workbook(writing.write(filled.sheet, date(2026, 12, 7), tmp_path))
    page, original = saved[FILLED_SHEET], written[FILLED_SHEET]
    assert checks_of(page) == checks_of(original)
    assert page.protection.sheet
    assert saved[TRACE_SHEET].sheet_state == "hidden"
    for row in original.iter_rows():
        for cell in row:
            assert page[cell.coordinate].protection.locked is cell.protection.locked
    assert {str(rule.sqref) for rule in page.conditional_formatting} == {
        str(rule.sqref) for rule in original.conditional_formatting
    }


def test_a_wrong_cell_that_libreoffice_saved_is_named_as_any_other(tmp_path: Path) -> None:
    said = refusal(fill(SAVED, {"K8": 1001}, to=tmp_path / SAVED.name))
    assert "K8" in said
    assert "分子不能大于分母" in said


def test_an_empty_form_reports_nothing(form: Path) -> None:
    assert read(form).figures == ()


@pytest.mark.parametrize(
    ("cells", "address", "fault"),
    [
        ({"D8": 5, "E8": 6}, "E8", "分子不能大于分母"),
        ({"D8": 5}, "E8", "未填"),
        ({"E8": 5}, "D8", "未填"),
        ({"D8": 5, "E8": 2.5}, "E8", "小数"),
        ({"D8": -1, "E8": 0}, "D8", "不小于0"),
        ({"D8": "五", "E8": 1}, "D8", "不是文字"),
        ({"D8": "5", "E8": 1}, "D8", "不是文字"),
        ({"D8": "=2+3", "E8": 1}, "D8", "公式"),
        ({"D8": True, "E8": 1}, "D8", "不是文字"),
        ({"D8": 10**11, "E8": 1}, "D8", "不小于0的整数"),
    ],
)
def test_a_wrong_cell_is_named_with_what_was_expected(
    form: Path, cells: dict[str, Any], address: str, fault: str
) -> None:
    said = refusal(fill(form, cells))
    assert f"“{FILLED_SHEET}”{address}（" in said
    assert fault in said
    assert "未作任何改动" in said


def test_a_number_beyond_all_numbers_is_none(form: Path, tmp_path: Path) -> None:
    file = tmp_path / "another" / form.name
    file.parent.mkdir()
    filled = fill(form, {"D8": 1.5e300, "E8": 1})
    with zipfile.ZipFile(filled) as packed, zipfile.ZipFile(file, "w") as changed:
        for entry in packed.infolist():
            content = packed.read(entry)
            changed.writestr(entry, content.replace(b"<v>1.5e+300</v>", b"<v>1.5E+400</v>"))
    assert f"D8（县{COUNTIES[0]} 应建站室(个)）应为不小于0" in refusal(file)


def test_cases_of_no_people_are_refused(province: Database, tmp_path: Path) -> None:
    with province.read() as connection:
        sheet, due = publishing.sheet_for(
            connection, form_named("诉源治理"), date(2026, 10, 1), None
        )
    file = fill(writing.write(sheet, due, tmp_path), {"D8": 0, "E8": 3})
    assert "“常住人口(人)”（D8）为0时分子也应为0" in refusal(file)


def test_the_unit_and_the_column_stand_beside_the_cell(form: Path) -> None:
    said = refusal(fill(form, {"D9": 1.5, "E9": 1}))
    assert f"D9（县{COUNTIES[1]} 应建站室(个)）" in said


@pytest.mark.parametrize("number", [13800138000, "13800138000", "11010519491231002X"])
def test_a_number_of_a_person_is_refused_and_not_repeated(form: Path, number: Any) -> None:
    said = refusal(fill(form, {"D8": number, "E8": 1}))
    assert "不得填写个人信息" in said
    assert str(number) not in said


def test_a_text_is_not_repeated_either(form: Path) -> None:
    assert "张三" not in refusal(fill(form, {"D8": "张三", "E8": 1}))


def test_two_numbers_that_do_not_fit_are_named_by_their_cells(form: Path) -> None:
    said = refusal(fill(form, {"D8": 20, "E8": 88123456}))
    assert f"E8（县{COUNTIES[0]}）“已建站室(个)”（E8）大于“应建站室(个)”（D8），" in said
    assert not re.search("88|20，|,123", said)


def test_all_wrong_cells_are_told_at_once_up_to_a_dozen(form: Path) -> None:
    cells = {f"{column}{row}": "x" for column in "DEGH" for row in range(8, 12)}
    said = refusal(fill(form, cells))
    assert "有16处不能接受" in said
    assert said.count("不是文字") == 12
    assert "另有4处" in said


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({"D7": "应建(个)"}, "D7 应为“应建站室(个)”"),
        ({"A8": "330199"}, "版式校验不符"),
        ({"C9": "别处"}, "版式校验不符"),
        ({"A1": "心理服务月报(2026年9月)"}, "A1 应为“心理服务月报(2026年10月)”"),
        ({"A2": "报送部门：张三"}, "A2 与“表单信息”B1—B6"),
        ({"A3": "报送期限：2026年12月31日，张三"}, "A3 应为“报送期限：2026年12月31日(次月"),
        ({"A4": "张三"}, "A4 应为“只填白色格"),
        ({"A6": "张三"}, "A6 应为“报送单位”"),
        ({"F8": 0.95}, "F8 应为原来的公式"),
        ({"D12": 999}, "D12 应为原来的公式"),
        ({"E12": "=SUM(E8:E9)"}, "E12 应为原来的公式"),
        ({"A12": "张三"}, "A12 应为“合计(自动，不必填)”"),
        ({"A20": "另加一行"}, "A20 应为空"),
        ({"P9": "张三"}, "P9 应为空"),
        ({"XFD1048576": "张三"}, "XFD1048576 应为空"),
        ({"A5": "张三"}, "A5 应为空"),
    ],
)
def test_a_changed_layout_is_refused_with_the_cell_and_nothing_of_what_it_holds(
    form: Path, cells: dict[str, Any], word: str
) -> None:
    said = refusal(fill(form, cells))
    assert word in said
    assert "被改动过" in said
    assert not [value for value in cells.values() if str(value) in said]


def test_a_formula_that_another_program_wrote_with_blanks_is_the_same(form: Path) -> None:
    assert read(fill(form, {"D12": '=IF( COUNT(D8:D11) = 0, "", sum(D8:D11) )'})).figures == ()


def test_every_change_is_told_at_once(form: Path) -> None:
    said = refusal(fill(form, {"A1": "x", "D12": 999, "P9": "y"}))
    assert "有3处被改动过" in said
    for address in ("A1", "D12", "P9"):
        assert f"“{FILLED_SHEET}”{address} " in said


def test_wrong_cells_of_a_changed_form_are_told_with_the_changes(form: Path) -> None:
    said = refusal(fill(form, {"C9": "张三", "D9": 20, "E9": "十九", "D8": 1, "E8": 2}))
    assert "有1处被改动过" in said
    assert "另有2处填报不能接受" in said
    assert f"“{FILLED_SHEET}”E9 应为整数，不是文字" in said
    assert "E8 " in said
    assert "张三" not in said


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({"B4": "2026-09"}, "“表单信息”B1（表号）"),
        ({"B1": "S12-1"}, "“表单信息”B1（表号）"),
        ({"B2": "天气"}, "B2（报表）应为 雪亮工程"),
        ({"B3": "张三"}, "“表单信息”B3（部门）"),
        ({"B4": "十月"}, "B4（月份）应写成 2026-11"),
        ({"B5": "110105"}, "版式校验不符"),
        ({"B6": "张三"}, "“填报”A2 与“表单信息”B1—B6"),
        ({"B7": "9"}, "B7"),
        ({"B8": "999999"}, "单位数"),
        ({"B9": None}, "版式校验"),
        ({"A3": "张三"}, "缺少部门"),
        ({"C2": "张三"}, "“表单信息”C2"),
        ({"B12": "张三"}, "“表单信息”B12"),
    ],
)
def test_a_changed_trace_is_refused_with_the_cell_and_nothing_of_what_it_holds(
    form: Path, cells: dict[str, Any], word: str
) -> None:
    said = refusal(change(form, TRACE_SHEET, cells))
    assert word in said
    assert "张三" not in said
    assert "天气" not in said


def test_another_workbook_is_told_to_use_the_template(tmp_path: Path) -> None:
    from openpyxl import Workbook

    other = tmp_path / "自建.xlsx"
    Workbook().save(other)
    said = refusal(other)
    assert "自建.xlsx" in said
    assert "cockpit template" in said


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04broken"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.xlsx"
    file.write_bytes(content)
    assert "不是 Excel 表格" in refusal(file)


def test_an_archive_of_something_else_is_no_workbook(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("readme.txt", "x")
    assert "不是 Excel 表格" in refusal(file)


def test_a_small_file_that_unpacks_into_a_large_one_is_not_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (80 * 1024 * 1024))
    assert file.stat().st_size < 1024 * 1024
    assert "太大" in refusal(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "nowhere.xlsx" in refusal(tmp_path / "nowhere.xlsx")
