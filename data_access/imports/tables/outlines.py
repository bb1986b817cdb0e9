"""The kind `outlines`: a set of lines with checksum, datum and 审图号, as the map draws it.

Lines are stored in WGS-84. A 审图号 is bound to the set only if the file is byte for byte the one
that was examined (its SHA-256 is in the mapping), its lines were not converted from another datum
and no others were added to them.
"""

import hashlib
import math

import shapely
from sqlalchemy import Connection, select, text, update

from dashboard.errors import MappingError
from dashboard.heat_cells import KM_PER_DEGREE_LATITUDE, KM_PER_DEGREE_LONGITUDE
from data_access.imports.batches import Batch
from data_access.imports.importing import Published
from data_access.imports.tables.fields import Field, TableKind
from data_access.imports.tables.mapping import GeometrySection, TableMapping
from data_access.schema import geometry_sets, import_batches, regions

ROWS_AT_ONCE = 2_000
UNMOVED = ("WGS-84", "CGCS2000")


def publish(connection: Connection, batch: Batch, mapping: TableMapping) -> Published:
    """A new set of lines, unless the set in use is the very same."""
    section = mapping.geometry
    if section is None:
        raise MappingError("outlines 的映射文件缺少 [geometry] 一节（name、datum）。请补上后重试。")
    before = connection.scalar(text("select max(id) from geometry_sets"))
    if section.completes and before is not None:
        _take_over(connection, batch, before)
    count, checksum = _checksum(connection, batch)
    known = connection.scalar(
        select(geometry_sets.c.id).where(geometry_sets.c.checksum == checksum)
    )
    if known is not None and known == before:
        _bind(connection, batch, section, known, checksum)
        return Published(0, 0, count)
    set_id = int(connection.scalar(text("select coalesce(max(id), 0) + 1 from geometry_sets")) or 1)
    if known is not None:
        # An older set comes again: it becomes the one in use under a new number.
        _renumber(connection, known, set_id)
    else:
        connection.execute(
            geometry_sets.insert().values(
                id=set_id,
                name=section.name,
                origin=mapping.source.name,
                datum="WGS-84",
                checksum=checksum,
            )
        )
        _write(connection, batch, set_id)
    _bind(connection, batch, section, set_id, checksum)
    _complete_regions(connection, set_id)
    return Published(count, 0, 0)


def _take_over(connection: Connection, batch: Batch, before: int) -> None:
    """Outlines of the set in use that the file does not list, after its last line."""
    connection.execute(
        text(
            f"""
            insert into {batch.table} (line, region, outline)
            select (select coalesce(max(line), 0) from {batch.table})
                + row_number() over (order by g.region_id), g.region_id, g.outline
            from region_geometries g
            where g.set_id = :before
              and not exists (select from {batch.table} s where s.region = g.region_id)
            """
        ),
        {"before": before},
    )


def _checksum(connection: Connection, batch: Batch) -> tuple[int, str]:
    """Number of outlines, and SHA-256 over them in the order of their regions."""
    rows = connection.execute(
        text(f"select region, outline from {batch.table} order by region"),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    digest, count = hashlib.sha256(), 0
    for region, outline in rows:
        digest.update(f"{region}:".encode())
        digest.update(outline)
        count += 1
    return count, digest.hexdigest()


def _renumber(connection: Connection, known: int, set_id: int) -> None:
    connection.execute(
        text(
            "insert into geometry_sets select :new, name, origin, datum, checksum || '/former',"
            " null, null from geometry_sets where id = :old"
        ),
        {"new": set_id, "old": known},
    )
    connection.execute(
        text("update region_geometries set set_id = :new where set_id = :old"),
        {"new": set_id, "old": known},
    )
    connection.execute(text("delete from geometry_sets where id = :old"), {"old": known})
    connection.execute(
        text("update geometry_sets set checksum = split_part(checksum, '/', 1) where id = :new"),
        {"new": set_id},
    )


def _write(connection: Connection, batch: Batch, set_id: int) -> None:
    connection.execute(
        text(
            f"""
            insert into region_geometries (set_id, region_id, level, county_id, outline)
            select :set_id, r.id, r.level, r.county_id, s.outline
            from {batch.table} s join regions r on r.id = s.region order by r.id
            """
        ),
        {"set_id": set_id},
    )


def _bind(
    connection: Connection, batch: Batch, section: GeometrySection, set_id: int, checksum: str
) -> None:
    """Note the 审图号, and bind it where the lines are the ones it was given for."""
    examined = section.approved_sha256 or ""
    file_sha256 = connection.scalar(
        select(import_batches.c.file_sha256).where(import_batches.c.id == batch.id)
    )
    is_as_examined = (
        examined.lower() == file_sha256 and section.datum in UNMOVED and not section.completes
    )
    connection.execute(
        update(geometry_sets)
        .where(geometry_sets.c.id == set_id)
        .values(
            approval_number=section.approval_number,
            approved_checksum=checksum if section.approval_number and is_as_examined else None,
        )
    )


def _complete_regions(connection: Connection, set_id: int) -> None:
    """Centre and area of regions that have none, from their outlines."""
    rows = connection.execute(
        text(
            "select r.id, g.outline from region_geometries g join regions r on r.id = g.region_id"
            " where g.set_id = :set_id and (r.centre_lon is null or r.area_km2 is null)"
        ),
        {"set_id": set_id},
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    for region_id, stored in rows:
        outline = shapely.from_wkb(bytes(stored))
        place = outline.representative_point()
        connection.execute(
            update(regions)
            .where(regions.c.id == region_id)
            .values(
                centre_lon=text(f"coalesce(centre_lon, {place.x!r})"),
                centre_lat=text(f"coalesce(centre_lat, {place.y!r})"),
                area_km2=text(f"coalesce(area_km2, {_area_km2(outline)!r})"),
            )
        )


def _area_km2(outline: shapely.Geometry) -> float:
    """On the plane of the heat cells, at the latitude of the outline's middle."""
    latitude = math.radians(outline.centroid.y)
    scale = KM_PER_DEGREE_LATITUDE * KM_PER_DEGREE_LONGITUDE * math.cos(latitude)
    return float(outline.area * scale)


OUTLINES = TableKind(
    name="outlines",
    title="区划界线",
    table="region_geometries",
    fields=(
        Field("region", "区划代码", "region", words=("代码", "编码", "adcode", "code")),
        Field("outline", "界线", "outline", words=("geometry",)),
    ),
    key=("region",),
    publish=publish,
)
