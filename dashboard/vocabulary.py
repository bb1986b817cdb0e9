"""The closed vocabulary in which a count is defined once: subject, moment, conditions, amount.

A `Flow` is a set of rows placed in time by a moment; a `Stock` is the rows that have entered and
not yet left. `data_access.compiling` turns both into the roll-up column and into the WHERE of the
list, which is why a number equals its rows. Nothing here knows SQL, and no indicator stands here
(see `dashboard.indicators`).
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Subject(StrEnum):
    """What is counted; each is one table of the governance database."""

    INCIDENT = "incidents"
    DISPUTE = "disputes"
    RECEPTION = "receptions"
    RETURN_VISIT = "return_visits"
    AGREEMENT = "agreements"
    STAFFING = "staffing"
    PATROL = "patrols"


@dataclass(frozen=True, slots=True)
class At:
    """The time in one column."""

    column: str


@dataclass(frozen=True, slots=True)
class HoursBefore:
    """A fixed span before a time."""

    moment: At
    hours: int


@dataclass(frozen=True, slots=True)
class Later:
    """The later of two times; unknown while one of them is unknown."""

    first: "Moment"
    second: "Moment"


@dataclass(frozen=True, slots=True)
class Earlier:
    """The earlier of two times; an unknown one is left aside."""

    first: "Moment"
    second: "Moment"


Moment = At | HoursBefore | Later | Earlier


@dataclass(frozen=True, slots=True)
class Equals:
    """The column holds this value."""

    column: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class Known:
    """The column is not empty, whenever that came about."""

    column: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The column is empty."""

    column: str


@dataclass(frozen=True, slots=True)
class Reached:
    """The time has come by the as-of instant. Makes a flow a cohort (同批案件)."""

    moment: Moment


@dataclass(frozen=True, slots=True)
class NotAfter:
    """The first time is known and not later than the second (on time)."""

    moment: At
    limit: At


@dataclass(frozen=True, slots=True)
class StillOpen:
    """At the limit the first time had not come: it is unknown, or later than the second."""

    moment: At
    limit: At


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The column's number reaches this minimum."""

    column: str
    minimum: int


Condition = Equals | Known | Unknown | Reached | NotAfter | StillOpen | AtLeast


@dataclass(frozen=True, slots=True)
class Rows:
    """Each row counts one."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """Each row adds the seconds between two of its times."""

    since: At
    until: At


@dataclass(frozen=True, slots=True)
class SumOf:
    """Each row adds the number in this column."""

    column: str


Amount = Rows | Seconds | SumOf


@dataclass(frozen=True, slots=True)
class Facet:
    """Splits a count by the values of one column; rows with other values are in none of them."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """Rows of a subject placed in time by `moment`; `key` names it in roll-ups and lists."""

    key: str
    subject: Subject
    moment: Moment
    where: tuple[Condition, ...] = ()
    amount: Amount = field(default_factory=Rows)
    facet: Facet | None = None

    @property
    def is_cohort(self) -> bool:
        """Whether the count of a past as-of can't be had from today's roll-ups."""
        return any(isinstance(condition, Reached) for condition in self.where)

    def measures(self) -> tuple["Measure", ...]:
        """The numbers this flow is kept as: one, or one a facet value."""
        if self.facet is None:
            return (Measure(self, None),)
        return tuple(Measure(self, value) for value in self.facet.values)


@dataclass(frozen=True, slots=True)
class Measure:
    """A flow, or the part of it with one facet value: one column of the roll-ups."""

    flow: Flow
    facet_value: str | None

    @property
    def column(self) -> str:
        """Name of the roll-up column."""
        if self.facet_value is None:
            return self.flow.key
        return f"{self.flow.key}__{self.facet_value}"

    @property
    def where(self) -> tuple[Condition, ...]:
        """All conditions of the measure's rows."""
        if self.flow.facet is None or self.facet_value is None:
            return self.flow.where
        return (*self.flow.where, Equals(self.flow.facet.column, self.facet_value))


@dataclass(frozen=True, kw_only=True, slots=True)
class Stock:
    """Rows that have come to `entered` and not to `left` by the as-of instant (在办 …).

    The number is the sum of all entries less the sum of all departures up to then.
    """

    key: str
    subject: Subject
    entered: Moment
    left: Moment
    where: tuple[Condition, ...] = ()

    def entries(self) -> Flow:
        """The rows at the time they enter."""
        return Flow(
            key=f"{self.key}_in", subject=self.subject, moment=self.entered, where=self.where
        )

    def departures(self) -> Flow:
        """The rows at the time they leave; one that would leave before it enters leaves then."""
        return Flow(
            key=f"{self.key}_out",
            subject=self.subject,
            moment=Later(self.entered, self.left),
            where=self.where,
        )
