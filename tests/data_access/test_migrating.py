"""Up, down and up again on a database with rows; what is refused, and in which words."""

import threading
import time
from datetime import date

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, insert, inspect, text

from dashboard.errors import MigrationError
from data_access import facts, rollups, schema
from data_access.database import Database
from data_access.migrating import SCRIPTS, downgrade, migrate
from data_access.partitions import PARTITIONED_TABLES
from tests.case_builder import NOW, add_everything, incident
from tests.table_checksums import DERIVED, checksums

REVISIONS = [script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()]


@pytest.fixture
def filled(database: Database) -> Database:
    """Cases of all kinds, steps of some, versions of those that were corrected or deleted."""
    with database.write() as connection:
        add_everything(connection, seed=3, count=60)
        connection.execute(
            text(
                "insert into steps (subject, home_county_id, source_id, case_no, registered_month,"
                " step_no, step, occurred_at) select 'incident', home_county_id, source_id,"
                " case_no, registered_month, 2, 'accepted', accepted_at from incidents"
                " where accepted_at is not null"
            )
        )
        connection.execute(text("update incidents set class_code = '0102' where is_sensitive"))
        connection.execute(text("delete from disputes where case_no < 'D0000009'"))
    return database


def works(connection: Connection, number: int) -> None:
    """A new case reaches outbox and roll-ups; a correction of it leaves a version."""
    connection.execute(text("delete from outbox"))
    connection.execute(insert(schema.incidents), [incident(number)])
    assert connection.scalar(text("select count(*) from outbox")) == 1
    mine = {"case": incident(number)["case_no"]}
    connection.execute(
        text("update incidents set due_at = :now where case_no = :case"), {**mine, "now": NOW}
    )
    versions = text("select count(*) from case_versions where case_no = :case")
    assert connection.scalar(versions, mine) == 1
    red_card = text("select red_card_at from incidents where case_no = :case")
    assert connection.scalar(red_card, mine) is not None
    assert rollups.differences(connection) == 0


def counts(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {
            table: connection.scalar(text(f"select count(*) from {table}")) or 0
            for table in ("regions", "incidents", "disputes", "agreements", "rollup_deltas")
        }


def test_migrating_again_changes_no_row(filled: Database) -> None:
    before = counts(filled)
    migrate(filled.url)
    assert counts(filled) == before
    with filled.read() as connection:
        assert rollups.differences(connection) == 0


@pytest.mark.parametrize("revision", REVISIONS[1:])
def test_down_to_an_earlier_version_and_up_again_keeps_every_row(
    filled: Database, revision: str
) -> None:
    with filled.write() as connection:
        rollups.follow_regions(connection)
        before = checksums(connection, apart_from=DERIVED)
    assert {name for name, (rows, _) in before.items() if rows} >= {
        *("incidents", "disputes", "steps", "case_versions", "agreements", "regions"),
        *("receptions", "return_visits", "staffing", "database_facts"),
    }
    filled.close()
    downgrade(filled.url, revision)
    migrate(filled.url)
    with filled.write() as connection:
        assert checksums(connection, apart_from=DERIVED) == before
        assert rollups.differences(connection) == 0
        works(connection, 9_000)


def test_coordinates_that_cases_shared_before_they_were_kept_are_known(filled: Database) -> None:
    downgrade(filled.url, "0017")
    with filled.write() as connection:
        connection.execute(insert(schema.incidents), [incident(n) for n in range(7_000, 7_200)])
        of_source = "select count(*) from incidents where source_id = 1"
        cases = connection.scalar(text(of_source))
        connection.execute(
            text(
                "update incidents set lon = 120.155, lat = 30.274, location_quality = 'default',"
                " cell_x = null, cell_y = null"
                " where case_no in (select case_no from incidents order by case_no limit 11)"
            )
        )
    migrate(filled.url)
    with filled.read() as connection:
        known = connection.execute(text("select lon, lat, share from default_coordinates")).all()
    assert known == [(120.155, 30.274, 11 / cases)]


def test_down_to_nothing_and_up_again_on_a_filled_database(filled: Database) -> None:
    filled.close()
    downgrade(filled.url, "base")
    assert inspect(filled.engine).get_table_names() == ["alembic_version"]
    with filled.read() as connection:
        left = connection.scalars(
            text("select proname from pg_proc where pronamespace = 'public'::regnamespace")
        ).all()
    assert left == []
    migrate(filled.url)
    with filled.write() as connection:
        add_everything(connection, seed=4, count=60)
    with filled.read() as connection:
        assert connection.scalar(text("select count(*) from outbox")) != 0
        assert rollups.differences(connection) == 0


def test_a_newer_database_is_refused_with_a_sentence_and_left_alone(filled: Database) -> None:
    with filled.write() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    before = counts(filled)
    with pytest.raises(
        MigrationError, match=r"^数据库结构版本 9999 比本程序新;.*数据未作任何改动。$"
    ):
        migrate(filled.url)
    assert counts(filled) == before


def test_a_user_without_the_right_is_told_whom_to_ask(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("delete from database_facts where key = 'live_schema'"))
        connection.execute(text("grant select on alembic_version to cockpit_app"))
    as_app = database.url.update_query_dict({"options": "-c role=cockpit_app"})
    with pytest.raises(MigrationError, match=r"无权升级结构.*cockpit db migrate"):
        migrate(as_app)


def test_the_zone_of_a_new_database_is_the_one_asked_for(empty_database_url: URL) -> None:
    migrate(empty_database_url, zone="America/New_York")
    database = Database(empty_database_url)
    with database.read() as connection:
        assert facts.read(connection, "zone") == "America/New_York"
    database.close()


def test_an_existing_database_keeps_its_zone(filled: Database) -> None:
    """Its days, months and roll-ups are cut by it."""
    migrate(filled.url, zone="America/New_York")
    with filled.read() as connection:
        assert facts.read(connection, "zone") == "Asia/Shanghai"
        assert rollups.differences(connection) == 0


def test_a_zone_that_is_none_is_refused_and_nothing_is_made(empty_database_url: URL) -> None:
    with pytest.raises(MigrationError, match="时区 'Mars/Olympus' 不存在"):
        migrate(empty_database_url, zone="Mars/Olympus")
    database = Database(empty_database_url)
    assert inspect(database.engine).get_table_names() == []
    database.close()


def test_two_migrations_at_once_do_no_harm(empty_database_url: URL) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            migrate(empty_database_url)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    database = Database(empty_database_url)
    assert "incidents" in inspect(database.engine).get_table_names()
    database.close()


def test_a_dictionary_that_has_changed_rebuilds_the_rollups(filled: Database) -> None:
    with filled.write() as connection:
        rollups.fold(connection)
        connection.execute(text("alter table rollups drop column due_met"))
        connection.execute(text("alter table rollups add column forgotten bigint default 7"))
        connection.execute(
            text("update database_facts set value = '\"older\"' where key like 'live\\_%'")
        )
    migrate(filled.url)
    with filled.read() as connection:
        assert rollups.differences(connection) == 0
    assert "forgotten" not in {
        column["name"] for column in inspect(filled.engine).get_columns("rollups")
    }


def test_triggers_that_have_changed_in_something_else_leave_the_rollups(filled: Database) -> None:
    """Twelve million cases are counted for a quarter of an hour."""
    with filled.write() as connection:
        rollups.fold(connection)
        summed, _ = facts.read(connection, "live_sums")
        facts.write(connection, "live_schema", "older")
        facts.write(connection, "live_sums", [summed, "older"])
        connection.execute(text("drop function cockpit_incidents_delete_version cascade"))
        connection.execute(text("update rollups set registered_all = registered_all + 1"))
    migrate(filled.url)
    with filled.read() as connection:
        assert rollups.differences(connection) > 0, "not counted anew"
        found = text("select to_regproc('cockpit_incidents_delete_version')")
        assert connection.scalar(found) is not None


def test_sums_of_a_program_that_knew_no_such_fact_are_counted_anew(filled: Database) -> None:
    """It installed its own triggers, and left the fact of a newer program as it was."""
    with filled.write() as connection:
        rollups.fold(connection)
        facts.write(connection, "live_schema", "another program's")
        connection.execute(text("update rollups set registered_all = registered_all + 1"))
    migrate(filled.url)
    with filled.read() as connection:
        assert rollups.differences(connection) == 0


def test_the_months_around_today_have_their_partitions(database: Database) -> None:
    today = date.today()
    with database.read() as connection:
        for table in PARTITIONED_TABLES:
            name = f"{table}_{today:%Y%m}"
            assert connection.scalar(text("select to_regclass(:name)"), {"name": name}) == name


def test_a_program_that_writes_meanwhile_is_waited_for(filled: Database) -> None:
    """The writer holds a table of cases, and comes to that of the deltas later."""
    with filled.write() as connection:
        connection.execute(text("delete from database_facts where key = 'live_schema'"))
    with filled.engine.connect() as writer:
        writer.execute(text("lock table incidents in row exclusive mode"))
        migration = threading.Thread(target=migrate, args=(filled.url,))
        migration.start()
        time.sleep(0.5)
        writer.execute(text("update incidents set category = 'policy'"))
        writer.commit()
    migration.join(60)
    assert not migration.is_alive()
    with filled.read() as connection:
        assert facts.read(connection, "live_schema")
        assert rollups.differences(connection) == 0
