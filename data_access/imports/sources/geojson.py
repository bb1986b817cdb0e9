"""GeoJSON feature collections: one row a feature, its properties as columns, and its geometry.

Features are taken one by one from the text, so memory is bounded by the largest of them. The
geometry is a column named `geometry`, as GeoJSON text; coordinates are longitude and latitude.
"""

import codecs
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_access.imports.sources.delimited import open_bytes
from data_access.imports.sources.file_bytes import Broken, readable, sha256_of
from data_access.imports.sources.rows import RawChunk, SourceFacts, as_text, positions

GEOMETRY = "geometry"
BLOCK = 1 << 20
# Features looked through for the names of properties.
FEATURES_FOR_HEADER = 200


class GeoJsonFile:
    """A FeatureCollection, plain or gzip; features are counted from 1."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return self._path.name

    def header(self) -> list[str]:
        """Names of the properties of the first features, and `geometry`; see `rows.Source`."""
        names: dict[str, None] = {}
        for feature in itertools.islice(self._features(), FEATURES_FOR_HEADER):
            names |= dict.fromkeys(feature.get("properties") or {})
        return [*names, GEOMETRY]

    def facts(self, wanted: list[str]) -> SourceFacts:
        """Checksum of the file, number of features; see `rows.Source`."""
        positions(self.name, self.header(), wanted)
        with readable(self._path, "GeoJSON", ValueError):
            return SourceFacts(sha256_of(self._path), sum(1 for _ in self._features()))

    def chunks(self, wanted: list[str], *, after_line: int, size: int) -> Iterator[RawChunk]:
        """Features by their number from 1; see `rows.Source`."""
        features = itertools.islice(self._features(), after_line, None)
        line = after_line
        while taken := list(itertools.islice(features, size)):
            columns = {name: [_text(feature, name) for feature in taken] for name in wanted}
            lines = list(range(line + 1, line + len(taken) + 1))
            line += len(taken)
            yield RawChunk(lines, columns, line, width=len(wanted))

    def _features(self) -> Iterator[dict[str, Any]]:
        with (
            readable(self._path, "GeoJSON", ValueError, EOFError),
            open_bytes(self._path) as stored,
        ):
            yield from _features_in(_texts_of(stored))


def _text(feature: dict[str, Any], name: str) -> str:
    if name == GEOMETRY:
        geometry = feature.get(GEOMETRY)
        return "" if geometry is None else json.dumps(geometry, separators=(",", ":"))
    return as_text((feature.get("properties") or {}).get(name))


def _texts_of(stored: Any) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    while block := stored.read(BLOCK):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _features_in(blocks: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Features of the array `features`, whatever stands before it.

    Raises:
        Broken: there is no such array, or it ends in the middle.
    """
    decoder = json.JSONDecoder()
    held = ""
    for block in blocks:
        held += block
        begin = held.find('"features"')
        if begin >= 0 and (bracket := held.find("[", begin)) >= 0:
            held = held[bracket + 1 :]
            break
    else:
        raise Broken("没有 features 数组")
    while True:
        held = held.lstrip(" \t\r\n,")
        if held.startswith("]"):
            return
        try:
            feature, end = decoder.raw_decode(held)
        except ValueError:
            block = next(blocks, "")
            if not block:
                raise Broken("features 数组没有结尾") from None
            held += block
            continue
        if not isinstance(feature, dict):
            raise Broken("features 中有不是对象的内容")
        yield feature
        held = held[end:]
