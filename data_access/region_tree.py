"""The regions that screens speak of, as one value: who lies in whom today (现行区划).

Facts keep the county as registered, which may have been abolished since: here stands in which
regions of today its cases count. Loaded once per snapshot run; outlines stand in
`data_access.outlines`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from dashboard.errors import UnknownRegion
from data_access import zones as zone_reading
from data_access.schema import region_lineage, regions
from data_access.zones import Zone


@dataclass(frozen=True, slots=True)
class Region:
    """A row of `regions` as it stands today."""

    id: int
    code: str | None
    name: str
    short_name: str
    level: str
    is_administrative: bool
    parent_id: int | None
    city_id: int | None
    county_id: int | None
    sort_order: int
    centre: tuple[float, float] | None
    area_km2: float | None


@dataclass(frozen=True, slots=True)
class AbolishedCounty:
    """A county that is no more (合并、拆分、更名 …), under which cases are still booked."""

    id: int
    name: str
    # The counties of today that came of it, also through others.
    successors: frozenset[int]
    # The regions of today in which its cases count, lowest first: its only successor and what
    # that lies in; of several successors only what all of them lie in.
    counted_in: tuple[int, ...]


class RegionTree:
    """Root, cities and counties (and 功能区), in the province's own order."""

    def __init__(
        self,
        rows: list[Region],
        abolished: Iterable[AbolishedCounty] = (),
        zones: Iterable[Zone] = (),
    ) -> None:
        self.by_id = {row.id: row for row in rows}
        self.abolished = {county.id: county for county in abolished}
        # Zones that have townships, in order.
        self.zones = sorted(
            (zone for zone in zones if zone.id in self.by_id),
            key=lambda zone: (self.by_id[zone.id].sort_order, zone.id),
        )
        self._children: dict[int | None, list[Region]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: (row.sort_order, row.id)):
            self._children[row.parent_id].append(row)

    @property
    def root(self) -> Region:
        """The region that has no parent.

        Raises:
            UnknownRegion: the database has no regions yet.
        """
        roots = self.roots()
        if not roots:
            raise UnknownRegion(
                "库中尚无区划；请先导入区划（cockpit import regions），"
                "或在案件的映射文件中写明要建立的区划（[regions]）。"
            )
        return roots[0]

    def roots(self) -> list[Region]:
        """The regions that have no parent; none in an empty database."""
        return [row for row in self._children[None] if row.is_administrative]

    def children(self, region: Region) -> list[Region]:
        """Administrative children, in order."""
        return [row for row in self._children[region.id] if row.is_administrative]

    def counties(self, region: Region) -> list[Region]:
        """The region's counties (itself, when it is one)."""
        if region.level == "county":
            return [region]
        found: list[Region] = []
        for child in self.children(region):
            found.extend(self.counties(child))
        return found

    def zones_within(self, county_ids: Collection[int]) -> list[Zone]:
        """The zones all of whose townships lie, and lay, in these counties, in order."""
        return [zone for zone in self.zones if self._lies_in(zone).issubset(county_ids)]

    def _lies_in(self, zone: Zone) -> set[int]:
        """The zone's counties; of one that is no more, what came of it."""
        found: set[int] = set()
        for county_id in zone.counties:
            ended = self.abolished.get(county_id)
            found |= (ended.successors if ended is not None else None) or {county_id}
        return found

    def limited_to(self, region_ids: Collection[int]) -> "RegionTree":
        """The tree of these regions, what they lie in, and the zones that lie in them: a reader
        learns of no others.
        """
        kept: dict[int, Region] = {}
        for region_id in region_ids:
            current = self.by_id.get(region_id)
            while current is not None and current.id not in kept:
                kept[current.id] = current
                current = self.by_id.get(current.parent_id) if current.parent_id else None
        abolished = (self.abolished[county_id] for county_id in self._abolished_into(kept))
        zones = self.zones_within(kept.keys())
        rows = [*kept.values(), *(self.by_id[zone.id] for zone in zones if zone.id not in kept)]
        return RegionTree(rows, abolished, zones)

    def booked_under(self, county_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
        """By county under which cases are booked: regions of today they count in, lowest first.

        The counties given, and those abolished all of whose successors are among them.
        """
        paths = {county_id: self.path(county_id) for county_id in county_ids}
        abolished = self._abolished_into(paths.keys())
        return paths | {county_id: self.abolished[county_id].counted_in for county_id in abolished}

    def _abolished_into(self, county_ids: Collection[int]) -> list[int]:
        return [
            county.id
            for county in self.abolished.values()
            if county.successors.issubset(county_ids)
        ]

    def path(self, region_id: int) -> tuple[int, ...]:
        """The region and what it lies in, up to the root."""
        found: list[int] = []
        current = self.by_id.get(region_id)
        while current is not None:
            found.append(current.id)
            current = self.by_id.get(current.parent_id) if current.parent_id else None
        return tuple(found)

    def place_of(self, county_id: int) -> tuple[str, str]:
        """Short name of the city ("" if none) and name of the county, of a case booked under it.

        Of an abolished county the successor's name; its own, where it has several.
        """
        ended = self.abolished.get(county_id)
        path = self.path(county_id) if ended is None else ended.counted_in
        places = [self.by_id[region_id] for region_id in path]
        city = next((place.short_name for place in places if place.level == "city"), "")
        county = next((place.name for place in places if place.level == "county"), None)
        return city, county or (ended.name if ended is not None else "")

    def find(self, code: str) -> Region:
        """The administrative region with this code, or else with this id: zones (功能区) have
        no screens of their own.

        Raises:
            UnknownRegion: there is none.
        """
        administrative = [row for row in self.by_id.values() if row.is_administrative]
        for row in administrative:
            if row.code == code:
                return row
        for row in administrative:
            if str(row.id) == code:
                return row
        raise UnknownRegion(f"没有代码为 {code} 的区划；应为本库中设区市或县(市、区)的代码。")


def load(connection: Connection) -> RegionTree:
    """The tree down to counties, as valid today, and the counties abolished before."""
    rows = connection.execute(
        select(regions).where(
            regions.c.level.in_(("province", "city", "county")),
            or_(regions.c.valid_to.is_(None), regions.c.is_administrative),
        )
    ).all()
    zones = zone_reading.load(connection)
    tree = RegionTree([_region(row) for row in rows if row.valid_to is None], zones=zones)
    ended = [_region(row) for row in rows if row.valid_to is not None and row.level == "county"]
    if not ended:
        return tree
    heirs: dict[int, set[int]] = defaultdict(set)
    for predecessor, successor in connection.execute(
        select(region_lineage.c.predecessor_id, region_lineage.c.successor_id)
    ):
        heirs[predecessor].add(successor)
    abolished = [_abolished(tree, row, heirs) for row in ended]
    return RegionTree(list(tree.by_id.values()), abolished, zones)


def towns(connection: Connection, county: Region) -> list[Region]:
    """The county's towns as valid today, in order; the tree itself ends at counties."""
    rows = connection.execute(
        select(regions)
        .where(
            regions.c.parent_id == county.id,
            regions.c.level == "town",
            regions.c.is_administrative,
            regions.c.valid_to.is_(None),
        )
        .order_by(regions.c.sort_order, regions.c.id)
    )
    return [_region(row) for row in rows]


def _region(row: Row[Any]) -> Region:
    return Region(
        id=row.id,
        code=row.code,
        name=row.name,
        short_name=row.short_name,
        level=row.level,
        is_administrative=row.is_administrative,
        parent_id=row.parent_id,
        city_id=row.city_id,
        county_id=row.county_id,
        sort_order=row.sort_order,
        centre=None if row.centre_lon is None else (row.centre_lon, row.centre_lat),
        area_km2=row.area_km2,
    )


def _abolished(
    tree: RegionTree, county: Region, heirs: Mapping[int, Collection[int]]
) -> AbolishedCounty:
    successors = _successors_today(tree, county.id, heirs)
    # Without known successors: what it lay in is all that is known, and all of that came of it.
    paths = [tree.path(successor) for successor in sorted(successors)] or [_lay_in(tree, county)]
    common = tuple(region for region in paths[0] if all(region in path for path in paths))
    if not successors and common:
        successors = {below.id for below in tree.counties(tree.by_id[common[0]])}
    return AbolishedCounty(county.id, county.name, frozenset(successors), common)


def _lay_in(tree: RegionTree, county: Region) -> tuple[int, ...]:
    path = tree.path(county.parent_id) if county.parent_id is not None else ()
    return path or tuple(root.id for root in tree.roots()[:1])


def _successors_today(
    tree: RegionTree, county_id: int, heirs: Mapping[int, Collection[int]]
) -> set[int]:
    """The counties of today that came of one, through any number of reforms."""
    found: set[int] = set()
    seen = {county_id}
    waiting = [county_id]
    while waiting:
        for heir in heirs.get(waiting.pop(), ()):
            region = tree.by_id.get(heir)
            if region is not None and region.level == "county" and region.is_administrative:
                found.add(heir)
            elif region is None and heir not in seen:
                seen.add(heir)
                waiting.append(heir)
    return found
