"""Our status of imported cases against the mark that the file itself carries, case by case.

For a city that says which of its cases were in time, the comparison shows whether our reading of
its file is the city's own. The mark is no column of the database: it is read from the file again
and joined by case number. docs/boston-cross-table.md holds the result for Boston.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from data_access.imports.mapping_file import load_mapping
from data_access.imports.sources.opening import open_source

ROWS_A_CHUNK = 20_000
NO_MARK = "无标记"

# Status -> Chinese title, in the order of the table's rows.
STATUSES: Mapping[str, str] = {
    "closed_on_time": "按期办结",
    "closed_late": "超期办结",
    "open_not_due": "在办，未到时限",
    "open_overdue": "在办，已超期",
    "closed_no_target": "办结，无时限",
    "open_no_target": "在办，无时限",
    "doubtful": "时间存疑（不参与计算）",
}

# As in dashboard.indicators: a limit reached has passed, a closing at the limit is in time.
_STATUS = """
  case
    when i.has_doubtful_times then 'doubtful'
    when i.due_at is null then
      case when i.closed_at <= :as_of then 'closed_no_target' else 'open_no_target' end
    when i.closed_at <= :as_of then
      case when i.closed_at <= i.due_at then 'closed_on_time' else 'closed_late' end
    when i.due_at > :as_of then 'open_not_due'
    else 'open_overdue'
  end"""


@dataclass(frozen=True)
class CrossTable:
    """Cases by (status, mark); a file's case that was not imported is in `not_imported`."""

    as_of: datetime
    cells: Mapping[tuple[str, str], int]
    not_imported: int

    @property
    def total(self) -> int:
        return sum(self.cells.values())

    @property
    def marks(self) -> tuple[str, ...]:
        """Marks that occur, cases without one last."""
        found = {mark for _, mark in self.cells}
        return (*sorted(found - {NO_MARK}), *({NO_MARK} & found))

    def as_markdown(self) -> str:
        """The table with sums, as it stands in the docs."""
        marks = self.marks
        lines = [
            f"| 本系统 | {' | '.join(marks)} | 合计 |",
            "|---" + "|---:" * (len(marks) + 1) + "|",
        ]
        for status, title in STATUSES.items():
            row = [self.cells.get((status, mark), 0) for mark in marks]
            lines.append(_line(title, [*row, sum(row)]))
        sums = [sum(n for (_, m), n in self.cells.items() if m == mark) for mark in marks]
        lines.append(_line("合计", [*sums, self.total]))
        return "\n".join(lines)


def cross_table(
    connection: Connection,
    file: Path,
    mapping_path: Path,
    *,
    mark_column: str,
    as_of: datetime | None = None,
) -> CrossTable:
    """Count cases by our status and the file's mark, at `as_of` or the file's last instant.

    The last instant is the latest registration or closing of the source.

    Raises:
        MappingError: the mapping is wrong, or the file has no such columns.
    """
    mapping = load_mapping(mapping_path).incidents
    _read_marks(connection, file, mapping_path, mark_column)
    at = as_of or connection.scalar(
        text("select last_row_at from sources where key = :key"), {"key": mapping.source.key}
    )
    counted = connection.execute(
        text(
            f"""
            select {_STATUS} as status, m.mark, count(*)
            from pg_temp.file_marks m
            join incidents i on i.case_no = m.case_no
              and i.source_id = (select id from sources where key = :key)
            group by 1, 2
            """
        ),
        {"as_of": at, "key": mapping.source.key},
    )
    cells = {(status, mark): int(cases) for status, mark, cases in counted}
    in_file = connection.scalar(text("select count(*) from pg_temp.file_marks")) or 0
    connection.execute(text("drop table pg_temp.file_marks"))
    return CrossTable(at, cells, in_file - sum(cells.values()))


def _read_marks(connection: Connection, file: Path, mapping_path: Path, column: str) -> None:
    mapping = load_mapping(mapping_path).incidents
    connection.execute(text("create temporary table file_marks (case_no text, mark text)"))
    driver: Any = connection.connection.driver_connection
    wanted = [mapping.columns.case_no, column]
    with driver.cursor() as cursor, cursor.copy("copy file_marks from stdin") as copy:
        source = open_source(file, mapping.file)
        for raw in source.chunks(wanted, after_line=0, size=ROWS_A_CHUNK):
            numbers, marks = (raw.columns[name] for name in wanted)
            for number, mark in zip(numbers, marks, strict=True):
                copy.write_row((number.strip(), mark.strip() or NO_MARK))


def _line(title: str, numbers: list[int]) -> str:
    return f"| {title} | {' | '.join(f'{number:,}' for number in numbers)} |"
