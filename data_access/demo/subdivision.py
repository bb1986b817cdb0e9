"""Invented outlines inside real ones: Voronoi cells of seeded points, clipped to their parent.

Pure geometry on arrays: how many children a polygon gets and what they are called stands in
`geography`.
"""

import numpy as np
import numpy.typing as npt
import shapely

Geometries = npt.NDArray[np.object_]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Candidates drawn per wanted point where points are spread out by distance.
CANDIDATES = 12


def random_points(
    polygons: Geometries, owner: Integers, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """One point inside `polygons[owner[i]]` for each i, uniform over its area."""
    shapely.prepare(polygons)
    west, south, east, north = shapely.bounds(polygons).T
    x, y = np.empty(len(owner)), np.empty(len(owner))
    missing = np.arange(len(owner))
    while missing.size:
        into = owner[missing]
        x[missing] = west[into] + generator.random(missing.size) * (east - west)[into]
        y[missing] = south[into] + generator.random(missing.size) * (north - south)[into]
        missing = missing[~shapely.contains_xy(polygons[into], x[missing], y[missing])]
    return x, y


def split(polygons: Geometries, owner: Integers, x: Floats, y: Floats) -> Geometries:
    """The cell of each point within `polygons[owner[i]]`; a polygon's cells add up to it.

    Args:
        owner: index of the polygon each point lies in, in ascending order.
    """
    single = np.bincount(owner, minlength=len(polygons)) == 1
    cells = polygons[owner].copy()
    shared = np.flatnonzero(~single[owner])
    if not shared.size:
        return cells
    parents, first = np.unique(owner[shared], return_index=True)
    points = shapely.points(x[shared], y[shared])
    sites = shapely.multipoints(points, indices=np.searchsorted(parents, owner[shared]))
    diagrams = shapely.voronoi_polygons(sites, extend_to=polygons[parents], ordered=True)
    parts, of = shapely.get_parts(diagrams, return_index=True)
    assert first.size == diagrams.size and parts.size == shared.size
    clipped = shapely.intersection(parts, polygons[parents][of])
    cells[shared] = _areas_only(clipped)
    return cells


def spread_points(
    polygon: shapely.Geometry,
    centre: tuple[float, float],
    central: int,
    count: int,
    generator: np.random.Generator,
) -> tuple[Floats, Floats]:
    """`count` points well apart in the polygon, the first `central` of them near the centre.

    So the cells of streets (街道) come out small and together, those of towns large around them.
    """
    polygons = np.array([polygon], dtype=object)
    x, y = random_points(polygons, np.zeros(CANDIDATES * count, dtype=np.int64), generator)
    order = np.argsort(np.hypot(x - centre[0], y - centre[1]))
    x, y = x[order], y[order]
    # Streets take half the area that their number would give them, unless they are all there is.
    share = central if central == count else max(central / 2, 1)
    near = int(CANDIDATES * share) if central else 0
    chosen = [*_apart(x[:near], y[:near], central)]
    chosen += [near + index for index in _apart(x[near:], y[near:], count - central)]
    return x[chosen], y[chosen]


def areas_km2(geometries: Geometries) -> Floats:
    """Areas on the WGS-84 ellipsoid, in square kilometres.

    Measured in the cylindrical equal-area projection of the ellipsoid: x = a λ, y = a q(φ) / 2
    with q of Snyder, Map Projections: A Working Manual (USGS 1395, 1987), equation 3-12.
    """
    projected = shapely.transform(geometries, _equal_area)
    areas: Floats = shapely.area(projected)
    return areas


SEMI_MAJOR_KM = 6378.137
ECCENTRICITY = 0.0818191908426215


def _equal_area(lonlat: Floats) -> Floats:
    e = ECCENTRICITY
    sine = np.sin(np.radians(lonlat[:, 1]))
    q = (1 - e**2) * (
        sine / (1 - (e * sine) ** 2) - np.log((1 - e * sine) / (1 + e * sine)) / (2 * e)
    )
    return np.column_stack([SEMI_MAJOR_KM * np.radians(lonlat[:, 0]), SEMI_MAJOR_KM * q / 2])


def _apart(x: Floats, y: Floats, count: int) -> list[int]:
    """Indexes of points each as far as possible from those before it (farthest-point sampling)."""
    if not count:
        return []
    chosen = [0]
    distance = np.hypot(x - x[0], y - y[0])
    while len(chosen) < count:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.hypot(x - x[chosen[-1]], y - y[chosen[-1]]))
    return chosen


def _areas_only(geometries: Geometries) -> Geometries:
    """Intersections without the points and lines where a cell only touches its parent."""
    mixed = np.flatnonzero(
        shapely.get_type_id(geometries) == shapely.GeometryType.GEOMETRYCOLLECTION
    )
    for index in mixed:
        parts = [p for p in shapely.get_parts(geometries[index]) if shapely.get_dimensions(p) == 2]
        geometries[index] = shapely.union_all(parts)
    return geometries
