from datetime import date
from pathlib import Path

import pytest

from dashboard.reporting_forms import form_named
from data_access import facts
from data_access.database import Database
from data_access.forms import publishing, writing
from tests.case_builder import add_regions

OCTOBER = date(2026, 10, 1)


@pytest.fixture
def province(database: Database) -> Database:
    with database.write() as connection:
        add_regions(connection)
        facts.write(connection, "zone", "Asia/Shanghai")
    return database


@pytest.fixture
def form(province: Database, tmp_path: Path) -> Path:
    """心理服务 of October for the whole province: four counties in the lines 8 to 11."""
    with province.read() as connection:
        sheet, due = publishing.sheet_for(connection, form_named("心理服务"), OCTOBER, None)
    return writing.write(sheet, due, tmp_path)
