"""`/wall?as_of=…` of the imported excerpt says what its lines say of that moment."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from data_access.imports.incidents import import_incidents
from tests.data_access.imports.past_wall import counted, shown, wall_at


@pytest.mark.parametrize(
    ("moment", "instant", "hand_counted"),
    [
        (
            "2015-09-01T12:00",
            datetime(2015, 9, 1, 16, tzinfo=UTC),
            {"incidents_open": 9, "incidents_overdue": 6, "incidents_red": 6},
        ),
        # A day of the excerpt with cases that were closed and registered later that day.
        (
            "2015-04-15T12:00",
            datetime(2015, 4, 15, 16, tzinfo=UTC),
            {"incidents_registered": 1, "incidents_open": 4, "incidents_near_due": 1},
        ),
    ],
)
def test_the_wall_of_a_past_moment_counts_the_lines_as_they_stood(
    moment: str,
    instant: datetime,
    hand_counted: dict[str, int],
    engine: Engine,
    excerpt: Path,
    boston_mapping: Path,
    tmp_path: Path,
) -> None:
    import_incidents(engine, excerpt, boston_mapping, report_folder=tmp_path)
    wall = wall_at(engine, moment)
    assert (wall.as_of, wall.is_live, wall.failures) == (instant, False, {})
    numbers = shown(wall)
    assert numbers == counted(excerpt, moment)
    assert {key: numbers[key][0] for key in hand_counted} == hand_counted
