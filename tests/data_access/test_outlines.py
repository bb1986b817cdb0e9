"""Outlines as documents of the browser, and the 审图号 that belongs to exactly these lines."""

import json

import pytest
import shapely
from sqlalchemy import Connection, insert, text

from dashboard.errors import UnknownRegion
from data_access import outlines, region_tree, schema
from data_access.database import Database
from tests.case_builder import COUNTIES, add_regions, grid_of

CHECKSUM = "a1b2c3d4e5f60718" + "0" * 48
KEY = CHECKSUM[:16]


def add_outlines(connection: Connection, set_id: int = 1, checksum: str = CHECKSUM) -> None:
    """Squares: one a county, its town and its two grids."""
    add_regions(connection)
    connection.execute(
        insert(schema.geometry_sets),
        [
            {
                "id": set_id,
                "name": "测试",
                "origin": "test",
                "datum": "WGS-84",
                "checksum": checksum,
                "approval_number": "浙S(2026)1号",
                "approved_checksum": checksum,
            }
        ],
    )
    shapes = []
    for n, county in enumerate(COUNTIES):
        for level, region_id, width in (
            ("county", county, 1.0),
            ("town", county * 1000 + 1, 0.9),
            ("grid", grid_of(county, 1), 0.4),
            ("grid", grid_of(county, 2), 0.4),
        ):
            square = shapely.box(120 + n, 30, 120 + n + width, 30 + width)
            shapes.append(
                {
                    "set_id": set_id,
                    "region_id": region_id,
                    "level": level,
                    "county_id": county,
                    "outline": shapely.to_wkb(square),
                }
            )
    connection.execute(insert(schema.region_geometries), shapes)


@pytest.fixture
def connection(database: Database):
    with database.write() as connection:
        add_outlines(connection)
        yield connection


def document(connection: Connection, region_id: int, layer: str, key: str = KEY) -> str:
    tree = region_tree.load(connection)
    return outlines.document(connection, tree, tree.by_id[region_id], layer, key).decode()


def test_a_database_without_lines_has_no_set(database: Database) -> None:
    with database.read() as connection:
        assert outlines.current_set(connection) is None


def test_the_approval_number_holds_while_the_lines_are_those_examined(connection) -> None:
    found = outlines.current_set(connection)
    assert found is not None
    assert (found.key, found.datum, found.approval_number) == (KEY, "WGS-84", "浙S(2026)1号")


@pytest.mark.parametrize(
    "change",
    [
        "checksum = 'other'",
        "approved_checksum = 'other'",
        "approved_checksum = null",
        "approval_number = null",
    ],
)
def test_lines_that_were_not_examined_have_no_approval_number(connection, change: str) -> None:
    connection.execute(text(f"update geometry_sets set {change}"))
    found = outlines.current_set(connection)
    assert found is not None
    assert found.approval_number is None


def test_the_newest_set_is_in_use_and_the_old_address_is_refused(connection) -> None:
    connection.execute(
        text(
            "insert into geometry_sets (id, name, origin, datum, checksum)"
            " values (2, 'neu', 'test', 'WGS-84', 'ffff000011112222x')"
        )
    )
    assert outlines.current_set(connection).key == "ffff000011112222"
    with pytest.raises(UnknownRegion, match="请刷新页面"):
        document(connection, 330000, "counties")


@pytest.mark.parametrize(
    ("layer", "key"), [("villages", KEY), ("counties", "0" * 16), ("", KEY), ("counties", CHECKSUM)]
)
def test_unknown_layers_and_lines_are_refused(connection, layer: str, key: str) -> None:
    with pytest.raises(UnknownRegion, match="没有界线图层"):
        document(connection, 330000, layer, key)


def test_the_counties_of_a_province_come_with_their_cities(connection) -> None:
    text_of = document(connection, 330000, "counties")
    json.loads(text_of)
    for county in COUNTIES:
        assert f"县{county}" in text_of
    assert "杭州市" in text_of
    assert "宁波市" in text_of


def test_a_city_has_its_own_counties_and_no_others(connection) -> None:
    text_of = document(connection, 330100, "counties")
    assert "县330102" in text_of
    assert "县330203" not in text_of
    assert "宁波市" not in text_of


def test_towns_of_a_county_are_its_own(connection) -> None:
    text_of = document(connection, 330102, "towns")
    assert "镇330102" in text_of
    assert "镇330106" not in text_of


def test_grids_come_without_names_and_centres(connection) -> None:
    text_of = document(connection, 330102, "grids")
    assert "网格" not in text_of
    assert '"centre"' not in text_of
    assert '"centre"' in document(connection, 330102, "towns")
    assert str(grid_of(330102, 2)) in text_of
    assert str(grid_of(330106, 1)) not in text_of


def test_the_same_lines_make_the_same_bytes(connection) -> None:
    """The browser keeps them for ever under the checksum."""
    assert document(connection, 330000, "counties") == document(connection, 330000, "counties")
