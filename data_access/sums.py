"""Sums of measures per region over any period: whole months, days and quarters of an hour from
roll-ups, edges from the rows.

The one place that decides where a number is read from. Indicators stand in
`data_access.indicator_readings`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, exists, select

from dashboard.periods import SLOT, day_start, first_whole_day, nearest_slot, slot_at
from dashboard.scope import Scope
from dashboard.vocabulary import Subject
from data_access.compiling import TABLES, Detail, sums
from data_access.region_tree import Region, RegionTree
from data_access.rollups import reading, slots_kept_from
from data_access.rollups.ancestors import counted_counties, counted_zones
from data_access.rollups.reading import Pieces
from data_access.row_sums import EVERYWHERE, MEASURE_BY_COLUMN, Edge, RowSums, by_subject
from data_access.zones import Zone

EVER = datetime(1990, 1, 1, tzinfo=UTC)

Sums = dict[int, Counter[str]]


@dataclass(frozen=True, slots=True)
class Wish:
    """Measures over [start, end), for the regions named; None: every region of the scope.

    Zones (功能区) are summed where they are named, of `SUBJECTS_BY_TOWN`.
    """

    columns: tuple[str, ...]
    start: datetime
    end: datetime
    region_ids: frozenset[int] | None = None


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
        self.connection = connection
        self._tree, self._region, self._scope = tree, region, scope
        self._as_of = as_of
        self._is_current = is_current
        self._zone = zone
        self._counties = [county for county in tree.counties(region) if county.id in scope.counties]
        # Ids of the region's counties that the scope may see.
        self.visible = frozenset(county.id for county in self._counties)
        # Counties of today and those abolished, under which cases are still booked.
        self._wanted = _paths_within(tree, region, self._counties)
        # Zones all of whose townships the scope may see, once the roll-ups count these.
        self.zones = _counted(connection, tree.zones_within(self.visible))
        self._zone_of = {town: zone.id for zone in self.zones for town in sorted(zone.towns)}
        # What `counties` means in statements about the rows.
        self.booked = list(self._wanted)
        # Whether the scope sees all counties of the region.
        self.is_whole = len(self._counties) == len(tree.counties(region))
        # Whether the region's own roll-ups hold just what the scope sees of it. Else, as where its
        # counties have changed and all is not yet counted anew, those of its counties are added up.
        self.is_rolled_up = self.is_whole and _counts_these(connection, self._wanted)
        self._rows = RowSums(
            connection,
            counties=self.booked,
            towns=self._zone_of,
            as_of=None if is_current else as_of,
        )
        self._slots_from = slots_kept_from(connection)

    def at(self, as_of: datetime) -> "SumReader":
        """A reader of the same regions at an earlier as-of instant."""
        return SumReader(
            self.connection,
            tree=self._tree,
            region=self._region,
            scope=self._scope,
            as_of=as_of,
            is_current=False,
            zone=self._zone,
        )

    def over(self, columns: Iterable[str], start: datetime, end: datetime) -> Sums:
        """Sums of the measures per region (the scope's own and all below, down to counties)."""
        return self.each([Wish(tuple(columns), start, end)])[0]

    def each(self, wishes: Sequence[Wish]) -> list[Sums]:
        """The sums of every wish. Edges that several periods share are read once, for all."""
        split = [self._split(wish) for wish in wishes]
        self._rows.read(edge for _, _, edges in split for edge in edges)
        return [self._sums(wish, *parts) for wish, parts in zip(wishes, split, strict=True)]

    def by_day(self, columns: Sequence[str], first: date, last: date) -> dict[date, Counter[str]]:
        """Sums of rolled-up measures of the scope's own region per local day over [first, last).

        Days without a row are absent.
        """
        found = reading.by_day(
            self.connection,
            columns,
            (first, last),
            region_ids=self._own_ids(),
            county_ids=self.booked,
        )
        return {day: Counter(sums) for day, sums in found.items()}

    def by_slot(
        self, columns: Sequence[str], start: datetime, end: datetime
    ) -> dict[datetime, dict[str, int]] | None:
        """Sums of rolled-up measures of the scope's own region by the instant (UTC) at which a
        quarter of an hour began, for those in [start, end); None where they are not kept.
        """
        if not self._are_kept(start):
            return None
        return reading.by_slot(
            self.connection,
            columns,
            (start, end),
            region_ids=self._own_ids(),
            county_ids=self.booked,
        )

    def _own_ids(self) -> list[int]:
        """Whose roll-ups make the scope's own region."""
        return sorted({p[-1] for p in self._wanted.values()} if self.is_rolled_up else self._wanted)

    def daily(self, columns: Iterable[str], first: date, last: date) -> Sums:
        """Sums of the day-by-day measures (staffing, patrols) over [first, last)."""
        total: Sums = defaultdict(Counter)
        for subject, measures in by_subject(columns).items():
            statement = sums(subject, measures, is_current=True)
            parameters = {"start": first, "end": last, "counties": self.booked}
            for row in self.connection.execute(statement, parameters).mappings():
                for region_id in self._wanted.get(row["county_id"], ()):
                    total[region_id].update({m.column: row[m.column] for m in measures})
        return total

    def _split(self, wish: Wish) -> tuple[list[str], Pieces | None, list[Edge]]:
        """What is read from roll-ups, over which pieces, and what from the rows."""
        rolled = [column for column in wish.columns if self._is_rolled_up(column)]
        raw = [column for column in wish.columns if not self._is_rolled_up(column)]
        pieces, ends = self._pieces(wish.start, wish.end)
        detail = self._detail(wish)
        if pieces is None:
            return [], None, _not_empty([Edge(wish.columns, wish.start, wish.end, detail)])
        edges = [Edge(tuple(raw), wish.start, wish.end, detail)]
        edges += (_edge(tuple(rolled), *end, detail) for end in ends)
        return rolled, pieces, _not_empty(edges)

    def _detail(self, wish: Wish) -> Detail:
        """How finely rows must be told apart for the wish."""
        if wish.region_ids == frozenset({self._region.id}):
            return Detail.TOGETHER
        if any(zone.id in (wish.region_ids or ()) for zone in self.zones):
            return Detail.TOWNS
        return Detail.COUNTIES

    def _pieces(
        self, start: datetime, end: datetime
    ) -> tuple[Pieces | None, list[tuple[datetime, datetime]]]:
        """The span's whole days and slots, and its ends: from where it begins to where these do,
        and from where these end to where it does. An end that runs backwards is to be taken off.
        None: there are no days or slots.
        """
        first, last = self._whole_days(start, end)
        begun, ended = nearest_slot(start), self._slot_to_end_with(end)
        if first >= last:
            # Minutes are counted in their rows sooner than roll-ups are read and both ends.
            if not self._are_kept(begun) or end - start < SLOT:
                return None, []
            nothing = (last, last)
            return Pieces(nothing, before=(begun, ended)), [(start, begun), (ended, end)]
        midnight, last_midnight = day_start(first, self._zone), day_start(last, self._zone)
        before = (begun, midnight) if self._are_kept(begun) else None
        after = (last_midnight, ended) if self._are_kept(last_midnight) else None
        ends = [(after[1] if after else last_midnight, end)]
        if start > EVER:  # before the beginning there are no rows to look for
            ends.append((start, before[0] if before else midnight))
        return Pieces((first, last), before, after), ends

    def _slot_to_end_with(self, end: datetime) -> datetime:
        """Of a span that ends now soon the slot to come: of the minutes until then there are only
        the rows whose limit runs out, of those that have passed also what happened in them.
        """
        is_now = self._is_current and end == self._as_of
        return slot_at(end + SLOT * 2 / 3) if is_now else nearest_slot(end)

    def _are_kept(self, instant: datetime) -> bool:
        return self._slots_from is not None and instant >= self._slots_from

    def _sums(
        self, wish: Wish, rolled: list[str], pieces: Pieces | None, edges: list[Edge]
    ) -> Sums:
        paths = self._wanted
        if wish.region_ids is not None:
            paths = {
                county: tuple(region for region in path if region in wish.region_ids)
                for county, path in paths.items()
            }
            paths |= {
                town: (zone,) for town, zone in self._zone_of.items() if zone in wish.region_ids
            }
        total: Sums = defaultdict(Counter)
        if rolled and pieces:
            self._add_rollups(total, paths, rolled, pieces)
        paths = {**paths, EVERYWHERE: (self._region.id,)}
        for edge in edges:
            for column in edge.columns:
                for place, amount in self._rows.amounts(edge, column).items():
                    for region in paths.get(place, ()):
                        total[region][column] += edge.sign * amount
        return total

    def _is_rolled_up(self, column: str) -> bool:
        return self._is_current or not MEASURE_BY_COLUMN[column].flow.is_cohort

    def _whole_days(self, start: datetime, end: datetime) -> tuple[date, date]:
        """First whole local day and the day after the last one."""
        return first_whole_day(start, self._zone), end.astimezone(self._zone).date()

    def _add_rollups(
        self,
        total: Sums,
        paths: Mapping[int, tuple[int, ...]],
        columns: Sequence[str],
        pieces: Pieces,
    ) -> None:
        counted_in = paths
        if not self.is_rolled_up:
            counted_in = {
                place: path if place in self._zone_of else (place,)
                for place, path in paths.items()
                if path
            }
        found = reading.sums(
            self.connection,
            columns,
            pieces,
            region_ids=sorted({region for path in counted_in.values() for region in path}),
            counted_in=counted_in,
            with_towns=any(place in self._zone_of for place in counted_in),
        )
        for region, amounts in found.items():
            for shown in (region,) if self.is_rolled_up else paths.get(region, (region,)):
                total[shown].update(amounts)


def _counted(connection: Connection, zones: list[Zone]) -> list[Zone]:
    known = counted_zones(connection) if zones else {}
    return [zone for zone in zones if known.get(zone.id) == zone.towns]


def _counts_these(connection: Connection, wanted: Mapping[int, tuple[int, ...]]) -> bool:
    """Whether the roll-ups of these regions count just these counties."""
    known = counted_counties(connection)
    if known is None:
        return True
    counties: dict[int, set[int]] = defaultdict(set)
    for county, path in wanted.items():
        for region in path:
            counties[region].add(county)
    return all(known.get(region) == frozenset(places) for region, places in counties.items())


def _edge(columns: tuple[str, ...], start: datetime, end: datetime, detail: Detail) -> Edge:
    if start <= end:
        return Edge(columns, start, end, detail)
    return Edge(columns, end, start, detail, sign=-1)


def _not_empty(edges: Iterable[Edge]) -> list[Edge]:
    return [edge for edge in edges if edge.columns and edge.start < edge.end]


def _paths_within(
    tree: RegionTree, region: Region, counties: Iterable[Region]
) -> dict[int, tuple[int, ...]]:
    """For each county cases are booked under: the regions they count in, up to the scope's."""
    paths = tree.booked_under(county.id for county in counties)
    return {
        county: path[: path.index(region.id) + 1]
        for county, path in paths.items()
        if region.id in path
    }


def subjects_without_rows(connection: Connection) -> frozenset[Subject]:
    """Subjects no source ever delivered: their counts are unknown, not 0."""
    delivered = connection.execute(
        select(*(exists().select_from(table).label(subject) for subject, table in TABLES.items()))
    ).one()
    return frozenset(
        subject for subject, is_there in zip(TABLES, delivered, strict=True) if not is_there
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
