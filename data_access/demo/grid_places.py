"""Where the demo's cases happen: every grid as arrays, with its ancestors, place and share.

Here: what the writers of cases draw from. Not here: outlines and names (`geography`), the cases.
`of` takes it from a built geography, `from_database` from a loaded one; both give equal arrays.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import Connection, select

from dashboard.heat_cells import KM_PER_DEGREE_LATITUDE, KM_PER_DEGREE_LONGITUDE, Origin
from data_access.demo import geography, population
from data_access.schema import population as population_table
from data_access.schema import region_geometries, regions

ORIGIN = Origin(120.0, 29.0)
"""Of the heat cells, and of the plane on which radii are measured."""
KM_PER_LONGITUDE = KM_PER_DEGREE_LONGITUDE * float(np.cos(np.radians(ORIGIN.latitude)))
# A place may be this share of the way to the border; the rest covers rounding.
SAFE_SHARE = 0.9
# Six decimals of a degree: 0.1 m.
DECIMALS = 6
# Spread of the incidents per resident between the grids of one county (sigma of the logarithm).
GRID_SPREAD = 0.6

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[Any]


@dataclass(frozen=True)
class GridPlaces:
    """Arrays of one length per level, each level in the order of its ids.

    `grid_lon` and `grid_lat` are a point inside the grid in degrees. A place within
    `grid_radius_km` of it lies in the grid too, on the plane with `KM_PER_LONGITUDE` and
    `KM_PER_DEGREE_LATITUDE` km to a degree. `grid_weight` is the grid's share of all incidents.
    """

    grid_id: Integers
    grid_village: Integers
    grid_town: Integers
    grid_county: Integers
    grid_city: Integers
    grid_lon: Floats
    grid_lat: Floats
    grid_radius_km: Floats
    grid_weight: Floats
    town_ids: Integers
    town_county: Integers
    county_ids: Integers
    county_city: Integers
    county_population: Integers


def of(built: geography.Geography) -> GridPlaces:
    """The grids of a geography; about half a second."""
    counties, towns, grids = built.counties, built.towns, built.grids
    city, county, town = geography.ancestors(built)["grid"]
    residents = population.residents_today()
    county_residents = np.array([residents[code] for code in counties.codes])
    points = inner_points(grids.outlines)
    return GridPlaces(
        grid_id=grids.ids,
        grid_village=built.villages.ids[grids.parent],
        grid_town=town,
        grid_county=county,
        grid_city=city,
        grid_lon=points[:, 0],
        grid_lat=points[:, 1],
        grid_radius_km=_radii_km(grids.outlines, points),
        grid_weight=_weights(county, counties.ids, county_residents),
        town_ids=towns.ids,
        town_county=counties.ids[towns.parent],
        county_ids=counties.ids,
        county_city=built.cities.ids[counties.parent],
        county_population=county_residents,
    )


def from_database(connection: Connection) -> GridPlaces:
    """The same from a database that `reference_loader.load_reference` filled."""
    listed = _listed(connection)
    counties, towns = listed["county"], listed["town"]
    grids = _grids(connection)
    residents = _residents(connection)
    county_residents = np.array([residents[county] for county in counties["id"].tolist()])
    points = np.column_stack([grids["centre_lon"], grids["centre_lat"]]).astype(float)
    county = grids["county_id"].astype(np.int64)
    return GridPlaces(
        grid_id=grids["id"].astype(np.int64),
        grid_village=grids["parent_id"].astype(np.int64),
        grid_town=grids["town_id"].astype(np.int64),
        grid_county=county,
        grid_city=grids["city_id"].astype(np.int64),
        grid_lon=points[:, 0],
        grid_lat=points[:, 1],
        grid_radius_km=_radii_km(shapely.from_wkb(grids["outline"]), points),
        grid_weight=_weights(county, counties["id"], county_residents),
        town_ids=towns["id"],
        town_county=towns["county_id"],
        county_ids=counties["id"],
        county_city=counties["city_id"],
        county_population=county_residents,
    )


def inner_points(outlines: Geometries) -> Floats:
    """(longitude, latitude) inside each outline: its centroid, or some point where that is not."""
    centroids = shapely.centroid(outlines)
    inside = shapely.contains(outlines, centroids)
    points = np.where(inside, centroids, shapely.point_on_surface(outlines))
    rounded: Floats = shapely.get_coordinates(points).round(DECIMALS)
    return rounded


def _radii_km(outlines: Geometries, points: Floats) -> Floats:
    """Safe distance from each point: never beyond the border of its outline."""
    borders = shapely.boundary(shapely.transform(outlines, _to_plane))
    radii: Floats = SAFE_SHARE * shapely.distance(borders, shapely.points(_to_plane(points)))
    return radii


def _to_plane(degrees: Floats) -> Floats:
    plane: Floats = (degrees - np.array(ORIGIN)) * (KM_PER_LONGITUDE, KM_PER_DEGREE_LATITUDE)
    return plane


def _weights(grid_county: Integers, county_ids: Integers, residents: Integers) -> Floats:
    """Shares of all incidents: a county's by its residents, spread unevenly over its grids."""
    uneven = np.random.default_rng(geography.SEED).lognormal(0, GRID_SPREAD, len(grid_county))
    county = np.searchsorted(county_ids, grid_county)
    in_county = np.bincount(county, uneven)
    shares: Floats = (residents / residents.sum() / in_county)[county] * uneven
    return shares


def _listed(connection: Connection) -> dict[str, dict[str, Integers]]:
    """Current administrative counties and towns: arrays of id, city_id and county_id."""
    columns = (regions.c.id, regions.c.city_id, regions.c.county_id)
    return {
        level: {
            name: values.astype(np.int64)
            for name, values in _columns(
                connection,
                select(*columns)
                .where(
                    regions.c.level == level,
                    regions.c.is_administrative,
                    regions.c.valid_to.is_(None),
                )
                .order_by(regions.c.id),
            ).items()
        }
        for level in ("county", "town")
    }


def _grids(connection: Connection) -> dict[str, npt.NDArray[Any]]:
    return _columns(
        connection,
        select(
            regions.c.id,
            regions.c.parent_id,
            regions.c.town_id,
            regions.c.county_id,
            regions.c.city_id,
            regions.c.centre_lon,
            regions.c.centre_lat,
            region_geometries.c.outline,
        )
        .join(region_geometries, region_geometries.c.region_id == regions.c.id)
        .where(regions.c.level == "grid", regions.c.valid_to.is_(None))
        .order_by(regions.c.id),
    )


def _residents(connection: Connection) -> dict[int, int]:
    """Residents by region; the newest figure of each."""
    rows = connection.execute(
        select(population_table.c.region_id, population_table.c.residents).order_by(
            population_table.c.counted_on
        )
    )
    return {row.region_id: row.residents for row in rows}


def _columns(connection: Connection, statement: Any) -> dict[str, npt.NDArray[Any]]:
    """A result by column, as arrays of objects."""
    result = connection.execute(statement)
    names = list(result.keys())
    rows = result.all()
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {
        name: np.array(column, dtype=object) for name, column in zip(names, columns, strict=True)
    }
