"""Reads a filled form: is it ours and unchanged, and is every filled cell what it must be.

Nothing is guessed and nothing half: one wrong cell refuses the file, and the sentence names sheet
and cell, what was expected and what to do. What a cell holds is never repeated: it might be a
telephone number. Whether a form is ours and unchanged, `layout` compares.
"""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from dashboard import demo_mark
from dashboard.errors import ImportRefused
from dashboard.reporting_forms import FORM_BY_NAME, MONTH, FormFigure, month_named
from dashboard.system_errors import words_of
from data_access.forms import layout
from data_access.forms.sheet import (
    FILLED_SHEET,
    FIRST_UNIT_ROW,
    TRACE_KEYS,
    TRACE_SHEET,
    VERSION,
    FormSheet,
    Unit,
    cell_head,
)
from data_access.forms.writing import LARGEST
from data_access.imports.personal_data import found_in

MOST_BYTES = 5 * 1024 * 1024
# A small file can unpack into a large one.
MOST_UNPACKED = 60 * 1024 * 1024
MOST_UNITS = 5_000
SENTENCES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """One reported pair: which unit, which indicator, numerator and denominator."""

    unit: Unit
    indicator: str
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A white cell that can't be taken: where, whose it is by the form's own words, and why."""

    cell: str
    of: str
    reason: str


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form that was read: where it belongs, its figures, name and checksum of its file."""

    sheet: FormSheet
    figures: tuple[Figure, ...]
    file_name: str
    file_sha256: str

    @property
    def blank(self) -> int:
        """Pairs that were left empty."""
        return len(self.sheet.units) * len(self.sheet.form.figures) - len(self.figures)


def read(file: Path) -> FilledForm:
    """Read and check a filled form.

    Raises:
        ImportRefused: it is no form of ours, its layout was changed, or cells are wrong.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ImportRefused(f"无法读取 {file}：{words_of(error)}。请检查路径和权限。") from error
    book = _opened(file)
    try:
        sheet = _sheet(book, file)
        page = _page(book, FILLED_SHEET, file)
        figures, wrong = _figures(page, sheet)
        _require_layout(layout.changes(page, _page(book, TRACE_SHEET, file), sheet), wrong, file)
    finally:
        book.close()
    if wrong:
        found = _first(
            [f"“{FILLED_SHEET}”{fault.cell}（{fault.of}）{fault.reason}" for fault in wrong]
        )
        raise ImportRefused(
            f"{file.name} 有{len(wrong)}处不能接受，未作任何改动：{found}。请改正后再次导入。"
        )
    return FilledForm(sheet, tuple(figures), file.name, hashlib.sha256(content).hexdigest())


def _first(sentences: list[str]) -> str:
    rest = len(sentences) - SENTENCES_SHOWN
    return "；".join(sentences[:SENTENCES_SHOWN]) + (f"；另有{rest}处" if rest > 0 else "")


def _opened(file: Path) -> Any:
    """The workbook, formulas as formulas: a computed cell may hold what nobody typed."""
    refusal = f"{file.name} 不是 Excel 表格（.xlsx）。请用 cockpit template 生成的表样填报。"
    try:
        with zipfile.ZipFile(file) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if file.stat().st_size > MOST_BYTES or unpacked > MOST_UNPACKED:
            raise ImportRefused(
                f"{file.name} 太大，不像一张月报。请用 cockpit template 的表样填报。"
            )
        return load_workbook(file, data_only=False, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, ParseError) as error:
        raise ImportRefused(refusal) from error


def _page(book: Any, name: str, file: Path) -> Worksheet:
    if name not in book.sheetnames or not isinstance(book[name], Worksheet):
        raise ImportRefused(
            f"{file.name} 没有工作表“{name}”，不是本系统的表样。"
            "请在 cockpit template 生成的文件上填报，不要另建文件。"
        )
    page: Worksheet = book[name]
    return page


def _sheet(book: Any, file: Path) -> FormSheet:
    """What the form says it is; its units as its own lines name them."""
    trace_page = _page(book, TRACE_SHEET, file)
    trace = {
        str(trace_page[f"A{row}"].value or ""): str(trace_page[f"B{row}"].value or "")
        for row in range(1, len(TRACE_KEYS) + 2)
    }
    missing = [key for key in TRACE_KEYS if not trace.get(key)]
    if missing:
        raise ImportRefused(
            f"{file.name} 的工作表“{TRACE_SHEET}”缺少{'、'.join(missing)}。请用原表样填报。"
        )
    if trace["版式"] != str(VERSION):
        raise ImportRefused(
            f"{file.name} 不是版式{VERSION}的表样（工作表“{TRACE_SHEET}”B7）。"
            "请重新生成表样（cockpit template）后填报。"
        )
    if not trace["单位数"].isdecimal() or not 0 < int(trace["单位数"]) <= MOST_UNITS:
        raise ImportRefused(
            f"{file.name} 的工作表“{TRACE_SHEET}”B8（单位数）不可用。请用原表样填报。"
        )
    form = FORM_BY_NAME.get(trace["报表"])
    if form is None:
        raise ImportRefused(
            f"{file.name} 的工作表“{TRACE_SHEET}”B2（报表）应为 {'、'.join(FORM_BY_NAME)} 之一。"
            "请用原表样填报。"
        )
    if not MONTH.fullmatch(trace["月份"]):
        raise ImportRefused(
            f"{file.name} 的工作表“{TRACE_SHEET}”B4（月份）应写成 2026-11 这样。请用原表样填报。"
        )
    page = _page(book, FILLED_SHEET, file)
    rows = range(FIRST_UNIT_ROW, FIRST_UNIT_ROW + int(trace["单位数"]))
    return FormSheet(
        form=form,
        month=month_named(trace["月份"]),
        region_code=trace["区划代码"],
        region_name=trace["区划名称"],
        units=tuple(Unit(*(str(page[f"{c}{row}"].value or "") for c in "ABC")) for row in rows),
        is_demo=trace.get(demo_mark.COLUMN) == demo_mark.DEMO,
    )


def _require_layout(changed: list[str], wrong: list[Fault], file: Path) -> None:
    """Refuse a form of which anything but the white cells was changed: its figures may stand in
    other places, or be those of somebody else. What such a form calls its units is not repeated.
    """
    if not changed:
        return
    cells = _first([f"“{FILLED_SHEET}”{fault.cell} {fault.reason}" for fault in wrong])
    also = f"另有{len(wrong)}处填报不能接受：{cells}。" if wrong else ""
    raise ImportRefused(
        f"{file.name} 有{len(changed)}处被改动过，未作任何改动：{_first(changed)}。{also}"
        "请在原表样上填报，只填白色格，不要改动其他各格，不要增删行列。"
    )


def _figures(page: Worksheet, sheet: FormSheet) -> tuple[list[Figure], list[Fault]]:
    figures: list[Figure] = []
    wrong: list[Fault] = []
    for row, unit in enumerate(sheet.units, FIRST_UNIT_ROW):
        for place, asked in enumerate(sheet.form.figures):
            cells = [f"{column}{row}" for column in sheet.columns(place)[:2]]
            values = [page[cell].value for cell in cells]
            if values == [None, None]:
                continue
            faults = [
                Fault(cell, f"{unit.name} {name}", fault)
                for cell, name, fault in (
                    (cell, cell_head(asked, is_numerator=bool(n)), _fault(value))
                    for n, (cell, value) in enumerate(zip(cells, values, strict=True))
                )
                if fault
            ]
            if not faults and (fault := _pair_fault(asked, values, *cells)):
                faults = [Fault(cells[1], unit.name, fault)]
            wrong += faults
            if not faults:
                denominator, numerator = (int(value) for value in values)
                figures.append(Figure(unit, asked.indicator, numerator, denominator))
    return figures, wrong


def _fault(value: Any) -> str:
    """What is wrong with a cell of a pair of which something was filled; empty if nothing is."""
    if value is None:
        return "未填，分母和分子应都填或都不填"
    if isinstance(value, str) and value.startswith("="):
        return "是公式，应直接填整数"
    text = str(value).strip()
    if kind := found_in(text):
        return f"像是{kind}，不得填写个人信息"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "应为整数，不是文字"
    if not 0 <= value <= LARGEST:
        return f"应为不小于0的整数，最大{LARGEST:,}"
    if value != int(value):
        return "应为整数，不是小数"
    return ""


def _pair_fault(asked: FormFigure, values: list[Any], base_cell: str, part_cell: str) -> str:
    """What is wrong with two numbers that are good each for itself; empty if nothing is."""
    denominator, numerator = values
    base = f"“{cell_head(asked, is_numerator=False)}”（{base_cell}）"
    if asked.is_part and numerator > denominator:
        part = f"“{cell_head(asked, is_numerator=True)}”（{part_cell}）"
        return f"{part}大于{base}，分子不能大于分母"
    if not denominator and numerator:
        return f"{base}为0时分子也应为0"
    return ""
