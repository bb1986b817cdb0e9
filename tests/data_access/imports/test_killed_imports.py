"""kill -9 at random moments of an import: nothing half is seen, and the next run completes it."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from data_access import rollups
from data_access.imports.incidents import import_incidents

ROOT = Path(__file__).parents[3]
ROWS, ROWS_A_CHUNK = 1_500, 100
KILLS = 5
# An import in a process of its own, which tells each bit of progress on a line.
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
# All that an import writes, but for when it ran and which number its batch got.
CONTENTS = {
    "incidents": "incidents t",
    "steps": "steps t",
    "case_doubts": "case_doubts t",
    "case_versions": "case_versions t",
    "regions": "regions t",
    "organisations": "organisations t",
    "codes": "codes t",
    "work_calendar": "work_calendar t",
    "database_facts": "database_facts t",
    "import_findings": "(select line, check_name, column_name, is_rejection, reason, value"
    " from import_findings) t",
    "import_batches": "(select source_id, file_sha256, state, staged_through_line, rows_read,"
    " rows_accepted, rows_rejected, rows_doubtful from import_batches) t",
    "sources": "(select id, key, name, kind, last_row_at from sources) t",
    "rollup_deltas": "(select county_id, day, measure, amount from rollup_deltas) t",
}


def checksums(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {
            name: str(
                connection.scalar(
                    text(f"select md5(string_agg(t::text, '|' order by t::text)) from {rows}")
                )
            )
            for name, rows in CONTENTS.items()
        }


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


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_anywhere_an_import_ends_as_if_undisturbed(
    seed: int,
    database_url: URL,
    postgres: Callable[[str], URL],
    migrated_template: str,
    faulty_file: Path,
    boston_mapping: Path,
    tmp_path: Path,
    engine: Engine,
    rows_of: Callable[..., list[Any]],
) -> None:
    undisturbed = undisturbed_checksums(
        postgres, migrated_template, faulty_file, boston_mapping, tmp_path
    )
    rng = random.Random(seed)
    stopped_at = []
    for kill in range(KILLS):
        process = start(database_url, faulty_file, boston_mapping, tmp_path)
        # The last kill goes for the publishing transaction, the others for the staging.
        lines = ROWS if kill == KILLS - 1 else rng.randint(1, 4)
        stopped_at.append(kill_after(process, lines, rng.uniform(0, 0.03)))
        state = rows_of("select state, rows_read from import_batches")
        published = state == [("published", ROWS)]
        expected = undisturbed["incidents"] if published else "None"
        assert checksums(engine)["incidents"] == expected, (stopped_at, state)
        assert published or rows_of("select count(*) from sources") == [(0,)]
    assert any(stop.startswith("读入") for stop in stopped_at), stopped_at
    import_incidents(
        engine, faulty_file, boston_mapping, report_folder=tmp_path, rows_a_chunk=ROWS_A_CHUNK
    )
    assert checksums(engine) == undisturbed
    with engine.connect() as connection:
        assert rollups.differences(connection) == 0
    assert not list(rows_of("select 1 from pg_tables where tablename like 'batch%'"))


def undisturbed_checksums(
    postgres: Callable[[str], URL], template: str, file: Path, mapping: Path, folder: Path
) -> dict[str, str]:
    admin = create_engine(postgres("postgres"), isolation_level="AUTOCOMMIT")
    name = f"{template}_undisturbed"
    with admin.connect() as connection:
        connection.execute(text(f"create database {name} template {template}"))
    engine = create_engine(postgres(name))
    import_incidents(engine, file, mapping, report_folder=folder, rows_a_chunk=ROWS_A_CHUNK)
    found = checksums(engine)
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()
    return found
