"""The same rows as CSV, as a workbook with real times, and as Parquet make the same cases."""

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import URL, create_engine, text

from data_access.database import Database
from data_access.imports.command import import_rows
from data_access.imports.importing import ImportOutcome
from tests.data_access.imports.killable import FILES, MAPPINGS

TIME = "%Y-%m-%d %H:%M:%S"
ZONE = ZoneInfo("Asia/Shanghai")


def rows() -> list[list[str]]:
    with (FILES / "incidents.csv").open(encoding="gb18030", newline="") as stored:
        return list(csv.reader(stored))


def typed(cell: str) -> str | datetime:
    try:
        return datetime.strptime(cell, TIME)
    except ValueError:
        return cell


def as_workbook(folder: Path) -> Path:
    book = Workbook()
    for row in rows():
        book.active.append([typed(cell) for cell in row])
    book.save(folder / "incidents.xlsx")
    return folder / "incidents.xlsx"


def as_parquet(folder: Path) -> Path:
    header, *body = rows()
    columns = {}
    for name, column in zip(header, zip(*body, strict=True), strict=True):
        cells = [typed(cell) for cell in column]
        is_time = any(isinstance(cell, datetime) for cell in cells)
        columns[name] = (
            [cell.replace(tzinfo=ZONE) if isinstance(cell, datetime) else None for cell in cells]
            if is_time
            else column
        )
    pq.write_table(pa.table(columns), folder / "incidents.parquet")
    return folder / "incidents.parquet"


def cases_from(file: Path, url: URL, folder: Path) -> tuple[ImportOutcome, list[str]]:
    database = Database(url)
    for kind, name in (("regions", "regions.csv"), ("outlines", "outlines.geojson")):
        mapping = MAPPINGS / f"{kind}.toml"
        import_rows(database, kind, FILES / name, mapping, report_folder=folder)
    outcome = import_rows(
        database, "incidents", file, MAPPINGS / "incidents.toml", report_folder=folder
    )
    with database.read() as connection:
        found = connection.scalars(
            text("select i::text from incidents i union all select s::text from steps s order by 1")
        ).all()
    database.close()
    return outcome, list(found)


@pytest.mark.parametrize("written", [as_workbook, as_parquet])
def test_the_form_of_a_file_makes_no_difference(
    written: Callable[[Path], Path],
    database_url: URL,
    empty_database_url: URL,
    migrated_template: str,
    postgres: Callable[[str], URL],
    tmp_path: Path,
) -> None:
    admin = create_engine(postgres("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"drop database {empty_database_url.database}"))
        connection.execute(
            text(f"create database {empty_database_url.database} template {migrated_template}")
        )
    admin.dispose()
    plain, expected = cases_from(FILES / "incidents.csv", database_url, tmp_path)
    outcome, found = cases_from(written(tmp_path), empty_database_url, tmp_path)
    assert found == expected
    assert len(found) > plain.rows_accepted
    assert {c.name: c.rows for c in outcome.checks} == {c.name: c.rows for c in plain.checks}


def test_a_number_that_lost_its_digits_stands_in_no_report(
    database_url: URL, tmp_path: Path
) -> None:
    """In a number cell the check digit is gone: an identity number can't be told from others."""
    book = load_workbook(as_workbook(tmp_path))
    book.active["A2"] = 110105194912310021
    book.save(tmp_path / "incidents.xlsx")
    outcome, _ = cases_from(tmp_path / "incidents.xlsx", database_url, tmp_path / "reports")
    assert "rounded_number" in {check.name for check in outcome.checks}
    report = outcome.report.read_text("utf-8-sig")
    assert "末几位已失，不显示，18 个字符" in report
    assert "110105" not in report
