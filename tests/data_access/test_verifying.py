"""Verifying a database: sealed months by checksum, the others row by row."""

from datetime import date

import pytest
from sqlalchemy import insert, text

from data_access import rollups, schema
from data_access.database import Database
from data_access.verifying import verify
from tests.case_builder import NOW, add_everything, incident

AUGUST = date(2026, 8, 1)


@pytest.fixture
def filled(database: Database) -> Database:
    """Cases of ten weeks, and one of August."""
    with database.write() as connection:
        add_everything(connection, seed=4, count=120)
        old = NOW.replace(month=8)
        connection.execute(
            insert(schema.incidents),
            [incident(n, registered_at=old, closed_at=old, category="hazard") for n in (1, 2)],
        )
        rollups.fold(connection)
    return database


def change(database: Database, statement: str) -> None:
    with database.write() as connection:
        assert connection.execute(text(statement)).rowcount > 0


def sealed(database: Database) -> list[date]:
    with database.read() as connection:
        return list(connection.scalars(text("select month from sealed_months order by 1")))


def test_exact_months_that_are_over_are_sealed_and_not_compared_again(filled: Database) -> None:
    assert verify(filled).differences == 0
    months = sealed(filled)
    assert AUGUST in months
    assert date(2026, 11, 1) not in months, "not over"
    again = verify(filled)
    assert (again.differences, again.broken) == (0, [])
    assert again.since is not None and again.since > AUGUST
    assert verify(filled, whole=True).since is None


def test_a_changed_figure_of_a_sealed_month_is_found_by_its_checksum(filled: Database) -> None:
    verify(filled)
    change(
        filled,
        "update rollups set closed = closed + 1 where region_id = 330000"
        " and day < '2026-09-01' and closed > 0",
    )
    found = verify(filled)
    assert (found.broken, found.since) == ([AUGUST], AUGUST)
    assert found.differences > 0
    assert found.examples[0].measure == "closed"
    assert verify(filled, repair=True).repaired == found.differences
    assert verify(filled).differences == 0
    assert AUGUST in sealed(filled)


@pytest.mark.parametrize(
    "statement",
    [
        "update rollup_months set due = due + 1 where month = '2026-08-01'",
        "update rollup_spreads set amount = amount + 1 where day < '2026-09-01'",
    ],
)
def test_months_and_spreads_are_in_the_checksum(filled: Database, statement: str) -> None:
    verify(filled)
    change(filled, statement)
    assert verify(filled).broken == [AUGUST]


def test_a_late_correction_opens_its_month_until_it_was_compared(filled: Database) -> None:
    verify(filled)
    change(
        filled,
        "update incidents set category = 'policy' where registered_at < '2026-09-01'",
    )
    pending = verify(filled)
    assert (pending.since, pending.broken, pending.differences) == (AUGUST, [], 0)
    with filled.write() as connection:
        rollups.fold(connection)
    assert AUGUST not in sealed(filled)
    assert verify(filled).differences == 0
    assert AUGUST in sealed(filled)


def test_a_row_changed_behind_the_triggers_is_found_when_all_is_compared(
    filled: Database,
) -> None:
    verify(filled)
    with filled.write() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(
            text("update incidents set category = 'policy' where registered_at < '2026-09-01'")
        )
    assert verify(filled).differences == 0, "a seal is of the roll-ups, not of the rows"
    assert verify(filled, whole=True).differences > 0


def test_counting_all_anew_breaks_every_seal(filled: Database) -> None:
    verify(filled)
    with filled.write() as connection:
        rollups.rebuild(connection)
    assert sealed(filled) == []
