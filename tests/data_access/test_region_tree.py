"""The tree of regions: who lies in whom today."""

from typing import Any

import pytest
from sqlalchemy import insert, text

from dashboard.errors import UnknownRegion
from data_access import region_tree, schema
from data_access.database import Database
from data_access.region_tree import Region, RegionTree
from tests.case_builder import COUNTIES, add_regions


def region(region_id: int, level: str, parent: int | None, **more: Any) -> Region:
    values = {
        "id": region_id,
        "code": str(region_id),
        "name": f"区{region_id}",
        "short_name": f"{region_id}",
        "level": level,
        "is_administrative": True,
        "parent_id": parent,
        "city_id": None,
        "county_id": None,
        "sort_order": 0,
        "centre": None,
        "area_km2": None,
    }
    return Region(**(values | more))


ZONE = region(9, "county", 10, is_administrative=False)
TREE = RegionTree(
    [
        region(12, "county", 10, sort_order=2),
        region(11, "county", 10, sort_order=3),
        region(13, "county", 10, sort_order=1),
        ZONE,
        region(8, "county", 20, is_administrative=False, sort_order=-1),
        region(20, "city", 1, sort_order=2),
        region(10, "city", 1, sort_order=1),
        region(21, "county", 20),
        region(30, "county", 1, sort_order=3),
        region(1, "province", None),
        region(2, "province", None, is_administrative=False),
    ]
)


def ids(regions: list[Region]) -> list[int]:
    return [found.id for found in regions]


def test_the_root_is_administrative_and_has_no_parent() -> None:
    assert TREE.root.id == 1


def test_children_stand_in_the_order_of_the_province() -> None:
    assert ids(TREE.children(TREE.root)) == [10, 20, 30]
    assert ids(TREE.children(TREE.by_id[10])) == [13, 12, 11]


def test_counties_are_those_of_the_cities_in_their_order_and_those_without_a_city() -> None:
    assert ids(TREE.counties(TREE.root)) == [13, 12, 11, 21, 30]
    assert ids(TREE.counties(TREE.by_id[21])) == [21]


def test_zones_stand_apart_from_the_counties_in_which_their_cases_count() -> None:
    assert 9 in TREE.by_id
    assert 9 not in ids(TREE.counties(TREE.root))


def test_a_regions_path_leads_to_the_root() -> None:
    assert TREE.path(11) == (11, 10, 1)
    assert TREE.path(1) == (1,)
    assert TREE.path(99) == ()


def test_a_limited_tree_knows_the_regions_above_and_no_others() -> None:
    tree = TREE.limited_to({11, 30})
    assert sorted(tree.by_id) == [1, 10, 11, 30]
    assert ids(tree.counties(tree.root)) == [11, 30]
    assert ids(tree.children(tree.root)) == [10, 30]
    with pytest.raises(UnknownRegion):
        tree.find("12")


def test_a_tree_limited_to_what_is_not_there_is_empty() -> None:
    assert TREE.limited_to({99}).by_id == {}


def test_a_region_is_found_by_code_before_another_by_id() -> None:
    """Identity survives a change of code, so one's id may be another's code."""
    tree = RegionTree(
        [
            region(1, "province", None),
            region(2, "city", 1, code="3"),
            region(3, "city", 1, code="2"),
        ]
    )
    assert tree.find("3").id == 2
    assert tree.find("1").id == 1


def test_a_region_without_code_is_found_by_id() -> None:
    tree = RegionTree([region(1, "province", None), region(7, "county", 1, code=None)])
    assert tree.find("7").id == 7


@pytest.mark.parametrize("code", ["", "33", "None", "330102000", "x"])
def test_an_unknown_code_is_refused_with_a_sentence(code: str) -> None:
    with pytest.raises(UnknownRegion, match="没有代码为"):
        TREE.find(code)


def test_an_empty_database_says_what_to_do() -> None:
    with pytest.raises(UnknownRegion, match="库中尚无区划；请先导入区划（cockpit import regions）"):
        _ = RegionTree([]).root


def test_the_tree_of_the_database_holds_the_counties_of_today(database: Database) -> None:
    with database.write() as connection:
        add_regions(connection)
        connection.execute(
            insert(schema.regions).values(
                id=1,
                code="330102",
                name="原上城区",
                short_name="上城",
                pinyin="sc",
                level="county",
                parent_id=330100,
                city_id=330100,
                valid_from="1990-01-01",
                valid_to="2000-01-01",
            )
        )
        tree = region_tree.load(connection)
    assert ids(tree.counties(tree.root)) == list(COUNTIES)
    assert tree.find("330102").id == 330102
    assert {found.level for found in tree.by_id.values()} == {"province", "city", "county"}
    assert tree.by_id[330102].centre == (120.0 + 330102 % 7 / 10, 30.0)


def test_a_region_without_a_place_has_no_centre(database: Database) -> None:
    with database.write() as connection:
        add_regions(connection)
        connection.execute(text("update regions set centre_lon = null where id = 330102"))
        tree = region_tree.load(connection)
    assert tree.by_id[330102].centre is None
