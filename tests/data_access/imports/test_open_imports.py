"""While an import is published, everybody else writes and reads on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, Engine, create_engine, insert, text

from dashboard.errors import ImportRefused
from data_access import partitions, rollups, schema
from data_access.database import Database
from data_access.imports import batches
from data_access.imports.command import import_rows
from data_access.imports.importing import ImportOutcome, RefreshRollups
from data_access.imports.incidents import import_incidents
from tests.case_builder import add_regions, incident

# Long enough to wait for a new month, far too short for the end of an import.
IMPATIENT = "-c statement_timeout=2000"
WAIT_SECONDS = 30

Importer = Callable[..., ImportOutcome]


@pytest.fixture
def impatient(database_url: URL) -> Iterator[Engine]:
    """Somebody else, who waits for two seconds at most."""
    engine = create_engine(database_url, connect_args={"options": IMPATIENT})
    yield engine
    engine.dispose()


@pytest.fixture
def imported(engine: Engine, boston_mapping: Path, tmp_path: Path) -> Importer:
    """``imported(file)`` imports it by the example mapping."""

    def run(file: Path, refresh_rollups: RefreshRollups | None = None) -> ImportOutcome:
        return import_incidents(
            engine,
            file,
            boston_mapping,
            report_folder=tmp_path / "reports",
            refresh_rollups=refresh_rollups,
        )

    return run


@contextmanager
def held_open(monkeypatch: pytest.MonkeyPatch, publish: Callable[[], Any]) -> Iterator[None]:
    """The publication is under way, all its rows written and none committed, for the block."""
    written, go_on = threading.Event(), threading.Event()
    close = batches.close

    def close_later(connection: Connection, batch: batches.Batch) -> None:
        written.set()
        assert go_on.wait(WAIT_SECONDS)
        close(connection, batch)

    failures: list[Exception] = []

    def run() -> None:
        try:
            publish()
        except Exception as error:
            failures.append(error)
            written.set()

    monkeypatch.setattr(batches, "close", close_later)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert written.wait(WAIT_SECONDS)
        assert failures == []
        yield
    finally:
        go_on.set()
        thread.join()
    assert failures == []


@pytest.mark.parametrize("refresh_rollups", [None, rollups.rebuild], ids=["deltas", "anew"])
def test_months_that_an_import_brings_keep_nobody_waiting_for_its_end(
    imported: Importer,
    impatient: Engine,
    write_csv: Callable[..., Path],
    sound_rows: Callable[..., list[dict[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
    refresh_rollups: RefreshRollups | None,
) -> None:
    file = write_csv(sound_rows(5))
    with (
        held_open(monkeypatch, lambda: imported(file, refresh_rollups)),
        impatient.begin() as live,
    ):
        live.execute(insert(schema.incidents), [incident(1)])
        live.execute(insert(schema.incidents), [incident(2, registered_month="2015-06-01")])
        live.execute(text("update incidents set category = 'policy' where case_no = 'T0000001'"))
        for table in partitions.PARTITIONED_TABLES:
            live.execute(text(f"select count(*) from {table}"))
        assert live.scalar(text("select count(*) from incidents")) == 2
    with impatient.begin() as connection:
        assert connection.scalar(text("select count(*) from incidents_201506")) == 6
        rollups.follow_regions(connection)
        assert rollups.differences(connection) == 0


STEPS = """
kind = "steps"
[source]
key = "grid"
name = "网格系统"
[columns]
case_no = "no"
step = "step"
occurred_at = "at"
[constants]
subject = "incident"
[times]
format = "%Y-%m-%d %H:%M:%S"
"""


def test_steps_of_cases_without_a_month_keep_nobody_waiting_either(
    database_url: URL, impatient: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with impatient.begin() as connection:
        add_regions(connection)
        registered = datetime(2014, 5, 10, tzinfo=UTC)
        connection.execute(insert(schema.incidents), [incident(1, registered_at=registered)])
    (tmp_path / "steps.toml").write_text(STEPS, encoding="utf-8")
    file = tmp_path / "steps.csv"
    file.write_text("no,step,at\nT0000001,handling,2014-05-11 09:00:00\n", encoding="utf-8")
    database = Database(database_url)
    with (
        held_open(
            monkeypatch,
            lambda: import_rows(
                database, "steps", file, tmp_path / "steps.toml", report_folder=tmp_path
            ),
        ),
        impatient.begin() as live,
    ):
        live.execute(insert(schema.incidents), [incident(2)])
        assert live.scalar(text("select count(*) from steps")) == 0
    with impatient.begin() as connection:
        assert connection.scalar(text("select count(*) from steps_201405")) == 1
    database.close()


def test_an_import_waits_for_no_long_reader_and_says_what_to_do(
    imported: Importer,
    impatient: Engine,
    write_csv: Callable[..., Path],
    sound_rows: Callable[..., list[dict[str, str]]],
    rows_of: Callable[..., list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A backup reads for an hour. Rows without their month would lie apart from it for ever."""
    monkeypatch.setattr(partitions, "LOCK_TRIES", 2)
    monkeypatch.setattr(partitions, "LOCK_PAUSE_SECONDS", 0.05)
    file = write_csv(sound_rows(5))
    with impatient.begin() as backup:
        backup.execute(text("select count(*) from incidents"))
        with pytest.raises(ImportRefused, match=r"2015 年 6 月.*请在闲时重新运行同一命令"):
            imported(file)
    assert rows_of("select count(*) from incidents") == [(0,)]
    assert imported(file).inserted == 5
    assert rows_of("select count(*) from incidents_201506") == [(5,)]
