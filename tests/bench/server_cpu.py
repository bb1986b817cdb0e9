"""Server CPU per change, with 1 and with 50 screens listening.

Beside it: the same screens fetching the whole picture after each change, as where streaming is
forbidden.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import psutil

from tests.bench.demo_database import BenchDatabase
from tests.bench.foreign_writer import ForeignWriter
from tests.bench.measurement import Beside, Measurement
from tests.bench.running_cockpit import RunningCockpit

FEW, MANY = 1, 50
ROUNDS, CHANGES = 4, 10
IDLE_SECONDS = 8.0
PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 10.0


class Listeners:
    """Open streams of the wall; ``least`` is how many changes the slowest of them has got."""

    def __init__(self, address: str, number: int) -> None:
        self._address = address
        self._changes = [0] * number
        self._loop = asyncio.new_event_loop()

    @property
    def least(self) -> int:
        return min(self._changes)

    def run(self) -> None:
        """Listen until stopped."""
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._listen_to_all())
        self._loop.close()

    def stop(self) -> None:
        """End all streams."""

        def cancel() -> None:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()

        self._loop.call_soon_threadsafe(cancel)

    async def _listen_to_all(self) -> None:
        await asyncio.gather(*(self._listen(place) for place in range(len(self._changes))))

    async def _listen(self, place: int) -> None:
        reader, writer = await _get(self._address, "/stream?path=%2Fwall")
        try:
            while line := await reader.readline():
                self._changes[place] += b'"type":"change"' in line
        finally:
            writer.close()


async def _get(address: str, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**24)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept-Encoding: gzip\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    await writer.drain()
    return reader, writer


def measure(database: BenchDatabase, cockpit: RunningCockpit) -> Iterable[Measurement]:
    """CPU of the web workers for each number of listeners, and of the snapshotter."""
    with ForeignWriter(database.url) as writer:
        writer.report_contact()
        yield from _with_listeners(writer, cockpit, FEW)
        polled = _rounds(cockpit, lambda: _change_and_poll(writer, cockpit.address, MANY))
        beside = Beside(what="whole picture polled", samples=tuple(web for web, _ in polled))
        yield from _with_listeners(writer, cockpit, MANY, beside)


def _with_listeners(
    writer: ForeignWriter, cockpit: RunningCockpit, number: int, beside: Beside | None = None
) -> Iterable[Measurement]:
    with listening(cockpit.address, number) as listeners:
        pushed = _rounds(cockpit, lambda: _change_and_wait(writer, listeners))
    screens = f"{number} listener{'s' if number > 1 else ''}"
    yield Measurement(
        what=f"web workers' CPU per change, {screens}",
        unit="ms",
        samples=tuple(web for web, _ in pushed),
        beside=beside,
        note=f"User and system time of gunicorn's processes over {CHANGES} changes a round, less"
        " what they take when nothing changes; every listener got every change.",
    )
    yield Measurement(
        what=f"snapshotter's CPU per change, {screens}",
        unit="ms",
        samples=tuple(snapshotter for _, snapshotter in pushed),
        note="The same of the process that computes; the database's own work is not in it.",
    )


@contextmanager
def listening(address: str, number: int) -> Iterator[Listeners]:
    """That many open streams for the block."""
    listeners = Listeners(address, number)
    thread = threading.Thread(target=listeners.run, daemon=True)
    thread.start()
    time.sleep(2)
    yield listeners
    listeners.stop()
    thread.join(PATIENCE_SECONDS)


def _rounds(cockpit: RunningCockpit, change: Callable[[], None]) -> list[tuple[float, float]]:
    """Milliseconds of CPU per change, of web and snapshotter, for each round."""
    change()
    idle = _spent(cockpit, lambda: time.sleep(IDLE_SECONDS))
    return [_per_change(cockpit, change, idle) for _ in range(ROUNDS)]


def _per_change(
    cockpit: RunningCockpit, change: Callable[[], None], idle: tuple[float, float, float]
) -> tuple[float, float]:
    def some_changes() -> None:
        for _ in range(CHANGES):
            change()
            time.sleep(PAUSE_SECONDS)

    seconds, *busy = _spent(cockpit, some_changes)
    share = seconds / idle[0]
    web, snapshotter = (
        max(0.0, taken - alone * share) * 1000 / CHANGES
        for taken, alone in zip(busy, idle[1:], strict=True)
    )
    return web, snapshotter


def _spent(cockpit: RunningCockpit, work: Callable[[], None]) -> tuple[float, float, float]:
    """Seconds gone by, and CPU seconds of web and snapshotter, while ``work`` was done."""
    began, web, snapshotter = time.monotonic(), _cpu(cockpit.web), _cpu(cockpit.snapshotter)
    work()
    return (
        time.monotonic() - began,
        _cpu(cockpit.web) - web,
        _cpu(cockpit.snapshotter) - snapshotter,
    )


def _cpu(processes: Iterable[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)


def _change_and_wait(writer: ForeignWriter, listeners: Listeners) -> None:
    wanted = listeners.least + 1
    writer.insert()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while listeners.least < wanted:
        if time.monotonic() > deadline:
            raise RuntimeError("a change did not reach every listener")
        time.sleep(0.01)


def _change_and_poll(writer: ForeignWriter, address: str, number: int) -> None:
    writer.insert()
    time.sleep(PAUSE_SECONDS)
    with ThreadPoolExecutor(number) as screens:
        list(screens.map(_poll, [address] * number))


def _poll(address: str) -> None:
    request = Request(f"{address}/api/snapshot?path=%2Fwall", headers={"Accept-Encoding": "gzip"})
    with urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        answer.read()
