"""Polled sources: new, late, corrected and deleted rows; outages, kills, heartbeats."""

import codecs
import csv
import errno
import hashlib
import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import URL, Engine, create_engine, text
from typer.testing import CliRunner

import cli
from dashboard.errors import ImportRefused, SourceUnavailable
from dashboard.freshness import Source, source_finding
from dashboard.quality import SourceQuality
from data_access import archiving, quality_sources, rollups, source_readings
from data_access.database import Database
from data_access.imports import batches, report
from data_access.syncing import plan, polled_rows, polling, running, watermarks
from data_access.syncing.plan import Polled
from data_access.syncing.polling import KeysRefused, PollOutcome, poll
from data_access.syncing.running import Poller
from layouts.source_clock import known_source
from tests.live_cockpit import free_port

ROOT = Path(__file__).parents[2]
VARIABLE = "PLATFORM_URL"
MAPPING = """
kind = "incidents"
[source]
key = "platform"
name = "网格平台"
[database]
zone = "Asia/Shanghai"
map_centre = [120.15, 30.28]
calendar = { rule = "weekdays", first_year = 2024, last_year = 2026 }
[times]
format = "%Y-%m-%d %H:%M:%S"
[columns]
case_no = "no"
registered_at = "reported"
closed_at = "closed"
due_at = "due"
[region]
column = "county"
[regions]
root = { code = "330100", name = "杭州市" }
children = [{ code = "330102", name = "上城区" }, { code = "330105", name = "拱墅区" }]
[classes]
list_key = "incident_class"
name = "事件类别"
columns = ["type"]
default = "F99"
codes.F99 = { label = "其他事件", category = "other" }
codes.A02 = { label = "路灯", category = "service" }
values.type = { "路灯" = "A02", "其他" = "F99" }
"""
PLAN = f"""
[[source]]
kind = "incidents"
mapping = "mapping.toml"
url_variable = "{VARIABLE}"
rows = "cases"
interval_seconds = 60
watermark = {{ column = "changed", overlap = 600 TIME }}
deleted = {{ column = "gone" }}
KEYS
"""
KEYS = 'keys = { query = "select no from cases where reported >= :since", days = 30 TIME }'
TEXT_TIMES = ', format = "%Y-%m-%d %H:%M:%S"'
NOON = datetime(2026, 11, 20, 12, 0)
# The tests' clock; the source's is of the zone of the mapping, eight hours ahead.
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


class Platform:
    """A platform's database with a table of cases, and the plan that polls it."""

    def __init__(self, url: URL, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.engine: Engine = create_engine(url)
        self.is_text = url.get_backend_name() == "sqlite"
        at = "text" if self.is_text else "timestamp"
        self.run(
            f"create table cases (no text, reported {at}, closed {at}, due {at}, county text,"
            f" type text, changed {at}, gone integer default 0, story text)"
        )
        (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")

    def run(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def add(self, number: int, changed: datetime = NOON, **other: Any) -> None:
        """A case reported an hour before NOON."""
        row = {
            "no": f"C{number:04d}",
            "reported": NOON - timedelta(hours=1),
            "due": NOON + timedelta(days=3),
            "county": "330102",
            "type": "路灯",
            "changed": changed,
            "story": "张三 13800138000",
        } | other
        names = ", ".join(row)
        shown = {
            name: str(value) if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        self.run(f"insert into cases ({names}) values (:{', :'.join(row)})", **shown)

    def change(self, number: int, changed: datetime, **values: Any) -> None:
        assignments = ", ".join(f"{name} = :{name}" for name in values)
        self.run(
            f"update cases set {assignments}, changed = :changed where no = 'C{number:04d}'",
            **{name: str(value) for name, value in (values | {"changed": changed}).items()},
        )

    def polled(self, *, keys: bool = False, name: str = "sync.toml") -> Polled:
        written = PLAN.replace("KEYS", KEYS if keys else "")
        path = self.folder / name
        path.write_text(written.replace("TIME", TEXT_TIMES if self.is_text else ""))
        address = self.url.render_as_string(hide_password=False)
        return plan.load(path, {VARIABLE: address})[0]


@pytest.fixture(params=["sqlite", "postgresql"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    if request.param == "sqlite":
        url = URL.create("sqlite", database=str(tmp_path / "platform.db"))
    else:
        url = request.getfixturevalue("empty_database_url")
    made = Platform(url, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def small_platform(tmp_path: Path) -> Iterator[Platform]:
    made = Platform(URL.create("sqlite", database=str(tmp_path / "platform.db")), tmp_path)
    yield made
    made.engine.dispose()


Polling = Callable[..., PollOutcome]


@pytest.fixture
def polled_once(database: Database, tmp_path: Path) -> Polling:
    """``polled_once(platform)`` polls it at NOW."""

    def run(platform: Platform, *, keys: bool = False, now: datetime = NOW) -> PollOutcome:
        polled = platform.polled(keys=keys)
        reports = tmp_path / "reports"
        return poll(database, polled, with_keys=keys, now=now, report_folder=reports)

    return run


def rows(database: Database, statement: str) -> list[Any]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(statement)).all()]


def cases(database: Database) -> list[str]:
    return [no for (no,) in rows(database, "select case_no from incidents order by 1")]


def consistent(database: Database) -> bool:
    with database.write() as connection:
        rollups.follow_regions(connection)
        return rollups.differences(connection) == 0


def changes(outcome: PollOutcome) -> tuple[int, int, int]:
    return outcome.inserted, outcome.updated, outcome.deleted


def test_new_rows_come_once_and_equal_rows_change_nothing(
    platform: Platform, polled_once: Polling, database: Database
) -> None:
    platform.add(1)
    platform.add(2, county="330105")
    assert changes(polled_once(platform)) == (2, 0, 0)
    again = polled_once(platform)
    assert (again.read, again.is_quiet) == (2, True)
    platform.add(3, NOON + timedelta(minutes=5))
    assert changes(polled_once(platform)) == (1, 0, 0)
    assert cases(database) == ["C0001", "C0002", "C0003"]
    assert rows(database, "select count(*) from case_versions") == [(0,)]
    assert rows(database, "select kind, watermark from sync_watermarks") == [
        ("incidents", "2026-11-20T12:05:00")
    ]
    assert consistent(database)


def test_what_many_rows_shared_stays_a_default_coordinate_for_the_few_of_later_polls(
    small_platform: Platform, polled_once: Polling, database: Database
) -> None:
    """A poll of some minutes holds too few rows to tell by their share."""
    platform = small_platform
    mapping = platform.folder / "mapping.toml"
    mapping.write_text(f'{MAPPING}[location]\nlon = "lon"\nlat = "lat"\n', encoding="utf-8")
    platform.run("alter table cases add lon text")
    platform.run("alter table cases add lat text")
    hall = {"lon": "120.155", "lat": "30.274"}
    for number in range(1, 211):
        place = hall if number % 10 == 0 else {"lon": f"120.{2000 + number}", "lat": "30.25"}
        platform.add(number, NOON if number > 205 else NOON - timedelta(days=2), **place)
    assert changes(polled_once(platform)) == (210, 0, 0)
    default = "select count(*) from incidents where location_quality = 'default'"
    assert rows(database, default) == [(21,)]
    platform.add(211, NOON + timedelta(minutes=1), **hall)
    again = polled_once(platform)
    assert (again.read, *changes(again)) == (6, 1, 0, 0)
    assert rows(database, default) == [(22,)]
    assert rows(database, "select count(*) from case_versions") == [(0,)]
    doubts = "select count(*) from case_doubts where check_name = 'default_coordinate'"
    assert rows(database, doubts) == [(22,)]
    assert consistent(database)


def test_rows_before_the_overlap_are_not_read_again(
    platform: Platform, polled_once: Polling
) -> None:
    platform.add(1, NOON - timedelta(days=2))
    platform.add(2)
    assert polled_once(platform).read == 2
    assert polled_once(platform).read == 1


def test_a_late_row_within_the_overlap_comes(
    platform: Platform, polled_once: Polling, database: Database
) -> None:
    platform.add(1)
    polled_once(platform)
    platform.add(2, NOON - timedelta(minutes=9))
    assert changes(polled_once(platform)) == (1, 0, 0)
    assert cases(database) == ["C0001", "C0002"]


def test_a_corrected_row_becomes_a_version(
    platform: Platform, polled_once: Polling, database: Database
) -> None:
    platform.add(1)
    polled_once(platform)
    platform.change(1, NOON + timedelta(minutes=1), type="其他", county="330105")
    assert changes(polled_once(platform)) == (0, 1, 0)
    found = rows(database, "select was ->> 'class_code', is_deletion from case_versions")
    assert found == [("A02", False)]
    assert rows(database, "select class_code from incidents") == [("F99",)]
    assert consistent(database)


def test_a_row_marked_deleted_goes_and_may_come_again(
    platform: Platform, polled_once: Polling, database: Database
) -> None:
    platform.add(1)
    platform.add(2, closed=NOON)
    polled_once(platform)
    platform.change(2, NOON + timedelta(minutes=1), gone=1)
    assert changes(polled_once(platform)) == (0, 0, 1)
    assert polled_once(platform).is_quiet
    assert cases(database) == ["C0001"]
    kept = rows(database, "select case_no, is_deletion from case_versions")
    assert kept == [("C0002", True)]
    platform.change(2, NOON + timedelta(minutes=2), gone=0)
    assert changes(polled_once(platform)) == (1, 0, 0)
    steps = rows(database, "select step, step_no from steps where case_no = 'C0002' order by 2")
    assert steps == [("registered", 1), ("closed", 2)]
    assert consistent(database)


def test_rows_marked_deleted_before_the_mark_was_asked_for_go(
    small_platform: Platform, database: Database, tmp_path: Path
) -> None:
    """Their watermark has passed: only a reading from the start meets them."""
    small_platform.add(1)
    small_platform.add(2, NOON - timedelta(days=2), gone=1)
    marked = small_platform.polled()
    unmarked = replace(marked, section=marked.section.model_copy(update={"deleted": None}))

    def changed_by(polled: Polled) -> tuple[int, int, int]:
        done = poll(database, polled, with_keys=False, now=NOW, report_folder=tmp_path / "reports")
        return changes(done)

    assert changed_by(unmarked) == (2, 0, 0)
    assert changed_by(marked) == (0, 0, 1)
    assert changed_by(marked) == (0, 0, 0)
    assert cases(database) == ["C0001"]
    assert consistent(database)


def test_without_a_mark_of_deleted_rows_what_was_asked_is_named_as_ever(
    small_platform: Platform,
) -> None:
    """After an upgrade nothing is read anew."""
    polled = small_platform.polled()
    section = polled.section.model_copy(update={"deleted": None})
    unmarked = replace(polled, section=section)
    parts = ("cases", "changed", "time", polled.loaded.sha256)
    as_ever = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    assert watermarks.asked_sha256(unmarked) == as_ever
    assert watermarks.asked_sha256(polled) != as_ever


def test_a_row_that_is_no_longer_there_goes(
    platform: Platform, polled_once: Polling, database: Database
) -> None:
    for number in range(1, 4):
        platform.add(number)
    old = NOON - timedelta(days=90)
    platform.add(4, old, reported=old)
    polled_once(platform, keys=True)
    platform.run("delete from cases where no in ('C0002', 'C0004')")
    assert polled_once(platform).is_quiet, "keys were not asked for"
    assert changes(polled_once(platform, keys=True)) == (0, 0, 1)
    assert cases(database) == ["C0001", "C0003", "C0004"], "C0004 is older than the window"
    assert rows(database, "select case_no, is_deletion from case_versions") == [("C0002", True)]
    assert consistent(database)


def test_a_case_of_a_month_without_partition_comes_while_a_backup_runs(
    small_platform: Platform,
    polled_once: Polling,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("data_access.partitions.LOCK_TRIES", 1)
    small_platform.add(1, reported=datetime(2015, 6, 1, 9))
    with database.read() as backup:
        backup.execute(text("select count(*) from incidents"))
        assert changes(polled_once(small_platform)) == (1, 0, 0)
    assert rows(database, "select count(*) from incidents_default") == [(1,)]
    assert consistent(database)


def test_of_several_rows_of_a_case_the_newest_counts(
    platform: Platform, polled_once: Polling, database: Database
) -> None:
    platform.add(1, type="路灯")
    platform.add(1, NOON + timedelta(minutes=1), type="其他")
    platform.add(2, type="路灯")
    platform.add(2, NOON + timedelta(minutes=1), gone=1)
    outcome = polled_once(platform)
    assert (changes(outcome), outcome.rejected) == ((1, 0, 0), 1)
    assert rows(database, "select case_no, class_code from incidents") == [("C0001", "F99")]


RECEPTIONS = """
kind = "receptions"
[source]
key = "hall"
name = "接待登记"
[columns]
reception_no = "no"
region = "county"
received_at = "at"
people = "people"
[constants]
is_accepted = "是"
[times]
format = "%Y-%m-%d %H:%M:%S"
"""
RECEPTION_PLAN = f"""
[[source]]
kind = "receptions"
mapping = "receptions.toml"
url_variable = "{VARIABLE}"
rows = "select r.* from visits r where people > 0"
watermark = {{ column = "id", type = "number", overlap = 2 }}
keys = {{ query = "select no from visits", days = 30 }}
"""


def test_receptions_are_polled_by_a_growing_number_and_deleted_by_their_keys(
    small_platform: Platform, polled_once: Polling, database: Database
) -> None:
    small_platform.add(1)
    polled_once(small_platform)  # regions come with it
    folder = small_platform.folder
    (folder / "receptions.toml").write_text(RECEPTIONS, encoding="utf-8")
    (folder / "visits.toml").write_text(RECEPTION_PLAN, encoding="utf-8")
    small_platform.run("create table visits (id integer, no text, county text, at text, people)")
    add = "insert into visits values (:id, 'R' || :id, '330102', '2026-11-20 09:00:00', 2)"
    address = small_platform.url.render_as_string(hide_password=False)
    [polled] = plan.load(folder / "visits.toml", {VARIABLE: address})

    def once() -> PollOutcome:
        return poll(database, polled, with_keys=True, now=NOW, report_folder=folder / "reports")

    for number in range(1, 7):
        small_platform.run(add, id=number)
    assert changes(once()) == (6, 0, 0)
    small_platform.run("delete from visits where id = 2")
    small_platform.run("update visits set people = 3 where id = 5")
    small_platform.run("update visits set people = 9 where id = 1")
    small_platform.run(add, id=7)
    outcome = once()
    assert (outcome.read, changes(outcome)) == (3, (1, 1, 1)), "1 is before the overlap"
    found = rows(database, "select reception_no, people from receptions order by 1")
    assert found == [("R1", 2), ("R3", 2), ("R4", 2), ("R5", 3), ("R6", 2), ("R7", 2)]
    versions = rows(
        database,
        "select was ->> 'reception_no', (was ->> 'people')::int, is_deletion"
        " from reception_versions order by 1",
    )
    assert versions == [("R2", 2, True), ("R5", 2, False)]
    assert changes(once()) == (0, 0, 0)
    assert rows(database, "select count(*) from reception_versions") == [(2,)]
    assert rows(database, "select last_row_at is not null from sources where key = 'hall'") == [
        (True,)
    ]


STEPS = """
kind = "steps"
[source]
key = "platform"
name = "网格平台"
[columns]
case_no = "no"
step = "step"
occurred_at = "at"
[constants]
subject = "incident"
[times]
format = "%Y-%m-%d %H:%M:%S"
"""
STEPS_PLAN = f"""
[[source]]
kind = "steps"
mapping = "steps.toml"
url_variable = "{VARIABLE}"
rows = "flow"
watermark = {{ column = "id", type = "number", overlap = 100 }}
"""


class Flow:
    """A table of steps beside the platform's cases, polled by a growing number."""

    def __init__(self, platform: Platform, database: Database) -> None:
        self.platform = platform
        self.database = database
        folder = platform.folder
        (folder / "steps.toml").write_text(STEPS, encoding="utf-8")
        (folder / "flow.toml").write_text(STEPS_PLAN, encoding="utf-8")
        platform.run("create table flow (id integer, no text, step text, at text)")
        address = platform.url.render_as_string(hide_password=False)
        [self.polled] = plan.load(folder / "flow.toml", {VARIABLE: address})
        self.count = 0

    def add(self, number: int, step: str, at: datetime) -> None:
        self.count += 1
        self.platform.run(
            "insert into flow values (:id, :no, :step, :at)",
            **{"id": self.count, "no": f"C{number:04d}", "step": step, "at": str(at)},
        )

    def once(self) -> tuple[int, int]:
        """Steps that came and steps that were rejected."""
        reports = self.platform.folder / "reports"
        outcome = poll(self.database, self.polled, with_keys=False, now=NOW, report_folder=reports)
        return outcome.inserted, outcome.rejected


@pytest.fixture
def flow(small_platform: Platform, polled_once: Polling, database: Database) -> Flow:
    """The steps of a platform whose case C0001 was polled."""
    small_platform.add(1)
    polled_once(small_platform)
    return Flow(small_platform, database)


def test_a_step_that_came_before_its_case_is_taken_once_the_case_is_there(
    small_platform: Platform, polled_once: Polling, database: Database, flow: Flow
) -> None:
    for number in (1, 2):
        flow.add(number, "accepted", NOON - timedelta(minutes=30))
    assert flow.once() == (1, 1)
    assert flow.once() == (0, 1)
    small_platform.add(2)
    polled_once(small_platform)
    assert flow.once() == (1, 0)
    batches = "select count(*) from import_batches where kind = 'steps'"
    assert flow.once() == (0, 0)
    known = rows(database, batches)
    assert flow.once() == (0, 0)
    assert rows(database, batches) == known, "nothing waits any more"
    accepted = rows(database, "select case_no, accepted_at is not null from incidents order by 1")
    assert accepted == [("C0001", True), ("C0002", True)]
    assert consistent(database)


CASES = "select i::text from incidents i order by 1"
STEPS_TAKEN = "select case_no, step_no, step, occurred_at from steps order by 1, 2"


def test_a_case_that_was_deleted_and_comes_again_has_all_its_steps(
    small_platform: Platform, polled_once: Polling, database: Database, flow: Flow
) -> None:
    """The watermark of the steps has passed them: they would never come again."""
    taken = ("accepted", "returned", "returned", "extended", "joint", "handling", "visited")
    for minutes, step in enumerate(taken):
        flow.add(1, step, NOON + timedelta(minutes=minutes))
    assert flow.once() == (len(taken), 0)
    with database.write() as connection:
        connection.execute(
            text(
                "insert into organisations (id, code, name, kind, region_id)"
                " select 7, 'D07', '城管局', 'department', min(id) from regions"
            )
        )
        # As a step tells who has the case from then on.
        connection.execute(
            text(
                "insert into steps (subject, home_county_id, source_id, case_no, registered_month,"
                " step_no, step, holder_id, occurred_at) select 'incident', home_county_id,"
                " source_id, case_no, registered_month, 9, 'escalated', 7, :at from incidents"
            ),
            {"at": NOW},
        )
    before = rows(database, CASES), rows(database, STEPS_TAKEN)
    counts = "select return_count, extension_count, joint_count, holder_id from incidents"
    assert rows(database, counts) == [(2, 1, 1, 7)]
    for minutes, gone in enumerate((1, 0, 1, 0), start=1):
        small_platform.change(1, NOON + timedelta(minutes=minutes), gone=gone)
        assert changes(polled_once(small_platform)) == (1 - gone, 0, gone)
    assert (rows(database, CASES), rows(database, STEPS_TAKEN)) == before
    assert flow.once() == (0, 0)
    assert consistent(database)


def test_a_case_that_comes_again_corrected_has_further_steps(
    small_platform: Platform, polled_once: Polling, database: Database, flow: Flow
) -> None:
    small_platform.change(1, NOON + timedelta(minutes=1), closed=NOON)
    polled_once(small_platform)
    flow.add(1, "returned", NOON + timedelta(minutes=1))
    flow.once()
    small_platform.change(1, NOON + timedelta(minutes=2), gone=1)
    polled_once(small_platform)
    later = NOON + timedelta(minutes=3)
    small_platform.change(1, later, gone=0, closed=later)
    assert changes(polled_once(small_platform)) == (1, 0, 0)
    assert rows(database, "select step_no, step from steps order by 1") == [
        (1, "registered"),
        (2, "closed"),
        (3, "returned"),
        (4, "closed"),
    ]
    closed = "select closed_at at time zone 'Asia/Shanghai', return_count from incidents"
    assert rows(database, closed) == [(later, 1)]
    small_platform.change(1, later + timedelta(minutes=1), gone=1)
    polled_once(small_platform)
    small_platform.run("update cases set closed = null")
    small_platform.change(1, later + timedelta(minutes=2), gone=0)
    polled_once(small_platform)
    assert rows(database, closed) == [(None, 1)], "the platform says that it is open again"
    assert consistent(database)


@pytest.mark.parametrize("step", ["handling", "closed", "extended"])
def test_a_doubt_that_a_step_gave_stands_when_its_case_is_read_again(
    small_platform: Platform, polled_once: Polling, database: Database, flow: Flow, step: str
) -> None:
    doubtful = "select has_doubtful_times from incidents order by case_no"
    early = NOON - timedelta(hours=2)
    flow.add(1, step, early)
    assert flow.once() == (1, 0)
    assert rows(database, doubtful) == [(True,)]
    small_platform.add(2)
    # The platform says of the case itself that it is open.
    assert changes(polled_once(small_platform)) == (1, int(step == "closed"), 0)
    small_platform.add(3)
    assert changes(polled_once(small_platform)) == (1, 0, 0)
    assert rows(database, doubtful)[0] == (True,)
    small_platform.change(1, NOON + timedelta(minutes=1), gone=1)
    polled_once(small_platform)
    small_platform.change(1, NOON + timedelta(minutes=2), gone=0)
    polled_once(small_platform)
    assert rows(database, doubtful)[0] == (True,), "deleted and come again"
    earlier = NOON - timedelta(hours=3)
    small_platform.change(1, NOON + timedelta(minutes=3), reported=earlier)
    polled_once(small_platform)
    assert rows(database, doubtful)[0] == (False,), "registered before the step"
    later = NOON - timedelta(hours=1)
    small_platform.change(1, NOON + timedelta(minutes=4), reported=later)
    polled_once(small_platform)
    assert rows(database, doubtful)[0] == (True,), "registered after the step again"
    assert consistent(database)


def test_of_a_step_the_time_that_the_case_itself_has_counts(
    small_platform: Platform, polled_once: Polling, database: Database, flow: Flow
) -> None:
    flow.add(1, "closed", NOON - timedelta(hours=2))
    assert flow.once() == (1, 0)
    small_platform.change(1, NOON + timedelta(minutes=1), closed=NOON)
    assert changes(polled_once(small_platform)) == (0, 1, 0)
    doubtful = "select has_doubtful_times from incidents"
    assert rows(database, doubtful) == [(False,)]
    flow.add(1, "visited", NOON)
    assert flow.once() == (1, 0)
    assert rows(database, doubtful) == [(False,)], "the step that was there is no news"
    small_platform.add(2)
    assert changes(polled_once(small_platform)) == (1, 0, 0)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://reader:hunter2@127.0.0.1:1/grid",
        "nosuch+driver://reader:hunter2@10.0.0.1/grid",
        "hunter2",
    ],
)
def test_an_address_that_does_not_answer_is_not_repeated(
    small_platform: Platform, database: Database, tmp_path: Path, address: str
) -> None:
    polled = replace(small_platform.polled(), url=address)
    with pytest.raises(SourceUnavailable) as refused:
        poll(database, polled, with_keys=False, now=NOW, report_folder=tmp_path)
    assert "hunter2" not in str(refused.value)
    assert "127.0.0.1" not in str(refused.value)


def test_a_source_that_lost_its_rows_does_not_empty_the_database(
    small_platform: Platform, polled_once: Polling, database: Database
) -> None:
    for number in range(12):
        small_platform.add(number)
    polled_once(small_platform, keys=True)
    small_platform.run("delete from cases")
    small_platform.add(12, NOON + timedelta(minutes=1))
    small_platform.add(13, NOON + timedelta(minutes=1), county="330199")
    with pytest.raises(KeysRefused, match=r"缺少 12 个.*keys\.most") as refused:
        polled_once(small_platform, keys=True)
    assert len(cases(database)) == 13, "what is new comes, nothing goes"
    assert (refused.value.outcome.inserted, refused.value.outcome.rejected) == (1, 1)


def test_the_reports_of_a_day_s_polls_are_one_file(
    small_platform: Platform, polled_once: Polling, database: Database
) -> None:
    """One a poll would be 130,000 files a source until they expire."""
    platform = small_platform
    for number in range(3):
        platform.add(number)
    assert polled_once(platform).report is None
    folder = platform.folder / "reports"
    assert list(folder.glob("*")) == []
    platform.add(3, county="330199")
    first = polled_once(platform).report
    platform.add(4, county="330199")
    assert polled_once(platform).report == first
    assert polled_once(platform).is_quiet
    [path] = folder.iterdir()
    assert path == first
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes()
    assert content.startswith(codecs.BOM_UTF8)
    lines = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    batches = rows(database, "select id, rows_rejected from import_batches order by 1")
    assert [rejected for _, rejected in batches] == [0, 1, 2]
    told = [batch for batch, rejected in batches for _ in range(rejected)]
    assert [int(line["批次"]) for line in lines] == told
    assert {(line["检查代码"], line["值"]) for line in lines} == {("unknown_region", "330199")}


def test_a_report_that_cannot_be_written_to_its_end_leaves_those_of_former_polls(
    small_platform: Platform, polled_once: Polling, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_platform.add(1)
    small_platform.add(2, county="330199")
    path = polled_once(small_platform).report
    assert path is not None
    before = path.read_bytes()

    def full(*_: object) -> Iterator[tuple[object, ...]]:
        yield ("half of it",)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(report, "_rows", full)
    small_platform.add(3, county="330199")
    with pytest.raises(ImportRefused, match="无法写入报告"):
        polled_once(small_platform)
    assert path.read_bytes() == before


def test_a_poll_that_fails_is_in_the_report_once_it_has_come_in(
    small_platform: Platform, polled_once: Polling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again every few minutes."""
    small_platform.add(1)
    small_platform.add(2, county="330199")

    def fails(*_: object) -> None:
        raise ImportRefused("失败")

    with monkeypatch.context() as broken:
        broken.setattr(batches, "close", fails)
        for _ in range(3):
            with pytest.raises(ImportRefused, match="失败"):
                polled_once(small_platform)
    assert list((small_platform.folder / "reports").glob("*")) == []
    path = polled_once(small_platform).report
    assert path is not None
    assert len(path.read_text("utf-8").splitlines()) == 2


def test_expired_reports_are_looked_for_once_a_day(
    small_platform: Platform, database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    now, day = [0.0], 86_400
    old = time.time() - 91 * day

    def left() -> bool:
        path = folder / "poll-001-incidents-20260101-findings.csv"
        path.touch()
        os.utime(path, (old, old))
        small_platform.add(int(now[0]))
        poller.turn()
        return path.exists()

    polled = small_platform.polled()
    poller = Poller(database, polled, folder, lambda _: None, clock=lambda: now[0])
    seen = []
    for moment in (0, 60, day - 1, day):
        now[0] = moment
        seen.append(left())
    assert seen == [False, True, True, False]


@pytest.mark.parametrize("fault", ["lost", "refused"])
def test_keys_that_do_not_come_are_failures_in_a_row_and_the_rows_are_told(
    small_platform: Platform, database: Database, tmp_path: Path, fault: str
) -> None:
    for number in range(12):
        small_platform.add(number)
    small_platform.run("create table known as select no from cases")
    now, said = [0.0], list[str]()
    polled = asked_for_keys(small_platform, "select no from known where :since is not null")
    poller = Poller(database, polled, tmp_path / "reports", said.append, clock=lambda: now[0])
    poller.turn()
    small_platform.run("alter table known rename to elsewhere")
    if fault == "lost":
        small_platform.run("create table known (no text)")
    for number in (12, 13, 14):
        small_platform.add(number, NOON + timedelta(minutes=number))
        now[0] += 4_000
        poller.turn()
        now[0] += 60
        poller.turn()
    assert rows(database, "select failures from sync_contacts") == [(3,)]
    assert len(cases(database)) == 15
    assert sum("新增 1，" in sentence for sentence in said) == 3
    assert not [sentence for sentence in said if "已恢复" in sentence]
    small_platform.run("drop table if exists known")
    small_platform.run("create table known as select no from cases")
    now[0] += 4_000
    poller.turn()
    assert rows(database, "select failures from sync_contacts") == [(0,)]
    assert "网格平台（事件）：已恢复。" in said


def asked_for_keys(platform: Platform, query: str) -> Polled:
    polled = platform.polled(keys=True)
    assert polled.section.keys is not None
    keys = polled.section.keys.model_copy(update={"query": query})
    return replace(polled, section=polled.section.model_copy(update={"keys": keys}))


def test_an_address_of_a_file_that_is_not_there_makes_none(
    small_platform: Platform, database: Database, tmp_path: Path
) -> None:
    missing = tmp_path / "plattform.db"
    polled = replace(small_platform.polled(), url=f"sqlite:///{missing}")
    with pytest.raises(SourceUnavailable, match=f"{VARIABLE} 所指的 SQLite 文件不存在") as refused:
        poll(database, polled, with_keys=False, now=NOW, report_folder=tmp_path)
    assert "plattform" not in str(refused.value)
    assert not missing.exists()


def test_what_each_poll_found_is_told(
    small_platform: Platform, database: Database, tmp_path: Path
) -> None:
    small_platform.add(1)
    small_platform.add(2, county="330199")
    polled, folder = small_platform.polled(), tmp_path / "reports"
    said: list[str] = []
    running.once(database, [polled], report_folder=folder, say=said.append)
    [report] = folder.iterdir()
    assert said == [
        f"网格平台（事件）：读到 2 行，新增 1，更正 0，删除 0，拒绝 1；检查报告：{report}。"
    ]
    running.once(database, [polled], report_folder=folder, say=said.append)
    assert said[1:] == ["网格平台（事件）：读到 2 行，没有变化。"]
    small_platform.run("alter table cases rename to elsewhere")
    with pytest.raises(SourceUnavailable, match=r"未能同步，原因见上。$"):
        running.once(database, [polled], report_folder=folder, say=said.append)


def test_the_heartbeat_is_noted_without_rows(
    platform: Platform, polled_once: Polling, database: Database
) -> None:
    platform.add(1)
    polled_once(platform)
    with database.write() as connection:
        connection.execute(text("update sources set last_contact_at = '2026-01-01'"))
    was = rows(database, "select last_row_at from sources")
    platform.run("delete from cases")
    assert polled_once(platform).read == 0
    heard = "select last_contact_at > now() - interval '1 minute', is_live, cycle_seconds"
    assert rows(database, f"{heard} from sources") == [(True, True, 60)]
    assert rows(database, "select last_row_at from sources") == was


def test_a_row_of_the_future_does_not_hide_those_after_it(
    platform: Platform, polled_once: Polling, database: Database
) -> None:
    platform.add(1, datetime(2099, 1, 1))
    polled_once(platform)
    platform.add(2, NOON + timedelta(days=1))
    assert changes(polled_once(platform, now=NOW + timedelta(days=1))) == (1, 0, 0)


@pytest.mark.parametrize(
    ("number", "shown"), [("C0002", "C0002"), ("13800138000", "〔手机号，已遮蔽，11 个字符〕")]
)
def test_a_watermark_that_is_none_is_told_by_its_row_and_not_by_its_value(
    small_platform: Platform, polled_once: Polling, number: str, shown: str
) -> None:
    small_platform.add(1)
    polled_once(small_platform)
    small_platform.add(2, no=number, changed="昨天")
    with pytest.raises(SourceUnavailable) as refused:
        polled_once(small_platform)
    said = str(refused.value)
    assert f"来源中有1行（no 为 {shown}）：水位列 changed 的值不是形如 %Y-%m-%d" in said
    assert "昨天" not in said
    assert shown in running.stored_reason(refused.value)
    small_platform.run("update cases set changed = :at where changed = '昨天'", at=str(NOON))
    assert polled_once(small_platform).read == 2


def test_rows_of_archived_months_are_rejected_and_the_others_come(
    small_platform: Platform, polled_once: Polling, database: Database, tmp_path: Path
) -> None:
    old = datetime(2024, 3, 5, 9, 0)
    small_platform.add(1, reported=old, closed=old, due=old + timedelta(days=1))
    polled_once(small_platform)
    assert consistent(database)
    gone = archiving.archive(
        database.url,
        datetime(2025, 1, 1).date(),
        tmp_path / "archive",
        today=NOW.date(),
        tell=lambda month: None,
    )
    assert gone == 1
    small_platform.add(2)
    outcome = polled_once(small_platform)
    assert (changes(outcome), outcome.rejected) == ((1, 0, 0), 1)
    found = rows(database, "select check_name, value from import_findings where is_rejection = 1")
    assert found == [("archived_month", "C0001")]
    assert consistent(database)


def test_rows_and_watermark_are_stored_together_or_not_at_all(
    small_platform: Platform,
    polled_once: Polling,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_platform.add(1)

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(watermarks, "note_contact", fails)
        with pytest.raises(RuntimeError):
            polled_once(small_platform)
    assert cases(database) == []
    assert rows(database, "select * from sync_watermarks") == []
    assert changes(polled_once(small_platform)) == (1, 0, 0)


def test_another_mapping_begins_anew(
    small_platform: Platform, polled_once: Polling, database: Database
) -> None:
    small_platform.add(1, NOON - timedelta(days=5))
    small_platform.add(2)
    polled_once(small_platform)
    written = MAPPING.replace('"路灯" = "A02"', '"路灯" = "F99"')
    (small_platform.folder / "mapping.toml").write_text(written, encoding="utf-8")
    assert changes(polled_once(small_platform)) == (0, 2, 0)
    assert rows(database, "select distinct class_code from incidents") == [("F99",)]


def test_a_source_that_is_down_is_asked_later_and_later_and_recovers(
    small_platform: Platform, database: Database, tmp_path: Path
) -> None:
    small_platform.add(1)
    said: list[str] = []
    poller = Poller(
        *(database, small_platform.polled(), tmp_path / "reports", said.append),
        clock=lambda: 0.0,
        jitter=lambda: 1.0,
    )
    assert poller.turn() == 60
    small_platform.run("alter table cases rename to elsewhere")
    assert [poller.turn() for _ in range(4)] == [120, 240, 300, 300]
    [(error, is_newer)] = rows(
        database, "select last_error, last_error_at > last_contact_at from sources"
    )
    assert is_newer
    assert "不接受所写的表" in error
    assert "Error" not in error + "".join(said)
    assert "platform.db" not in error
    small_platform.run("alter table elsewhere rename to cases")
    small_platform.add(2)
    assert poller.turn() == 60
    assert cases(database) == ["C0001", "C0002"]
    assert rows(database, "select last_contact_at > last_error_at from sources") == [(True,)]
    assert [sentence.partition("：")[2][:4] for sentence in said] == [
        *("读到 1", "来源数据", "已恢复。", "读到 2"),
    ]


def test_a_kind_that_fails_is_not_hidden_by_one_that_goes_on(
    small_platform: Platform, database: Database, tmp_path: Path
) -> None:
    small_platform.add(1)
    polled = small_platform.polled()
    folder = small_platform.folder
    (folder / "steps.toml").write_text(STEPS, encoding="utf-8")
    (folder / "both.toml").write_text(STEPS_PLAN, encoding="utf-8")
    small_platform.run("create table flow (id integer, no text, step text, at text)")
    [steps] = plan.load(folder / "both.toml", {VARIABLE: polled.url})
    incidents_poller, steps_poller = (
        Poller(database, each, tmp_path / "reports", lambda _: None) for each in (polled, steps)
    )

    def seen() -> tuple[str, str, dict[str, tuple[str, int]]]:
        with database.read() as connection:
            now = datetime.now(UTC)
            [found] = quality_sources.states(connection, now, tells_errors=True)
            [of_wall] = source_readings.states(connection)
        finding = source_finding(known_source(of_wall), int(now.timestamp() * 1000))
        kinds = {kind.kind: (kind.health, kind.failures) for kind in found.kinds}
        return found.health, finding["state"], kinds

    incidents_poller.turn()
    steps_poller.turn()
    assert seen() == ("live", "live", {"incidents": ("live", 0), "steps": ("live", 0)})
    small_platform.run("alter table flow rename to elsewhere")
    for _ in range(5):
        steps_poller.turn()
        incidents_poller.turn()
    assert seen() == ("stale", "stale", {"incidents": ("live", 0), "steps": ("stale", 5)})
    small_platform.run("alter table elsewhere rename to flow")
    steps_poller.turn()
    assert seen() == ("live", "live", {"incidents": ("live", 0), "steps": ("live", 0)})
    other = "insert into sync_contacts (source_key, kind) values ('other', 'steps')"
    with database.write() as connection:
        connection.execute(text(other))
    running.once(database, [polled], report_folder=tmp_path / "reports", say=lambda _: None)
    assert rows(database, "select source_key, kind from sync_contacts order by 1") == [
        *(("other", "steps"), ("platform", "incidents")),
    ]


def test_a_kind_that_never_answered_is_silent_beside_one_that_does(
    small_platform: Platform, polled_once: Polling, database: Database
) -> None:
    small_platform.add(1)
    with database.write() as connection:
        connection.execute(
            text(
                "insert into sync_contacts (source_key, kind, last_error_at, last_error, failures)"
                " values ('platform', 'steps', now(), '来源没有应答。', 3)"
            )
        )
    polled_once(small_platform)
    with database.read() as connection:
        [found] = quality_sources.states(connection, datetime.now(UTC), tells_errors=True)
    assert found.health == "stale"
    steps = next(kind for kind in found.kinds if kind.kind == "steps")
    assert (steps.health, steps.last_contact_at, steps.age_seconds) == ("stale", None, None)


def test_a_source_that_fails_before_its_first_row_is_told_and_makes_nothing_old(
    small_platform: Platform, database: Database, tmp_path: Path
) -> None:
    small_platform.add(1)
    small_platform.run("alter table cases rename to elsewhere")
    folder = tmp_path / "reports"
    poller = Poller(database, small_platform.polled(), folder, lambda _: None)

    def seen() -> tuple[SourceQuality, str]:
        with database.read() as connection:
            now = datetime.now(UTC)
            [found] = quality_sources.states(connection, now, tells_errors=True)
            [of_wall] = source_readings.states(connection)
        return found, source_finding(known_source(of_wall), int(now.timestamp() * 1000))["state"]

    poller.turn()
    poller.turn()
    found, on_the_wall = seen()
    assert (found.name, found.health, on_the_wall) == ("网格平台", "stale", "live")
    assert (found.last_contact_at, found.age_seconds, found.last_row_at) == (None, None, None)
    assert "不接受所写的表" in (found.last_error or "")
    assert [(kind.kind, kind.failures) for kind in found.kinds] == [("incidents", 2)]
    small_platform.run("alter table elsewhere rename to cases")
    poller.turn()
    found, on_the_wall = seen()
    assert (found.health, on_the_wall, found.last_error) == ("live", "live", None)
    assert rows(database, "select source_id, case_no from incidents") == [(found.id, "C0001")]


@pytest.mark.parametrize(
    ("interval", "failures", "jitter", "seconds"),
    [
        (60, 0, 0.3, 60),
        (60, 1, 1.0, 120),
        (60, 1, 0.0, 60),
        (60, 9, 1.0, 300),
        (60, 5_000, 0.0, 150),
        (900, 3, 1.0, 900),
    ],
)
def test_pauses_double_up_to_five_minutes(
    interval: float, failures: int, jitter: float, seconds: float
) -> None:
    assert running.pause_after(interval, failures, jitter) == seconds


def test_a_failing_source_does_not_hold_up_the_others(
    small_platform: Platform, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_platform.add(1)
    sound = small_platform.polled()
    hanging = replace(sound, url="hanging")
    hangs = threading.Event()
    ask = polled_rows.ask

    def hangs_or_answers(polled: Polled, *question: Any) -> polled_rows.Answer:
        if polled is not hanging:
            return ask(polled, *question)
        hangs.wait(20)
        raise SourceUnavailable("没有应答")

    monkeypatch.setattr(polled_rows, "ask", hangs_or_answers)
    stop = threading.Event()
    arguments = {"report_folder": tmp_path / "reports", "say": lambda _: None, "stop": stop}
    work = (database, [hanging, sound])
    thread = threading.Thread(target=running.run, args=work, kwargs=arguments)
    thread.start()
    try:
        deadline = time.monotonic() + 15
        while not cases(database) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert cases(database) == ["C0001"]
    finally:
        hangs.set()
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def test_the_command_polls_all_and_says_which_failed(
    small_platform: Platform, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small_platform.add(1)
    small_platform.polled()
    file = small_platform.folder / "sync.toml"
    other = MAPPING.replace('"platform"', '"other"').replace("网格平台", "别的平台")
    (small_platform.folder / "other.toml").write_text(other, encoding="utf-8")
    both = file.read_text(encoding="utf-8")
    both = both.replace("mapping.toml", "other.toml").replace('"cases"', '"nowhere"') + both
    file.write_text(both, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, small_platform.url.render_as_string(hide_password=False))
    monkeypatch.setenv("COCKPIT_DATABASE_URL", database.url.render_as_string(hide_password=False))
    arguments = ["sync", str(file), "--once", "--reports", str(tmp_path / "reports")]
    done = CliRunner().invoke(cli.app, arguments)
    assert isinstance(done.exception, SourceUnavailable)
    assert "别的平台（事件） 未能同步" in str(done.exception)
    assert "网格平台（事件）：读到 1 行，新增 1" in done.stderr
    assert cases(database) == ["C0001"]


def test_the_command_goes_on_after_a_kill_and_ends_when_it_is_told(
    small_platform: Platform, database: Database
) -> None:
    small_platform.polled()
    file = small_platform.folder / "sync.toml"
    quick = file.read_text(encoding="utf-8").replace(
        "interval_seconds = 60", "interval_seconds = 1"
    )
    file.write_text(quick, encoding="utf-8")
    environment = {
        **os.environ,
        VARIABLE: small_platform.url.render_as_string(hide_password=False),
        "COCKPIT_DATABASE_URL": database.url.render_as_string(hide_password=False),
    }
    reports = str(small_platform.folder / "reports")
    command = [sys.executable, "-m", "cli", "sync", str(file), "--reports", reports]

    @contextmanager
    def running_until(known: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as run:
            try:
                deadline = time.monotonic() + 30
                while cases(database) != known and time.monotonic() < deadline:
                    time.sleep(0.05)
                yield run
            finally:
                run.kill()

    small_platform.add(1)
    with running_until(["C0001"]) as process:
        process.kill()
    small_platform.add(2, NOON - timedelta(minutes=5))
    with running_until(["C0001", "C0002"]) as process:
        process.terminate()
        assert process.wait(15) == 0
    assert cases(database) == ["C0001", "C0002"]
    assert rows(database, "select count(*) from case_versions") == [(0,)]


_warm = multiprocessing.get_context("forkserver")
_warm.set_forkserver_preload([polling.__name__, plan.__name__])


def poll_for_ever(url: str, file: str, address: str) -> None:
    """What a process of the kill test does; polls without a pause."""
    database = Database(url)
    [polled] = plan.load(Path(file), {VARIABLE: address})
    while True:
        reports = Path(file).parent / "reports"
        poll(database, polled, with_keys=False, now=NOW, report_folder=reports)


def test_kills_between_and_within_polls_lose_and_double_nothing(
    small_platform: Platform, polled_once: Polling, database: Database
) -> None:
    small_platform.polled()
    file = str(small_platform.folder / "sync.toml")
    address = small_platform.url.render_as_string(hide_password=False)
    url = database.url.render_as_string(hide_password=False)
    chance = random.Random(7)
    for number in range(12):
        at = NOON + timedelta(minutes=number)
        small_platform.add(number, at)
        if number:
            small_platform.change(number - 1, at, closed=at)
        process = _warm.Process(target=poll_for_ever, args=(url, file, address), daemon=True)
        process.start()
        seen = f"C{number:04d}"
        deadline = time.monotonic() + 20
        if number % 2:  # after its publication, at once; else at any moment
            while seen not in cases(database) and time.monotonic() < deadline:
                time.sleep(0.01)
            assert process.is_alive()
        else:
            process.join(chance.uniform(0.1, 1.0))
        process.kill()
        process.join()
        assert process.exitcode == -9
        process.close()
    polled_once(small_platform)
    assert polled_once(small_platform).is_quiet
    assert cases(database) == [f"C{number:04d}" for number in range(12)]
    assert rows(database, "select count(*) from incidents where closed_at is not null") == [(11,)]
    closings = "select count(*), count(distinct case_no) from steps where step = 'closed'"
    assert rows(database, closings) == [(11, 11)]
    assert rows(database, "select count(*) from case_versions where is_deletion") == [(0,)]
    assert consistent(database)


def test_batches_of_polls_expire_and_those_of_files_stay(
    database: Database, small_platform: Platform, polled_once: Polling
) -> None:
    for number in (1, 2, 3):
        small_platform.add(number, changed=NOON + timedelta(minutes=number))
        polled_once(small_platform)
    kept = "select file_name, is_poll from import_batches order by id"
    assert rows(database, kept) == [("cases", True)] * 3
    with database.write() as connection:
        connection.execute(
            text(
                "insert into import_batches (kind, source_id, file_name, file_sha256,"
                " mapping_sha256, state) select kind, source_id, 'past.csv', 'f', 'm', 'published'"
                " from import_batches limit 1"
            )
        )
        connection.execute(text("update import_batches set id = 0 where file_name = 'past.csv'"))
        report.expire(connection, datetime.now(UTC) + report.KEPT - timedelta(minutes=1))
    assert len(rows(database, kept)) == 4, "not yet"
    with database.write() as connection:
        report.expire(connection, datetime.now(UTC) + report.KEPT + timedelta(minutes=1))
    assert rows(database, kept) == [("past.csv", False), ("cases", True)]
    # The last one is still known: equal rows change nothing, and the next poll goes on.
    assert polled_once(small_platform).is_quiet
    small_platform.add(4, changed=NOON + timedelta(minutes=4))
    assert polled_once(small_platform).inserted == 1


@pytest.fixture
def serving(
    database: Database, small_platform: Platform, tmp_path: Path
) -> Iterator[tuple[int, subprocess.Popen[bytes], Path]]:
    """`cockpit serve` with a platform that it polls every second: port, process, what it says."""
    small_platform.add(1)
    small_platform.polled()
    plan_file = tmp_path / "sync.toml"
    plan_file.write_text(
        plan_file.read_text("utf-8").replace("interval_seconds = 60", "interval_seconds = 1"),
        encoding="utf-8",
    )
    port, said = free_port(), tmp_path / "said.txt"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "COCKPIT_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "COCKPIT_PORT": str(port),
        "COCKPIT_WORKERS": "1",
        "COCKPIT_SYNC": str(plan_file),
        VARIABLE: small_platform.url.render_as_string(hide_password=False),
    }
    argv = [sys.executable, "-m", "cli", "serve"]
    with said.open("wb") as log:
        process = subprocess.Popen(argv, cwd=tmp_path, env=environment, stdout=log, stderr=log)
        yield port, process, said
        process.terminate()
        process.wait(30)


def until(condition: Callable[[], Any], seconds: float = 40) -> Any:
    """What the condition gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not come to pass")


def polling_child(serve: subprocess.Popen[bytes]) -> psutil.Process | None:
    for child in psutil.Process(serve.pid).children():
        with suppress(psutil.Error):
            if "sync" in child.cmdline():
                return child
    return None


def answers(port: int) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5):
        return True
    return False


def test_serve_polls_what_a_site_configures_and_outlives_the_polling(
    database: Database,
    small_platform: Platform,
    serving: tuple[int, subprocess.Popen[bytes], Path],
    tmp_path: Path,
) -> None:
    port, serve, said = serving
    until(lambda: cases(database) == ["C0001"])
    until(lambda: answers(port))
    first = until(lambda: polling_child(serve))
    first.kill()
    small_platform.add(2, changed=NOON + timedelta(minutes=1))
    until(lambda: cases(database) == ["C0001", "C0002"])
    again = until(lambda: polling_child(serve))
    assert again.pid != first.pid
    # A file that is broken keeps the polling from starting, and nothing else.
    (tmp_path / "sync.toml").write_text("[[source]]\nkind = 1\n", encoding="utf-8")
    again.kill()
    until(lambda: "键 source.0.kind" in said.read_text("utf-8"))
    assert serve.poll() is None
    assert answers(port)
    assert "“来源同步”意外结束" in said.read_text("utf-8")
    # What nobody polls any more is said by the age of its last contact.
    [(contact, cycle)] = rows(database, "select last_contact_at, cycle_seconds from sources")
    known = Source(
        key="platform",
        name="网格平台",
        cycle_ms=cycle * 1000,
        last_contact_at=int(contact.timestamp() * 1000),
        last_error_at=None,
        is_live=True,
    )
    later = known["last_contact_at"] or 0
    assert source_finding(known, later + 61_000)["state"] == "late"
    assert source_finding(known, later + 121_000)["state"] == "stale"
