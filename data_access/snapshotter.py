"""The snapshotter: the one process that computes snapshots, for as long as it leads.

Here: leadership, what is due when, and going on after every fault. How a snapshot is computed
stands in `data_access.snapshotting`, how it is kept in `data_access.snapshots`.

A leader holds an advisory lock on a direct connection; when it dies the server frees the lock and
another takes over. Three threads: the main one computes, one says every second how things are
(web workers tell a silent snapshotter from a quiet province by it), one keeps house
(`data_access.housekeeping`). Where there is a hot standby, a fourth watches it
(`data_access.standby`), and views are computed from it; everything else stays on the primary.
"""

import gc
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError

from dashboard.addresses import DEFAULT_SCREEN
from dashboard.asks import Ask
from dashboard.errors import CockpitError, DatabaseUnavailable, DataUnavailable, UnknownRegion
from dashboard.freshness import Part
from dashboard.screens import Screen, load_screens
from dashboard.snapshot import Group, Snapshot
from dashboard.views import View
from data_access import feed, region_tree, snapshots
from data_access.database import Database
from data_access.housekeeping import Housekeeping
from data_access.live_schema import CORRECTIONS
from data_access.region_tree import RegionTree
from data_access.snapshotting import compute
from data_access.standby import Standby, written_through
from data_access.view_slots import Cause, Slot
from data_access.wall_parts import CASES_ON_MAPS, Kept

log = logging.getLogger(__name__)

LEADER_LOCK = 7_301_003
COALESCE_SECONDS = 0.25
POLL_SECONDS = 2.0
PULSE_EVERY_SECONDS = 1.0
LEAD_AGAIN_SECONDS = 1.0
RETRY_SECONDS = 1.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 3.0
DISK_FULL = "53100"
# Changes after which nothing kept may be used again: sums may be as they were.
UNSETTLING = frozenset(
    {
        *("codes", "work_calendar", "regions"),
        *("region_lineage", "zone_towns", "region_ranking_groups"),
    }
)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of every age on every screen."""
    return datetime.now(UTC)


@dataclass
class Health:
    """What the pulse says. Instants are milliseconds since 1970."""

    trouble_since: int | None = None
    reason: str | None = None
    # Rounds that found the outbox filled.
    changes: int = 0
    # Computations of views, every one of them, by what caused them.
    computations: Counter[Cause] = field(default_factory=Counter)

    def fail(self, reason: str) -> None:
        """Something could not be computed or kept; the first time counts."""
        self.trouble_since = self.trouble_since or int(time.time() * 1000)
        self.reason = reason

    def recover(self) -> None:
        """Everything due was computed and kept."""
        self.trouble_since = self.reason = None

    def words(self, replica: Part | None) -> str:
        """The pulse; `replica` says what is wrong with the standby."""
        return json.dumps(
            {
                "since": self.trouble_since,
                "reason": self.reason,
                "changes": self.changes,
                # A copy: another thread counts on.
                "computations": dict(self.computations),
                "replica": replica,
            }
        )


@dataclass
class Snapshotter:
    """Computes what is requested while it leads. `ask_of` gives a screen's ask by its name.

    `home` is the code of the region that the wall's file names, None: the whole scope.
    `read_url` is that of a hot standby, None: there is none.
    """

    url: URL
    ask_of: Callable[[str], Ask]
    clock: Clock = utc_now
    home: str | None = None
    read_url: URL | None = None
    health: Health = field(default_factory=Health)
    is_leading: bool = False

    def __post_init__(self) -> None:
        self.database = Database(self.url)
        self._kept = Kept()
        self._slots: dict[View, Slot] = {}
        self._tree: RegionTree | None = None
        self._standby = Standby(self.read_url, self.database) if self.read_url else None
        # Where the log ended when changes were last seen: what is read has to know them.
        self._seen_through = 0

    def run(self, stop: threading.Event) -> None:
        """Lead, or wait to lead, until told to stop; the database may come and go."""
        housekeeping = Housekeeping(self.database, self.clock, lambda: self.is_leading)
        works = {"pulse": self._pulse, "housekeeping": housekeeping.run}
        if self._standby is not None:
            works["standby"] = self._standby.watch
        threads = [
            threading.Thread(target=work, args=(stop,), name=name, daemon=True)
            for name, work in works.items()
        ]
        for thread in threads:
            thread.start()
        pause = SHORTEST_PAUSE
        while not stop.is_set():
            started = time.monotonic()
            try:
                self._lead_when_possible(stop)
            except DatabaseUnavailable as error:
                log.warning("the database is away: %s", error)
            pause = SHORTEST_PAUSE if time.monotonic() - started > 10 else pause
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        for thread in threads:
            thread.join(LONGEST_PAUSE)
        self.database.close()

    def _lead_when_possible(self, stop: threading.Event) -> None:
        listener = feed.ChangeListener(self.url)
        try:
            while not listener.try_to_lead(LEADER_LOCK):
                if stop.wait(LEAD_AGAIN_SECONDS):
                    return
            log.info("leading")
            self._slots.clear()
            # Another leader may have heard of corrections.
            self._kept.clear()
            self._tree = None
            self.is_leading = True
            self._lead(listener, stop)
        finally:
            self.is_leading = False
            listener.close()

    def _lead(self, listener: feed.ChangeListener, stop: threading.Event) -> None:
        """Rounds: read what changed, compute what is due, wait for the next hint or moment."""
        while not stop.is_set():
            began = time.monotonic()
            listener.forget()
            try:
                with undisturbed():
                    failures = self._round()
            except DatabaseUnavailable as error:
                if not _is_disk_full(error):
                    raise
                failures = ["数据库磁盘已满"]
            if failures:
                self.health.fail(failures[0])
            else:
                self.health.recover()
            wait = RETRY_SECONDS if failures else self._seconds_until_due()
            if listener.wait(max(0.0, min(wait, POLL_SECONDS))):
                stop.wait(max(0.0, began + COALESCE_SECONDS - time.monotonic()))

    def _round(self) -> list[str]:
        """One look at outbox and requests, and what follows; returns what failed, in words."""
        with self.database.write() as connection:
            changes = feed.take_changes(connection)
            self._note_log(connection, is_news=bool(changes) or self._tree is None)
            views = snapshots.requested(connection)
            if self._tree is None or "regions" in changes.subjects:
                self._tree = region_tree.load(connection)
        if changes:
            self.health.changes += 1
        if not UNSETTLING.isdisjoint(changes.subjects):
            self._kept.clear()
        elif CORRECTIONS in changes.subjects:
            self._kept.forget(CASES_ON_MAPS)
        self._keep_slots([*views, *self._default_view()])
        for view, slot in self._slots.items():
            if changes and self._concerns(view, changes):
                slot.is_live_dirty = slot.is_slow_dirty = True
        failures = []
        for view, slot in self._due_first():
            groups = slot.due(view, self.clock().timestamp())
            if groups and (failure := self._renew(view, slot, groups)):
                failures.append(failure)
        return failures

    def _due_first(self) -> list[tuple[View, Slot]]:
        """What is live, then one view of the past: many of them must not hold up what is live."""
        now = self.clock().timestamp()
        past = [(view, slot) for view, slot in self._slots.items() if view.as_of is not None]
        due = [(view, slot) for view, slot in past if slot.due(view, now)]
        due.sort(key=lambda pair: pair[1].tried_at)
        live = [(view, slot) for view, slot in self._slots.items() if view.as_of is None]
        return [*live, *due[:1]]

    def _renew(self, view: View, slot: Slot, groups: tuple[Group, ...]) -> str | None:
        """Compute and keep one view; None when that worked, else what to tell the screens."""
        now = self.clock()
        began = time.perf_counter()
        self.health.computations[slot.cause(groups)] += 1
        slot.tried_at = now.timestamp()
        # Before reading: what commits meanwhile makes it dirty again in the next round.
        slot.is_live_dirty = False
        try:
            made, database = self._made(
                view,
                now=now,
                previous=slot.last or self._earlier(view),
                groups=groups if slot.last else ("live", "slow"),
            )
            with self.database.write() as connection:
                # The next picture must not know less than this one.
                self._note_log(connection, is_news=database is self.database)
                took = int((time.perf_counter() - began) * 1000)
                slot.last = snapshots.store(connection, made, took)
        except Exception as error:
            slot.is_live_dirty = True
            if isinstance(error, DatabaseUnavailable) and not _is_disk_full(error):
                raise
            log.exception("%s could not be computed or kept", view.key())
            return _explained(error)
        slot.live_at = now.timestamp()
        if "slow" in groups:
            slot.slow_at = slot.live_at
            # A part that failed is tried again with the next slow round.
            slot.is_slow_dirty = bool(slot.last and slot.last.failures)
        return None

    def _made(
        self, view: View, *, now: datetime, previous: Snapshot | None, groups: tuple[Group, ...]
    ) -> tuple[Snapshot, Database]:
        """The view's snapshot, and the database it was read from."""

        def on(database: Database) -> tuple[Snapshot, Database]:
            made = compute(
                database,
                view,
                now=now,
                ask=self.ask_of(view.screen),
                kept=self._kept,
                previous=previous,
                groups=groups,
            )
            return made, database

        if self._standby is not None and self._standby.has(self._seen_through):
            try:
                made = on(self._standby.database)
                # A part may have failed because of what was being replayed.
                known = previous.failures if previous else {}
                if made[0].failures.keys() <= known.keys():
                    return made
            except DatabaseUnavailable as error:
                self._standby.gave_no_answer(error)
            except DataUnavailable as error:
                log.warning("read from the primary instead: %s", error)
        return on(self.database)

    def _note_log(self, primary: Connection, *, is_news: bool) -> None:
        """Note where the log ends, for whoever reads the standby after this."""
        if self._standby is None:
            return
        end = written_through(primary)
        self._standby.note(end)
        if is_news:
            self._seen_through = end

    def _earlier(self, view: View) -> Snapshot | None:
        """What an earlier leader made: a part that fails now keeps its value."""
        with self.database.read() as connection:
            stored = snapshots.newest(connection, view.key())
        try:
            return stored.open() if stored else None
        except ValueError:
            log.info("the kept snapshot of %s has another format", view.key())
            return None

    def _default_view(self) -> list[View]:
        """What `/wall` shows is always ready, whether or not a screen shows it."""
        if self._tree is None:
            return []
        try:
            region = snapshots.home_region(self._tree, DEFAULT_SCREEN, self.home)
            return [View(DEFAULT_SCREEN, region.id)]
        except UnknownRegion:
            self._tree = None  # regions may be imported at any time
            return []

    def _keep_slots(self, views: list[View]) -> None:
        wanted = dict.fromkeys(views)
        self._slots = {view: self._slots.get(view) or Slot() for view in wanted}

    def _concerns(self, view: View, changes: feed.Changes) -> bool:
        if 0 in changes.counties or self._tree is None:
            return True
        region = self._tree.by_id.get(view.region_id)
        if region is None:
            return True
        counties = (county.id for county in self._tree.counties(region))
        return not changes.counties.isdisjoint(self._tree.booked_under(counties))

    def _seconds_until_due(self) -> float:
        now = self.clock().timestamp()
        moments = [slot.next_due(view) - now for view, slot in self._slots.items()]
        return max(0.01, min([60 - now % 60, *moments]))

    def _pulse(self, stop: threading.Event) -> None:
        """Say how things are, as long as this process leads."""
        pulse: feed.Pulse | None = None
        while not stop.wait(PULSE_EVERY_SECONDS):
            try:
                if self.is_leading:
                    pulse = pulse or feed.Pulse(self.url)
                    replica = self._standby.part() if self._standby else None
                    pulse.say(self.health.words(replica))
            except DatabaseUnavailable:
                if pulse is not None:
                    pulse.close()
                pulse = None
        if pulse is not None:
            pulse.close()


def run(
    database_url: URL | str,
    stop: threading.Event,
    screens: Mapping[str, Screen] | None = None,
    read_url: str | None = None,
) -> None:
    """Compute snapshots until told to stop; `screens` (default: the built-in ones) say of what.

    They are read from the standby at `read_url`, where there is one.
    """
    # What is loaded stays: searching it for garbage again and again took 70 ms of every tenth
    # snapshot.
    gc.freeze()
    known = screens or load_screens()

    def ask_of(name: str) -> Ask:
        return known[name].ask if name in known else Ask()

    wall = known.get(DEFAULT_SCREEN)
    Snapshotter(
        make_url(database_url),
        ask_of,
        home=wall.region if wall else None,
        read_url=make_url(read_url) if read_url else None,
    ).run(stop)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Search for garbage when the block is done: with many cells on the map it took a tenth of the
    time of every snapshot.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _is_disk_full(error: BaseException) -> bool:
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and getattr(cause.orig, "sqlstate", None) == DISK_FULL


def _explained(error: Exception) -> str:
    if _is_disk_full(error):
        return "数据库磁盘已满"
    if isinstance(error, DataUnavailable):
        return error.message
    if isinstance(error, CockpitError):
        return str(error)
    return "指标计算失败"
