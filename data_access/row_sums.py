"""Sums of measures counted from the rows themselves, each span once for all who ask.

Which spans these are (the edges of periods, what no roll-up has) is decided in `data_access.sums`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row

from dashboard.indicators import DAILY_FLOWS, ROLLED_UP_FLOWS
from dashboard.vocabulary import Measure, Subject
from data_access.case_homes import has_home, homes_of
from data_access.compiling import TABLES, Detail, sums

MEASURE_BY_COLUMN: dict[str, Measure] = {
    measure.column: measure for flow in ROLLED_UP_FLOWS + DAILY_FLOWS for measure in flow.measures()
}
COLUMN_ORDER = {column: number for number, column in enumerate(MEASURE_BY_COLUMN)}
# Subjects whose rows tell the township, so that zones (功能区) have sums of them.
SUBJECTS_BY_TOWN = frozenset(
    subject
    for subject in {flow.subject for flow in ROLLED_UP_FLOWS}
    if "town_id" in TABLES[subject].c
)
# Spans up to this are read by time, whatever the counties.
SHORT = timedelta(hours=1)
# The place of what was counted together.
EVERYWHERE = 0

# A sum per place: counties, and townships that were asked for; 0 is absent.
Amounts = dict[int, int]
Counting = tuple[datetime, datetime, Detail]


@dataclass(frozen=True, slots=True)
class Edge:
    """Measures to be counted over [start, end), how finely places are told apart, and whether
    the amounts are to be added (1) or taken off (-1).
    """

    columns: tuple[str, ...]
    start: datetime
    end: datetime
    detail: Detail
    sign: Literal[1, -1] = 1


def by_subject(columns: Iterable[str]) -> dict[Subject, tuple[Measure, ...]]:
    """The measures by subject, in the dictionary's order: equal wishes make equal statements."""
    found: dict[Subject, list[Measure]] = {}
    for column in sorted(set(columns), key=COLUMN_ORDER.__getitem__):
        measure = MEASURE_BY_COLUMN[column]
        found.setdefault(measure.flow.subject, []).append(measure)
    return {subject: tuple(measures) for subject, measures in found.items()}


class RowSums:
    """Counts cases booked under some counties, within one transaction.

    Args:
        counties: ids of the counties.
        towns: ids of townships whose cases are told apart where `Detail.TOWNS` is asked for; they
            count in their county as well.
        as_of: instant of the past that is looked from; None: now.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        counties: Iterable[int],
        towns: Iterable[int],
        as_of: datetime | None,
    ) -> None:
        self._connection = connection
        self._counties, self._towns = list(counties), list(towns)
        self._as_of = as_of
        self._homes = homes_of(connection, self._counties)
        self._counted: dict[Counting, dict[str, Amounts]] = defaultdict(dict)

    def read(self, edges: Iterable[Edge]) -> None:
        """Count what is not yet known of the edges: a statement a span, detail and subject."""
        finest: dict[tuple[datetime, datetime], dict[str, Detail]] = defaultdict(dict)
        for edge in edges:
            of_span = finest[edge.start, edge.end]
            for column in edge.columns:
                if self._find(edge, column) is None:
                    of_span[column] = max(edge.detail, of_span.get(column, edge.detail))
        for (start, end), details in finest.items():
            for detail in sorted(set(details.values())):
                columns = [column for column in details if details[column] == detail]
                counted = self._counted[start, end, detail]
                for subject, measures in by_subject(columns).items():
                    counted |= self._count(subject, measures, start, end, detail)

    def amounts(self, edge: Edge, column: str) -> Amounts:
        """What `read` has counted, at least as finely as the edge asks."""
        found = self._find(edge, column)
        if found is None:
            raise KeyError(column)
        return found

    def _find(self, edge: Edge, column: str) -> Amounts | None:
        for detail in Detail:
            known = self._counted.get((edge.start, edge.end, detail), {})
            if detail >= edge.detail and column in known:
                return known[column]
        return None

    def _count(
        self,
        subject: Subject,
        measures: tuple[Measure, ...],
        start: datetime,
        end: datetime,
        detail: Detail,
    ) -> dict[str, Amounts]:
        if subject not in SUBJECTS_BY_TOWN or not self._towns:
            detail = min(detail, Detail.COUNTIES)
        parameters: dict[str, object] = {"start": start, "end": end, "counties": self._counties}
        if self._as_of is not None:
            parameters["as_of"] = self._as_of
        if detail == Detail.TOWNS:
            parameters["towns"] = self._towns
        is_at_home = self._homes is not None and has_home(TABLES[subject])
        if is_at_home:
            parameters["homes"] = self._homes
        statement = sums(
            subject,
            measures,
            is_current=self._as_of is None,
            is_short=end - start <= SHORT,
            detail=detail,
            is_at_home=is_at_home,
        )
        rows: Sequence[Row[Any]] = self._connection.execute(statement, parameters).all()
        places = [[place for place in row[:detail] if place is not None] for row in rows]
        counted: dict[str, Amounts] = {}
        for number, measure in enumerate(measures, start=detail):
            amounts = counted[measure.column] = defaultdict(int)
            for row, within in zip(rows, places, strict=True):
                # In the last minutes most are 0.
                if row[number]:
                    for place in within or (EVERYWHERE,):
                        amounts[place] += row[number]
        return counted
