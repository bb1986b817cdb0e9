"""Databases, mappings and small files for the tests of imports.

All rows are invented after the shape of a city's request file: 15 columns, of which some are
mapped, one is the city's own mark, and one is free text that must never be read.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from data_access.migrating import migrate

BOSTON_MAPPING = Path(__file__).parents[3] / "docs" / "examples" / "boston_311.toml"

SOUND_ROW = {
    "CASE_ENQUIRY_ID": "900000000001",
    "OPEN_DT": "06/01/2015 09:00:00 AM",
    "TARGET_DT": "06/05/2015 08:30:00 AM",
    "CLOSED_DT": "06/03/2015 10:00:00 AM",
    "OnTime_Status": "ONTIME",
    "CASE_TITLE": "Please ring John Doe, 617 555 0100",
    "REASON": "Street Lights",
    "TYPE": "Street Light Outages",
    "QUEUE": "PWDx_Street Light",
    "Department": "PWDx",
    "ward": "Ward 5",
    "LATITUDE": "42.3512",
    "LONGITUDE": "-71.0711",
    "Source": "Constituent Call",
}

Row = dict[str, str]
FileWriter = Callable[..., Path]


def numbered(count: int, **changes: str) -> list[Row]:
    """Sound rows that differ in their case number and place."""
    return [
        {**SOUND_ROW, "CASE_ENQUIRY_ID": f"9{n:011d}", "LATITUDE": f"42.{3_000 + n}", **changes}
        for n in range(1, count + 1)
    ]


@pytest.fixture
def sound_row() -> Callable[..., Row]:
    """``sound_row(ward="5")`` is an acceptable row with some values changed."""
    return lambda **changes: {**SOUND_ROW, **changes}


@pytest.fixture
def sound_rows() -> Callable[..., list[Row]]:
    """``sound_rows(3, ward="5")``: rows that differ in their case number."""
    return numbered


@pytest.fixture
def write_csv(tmp_path: Path) -> FileWriter:
    """``write_csv(rows, name)`` writes rows with a header and returns the path."""

    def write(rows: Iterable[Row], name: str = "requests.csv") -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as stored:
            writer = csv.DictWriter(stored, list(SOUND_ROW))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


@pytest.fixture
def boston_mapping() -> Path:
    return BOSTON_MAPPING


@pytest.fixture
def excerpt() -> Path:
    """Sixty invented rows, among them every doubt the real file holds."""
    return Path(__file__).parent / "excerpt_311.csv"


@pytest.fixture(scope="session")
def migrated_template(postgres: Callable[[str], URL]) -> Iterator[str]:
    """Name of a migrated, empty database to copy: quicker than migrating for every test."""
    name = f"template_{uuid4().hex[:12]}"
    _run(postgres, f"create database {name} template template0")
    migrate(postgres(name), zone="America/New_York")
    yield name
    _run(postgres, f"drop database {name} with (force)")


@pytest.fixture
def database_url(postgres: Callable[[str], URL], migrated_template: str) -> Iterator[URL]:
    name = f"test_{uuid4().hex[:12]}"
    _run(postgres, f"create database {name} template {migrated_template} strategy file_copy")
    yield postgres(name)
    _run(postgres, f"drop database {name} with (force)")


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def rows_of(engine: Engine) -> Callable[..., list[Any]]:
    """``rows_of("select …")``: what a reader sees now."""

    def read(statement: str, **parameters: object) -> list[Any]:
        with engine.connect() as connection:
            return list(connection.execute(text(statement), parameters).all())

    return read


def _run(postgres: Callable[[str], URL], statement: str) -> None:
    engine = create_engine(postgres("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
