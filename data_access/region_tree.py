"""The regions that screens speak of, as one value: who lies in whom today (现行区划).

Loaded once per snapshot run; outlines stand in `data_access.outlines`.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from dashboard.errors import UnknownRegion
from data_access.schema import regions


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


class RegionTree:
    """Root, cities and counties (and 功能区), in the province's own order."""

    def __init__(self, rows: list[Region]) -> None:
        self.by_id = {row.id: row for row in rows}
        self._children: dict[int | None, list[Region]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: (row.sort_order, row.id)):
            self._children[row.parent_id].append(row)

    @property
    def root(self) -> Region:
        """The region that has no parent.

        Raises:
            UnknownRegion: the database has no regions yet.
        """
        roots = [row for row in self._children[None] if row.is_administrative]
        if not roots:
            raise UnknownRegion(
                "库中尚无区划;请用写明区划的对照文件导入(cockpit import incidents),"
                "或运行演示(make demo)。"
            )
        return roots[0]

    def children(self, region: Region) -> list[Region]:
        """Administrative children, in order."""
        return [row for row in self._children[region.id] if row.is_administrative]

    def zones(self, region: Region) -> list[Region]:
        """功能区 below the region: apart, as their cases also count in a county."""
        zones = [
            row
            for row in self.by_id.values()
            if not row.is_administrative and self.lies_in(row, region)
        ]
        return sorted(zones, key=lambda row: (row.sort_order, row.id))

    def counties(self, region: Region) -> list[Region]:
        """The region's counties (itself, when it is one)."""
        if region.level == "county":
            return [region]
        found: list[Region] = []
        for child in self.children(region):
            found.extend(self.counties(child))
        return found

    def limited_to(self, region_ids: Collection[int]) -> "RegionTree":
        """The tree of these regions and what they lie in: a reader learns of no others."""
        kept: dict[int, Region] = {}
        for region_id in region_ids:
            current = self.by_id.get(region_id)
            while current is not None and current.id not in kept:
                kept[current.id] = current
                current = self.by_id.get(current.parent_id) if current.parent_id else None
        return RegionTree(list(kept.values()))

    def lies_in(self, inner: Region, outer: Region) -> bool:
        """Whether `inner` is `outer` or below it."""
        current: Region | None = inner
        while current is not None:
            if current.id == outer.id:
                return True
            current = self.by_id.get(current.parent_id) if current.parent_id else None
        return False

    def find(self, code: str) -> Region:
        """The region with this code, or else with this id.

        Raises:
            UnknownRegion: there is none.
        """
        for row in self.by_id.values():
            if row.code == code:
                return row
        for row in self.by_id.values():
            if str(row.id) == code:
                return row
        raise UnknownRegion(f"没有代码为 {code} 的区划;应为本库中设区市或县(市、区)的代码。")


def load(connection: Connection) -> RegionTree:
    """The tree down to counties, as valid today."""
    rows = connection.execute(
        select(regions).where(
            regions.c.level.in_(("province", "city", "county")), regions.c.valid_to.is_(None)
        )
    )
    return RegionTree(
        [
            Region(
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
            for row in rows
        ]
    )
