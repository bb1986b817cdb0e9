"""Pages of a county's open cases: every case once, in order, however the pages are cut."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, text

from data_access import schema
from data_access.case_pages import CaseLine, Order, page
from data_access.database import Database
from tests.case_builder import NOW, add_everything, incident
from tests.statements import listening

COUNTY = 330102
ORDERS: tuple[Order, ...] = ("registered", "due", "step")


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.write() as connection:
        add_everything(connection, seed=2, count=400)
        # Many of one instant: only the key tells them apart.
        connection.execute(
            insert(schema.incidents),
            [
                incident(9000 + n, county_id=COUNTY, registered_at=NOW, due_at=NOW, closed_at=None)
                for n in range(30)
            ],
        )
        yield connection


def all_pages(connection: Connection, order: Order, limit: int) -> list[CaseLine]:
    found: list[CaseLine] = []
    while lines := page(
        connection, [COUNTY], order, after=found[-1] if found else None, limit=limit
    ):
        assert len(lines) <= limit
        found += lines
    return found


@pytest.mark.parametrize("order", ORDERS)
def test_pages_hold_every_open_case_once_and_in_order(connection: Connection, order: Order) -> None:
    found = all_pages(connection, order, 7)
    assert found == page(connection, [COUNTY], order, limit=1000)
    instants = [line.ordered_by for line in found]
    assert instants == sorted(instants, reverse=order == "registered")
    condition = " and due_at is not null" if order == "due" else ""
    expected = connection.scalars(
        text(
            "select case_no from incidents where county_id = :county and closed_at is null"
            f" and not is_sensitive{condition}"
        ),
        {"county": COUNTY},
    )
    assert sorted(line.key.case_no for line in found) == sorted(expected)


def test_a_step_ends_the_time_in_the_one_before(connection: Connection) -> None:
    first = page(connection, [COUNTY], "step", limit=1)[0]
    connection.execute(
        text("update incidents set visited_at = :at where case_no = :no and county_id = :county"),
        {"at": NOW + timedelta(days=9), "no": first.key.case_no, "county": COUNTY},
    )
    last = all_pages(connection, "step", 50)[-1]
    assert (last.key, last.step_at) == (first.key, NOW + timedelta(days=9))


def test_sensitive_cases_and_other_counties_are_in_no_page(connection: Connection) -> None:
    connection.execute(
        text("update incidents set is_sensitive = true where county_id = :c"), {"c": COUNTY}
    )
    assert page(connection, [COUNTY], "registered") == []
    assert page(connection, [], "registered") == []


@pytest.mark.parametrize("order", ORDERS)
def test_a_page_is_read_from_an_index_in_its_order(
    database: Database, connection: Connection, order: Order
) -> None:
    """The very statements of the first page and the next."""
    with listening(database) as said:
        first = page(connection, [COUNTY], order, limit=5)
        page(connection, [COUNTY], order, limit=5, after=first[-1])
    assert len(said) == 2
    connection.execute(text("set local enable_seqscan = off"))
    # Else so few rows are read in any order and sorted.
    connection.execute(text("set local enable_sort = off"))
    for statement, values in said:
        plan = connection.exec_driver_sql(f"explain {statement}", values).scalars().all()
        assert any("Presorted Key" in line for line in plan), plan
