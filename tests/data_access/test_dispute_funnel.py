"""矛盾纠纷 from real rows to the printed wall: one chain, whose figures can be checked by hand."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from dashboard.asks import Ask
from dashboard.snapshot import Snapshot
from dashboard.views import View
from data_access import schema
from data_access.database import Database
from data_access.snapshotting import compute
from data_access.wall_parts import Kept
from layouts import ids
from layouts.components import disputes, mediation
from layouts.ids import WallIds
from layouts.panel_frame import Leaves
from tests.built_in import built_in_wall
from tests.case_builder import COUNTIES, NOW, add_everything, add_regions

SCREEN = built_in_wall()
STEPS = [ids.row(WallIds.DISPUTES, place) for place in range(4)]
METHODS = {
    method: ids.row(WallIds.MEDIATION, place) for place, method in enumerate(mediation.METHODS)
}
ACCEPTED = NOW - timedelta(days=9)
ENDED = NOW - timedelta(days=4)
MEDIATED = {"dispatched_at": ACCEPTED, "mediation_ended_at": ENDED}
WON = {"is_successful": True, "resolved_at": ENDED}
LOST = {"is_successful": False}
BY_PEOPLE = {"method": "people"}
# How many of each; all are accepted in this month.
ROWS: tuple[tuple[int, dict[str, Any]], ...] = (
    (70, MEDIATED | WON | BY_PEOPLE),
    (6, MEDIATED | LOST | BY_PEOPLE),
    (20, MEDIATED | WON | BY_PEOPLE | {"is_sectoral": True}),
    (55, MEDIATED | WON | {"method": "administrative"}),
    (3, MEDIATED | LOST | {"method": "administrative"}),
    (4, MEDIATED | WON | {"method": "judicial", "is_sectoral": True}),
    (2, MEDIATED | WON | {"method": "other"}),
    # Mediated by who took it in.
    (7, MEDIATED | WON | BY_PEOPLE | {"dispatched_at": None}),
    # The source does not say how.
    (5, MEDIATED | WON | {"method": None}),
    (1, MEDIATED | LOST | {"method": None, "dispatched_at": None}),
    # It ended, and the source does not say how it went.
    (8, MEDIATED | {"is_successful": None} | BY_PEOPLE),
    (3, MEDIATED | {"is_successful": None, "dispatched_at": None} | BY_PEOPLE),
    (30, {"dispatched_at": ACCEPTED}),
    (11, {}),
)


def add_disputes(connection: Connection, rows: Iterable[tuple[int, dict[str, Any]]]) -> None:
    kinds = [values for count, values in rows for _ in range(count)]
    for number, values in enumerate(kinds):
        connection.execute(insert(schema.disputes), dispute(number, ACCEPTED, **values))


def dispute(number: int, accepted: datetime, **values: Any) -> dict[str, Any]:
    return {
        "home_county_id": COUNTIES[0],
        "source_id": 1,
        "case_no": f"F{number:07d}",
        "registered_month": (accepted + timedelta(hours=8)).date().replace(day=1),
        "region_id": COUNTIES[0],
        "county_id": COUNTIES[0],
        "registered_at": accepted - timedelta(hours=1),
        "accepted_at": accepted,
    } | values


def snapshot_of(database: Database) -> Snapshot:
    made = compute(database, View("wall", 330000), now=NOW, ask=Ask(), kept=Kept())
    assert not made.failures
    return made


@pytest.fixture
def known(database: Database) -> Snapshot:
    with database.write() as connection:
        add_regions(connection)
        add_disputes(connection, ROWS)
    return snapshot_of(database)


@pytest.fixture
def random_rows(database: Database) -> Snapshot:
    with database.write() as connection:
        add_everything(connection, seed=11, count=900)
    return snapshot_of(database)


def printed(leaves: Leaves, leaf: str) -> int:
    return int(leaves[leaf]["children"].replace(",", ""))


def share_of(part: int, whole: int) -> str:
    """As it is printed: 94.7%, of 50 or fewer 7/9."""
    if whole <= 50:
        return f"{part}/{whole}"
    return f"{(Decimal(100) * part / whole).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


@pytest.mark.parametrize("rows", ["known", "random_rows"])
def test_each_printed_share_is_of_the_number_printed_above_it(
    rows: str, request: pytest.FixtureRequest
) -> None:
    leaves = disputes.props(SCREEN, request.getfixturevalue(rows))
    numbers = [printed(leaves, ids.part(step, "value")) for step in STEPS]
    shares = [leaves[ids.part(step, "share")]["children"] for step in STEPS]
    assert shares == [
        "",
        *(
            base + share_of(part, whole)
            for base, whole, part in zip(
                ("占受理", "占分流", "占调解"), numbers, numbers[1:], strict=False
            )
        ),
    ]
    # One batch: no step has cases that the one above has not.
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[-1] > 0


@pytest.mark.parametrize("rows", ["known", "random_rows"])
def test_the_methods_printed_add_up_to_the_mediated(
    rows: str, request: pytest.FixtureRequest
) -> None:
    snapshot = request.getfixturevalue(rows)
    mediated, succeeded = (
        printed(disputes.props(SCREEN, snapshot), ids.part(STEPS[place], "value"))
        for place in (2, 3)
    )
    leaves = mediation.props(SCREEN, snapshot)
    bases = {method: printed(leaves, ids.part(row, "base")) for method, row in METHODS.items()}
    sectoral = bases.pop("sectoral")
    assert sum(bases.values()) == mediated
    assert 0 < sectoral <= bases["people"]
    rate = WallIds.MEDIATION_SUCCESS
    said = leaves[rate]["children"] + leaves[ids.part(rate, "unit")]["children"]
    assert said == share_of(succeeded, mediated)


def test_the_chain_counts_what_the_dictionary_says(known: Snapshot) -> None:
    """Mediated without dispatch: through both; ended without result: not among the mediated."""
    leaves = disputes.props(SCREEN, known)
    numbers = [printed(leaves, ids.part(step, "value")) for step in STEPS]
    assert numbers == [225, 214, 173, 163]
    leaves = mediation.props(SCREEN, known)
    by_method = {
        method: (leaves[ids.part(row, "rate")]["children"], printed(leaves, ids.part(row, "base")))
        for method, row in METHODS.items()
    }
    assert by_method == {
        "people": ("94.2", 103),
        "sectoral": ("20/20", 20),
        "administrative": ("94.8", 58),
        "judicial": ("4/4", 4),
        # Two by others; of six it is not known how.
        "other": ("7/8", 8),
    }
