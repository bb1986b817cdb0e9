"""All regions of the demo: real down to townships in name, to counties in outline.

Outlines of townships and below are invented (示意) by subdivision, so that they nest and their
areas add up. A pure function of nothing: the seed is fixed, as the same places must come back
whatever seed the cases have.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from data_access.demo import names, population, subdivision

SEED = 330_000
VILLAGES, GRIDS = 16_000, 78_000
TOWN_IDS, VILLAGE_IDS, GRID_IDS, ZONE_IDS = 1_000_001, 2_000_001, 3_000_001, 900_001
# Ids of ended regions, away from those of today which carry the same code.
FORMER_IDS = 9_000_000
# The list is of 2025; when each division got its present form is not known to it.
LISTED_FROM = date(2020, 1, 1)
URBAN, TOWN, RURAL = 2.2, 1.3, 0.6  # weight of a 街道, 镇, 乡 in villages and grids

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Level:
    """The regions of one level in the order of their ids; `parent` indexes the level above."""

    level: str
    ids: Integers
    codes: Sequence[str]
    names: Sequence[str]
    parent: Integers
    outlines: Geometries

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Geography:
    """Provinces to grids, nested."""

    province: Level
    cities: Level
    counties: Level
    towns: Level
    villages: Level
    grids: Level

    @property
    def levels(self) -> tuple[Level, ...]:
        """From the province down to the grids."""
        return (
            self.province,
            self.cities,
            self.counties,
            self.towns,
            self.villages,
            self.grids,
        )


def build() -> Geography:
    """The whole geography; about five seconds."""
    generator = np.random.default_rng(SEED)
    counties = _counties()
    cities = _united("city", names.divisions(2), counties)
    province = _united("province", names.divisions(1), cities)
    towns = _towns(counties, generator)
    residents = np.array([population.residents_today()[code] for code in counties.codes])
    areas = subdivision.areas_km2(counties.outlines)
    weight = _town_weights(towns, generator)
    villages = _children(
        towns,
        _shares(
            VILLAGES, 0.5 * residents / residents.sum() + 0.5 * areas / areas.sum(), towns, weight
        ),
        generator,
        level="village",
    )
    per_town = _shares(GRIDS, residents / residents.sum(), towns, weight)
    per_town = np.maximum(per_town, np.bincount(villages.parent, minlength=len(towns)))
    grids = _children(villages, _dealt(per_town, villages, generator), generator, level="grid")
    return Geography(province, cities, counties, towns, villages, grids)


def checksum(geography: Geography) -> str:
    """SHA-256 over all outlines in the order of their levels and ids: what a 审图号 is bound to."""
    digest = hashlib.sha256()
    for level in geography.levels:
        for region_id, wkb in zip(level.ids, shapely.to_wkb(level.outlines), strict=True):
            digest.update(int(region_id).to_bytes(4, "big"))
            digest.update(wkb)
    return digest.hexdigest()


def former_regions() -> list[dict[str, Any]]:
    """Rows of `regions` for the districts that ended in 2021; they have no outline."""
    return [
        {
            "id": FORMER_IDS + int(former.code),
            "code": former.code,
            "name": former.name,
            "short_name": names.short_name(former.name),
            "pinyin": names.pinyin(former.name),
            "level": "county",
            "is_administrative": True,
            "parent_id": int(former.code[:4] + "00"),
            "city_id": int(former.code[:4] + "00"),
            # 现行区划: the district that carries most of it today.
            "county_id": int(former.successors[0][0]),
            "sort_order": int(former.code),
            "valid_from": LISTED_FROM,
            "valid_to": names.REFORM_DAY,
        }
        for former in names.FORMER_COUNTIES
    ]


def zones() -> list[dict[str, Any]]:
    """Rows of `regions` for the 功能区: no code, no outline, the city as parent."""
    return [
        {
            "id": ZONE_IDS + order,
            "code": None,
            "name": zone.name,
            "short_name": zone.short_name,
            "pinyin": names.pinyin(zone.name),
            "level": "county",
            "is_administrative": False,
            "parent_id": int(zone.county[:4] + "00"),
            "city_id": int(zone.county[:4] + "00"),
            "county_id": int(zone.county),
            "sort_order": ZONE_IDS + order,
            "valid_from": LISTED_FROM,
            "valid_to": None,
        }
        for order, zone in enumerate(names.ZONES)
    ]


def zone_towns(geography: Geography) -> list[dict[str, Any]]:
    """Rows of `zone_towns`: the townships that each zone manages."""
    towns = geography.towns
    places = zip(geography.counties.ids[towns.parent].tolist(), towns.names, strict=True)
    id_of = dict(zip(places, towns.ids.tolist(), strict=True))
    return [
        {
            "zone_id": ZONE_IDS + order,
            "town_id": id_of[int(county), name],
            "valid_from": LISTED_FROM,
        }
        for order, zone in enumerate(names.ZONES)
        for county, listed in zone.townships.items()
        for name in listed
    ]


def lineage() -> list[dict[str, Any]]:
    """Rows of `region_lineage` for the reform of 2021."""
    return [
        {
            "predecessor_id": FORMER_IDS + int(former.code),
            "successor_id": int(successor),
            "effective_on": names.REFORM_DAY,
            "kind": kind,
        }
        for former in names.FORMER_COUNTIES
        for successor, kind in former.successors
    ]


def valid_from(level: Level) -> list[date]:
    """First day of each region of a level: the reform for the districts it made."""
    return [
        names.REFORM_DAY if level.level == "county" and code in names.REFORMED else LISTED_FROM
        for code in level.codes
    ]


def _counties() -> Level:
    outlines = names.county_outlines()
    listed = names.divisions(3)
    cities = [division.code for division in names.divisions(2)]
    return Level(
        "county",
        np.array([int(division.code) for division in listed]),
        [division.code for division in listed],
        [division.name for division in listed],
        np.array([cities.index(division.parent) for division in listed]),
        np.array([outlines[division.code] for division in listed], dtype=object),
    )


def _united(level: str, listed: Sequence[names.Division], below: Level) -> Level:
    """Regions whose outline is the union of those below."""
    outlines = [
        shapely.union_all(below.outlines[below.parent == index]) for index in range(len(listed))
    ]
    return Level(
        level,
        np.array([int(division.code) for division in listed]),
        [division.code for division in listed],
        [division.name for division in listed],
        np.zeros(len(listed), dtype=np.int64),
        np.array(outlines, dtype=object),
    )


def _towns(counties: Level, generator: np.random.Generator) -> Level:
    """Real townships on invented cells: streets first, so that they lie together."""
    listed = sorted(
        names.townships(), key=lambda d: (counties.codes.index(d.parent), not _is_street(d.name))
    )
    parent = np.array([counties.codes.index(division.parent) for division in listed])
    streets = np.array([_is_street(division.name) for division in listed])
    x, y = np.empty(len(listed)), np.empty(len(listed))
    for index, outline in enumerate(counties.outlines):
        mine = parent == index
        centre = shapely.get_coordinates(_largest_part(outline).representative_point())[0]
        x[mine], y[mine] = subdivision.spread_points(
            outline, (centre[0], centre[1]), int(streets[mine].sum()), int(mine.sum()), generator
        )
    order = sorted(range(len(listed)), key=lambda index: listed[index].code)
    outlines = subdivision.split(counties.outlines, parent, x, y)
    return Level(
        "town",
        TOWN_IDS + np.arange(len(listed)),
        [listed[index].code for index in order],
        [listed[index].name for index in order],
        parent[order],
        outlines[order],
    )


def _is_street(name: str) -> bool:
    return name.endswith("街道")


def _largest_part(outline: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(outline)
    return parts[shapely.area(parts).argmax()]


def _town_weights(towns: Level, generator: np.random.Generator) -> Floats:
    kind = [
        URBAN if _is_street(name) else TOWN if name.endswith("镇") else RURAL
        for name in towns.names
    ]
    weight: Floats = np.array(kind) * generator.lognormal(0, 0.3, len(towns))
    return weight


def _shares(total: int, county_share: Floats, towns: Level, weight: Floats) -> Integers:
    """`total` dealt to towns by their county's share and their weight in it; each gets one."""
    in_county = np.bincount(towns.parent, weight)[towns.parent]
    share = county_share[towns.parent] * weight / in_county
    dealt: Integers = 1 + _rounded(total - len(towns), share)
    return dealt


def _rounded(total: int, share: Floats) -> Integers:
    """Whole numbers in proportion to the shares that add up to the total (largest remainder)."""
    exact = total * share / share.sum()
    whole: Integers = np.floor(exact).astype(np.int64)
    rest = np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]
    whole[rest] += 1
    return whole


def _dealt(per_town: Integers, villages: Level, generator: np.random.Generator) -> Integers:
    """Grids per village: each one, the town's others at random but evenly."""
    count = np.ones(len(villages), dtype=np.int64)
    in_town = np.bincount(villages.parent, minlength=len(per_town))
    first = np.concatenate([[0], np.cumsum(in_town)[:-1]])
    rest = per_town - in_town
    count += (rest // in_town)[villages.parent]
    position = np.arange(len(villages)) - first[villages.parent]
    start = generator.integers(0, in_town)[villages.parent]
    turn = (position - start) % in_town[villages.parent]
    dealt: Integers = count + (turn < (rest % in_town)[villages.parent])
    return dealt


def _children(
    parents: Level, count: Integers, generator: np.random.Generator, *, level: str
) -> Level:
    """Invented regions: `count[i]` cells in each parent, numbered within it."""
    owner = np.repeat(np.arange(len(parents)), count)
    x, y = subdivision.random_points(parents.outlines, owner, generator)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 1
    numbered = list(zip(owner.tolist(), number.tolist(), strict=True))
    is_grid = level == "grid"
    return Level(
        level,
        (GRID_IDS if is_grid else VILLAGE_IDS) + np.arange(len(owner)),
        [f"{parents.codes[parent]}{n:03d}" for parent, n in numbered],
        [f"第{n:02d}网格" if is_grid else _village_name(parents.names[p], n) for p, n in numbered],
        owner,
        subdivision.split(parents.outlines, owner, x, y),
    )


def _village_name(town: str, number: int) -> str:
    return f"示意{number:02d}{'社区' if _is_street(town) else '村'}"


def ancestors(geography: Geography) -> Mapping[str, tuple[Integers, Integers, Integers]]:
    """Ids of city, county and town of the regions of each level; 0 where there is none."""
    cities, counties, towns = geography.cities, geography.counties, geography.towns
    none = np.zeros
    county_city = cities.ids[counties.parent]
    town_county = counties.ids[towns.parent]
    town_city = county_city[towns.parent]
    village_town = geography.villages.parent
    grid_town = village_town[geography.grids.parent]
    return {
        "province": (none(1, int), none(1, int), none(1, int)),
        "city": (cities.ids, none(len(cities), int), none(len(cities), int)),
        "county": (county_city, counties.ids, none(len(counties), int)),
        "town": (town_city, town_county, towns.ids),
        "village": (town_city[village_town], town_county[village_town], towns.ids[village_town]),
        "grid": (town_city[grid_town], town_county[grid_town], towns.ids[grid_town]),
    }
