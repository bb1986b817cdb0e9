"""Fills a form as a department would: opens the written file, types into cells, saves it."""

from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from data_access.forms.sheet import FILLED_SHEET


def fill(file: Path, cells: dict[str, Any], *, to: Path | None = None) -> Path:
    """The file with these cells of 填报 typed in."""
    book = load_workbook(file)
    for address, value in cells.items():
        book[FILLED_SHEET][address] = value
    target = to or file
    book.save(target)
    return target


def change(file: Path, sheet: str, cells: dict[str, Any]) -> Path:
    """The file with cells of any sheet changed."""
    book = load_workbook(file)
    for address, value in cells.items():
        book[sheet][address] = value
    book.save(file)
    return file
