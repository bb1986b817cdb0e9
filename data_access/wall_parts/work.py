"""What the parts of one computation share, and what is counted once and kept for a while."""

from collections.abc import Callable, Container, Hashable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dashboard.asks import Ask
from dashboard.vocabulary import Subject
from dashboard.work_calendar import WorkCalendar
from data_access.region_tree import Region, RegionTree
from data_access.sums import SumReader

T = TypeVar("T")
Name = tuple[Hashable, ...]
SumsBySlot = dict[datetime, dict[str, int]]
# Names of what is kept of where cases are: no sum tells when one of them is corrected in that.
HEAT_OF_DAYS, HEAT_OF_A_PIECE, GRIDS = "heat of days", "heat of a piece", "grids"
COUNTIES_OF_A_PIECE = "counties of a piece"
CASES_ON_MAPS = (HEAT_OF_DAYS, HEAT_OF_A_PIECE, GRIDS, COUNTIES_OF_A_PIECE)


class Kept:
    """What is counted once and kept for a while: the usual band of a day, the heat of whole days.

    One value a name, with the state it was counted in: what its cases add up to, and the time. A
    correction may change the value and not the state: who hears of one forgets what it touches.
    Names begin with what they are of; those that were not asked for longest go first.
    """

    MOST = 2000

    def __init__(self) -> None:
        self._values: dict[Name, tuple[Hashable, Any]] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()

    def forget(self, subjects: Container[Hashable]) -> None:
        """Forget what is of these."""
        for name in [name for name in self._values if name[0] in subjects]:
            del self._values[name]

    def get(self, name: Name, state: Hashable, count: Callable[[], T]) -> T:
        """The value kept under the name in this state, else counted, in place of the former."""
        known = self._values.pop(name, None)
        if known is None or known[0] != state:
            known = (state, count())
        self._values[name] = known
        if len(self._values) > self.MOST:
            del self._values[next(iter(self._values))]
        value: T = known[1]
        return value


@dataclass(frozen=True, kw_only=True)
class Work:
    """What all parts of one computation share."""

    connection: Connection
    tree: RegionTree
    region: Region
    # What the region is divided into: cities, counties or towns.
    children: tuple[Region, ...]
    # Counties of today in scope; `booked` adds the abolished ones whose cases count in them.
    counties: tuple[int, ...]
    booked: tuple[int, ...]
    reader: SumReader
    as_of: datetime
    # The clock: what is kept for a while is kept as long in a view of the past.
    now: datetime
    is_current: bool
    zone: ZoneInfo
    ask: Ask
    heat_origin: tuple[float, float]
    work_days: WorkCalendar
    kept: Kept
    absent: frozenset[Subject]
    # Secret of this database: keys of points on a map must not be guessed from case numbers.
    point_secret: str
    # Sums by quarter of the hour of local days that were asked for, read once for all parts.
    slots: dict[date, SumsBySlot | None] = field(default_factory=dict)
