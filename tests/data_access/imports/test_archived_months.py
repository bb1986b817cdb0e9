"""A file whose cases were archived since: refused in one sentence, with nothing of it visible."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, text

from dashboard.errors import ImportRefused
from data_access import archiving, rollups
from data_access.database import Database
from data_access.imports.command import import_rows
from data_access.imports.incidents import import_incidents


def archived(url: URL, folder: Path) -> int:
    """Archive what was registered before 2020; returns how many cases went."""
    return archiving.archive(
        url,
        date(2020, 1, 1),
        folder / "archive",
        today=date(2026, 11, 20),
        tell=lambda month: None,
    )


def test_an_archived_file_that_is_imported_again_is_refused_and_a_later_one_is_not(
    engine: Engine,
    database_url: URL,
    boston_mapping: Path,
    tmp_path: Path,
    sound_rows: Callable[..., list[dict[str, str]]],
    write_csv: Callable[..., Path],
    rows_of: Callable[..., list[Any]],
) -> None:
    def imported(rows: list[dict[str, str]], name: str) -> int:
        file = write_csv(rows, name)
        reports = tmp_path / "reports"
        done = import_incidents(engine, file, boston_mapping, report_folder=reports)
        assert done.rows_rejected == 0
        return done.inserted

    rows = sound_rows(5)
    assert imported(rows, "first.csv") == 5
    with engine.begin() as connection:
        rollups.follow_regions(connection)
    assert archived(database_url, tmp_path) == 5
    changed = [{**row, "CLOSED_DT": "06/04/2015 10:00:00 AM"} for row in rows]
    with pytest.raises(ImportRefused, match=r"2015 年 6 月的案件已归档.*没有任何行可见"):
        imported(changed, "again.csv")
    assert rows_of("select count(*) from incidents") == [(0,)]
    later = {
        name: at.replace("2015", "2021") for name, at in rows[0].items() if name.endswith("_DT")
    }
    recent = [{**row, **later, "CASE_ENQUIRY_ID": f"8{n:011d}"} for n, row in enumerate(rows)]
    assert imported(recent, "later.csv") == 5
    with engine.begin() as connection:
        assert rollups.differences(connection) == 0


def test_a_first_file_whose_cases_were_all_archived_is_refused_to_a_superuser_too(
    database_url: URL,
    boston_mapping: Path,
    tmp_path: Path,
    sound_rows: Callable[..., list[dict[str, str]]],
    write_csv: Callable[..., Path],
    rows_of: Callable[..., list[Any]],
) -> None:
    """More of it is new than there is, so its roll-ups would be counted anew, without triggers."""
    database = Database(database_url)

    def imported(rows: list[dict[str, str]], name: str) -> int:
        file = write_csv(rows, name)
        return import_rows(
            database, "incidents", file, boston_mapping, report_folder=tmp_path
        ).inserted

    rows = sound_rows(5)
    assert imported(rows, "first.csv") == 5
    assert archived(database_url, tmp_path) == 5
    with pytest.raises(ImportRefused, match=r"2015 年 6 月的案件已归档.*没有任何行可见"):
        imported([*rows, *sound_rows(6)[5:]], "again.csv")
    assert rows_of("select count(*) from incidents") == [(0,)]
    with database.read() as connection:
        assert rollups.differences(connection) == 0
        counted = "select coalesce(sum(registered_all), 0) from rollups r join regions g"
        statement = text(f"{counted} on g.id = r.region_id where g.parent_id is null")
        assert connection.scalar(statement) == 5
    database.close()
