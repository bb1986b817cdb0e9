"""The hub of a web worker: watches the views its screens show, and hands news to all of them.

One background task and one database connection a worker, however many screens listen. A new
snapshot is fetched, drawn and compared once; listeners get the same bytes. What is said to the
browser stands in `callbacks.events`, the routes in `callbacks.stream`.
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from callbacks import events
from callbacks.events import EMPTY_PICTURE, Picture, Props
from dashboard.addresses import Address
from dashboard.errors import CockpitError, DatabaseUnavailable, DataUnavailable
from dashboard.freshness import Part
from dashboard.screens import Screen
from dashboard.snapshot import Snapshot
from dashboard.views import View
from data_access import snapshots
from data_access.database import Database
from data_access.feed import SnapshotFeed

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.5
PING_SECONDS = 2.0
REQUEST_SECONDS = 20.0
# Kept after the last listener left: reloads and polls find it warm.
KEEP_SECONDS = 60.0
# How long a new listener waits for a fresh snapshot rather than being shown an old one.
FRESH_WAIT_SECONDS = 1.5
FRESH_MS = 20_000
# A database that has not answered for this long is not asked on behalf of a page.
SILENCE_MS = 5_000
# The snapshotter speaks every second; with LOOK_SECONDS on top, screens know within five.
PULSE_SILENCE_MS = 3_000
ADDRESS_RETRY_SECONDS = 2.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 2.0
QUEUE_LENGTH = 16
MOST_ADDRESSES = 1000


class Listener:
    """One open stream. A slow one loses changes and gets the whole picture instead."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_LENGTH)
        self.is_behind = False

    def tell(self, event: bytes) -> None:
        """Queue an event, unless too many are waiting already."""
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self.is_behind = True

    async def next(self) -> bytes | None:
        """The next event; None when it is time for a ping."""
        try:
            return await asyncio.wait_for(self._queue.get(), PING_SECONDS)
        except TimeoutError:
            return None

    def catch_up(self) -> None:
        """Forget what is waiting: the whole picture is sent next."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self.is_behind = False


@dataclass
class Channel:
    """What the hub knows of one view, and who listens."""

    view: View
    about: dict[str, Any] = field(default_factory=lambda: events.NO_SNAPSHOT)
    snapshot: Snapshot | None = None
    picture: Picture = EMPTY_PICTURE
    listeners: set[Listener] = field(default_factory=set)
    touched_at: float = field(default_factory=time.monotonic)
    renewed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def number(self) -> int | None:
        """Number of the snapshot in hand."""
        return self.snapshot.number if self.snapshot else None

    def is_wanted(self) -> bool:
        """Whether some screen shows it, or did a moment ago."""
        return bool(self.listeners) or time.monotonic() - self.touched_at < KEEP_SECONDS


class Hub:
    """See the module's docstring. `draw` gives a snapshot's leaf props.

    `screen_of` gives the screen of an address, and raises UnknownAddress when there is none: nobody
    makes the snapshotter compute what no page can show.
    """

    def __init__(
        self,
        database: Database,
        *,
        draw: Callable[[Snapshot], Props],
        screen_of: Callable[[Address], Screen],
        build: str,
        quiet_hour: int,
    ) -> None:
        self.channels: dict[str, Channel] = {}
        self._database = database
        self._draw = draw
        self._screen_of = screen_of
        self._build = build
        self._quiet_hour = quiet_hour
        self._views: dict[Address, View] = {}
        self._wake = asyncio.Event()
        self._ask_at = 0.0
        now = _now()
        # When the database last answered; `_lost_since` is that moment once it does not.
        self._answered_at = now
        self._lost_since: int | None = now
        self._pulse_at = now
        # Whoever was busy and did not listen can't tell that nothing was said.
        self._listened_until = now
        self._pulse: dict[str, Any] = {}
        self._engine_told: Part = {"since": None}

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """Work as long as the web worker lives."""
        task = asyncio.create_task(self._work())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self._database.close()

    async def listen(self, path: str, query: str) -> AsyncIterator[bytes]:
        """Events for the screen at an address, the whole picture first, without end."""
        while not isinstance(channel := await self._find(path, query), Channel):
            yield events.ping(self._meta(events.NO_SNAPSHOT, channel))
            await asyncio.sleep(ADDRESS_RETRY_SECONDS)
        listener = Listener()
        channel.listeners.add(listener)
        try:
            await self._freshened(channel)
            # Before the picture goes out: what changes while it does comes after it.
            whole = self._whole(channel)
            listener.catch_up()
            yield whole
            while True:
                event = await listener.next()
                if listener.is_behind:
                    listener.catch_up()
                    event = self._whole(channel)
                yield event or events.ping(self._meta(channel.about))
        finally:
            channel.listeners.discard(listener)
            channel.touched_at = time.monotonic()

    async def poll(self, path: str, query: str, since: int | None) -> bytes:
        """One event for a screen that may not stream: the picture if it is newer than `since`."""
        channel = await self._find(path, query)
        if not isinstance(channel, Channel):
            return events.ping(self._meta(events.NO_SNAPSHOT, channel))
        channel.touched_at = time.monotonic()
        await self._freshened(channel)
        if channel.number == since:
            return events.ping(self._meta(channel.about))
        return self._whole(channel)

    async def current(self, address: Address) -> Snapshot | None:
        """The snapshot to build a page with; None when there is none to be had just now.

        Raises:
            UnknownAddress, UnknownRegion.
        """
        try:
            channel = await self._channel(address)
        except DataUnavailable:
            return None
        await self._freshened(channel)
        return channel.snapshot

    def state(self) -> dict[str, Any]:
        """How this worker is, for /health."""
        return {
            "build": self._build,
            "database": self._database_part(),
            "engine": {**self._pulse, **self._engine_part()},
            "views": {
                key: {
                    "number": channel.number,
                    "made_at": channel.about["made_at"],
                    "listeners": len(channel.listeners),
                }
                for key, channel in self.channels.items()
            },
        }

    # Addresses and channels

    async def _find(self, path: str, query: str) -> Channel | str | None:
        """The channel of an address; or why there is none, None while the database is away."""
        try:
            return await self._channel(Address.parse(path, query))
        except DataUnavailable:
            return None
        except CockpitError as error:
            return str(error)

    async def _channel(self, address: Address) -> Channel:
        view = self._views.get(address)
        if view is None:
            screen = self._screen_of(address)
            if self._lost_since is not None and self._answered_at < _now() - SILENCE_MS:
                raise DatabaseUnavailable("数据库无应答。")
            view = await asyncio.to_thread(
                snapshots.resolve, self._database, address, screen.region
            )
            if len(self._views) >= MOST_ADDRESSES:
                self._views.clear()
            self._views[address] = view
        channel = self.channels.get(view.key())
        if channel is None:
            channel = self.channels[view.key()] = Channel(view)
            self._ask_at = 0.0
            self._wake.set()
        return channel

    async def _freshened(self, channel: Channel) -> None:
        """Wait a little for a fresh snapshot, when one can be expected."""
        made_at = channel.about["made_at"]
        is_old = made_at is None or (channel.about["is_live"] and _now() - made_at > FRESH_MS)
        is_well = self._lost_since is None and self._engine_part()["since"] is None
        if is_old and is_well:
            channel.renewed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(channel.renewed.wait(), FRESH_WAIT_SECONDS)

    # The background task

    async def _work(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            try:
                feed = await SnapshotFeed.open(self._database.url)
            except DatabaseUnavailable as error:
                self._lost(error)
                await asyncio.sleep(random.uniform(pause / 2, pause))
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            pause = SHORTEST_PAUSE
            self._ask_at = 0.0
            try:
                await self._follow(feed)
            except DatabaseUnavailable as error:
                self._lost(error)
            except Exception:
                # Whatever it was, the worker's screens must not wait for ever.
                log.exception("the watch over snapshots failed; it begins anew")
                await asyncio.sleep(LONGEST_PAUSE)
            finally:
                await feed.close()

    async def _follow(self, feed: SnapshotFeed) -> None:
        """Ask, look, fetch, wait; over and over."""
        while True:
            self._wake.clear()
            self._drop_unwanted()
            if self.channels and time.monotonic() >= self._ask_at:
                self._ask_at = time.monotonic() + REQUEST_SECONDS
                await feed.request(list(self.channels))
            numbers = await feed.numbers(list(self.channels))
            self._answered()
            self._look_at_engine()
            for key, number in numbers.items():
                channel = self.channels[key]
                if channel.number != number:
                    await self._renew(feed, channel)
            await self._wait(feed)

    async def _wait(self, feed: SnapshotFeed) -> None:
        """Until news come, a channel opens, or it is time to look."""
        news = asyncio.create_task(feed.wait(LOOK_SECONDS))
        wake = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait({news, wake}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wake.cancel()
            if not news.done():
                news.cancel()
                with suppress(asyncio.CancelledError):
                    await news
        if news.cancelled():
            return
        self._listened_until = _now()
        for item in news.result():
            if item.is_pulse:
                self._pulse_at = _now()
                self._pulse = json.loads(item.text)

    async def _renew(self, feed: SnapshotFeed, channel: Channel) -> None:
        """Fetch the newest snapshot of a channel, draw it, tell what changed."""
        stored = await feed.newest(channel.view.key())
        if stored is None:
            return
        try:
            snapshot, picture = await asyncio.to_thread(self._drawn, stored)
        except Exception:
            # A fault of the program; the last picture stays, and its age will be seen.
            log.exception("snapshot %s could not be drawn", stored.number)
            return
        changes = picture.changes_since(channel.picture)
        channel.snapshot, channel.picture = snapshot, picture
        channel.about = events.snapshot_meta(snapshot)
        if channel.about["is_live"] is False or _now() - channel.about["made_at"] <= FRESH_MS:
            channel.renewed.set()
        message = changes.event("change", self._meta(channel.about))
        for listener in channel.listeners:
            listener.tell(message)

    def _drawn(self, stored: snapshots.Stored) -> tuple[Snapshot, Picture]:
        snapshot = stored.open()
        return snapshot, Picture.draw(self._draw(snapshot))

    def _drop_unwanted(self) -> None:
        self.channels = {
            key: channel for key, channel in self.channels.items() if channel.is_wanted()
        }

    # How the parts behind are

    def _answered(self) -> None:
        self._answered_at = _now()
        if self._lost_since is not None:
            self._lost_since = None
            self._pulse_at = self._answered_at
            self._tell_all()

    def _look_at_engine(self) -> None:
        part = self._engine_part()
        if part != self._engine_told:
            self._engine_told = part
            self._tell_all()

    def _lost(self, error: DatabaseUnavailable) -> None:
        if self._lost_since is None:
            log.warning("the database is away: %s", error)
            self._lost_since = self._answered_at
            self._tell_all()

    def _database_part(self) -> Part:
        return {"since": self._lost_since}

    def _engine_part(self) -> Part:
        if self._lost_since is not None:
            return {"since": None}
        if self._pulse.get("since"):
            return {"since": self._pulse["since"], "reason": self._pulse["reason"]}
        if self._listened_until - self._pulse_at > PULSE_SILENCE_MS:
            return {"since": self._pulse_at, "reason": None}
        return {"since": None}

    def _replica_part(self) -> Part | None:
        part: Part | None = self._pulse.get("replica")
        return part if self._engine_part()["since"] is None else None

    def _tell_all(self) -> None:
        for channel in self.channels.values():
            message = events.ping(self._meta(channel.about))
            for listener in channel.listeners:
                listener.tell(message)

    def _whole(self, channel: Channel) -> bytes:
        meta = self._meta(channel.about)
        if channel.snapshot is None:
            return events.ping(meta)
        return channel.picture.event("snapshot", meta)

    def _meta(self, about: dict[str, Any], notice: str | None = None) -> events.Meta:
        return events.meta(
            about,
            now=_now(),
            build=self._build,
            quiet_hour=self._quiet_hour,
            database=self._database_part(),
            engine=self._engine_part(),
            replica=self._replica_part(),
            notice=notice,
        )


def _now() -> int:
    """The server's clock in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
