"""Boundary geometry as the browser receives it: compact, immutable, named by its checksum.

Here: turning polygons (longitude and latitude) into short texts, and the document of one map layer.
Not here: reading boundaries from a database, serving them, decoding, projecting or drawing them
(``assets/map_geometry.js``).

Encoding of a ``rings`` text: a stream of unsigned numbers::

    polygons, then for each polygon: rings, then for each ring: points, then dx dy for each point

``dx`` and ``dy`` are zig-zag coded differences from the point before, in steps of ``1 / scale``
degree; they run on across rings, polygons and the regions of a document, whose first starts from
(0, 0). A number is written in groups of five bits, lowest first, one character of the URL-safe
base64 alphabet each, with 32 added to all but the last. (Bytes in base64 would be as long, but
gzip finds less to save in them: 2.07 MB against 1.73 MB for 78,000 grids.)

The first ring of a polygon is its outer one, further rings are holes; a ring's closing point is
left out. Neighbours that share vertices before quantisation share them afterwards, so the browser
finds common borders by equality.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboard.errors import CockpitError

Point = tuple[float, float]
Ring = Sequence[Sequence[float]]
Polygon = Sequence[Ring]

DATUM: Final = "WGS-84"
LEVELS: Final = ("province", "city", "county", "town", "grid")
SCALE: Final = 100_000
"""Steps in a degree: 1e-5 degree is 1.1 m from north to south."""
GRID_SCALE: Final = 20_000
"""Steps in a degree for grids: 5.5 m, finer than a pixel of a wall showing one town."""

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_SHORTEST_RING: Final = 3
_HOISTED: Final = ("level", "parent", "illustrative")


class GeometryError(CockpitError):
    """A boundary can't be encoded; the message names it and what was expected."""


@dataclass(frozen=True, slots=True)
class RegionShape:
    """One region with its outline.

    ``centre`` is where a label or a ring stands, (longitude, latitude) in degrees; without it the
    browser takes the middle of the largest polygon. ``illustrative`` marks outlines that no
    authority has drawn (示意). ``polygons`` may be empty for a region that is only named, such as a
    city whose outline follows from its counties.
    """

    id: int
    code: str
    name: str
    level: str
    parent: int | None
    centre: Point | None
    polygons: Sequence[Polygon]
    illustrative: bool = False


def polygons_of(geometry: Mapping[str, Any]) -> list[Polygon]:
    """Return the polygons of a GeoJSON Polygon or MultiPolygon.

    Raises GeometryError for any other type.
    """
    kind = geometry.get("type")
    if kind == "Polygon":
        return [geometry["coordinates"]]
    if kind == "MultiPolygon":
        return list(geometry["coordinates"])
    raise GeometryError(f"边界类型为 {kind!r},应为 Polygon 或 MultiPolygon,请检查边界文件")


def geometry_document(shapes: Iterable[RegionShape], scale: int = SCALE) -> bytes:
    """Return the JSON bytes of one map layer, the same for the same shapes.

    ``{"datum", "scale", "shared", "regions": [{"id", "code", "name", "level", "parent", "centre",
    "illustrative", "rings"}, ...]}``. ``centre`` is in degrees to five places. What a key would say
    alike for every region (level, parent, illustrative) stands once, in ``shared``; keys that say
    nothing (no name, no parent, no centre, not illustrative) are left out. Leave grids unnamed:
    names are an eighth of their bytes, and no wall prints them.

    Raises GeometryError when a level is unknown.
    """
    pen = _Pen(scale)
    rows = [_region_row(shape, pen) for shape in shapes]
    shared = _hoisted(rows)
    document = {"datum": DATUM, "scale": scale, "shared": shared, "regions": rows}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def checksum(document: bytes) -> str:
    """Return the 16 hex digits that stand in the document's address (SHA-256, shortened)."""
    return hashlib.sha256(document).hexdigest()[:16]


def geometry_url(region_id: int, document_checksum: str, layer: str) -> str:
    """Return the path under which the browser asks for a layer: counties, towns or grids."""
    return f"/geometry/{region_id}/{document_checksum}/{layer}.json"


class _Pen:
    """Writes outlines one after another, each from where the last one ended."""

    def __init__(self, scale: int) -> None:
        self._scale = scale
        self._x = self._y = 0

    def write(self, polygons: Iterable[Polygon]) -> str:
        kept = [rings for polygon in polygons if (rings := _quantised(polygon, self._scale))]
        return "".join(map(_number_text, self._numbers(kept)))

    def _numbers(self, polygons: list[list[list[tuple[int, int]]]]) -> Iterator[int]:
        yield len(polygons)
        for rings in polygons:
            yield len(rings)
            for ring in rings:
                yield len(ring)
                for x, y in ring:
                    yield _zigzag(x - self._x)
                    yield _zigzag(y - self._y)
                    self._x, self._y = x, y


def _region_row(shape: RegionShape, pen: _Pen) -> dict[str, Any]:
    if shape.level not in LEVELS:
        raise GeometryError(
            f"区划 {shape.code} {shape.name} 的层级为 {shape.level!r},应为 {'、'.join(LEVELS)} 之一"
        )
    row: dict[str, Any] = {"id": shape.id, "code": shape.code, "level": shape.level}
    if shape.name:
        row["name"] = shape.name
    if shape.parent is not None:
        row["parent"] = shape.parent
    if shape.centre is not None:
        row["centre"] = [round(degrees, 5) for degrees in shape.centre]
    if shape.illustrative:
        row["illustrative"] = True
    row["rings"] = pen.write(shape.polygons)
    return row


def _hoisted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Take out of ``rows`` what they all say alike, and return it."""
    shared = {}
    for key in _HOISTED:
        values = {row.get(key) for row in rows}
        if len(values) == 1 and None not in values:
            shared[key] = values.pop()
            for row in rows:
                del row[key]
    return shared


def _quantised(polygon: Polygon, scale: int) -> list[list[tuple[int, int]]]:
    rings = [_quantised_ring(ring, scale) for ring in polygon]
    if not rings or len(rings[0]) < _SHORTEST_RING:
        return []
    return [ring for ring in rings if len(ring) >= _SHORTEST_RING]


def _quantised_ring(ring: Ring, scale: int) -> list[tuple[int, int]]:
    points: list[tuple[int, int]] = []
    for longitude, latitude, *_ in ring:
        point = (round(longitude * scale), round(latitude * scale))
        if not points or points[-1] != point:
            points.append(point)
    while len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return points


def _zigzag(number: int) -> int:
    return number * 2 if number >= 0 else -number * 2 - 1


def _number_text(number: int) -> str:
    characters = []
    while number >= 32:
        characters.append(_ALPHABET[number & 31 | 32])
        number >>= 5
    characters.append(_ALPHABET[number])
    return "".join(characters)
