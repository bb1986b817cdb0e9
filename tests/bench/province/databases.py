"""The databases of `make bench-province`: one province at three volumes, beside each other.

The demo's own geography, rhythm and rows, with more cases a day. All three lie in one embedded
server, in a folder of its own. One that was made before is only brought up to now: its wall would
lack the last hours' cases else. The time that the making took is noted in it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import URL, create_engine, text

from dashboard.settings import Settings
from data_access import facts, migrating, rollups, service
from data_access.database import Database
from data_access.demo import loader
from data_access.demo.reference_loader import load_reference
from tests.bench.demo_database import SEED, ZONE, BenchDatabase
from tests.bench.measurement import step_clock

FOLDER = "bench-province"
DAYS = 365
# Cases a day that the demo writes at volume 1, on average of a year.
DEMO_DAY = 1_500
VOLUMES: Mapping[str, int] = {"small": 120_000, "middle": 1_200_000, "large": 12_000_000}
# Seconds by step, written last: a database without it was cut short.
MADE = "bench_province_seconds"
ROOM = 60 * 1024**3

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvinceDatabase:
    """One volume: how many incidents were asked for, and the database they are in."""

    name: str
    incidents: int
    database: BenchDatabase


@contextmanager
def province_databases(
    settings: Settings, names: Sequence[str], tell: Tell
) -> Iterator[list[ProvinceDatabase]]:
    """The databases of these volumes, made where they are missing, for the block."""
    server = service.embedded_server(settings, FOLDER, ROOM)
    with service.stopping_tidily(), service.claimed(server.folder), server:
        made = []
        for name in names:
            server.create_database(name)
            url = server.url(name)
            migrating.migrate(url, zone=ZONE)
            seconds = _made(url) or _make(url, VOLUMES[name], tell)
            _fill_gap(url, VOLUMES[name], tell)
            _say_contact(url)
            made.append(
                ProvinceDatabase(
                    name=name,
                    incidents=VOLUMES[name],
                    database=BenchDatabase(
                        url=url,
                        app_url=server.url(name, service.APP_ROLE),
                        making_seconds=seconds,
                    ),
                )
            )
        yield made


def _made(url: URL) -> dict[str, float] | None:
    with closing(Database(url)) as database, database.read() as connection:
        return facts.read(connection, MADE)  # type: ignore[no-any-return]


def _make(url: URL, incidents: int, tell: Tell) -> dict[str, float]:
    """Fill a database from nothing; returns seconds by step."""
    engine = create_engine(url, hide_parameters=True)
    with step_clock() as clock:

        def report(step: str, done: int, total: int) -> None:
            tell(f"{incidents:,} 件：{step} {done}/{total}")
            clock(step, done, total)

        with engine.begin() as connection:
            if connection.scalar(text("select not exists (select 1 from regions)")):
                report("生成区划", 0, 1)
                load_reference(connection, progress=lambda _: None)
        loader.fill(
            engine,
            seed=SEED,
            until=datetime.now(UTC),
            since_days=DAYS,
            volume=_volume(incidents),
            progress=report,
        )
        clock.end()
        with engine.begin() as connection:
            facts.write(connection, MADE, clock.seconds)
            facts.write(connection, "volume_note", f"一年约{incidents:,}件")
    engine.dispose()
    return clock.seconds


def _volume(incidents: int) -> float:
    return incidents / DAYS / DEMO_DAY


def _fill_gap(url: URL, incidents: int, tell: Tell) -> None:
    """What would have been written since."""
    engine = create_engine(url, hide_parameters=True)
    loader.fill_gap(
        engine,
        seed=SEED,
        until=datetime.now(UTC),
        volume=_volume(incidents),
        progress=lambda step, done, total: tell(f"{incidents:,} 件：{step} {done}/{total}"),
    )
    with engine.begin() as connection:
        rollups.fold(connection)
    engine.dispose()


def _say_contact(url: URL) -> None:
    """Nothing goes on writing here: half an hour later the wall would be offline."""
    with closing(Database(url)) as database, database.write() as connection:
        connection.execute(text("update sources set last_contact_at = now()"))
