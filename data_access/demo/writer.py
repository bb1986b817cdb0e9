"""Writes the demo's cases as they happen, second by second, until told to stop.

What is written is what `changes` says of the stretch of time since the last write, so a stopped
writer goes on where it ended. Every source gives a sign of life every two seconds.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from data_access import facts
from data_access.demo import loader, province
from data_access.demo.changes import Window
from data_access.demo.generation import FILL

SECONDS_A_ROUND = 1.0
SECONDS_A_HEARTBEAT = 2.0
SECONDS_AFTER_AN_ERROR = 2.0
LONGEST_STRETCH = timedelta(days=1)
Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


def run(url: URL | str, seed: int, stop_event: threading.Event, *, clock: Clock = _now) -> None:
    """Write until the event is set; a database that is away is tried again."""
    engine = create_engine(url, pool_size=1, pool_pre_ping=True, hide_parameters=True)
    try:
        while not stop_event.is_set():
            try:
                _write(engine, seed, stop_event, clock)
            except DBAPIError as error:
                log.warning("演示数据写入中断，稍后继续：%s", str(error.orig).strip())
                stop_event.wait(SECONDS_AFTER_AN_ERROR)
    finally:
        engine.dispose()


def _write(engine: Engine, seed: int, stop_event: threading.Event, clock: Clock) -> None:
    with engine.begin() as connection:
        known = facts.read(connection, FILL)
        window = Window(
            province.read(connection, clock()), seed, date.fromisoformat(known["since"])
        )
    after = datetime.fromisoformat(known["filled_until"])
    heartbeat = -SECONDS_A_HEARTBEAT
    while not stop_event.is_set():
        until = min(clock(), after + LONGEST_STRETCH)
        if until >= after + timedelta(seconds=1):
            loader.catch_up(engine, window, after, until)
            after = until
        if time.monotonic() - heartbeat >= SECONDS_A_HEARTBEAT:
            heartbeat = time.monotonic()
            _give_signs_of_life(engine, clock())
        stop_event.wait(SECONDS_A_ROUND)


def _give_signs_of_life(engine: Engine, at: datetime) -> None:
    """Every source that delivers live was in contact, whether or not it sent anything."""
    with engine.begin() as connection:
        connection.execute(
            text("update sources set last_contact_at = :at where is_live"), {"at": at}
        )
