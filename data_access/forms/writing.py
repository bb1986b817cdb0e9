"""Writes a form as an Excel file: cells to fill, checks on them, sums, a guide and the trace.

Only the cells to fill are unlocked. The checks are Excel's own (whole numbers from 0, a part not
larger than its whole), so that WPS has them too; what a spreadsheet lets through is checked again
when the form is read.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.worksheet import Worksheet

from dashboard import demo_mark
from dashboard.errors import FormExists, SettingsError
from dashboard.reporting_forms import DUE_WORKDAY, FormFigure
from dashboard.system_errors import words_of
from data_access.forms.sheet import (
    CELL_ROW,
    FIGURE_ROW,
    FILLED_SHEET,
    FIRST_UNIT_ROW,
    GUIDE_SHEET,
    TRACE_SHEET,
    UNIT_HEADS,
    FormSheet,
    cell_head,
)

LARGEST = 9_999_999_999
_LINE = Side(style="thin", color="FFB8C2CE")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = PatternFill("solid", fgColor="FFE6ECF3")
_FIXED = PatternFill("solid", fgColor="FFF4F6F9")
_WRONG = PatternFill("solid", bgColor="FFF8D0D8")
_FONT = "宋体"
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_MIDDLE = Alignment(vertical="center")
_NUMBER = Alignment(horizontal="right", vertical="center", indent=1)
# Points: a line that can be filled in by hand when it is printed.
_LINE_HEIGHT = 20
# Inches.
_MARGIN, _FOOT = 0.4, 0.6
# Of a form with so many figures the columns are narrower and the heads higher: a page of A4 in
# landscape stays legible.
MANY_FIGURES = 3


def require_no_file(sheets: Iterable[FormSheet], folder: Path) -> None:
    """Refuse to write over a form that may be filled already; asked before the first is written.

    Raises:
        FormExists: names the files.
    """
    there = [path for sheet in sheets if (path := folder / sheet.file_name).exists()]
    if there:
        raise FormExists(
            f"文件 {'、'.join(map(str, there))} 已存在，可能已经填报，未作任何改动。"
            "如要重新生成，请先移走它，或用 --out 指定另一个目录。"
        )


def write(sheet: FormSheet, due: date, folder: Path) -> Path:
    """Write the form into the folder; returns the file.

    Raises:
        FormExists: the file is there already.
        SettingsError: the folder can't be written to.
    """
    require_no_file([sheet], folder)
    path = folder / sheet.file_name
    unfinished = path.with_suffix(".xlsx.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        workbook(sheet, due).save(unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise SettingsError(f"无法写入 {path}：{words_of(error)}。请检查目录和权限。") from error
    return path


def workbook(sheet: FormSheet, due: date) -> Workbook:
    """The form with all its sheets; `due` is the last day to hand it in."""
    book = Workbook()
    book.properties.creator = "综治中心数字驾驶舱"
    book.properties.title = sheet.title
    filled = book.active
    assert isinstance(filled, Worksheet)
    filled.title = FILLED_SHEET
    _head(filled, sheet, due)
    _column_heads(filled, sheet)
    _units(filled, sheet)
    _sums(filled, sheet)
    for place, figure in enumerate(sheet.form.figures):
        _checks(filled, sheet, place, figure)
    _page(filled, sheet)
    _guide(book.create_sheet(GUIDE_SHEET), sheet, due)
    _trace(book.create_sheet(TRACE_SHEET), sheet)
    return book


def _last_column(sheet: FormSheet) -> str:
    return sheet.columns(len(sheet.form.figures) - 1)[2]


def _head(page: Worksheet, sheet: FormSheet, due: date) -> None:
    lines = (
        (sheet.title, Font(name="黑体", size=16, bold=True)),
        (
            f"报送部门：{sheet.region_name}{sheet.form.department}　　表号：{sheet.number}",
            Font(name=_FONT, size=11),
        ),
        (
            f"报送期限：{due.year}年{due.month}月{due.day}日(次月第{DUE_WORKDAY}个工作日)"
            "　　数据截至当月最后一日",
            Font(name=_FONT, size=11),
        ),
        (
            "只填白色格，填不小于0的整数；分母和分子都填或都不填，没有数据的单位留空。"
            "不得填写姓名、证件号、电话、住址。",
            Font(name=_FONT, size=11, color="FFB0143C"),
        ),
    )
    for row, (text, font) in enumerate(lines, 1):
        page.merge_cells(f"A{row}:{_last_column(sheet)}{row}")
        cell = page[f"A{row}"]
        cell.value, cell.font = text, font
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        page.row_dimensions[row].height = 34 if row in (1, 4) else 18


def _column_heads(page: Worksheet, sheet: FormSheet) -> None:
    for address, text in sheet.heads().items():
        page[address].value = text
    for place in range(len(sheet.form.figures)):
        denominator, _, value = sheet.columns(place)
        page.merge_cells(f"{denominator}{FIGURE_ROW}:{value}{FIGURE_ROW}")
    page.merge_cells(f"A{FIGURE_ROW}:C{FIGURE_ROW}")
    page[f"A{FIGURE_ROW}"].value = "报送单位"
    for row in (FIGURE_ROW, CELL_ROW):
        for cell in page[f"A{row}:{_last_column(sheet)}{row}"][0]:
            cell.font, cell.fill = Font(name=_FONT, size=11, bold=True), _HEAD
            cell.alignment, cell.border = _CENTRE, _BOX
    page.row_dimensions[CELL_ROW].height = 52 if _is_wide(sheet) else 34


def _is_wide(sheet: FormSheet) -> bool:
    return len(sheet.form.figures) >= MANY_FIGURES


def _units(page: Worksheet, sheet: FormSheet) -> None:
    for row in range(FIRST_UNIT_ROW, sheet.last_unit_row + 1):
        for column in "ABC":
            cell = page[f"{column}{row}"]
            cell.font, cell.fill, cell.border = Font(name=_FONT, size=11), _FIXED, _BOX
            cell.number_format, cell.alignment = "@", _MIDDLE
        page.row_dimensions[row].height = _LINE_HEIGHT
        for place, figure in enumerate(sheet.form.figures):
            denominator, numerator, value = sheet.columns(place)
            for column in (denominator, numerator):
                cell = page[f"{column}{row}"]
                cell.protection, cell.border = Protection(locked=False), _BOX
                cell.number_format, cell.alignment = "#,##0", _NUMBER
            _value(page, figure, (denominator, numerator, value), row)


def _sums(page: Worksheet, sheet: FormSheet) -> None:
    row = sheet.last_unit_row + 1
    page.merge_cells(f"A{row}:C{row}")
    page[f"A{row}"].value = "合计(自动，不必填)"
    for place, figure in enumerate(sheet.form.figures):
        denominator, numerator, value = sheet.columns(place)
        for column in (denominator, numerator):
            cell = page[f"{column}{row}"]
            units = f"{column}{FIRST_UNIT_ROW}:{column}{sheet.last_unit_row}"
            cell.value = f'=IF(COUNT({units})=0,"",SUM({units}))'
            cell.number_format, cell.alignment = "#,##0", _NUMBER
        _value(page, figure, (denominator, numerator, value), row)
    for cell in page[f"A{row}:{_last_column(sheet)}{row}"][0]:
        cell.font, cell.fill, cell.border = Font(name=_FONT, size=11, bold=True), _HEAD, _BOX
    page[f"A{row}"].alignment = _MIDDLE
    page.row_dimensions[row].height = _LINE_HEIGHT


def _value(page: Worksheet, figure: FormFigure, columns: tuple[str, str, str], row: int) -> None:
    denominator, numerator, value = (f"{column}{row}" for column in columns)
    per_people = "/万人" in figure.about.unit
    factor = "*10000" if per_people else ""
    cell = page[value]
    rate = f"{numerator}/{denominator}{factor}"
    cell.value = f'=IF(AND(ISNUMBER({numerator}),N({denominator})>0),{rate},"")'
    cell.number_format, cell.alignment = "0.00" if per_people else "0.0%", _NUMBER
    cell.fill, cell.border, cell.font = _FIXED, _BOX, Font(name=_FONT, size=11)


def _checks(page: Worksheet, sheet: FormSheet, place: int, figure: FormFigure) -> None:
    """Whole numbers from 0; of a part, not above its whole; pairs half filled turn red."""
    denominator, numerator, _ = sheet.columns(place)
    first, last = FIRST_UNIT_ROW, sheet.last_unit_row
    whole, part = cell_head(figure, is_numerator=False), cell_head(figure, is_numerator=True)
    limit = f"{denominator}{first}" if figure.is_part else str(LARGEST)
    rule = f"0 至“{whole}”之间的整数" if figure.is_part else "不小于0的整数"
    for column, name, highest, expected in (
        (denominator, whole, str(LARGEST), "不小于0的整数"),
        (numerator, part, limit, rule),
    ):
        check = DataValidation(
            type="whole", operator="between", formula1="0", formula2=highest, allow_blank=True
        )
        check.showErrorMessage = check.showInputMessage = True
        check.errorStyle = "stop"
        check.errorTitle, check.error = "不能这样填", f"{name}应为{expected}。"
        check.promptTitle, check.prompt = name, f"填{expected}"
        check.add(f"{column}{first}:{column}{last}")
        page.add_data_validation(check)
    d, n = f"{denominator}{first}", f"{numerator}{first}"
    wrong = f"OR(ISBLANK(${d})<>ISBLANK(${n}),{'$' + n + '>$' + d if figure.is_part else 'FALSE'})"
    page.conditional_formatting.add(
        f"{denominator}{first}:{numerator}{last}", FormulaRule(formula=[wrong], fill=_WRONG)
    )


def _page(page: Worksheet, sheet: FormSheet) -> None:
    for number, width in enumerate((12, 10, 18), 1):
        page.column_dimensions[get_column_letter(number)].width = width
    for place in range(len(sheet.form.figures)):
        for column in sheet.columns(place):
            page.column_dimensions[column].width = 12 if _is_wide(sheet) else 16
    page.freeze_panes = f"D{FIRST_UNIT_ROW}"
    page.protection.sheet = True
    page.protection.formatColumns = False
    page.sheet_view.showGridLines = False
    _paper(page, sheet, "landscape")
    page.print_title_rows = f"{FIGURE_ROW}:{CELL_ROW}"
    assert len(UNIT_HEADS) == len("ABC")


def _guide(page: Worksheet, sheet: FormSheet, due: date) -> None:
    lines = [
        f"{sheet.title} 填报说明",
        f"一、报送期限：{due.year}年{due.month}月{due.day}日。过期未报的单位列入“未报送单位”。",
        "二、只填“填报”表的白色格。不要增删行列、改表头、另建文件：那样的文件会被退回。",
        "三、分母和分子都填或都不填。留空表示没有报送，不改变以前报过的数；确实没有时填0。",
        "四、更正：在原表上改数后再次交来，以最后一次为准，以前的数仍留存。",
        "五、各级合计由各单位的数相加得出，不必另报。",
        "六、不得填写姓名、证件号、电话、住址等任何个人信息。",
        "指标口径：",
        *(
            f"　{figure.about.title}({figure.about.unit}) = {figure.numerator}({figure.units[0]})"
            f" ÷ {figure.denominator}({figure.units[1]})"
            for figure in sheet.form.figures
        ),
    ]
    for row, text in enumerate(lines, 1):
        cell = page[f"A{row}"]
        cell.value = text
        cell.font = Font(name="黑体" if row == 1 else _FONT, size=14 if row == 1 else 11)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    page.column_dimensions["A"].width = 100
    page.row_dimensions[1].height = 28
    page.protection.sheet = True
    _paper(page, sheet, "portrait")


def _paper(page: Worksheet, sheet: FormSheet, orientation: str) -> None:
    """A4, as wide as the paper, as many pages as it takes, numbered; a demo's say so."""
    page.page_setup.orientation, page.page_setup.paperSize = orientation, 9
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.page_setup.fitToHeight = 0
    page.page_margins = PageMargins(_MARGIN, _MARGIN, _MARGIN, _FOOT, header=0.3, footer=0.3)
    mark = f"{demo_mark.DEMO}　" if sheet.is_demo else ""
    page.oddFooter.center.text = f"{mark}第 &P 页，共 &N 页"


def _trace(page: Worksheet, sheet: FormSheet) -> None:
    for row, (key, value) in enumerate(sheet.trace().items(), 1):
        page[f"A{row}"].value = key
        page[f"B{row}"].value = value
        page[f"B{row}"].number_format = "@"
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 14, 70
    page.protection.sheet = True
    page.sheet_state = "hidden"
