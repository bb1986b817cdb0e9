"""Old months leave whole, with files that bring them back; roll-ups, feed and the rest stay."""

import csv
import gzip
import hashlib
import json
import os
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, Connection, insert, text

from dashboard.addresses import Address
from dashboard.errors import ArchiveRefused, DataUnavailable, DetailsArchived, UnknownAddress
from dashboard.scope import Scope
from data_access import archiving, facts, rollups, schema
from data_access.archives import archived_before, whole_views_from
from data_access.archiving import ArchivedMonth, archive
from data_access.case_lists import rows_of_measure, rows_of_stock
from data_access.database import Database
from data_access.feed import libpq_url
from data_access.holds import hold, release
from data_access.migrating import migrate
from data_access.partitions import PARTITIONED_TABLES, ensure_months
from data_access.server_programs import find_clients
from data_access.snapshots import resolve
from tests.case_builder import (
    COUNTIES,
    NOW,
    add_everything,
    add_zone,
    incident,
    put_into_towns,
)
from tests.table_checksums import DERIVED, checksums

DOCS = Path(__file__).parents[2] / "docs"
BEFORE = date(2025, 1, 1)
LIMIT = datetime(2024, 12, 31, 16, tzinfo=UTC)
OLD = datetime(2024, 11, 10, 3, tzinfo=UTC)
MONTH = "2024-11-01"


def closed(number: int, **values: Any) -> dict[str, Any]:
    """A case of November 2024 that was over within a day."""
    return (
        incident(number, registered_at=OLD)
        | {
            "accepted_at": OLD + timedelta(minutes=20),
            "due_at": OLD + timedelta(days=3),
            "closed_at": OLD + timedelta(hours=9),
            "resolved_level": "town",
        }
        | values
    )


GOING = range(1, 41)
STAYING = {
    "open": closed(101, closed_at=None, resolved_level=None),
    "closed later": closed(102, closed_at=LIMIT + timedelta(days=2)),
    "due later": closed(103, due_at=LIMIT),
    "visited later": closed(104, visited_at=LIMIT + timedelta(days=9)),
    "a step later": closed(105),
    "a return visit later": closed(106),
    "of the limit's own month": closed(107, registered_month="2025-01-01"),
}


@pytest.fixture
def filled(database: Database) -> Database:
    """Recent cases of all kinds, and November 2024 with some that may go and some that may not."""
    with database.write() as connection:
        ensure_months(connection, date(2024, 10, 1), date(2024, 12, 1))
        add_everything(connection, seed=21, count=80)
        connection.execute(insert(schema.incidents), [closed(number) for number in GOING])
        connection.execute(
            insert(schema.incidents),
            [{**dict.fromkeys(("visited_at",)), **values} for values in STAYING.values()],
        )
        connection.execute(insert(schema.disputes), [dispute(1), dispute(2, closed_at=None)])
        connection.execute(insert(schema.steps), [step(number, 2, OLD) for number in GOING])
        connection.execute(insert(schema.steps), [step(105, 2, LIMIT + timedelta(days=1))])
        connection.execute(insert(schema.return_visits), [visit(106)])
        connection.execute(
            insert(schema.case_doubts),
            [key(number) | {"check_name": "default"} for number in (1, 101)],
        )
        connection.execute(
            text(
                "update incidents set class_code = '0101' where case_no in ('T0000001', 'T0000101')"
            )
        )
        # It was deleted last year, and is recorded so.
        connection.execute(insert(schema.incidents), [closed(41)])
        connection.execute(text("delete from incidents where case_no = 'T0000041'"))
        connection.execute(
            text(
                "update case_versions set recorded_from = recorded_from - interval '2 years',"
                " recorded_to = recorded_to - interval '2 years' where is_deletion"
            )
        )
        rollups.follow_regions(connection)
        rollups.fold(connection)
        connection.execute(text("delete from outbox"))
    return database


def key(number: int) -> dict[str, Any]:
    wanted = ("home_county_id", "source_id", "case_no", "registered_month")
    return {name: closed(number)[name] for name in wanted}


def dispute(number: int, **values: Any) -> dict[str, Any]:
    case = closed(number) | {"case_no": f"D{number:07d}", "region_id": 330102, **values}
    return {name: value for name, value in case.items() if name in schema.disputes.columns}


def step(number: int, step_no: int, at: datetime) -> dict[str, Any]:
    return key(number) | {
        "subject": "incident",
        "step_no": step_no,
        "step": "extended",
        "occurred_at": at,
    }


def visit(number: int) -> dict[str, Any]:
    return key(number) | {
        "subject": "incident",
        "county_id": 330102,
        "visited_at": LIMIT + timedelta(days=4),
        "is_valid": True,
        "is_satisfied": True,
    }


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def run(database: Database, folder: Path, **more: Any) -> list[ArchivedMonth]:
    told: list[ArchivedMonth] = []
    archive(database.url, BEFORE, folder, today=NOW.date(), tell=told.append, **more)
    return told


def numbers(connection: Connection, table: str = "incidents") -> set[str]:
    statement = f"select case_no from {table} where registered_month < '2025-02-01'"
    return set(connection.scalars(text(statement)))


def recent(connection: Connection) -> list[Any]:
    statement = "select * from incidents where registered_month >= '2025-01-01' order by case_no"
    return list(connection.execute(text(statement)))


def figures(connection: Connection) -> list[Any]:
    return list(connection.execute(text("select * from rollups order by 1, 2")))


def test_what_is_over_goes_and_every_other_case_stays_whole(
    filled: Database, tmp_path: Path
) -> None:
    assert run(filled, tmp_path) == [ArchivedMonth(date(2024, 11, 1), len(GOING) + 1, 7)]
    staying = {values["case_no"] for values in STAYING.values()}
    with filled.read() as connection:
        assert numbers(connection) == staying
        assert numbers(connection, "disputes") == {"D0000002"}
        assert numbers(connection, "steps") == {"T0000105"}
        assert numbers(connection, "case_versions") == {"T0000101"}
        assert numbers(connection, "case_doubts") == {"T0000101"}
        assert archived_before(connection) == BEFORE


def test_held_cases_stay_whole_until_they_are_released(filled: Database, tmp_path: Path) -> None:
    with filled.write() as connection:
        hold(connection, "briefing-2024-12", ["T0000001", "T0000002", "D0000001"])
        before = figures(connection)
    assert run(filled, tmp_path) == [ArchivedMonth(date(2024, 11, 1), len(GOING) - 2, 10)]
    with filled.read() as connection:
        assert numbers(connection) >= {"T0000001", "T0000002"}
        assert numbers(connection, "disputes") == {"D0000001", "D0000002"}
        assert numbers(connection, "steps") == {"T0000001", "T0000002", "T0000105"}
        assert numbers(connection, "case_doubts") == {"T0000001", "T0000101"}
    with filled.write() as connection:
        release(connection, "briefing-2024-12")
    assert run(filled, tmp_path) == [ArchivedMonth(date(2024, 11, 1), 3, 7)]
    with filled.read() as connection:
        assert figures(connection) == before
        assert not rollups.differences(connection)


def test_figures_feed_and_recent_rows_are_as_they_were(filled: Database, tmp_path: Path) -> None:
    untouched = frozenset(
        {
            *(*PARTITIONED_TABLES, "case_doubts", "archived_months"),
            *("rollup_archive", "spread_deltas", "rollup_spreads"),
        }
    )
    with filled.read() as connection:
        before = checksums(connection, apart_from=untouched)
        kept = figures(connection), recent(connection)
    run(filled, tmp_path)
    with filled.read() as connection:
        assert checksums(connection, apart_from=untouched) == before
        assert before["outbox"][0] == before["rollup_deltas"][0] == 0
        assert (figures(connection), recent(connection)) == kept


def test_rollups_are_exact_after_it_and_are_the_same_when_made_anew(
    filled: Database, tmp_path: Path
) -> None:
    with filled.read() as connection:
        before = figures(connection)
    run(filled, tmp_path)
    with filled.write() as connection:
        assert rollups.differences(connection) == 0
        rollups.fold(connection)
        assert rollups.differences(connection) == 0
        assert rollups.repair(connection) == 0
        rollups.rebuild(connection)
        assert rollups.differences(connection) == 0
        assert [day for day in figures(connection) if any(day[2:])] == [
            day for day in before if any(day[2:])
        ]
        # What stayed goes on being counted, in days of archived months as well.
        connection.execute(
            text("update incidents set county_id = 330106 where case_no = 'T0000101'")
        )
        assert rollups.differences(connection) == 0


def test_a_zone_made_after_archiving_has_the_archived_cases_of_its_townships(
    filled: Database, tmp_path: Path
) -> None:
    town = COUNTIES[0] * 1000 + 1
    with filled.write() as connection:
        put_into_towns(connection)
        rollups.fold(connection)
        of_town = text("select count(*) from incidents where town_id = :town")
        count = connection.scalar(of_town, {"town": town})
    run(filled, tmp_path)
    with filled.write() as connection:
        assert connection.scalar(of_town, {"town": town}) < count
        zone = add_zone(connection, town)
        rollups.follow_regions(connection)
        assert rollups.differences(connection) == 0
        counted = text("select sum(registered_all) from rollups where region_id = :zone")
        assert connection.scalar(counted, {"zone": zone}) == count


def test_archived_sums_have_a_row_a_place_and_day(filled: Database, tmp_path: Path) -> None:
    """They are of all townships, and are written while writers wait."""
    with filled.write() as connection:
        put_into_towns(connection)
        rollups.fold(connection)
    run(filled, tmp_path)
    with filled.read() as connection:
        rows, places = connection.execute(
            text(
                "select count(*), count(distinct (county_id, town_id, day, slot))"
                " from rollup_archive"
            )
        ).one()
        assert rows == places > 1


def test_the_files_bring_every_row_back(
    filled: Database, tmp_path: Path, empty_database_url: URL
) -> None:
    not_of_the_files = DERIVED | {"rollup_archive", "spread_deltas", "rollup_spreads"}
    with filled.read() as connection:
        before = checksums(connection, apart_from=not_of_the_files)
    run(filled, tmp_path)
    month = tmp_path / "before-2025-01" / "2024-11"
    assert {stat.S_IMODE(file.stat().st_mode) for file in month.glob("*.gz")} == {0o600}
    manifest = json.loads((month / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["cases_that_stay"] == 7
    with filled.write() as connection:
        driver: Any = connection.connection.driver_connection
        for table in ("incidents", "disputes", "steps"):
            connection.execute(text(f"drop trigger refuse_archived on {table}"))
        connection.execute(text("set local session_replication_role = replica"))
        for file in manifest["files"]:
            packed = (month / file["name"]).read_bytes()
            assert hashlib.sha256(packed).hexdigest() == file["sha256"]
            body = gzip.decompress(packed)
            lines = list(csv.reader(body.decode().splitlines()))
            assert len(lines) == file["rows"] + 1
            columns = ", ".join(lines[0])
            copy_in = f"copy {file['table']} ({columns}) from stdin (format csv, header)"
            with driver.cursor() as cursor, cursor.copy(copy_in) as copy:
                copy.write(body)
        connection.execute(text("delete from archived_months"))
        assert checksums(connection, apart_from=not_of_the_files) == before


def test_the_commands_of_the_manual_bring_archived_cases_into_another_database(
    filled: Database, tmp_path: Path, empty_database_url: URL
) -> None:
    with filled.write() as connection:
        # Steps of other tables' cases, and a case that was sent back.
        connection.execute(
            insert(schema.steps),
            [
                {**step(1, 3, OLD), "step": "returned"},
                {**step(1, 3, OLD), "subject": "dispute", "case_no": "D0000001"},
            ],
        )
        # Grids, of which the village is written last, as where its name has changed.
        for statement in (
            "insert into regions (id, name, short_name, pinyin, level, parent_id, valid_from)"
            " select n, 'g', 'g', 'g', 'grid', 900000, '2000-01-01'"
            " from generate_series(900000, 902500) n",
            "update regions set name = 'v', level = 'village', parent_id = null where id = 900000",
        ):
            connection.execute(text(statement))
        before = rows_of_the_month(connection)
    run(filled, tmp_path)
    month = tmp_path / "before-2025-01" / "2024-11"
    manifest = json.loads((month / "manifest.json").read_text(encoding="utf-8"))
    with filled.read() as connection:
        stayed = rows_of_the_month(connection)
    migrate(empty_database_url, zone="Asia/Shanghai")
    manual = (DOCS / "operating.md").read_text(encoding="utf-8")
    (commands,) = [part for part in manual.split("```") if "gunzip" in part]
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", named(commands, filled.url, empty_database_url)],
        cwd=month,
        env={**os.environ, **libpq_environment(filled.url)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with closing(Database(empty_database_url)) as old, old.read() as connection:
        brought = rows_of_the_month(connection)
        names = connection.scalars(text("select count(*) from regions")).one()
    assert names > 0
    for file in manifest["files"]:
        table = file["table"]
        assert len(brought[table]) == file["rows"], table
        assert brought[table] == before[table] - stayed[table], table
    cases = {case["case_no"]: case for case in map(json.loads, brought["incidents"])}
    first = cases["T0000001"]
    assert (first["return_count"], first["extension_count"]) == (1, 1)


def rows_of_the_month(connection: Connection) -> dict[str, set[str]]:
    """Rows of each table of the files, as JSON."""
    chosen = f"select to_jsonb(t)::text from {{}} t where registered_month = '{MONTH}'"
    return {
        table: set(connection.scalars(text(chosen.format(table))))
        for table in (*PARTITIONED_TABLES, "case_doubts")
    }


def named(commands: str, site: URL, old: URL) -> str:
    """The commands of the manual for these databases."""
    assert site.database
    assert old.database
    return commands.replace(" cockpit |", f" {site.database} |").replace("oldcases", old.database)


def libpq_environment(url: URL) -> dict[str, str]:
    """Where programs of PostgreSQL find the server, and the shell finds them."""
    parts = conninfo_to_dict(libpq_url(url))
    programs = find_clients(18, "psql", "pg_dump")
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": str(parts["host"]),
        "PGPORT": str(parts.get("port", 5432)),
        "PGUSER": str(parts["user"]),
        "PGPASSWORD": str(parts.get("password", "")),
    }


def test_files_of_a_demo_say_so_and_still_bring_their_rows_back(
    filled: Database, tmp_path: Path
) -> None:
    with filled.write() as connection:
        facts.write(connection, "is_demo", True)
    run(filled, tmp_path)
    month = tmp_path / "before-2025-01" / "2024-11"
    manifest = json.loads((month / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["data"] == "演示数据"
    assert {file.name for file in month.glob("*.gz")} == {
        file["name"] for file in manifest["files"]
    }
    assert all(file["name"].startswith("演示数据-") for file in manifest["files"])
    with gzip.open(month / "演示数据-incidents.csv.gz", "rt", encoding="utf-8", newline="") as read:
        rows = list(csv.DictReader(read))
    assert len(rows) == len(GOING)
    # COPY brings back what has the table's columns and no others.
    assert set(rows[0]) == set(schema.incidents.columns.keys())


def test_an_archived_case_that_comes_again_is_refused_and_what_stayed_goes_on(
    filled: Database, tmp_path: Path
) -> None:
    run(filled, tmp_path)
    with pytest.raises(DataUnavailable, match="2024 年 11 月的案件已归档"), filled.write() as c:
        c.execute(insert(schema.incidents), [closed(1)])
    with pytest.raises(DataUnavailable, match="已归档"), filled.write() as c:
        c.execute(insert(schema.steps), [step(1, 3, NOW)])
    with filled.write() as connection:
        connection.execute(insert(schema.steps), [step(101, 3, NOW) | {"step": "closed"}])
        at = connection.scalar(text("select closed_at from incidents where case_no = 'T0000101'"))
        assert at == NOW
        told = set(connection.scalars(text("select subject from outbox")))
        assert "incidents" in told
        connection.execute(insert(schema.incidents), [incident(9_000)])


def test_a_second_time_takes_what_has_ended_since(filled: Database, tmp_path: Path) -> None:
    run(filled, tmp_path)
    assert run(filled, tmp_path) == []
    with filled.write() as connection:
        connection.execute(
            text(
                "update incidents set closed_at = :at, resolved_level = 'town'"
                " where case_no = 'T0000101'"
            ),
            {"at": OLD + timedelta(days=1)},
        )
    place = tmp_path / "before-2025-01" / "2024-11"
    first = (place / "incidents.csv.gz").read_bytes()
    assert [month.cases for month in run(filled, tmp_path)] == [1]
    assert (place / "incidents.csv.gz").read_bytes() == first
    assert (place.with_name("2024-11-2") / "manifest.json").is_file()
    with filled.read() as connection:
        [noted] = connection.execute(text("select cases, kept, folder from archived_months")).all()
        assert (noted.cases, noted.kept) == (len(GOING) + 2, 6)
        assert noted.folder.split("\n") == [str(place), f"{place}-2"]
        assert rollups.differences(connection) == 0


def test_a_month_without_partition_of_its_own_goes_too(filled: Database, tmp_path: Path) -> None:
    """Its rows lie in the default partition, beside those of other such months."""
    early = datetime(2023, 5, 5, tzinfo=UTC)
    lone = (
        dict.fromkeys(("visited_at",))
        | closed(201)
        | {
            "registered_at": early,
            "registered_month": "2023-05-01",
            "case_no": "T0000201",
        }
    )
    with filled.write() as connection:
        connection.execute(insert(schema.incidents), [lone])
    months = [month.month for month in run(filled, tmp_path)]
    assert months == [date(2023, 5, 1), date(2024, 11, 1)]
    with filled.read() as connection:
        # January 2025 has no partition here either.
        assert set(connection.scalars(text("select case_no from incidents_default"))) == {
            "T0000107"
        }


@pytest.mark.parametrize(
    "change",
    [
        "update incidents set class_code = '0202' where case_no = 'T0000003'",
        "delete from incidents where case_no = 'T0000003'",
        "insert into case_holds (hold, subject, case_no, source_id, home_county_id,"
        " registered_month) select 'review-7', 'incident', case_no, source_id, home_county_id,"
        " registered_month from incidents where case_no = 'T0000003'",
    ],
)
def test_a_month_that_is_written_to_meanwhile_is_left_as_it_is(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    from data_access import archive_files

    export = archive_files.export

    def export_and_change(connection: Connection, table: str, *more: Any, is_demo: bool) -> Any:
        done = export(connection, table, *more, is_demo=is_demo)
        if table == "incidents":
            with filled.write() as other:
                other.execute(text(change))
        return done

    monkeypatch.setattr(archive_files, "export", export_and_change)
    with pytest.raises(ArchiveRefused, match="2024-11 的案件在导出期间有改动"):
        run(filled, tmp_path)
    with filled.read() as connection:
        assert len(numbers(connection)) >= len(GOING) - 1 + len(STAYING)
        assert archived_before(connection) is None
    assert not (tmp_path / "before-2025-01" / "2024-11").exists()


def test_writers_go_on_meanwhile_and_are_all_counted(filled: Database, tmp_path: Path) -> None:
    stop = threading.Event()
    written: list[int] = []
    failures: list[Exception] = []

    def write() -> None:
        while not stop.is_set():
            number = 20_000 + len(written)
            try:
                with filled.write() as connection:
                    connection.execute(insert(schema.incidents), [incident(number)])
                written.append(number)
            except DataUnavailable as error:
                failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_for(lambda: len(written) > 3)
        [month] = run(filled, tmp_path)
        during = len(written)
        wait_for(lambda: len(written) > during + 3)
    finally:
        stop.set()
        writer.join()
    assert failures == []
    assert month.cases == len(GOING) + 1
    with filled.read() as connection:
        recent = text("select count(*) from incidents where case_no between 'T0020000' and 'T9'")
        assert connection.scalar(recent) == len(written)
        assert rollups.differences(connection) == 0


def test_a_reader_that_never_ends_is_not_waited_for_for_ever(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "LOCK_TRIES", 2)
    monkeypatch.setattr(archiving, "LOCK_PAUSE_SECONDS", 0.05)
    with filled.read() as reader:
        reader.execute(text("select count(*) from incidents"))
        with pytest.raises(ArchiveRefused, match="一直有长时间的读写"):
            run(filled, tmp_path)
    assert len(run(filled, tmp_path)) == 1


def test_this_year_and_last_year_stay(filled: Database, tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused, match="--before 2025-01"):
        archive(filled.url, date(2025, 2, 1), tmp_path, today=NOW.date(), tell=lambda month: None)


def test_rollups_that_are_not_exact_are_set_right_first(filled: Database, tmp_path: Path) -> None:
    with filled.write() as connection:
        connection.execute(text("update rollups set registered_all = registered_all + 1"))
    with pytest.raises(ArchiveRefused, match="db verify --repair"):
        run(filled, tmp_path)


def test_migrating_again_keeps_what_is_known_and_refused(filled: Database, tmp_path: Path) -> None:
    run(filled, tmp_path)
    with filled.read() as connection:
        before = connection.execute(text("select * from archived_months")).all()
    migrate(filled.url)
    with filled.read() as connection:
        assert connection.execute(text("select * from archived_months")).all() == before
    with pytest.raises(DataUnavailable, match="已归档"), filled.write() as c:
        c.execute(insert(schema.incidents), [closed(2)])


def test_lists_of_archived_months_say_so_and_later_ones_are_as_ever(
    filled: Database, tmp_path: Path
) -> None:
    scope = Scope(counties=frozenset(COUNTIES))

    def listed(start: datetime, end: datetime) -> int:
        with filled.read() as connection:
            return len(
                rows_of_measure(
                    connection, "registered_all", scope, start=start, end=end, as_of=None
                )
            )

    recent = listed(LIMIT, NOW)
    assert listed(OLD, NOW) > recent > 0
    run(filled, tmp_path)
    assert listed(LIMIT, NOW) == recent
    with pytest.raises(DetailsArchived, match="明细已归档:2025年1月以前"):
        listed(LIMIT - timedelta(seconds=1), NOW)
    with filled.read() as connection:
        assert len(rows_of_stock(connection, "open", scope, as_of=LIMIT)) == 2
        with pytest.raises(DetailsArchived):
            rows_of_stock(connection, "open", scope, as_of=OLD)


def test_a_wall_of_a_moment_whose_rows_were_archived_says_so(
    filled: Database, tmp_path: Path
) -> None:
    old = Address("wall", None, as_of="2025-12-31T23:59")
    assert resolve(filled, old).as_of is not None
    run(filled, tmp_path)
    with pytest.raises(UnknownAddress, match="明细已归档"):
        resolve(filled, old)
    assert resolve(filled, replace(old, as_of="2026-01-01T00:00")).as_of is not None


@pytest.mark.parametrize(
    ("before", "first"),
    [(date(2025, 1, 1), date(2026, 1, 1)), (date(2024, 7, 1), date(2026, 1, 1))],
)
def test_walls_that_count_archived_rows_are_not_made_anew(before: date, first: date) -> None:
    assert whole_views_from(before) == first
