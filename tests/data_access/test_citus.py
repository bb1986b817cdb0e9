"""On a real Citus cluster, where one is to be had (`tests.citus_cluster`): the same answers."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from dashboard.asks import Ask
from dashboard.scope import Scope
from dashboard.snapshot import Snapshot
from dashboard.views import View
from data_access import case_pages, rollups, schema
from data_access.case_lists import rows_of_measure, rows_of_stock
from data_access.database import Database
from data_access.distribution import DISTRIBUTED, REFERENCE, distribute
from data_access.migrating import migrate
from data_access.snapshotting import compute
from data_access.wall_parts import Kept
from tests.case_builder import NOW, add_everything, incident
from tests.citus_cluster import PROGRAMS, citus_programs, cluster
from tests.statements import ANY_ROW, listening

pytestmark = pytest.mark.skipif(
    citus_programs() is None, reason=f"{PROGRAMS} does not name a PostgreSQL with Citus"
)
ORDERS: tuple[case_pages.Order, ...] = ("registered", "due", "step")
REGIONS = (330000, 330100, 330102)


@pytest.fixture(scope="module")
def whole(server_folder: Path) -> Iterator[Database]:
    """A filled database on the coordinator, not distributed yet."""
    programs = citus_programs()
    assert programs is not None
    with cluster(server_folder / "citus", programs) as url:
        migrate(url)
        with closing(Database(url)) as database:
            with database.write() as connection:
                add_everything(connection, seed=3, count=200)
                rollups.follow_regions(connection)
                connection.execute(
                    text(
                        "update incidents set county_id = 330102"
                        " where home_county_id = 330106 and case_no like '%7%'"
                    )
                )
                rollups.fold(connection)
            yield database


def walls(database: Database) -> list[Snapshot]:
    return [
        compute(database, View("wall", region), now=NOW, ask=Ask(), kept=Kept())
        for region in REGIONS
    ]


def lists(database: Database) -> list[list[object]]:
    scope = Scope(counties=frozenset({330102}))
    start = NOW.replace(day=1)
    with database.read() as connection:
        shown: list[list[object]] = [
            sorted(map(tuple, rows), key=str)
            for rows in (
                rows_of_measure(
                    connection, "registered_all", scope, start=start, end=NOW, as_of=None
                ),
                rows_of_stock(connection, "open", scope, as_of=NOW),
            )
        ]
        shown += [list(case_pages.page(connection, [330102], order)) for order in ORDERS]
        return shown


def most_shards_of_a_countys_wall(database: Database) -> int:
    """Of one table: those of the county, and of the one from which it was given cases."""
    with listening(database) as said:
        compute(database, View("wall", 330102), now=NOW, ask=Ask(), kept=Kept())
    most = 0
    with database.read() as connection:
        for statement, values in said:
            if ANY_ROW.search(statement):
                continue
            plan = connection.exec_driver_sql(f"explain {statement}", values).scalars().all()
            tasks = [
                int(found) for line in plan for found in re.findall(r"Task Count: (\d+)", line)
            ]
            assert tasks, statement
            most = max(most, *tasks)
    return most


def test_a_cluster_answers_as_one_machine_did(whole: Database) -> None:
    shown, listed = walls(whole), lists(whole)
    assert any(listed)
    with whole.write() as connection:
        declared = distribute(connection, drop_triggers=True)
        kinds = dict(
            connection.execute(
                text("select table_name::text, citus_table_type from citus_tables")
            ).all()
        )
    assert set(declared) == {*DISTRIBUTED, *REFERENCE}
    assert {kinds[name] for name in DISTRIBUTED} == {"distributed"}
    assert {kinds[name] for name in REFERENCE} == {"reference"}
    assert [made.failures for made in walls(whole)] == [{}, {}, {}]
    assert walls(whole) == shown
    assert lists(whole) == listed
    assert 0 < most_shards_of_a_countys_wall(whole) <= 2
    with whole.write() as connection:
        connection.execute(insert(schema.incidents), [incident(1)])
        rollups.rebuild(connection)
    assert walls(whole)[0] != shown[0]
