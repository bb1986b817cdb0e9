"""Foreign writers: whatever plain SQL does to the tables is counted, kept and announced."""

import random
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import insert, text

from dashboard.work_calendar import WorkCalendar, official_days
from data_access import live_schema, rollups, schema
from data_access.database import Database
from data_access.feed import libpq_url
from tests.case_builder import COUNTIES, NOW, add_regions, grid_of, incident
from tests.work_limits import workdays_later

ZONE = ZoneInfo("Asia/Shanghai")
MANY = 10_000
CASE = ("home_county_id", "source_id", "case_no", "registered_month")
COPIED = (*CASE, "category", "region_id", "county_id", "grid_id", "registered_at", "recorded_at")


@pytest.fixture
def regions_only(database: Database) -> Database:
    with database.write() as connection:
        add_regions(connection)
        connection.execute(text("delete from outbox"))
    return database


def connect(database: Database) -> psycopg.Connection:
    return psycopg.connect(libpq_url(database.url), row_factory=dict_row)


@pytest.fixture
def writer(regions_only: Database) -> Iterator[psycopg.Connection]:
    """Another program's connection: it knows the tables and nothing of the cockpit."""
    connection = connect(regions_only)
    yield connection
    connection.close()


def values(connection: psycopg.Connection, statement: str) -> list:
    return connection.execute(statement).fetchall()  # type: ignore[arg-type]


def one(connection: psycopg.Connection, statement: str):
    """The value of a statement that gives one."""
    (row,) = values(connection, statement)
    (value,) = row.values()
    return value


def differences(database: Database) -> int:
    with database.read() as connection:
        return rollups.differences(connection)


def summed(connection: psycopg.Connection, measure: str) -> int:
    """What the pending deltas of a measure add up to."""
    return int(
        one(
            connection,
            f"select coalesce(sum({measure}), 0) from rollup_deltas",
        )
    )


def copy_many(connection: psycopg.Connection, count: int = MANY, first: int = 0) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy incidents ({', '.join(COPIED)}) from stdin") as copy,  # type: ignore[arg-type]
    ):
        for n in range(first, first + count):
            case = incident(
                n,
                county_id=COUNTIES[n % 4],
                registered_at=NOW - timedelta(minutes=n % 300),
            )
            copy.write_row([case[name] for name in COPIED])


def test_ten_thousand_rows_by_copy_are_counted_in_a_few_deltas(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    copy_many(writer)
    writer.commit()
    assert summed(writer, "registered_all") == MANY
    assert summed(writer, "open_in") == MANY
    feed = values(writer, "select subject, county_id from outbox order by county_id")
    assert [(row["subject"], row["county_id"]) for row in feed] == [
        ("incidents", county) for county in COUNTIES
    ]
    # One a county and quarter of an hour: not one a row.
    assert one(writer, "select count(*) from rollup_deltas where registered_all > 0") < 100
    assert differences(regions_only) == 0


@pytest.mark.parametrize(
    ("change", "measure", "amount"),
    [
        ("update incidents set closed_at = registered_at + interval '1 hour'", "closed", MANY),
        ("update incidents set category = 'hazard'", "registered__hazard", MANY),
        ("update incidents set due_at = registered_at + interval '9 days'", "registered_all", 0),
        ("delete from incidents", "registered_all", -MANY),
    ],
    ids=["close", "correct", "extend", "delete"],
)
def test_ten_thousand_rows_changed_by_one_statement_are_counted(
    writer: psycopg.Connection, regions_only: Database, change: str, measure: str, amount: int
) -> None:
    copy_many(writer)
    writer.commit()
    with regions_only.write() as connection:
        rollups.fold(connection)
    writer.execute("delete from outbox")
    writer.execute(change)  # type: ignore[arg-type]
    writer.commit()
    assert summed(writer, measure) == amount
    told = {
        row["subject"]: row["count"]
        for row in values(writer, "select subject, count(*) from outbox group by 1")
    }
    # Sums tell of progress and of longer limits; of what else was corrected, and deleted, not.
    is_summed = "closed_at" in change or "due_at" in change
    corrected = {} if is_summed else {"corrections": len(COUNTIES)}
    assert told == {"incidents": len(COUNTIES), **corrected}
    assert differences(regions_only) == 0


def test_an_upsert_is_counted_once_whichever_way_it_goes(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    upsert = (
        "insert into incidents (home_county_id, source_id, case_no, registered_month, category,"
        " region_id, county_id, registered_at) values (330102, 1, 'U1', '2026-11-01', %s,"
        " 330102, 330102, '2026-11-20 06:00Z')"
        " on conflict (home_county_id, source_id, case_no, registered_month)"
        " do update set category = excluded.category"
    )
    for category in ("hazard", "service", "service"):
        writer.execute(upsert, (category,))
    writer.commit()
    assert summed(writer, "registered_all") == 1
    assert summed(writer, "registered__service") == 1
    assert summed(writer, "registered__hazard") == 0
    assert differences(regions_only) == 0


def test_a_case_moved_to_another_month_is_counted_where_it_went(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    """PostgreSQL makes a deletion and an insertion in other partitions of it."""
    copy_many(writer, 10)
    writer.execute(
        "update incidents set registered_month = '2026-09-01',"
        " registered_at = registered_at - interval '60 days' where case_no < 'T0000005'"
    )
    writer.commit()
    assert one(writer, "select count(*) from incidents where registered_month = '2026-09-01'") == 5
    assert summed(writer, "registered_all") == 10
    assert differences(regions_only) == 0


def test_an_aborted_transaction_leaves_nothing(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    copy_many(writer, 100)
    writer.execute("update incidents set category = 'other'")
    writer.execute("delete from incidents where county_id = 330102")
    writer.rollback()
    for table in ("outbox", "rollup_deltas", "case_versions", "incidents"):
        assert one(writer, f"select count(*) from {table}") == 0
    assert differences(regions_only) == 0


def test_a_statement_that_changes_nothing_announces_nothing(writer: psycopg.Connection) -> None:
    writer.execute("update incidents set category = 'other' where false")
    writer.execute("delete from incidents")
    writer.commit()
    assert one(writer, "select count(*) from outbox") == 0


def test_overlapping_transactions_of_which_one_aborts_stay_exact(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    """The second begins before the first ends, writes the same days, and commits first."""
    other = connect(regions_only)
    copy_many(writer, 500)
    copy_many(other, 300, first=10_000)
    other.commit()
    assert differences(regions_only) == 0
    with regions_only.write() as connection:
        assert rollups.fold(connection) > 0
    writer.rollback()
    copy_many(writer, 200, first=20_000)
    other.execute("update incidents set closed_at = registered_at where case_no < 'T0010100'")
    writer.commit()
    assert differences(regions_only) == 0
    other.commit()
    other.close()
    assert differences(regions_only) == 0
    with regions_only.write() as connection:
        rollups.fold(connection)
        rollups.fold(connection)
    assert differences(regions_only) == 0
    assert one(writer, "select count(*) from incidents") == 500


def test_folding_while_writers_write_loses_and_doubles_nothing(regions_only: Database) -> None:
    def write(n: int) -> None:
        random_of = random.Random(n)
        with connect(regions_only) as connection:
            for batch in range(6):
                copy_many(connection, 20, first=n * 1000 + batch * 20)
                if random_of.random() < 0.3:
                    connection.rollback()
                else:
                    connection.commit()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        with regions_only.write() as connection:
            rollups.fold(connection)
        assert differences(regions_only) == 0
    for thread in threads:
        thread.join()
    assert differences(regions_only) == 0


def test_a_writer_that_commits_during_a_rebuild_is_counted_once(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    copy_many(writer, 50)
    writer.commit()
    with regions_only.write() as connection:
        rollups.fold(connection)
    holder = connect(regions_only)
    holder.execute("select * from rollups for share")  # the rebuild waits for this one

    def rebuild() -> None:
        with regions_only.write() as connection:
            rollups.rebuild(connection)

    thread = threading.Thread(target=rebuild)
    thread.start()
    wait_until_somebody_waits(regions_only)
    copy_many(writer, 50, first=100)
    writer.commit()
    holder.close()
    thread.join()
    assert differences(regions_only) == 0


def wait_until_somebody_waits(database: Database) -> None:
    with connect(database) as connection:
        for _ in range(200):
            waiting = one(
                connection,
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and wait_event_type = 'Lock'",
            )
            connection.rollback()
            if waiting:
                return
            connection.execute("select pg_sleep(0.02)")
    raise AssertionError("nobody waits for a lock")


def test_a_reader_at_work_does_not_see_a_rebuild(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    copy_many(writer, 50)
    writer.commit()
    with regions_only.write() as connection:
        rollups.rebuild(connection)
    with regions_only.read() as reading:
        before = reading.scalar(text("select count(*) from incidents"))
        with regions_only.write() as connection:
            rollups.rebuild(connection)
        root = text("select sum(registered_all) from rollups where region_id = 330000")
        assert reading.scalar(root) == before == 50


def test_an_open_import_never_blocks_a_live_insert(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    """Same counties, same days, same measures; also cases that the import has just corrected."""
    copy_many(writer, 500)
    writer.commit()
    with connect(regions_only) as imports:
        copy_many(imports, 2000, first=5000)
        imports.execute("update incidents set category = 'policy' where case_no < 'T0000100'")
        writer.execute("set lock_timeout = '300ms'")
        copy_many(writer, 20, first=9000)
        writer.execute("update incidents set closed_at = registered_at where case_no = 'T0000200'")
        writer.execute("delete from incidents where case_no = 'T0000201'")
        insert_step(writer, 1, "accepted", case_no="T0000202", at=NOW)
        writer.commit()
        with regions_only.write() as connection:
            connection.execute(text("set local lock_timeout = '300ms'"))
            rollups.fold(connection)
    assert differences(regions_only) == 0


# --- steps ---------------------------------------------------------------------------------------


def insert_case(connection: psycopg.Connection, **more: object) -> dict[str, object]:
    case = incident(1, registered_at=NOW - timedelta(days=3)) | more
    names = ", ".join(case)
    marks = ", ".join(f"%({name})s" for name in case)
    connection.execute(f"insert into incidents ({names}) values ({marks})", case)  # type: ignore[arg-type]
    return case


def insert_step(
    connection: psycopg.Connection,
    number: int,
    step: str,
    *,
    at: datetime,
    holder: int | None = None,
    case_no: str = "T0000001",
    subject: str = "incident",
    county: int | None = None,
) -> None:
    home = county or COUNTIES[int(case_no[1:]) % 4 if case_no != "T0000001" else 0]
    connection.execute(
        "insert into steps (subject, home_county_id, source_id, case_no, registered_month, step_no,"
        " step, holder_id, occurred_at) values (%s, %s, 1, %s, '2026-11-01', %s, %s, %s, %s)",
        (subject, home, case_no, number, step, holder, at),
    )


def the_case(connection: psycopg.Connection) -> dict:
    (row,) = values(connection, "select * from incidents where case_no = 'T0000001'")
    return row


@pytest.mark.parametrize(("step", "column"), live_schema.STEP_TIMES.items())
def test_a_step_carries_its_time_to_the_case(
    writer: psycopg.Connection, regions_only: Database, step: str, column: str
) -> None:
    insert_case(writer)
    at = NOW - timedelta(days=1)
    insert_step(writer, 2, step, at=at, holder=77)
    writer.commit()
    case = the_case(writer)
    assert case[column] == at
    assert case["holder_id"] == 77
    others = {name for name in live_schema.STEP_TIMES.values() if name != column}
    assert all(case[name] is None for name in others)
    assert differences(regions_only) == 0


def test_steps_without_a_time_of_their_own_set_none(writer: psycopg.Connection) -> None:
    case = insert_case(writer)
    for number, step in enumerate(("registered", "extended", "joint", "escalated"), 1):
        insert_step(writer, number, step, at=NOW)
    found = the_case(writer)
    assert all(found[name] is None for name in live_schema.STEP_TIMES.values())
    assert found["registered_at"] == case["registered_at"]
    assert (found["extension_count"], found["joint_count"], found["return_count"]) == (1, 1, 0)


def test_a_second_return_counts_two_and_keeps_the_first_time(writer: psycopg.Connection) -> None:
    insert_case(writer)
    first, second = NOW - timedelta(hours=9), NOW - timedelta(hours=2)
    insert_step(writer, 2, "returned", at=first)
    insert_step(writer, 3, "returned", at=second)
    case = the_case(writer)
    assert (case["return_count"], case["returned_at"]) == (2, first)


def test_a_step_that_arrives_late_still_has_the_earliest_time(writer: psycopg.Connection) -> None:
    insert_case(writer)
    insert_step(writer, 5, "returned", at=NOW - timedelta(hours=2))
    insert_step(writer, 3, "returned", at=NOW - timedelta(hours=9))
    assert the_case(writer)["returned_at"] == NOW - timedelta(hours=9)


def test_many_steps_of_one_statement_are_taken_together(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    insert_case(writer, holder_id=1)
    rows = [
        ("accepted", 11, NOW - timedelta(hours=60)),
        ("dispatched", 12, NOW - timedelta(hours=59)),
        ("returned", 13, NOW - timedelta(hours=50)),
        ("dispatched", 14, NOW - timedelta(hours=49)),
        ("returned", 15, NOW - timedelta(hours=40)),
        ("extended", None, NOW - timedelta(hours=30)),
        ("closed", None, NOW - timedelta(hours=1)),
    ]
    with (
        writer.cursor() as cursor,
        cursor.copy(
            "copy steps (subject, home_county_id, source_id, case_no, registered_month, step_no,"
            " step, holder_id, occurred_at) from stdin"
        ) as copy,
    ):
        for number, (step, holder, at) in enumerate(rows, 2):
            copy.write_row(
                ("incident", 330102, 1, "T0000001", date(2026, 11, 1), number, step, holder, at)
            )
    writer.commit()
    case = the_case(writer)
    assert case["dispatched_at"] == NOW - timedelta(hours=59)
    assert case["returned_at"] == NOW - timedelta(hours=50)
    assert case["closed_at"] == NOW - timedelta(hours=1)
    assert (case["return_count"], case["extension_count"]) == (2, 1)
    # The last step that names a holder; those after it leave the case with him.
    assert case["holder_id"] == 15
    assert differences(regions_only) == 0


def test_steps_of_a_dispute_go_to_the_dispute(writer: psycopg.Connection) -> None:
    """An incident may carry the same number."""
    insert_case(writer)
    writer.execute(
        "insert into disputes (home_county_id, source_id, case_no, registered_month, region_id,"
        " county_id, registered_at) values (330102, 1, 'T0000001', '2026-11-01', 330102, 330102,"
        " '2026-11-17 06:32Z')"
    )
    insert_step(writer, 2, "accepted", at=NOW, subject="dispute")
    assert the_case(writer)["accepted_at"] is None
    assert one(writer, "select accepted_at from disputes") == NOW


def test_a_step_of_an_unknown_case_is_kept_and_does_no_harm(writer: psycopg.Connection) -> None:
    insert_step(writer, 1, "accepted", at=NOW)
    assert one(writer, "select count(*) from steps") == 1


def test_steps_of_a_case_that_knows_their_times_write_it_no_second_time(
    writer: psycopg.Connection,
) -> None:
    """A loader in bulk fills the times itself; each case would be written twice."""
    at = NOW - timedelta(days=1)
    insert_case(writer, accepted_at=at, signed_at=at, holder_id=7)
    writer.execute("delete from outbox")
    writer.commit()
    written = one(writer, "select xmin::text from incidents")
    insert_step(writer, 1, "registered", at=at)
    insert_step(writer, 2, "accepted", at=at)
    insert_step(writer, 3, "signed", at=at, holder=7)
    insert_step(writer, 4, "escalated", at=at)
    writer.commit()
    assert one(writer, "select xmin::text from incidents") == written
    assert one(writer, "select count(*) from outbox") == 0


def test_one_step_is_quick_on_a_connection_that_has_written_many(
    writer: psycopg.Connection,
) -> None:
    """The trigger's plan is kept: made for ten thousand steps, it must still serve one."""
    copy_many(writer, 20_000)
    writer.execute("analyze incidents")
    writer.execute(
        "insert into steps (subject, home_county_id, source_id, case_no, registered_month, step_no,"
        " step, occurred_at) select 'incident', home_county_id, source_id, case_no,"
        " registered_month, 2, 'accepted', registered_at from incidents limit 19000"
    )
    writer.commit()
    scans = (
        "select coalesce(sum(seq_tup_read), 0)::bigint from pg_stat_xact_user_tables"
        " where relname like 'incidents%'"
    )
    insert_step(writer, 3, "signed", at=NOW, case_no="T0000202")
    assert one(writer, scans) == 0
    assert one(writer, "select count(*) from incidents where signed_at is not null") == 1


def test_ten_thousand_corrections_are_quick_on_a_connection_that_has_made_one(
    writer: psycopg.Connection,
) -> None:
    """Joining each old row with each new one would take a minute."""
    copy_many(writer)
    writer.execute("update incidents set category = 'hazard' where case_no = 'T0000001'")
    writer.execute("set statement_timeout = '20s'")
    writer.execute("update incidents set category = 'other'")
    assert one(writer, "select count(*) from case_versions") == MANY + 1


# --- versions ------------------------------------------------------------------------------------


def versions(connection: psycopg.Connection) -> list[dict]:
    return values(connection, "select * from case_versions order by recorded_to")


def test_corrections_keep_what_was_without_gap_or_overlap(writer: psycopg.Connection) -> None:
    recorded = NOW - timedelta(days=2)
    insert_case(writer, recorded_at=recorded, category="service")
    writer.commit()
    for category in ("hazard", "policy", "other"):
        writer.execute("update incidents set category = %s", (category,))
        writer.commit()
    kept = versions(writer)
    assert [row["was"]["category"] for row in kept] == ["service", "hazard", "policy"]
    assert kept[0]["recorded_from"] == recorded
    for earlier, later in pairwise(kept):
        assert later["recorded_from"] == earlier["recorded_to"]
    assert all(row["recorded_from"] < row["recorded_to"] for row in kept)
    assert not any(row["is_deletion"] for row in kept)


def test_two_corrections_in_one_transaction_are_two_versions(writer: psycopg.Connection) -> None:
    insert_case(writer, category="service")
    writer.execute("update incidents set category = 'hazard'")
    writer.execute("update incidents set category = 'other'")
    writer.commit()
    assert [row["was"]["category"] for row in versions(writer)] == ["service", "hazard"]


@pytest.mark.parametrize(
    "change",
    [
        *("category = 'other'", "class_code = 'x'", "region_id = 1", "county_id = 330106"),
        *("town_id = 1", "grid_id = 1", "due_at = now()"),
        *("is_emergency = true", "registered_at = registered_at - interval '1 h'"),
        *("lon = 120.5", "lat = 30.5", "is_sensitive = true", "cell_x = 7", "cell_y = 7"),
        *("location_quality = 'outside'", "channel = 'hotline'", "platform = 'market'"),
        "has_doubtful_times = true",
    ],
)
def test_every_correction_of_an_incident_is_kept(writer: psycopg.Connection, change: str) -> None:
    insert_case(writer)
    writer.execute(f"update incidents set {change}")  # type: ignore[arg-type]
    assert len(versions(writer)) == 1


@pytest.mark.parametrize(
    "change",
    [
        *("closed_at = now()", "accepted_at = now()", "visited_at = now()", "holder_id = 3"),
        *("category = category", "recorded_at = now()", "return_count = 4"),
        *("sign_due_at = now()", "is_satisfied = true"),
    ],
)
def test_a_step_forward_is_no_correction(writer: psycopg.Connection, change: str) -> None:
    insert_case(writer)
    writer.execute(f"update incidents set {change}")  # type: ignore[arg-type]
    assert versions(writer) == []


@pytest.mark.parametrize(
    ("known", "change"),
    [
        ("sign_due_at = now()", "sign_due_at = now() + interval '1 day'"),
        ("is_satisfied = true", "is_satisfied = false"),
        ("closed_at = now()", "closed_at = null"),
        ("signed_at = now()", "signed_at = null"),
        ("returned_at = now()", "returned_at = null"),
    ],
)
def test_what_is_taken_back_or_put_otherwise_is_kept(
    writer: psycopg.Connection, known: str, change: str
) -> None:
    insert_case(writer)
    writer.execute(f"update incidents set {known}")  # type: ignore[arg-type]
    assert versions(writer) == []
    writer.execute(f"update incidents set {change}")  # type: ignore[arg-type]
    assert len(versions(writer)) == 1


def test_closing_by_a_step_is_no_correction(writer: psycopg.Connection) -> None:
    insert_case(writer)
    insert_step(writer, 2, "closed", at=NOW)
    assert versions(writer) == []


def test_a_deletion_keeps_the_row_and_says_so(writer: psycopg.Connection) -> None:
    insert_case(writer, category="hazard")
    writer.execute("update incidents set category = 'other'")
    writer.execute("delete from incidents")
    writer.commit()
    corrected, deleted = versions(writer)
    assert (corrected["is_deletion"], deleted["is_deletion"]) == (False, True)
    assert deleted["was"]["category"] == "other"
    assert deleted["recorded_from"] == corrected["recorded_to"]


def test_a_case_that_comes_again_was_not_there_in_between(writer: psycopg.Connection) -> None:
    insert_case(writer)
    writer.execute("delete from incidents")
    writer.commit()
    again = datetime.now(UTC) + timedelta(seconds=5)
    insert_case(writer, recorded_at=again)
    writer.execute("select pg_sleep(0.01)")
    writer.execute("update incidents set category = 'other', recorded_at = now()")
    deleted, corrected = versions(writer)
    assert corrected["recorded_from"] == again > deleted["recorded_to"]


def test_a_deletion_of_many_keeps_each(writer: psycopg.Connection) -> None:
    copy_many(writer, 300)
    writer.execute("delete from incidents where county_id = 330102")
    assert len(versions(writer)) == 75


def test_a_corrected_dispute_is_kept_and_a_closed_one_is_not(writer: psycopg.Connection) -> None:
    writer.execute(
        "insert into disputes (home_county_id, source_id, case_no, registered_month, region_id,"
        " county_id, registered_at, method) values (330102, 1, 'D1', '2026-11-01', 330102, 330102,"
        " '2026-11-17 06:32Z', 'people')"
    )
    writer.execute("update disputes set mediation_ended_at = now(), resolved_at = now()")
    assert versions(writer) == []
    writer.execute("update disputes set method = 'judicial'")
    (kept,) = versions(writer)
    assert (kept["subject"], kept["was"]["method"]) == ("dispute", "people")


@pytest.mark.parametrize("column", ["mediation_started_at", "mediation_ended_at"])
def test_another_time_of_a_mediation_is_a_correction(
    writer: psycopg.Connection, column: str
) -> None:
    writer.execute(
        "insert into disputes (home_county_id, source_id, case_no, registered_month, region_id,"
        f" county_id, registered_at, {column}) values (330102, 1, 'D1', '2026-11-01', 330102,"
        " 330102, '2026-11-17 06:32Z', '2026-11-18 01:00Z')"
    )
    writer.execute(f"update disputes set {column} = {column} + interval '1 h'")  # type: ignore[arg-type]
    (kept,) = versions(writer)
    assert kept["was"][column].startswith("2026-11-18T")


# --- red card ------------------------------------------------------------------------------------


@pytest.fixture
def calendar(regions_only: Database) -> WorkCalendar:
    """The official calendar of 2025 in the table, and the same as a value."""
    days = official_days(2025, 2025)
    number = 0
    rows = []
    for day, is_workday, label in days:
        number += is_workday
        rows.append(
            {"day": day, "is_workday": is_workday, "workday_no": number, "label": label or None}
        )
    with regions_only.write() as connection:
        connection.execute(insert(schema.work_calendar), rows)
    return WorkCalendar.from_rows(days, ZONE)


def local(month: int, day: int, hour: int = 17, minute: int = 30) -> datetime:
    return datetime.combine(date(2025, month, day), time(hour, minute), ZONE)


@pytest.mark.parametrize(
    ("due", "red"),
    [
        (local(3, 3), local(3, 10)),  # Monday to Monday
        (local(3, 8, 9), local(3, 14, 9)),  # due on a Saturday
        # National Day and Mid-Autumn: off 1 to 8 October, worked on Saturday 11 October.
        (local(9, 29), local(10, 13)),
        (local(9, 28), local(10, 11)),  # a Sunday worked in exchange
        (local(3, 3, 0, 0), local(3, 10, 0, 0)),  # midnight belongs to the day it begins
        (local(3, 3, 23, 59), local(3, 10, 23, 59)),
    ],
)
def test_the_red_card_comes_five_working_days_after_the_limit(
    writer: psycopg.Connection, calendar: WorkCalendar, due: datetime, red: datetime
) -> None:
    assert workdays_later(calendar, due, 5) == red
    insert_case(writer, due_at=due)
    assert the_case(writer)["red_card_at"] == red


def test_the_red_card_agrees_with_the_calendar_on_every_day_of_the_year(
    writer: psycopg.Connection, calendar: WorkCalendar
) -> None:
    first = local(1, 1)
    for n in range(355):
        due = first + timedelta(days=n, minutes=37 * n % 1440)
        insert_case(writer, case_no=f"C{n}", due_at=due)
    found = values(writer, "select due_at, red_card_at from incidents")
    assert len(found) == 355
    wrong = [
        row["due_at"]
        for row in found
        if row["red_card_at"] != workdays_later(calendar, row["due_at"], 5)
        and row["due_at"] < local(12, 24)
    ]
    assert wrong == []


def test_an_extension_moves_the_red_card(
    writer: psycopg.Connection, calendar: WorkCalendar
) -> None:
    insert_case(writer, due_at=local(3, 3))
    writer.execute("update incidents set due_at = %s", (local(3, 5),))
    assert the_case(writer)["red_card_at"] == local(3, 12)


def test_a_limit_that_is_taken_back_takes_the_red_card_with_it(
    writer: psycopg.Connection, calendar: WorkCalendar
) -> None:
    insert_case(writer, due_at=local(3, 3))
    writer.execute("update incidents set due_at = null")
    assert the_case(writer)["red_card_at"] is None


def test_a_loader_may_bring_the_red_card_itself(
    writer: psycopg.Connection, calendar: WorkCalendar
) -> None:
    insert_case(writer, due_at=local(3, 3), red_card_at=local(3, 4))
    assert the_case(writer)["red_card_at"] == local(3, 4)


def test_beyond_the_calendar_five_working_days_are_a_week(
    writer: psycopg.Connection, calendar: WorkCalendar
) -> None:
    insert_case(writer, due_at=NOW)
    assert the_case(writer)["red_card_at"] == NOW + timedelta(days=7)


# --- other subjects, installing ------------------------------------------------------------------


def test_figures_and_heartbeats_are_announced(writer: psycopg.Connection) -> None:
    town = COUNTIES[0] * 1000 + 1
    writer.execute(
        "insert into staffing (town_id, day, county_id, staff, online, reporting)"
        " values (%s, '2026-11-20', %s, 9, 3, 2)",
        (town, COUNTIES[0]),
    )
    writer.execute("update sources set last_contact_at = now()")
    writer.execute(
        "insert into reported_values (indicator, region_id, period_start, period_end, numerator,"
        " denominator, source_id)"
        " values ('video_intact', 330000, '2026-10-01', '2026-11-01', 9, 10, 1)"
    )
    writer.execute("insert into targets values ('on_time_rate', 330000, '2026-01-01', 95)")
    feed = values(writer, "select subject, county_id from outbox order by id")
    assert [(row["subject"], row["county_id"]) for row in feed] == [
        ("staffing", COUNTIES[0]),
        ("sources", 0),
        ("reported_values", 0),
        ("targets", 0),
    ]


def test_a_town_that_changes_its_county_is_announced_in_both(writer: psycopg.Connection) -> None:
    town = COUNTIES[0] * 1000 + 1
    writer.execute(
        "insert into patrols (town_id, day, county_id, staff, due, done)"
        " values (%s, '2026-11-20', %s, 9, 9, 3)",
        (town, COUNTIES[0]),
    )
    writer.execute("delete from outbox")
    writer.execute("update patrols set county_id = %s", (COUNTIES[1],))
    feed = values(writer, "select county_id from outbox order by county_id")
    assert [row["county_id"] for row in feed] == [COUNTIES[0], COUNTIES[1]]


def test_listeners_hear_of_a_commit_and_of_nothing_else(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    with psycopg.connect(libpq_url(regions_only.url), autocommit=True) as listener:
        listener.execute(f"listen {live_schema.CHANGES_CHANNEL}")  # type: ignore[arg-type]
        insert_case(writer)
        assert list(listener.notifies(timeout=0.2, stop_after=1)) == []
        writer.rollback()
        assert list(listener.notifies(timeout=0.2, stop_after=1)) == []
        insert_case(writer)
        writer.commit()
        assert len(list(listener.notifies(timeout=3, stop_after=1))) == 1


def test_installing_again_does_nothing_until_something_differs(regions_only: Database) -> None:
    with regions_only.write() as connection:
        assert live_schema.install(connection, "Asia/Shanghai") is False
        assert live_schema.install(connection, "America/New_York") is True
        assert live_schema.install(connection, "America/New_York") is False


def test_what_is_uninstalled_can_be_installed_again(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    with regions_only.write() as connection:
        live_schema.uninstall(connection)
    insert_case(writer)
    writer.commit()
    assert one(writer, "select count(*) from rollup_deltas") == 0
    with regions_only.write() as connection:
        assert live_schema.install(connection, "Asia/Shanghai") is True
        rollups.rebuild(connection)
    insert_case(writer, case_no="T0000002")
    writer.commit()
    assert summed(writer, "registered_all") == 1
    assert differences(regions_only) == 0


def test_a_case_of_a_grid_is_counted_in_county_city_and_province(
    writer: psycopg.Connection, regions_only: Database
) -> None:
    insert_case(writer, grid_id=grid_of(COUNTIES[0], 2))
    writer.commit()
    with regions_only.write() as connection:
        rollups.fold(connection)
    found = values(writer, "select region_id from rollups where registered_all = 1 order by 1")
    assert [row["region_id"] for row in found] == [330000, 330100, 330102]


def test_a_first_outcome_is_progress_and_another_one_a_correction(database: Database) -> None:
    with database.write() as connection:
        add_regions(connection)
        connection.execute(insert(schema.incidents), [incident(1)])
        connection.execute(text("update incidents set resolved_level = 'town', closed_at = now()"))
        assert connection.scalar(text("select count(*) from case_versions")) == 0
        connection.execute(text("update incidents set resolved_level = 'county'"))
        assert connection.scalar(text("select was ->> 'resolved_level' from case_versions")) == (
            "town"
        )
