"""kill -9 at random moments of imports: nothing half is seen, and the next run completes it.

Every kind is imported, in the order in which the kinds refer to each other; each import is killed
at a random moment, killed again while it goes on, and then left to end. Afterwards every row of
every table is the same as after imports that nobody disturbed. Only kills of a process that was
still importing count.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from data_access import rollups
from data_access.imports.incidents import import_incidents
from tests.data_access.imports import killable

ROOT = Path(__file__).parents[3]
KILLED = -9
KILLS, SOAK_KILLS = 50, 1_000
# At most so often is one import killed before it is left to end.
KILLS_A_KIND = 2
# When a row was written, and numbers that a rolled-back transaction leaves out.
VOLATILE = {
    "import_batches": ("id", "started_at", "published_at"),
    "import_findings": ("batch_id",),
    "sources": ("last_contact_at",),
    "reported_values": ("recorded_at",),
    "receptions": ("id",),
    "outbox": ("id", "committed_hint_at"),
    "rollup_deltas": ("id",),
    "case_versions": ("recorded_from", "recorded_to"),
    "reception_versions": ("reception_id", "recorded_to", "was"),
    "daily_figure_versions": ("recorded_to",),
}
# Facts that are about now, with times of now, or about this database alone.
VOLATILE_FACTS = ("rollup_slots_from", "point_secret", "red_card_moves")
# Rows that count: a file with rejected rows that was killed when all was done is read once more.
COUNTED = {
    "database_facts": f"key <> all (array{list(VOLATILE_FACTS)})",
    "outbox": "subject <> 'sources'",
}
# The table that a kind is for, to see whether it is visible.
TABLE_OF = {
    **{kind: kind for kind in killable.ORDER},
    "outlines": "region_geometries",
    "calendars": "work_calendar",
    "reported": "reported_values",
}


@contextmanager
def copy_of(postgres: Callable[[str], URL], template: str) -> Iterator[URL]:
    admin = create_engine(postgres("postgres"), isolation_level="AUTOCOMMIT")
    name = f"test_{uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.execute(text(f"create database {name} template {template} strategy file_copy"))
    try:
        yield postgres(name)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))
        admin.dispose()


@contextmanager
def connected(url: URL) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def checksums(engine: Engine, *tables: str) -> dict[str, str]:
    """Of all rows of all tables (or of those named), without what is volatile."""
    with engine.connect() as connection:
        every = connection.scalars(
            text(
                "select relname from pg_class where relnamespace = 'public'::regnamespace"
                " and relkind in ('r', 'p') and not relispartition"
            )
        ).all()
        return {table: str(connection.scalar(text(_checksum(table)))) for table in tables or every}


def _checksum(table: str) -> str:
    volatile = ", ".join(f"'{name}'" for name in VOLATILE.get(table, ()))
    row = f"(to_jsonb(t) - array[{volatile}]::text[])::text"
    which = COUNTED.get(table, "true")
    return f"select md5(string_agg({row}, '|' order by {row})) from {table} t where {which}"


def undisturbed(
    postgres: Callable[[str], URL], template: str, folder: str
) -> tuple[dict[str, str], dict[str, float], dict[str, str]]:
    """Checksums after imports that nobody disturbs, how long each took, and its table after it."""
    with copy_of(postgres, template) as url, connected(url) as engine:
        seconds, after = {}, {}
        killable.completed(in_full(url), killable.ORDER[0], folder)  # warms up; repeated below
        for kind in killable.ORDER:
            seconds[kind] = killable.completed(in_full(url), kind, folder)
            after |= checksums(engine, TABLE_OF[kind])
        seconds[killable.ORDER[0]] = max(seconds.values())
        return checksums(engine), seconds, after


def in_full(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def kill_every_kind(
    rng: random.Random,
    postgres: Callable[[str], URL],
    template: str,
    folder: str,
    expected: tuple[dict[str, str], dict[str, float], dict[str, str]],
) -> list[int]:
    """One round: each kind killed, looked at, and run to its end; returns the exit codes."""
    everything, seconds, after = expected
    codes: list[int] = []
    with copy_of(postgres, template) as url, connected(url) as engine:
        for kind in killable.ORDER:
            table = TABLE_OF[kind]
            before = checksums(engine, table)[table]
            for _ in range(KILLS_A_KIND):
                moment = rng.uniform(0.02, seconds[kind])
                codes.append(killable.killed_after(moment, in_full(url), kind, folder))
                seen = checksums(engine, table)[table]
                assert seen in (before, after[table]), (kind, codes)
                if codes[-1] != KILLED:
                    break
            killable.completed(in_full(url), kind, folder)
        assert checksums(engine) == everything
        with engine.connect() as connection:
            assert rollups.differences(connection) == 0
            left = "select count(*) from pg_tables where tablename like 'batch%'"
            assert connection.scalar(text(left)) == 0
    return codes


def kill_in_rounds(kills: int, postgres: Callable[[str], URL], template: str, folder: Path) -> None:
    """Rounds with ever other moments until so many imports were killed before they ended."""
    expected = undisturbed(postgres, template, str(folder))
    rng = random.Random(20_261_101)
    codes: list[int] = []
    while codes.count(KILLED) < kills:
        codes += kill_every_kind(rng, postgres, template, str(folder), expected)
        assert set(codes) <= {KILLED, 0}
        assert codes.count(KILLED) >= len(codes) // 4, "too few were still running when killed"


def test_killed_anywhere_every_kind_ends_as_if_undisturbed(
    postgres: Callable[[str], URL], migrated_template: str, tmp_path: Path
) -> None:
    kill_in_rounds(KILLS, postgres, migrated_template, tmp_path)


@pytest.mark.soak
def test_a_thousand_kills_lose_nothing(
    postgres: Callable[[str], URL], migrated_template: str, tmp_path: Path
) -> None:
    kill_in_rounds(SOAK_KILLS, postgres, migrated_template, tmp_path)


# An import of many rows in a process from nothing, which tells each bit of progress on a line.
ROWS, ROWS_A_CHUNK = 1_500, 100
PROGRAM = f"""
import os, sys
from pathlib import Path
from sqlalchemy import create_engine
from data_access.imports.incidents import import_incidents
import_incidents(
    create_engine(os.environ["TEST_URL"]), Path(sys.argv[1]), Path(sys.argv[2]),
    report_folder=Path(sys.argv[3]), rows_a_chunk={ROWS_A_CHUNK},
    progress=lambda stage, done, total: print(stage, done, flush=True),
)
"""


@pytest.fixture
def faulty_file(
    sound_rows: Callable[..., list[dict[str, str]]], write_csv: Callable[..., Path]
) -> Path:
    """Many rows with every kind of outcome, the same for every run."""
    rng = random.Random(2015)
    rows = sound_rows(ROWS)
    for row in rng.sample(rows, 120):
        row.update(
            rng.choice(
                [
                    {"CLOSED_DT": "06/01/2015 08:00:00 AM"},
                    {"ward": ""},
                    {"OPEN_DT": ""},
                    {"CASE_ENQUIRY_ID": rows[0]["CASE_ENQUIRY_ID"]},
                    {"LATITUDE": "42.3594", "LONGITUDE": "-71.0587"},
                    {"Source": "13800138000"},
                ]
            )
        )
    return write_csv(rows)


def start(url: URL, *arguments: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env={
            **os.environ,
            "TEST_URL": url.render_as_string(hide_password=False),
            "PYTHONPATH": str(ROOT),
        },
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_after(process: subprocess.Popen[str], lines: int, seconds: float) -> str:
    """Kill once so many lines were told and some time has gone; returns the last line."""
    assert process.stdout is not None
    told = ""
    for _ in range(lines):
        line = process.stdout.readline()
        told = line or told
        if not line or line.startswith("发布"):
            break
    time.sleep(seconds)
    process.kill()
    process.wait()
    process.stdout.close()
    return told.strip()


def test_an_import_of_many_rows_goes_on_where_it_was_killed(
    database_url: URL,
    postgres: Callable[[str], URL],
    migrated_template: str,
    faulty_file: Path,
    boston_mapping: Path,
    tmp_path: Path,
    engine: Engine,
    rows_of: Callable[..., list[Any]],
) -> None:
    with copy_of(postgres, migrated_template) as url, connected(url) as other:
        import_incidents(
            other, faulty_file, boston_mapping, report_folder=tmp_path, rows_a_chunk=ROWS_A_CHUNK
        )
        expected = checksums(other)
    # Once while staging, once while publishing.
    for lines in (3, ROWS):
        process = start(database_url, faulty_file, boston_mapping, tmp_path)
        kill_after(process, lines, 0.01)
        assert rows_of("select count(*) from sources") == [(0,)]
    outcome = import_incidents(
        engine, faulty_file, boston_mapping, report_folder=tmp_path, rows_a_chunk=ROWS_A_CHUNK
    )
    assert outcome.resumed_after_line >= ROWS
    assert checksums(engine) == expected
