"""Compares a filled form with the one that was written: everything but the white cells.

What was changed is told by its cell and by what the program itself wrote there. What stands there
now is never repeated, nor what a form says of itself (its region, its units).
"""

import re
from datetime import date
from typing import Any

from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from data_access.forms import writing
from data_access.forms.sheet import (
    CELL_ROW,
    FILLED_SHEET,
    FIRST_UNIT_ROW,
    TRACE_SHEET,
    FormSheet,
)

DEADLINE_CELL, DEPARTMENT_CELL = "A3", "A2"
_DAY = re.compile(r"(20\d\d)年(\d{1,2})月(\d{1,2})日")


def changes(filled: Worksheet, trace: Worksheet, sheet: FormSheet) -> list[str]:
    """What differs from the form as it was written for what its trace says, a sentence a cell."""
    original = writing.workbook(sheet, _due(filled, sheet))
    return [
        *_trace_changes(trace, original[TRACE_SHEET], sheet),
        *(
            f"“{FILLED_SHEET}”{address} {_expected(address, cell, sheet)}"
            for address, cell in _differences(filled, original[FILLED_SHEET])
        ),
    ]


def _due(filled: Worksheet, sheet: FormSheet) -> date:
    """The day that the form names: calendars may have changed since it was written."""
    found = _DAY.search(str(filled[DEADLINE_CELL].value))
    try:
        return date(*map(int, found.groups())) if found else sheet.month
    except ValueError:
        return sheet.month


def _differences(page: Worksheet, original: Worksheet) -> list[tuple[str, Cell | None]]:
    """Addresses that are not as written, by row and column, each with the cell that was written."""
    # Only cells that are there: asked for by rows, one far away would make all before it.
    given = {place: cell.value for place, cell in page._cells.items()}
    written: dict[tuple[int, int], Cell] = dict(original._cells)
    found: list[tuple[str, Cell | None]] = []
    for place in sorted(given.keys() | written.keys()):
        cell = written.get(place)
        if cell is not None and not cell.protection.locked:
            continue
        if _plain(given.get(place)) != _plain(cell.value if cell is not None else None):
            found.append((page.cell(*place).coordinate, cell))
    return found


def _plain(value: Any) -> str:
    """A text, or a formula without what spreadsheets may write in another way."""
    text = "" if value is None else str(value)
    return text.replace(" ", "").upper() if text.startswith("=") else text


def _expected(address: str, cell: Cell | None, sheet: FormSheet) -> str:
    if cell is None or cell.value is None:
        return "应为空"
    if str(cell.value).startswith("="):
        return "应为原来的公式，不要改动"
    if address == DEPARTMENT_CELL:
        return f"与“{TRACE_SHEET}”B1—B6 所记的表号、部门、区划名称不符，应为原来的文字"
    if cell.row <= CELL_ROW or cell.row > sheet.last_unit_row:
        return f"应为“{cell.value}”"
    return "应为原来的文字，不要改动"


def _trace_changes(trace: Worksheet, original: Worksheet, sheet: FormSheet) -> list[str]:
    keys = {f"B{row}": key for row, key in enumerate(sheet.trace(), 1)}
    units = f"“{FILLED_SHEET}”A{FIRST_UNIT_ROW}—C{sheet.last_unit_row}"
    told = []
    for address, _ in _differences(trace, original):
        key = keys.get(address)
        if key == "版式校验":
            told.append(
                f"“{TRACE_SHEET}”{address}（版式校验不符）：{units} 的单位或表号与生成时不同"
            )
        elif key:
            told.append(f"“{TRACE_SHEET}”{address}（{key}）与生成时不同")
        else:
            told.append(f"“{TRACE_SHEET}”{address} 应为原来的文字，或为空")
    return told
