"""The cases registered on one day with their whole future, and what of it is known at a time.

What happens in a case is a column of moments: nine steps, four branches, and a correction. Each
has a time it occurred and a time it was recorded; recording keeps the order of occurrence. What
depends on a moment (outcome, extended limit) becomes known with it. Here: these arrays and their
views. Not here: how cases are invented (`cases`, `disputes`).

Columns are numpy arrays in which a missing value is NaT, NaN, b"" or `NULL`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Times = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
Columns = Mapping[str, Array]
NULL = -32_768
NAT = np.datetime64("NaT", "s")
# No case has anything recorded later than this many days after the day it was registered.
LOOK_BACK_DAYS = 120
KEY = ("home_county_id", "source_id", "case_no", "registered_month")


class Moment(IntEnum):
    """Rows of the arrays of moments."""

    REGISTERED = 0
    ACCEPTED = 1
    DISPATCHED = 2
    SIGNED = 3
    HANDLING = 4
    FEEDBACK = 5
    CLOSED = 6
    VISITED = 7
    ARCHIVED = 8
    RETURNED = 9
    EXTENDED = 10
    JOINT = 11
    ESCALATED = 12
    CORRECTED = 13


# 1-9 in the order of the workflow; branches follow from 11. A correction is no step.
STEP_NUMBERS: Mapping[Moment, int] = {
    moment: moment + (1 if moment < Moment.RETURNED else 2)
    for moment in Moment
    if moment is not Moment.CORRECTED
}
# Columns of a case that carry the time or the number of a step.
TIMES: Mapping[str, Moment] = {
    "accepted_at": Moment.ACCEPTED,
    "dispatched_at": Moment.DISPATCHED,
    "signed_at": Moment.SIGNED,
    "handling_at": Moment.HANDLING,
    "feedback_at": Moment.FEEDBACK,
    "closed_at": Moment.CLOSED,
    "visited_at": Moment.VISITED,
    "archived_at": Moment.ARCHIVED,
    "returned_at": Moment.RETURNED,
}
COUNTS: Mapping[str, Moment] = {
    "return_count": Moment.RETURNED,
    "extension_count": Moment.EXTENDED,
    "joint_count": Moment.JOINT,
}


@dataclass(frozen=True)
class Later:
    """A column whose values of cases change to `values` when the moment is recorded."""

    column: str
    moment: Moment
    values: Array


@dataclass(frozen=True)
class CaseDay:
    """Cases of one subject ("incident" or "dispute") registered on one day.

    `facts` are the columns as registered; `occurred`, `recorded` and `holder` are arrays
    moments x cases (NaT, NaT, 0: does not happen); `visit_is_valid` and `visit_is_satisfied`
    tell of the return visit; `agreements` hold what disputes add.
    """

    subject: str
    facts: Columns
    occurred: Times
    recorded: Times
    holder: Array
    later: tuple[Later, ...]
    visit_is_valid: Flags
    visit_is_satisfied: Flags
    agreements: "Agreements | None" = None

    def __len__(self) -> int:
        return int(self.recorded.shape[1])

    def take(self, rows: Array) -> "CaseDay":
        """Some of the cases."""
        return CaseDay(
            self.subject,
            {name: values[rows] for name, values in self.facts.items()},
            self.occurred[:, rows],
            self.recorded[:, rows],
            self.holder[:, rows],
            tuple(Later(later.column, later.moment, later.values[rows]) for later in self.later),
            self.visit_is_valid[rows],
            self.visit_is_satisfied[rows],
            self.agreements.take(rows) if self.agreements else None,
        )

    def settled_at(self) -> Times:
        """When the last word on each case is recorded."""
        last = np.fmax.reduce(self.recorded, axis=0)
        return last if self.agreements is None else np.fmax(last, self.agreements.settled_at())


@dataclass(frozen=True)
class Agreements:
    """调解协议 of disputes, NaT where there is none or nothing of the kind."""

    known_at: Times
    signed_at: Times
    is_confirmable: Flags
    confirmed_at: Times
    performance_due_at: Times
    performed_at: Times

    def take(self, rows: Array) -> "Agreements":
        """Those of some cases."""
        return Agreements(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def settled_at(self) -> Times:
        """When the last word on each agreement is known."""
        return np.fmax(self.known_at, np.fmax(self.confirmed_at, self.performed_at))


def joined_days(days: Sequence[CaseDay]) -> CaseDay:
    """Cases of several days of one subject as if they were of one."""
    first = days[0]
    fields = Agreements.__dataclass_fields__
    agreements = [cases.agreements for cases in days if cases.agreements is not None]
    return CaseDay(
        first.subject,
        {name: np.concatenate([cases.facts[name] for cases in days]) for name in first.facts},
        np.concatenate([cases.occurred for cases in days], axis=1),
        np.concatenate([cases.recorded for cases in days], axis=1),
        np.concatenate([cases.holder for cases in days], axis=1),
        tuple(
            Later(
                later.column,
                later.moment,
                np.concatenate([cases.later[number].values for cases in days]),
            )
            for number, later in enumerate(first.later)
        ),
        np.concatenate([cases.visit_is_valid for cases in days]),
        np.concatenate([cases.visit_is_satisfied for cases in days]),
        Agreements(
            *(np.concatenate([getattr(part, name) for part in agreements]) for name in fields)
        )
        if agreements
        else None,
    )


def by_key(cases: CaseDay) -> CaseDay:
    """The cases in the order of their key."""
    facts = cases.facts
    return cases.take(np.lexsort((facts["case_no"], facts["source_id"], facts["home_county_id"])))


def in_order(occurred: Times, delays: Array) -> Times:
    """Recording times from delays in seconds: nothing is recorded before what came before it."""
    own = occurred + delays.astype("timedelta64[s]")
    order = np.argsort(occurred, axis=0, kind="stable")  # NaT last
    sorted_times = np.take_along_axis(own, order, axis=0)
    sorted_times = np.maximum.accumulate(sorted_times.view(np.int64) * ~np.isnat(sorted_times), 0)
    recorded = np.empty_like(own)
    np.put_along_axis(recorded, order, sorted_times.astype("datetime64[s]"), axis=0)
    recorded[np.isnat(occurred)] = NAT
    found: Times = recorded
    return found


def known_columns(cases: CaseDay, at: np.datetime64) -> dict[str, Array]:
    """Columns of the case table as known at an instant, for cases that are known at all."""
    cases = cases.take(np.flatnonzero(cases.recorded[Moment.REGISTERED] <= at))
    known = cases.recorded <= at  # NaT compares false
    columns = dict(cases.facts)
    columns["recorded_at"] = cases.recorded[Moment.REGISTERED]
    for name, moment in TIMES.items():
        columns[name] = np.where(known[moment], cases.occurred[moment], NAT)
    for name, moment in COUNTS.items():
        columns[name] = known[moment].astype(np.int64)
    columns["holder_id"] = _last_holder(cases, known)
    for later in cases.later:
        columns[later.column] = _changed(columns, later, known[later.moment])
    return columns


def registered_columns(cases: CaseDay) -> dict[str, Array]:
    """Columns of the case table as they are when the cases are registered."""
    columns = dict(cases.facts)
    columns["recorded_at"] = cases.recorded[Moment.REGISTERED]
    columns["holder_id"] = cases.holder[Moment.REGISTERED]
    return columns


def _changed(columns: Columns, later: Later, is_known: Flags) -> Array:
    before = columns.get(later.column)
    if before is None:
        before = np.full(len(later.values), _missing(later.values.dtype), later.values.dtype)
    return np.where(is_known, later.values, before)


def _missing(dtype: np.dtype[Any]) -> Any:
    return {"M": NAT, "S": b"", "f": np.nan}.get(dtype.kind, NULL)


def _last_holder(cases: CaseDay, known: Flags) -> Array:
    """Holder after the step that occurred last of those known."""
    steps = known[: Moment.CORRECTED]
    times = np.where(steps, cases.occurred[: Moment.CORRECTED].view(np.int64), -1)
    # Of steps in the same second the later one of the workflow counts.
    last = times.shape[0] - 1 - times[::-1].argmax(axis=0)
    found: Array = np.take_along_axis(cases.holder, last[None, :], axis=0)[0]
    return found


def steps_between(
    cases: CaseDay, after: np.datetime64 | None, until: np.datetime64
) -> dict[str, Array]:
    """Rows of `steps` recorded in (after, until], case by case; from the beginning for None."""
    recorded = cases.recorded[: Moment.CORRECTED]
    chosen = recorded <= until
    if after is not None:
        chosen &= recorded > after
    row, moment = np.nonzero(chosen.T)
    numbers = np.array([STEP_NUMBERS[Moment(m)] for m in range(Moment.CORRECTED)])
    return {
        **{name: cases.facts[name][row] for name in KEY},
        "step_no": numbers[moment],
        "step": moment,
        "holder_id": cases.holder[moment, row],
        "occurred_at": cases.occurred[moment, row],
        "recorded_at": recorded[moment, row],
    }


def visits_between(
    cases: CaseDay, after: np.datetime64 | None, until: np.datetime64
) -> dict[str, Array]:
    """Rows of `return_visits` recorded in (after, until]."""
    recorded = cases.recorded[Moment.VISITED]
    chosen = recorded <= until
    if after is not None:
        chosen &= recorded > after
    row = np.flatnonzero(chosen)
    satisfied = np.where(cases.visit_is_valid, cases.visit_is_satisfied.astype(np.int64), NULL)
    return {
        "subject": np.full(len(row), cases.subject.encode()),
        **{name: cases.facts[name][row] for name in KEY},
        "county_id": cases.facts["county_id"][row],
        "visited_at": cases.occurred[Moment.VISITED][row],
        "is_valid": cases.visit_is_valid[row],
        "is_satisfied": satisfied[row],
    }


def agreements_known(
    cases: CaseDay, after: np.datetime64 | None, until: np.datetime64
) -> dict[str, Array]:
    """Rows of `agreements` that became known in (after, until], as known at `until`."""
    agreements = cases.agreements
    if agreements is None:
        return {}
    chosen = agreements.known_at <= until
    if after is not None:
        chosen &= agreements.known_at > after
    row = np.flatnonzero(chosen)
    mine = agreements.take(row)
    return {
        **{name: cases.facts[name][row] for name in KEY},
        "county_id": cases.facts["county_id"][row],
        "method": cases.facts["method"][row],
        "signed_at": mine.signed_at,
        "is_confirmable": mine.is_confirmable,
        "confirmed_at": np.where(mine.confirmed_at <= until, mine.confirmed_at, NAT),
        "performance_due_at": mine.performance_due_at,
        "performed_at": np.where(mine.performed_at <= until, mine.performed_at, NAT),
    }
