"""What the demo writes in a stretch of time: everything recorded in (after, until].

`changes_between` is pure. `Window` gives the same for ever later stretches and keeps the days
it has generated, so that a writer pays for a day once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from data_access.demo import daily_figures
from data_access.demo.case_days import LOOK_BACK_DAYS, Array, CaseDay, Moment
from data_access.demo.cases import day_of_incidents
from data_access.demo.disputes import day_of_disputes
from data_access.demo.province import Province

ZONE = ZoneInfo("Asia/Shanghai")
Generate = Callable[[Province, int, date], CaseDay]


@dataclass(frozen=True)
class Changes:
    """Cases with something recorded in (after, until], and the receptions of the stretch."""

    after: np.datetime64
    until: np.datetime64
    incidents: tuple[CaseDay, ...]
    disputes: tuple[CaseDay, ...]
    receptions: dict[str, Array]

    def senders(self) -> set[int]:
        """Ids of the sources that have something to send."""
        columns = [cases.facts["source_id"] for cases in (*self.incidents, *self.disputes)]
        columns.append(self.receptions["source_id"])
        return {int(source) for column in columns for source in np.unique(column)}


def instant(at: datetime) -> np.datetime64:
    """An aware time as generation counts it: whole seconds UTC."""
    return np.datetime64(int(at.timestamp()), "s")


def local_day(at: np.datetime64) -> date:
    """The local day of an instant."""
    return datetime.fromtimestamp(int(at.astype(np.int64)), ZONE).date()


def changes_between(province: Province, seed: int, after: datetime, until: datetime) -> Changes:
    """Everything recorded in (after, until]."""
    return Window(province, seed).changes(instant(after), instant(until))


@dataclass
class Window:
    """Days of registration that still have something to come, generated when first needed.

    No case of a day before `since` exists.
    """

    province: Province
    seed: int
    since: date | None = None
    _incidents: dict[date, CaseDay] = field(default_factory=dict)
    _disputes: dict[date, CaseDay] = field(default_factory=dict)

    def changes(self, after: np.datetime64, until: np.datetime64) -> Changes:
        """Everything recorded in (after, until]; `after` must not be before an earlier one's."""
        days = self._days(after, until)
        return Changes(
            after,
            until,
            self._touched(day_of_incidents, self._incidents, days, after, until),
            self._touched(day_of_disputes, self._disputes, days, after, until),
            self._receptions(after, until),
        )

    def _days(self, after: np.datetime64, until: np.datetime64) -> list[date]:
        last = local_day(until)
        first = local_day(after) - timedelta(days=LOOK_BACK_DAYS)
        if self.since is not None:
            first = max(first, self.since)
        return [first + timedelta(days=k) for k in range((last - first).days + 1)]

    def _touched(
        self,
        generate: Generate,
        kept: dict[date, CaseDay],
        days: list[date],
        after: np.datetime64,
        until: np.datetime64,
    ) -> tuple[CaseDay, ...]:
        """Cases of the days with something recorded in the stretch; the settled are let go."""
        for gone in [day for day in kept if day < days[0]]:
            del kept[gone]
        touched = []
        for day in days:
            cases = kept.get(day)
            if cases is None:
                cases = generate(self.province, self.seed, day)
            is_settled = cases.settled_at() <= after
            if day not in kept or 10 * is_settled.sum() > len(cases):
                cases = kept[day] = cases.take(np.flatnonzero(~is_settled))
            rows = np.flatnonzero(_is_touched(cases, after, until))
            if len(rows):
                touched.append(cases.take(rows))
        return tuple(touched)

    def _receptions(self, after: np.datetime64, until: np.datetime64) -> dict[str, Array]:
        first, last = local_day(after), local_day(until)
        parts = []
        for k in range((last - first).days + 1):
            rows = daily_figures.receptions(self.province, self.seed, first + timedelta(days=k))
            chosen = (rows["received_at"] > after) & (rows["received_at"] <= until)
            parts.append({name: values[chosen] for name, values in rows.items()})
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _is_touched(cases: CaseDay, after: np.datetime64, until: np.datetime64) -> Array:
    touched: Array = np.any((cases.recorded > after) & (cases.recorded <= until), axis=0)
    if cases.agreements is not None:
        for name in ("known_at", "confirmed_at", "performed_at"):
            times = getattr(cases.agreements, name)
            touched |= (times > after) & (times <= until)
    return touched


def is_new(cases: CaseDay, after: np.datetime64) -> Array:
    """Which cases were not known at an instant."""
    known: Array = cases.recorded[Moment.REGISTERED] <= after
    return ~known
