"""The cockpit under the bench: `cockpit serve` on a database, as an operator starts it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from dashboard.settings import Settings
from data_access.service import shows_a_picture
from tests.bench.demo_database import ROOT, BenchDatabase
from tests.live_cockpit import free_port

READY_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningCockpit:
    """Its address and its processes: ``web`` is gunicorn's master with the workers."""

    address: str
    web: tuple[psutil.Process, ...]
    snapshotter: tuple[psutil.Process, ...]


@contextmanager
def running_cockpit(database: BenchDatabase) -> Iterator[RunningCockpit]:
    """A cockpit whose wall has its first whole picture; all its processes end with the block."""
    settings = Settings(
        port=free_port(), database_url=database.app_url.render_as_string(hide_password=False)
    )
    with started("serve", settings) as pid:
        yield _seen(pid, settings)


@contextmanager
def started(
    command: str, settings: Settings, patience_seconds: float = READY_SECONDS
) -> Iterator[int]:
    """Process id of `cockpit COMMAND`, whose wall has its first whole picture; ended afterwards."""
    began = time.time() * 1000
    with tempfile.TemporaryFile("w+") as log:
        served = subprocess.Popen(
            [sys.executable, "-m", "cli", command],
            cwd=ROOT,
            env={**os.environ, **settings.environment()},
            stdout=log,
            stderr=log,
        )
        try:
            _wait(settings, served, began, patience_seconds)
            yield served.pid
        except Exception:
            log.seek(0)
            sys.stderr.write(log.read()[-4000:])
            raise
        finally:
            _end(served)


def _wait(
    settings: Settings, served: subprocess.Popen[bytes], began: float, patience_seconds: float
) -> None:
    deadline = time.monotonic() + patience_seconds
    while not shows_a_picture(settings, made_since=began):
        if served.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the cockpit did not come up; what it said stands above")
        time.sleep(0.2)


def _seen(pid: int, settings: Settings) -> RunningCockpit:
    below = psutil.Process(pid).children(recursive=True)
    return RunningCockpit(
        address=f"http://127.0.0.1:{settings.port}",
        web=_named(below, "gunicorn"),
        snapshotter=_named(below, "snapshotter"),
    )


def _named(processes: list[psutil.Process], word: str) -> tuple[psutil.Process, ...]:
    found = tuple(process for process in processes if word in process.cmdline())
    if not found:
        raise RuntimeError(f"the cockpit has no process called {word}")
    return found


def _end(served: subprocess.Popen[bytes]) -> None:
    below = psutil.Process(served.pid).children(recursive=True) if served.poll() is None else []
    served.send_signal(signal.SIGTERM)
    try:
        served.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        served.kill()
        served.wait()
    for process in psutil.wait_procs(below, timeout=2)[1]:
        process.kill()
