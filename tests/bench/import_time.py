"""Importing a file of cases: read, checked and staged; then published with steps and roll-ups.

A file of invented requests of a year goes into a database of its own on the bench's server. Beside
each: bare COPY of the same, by the driver, into a table without an index.
"""

import csv
import multiprocessing
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sqlalchemy import URL, create_engine, text

from data_access.database import Database
from data_access.imports.command import import_rows
from data_access.migrating import migrate
from tests.bench.demo_database import ROOT, BenchDatabase
from tests.bench.measurement import Beside, Measurement

ROWS, SMALL, RUNS, SEED = 600_000, 60_000, 3, 1
NAME, ZONE = "bench_import", "America/New_York"
MAPPING = ROOT / "docs" / "examples" / "boston_311.toml"
HEADER = (
    *("CASE_ENQUIRY_ID", "OPEN_DT", "TARGET_DT", "CLOSED_DT", "CASE_TITLE", "REASON", "TYPE"),
    *("QUEUE", "Department", "ward", "LATITUDE", "LONGITUDE", "Source"),
)
REASONS = ("Street Lights", "Sanitation", "Trees", "Graffiti", "Housing", "Fire Hydrant")
DEPARTMENTS = ("PWDx", "ISD", "BTDT", "PARK", "PROP")
SOURCES = ("Constituent Call", "Citizens Connect App", "Self Service")
TIME = "%m/%d/%Y %I:%M:%S %p"
AIM_STAGED = 10.0  # µs a row: 100,000 rows a second
AIM_PUBLISHED = 1_000_000 / 15_000
AIM_MEGABYTES = 1_024.0


def measure(database: BenchDatabase) -> Iterable[Measurement]:
    """Staging, publishing and memory of imports into an empty database, and of a further one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file, small = folder / "requests.csv", folder / "small.csv"
        _write(file, ROWS)
        _write(small, SMALL, first_number=ROWS)
        found, later, copied, cases = [], [], [], []
        for _ in range(RUNS):
            with _empty_database(database.url) as url:
                found.append(_in_a_process_of_its_own(url, file, folder))
                later.append(_in_a_process_of_its_own(url, small, folder))
                copied.append(_copied_file(url, file))
                cases.append(_copied_cases(url))
        with _empty_database(database.url) as url:
            alone = _in_a_process_of_its_own(url, small, folder)
    yield Measurement(
        what=f"import of {ROWS:,} rows, read, checked, staged",
        unit="µs/row",
        samples=tuple(1e6 * each["staging"] / ROWS for each in found),
        aim=AIM_STAGED,
        beside=Beside(what="COPY of the file", samples=tuple(copied)),
        note=f"{_rate(found, 'staging')} rows a second; CSV of 13 columns, 11 read.",
    )
    yield Measurement(
        what="… published with steps and roll-ups",
        unit="µs/case",
        samples=tuple(1e6 * each["publishing"] / ROWS for each in found),
        aim=AIM_PUBLISHED,
        beside=Beside(what="COPY of the cases alone", samples=tuple(cases)),
        note=f"{_rate(found, 'publishing')} cases a second, {found[0]['steps']:,.0f} steps; a first"
        " import, whose roll-ups are computed in one go; report included.",
    )
    yield Measurement(
        what=f"… {SMALL:,} further cases published beside them",
        unit="µs/case",
        samples=tuple(1e6 * each["publishing"] / SMALL for each in later),
        aim=AIM_PUBLISHED,
        note="By the triggers, as every later file; at once after the first one, whose time holds a"
        " vacuum of what it filled.",
    )
    yield Measurement(
        what="… memory of the process at most",
        unit="MB",
        samples=tuple(each["megabytes"] for each in found),
        aim=AIM_MEGABYTES,
        note=f"With a file of {SMALL:,} rows {alone['megabytes']:,.0f} MB: rows go through in"
        " chunks, however many there are.",
    )


def _rate(found: list[dict[str, float]], part: str) -> str:
    return f"{ROWS / median(each[part] for each in found):,.0f}"


def _write(file: Path, rows: int, first_number: int = 0) -> None:
    random = np.random.default_rng(SEED)
    first = datetime(2015, 1, 1)
    minutes = np.sort(random.integers(0, 365 * 1440, rows))
    hours = random.exponential(60, rows)
    lon, lat = random.uniform(-71.15, -71.0, rows), random.uniform(42.28, 42.40, rows)
    picks = random.integers(0, 30, rows)
    with file.open("w", encoding="utf-8", newline="") as stored:
        writer = csv.writer(stored)
        writer.writerow(HEADER)
        for n in range(rows):
            opened = first + timedelta(minutes=int(minutes[n]))
            pick = int(picks[n])
            writer.writerow(
                (
                    *(f"9{first_number + n:011d}", opened.strftime(TIME)),
                    (opened + timedelta(days=3)).strftime(TIME),
                    (opened + timedelta(hours=float(hours[n]))).strftime(TIME),
                    *("Invented request", REASONS[pick % 6], "Invented", "Q"),
                    *(DEPARTMENTS[pick % 5], f"Ward {pick % 22 + 1}"),
                    *(f"{lat[n]:.4f}", f"{lon[n]:.4f}", SOURCES[pick % 3]),
                )
            )


def _in_a_process_of_its_own(url: URL, file: Path, folder: Path) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        address = url.render_as_string(hide_password=False)
        return dict(pool.apply(imported, (address, str(file), str(folder))))


def imported(address: str, file: str, folder: str) -> dict[str, float]:
    """Import the file; seconds by part, steps, and the most memory the process held, in MB."""
    database = Database(address)
    outcome = import_rows(
        database, "incidents", file, MAPPING, report_folder=Path(folder) / "reports"
    )
    database.close()
    return {
        "staging": outcome.staging_seconds,
        "publishing": outcome.publishing_seconds,
        "steps": outcome.steps,
        "megabytes": _most_memory(),
    }


def _most_memory() -> float:
    """Most resident memory of this program, in MB; getrusage() would count its parent's, too."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) / 1024


def _copied_file(url: URL, file: Path) -> float:
    columns = ", ".join(f'"{name}" text' for name in HEADER)
    return _copied(url, f"create unlogged table bare_file ({columns})", "bare_file", file)


def _copied_cases(url: URL) -> float:
    """Microseconds a case: the table as it is, out to a file and into a table without index."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.csv"
        with _driver(url) as driver, file.open("wb") as stored, driver.cursor() as cursor:
            statement = "copy (select * from incidents) to stdout (format csv, header)"
            with cursor.copy(statement) as copy:
                for block in copy:
                    stored.write(block)
        shape = "create table bare_cases (like incidents)"
        return _copied(url, shape, "bare_cases", file)


def _copied(url: URL, shape: str, table: str, file: Path) -> float:
    with _driver(url) as driver, driver.cursor() as cursor, file.open("rb") as stored:
        cursor.execute(shape)
        began = time.monotonic()
        with cursor.copy(f"copy {table} from stdin (format csv, header)") as copy:
            while block := stored.read(1 << 20):
                copy.write(block)
        driver.commit()
        return 1e6 * (time.monotonic() - began) / ROWS


@contextmanager
def _driver(url: URL) -> Iterator[Any]:
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection.connection.dbapi_connection
    engine.dispose()


@contextmanager
def _empty_database(beside: URL) -> Iterator[URL]:
    admin = create_engine(beside, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"drop database if exists {NAME} with (force)"))
        connection.execute(text(f"create database {NAME} template template0"))
    try:
        url = beside.set(database=NAME)
        migrate(url, zone=ZONE)
        yield url
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"drop database if exists {NAME} with (force)"))
        admin.dispose()
