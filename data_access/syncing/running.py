"""The rounds of `cockpit sync`: each source in a thread of its own, so that none waits for another.

A source that fails is asked again after a pause that doubles, for ever.
"""

import contextlib
import logging
import random
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from dashboard.errors import CockpitError, DataUnavailable, MappingError, SourceUnavailable
from data_access.database import Database
from data_access.imports import report
from data_access.syncing import watermarks
from data_access.syncing.plan import Polled
from data_access.syncing.polling import KeysRefused, PollOutcome, poll

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 300.0
DAY_SECONDS = 86_400.0
# Of a poll in its last transaction; what is cut short is done by the next run.
STOP_SECONDS = 5.0

Say = Callable[[str], None]


def pause_after(interval: float, failures: int, jitter: float) -> float:
    """Seconds until the next poll after so many failures in a row; `jitter` from 0 to 1.

    Doubling from the interval up to five minutes, or to a longer interval; spread over its upper
    half, so that sources which failed together do not come back together.
    """
    if not failures:
        return interval
    longest = max(LONGEST_PAUSE_SECONDS, interval)
    # Beyond 2**20 every interval has met its limit.
    pause = min(longest, interval * 2.0 ** min(failures, 20))
    return pause * (0.5 + jitter / 2)


class Poller:
    """Polls one source; `failures` in a row, when its keys are to be compared again, and when
    reports are to be looked through for expired ones.
    """

    def __init__(
        self,
        database: Database,
        polled: Polled,
        report_folder: Path,
        say: Say,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        tells_quiet: bool = False,
    ) -> None:
        self._database = database
        self._polled = polled
        self._report_folder = report_folder
        self._say = say
        self._clock = clock
        self._jitter = jitter
        self._tells_quiet = tells_quiet
        self.failures = 0
        self._keys_fail = False
        self._keys_due_at: float | None = None
        self._expiry_due_at: float | None = None
        self._told = ""

    def run(self, stop: threading.Event) -> None:
        """Poll until told to stop."""
        while not stop.is_set():
            stop.wait(self.turn())

    def turn(self) -> float:
        """Poll once, whatever comes of it; returns the seconds until the next poll."""
        try:
            self._succeeded(self.poll())
        except Exception as error:
            # Even a fault of the program must not end the polling of a source for good.
            self._failed(error)
        return pause_after(self._polled.section.interval_seconds, self.failures, self._jitter())

    def poll(self) -> PollOutcome:
        """Poll once; raises as `polling.poll` does."""
        keys = self._polled.section.keys
        now = self._clock()
        self._remove_expired(now)
        with_keys = keys is not None and (self._keys_due_at is None or now >= self._keys_due_at)
        if with_keys and keys is not None:
            # Also where they are refused: the rows of the polls until then must come.
            self._keys_due_at = now + keys.every_seconds
        try:
            outcome = poll(
                self._database,
                self._polled,
                with_keys=with_keys,
                now=datetime.now(UTC),
                report_folder=self._report_folder,
                keys_fail=self._keys_fail and not with_keys,
            )
        except KeysRefused:
            self._keys_fail = True
            raise
        self._keys_fail = self._keys_fail and not with_keys
        return outcome

    def _remove_expired(self, now: float) -> None:
        """Once a day: there are many reports, and polls every minute."""
        if self._expiry_due_at is not None and now < self._expiry_due_at:
            return
        self._expiry_due_at = now + DAY_SECONDS
        today = datetime.now(UTC)
        report.remove_expired_files(self._report_folder, today)
        # Where the database is away the poll says so.
        with contextlib.suppress(DataUnavailable), self._database.write() as connection:
            report.expire(connection, today)

    def _succeeded(self, outcome: PollOutcome) -> None:
        if not self._keys_fail:
            if self._told:
                self._say(f"{self._polled.name}：已恢复。")
            self._told = ""
        self.failures = 0
        self._tell_rows(outcome)

    def _tell_rows(self, outcome: PollOutcome) -> None:
        if not outcome.is_quiet:
            self._say(f"{self._polled.name}：{outcome.in_words()}。")
        elif self._tells_quiet:
            self._say(f"{self._polled.name}：读到 {outcome.read:,} 行，没有变化。")

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        if isinstance(error, KeysRefused):
            self._tell_rows(error.outcome)
        if not isinstance(error, CockpitError):
            _log_fault(self._polled, error)
        with contextlib.suppress(DataUnavailable), self._database.write() as connection:
            watermarks.note_failure(connection, self._polled, stored_reason(error))
        told = told_reason(error)
        if told != self._told:
            self._say(f"{self._polled.name}：{told}")
            self._told = told


def stored_reason(error: Exception) -> str:
    """Why a poll failed, for the database: without values, addresses and words of drivers."""
    if isinstance(error, SourceUnavailable | MappingError):
        return str(error)
    if isinstance(error, CockpitError):
        return "取到的数据未能入库，原因见 cockpit sync 的输出。"
    return "程序出错，出错处见 cockpit sync 的日志；请报告给维护者。"


def _log_fault(polled: Polled, error: Exception) -> None:
    """Where the program failed, for who mends it; what the error says may be a value."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error(
        "poll of %s, %s: %s at %s:%s",
        *(polled.source_key, polled.section.kind),
        *(type(error).__name__, place.filename, place.lineno),
    )


def told_reason(error: Exception) -> str:
    """Why a poll failed, for the operator at the terminal."""
    return str(error) if isinstance(error, CockpitError) else stored_reason(error)


def run(
    database: Database,
    plan: Sequence[Polled],
    *,
    report_folder: Path,
    say: Say,
    stop: threading.Event,
) -> None:
    """Poll all sources until told to stop; a poll under way gets some seconds to end."""
    _forget_others(database, plan)
    pollers = [Poller(database, polled, report_folder, say) for polled in plan]
    threads = [threading.Thread(target=each.run, args=(stop,), daemon=True) for each in pollers]
    for thread in threads:
        thread.start()
    stop.wait()
    deadline = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def once(database: Database, plan: Sequence[Polled], *, report_folder: Path, say: Say) -> None:
    """Poll each source once.

    Raises:
        SourceUnavailable: naming the sources that failed, after all were polled.
    """
    _forget_others(database, plan)
    failed = []
    for polled in plan:
        poller = Poller(database, polled, report_folder, say, tells_quiet=True)
        poller.turn()
        if poller.failures:
            failed.append(polled.name)
    if failed:
        others = "其余来源已同步。" if len(failed) < len(plan) else ""
        raise SourceUnavailable(f"{'、'.join(failed)} 未能同步，原因见上。{others}")


def _forget_others(database: Database, plan: Sequence[Polled]) -> None:
    with contextlib.suppress(DataUnavailable), database.write() as connection:
        watermarks.forget_others(connection, plan)
