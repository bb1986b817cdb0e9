"""The cockpit's processes with their clocks set forward or back: for midnights that can't wait.

TEST_CLOCK_OFFSET=3600 gunicorn tests.shifted_clock:server
TEST_CLOCK_OFFSET=3600 python -m tests.shifted_clock          the snapshotter
"""

import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from sqlalchemy import make_url

from callbacks import hub
from dashboard.asks import Ask
from dashboard.settings import Settings
from data_access.snapshotter import Snapshotter

OFFSET = timedelta(seconds=float(os.environ.get("TEST_CLOCK_OFFSET", "0")))


def shifted_now() -> datetime:
    return datetime.now(UTC) + OFFSET


def run_snapshotter() -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    url = make_url(os.environ["COCKPIT_DATABASE_URL"])
    standby = os.environ.get("COCKPIT_READ_DATABASE_URL")
    read_url = make_url(standby) if standby else None
    Snapshotter(url, lambda name: Ask(), clock=shifted_now, read_url=read_url).run(stop)


def __getattr__(name: str) -> FastAPI:
    if name != "server":
        raise AttributeError(name)
    from app import create_app

    hub._now = lambda: time.time_ns() // 1_000_000 + int(OFFSET.total_seconds() * 1000)
    return create_app(Settings.from_environment()).server


if __name__ == "__main__":
    run_snapshotter()
