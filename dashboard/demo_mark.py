"""演示数据: how a file made from a demo's database says that its figures are invented.

Of a table a column and of every file its name: a table stays one table for who reads it by program
(a line above the heads would make it none), and a row that is copied into another file still says
so. Files of real data have neither. Not here: how screens say it (`layouts`).
"""

from collections.abc import Iterable, Iterator

DEMO = "演示数据"
# Head of the column that says so.
COLUMN = "数据"

Row = tuple[str, ...]


def file_name(name: str, *, is_demo: bool) -> str:
    """演示数据-数据质量-20261120-1432.csv; the name itself for real data."""
    return f"{DEMO}-{name}" if is_demo else name


def rows(table: Iterable[Row], *, is_demo: bool) -> Iterator[Row]:
    """The lines of a table that begins with its heads, for a demo with the column 数据 in front."""
    mark = COLUMN
    for row in table:
        yield (mark, *row) if is_demo else row
        mark = DEMO
