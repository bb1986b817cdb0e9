"""Reading a geometry document back: the Python twin of the browser's decoder.

The form is described in `dashboard.geometry`.
"""

import json
from collections.abc import Iterator

from dashboard.geometry import Point, RegionShape

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def decode_document(document: bytes) -> list[RegionShape]:
    """Return the regions of a ``geometry_document``, with open rings."""
    content = json.loads(document)
    rows = [content["shared"] | row for row in content["regions"]]
    outlines = _decoded([row["rings"] for row in rows], content["scale"])
    return [
        RegionShape(
            id=row["id"],
            code=row["code"],
            name=row.get("name", ""),
            level=row["level"],
            parent=row.get("parent"),
            centre=tuple(row["centre"]) if "centre" in row else None,
            polygons=polygons,
            illustrative=row.get("illustrative", False),
        )
        for row, polygons in zip(rows, outlines, strict=True)
    ]


def _decoded(texts: list[str], scale: int) -> list[list[list[list[Point]]]]:
    position = [0, 0]
    outlines = []
    for text in texts:
        numbers = _numbers_of(text)
        outlines.append(_polygons_from(numbers, position, scale))
        assert next(numbers, None) is None, "the text goes on behind its last point"
    return outlines


def _polygons_from(
    numbers: Iterator[int], position: list[int], scale: int
) -> list[list[list[Point]]]:
    polygons = []
    for _ in range(next(numbers)):
        rings = []
        for _ in range(next(numbers)):
            ring = []
            for _ in range(next(numbers)):
                position[0] += _unzigzag(next(numbers))
                position[1] += _unzigzag(next(numbers))
                ring.append((position[0] / scale, position[1] / scale))
            rings.append(ring)
        polygons.append(rings)
    return polygons


def _unzigzag(number: int) -> int:
    return number >> 1 if number & 1 == 0 else -(number >> 1) - 1


def _numbers_of(text: str) -> Iterator[int]:
    number = shift = 0
    for character in text:
        value = ALPHABET.index(character)
        number |= (value & 31) << shift
        if value & 32:
            shift += 5
        else:
            yield number
            number = shift = 0
    assert not shift, "the text ends within a number"
