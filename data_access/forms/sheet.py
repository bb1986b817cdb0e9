"""What stands where in a form's workbook, and the checksum that tells a changed layout.

Sheet 填报: four lines of head, two of column heads, a line a unit, a line of sums. Of each figure
three columns: denominator, numerator, value (a formula). Sheet 表单信息 holds the trace.

A demo's form is another form than the real one: its number, and so its checksum, says 演示, its
trace has one key more. Cells stand where they stand in every form.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from openpyxl.utils import get_column_letter

from dashboard import demo_mark
from dashboard.reporting_forms import FormFigure, ReportingForm

# Raised when cells move or their words change: an older file is then told to be old, not altered.
VERSION = 1
FILLED_SHEET, GUIDE_SHEET, TRACE_SHEET = "填报", "说明", "表单信息"
FIGURE_ROW, CELL_ROW, FIRST_UNIT_ROW = 6, 7, 8
UNIT_HEADS = ("区划代码", "设区市", "单位")
COLUMNS_A_FIGURE = 3
# Keys of the trace, as the sheet shows them.
TRACE_KEYS = (
    *("表号", "报表", "部门", "月份", "区划代码", "区划名称"),
    *("版式", "单位数", "版式校验"),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A county that reports: its code (its id without one), its city and its name."""

    code: str
    city: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FormSheet:
    """One form of one month for one region: everything that its cells follow from."""

    form: ReportingForm
    month: date
    region_code: str
    region_name: str
    units: tuple[Unit, ...]
    version: int = VERSION
    is_demo: bool = False

    @property
    def number(self) -> str:
        """表号: S12-330000-202611-v1; of a demo S12-330000-202611-v1-演示."""
        number = f"{self.form.code}-{self.region_code}-{self.month:%Y%m}-v{self.version}"
        return f"{number}-演示" if self.is_demo else number

    @property
    def title(self) -> str:
        """心理服务月报(2026年11月); of a demo 演示数据 before it."""
        title = f"{self.form.name}月报({self.month.year}年{self.month.month}月)"
        return f"{demo_mark.DEMO} {title}" if self.is_demo else title

    @property
    def file_name(self) -> str:
        """Name under which the form is handed out."""
        name = f"{self.form.name}-{self.month:%Y-%m}-{self.region_name}.xlsx"
        return demo_mark.file_name(name, is_demo=self.is_demo)

    @property
    def last_unit_row(self) -> int:
        """Row of the last unit."""
        return FIRST_UNIT_ROW + len(self.units) - 1

    def columns(self, place: int) -> tuple[str, str, str]:
        """Letters of denominator, numerator and value of the figure at a place (from 0)."""
        first = len(UNIT_HEADS) + 1 + place * COLUMNS_A_FIGURE
        denominator, numerator, value = (get_column_letter(first + n) for n in range(3))
        return denominator, numerator, value

    def heads(self) -> dict[str, str]:
        """Texts of the fixed cells by address: figures, columns, units."""
        cells = {f"{get_column_letter(n)}{CELL_ROW}": head for n, head in enumerate(UNIT_HEADS, 1)}
        for place, figure in enumerate(self.form.figures):
            denominator, numerator, value = self.columns(place)
            cells[f"{denominator}{FIGURE_ROW}"] = figure.about.title
            cells[f"{denominator}{CELL_ROW}"] = cell_head(figure, is_numerator=False)
            cells[f"{numerator}{CELL_ROW}"] = cell_head(figure, is_numerator=True)
            cells[f"{value}{CELL_ROW}"] = f"{figure.about.title}({figure.about.unit})"
        for row, unit in enumerate(self.units, FIRST_UNIT_ROW):
            for column, text in zip("ABC", (unit.code, unit.city, unit.name), strict=True):
                cells[f"{column}{row}"] = text
        return cells

    def checksum(self) -> str:
        """Hash of the fixed cells and of what they are for."""
        known = [self.number, self.form.name, self.form.department, self.heads()]
        text = json.dumps(known, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def trace(self) -> Mapping[str, str]:
        """What the sheet 表单信息 says, by `TRACE_KEYS`; of a demo its mark after them."""
        values = (
            *(self.number, self.form.name, self.form.department, f"{self.month:%Y-%m}"),
            *(self.region_code, self.region_name),
            *(str(self.version), str(len(self.units)), self.checksum()),
        )
        trace = dict(zip(TRACE_KEYS, values, strict=True))
        return trace | {demo_mark.COLUMN: demo_mark.DEMO} if self.is_demo else trace


def cell_head(figure: FormFigure, *, is_numerator: bool) -> str:
    """已建站室(个)"""
    words = figure.numerator if is_numerator else figure.denominator
    unit = figure.units[0 if is_numerator else 1]
    return f"{words}({unit})"
