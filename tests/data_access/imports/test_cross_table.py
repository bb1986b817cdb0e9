"""Our status against the file's own mark: by hand for the excerpt, and docs = data for Boston.

The real file is not part of the project. COCKPIT_BOSTON_FILE names it, or it lies beside the
project in ../shared/data; where it is absent the excerpt alone is compared.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from data_access.imports.cross_table import NO_MARK, cross_table
from data_access.imports.incidents import ImportOutcome, import_incidents
from tests.data_access.imports.past_wall import counted, shown, wall_at

ROOT = Path(__file__).parents[3]
BESIDE = ROOT.parent / "shared" / "data" / "boston_311_2015" / "boston_311_2015.csv.gz"
BOSTON_FILE = Path(os.environ.get("COCKPIT_BOSTON_FILE", BESIDE))
DOCUMENT = ROOT / "docs" / "boston-cross-table.md"
MARK = "OnTime_Status"
MOMENT = "2015-09-01T12:00"


def test_the_excerpt_falls_into_the_cells_counted_by_hand(
    engine: Engine, excerpt: Path, boston_mapping: Path, tmp_path: Path
) -> None:
    import_incidents(engine, excerpt, boston_mapping, report_folder=tmp_path)
    with engine.connect() as connection:
        table = cross_table(connection, excerpt, boston_mapping, mark_column=MARK)
    assert table.as_of == datetime(2016, 1, 13, 3, 22, 40, tzinfo=UTC)
    assert table.cells == {
        ("closed_on_time", "ONTIME"): 26,
        ("closed_late", "OVERDUE"): 10,
        ("closed_late", NO_MARK): 2,
        ("closed_no_target", "ONTIME"): 6,
        ("open_no_target", "ONTIME"): 3,
        ("open_not_due", "ONTIME"): 4,
        ("open_not_due", "OVERDUE"): 1,
        ("open_overdue", "OVERDUE"): 5,
        ("open_overdue", NO_MARK): 1,
        ("doubtful", "ONTIME"): 2,
    }
    assert (table.total, table.not_imported) == (60, 0)


def test_at_an_earlier_instant_cases_were_still_open(
    engine: Engine, excerpt: Path, boston_mapping: Path, tmp_path: Path
) -> None:
    import_incidents(engine, excerpt, boston_mapping, report_folder=tmp_path)
    with engine.connect() as connection:
        table = cross_table(
            connection,
            excerpt,
            boston_mapping,
            mark_column=MARK,
            as_of=datetime(2015, 1, 6, tzinfo=UTC),
        )
    assert table.cells[("closed_on_time", "ONTIME")] == 1


def test_the_printed_table_adds_up(
    engine: Engine, excerpt: Path, boston_mapping: Path, tmp_path: Path
) -> None:
    import_incidents(engine, excerpt, boston_mapping, report_folder=tmp_path)
    with engine.connect() as connection:
        printed = cross_table(connection, excerpt, boston_mapping, mark_column=MARK).as_markdown()
    header, _, *lines, sums = printed.splitlines()
    assert header == f"| 本系统 | ONTIME | OVERDUE | {NO_MARK} | 合计 |"
    numbers = [[int(cell) for cell in line.split("|")[2:-1]] for line in lines]
    columns = [sum(column) for column in zip(*numbers, strict=True)]
    assert sums == f"| 合计 | {' | '.join(map(str, columns))} |"
    assert columns[-1] == 60


def test_the_documented_cells_add_up_to_the_rows_of_the_file() -> None:
    lines = DOCUMENT.read_text("utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| 本系统"))
    table = lines[start + 2 : start + 10]
    *rows, sums = [[int(cell.replace(",", "")) for cell in line.split("|")[2:-1]] for line in table]
    assert [sum(column) for column in zip(*rows, strict=True)] == sums
    assert sum(sums[:-1]) == sums[-1] == 121_145


@pytest.fixture
def boston(engine: Engine, boston_mapping: Path, tmp_path: Path) -> ImportOutcome:
    if not BOSTON_FILE.exists():
        pytest.skip(f"{BOSTON_FILE.name} is not here; COCKPIT_BOSTON_FILE names it")
    return import_incidents(engine, BOSTON_FILE, boston_mapping, report_folder=tmp_path)


def test_the_real_file_is_counted_as_the_documents_say(
    boston: ImportOutcome, engine: Engine, boston_mapping: Path
) -> None:
    assert (boston.rows_read, boston.rows_accepted, boston.rows_rejected) == (121_145, 121_145, 0)
    assert {check.name: check.rows for check in boston.checks} == {
        "default_coordinate": 17_070,
        "missing_region": 10_868,
        "closed_before_registered": 197,
        "ambiguous_time": 1,
        "unknown_code": 1,
    }
    with engine.connect() as connection:
        table = cross_table(connection, BOSTON_FILE, boston_mapping, mark_column=MARK)
    assert (table.total, table.not_imported) == (121_145, 0)
    documented = DOCUMENT.read_text("utf-8")
    assert table.as_markdown() in documented
    for check in boston.checks:
        assert f"| {check.title} `{check.name}` | {check.rows:,} |" in documented
    # Here as well, since the import takes long: the wall that the demo of this file opens with.
    assert shown(wall_at(engine, MOMENT)) == counted(BOSTON_FILE, MOMENT)
