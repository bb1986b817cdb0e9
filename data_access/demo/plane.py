"""Areas and distances of outlines in degrees, as arithmetic on their vertices.

Distances are taken on the plane of `dashboard.heat_cells` (kilometres around the demo's origin),
areas on the ellipsoid WGS-84.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from dashboard.heat_cells import KM_PER_DEGREE_LATITUDE, KM_PER_DEGREE_LONGITUDE, Origin

ORIGIN: Final = Origin(120.0, 29.0)
KM_PER_LONGITUDE: Final = KM_PER_DEGREE_LONGITUDE * float(np.cos(np.radians(ORIGIN.latitude)))
SEMI_MAJOR_KM: Final = 6378.137
ECCENTRICITY: Final = 0.0818191908426215

Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[Any]


def to_plane(degrees: Floats) -> Floats:
    """(longitude, latitude) rows as (east, north) in km."""
    return (degrees - np.array(ORIGIN)) * (KM_PER_LONGITUDE, KM_PER_DEGREE_LATITUDE)


def to_degrees(plane: Floats) -> Floats:
    """The inverse of `to_plane`."""
    return plane / (KM_PER_LONGITUDE, KM_PER_DEGREE_LATITUDE) + np.array(ORIGIN)


def areas_km2(outlines: Geometries) -> Floats:
    """Area of each outline (degrees) on the ellipsoid.

    On the cylindrical equal-area projection, y = q(latitude) * a / 2 (Snyder, Map Projections: A
    Working Manual, equations 3-12 and 10-15); edges count as straight there.
    """
    projected = shapely.transform(outlines, _equal_area)
    areas: Floats = shapely.area(projected)
    return areas


def _equal_area(degrees: Floats) -> Floats:
    e = ECCENTRICITY
    sine = np.sin(np.radians(degrees[:, 1]))
    q = (1 - e**2) * (
        sine / (1 - e**2 * sine**2) - np.log((1 - e * sine) / (1 + e * sine)) / (2 * e)
    )
    x = np.radians(degrees[:, 0] - ORIGIN.longitude)
    return SEMI_MAJOR_KM * np.stack([x, q / 2], axis=1)


def inner_points(outlines: Geometries) -> Floats:
    """One (x, y) inside each outline: its centroid, or where that lies outside, some inner point."""
    centroids = shapely.centroid(outlines)
    inside = shapely.contains(outlines, centroids)
    points = np.where(inside, centroids, shapely.point_on_surface(outlines))
    return np.asarray(shapely.get_coordinates(points), dtype=float)


def distances_to_border_km(outlines: Geometries, degrees: Floats) -> Floats:
    """Distance of each point (degrees) to the border of its outline (degrees)."""
    borders = shapely.boundary(shapely.transform(outlines, to_plane))
    distances: Floats = shapely.distance(borders, shapely.points(to_plane(degrees)))
    return distances
