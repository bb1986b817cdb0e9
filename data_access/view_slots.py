"""When a requested view is due: after a change, at a minute or quarter of an hour, or after a time.

Here: what is remembered of one view between two rounds. Who computes it stands in
`data_access.snapshotter`.
"""

from dataclasses import dataclass
from typing import Literal

from dashboard.snapshot import Group, Snapshot
from dashboard.views import View

LIVE_EVERY_SECONDS = 10.0
SLOW_EVERY_SECONDS = 26.0
# A moment of the past costs much (cohorts as of then are counted in the rows) and changes little.
PAST_EVERY_SECONDS = 600.0
# At the quarters, hence at every midnight: day, shift and month of the slow group move on.
SLOW_BOUNDARY_SECONDS = 900
# Why a view is computed: nothing was made of it yet, the last try failed, rows changed, the slow
# group's half minute is over, or the time alone (ten seconds, minute, quarter).
Cause = Literal["first", "retry", "change", "slow", "clock"]


@dataclass
class Slot:
    """One requested view: its last snapshot, and what has changed since."""

    last: Snapshot | None = None
    is_live_dirty: bool = True
    is_slow_dirty: bool = True
    live_at: float = float("-inf")
    slow_at: float = float("-inf")
    tried_at: float = float("-inf")

    def due(self, view: View, now: float) -> tuple[Group, ...]:
        """The groups to compute at this instant (seconds since 1970)."""
        if view.as_of is not None:
            # A moment of the past changes only when its rows do.
            is_due = self.is_slow_dirty and now >= self.slow_at + PAST_EVERY_SECONDS
            return ("live", "slow") if is_due else ()
        slow = self.is_slow_dirty and now >= self.slow_at + SLOW_EVERY_SECONDS
        if slow or now // SLOW_BOUNDARY_SECONDS != self.live_at // SLOW_BOUNDARY_SECONDS:
            return ("live", "slow")
        live = (
            self.is_live_dirty
            or now // 60 != self.live_at // 60
            or now >= self.live_at + LIVE_EVERY_SECONDS
        )
        return ("live",) if live else ()

    def next_due(self, view: View) -> float:
        """When something is due by its age, if no rows change: seconds since 1970, or infinity.
        Minutes and quarters are not in it.
        """
        is_past = view.as_of is not None
        live = float("inf") if is_past else self.live_at + LIVE_EVERY_SECONDS
        every = PAST_EVERY_SECONDS if is_past else SLOW_EVERY_SECONDS
        return min(live, self.slow_at + every) if self.is_slow_dirty else live

    def cause(self, groups: tuple[Group, ...]) -> Cause:
        """Why the groups that are due are computed; to ask before `tried_at` is set."""
        if self.last is None:
            return "first"
        if self.tried_at > self.live_at:
            return "retry"
        if self.is_live_dirty:
            return "change"
        return "slow" if "slow" in groups and self.is_slow_dirty else "clock"
