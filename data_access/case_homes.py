"""Where the cases of some counties lie in a cluster (docs/scale.md).

Cases are distributed by the county in which they began, for ever, and read by the county they are
booked under now. In a distributed database each read of cases names both, so that it goes to the
shards of its counties and not to all. For that the moves between counties are noted, as a fact of
the database, with every computing of the roll-ups from the rows. A single machine has neither.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, text

from data_access import facts
from data_access.database import IS_CLUSTER

# Fact: [home county, county booked under] of every move; none while nothing is distributed.
MOVES = "case_moves"
HOME = "home_county_id"
# Tables whose rows have both counties.
BOOKED = ("incidents", "disputes", "return_visits", "agreements")
Values = dict[str, Any]


def note_moves(connection: Connection) -> None:
    """Find all moves in the rows."""
    pairs = " union ".join(
        f"select home_county_id, county_id from {table} where county_id <> home_county_id"
        for table in BOOKED
    )
    rows = connection.execute(text(f"{pairs} order by 1, 2"))
    facts.write(connection, MOVES, [[row.home_county_id, row.county_id] for row in rows])


def follow_moves(connection: Connection) -> None:
    """Note moves again where they were noted."""
    if facts.read(connection, MOVES) is not None:
        note_moves(connection)


def homes_of(connection: Connection, counties: Iterable[int]) -> list[int] | None:
    """Counties in which the cases now booked under these began; None where it does not matter."""
    if not connection.info.get(IS_CLUSTER):
        return None
    moves = facts.read(connection, MOVES)
    if moves is None:
        return None
    booked = set(counties)
    return sorted(booked | {home for home, county in moves if county in booked})


def booked_under(
    connection: Connection, counties: Iterable[int], alias: str = "i"
) -> tuple[str, Values]:
    """SQL: the case is booked under one of the counties; with its parameters."""
    booked = list(counties)
    and_at_home, homes = at_home(connection, alias, booked)
    return f"{alias}.county_id = any(:counties){and_at_home}", {"counties": booked, **homes}


def at_home(connection: Connection, alias: str, counties: Iterable[int]) -> tuple[str, Values]:
    """SQL to add to the condition on cases booked under these counties, with its parameter."""
    homes = homes_of(connection, counties)
    if homes is None:
        return "", {}
    return f" and {alias}.{HOME} = any(cast(:homes as int[]))", {"homes": homes}


def has_home(table: Table) -> bool:
    """Whether the table is one of cases, distributed by their home."""
    return HOME in table.c
