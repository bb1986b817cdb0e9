"""Outlines for the map, as the immutable documents the browser caches, and their examination.

The encoding stands in `dashboard.geometry`. A 审图号 counts only while the lines are the ones it
was given for: it is bound to the checksum of the set.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import shapely
from sqlalchemy import Connection, select

from dashboard.errors import UnknownRegion
from dashboard.geometry import GRID_SCALE, SCALE, RegionShape, geometry_document, polygons_of
from data_access.region_tree import Region, RegionTree
from data_access.schema import geometry_sets, region_geometries, regions

Layer = Literal["counties", "towns", "grids"]
LEVEL_OF_LAYER: dict[str, str] = {"counties": "county", "towns": "town", "grids": "grid"}


@dataclass(frozen=True, slots=True)
class OutlineSet:
    """The set of lines in use: checksum, datum, and the 审图号 if it is bound to these lines."""

    id: int
    checksum: str
    datum: str
    approval_number: str | None

    @property
    def key(self) -> str:
        """Short form of the checksum, part of the address of each layer."""
        return self.checksum[:16]


def current_set(connection: Connection) -> OutlineSet | None:
    """The newest set of lines; None when the database has no geometry."""
    row = connection.execute(
        select(geometry_sets).order_by(geometry_sets.c.id.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    bound = row.approval_number if row.approved_checksum == row.checksum else None
    return OutlineSet(row.id, row.checksum, row.datum, bound)


def document(
    connection: Connection, tree: RegionTree, region: Region, layer: str, checksum: str
) -> bytes:
    """One map layer of a region: its counties (with their cities), towns or grids.

    Raises:
        UnknownRegion: no such layer, or the lines are not (or no longer) those of the checksum.
    """
    outline_set = current_set(connection)
    if layer not in LEVEL_OF_LAYER or outline_set is None or outline_set.key != checksum:
        raise UnknownRegion(f"没有界线图层 {layer}({checksum});请刷新页面以取得现行界线。")
    counties = [county.id for county in tree.counties(region)]
    rows = connection.execute(
        select(
            regions.c.id,
            regions.c.code,
            regions.c.short_name,
            regions.c.level,
            regions.c.parent_id,
            regions.c.centre_lon,
            regions.c.centre_lat,
            regions.c.is_illustrative,
            region_geometries.c.outline,
        )
        .join(regions, regions.c.id == region_geometries.c.region_id)
        .where(
            region_geometries.c.set_id == outline_set.id,
            region_geometries.c.level == LEVEL_OF_LAYER[layer],
            region_geometries.c.county_id.in_(counties),
        )
        .order_by(regions.c.id)
    )
    shapes = [_shape(row) for row in rows]
    if layer == "counties":
        shapes += _cities(tree, shapes)
    return geometry_document(shapes, GRID_SCALE if layer == "grids" else SCALE)


def _shape(row: Any) -> RegionShape:
    outline = shapely.from_wkb(row.outline)
    # No screen prints names, villages or centres of grids: they would be a third of the bytes.
    is_grid = row.level == "grid"
    return RegionShape(
        id=row.id,
        code=row.code or str(row.id),
        name="" if is_grid else row.short_name,
        level=row.level,
        parent=None if is_grid else row.parent_id,
        centre=None if is_grid or row.centre_lon is None else (row.centre_lon, row.centre_lat),
        polygons=polygons_of(outline.__geo_interface__),
        illustrative=row.is_illustrative,
    )


def _cities(tree: RegionTree, counties: Iterable[RegionShape]) -> list[RegionShape]:
    """The counties' cities without outline: their names, codes and places for labels."""
    ids = dict.fromkeys(county.parent for county in counties if county.parent is not None)
    return [
        RegionShape(
            id=city.id,
            code=city.code or str(city.id),
            name=city.short_name,
            level=city.level,
            parent=city.parent_id,
            centre=city.centre,
            polygons=(),
        )
        for city in (tree.by_id[region_id] for region_id in ids if region_id in tree.by_id)
    ]
