"""Housekeeping: what the leading snapshotter does beside its snapshots, for months and years.

Here: folding roll-ups, dropping what has expired, making the months to come, and how often. What
each of these does stands where its tables are; computing snapshots in `data_access.snapshotter`.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from dashboard.errors import CockpitError
from data_access import red_cards, rollups, snapshots
from data_access.database import Database
from data_access.imports import report
from data_access.partitions import ensure_months_around

log = logging.getLogger(__name__)

FOLD_EVERY_SECONDS = 5.0
PRUNE_EVERY_SECONDS = 60.0
DAY_SECONDS = 86_400.0
# A new partition waits for whoever reads, and everybody else for it: rather try again later.
MONTHS_LOCK_MILLISECONDS = 2000


@dataclass
class Housekeeping:
    """Keeps the database in order while `is_leading` says so."""

    database: Database
    clock: Callable[[], datetime]
    is_leading: Callable[[], bool]

    def run(self, stop: threading.Event) -> None:
        """Round after round until told to stop; what failed is tried again."""
        prune_at = daily_at = time.monotonic()
        while not stop.wait(FOLD_EVERY_SECONDS):
            if not self.is_leading():
                continue
            try:
                self._fold()
                if time.monotonic() >= prune_at:
                    prune_at = time.monotonic() + PRUNE_EVERY_SECONDS
                    self._prune()
                    self._follow_calendar()
                if time.monotonic() >= daily_at:
                    daily_at = time.monotonic() + PRUNE_EVERY_SECONDS  # should it fail
                    self._expire_reports()
                    self._make_months()
                    self._move_slots_on()
                    daily_at = time.monotonic() + DAY_SECONDS
            except CockpitError as error:
                log.warning("housekeeping failed and is tried again: %s", error)

    def _fold(self) -> None:
        with self.database.write() as connection:
            rollups.follow_regions(connection)
            rollups.fold(connection)

    def _prune(self) -> None:
        with self.database.write() as connection:
            snapshots.prune(connection, self.clock())
            snapshots.forget_requests(connection)

    def _follow_calendar(self) -> None:
        with self.database.write() as connection:
            red_cards.follow(connection)

    def _expire_reports(self) -> None:
        with self.database.write() as connection:
            report.expire(connection, self.clock())

    def _make_months(self) -> None:
        """A server may run for years; without its month, a case stands in the slow default."""
        with self.database.write() as connection:
            connection.execute(text(f"set local lock_timeout = {MONTHS_LOCK_MILLISECONDS}"))
            ensure_months_around(connection, self.clock().date())

    def _move_slots_on(self) -> None:
        with self.database.write() as connection:
            rollups.move_slots_on(connection, self.clock())
