"""Sums of measures per region over any period: whole days from roll-ups, edges from the rows.

The one place that decides where a number is read from. Indicators stand in
`data_access.indicator_readings`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from dashboard.indicators import DAILY_FLOWS, ROLLED_UP_FLOWS
from dashboard.periods import day_start
from dashboard.scope import Scope
from dashboard.vocabulary import Measure, Subject
from data_access.compiling import TABLES, sums
from data_access.region_tree import Region, RegionTree
from data_access.rollups import rollups
from data_access.schema import rollup_deltas

EVER = datetime(1990, 1, 1, tzinfo=UTC)
MEASURE_BY_COLUMN: dict[str, Measure] = {
    measure.column: measure for flow in ROLLED_UP_FLOWS + DAILY_FLOWS for measure in flow.measures()
}

# A local day has 25 hours once a year.
LONGEST_DAY = timedelta(hours=25)

Sums = dict[int, Counter[str]]


def _by_subject(measures: Iterable[Measure]) -> dict[Subject, list[Measure]]:
    found: dict[Subject, list[Measure]] = {}
    for measure in measures:
        found.setdefault(measure.flow.subject, []).append(measure)
    return found


ROLLED_UP_BY_SUBJECT: dict[Subject, tuple[Measure, ...]] = {
    subject: tuple(measures)
    for subject, measures in _by_subject(
        measure for flow in ROLLED_UP_FLOWS for measure in flow.measures()
    ).items()
}


class SumReader:
    """Reads sums for the regions of one scope at one as-of instant, within one transaction.

    `is_current` tells that the as-of is now: then cohorts (同批案件) can be read from roll-ups,
    which know the present only; for a moment in the past they are counted from the rows.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        tree: RegionTree,
        region: Region,
        scope: Scope,
        as_of: datetime,
        is_current: bool,
        zone: ZoneInfo,
    ) -> None:
        self._connection = connection
        self._tree, self._region, self._scope = tree, region, scope
        self._as_of = as_of
        self._is_current = is_current
        self._zone = zone
        self._counties = [county for county in tree.counties(region) if county.id in scope.counties]
        self._wanted = _ancestors_within(tree, region, self._counties)
        # Sums of a partly visible region are added up from its visible counties.
        self._is_partial = len(self._counties) < len(tree.counties(region))
        self._county_ids = [county.id for county in self._counties]
        self._read: dict[tuple[object, ...], dict[int, dict[str, int]]] = {}
        self._pending = self._read_pending()

    @property
    def visible(self) -> frozenset[int]:
        """Ids of the region's counties that the scope may see."""
        return frozenset(self._county_ids)

    def at(self, as_of: datetime) -> "SumReader":
        """A reader of the same regions at an earlier as-of instant."""
        return SumReader(
            self._connection,
            tree=self._tree,
            region=self._region,
            scope=self._scope,
            as_of=as_of,
            is_current=False,
            zone=self._zone,
        )

    def over(self, columns: Iterable[str], start: datetime, end: datetime) -> Sums:
        """Sums of the measures per region (the scope's own and all below, down to counties)."""
        measures = [MEASURE_BY_COLUMN[column] for column in dict.fromkeys(columns)]
        total: Sums = defaultdict(Counter)
        raw = [measure for measure in measures if not self._is_rolled_up(measure)]
        self._add_rows(total, raw, start, end)
        rolled = [measure for measure in measures if self._is_rolled_up(measure)]
        first_day, last_day = self._whole_days(start, end)
        if first_day >= last_day:
            self._add_rows(total, rolled, start, end)
            return total
        self._add_rollups(total, rolled, first_day, last_day)
        if start > EVER:  # before the beginning there are no rows to look for
            self._add_rows(total, rolled, start, max(start, day_start(first_day, self._zone)))
        self._add_rows(total, rolled, min(end, day_start(last_day, self._zone)), end)
        return total

    def by_day(self, columns: Sequence[str], first: date, last: date) -> dict[date, Counter[str]]:
        """Sums of rolled-up measures of the scope's own region per local day over [first, last).

        Days without a row are absent.
        """
        own = {path[-1] for path in self._wanted.values()}
        ids = {county.id for county in self._counties} if self._is_partial else own
        totals: dict[date, Counter[str]] = defaultdict(Counter)
        statement = (
            select(rollups.c.day, *(func.sum(rollups.c[name]).label(name) for name in columns))
            .where(
                rollups.c.region_id.in_(sorted(ids)),
                rollups.c.day >= first,
                rollups.c.day < last,
            )
            .group_by(rollups.c.day)
        )
        for row in self._connection.execute(statement).mappings():
            totals[row["day"]].update({name: int(row[name]) for name in columns})
        wanted = set(columns)
        for county_id, day, name, amount in self._pending:
            if name in wanted and first <= day < last and county_id in self._wanted:
                totals[day][name] += amount
        return totals

    def daily(self, columns: Iterable[str], first: date, last: date) -> Sums:
        """Sums of the day-by-day measures (staffing, patrols) over [first, last)."""
        total: Sums = defaultdict(Counter)
        wanted = [MEASURE_BY_COLUMN[column] for column in columns]
        for subject, measures in _by_subject(wanted).items():
            statement = sums(subject, tuple(measures), is_current=True)
            parameters = {"start": first, "end": last, "counties": self._county_ids}
            for row in self._connection.execute(statement, parameters).mappings():
                self._add_up(total, row["county_id"], measures, row)
        return total

    def _is_rolled_up(self, measure: Measure) -> bool:
        return self._is_current or not measure.flow.is_cohort

    def _whole_days(self, start: datetime, end: datetime) -> tuple[date, date]:
        """First whole local day and the day after the last one."""
        first = start.astimezone(self._zone).date()
        if day_start(first, self._zone) < start:
            first += timedelta(days=1)
        return first, end.astimezone(self._zone).date()

    def _add_rollups(
        self, total: Sums, measures: Sequence[Measure], first: date, last: date
    ) -> None:
        if not measures:
            return
        names = [measure.column for measure in measures]
        ids = {county.id for county in self._counties} if self._is_partial else self._region_ids()
        statement = (
            select(rollups.c.region_id, *(func.sum(rollups.c[name]).label(name) for name in names))
            .where(
                rollups.c.region_id.in_(sorted(ids)),
                rollups.c.day >= first,
                rollups.c.day < last,
            )
            .group_by(rollups.c.region_id)
        )
        for row in self._connection.execute(statement).mappings():
            if self._is_partial:
                self._add_up(total, row["region_id"], measures, row)
            else:
                total[row["region_id"]].update({name: int(row[name]) for name in names})
        wanted = set(names)
        for county_id, day, name, amount in self._pending:
            if name in wanted and first <= day < last:
                for region_id in self._wanted.get(county_id, ()):
                    total[region_id][name] += amount

    def _add_rows(
        self, total: Sums, measures: Sequence[Measure], start: datetime, end: datetime
    ) -> None:
        if start >= end:
            return
        for subject, wanted in _by_subject(measures).items():
            # Several periods share the edge of a day: it is read once, with all its measures.
            is_edge = end - start <= LONGEST_DAY
            read = ROLLED_UP_BY_SUBJECT[subject] if is_edge else tuple(wanted)
            for county_id, counted in self._rows(subject, read, start, end).items():
                self._add_up(total, county_id, wanted, counted)

    def _rows(
        self, subject: Subject, measures: tuple[Measure, ...], start: datetime, end: datetime
    ) -> dict[int, dict[str, int]]:
        """Sums from the rows per county."""
        key = (subject, measures, start, end)
        if key not in self._read:
            parameters: dict[str, object] = {
                "start": start,
                "end": end,
                "counties": self._county_ids,
            }
            if not self._is_current:
                parameters["as_of"] = self._as_of
            statement = sums(subject, measures, is_current=self._is_current)
            self._read[key] = {
                row["county_id"]: {name: int(value) for name, value in row.items()}
                for row in self._connection.execute(statement, parameters).mappings()
            }
        return self._read[key]

    def _add_up(
        self, total: Sums, county_id: int, measures: Sequence[Measure], row: Mapping[Any, Any]
    ) -> None:
        for region_id in self._wanted.get(county_id, ()):
            total[region_id].update(
                {measure.column: int(row[measure.column]) for measure in measures}
            )

    def _region_ids(self) -> set[int]:
        return {region_id for ids in self._wanted.values() for region_id in ids}

    def _read_pending(self) -> list[tuple[int, date, str, int]]:
        rows = self._connection.execute(
            select(
                rollup_deltas.c.county_id,
                rollup_deltas.c.day,
                rollup_deltas.c.measure,
                func.sum(rollup_deltas.c.amount),
            ).group_by(rollup_deltas.c.county_id, rollup_deltas.c.day, rollup_deltas.c.measure)
        )
        return [(county, day, name, int(amount)) for county, day, name, amount in rows]


def _ancestors_within(
    tree: RegionTree, region: Region, counties: Iterable[Region]
) -> dict[int, tuple[int, ...]]:
    """For each county: itself and its ancestors up to the scope's region."""
    found: dict[int, tuple[int, ...]] = {}
    for county in counties:
        path: list[int] = []
        current: Region | None = county
        while current is not None:
            path.append(current.id)
            if current.id == region.id:
                break
            current = tree.by_id.get(current.parent_id) if current.parent_id else None
        found[county.id] = tuple(path)
    return found


def subjects_without_rows(connection: Connection) -> frozenset[Subject]:
    """Subjects no source ever delivered: their counts are unknown, not 0."""
    return frozenset(
        subject
        for subject, table in TABLES.items()
        if not connection.scalar(select(select(table.c.county_id).exists()))
    )


def measures_of(names: Iterable[str]) -> list[str]:
    """Roll-up columns behind names of measures, where a stock's name stands for entry and exit."""
    columns: list[str] = []
    for name in names:
        bare = name.removeprefix("-")
        if bare in MEASURE_BY_COLUMN:
            columns.append(bare)
        else:
            columns += [f"{bare}_in", f"{bare}_out"]
    return columns
