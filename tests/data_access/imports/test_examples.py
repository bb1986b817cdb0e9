"""Every example mapping of the docs is imported, each after what it refers to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from data_access import rollups
from data_access.database import Database
from data_access.imports.command import import_rows
from data_access.imports.importing import ImportOutcome
from data_access.imports.mapping_file import KINDS

MAPPINGS = Path(__file__).parents[3] / "docs" / "examples"
FILES = Path(__file__).parent / "examples"
# In the order in which a new site loads them: kind -> (accepted, rejected, checks that met rows).
EXPECTED: dict[str, tuple[int, int, dict[str, int]]] = {
    "regions": (10, 1, {"unknown_parent": 1}),
    "zone_towns": (3, 3, {"not_a_zone": 1, "two_zones": 1, "unknown_region": 1}),
    "outlines": (2, 1, {"unknown_region": 1}),
    "organisations": (3, 1, {"unknown_code": 1}),
    "codes": (4, 1, {"duplicate_row": 1}),
    "calendars": (3, 1, {"unreadable_value": 1}),
    "population": (2, 1, {"unknown_region": 1}),
    "staffing": (1, 2, {"more_than_staff": 1, "wrong_level": 1}),
    "patrols": (2, 0, {"more_than_due": 1}),
    "targets": (2, 1, {"unknown_code": 1}),
    "reported": (3, 1, {"guarded_figure": 1}),
    "receptions": (2, 1, {"out_of_range": 1}),
    "incidents": (
        4,
        2,
        {
            "default_coordinate": 1,
            "outside_region": 1,
            "status_without_time": 1,
            "steps_out_of_order": 1,
            "swapped_coordinate": 1,
            "two_counties": 1,
            "unknown_code": 3,
            "unknown_region": 1,
        },
    ),
    "disputes": (3, 0, {"outcome_without_end": 1, "unknown_code": 1}),
    "steps": (3, 1, {"unknown_case": 1}),
}

Loader = Callable[[str], ImportOutcome]


def file_of(kind: str) -> Path:
    return FILES / f"{kind}{'.geojson' if kind == 'outlines' else '.csv'}"


@pytest.fixture
def database_(database_url: URL) -> Any:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def load(database_: Database, tmp_path: Path) -> Loader:
    def run(kind: str) -> ImportOutcome:
        mapping = MAPPINGS / f"{kind}.toml"
        return import_rows(database_, kind, file_of(kind), mapping, report_folder=tmp_path)

    return run


def test_there_is_an_example_of_every_kind() -> None:
    assert set(EXPECTED) == set(KINDS)
    assert {path.stem for path in MAPPINGS.glob("*.toml")} == {*KINDS, "boston_311"}


def test_all_examples_load_one_after_the_other_and_again_change_nothing(
    load: Loader, database_: Database, rows_of: Callable[..., list[Any]]
) -> None:
    for kind, (accepted, rejected, checks) in EXPECTED.items():
        outcome = load(kind)
        found = {check.name: check.rows for check in outcome.checks}
        assert (outcome.rows_accepted, outcome.rows_rejected, found) == (
            accepted,
            rejected,
            checks,
        ), kind
        assert outcome.rows_read == accepted + rejected
        assert outcome.inserted + outcome.updated + outcome.unchanged == accepted, kind
    for kind, (accepted, rejected, _) in EXPECTED.items():
        again = load(kind)
        assert again.is_repeat == (rejected == 0), kind
        # The unit of a case, which one of its steps has moved.
        changed = 1 if kind == "incidents" else 0
        assert (again.inserted, again.updated) == (0, changed), kind
        assert again.unchanged == accepted - changed, kind
    assert rows_of("select count(*) from import_batches") == [(len(EXPECTED),)]
    with database_.read() as connection:
        assert rollups.differences(connection) == 0
    assert rows_of("select count(*) from pg_tables where schemaname = 'import_staging'") == [(1,)]
