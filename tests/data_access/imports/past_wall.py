"""The wall of a past moment, and the same numbers counted from the file by nothing but csv."""

import csv
import gzip
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Engine

from dashboard.addresses import Address
from dashboard.screens import load_screens
from dashboard.snapshot import Snapshot
from data_access.database import Database
from data_access.snapshots import resolve
from data_access.snapshotting import compute
from data_access.wall_parts import Kept

ZONE = ZoneInfo("America/New_York")
PERIODS = {
    "incidents_registered": "today",
    "incidents_closed": "today",
    "incidents_open": "now",
    "incidents_near_due": "now",
    "incidents_overdue": "now",
    "incidents_red": "now",
    "closing_rate": "month",
    "on_time_rate": "month",
    "mean_handling_hours": "last_30_days",
}
# Numerator and base of each indicator; a number of cases has no base.
Numbers = dict[str, tuple[float, float | None]]


def wall_at(engine: Engine, moment: str) -> Snapshot:
    """The snapshot that `/wall?as_of=<moment>` shows."""
    with closing(Database(engine.url)) as database:
        view = resolve(database, Address.parse("/wall", f"?as_of={moment}"))
        ask = load_screens()["wall"].ask
        return compute(database, view, now=datetime.now(UTC), ask=ask, kept=Kept())


def shown(snapshot: Snapshot) -> Numbers:
    """What the wall says of the whole city."""
    readings = {key: snapshot.find(key, period=period) for key, period in PERIODS.items()}
    return {key: (found.numerator, found.denominator) for key, found in readings.items() if found}


@dataclass(frozen=True)
class Request:
    """A line of the file; instants, as the hour that comes twice is not told by the clock."""

    opened: datetime
    due: datetime | None
    closed: datetime | None

    @property
    def is_sound(self) -> bool:
        return self.closed is None or self.closed >= self.opened

    def is_closed(self, at: datetime | None) -> bool:
        return is_reached(self.closed, at)


def counted(file: Path, moment: str) -> Numbers:
    """The same numbers from the lines, each as it stood at the moment."""
    at = datetime.fromisoformat(moment).replace(tzinfo=ZONE)
    today = at.date()
    known = [request for request in requests(file) if request.opened <= at]
    unclosed = [request for request in known if not request.is_closed(at)]
    ended = [request for request in known if request.is_closed(at)]
    overdue = [request for request in unclosed if is_reached(request.due, at)]
    tomorrow = at.astimezone(UTC) + timedelta(days=1)
    month = [one for one in known if one.is_sound and same_month(one.opened, today)]
    due = [one for one in known if one.is_sound and is_reached(one.due, at)]
    due = [one for one in due if same_month(one.due, today)]
    spans = [
        (one.closed - one.opened).total_seconds()
        for one in ended
        if one.is_sound and today - timedelta(days=30) <= day(one.closed) < today
    ]
    return {
        "incidents_registered": number(one for one in known if day(one.opened) == today),
        "incidents_closed": number(one for one in ended if day(one.closed) == today),
        "incidents_open": number(unclosed),
        "incidents_near_due": number(
            one for one in unclosed if is_reached(one.due, tomorrow) and not is_reached(one.due, at)
        ),
        "incidents_overdue": number(overdue),
        "incidents_red": number(one for one in overdue if red_at(one.due) <= at),
        "closing_rate": (sum(one.is_closed(at) for one in month), len(month)),
        "on_time_rate": (sum(one.is_closed(one.due) for one in due), len(due)),
        "mean_handling_hours": (sum(spans), len(spans)),
    }


def requests(file: Path) -> Iterator[Request]:
    opening = gzip.open if file.suffix == ".gz" else open
    with opening(file, "rt", encoding="utf-8-sig", newline="") as lines:
        for line in csv.DictReader(lines):
            opened, due, closed = (
                instant(line[name]) for name in ("OPEN_DT", "TARGET_DT", "CLOSED_DT")
            )
            assert opened is not None
            yield Request(opened, due, closed)


def instant(told: str) -> datetime | None:
    if not told:
        return None
    local = datetime.strptime(told, "%m/%d/%Y %I:%M:%S %p")
    return local.replace(tzinfo=ZONE).astimezone(UTC)


def is_reached(instant: datetime | None, at: datetime | None) -> bool:
    return instant is not None and at is not None and instant <= at


def day(instant: datetime) -> date:
    return instant.astimezone(ZONE).date()


def same_month(instant: datetime, today: date) -> bool:
    return day(instant).replace(day=1) == today.replace(day=1)


def red_at(due: datetime) -> datetime:
    """Five working days, here Monday to Friday, after the limit at the same time of day."""
    local = due.astimezone(ZONE)
    reached = np.busday_offset(local.date(), 5, roll="backward").astype(date)
    return datetime.combine(reached, local.time(), ZONE)


def number(found: Iterable[Request]) -> tuple[float, None]:
    return sum(1 for _ in found), None
