"""The written file, opened again: cells to fill, Excel's own checks, locks, guide and trace."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from dashboard.errors import FormExists, SettingsError
from dashboard.reporting_forms import FORMS, form_named
from data_access.forms import sheet as form_sheet
from data_access.forms.sheet import FILLED_SHEET, GUIDE_SHEET, TRACE_SHEET, FormSheet, Unit
from data_access.forms.writing import write

UNITS = (Unit("330102", "杭州", "上城区"), Unit("330106", "杭州", "西湖区"))
DUE = date(2026, 12, 7)


def sheet(form: str = "心理服务", **more) -> FormSheet:
    return FormSheet(
        **{
            "form": form_named(form),
            "month": date(2026, 11, 1),
            "region_code": "330100",
            "region_name": "杭州市",
            "units": UNITS,
        }
        | more
    )


@pytest.fixture
def book(tmp_path: Path):
    return load_workbook(write(sheet(), DUE, tmp_path))


@pytest.fixture
def page(book) -> Worksheet:
    return book[FILLED_SHEET]


def test_the_file_is_named_after_form_month_and_region(tmp_path: Path) -> None:
    assert write(sheet(), DUE, tmp_path).name == "心理服务-2026-11-杭州市.xlsx"
    assert [path.name for path in tmp_path.iterdir()] == ["心理服务-2026-11-杭州市.xlsx"]


def test_a_line_a_unit_with_title_deadline_and_units_of_measure(page: Worksheet) -> None:
    assert page["A1"].value == "心理服务月报(2026年11月)"
    assert "2026年12月7日" in page["A3"].value
    assert [page[f"{column}7"].value for column in "DEF"] == [
        "应建站室(个)",
        "已建站室(个)",
        "心理服务站室覆盖率(%)",
    ]
    assert [page[f"C{row}"].value for row in (8, 9)] == ["上城区", "西湖区"]
    assert page["D10"].value == '=IF(COUNT(D8:D9)=0,"",SUM(D8:D9))'


def test_a_rate_stays_empty_until_both_its_parts_are_filled(page: Worksheet) -> None:
    assert page["F8"].value == '=IF(AND(ISNUMBER(E8),N(D8)>0),E8/D8,"")'


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form_is_printed_on_a4_as_wide_as_the_paper_and_numbered(form, tmp_path: Path) -> None:
    book = load_workbook(write(sheet(form.name), DUE, tmp_path))
    for name in (FILLED_SHEET, GUIDE_SHEET):
        page = book[name]
        assert int(page.page_setup.paperSize) == 9
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert int(page.page_setup.fitToHeight) == 0
        assert "&P" in page.oddFooter.center.text
    page = book[FILLED_SHEET]
    assert page.print_title_rows == "$6:$7"
    # Of 11 points at least eight are left on A4 in landscape (about 135 signs of 11 points).
    widths = [page.column_dimensions[cell.column_letter].width for cell in page[7]]
    assert 135 / sum(widths) > 8 / 11


def test_only_the_cells_to_fill_are_unlocked(page: Worksheet) -> None:
    assert page.protection.sheet
    unlocked = {
        cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked
    }
    assert unlocked == {"D8", "E8", "G8", "H8", "D9", "E9", "G9", "H9"}


def test_excel_checks_whole_numbers_and_that_a_part_fits_its_whole(page: Worksheet) -> None:
    checks = {str(check.sqref): check for check in page.data_validations.dataValidation}
    assert set(checks) == {"D8:D9", "E8:E9", "G8:G9", "H8:H9"}
    whole, part = checks["D8:D9"], checks["E8:E9"]
    assert {check.type for check in checks.values()} == {"whole"}
    assert (whole.operator, whole.formula1) == ("between", "0")
    # Relative: in line 9 it is D9.
    assert (part.formula1, part.formula2) == ("0", "D8")
    assert all(check.showErrorMessage and check.allow_blank for check in checks.values())
    assert "应建站室(个)" in part.error


def test_a_rate_of_people_may_have_more_cases_than_any_limit(tmp_path: Path) -> None:
    page = load_workbook(write(sheet("诉源治理"), DUE, tmp_path))[FILLED_SHEET]
    checks = {str(check.sqref): check for check in page.data_validations.dataValidation}
    assert checks["E8:E9"].formula2.isdecimal()
    assert "*10000" in page["F8"].value


def test_the_trace_is_hidden_and_complete(book) -> None:
    trace = book[TRACE_SHEET]
    assert trace.sheet_state == "hidden"
    said = {row[0].value: row[1].value for row in trace.iter_rows()}
    assert said == dict(sheet().trace())
    assert said["表号"] == "S12-330100-202611-v1"
    assert "表号：S12-330100-202611-v1" in book[FILLED_SHEET]["A2"].value


def test_the_guide_tells_how_each_figure_is_counted(book) -> None:
    text = "\n".join(str(row[0].value) for row in book[GUIDE_SHEET].iter_rows())
    assert "心理服务站室覆盖率(%) = 已建站室(个) ÷ 应建站室(个)" in text
    assert "不得填写姓名" in text


def test_the_checksum_follows_everything_that_cells_mean() -> None:
    known = sheet().checksum()
    assert sheet().checksum() == known
    others = [
        sheet(month=date(2026, 10, 1)),
        sheet(region_code="330000"),
        sheet(units=UNITS[::-1]),
        sheet("群防群治"),
        sheet(version=form_sheet.VERSION + 1),
        sheet(is_demo=True),
    ]
    assert known not in {other.checksum() for other in others}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_form_opens_again_without_a_word_of_english(form, tmp_path: Path) -> None:
    page = load_workbook(write(sheet(form.name), DUE, tmp_path))[FILLED_SHEET]
    texts = [cell.value for row in page.iter_rows() for cell in row if isinstance(cell.value, str)]
    shown = [text for text in texts if not text.startswith("=") and "表号" not in text]
    assert not [text for text in shown if any("a" <= sign <= "z" for sign in text)]


def test_nothing_in_the_file_names_a_person(book) -> None:
    assert book.properties.creator == "综治中心数字驾驶舱"
    assert not book.properties.lastModifiedBy


def test_a_demos_form_says_so_in_its_name_its_title_and_on_every_printed_page(
    tmp_path: Path,
) -> None:
    file = write(sheet(is_demo=True), DUE, tmp_path)
    assert file.name == "演示数据-心理服务-2026-11-杭州市.xlsx"
    book = load_workbook(file)
    assert book[FILLED_SHEET]["A1"].value == "演示数据 心理服务月报(2026年11月)"
    assert book[GUIDE_SHEET]["A1"].value == "演示数据 心理服务月报(2026年11月) 填报说明"
    for name in (FILLED_SHEET, GUIDE_SHEET):
        assert book[name].oddFooter.center.text.startswith("演示数据")
    real = load_workbook(write(sheet(), DUE, tmp_path))
    texts = [str(cell.value) for page in real for row in page.iter_rows() for cell in row]
    assert not [text for text in texts if "演示" in text]


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    there = tmp_path / sheet().file_name
    there.write_text("filled")
    with pytest.raises(FormExists, match="移走"):
        write(sheet(), DUE, tmp_path)
    assert there.read_text() == "filled"
    assert list(tmp_path.iterdir()) == [there]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    with pytest.raises(SettingsError, match="taken"):
        write(sheet(), DUE, taken)
