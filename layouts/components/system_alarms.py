"""系统告警: how many sources are silent or parts failed, as the snapshot knows it.

What only the browser can know (a lost server, a lost database) is said by the header.
"""

from dataclasses import dataclass

from dashboard.freshness import source_finding
from dashboard.snapshot import Snapshot
from layouts.source_clock import known_source


@dataclass(frozen=True, slots=True)
class Alarms:
    """Silent sources, failed parts, and the slowest of the sources in contact, in seconds."""

    live_sources: int
    silent_sources: int
    failed_parts: int
    slowest_seconds: int | None

    @property
    def count(self) -> int:
        return self.silent_sources + self.failed_parts


def system_alarms(snapshot: Snapshot) -> Alarms:
    """The alarms at the time the snapshot was made."""
    now = round(snapshot.made_at.timestamp() * 1000)
    live = [source for source in snapshot.sources if source.is_live]
    silent = [
        s for s in live if source_finding(known_source(s), now)["state"] in ("stale", "offline")
    ]
    delays = [
        max(0, int((snapshot.made_at - source.last_contact_at).total_seconds()))
        for source in live
        if source.last_contact_at is not None and source not in silent
    ]
    return Alarms(len(live), len(silent), len(snapshot.failures), max(delays, default=None))
