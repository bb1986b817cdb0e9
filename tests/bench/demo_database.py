"""The database under the bench: the demo's, made by the same code, in a folder of its own.

The first bench makes it and notes how long each step took; later ones fill the gap up to now. Not
the demo's own folder: the bench writes cases, and a demo may be running.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url, text

from dashboard.settings import Settings
from data_access import facts, migrating, service
from data_access.database import Database
from tests.bench.measurement import step_clock

ROOT = Path(__file__).parents[2]
NAME, DATABASE, ZONE, SEED = "bench", "cockpit", "Asia/Shanghai", 1
# Beside the database's own facts: a made database must be able to tell how it was made.
MAKING_FACT = "bench_making_seconds"

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchDatabase:
    """A filled database: for its superuser, and as the cockpit's own role sees it.

    ``making_seconds`` by step; empty for a database that the bench has not made.
    """

    url: URL
    app_url: URL
    making_seconds: Mapping[str, float]


@contextmanager
def bench_database(settings: Settings, tell: Tell) -> Iterator[BenchDatabase]:
    """The bench's own database, brought up to now, its server running for the block."""
    server = service.embedded_server(settings, NAME)
    with service.stopping_tidily(), service.claimed(server.folder), server:
        server.create_database(DATABASE)
        url = server.url(DATABASE)
        _bring_up_to_date(url, tell)
        yield BenchDatabase(
            url=url,
            app_url=server.url(DATABASE, service.APP_ROLE),
            making_seconds=_noted_seconds(url),
        )


@contextmanager
def other_database(address: str) -> Iterator[BenchDatabase]:
    """A database that is there already and stays as it is, but for the cases of the bench."""
    url = make_url(address)
    yield BenchDatabase(url=url, app_url=url, making_seconds={})


def _bring_up_to_date(url: URL, tell: Tell) -> None:
    from data_access.demo import loader

    with step_clock() as clock:

        def report(step: str, done: int, total: int) -> None:
            if done == 0:
                tell(f"{step} …")
            clock(step, done, total)

        report("升级数据库结构", 0, 1)
        migrating.migrate(url, zone=ZONE)
        is_new = not _has_cases(url)
        loader.filled_with(SEED, None)(url, report)
    with closing(Database(url)) as database, database.write() as connection:
        # Nothing goes on writing here: half an hour later the wall would be offline.
        connection.execute(text("update sources set last_contact_at = now()"))
        if is_new:
            facts.write(connection, MAKING_FACT, clock.seconds)


def _has_cases(url: URL) -> bool:
    with closing(Database(url)) as database, database.read() as connection:
        return bool(connection.scalar(text("select exists (select from incidents)")))


def _noted_seconds(url: URL) -> dict[str, float]:
    with closing(Database(url)) as database, database.read() as connection:
        return dict(facts.read(connection, MAKING_FACT) or {})
