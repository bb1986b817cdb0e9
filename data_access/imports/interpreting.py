"""Giving the texts of a chunk of cases their meaning: instants, regions, classes, coordinates.

Everything is columnwise and nothing is refused here: what could not be understood is marked in a
mask beside the value, and `checks` turns masks into findings.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_access.imports import datums
from data_access.imports.case_mapping import (
    SAME_PLACE,
    CaseMapping,
    ClassRule,
    HolderRule,
    LocationRule,
)
from data_access.imports.mapping import RegionSpelling
from data_access.imports.region_outlines import RegionOutlines
from data_access.imports.sources.rows import RawChunk
from data_access.imports.times import Mask, Times, read_times

# Places are written in fewer ways; what a column of other texts holds is not kept for ever.
TEXTS_REMEMBERED = 100_000

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]

PAIR = re.compile(r"\s*[(\[（]?\s*([^,，;；\s]+)\s*[,，;；\s]\s*([^,，;；\s)\]）]+)\s*[)\]）]?\s*")


@dataclass
class Coded:
    """One translated column of few different texts.

    Row i has the code `codes[index[i]]`, which may be None; `is_unknown` marks the rows whose text
    no table lists, `is_empty` those without one.
    """

    column: str
    text: list[str]
    index: Indexes
    codes: list[Any]
    is_unknown: Mask
    is_empty: Mask

    def where(self, holds: Callable[[Any], bool]) -> Mask:
        """Rows for whose code this holds."""
        return by_word((holds(code) for code in self.codes), self.index)


@dataclass
class Locations:
    """Coordinates in degrees of WGS-84, NaN where there is none that can be used."""

    columns: str
    text: list[str]
    lon: Floats
    lat: Floats
    is_unreadable: Mask
    is_swapped: Mask
    is_outside: Mask
    is_elsewhere: Mask


@dataclass
class Interpretation:
    """The understood columns of one chunk; every array has one entry a row."""

    lines: list[int]
    # Column of the file -> texts without surrounding blanks.
    texts: dict[str, list[str]]
    # Where the rows come from, and what of it are no rows.
    raw: RawChunk
    case_column: str
    times: dict[str, Times]
    region: Coded
    # The region lies in no county and is none.
    is_above_county: Mask
    classes: Coded
    channel: Coded | None
    holder: Coded | None
    centre: Coded | None
    status: Coded | None
    choices: dict[str, Coded]
    locations: Locations | None

    # Column -> rows whose text was not understood by any table or format; None: all of them.
    unexplained: dict[str, list[int] | None]
    # None of the texts holds a sign that it could not be read.
    is_clean: bool = False
    _joined: dict[str, str] = field(default_factory=dict)

    @property
    def case_no(self) -> list[str]:
        return self.texts[self.case_column]

    def joined(self, column: str) -> str:
        """All texts of a column in one, to look for a sign in."""
        if column not in self._joined:
            self._joined[column] = "\n".join(self.texts[column])
        return self._joined[column]


class Interpreter:
    """Understands chunks by one mapping. `known_regions` are the codes that a region may have,
    `without_county` those of them in which no case can lie.
    """

    def __init__(
        self,
        mapping: CaseMapping,
        known_regions: frozenset[str],
        outlines: RegionOutlines | None = None,
        without_county: frozenset[str] = frozenset(),
    ) -> None:
        self._mapping = mapping
        self._region_code = region_reader(mapping.region, known_regions)
        self._outlines = outlines
        self._without_county = without_county

    def interpret(self, raw: RawChunk) -> Interpretation:
        mapping = self._mapping
        texts = raw.trimmed()
        region = self._regions(texts[mapping.region.column])
        found = Interpretation(
            lines=raw.lines,
            texts=texts,
            raw=raw,
            case_column=mapping.columns.case_no,
            times={
                name: read_times(column, texts[column], mapping.times, mapping.database.zone)
                for name, column in mapping.columns.times().items()
            },
            region=region,
            is_above_county=region.where(self._without_county.__contains__),
            classes=_classes(texts, mapping.classes),
            channel=_channel(texts, mapping),
            holder=_held(texts, mapping.holder) if mapping.holder else None,
            centre=_held(texts, mapping.centre) if mapping.centre else None,
            status=_status(texts, mapping),
            choices={
                name: translated(texts[rule.column], rule.column, rule.table(), rule.default)
                for name, rule in mapping.choices.items()
            },
            locations=self._located(texts, region) if mapping.location else None,
            unexplained={},
            is_clean=raw.is_clean,
        )
        found.unexplained = _unexplained(found, mapping)
        return found

    def _regions(self, texts: list[str]) -> Coded:
        rule = self._mapping.region
        return _coded(rule.column, texts, self._region_code, default=rule.unassigned)

    def _located(self, texts: dict[str, list[str]], region: Coded) -> Locations:
        rule = self._mapping.location
        assert rule is not None
        found = _located(texts, rule)
        if self._outlines:
            named = [
                None if unknown else region.codes[index]
                for index, unknown in zip(region.index.tolist(), region.is_unknown, strict=True)
            ]
            is_no_place = found.is_outside | found.is_swapped | _at_defaults(found, rule)
            usable = np.where(is_no_place, np.nan, found.lon)
            found.is_elsewhere = self._outlines.are_outside(named, usable, found.lat)
        return found


def _unexplained(chunk: Interpretation, mapping: CaseMapping) -> dict[str, list[int] | None]:
    """Rows by column that were not understood by every use the mapping makes of the column."""
    masks: dict[str, list[Mask]] = {}
    for times in chunk.times.values():
        masks.setdefault(times.column, []).append(times.is_unreadable)
    rules = (chunk.region, chunk.channel, chunk.holder, chunk.centre, chunk.status)
    for coded in (*rules, *chunk.choices.values()):
        if coded is not None:
            masks.setdefault(coded.column, []).append(coded.is_unknown)
    places = mapping.location.columns() if mapping.location and chunk.locations else []
    for column in places:
        assert chunk.locations is not None
        masks.setdefault(column, []).append(chunk.locations.is_unreadable)
    for column in mapping.classes.columns:
        masks.setdefault(column, []).append(_unlisted(chunk.texts[column], column, mapping))
    found: dict[str, list[int] | None] = {
        column: np.flatnonzero(np.logical_or.reduce(each)).tolist()
        for column, each in masks.items()
    }
    return {column: rows for column, rows in found.items() if rows} | {chunk.case_column: None}


def _unlisted(texts: list[str], column: str, mapping: CaseMapping) -> Mask:
    listed = mapping.classes.values.get(column, {})
    words, index = encoded(texts)
    return by_word((word not in listed for word in words), index)


def region_reader(rule: RegionSpelling, known: Iterable[str]) -> Callable[[str], str | None]:
    """A function from a text of the file to a known code, or None."""
    patterns = [re.compile(pattern) for pattern in rule.patterns]
    codes = frozenset(known)

    @lru_cache(maxsize=TEXTS_REMEMBERED)
    def read(text: str) -> str | None:
        if text in rule.values:
            code = rule.values[text]
            return code if code in codes else None
        for pattern in patterns:
            if match := pattern.fullmatch(text):
                code = rule.template.format(code=match["code"])
                return code if code in codes else None
        return None

    return read


def _classes(texts: dict[str, list[str]], rule: ClassRule) -> Coded:
    """The first type column whose value is listed decides; shown is the last, coarsest column."""
    shown = texts[rule.columns[-1]]
    codes = [*{code: None for table in rule.values.values() for code in table.values()}, None]
    places = {code: place for place, code in enumerate(codes)}
    undecided = len(codes) - 1
    index = np.full(len(shown), undecided)
    for column in rule.columns:
        table = rule.values.get(column, {})
        words, of_row = encoded(texts[column])
        found = np.array([places[table.get(word)] for word in words], dtype=np.int64)[of_row]
        index = np.where(index == undecided, found, index)
    codes[undecided] = rule.default
    is_empty = np.zeros(len(shown), dtype=bool)
    return Coded(rule.columns[-1], shown, index, codes, index == undecided, is_empty)


def _channel(texts: dict[str, list[str]], mapping: CaseMapping) -> Coded | None:
    rule = mapping.channel
    if rule is None:
        return None
    return _coded(rule.column, texts[rule.column], rule.values.get, default=rule.default)


def _status(texts: dict[str, list[str]], mapping: CaseMapping) -> Coded | None:
    rule = mapping.status
    return translated(texts[rule.column], rule.column, rule.values, None) if rule else None


def translated(text: list[str], column: str, values: Mapping[str, Any], default: Any) -> Coded:
    """A column by its table; empty is None without doubt, an unlisted text the default."""
    words, index = encoded(text)
    known = {"": None, **values}
    codes = [known.get(word, default) for word in words]
    return _with_words(column, text, words, index, codes, [word not in known for word in words])


def _held(texts: dict[str, list[str]], rule: HolderRule) -> Coded:
    words, index = encoded(texts[rule.column])
    codes = [f"{rule.code_prefix}{word}" if word in rule.values else None for word in words]
    unknown = [code is None and word != "" for code, word in zip(codes, words, strict=True)]
    return _with_words(rule.column, texts[rule.column], words, index, codes, unknown)


def _coded(
    column: str, text: list[str], read: Callable[[str], Any], *, default: str | None
) -> Coded:
    """A column by what reads a text; what it cannot read is the default, and unknown."""
    words, index = encoded(text)
    found = [read(word) for word in words]
    codes = [code or default for code in found]
    return _with_words(column, text, words, index, codes, [code is None for code in found])


def _with_words(
    column: str,
    text: list[str],
    words: list[str],
    index: Indexes,
    codes: list[Any],
    unknown: Iterable[bool],
) -> Coded:
    is_empty = by_word((word == "" for word in words), index)
    return Coded(column, text, index, codes, by_word(unknown, index), is_empty)


def encoded(texts: list[str]) -> tuple[list[str], Indexes]:
    """The different texts, and the place of each row's among them."""
    words = list(dict.fromkeys(texts))
    places = {word: place for place, word in enumerate(words)}
    return words, np.fromiter(map(places.__getitem__, texts), dtype=np.int64, count=len(texts))


def by_word(holds: Iterable[bool], index: Indexes) -> Mask:
    """Rows of the words for which it holds."""
    return np.asarray(np.fromiter(holds, dtype=bool)[index])


def _located(texts: dict[str, list[str]], rule: LocationRule) -> Locations:
    lon_text, lat_text = _coordinate_texts(texts, rule)
    given_lon, given_lat = _numbers(lon_text), _numbers(lat_text)
    both = [f"{x},{y}" for x, y in zip(lon_text, lat_text, strict=True)]
    with np.errstate(invalid="ignore"):
        is_usable = (np.abs(given_lon) <= 180) & (np.abs(given_lat) <= 90)
        could_swap = (np.abs(given_lat) <= 180) & (np.abs(given_lon) <= 90)
    is_empty = np.array([pair == "," for pair in both], dtype=bool)
    lon, lat = _in_wgs84(given_lon, given_lat, is_usable, rule)
    is_outside = _outside(lon, lat, rule)
    swapped_lon, swapped_lat = _in_wgs84(given_lat, given_lon, could_swap, rule)
    fits_swapped = could_swap & ~np.isnan(swapped_lon) & ~_outside(swapped_lon, swapped_lat, rule)
    is_swapped = fits_swapped & (~is_usable | is_outside)
    if rule.bounds is None:
        # Without bounds only a latitude beyond the pole tells.
        is_swapped = could_swap & ~is_usable
    return Locations(
        columns=",".join(rule.columns()),
        text=both,
        lon=lon,
        lat=lat,
        is_unreadable=~is_usable & ~is_empty & ~is_swapped,
        is_swapped=is_swapped,
        is_outside=is_outside & ~is_swapped,
        is_elsewhere=np.zeros(len(both), dtype=bool),
    )


def _at_defaults(found: Locations, rule: LocationRule) -> Mask:
    """Points at the coordinates that the mapping names as no places."""
    is_default = np.zeros(len(found.lon), dtype=bool)
    for lon, lat in rule.defaults_in_wgs84():
        near_lon = np.abs(found.lon - lon) < SAME_PLACE
        is_default |= near_lon & (np.abs(found.lat - lat) < SAME_PLACE)
    return is_default


def _coordinate_texts(
    texts: dict[str, list[str]], rule: LocationRule
) -> tuple[list[str], list[str]]:
    """Texts of longitude and latitude, from two columns or one."""
    if rule.point is None:
        return texts[rule.lon or ""], texts[rule.lat or ""]
    matches = [PAIR.fullmatch(text) for text in texts[rule.point]]
    given = zip(matches, texts[rule.point], strict=True)
    pairs = [(match[1], match[2]) if match else (text, "") for match, text in given]
    first, second = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return (first, second) if rule.order == "lon,lat" else (second, first)


def _numbers(text: list[str]) -> Floats:
    numbers = pd.to_numeric(pd.Series(text, dtype="str"), errors="coerce")
    found = numbers.to_numpy(dtype=np.float64, copy=True)
    found[~np.isfinite(found)] = np.nan
    return found


def _in_wgs84(lon: Floats, lat: Floats, usable: Mask, rule: LocationRule) -> tuple[Floats, Floats]:
    """Usable degrees in WGS-84, all others NaN."""
    return datums.to_wgs84(np.where(usable, lon, np.nan), np.where(usable, lat, np.nan), rule.datum)


def _outside(lon: Floats, lat: Floats, rule: LocationRule) -> Mask:
    if rule.bounds is None:
        return np.zeros(len(lon), dtype=bool)
    west, south, east, north = rule.bounds
    is_inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return np.asarray(~is_inside & ~np.isnan(lon))
