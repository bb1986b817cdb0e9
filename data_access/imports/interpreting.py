"""Giving the texts of a chunk their meaning: instants, regions, classes, holders, coordinates.

Everything is columnwise and nothing is refused here: what could not be understood is marked in a
mask beside the value, and `checks` turns masks into findings.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_access.imports.mapping import (
    ClassRule,
    HolderRule,
    IncidentMapping,
    LocationRule,
    RegionRule,
    TimeRule,
    ValueRule,
)
from data_access.imports.reading import RawChunk

Mask = npt.NDArray[np.bool_]
Instants = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]

ONE_HOUR = pd.Timedelta(hours=1)


@dataclass
class Times:
    """One column of local times: `local` as the clock showed, `instant` in UTC, NaT where none."""

    column: str
    text: list[str]
    local: Instants
    instant: Instants
    is_unreadable: Mask
    is_ambiguous: Mask
    is_absent: Mask


@dataclass
class Coded:
    """One translated column; `is_unknown` marks texts that no table lists, `code` may be None."""

    column: str
    text: list[str]
    code: list[str | None]
    is_unknown: Mask


@dataclass
class Locations:
    """Coordinates in degrees, NaN where there is none that can be used."""

    columns: str
    text: list[str]
    lon: Floats
    lat: Floats
    is_unreadable: Mask
    is_outside: Mask


@dataclass
class Interpretation:
    """The understood columns of one chunk; every array has one entry a row."""

    lines: list[int]
    # Column of the file -> texts without surrounding blanks.
    texts: dict[str, list[str]]
    malformed: list[tuple[int, int]]
    width: int
    case_column: str
    times: dict[str, Times]
    region: Coded
    classes: Coded
    channel: Coded | None
    holder: Coded | None
    locations: Locations | None

    @property
    def case_no(self) -> list[str]:
        return self.texts[self.case_column]


class Interpreter:
    """Understands chunks by one mapping. `known_regions` are the codes that a region may have."""

    def __init__(self, mapping: IncidentMapping, known_regions: frozenset[str]) -> None:
        self._mapping = mapping
        self._region_code = _region_reader(mapping.region, known_regions)

    def interpret(self, raw: RawChunk) -> Interpretation:
        mapping = self._mapping
        texts = {name: [text.strip() for text in column] for name, column in raw.columns.items()}
        return Interpretation(
            lines=raw.lines,
            texts=texts,
            malformed=raw.malformed,
            width=raw.width,
            case_column=mapping.columns.case_no,
            times={
                name: _times(column, texts[column], mapping.times, mapping.database.zone)
                for name, column in mapping.columns.times().items()
            },
            region=self._regions(texts[mapping.region.column]),
            classes=_classes(texts, mapping.classes),
            channel=_translated(texts, mapping.channel) if mapping.channel else None,
            holder=_held(texts, mapping.holder) if mapping.holder else None,
            locations=_located(texts, mapping.location) if mapping.location else None,
        )

    def _regions(self, texts: list[str]) -> Coded:
        rule = self._mapping.region
        codes = [self._region_code(text) for text in texts]
        unknown = np.array([code is None for code in codes], dtype=bool)
        return Coded(rule.column, texts, [code or rule.unassigned for code in codes], unknown)


def _region_reader(rule: RegionRule, known: frozenset[str]) -> Callable[[str], str | None]:
    patterns = [re.compile(pattern) for pattern in rule.patterns]

    @cache
    def read(text: str) -> str | None:
        for pattern in patterns:
            if match := pattern.fullmatch(text):
                code = rule.template.format(code=match["code"])
                return code if code in known else None
        return None

    return read


def _times(column: str, text: list[str], rule: TimeRule, zone: str) -> Times:
    """Read local times; of an hour that comes twice the rule's side, an absent one an hour later.

    A local time that the clock skips is thus read by the offset before the change, as
    `dashboard.work_calendar` does.
    """
    parsed = pd.to_datetime(pd.Series(text, dtype="str"), format=rule.format, errors="coerce")
    local = pd.DatetimeIndex(parsed).as_unit("us")
    is_empty = np.fromiter((not value for value in text), dtype=bool, count=len(text))
    is_none = np.asarray(local.isna())
    first = np.full(len(text), rule.ambiguous == "earlier")
    instant = local.tz_localize(zone, ambiguous=first, nonexistent=ONE_HOUR)
    other = local.tz_localize(zone, ambiguous=~first, nonexistent="NaT")
    is_absent = np.asarray(other.isna()) & ~is_none
    is_ambiguous = np.asarray(instant != other) & ~is_absent & ~is_none
    return Times(
        column=column,
        text=text,
        local=local.to_numpy(),
        instant=instant.tz_convert("UTC").tz_localize(None).to_numpy(),
        is_unreadable=is_none & ~is_empty,
        is_ambiguous=is_ambiguous,
        is_absent=is_absent,
    )


def _classes(texts: dict[str, list[str]], rule: ClassRule) -> Coded:
    """The first type column whose value is listed decides; shown is the last, coarsest column."""
    found: list[str | None] = [None] * len(texts[rule.columns[0]])
    for column in rule.columns:
        table = rule.values.get(column, {})
        found = [code or table.get(text) for code, text in zip(found, texts[column], strict=True)]
    unknown = np.array([code is None for code in found], dtype=bool)
    column = rule.columns[-1]
    return Coded(column, texts[column], [code or rule.default for code in found], unknown)


def _translated(texts: dict[str, list[str]], rule: ValueRule) -> Coded:
    text = texts[rule.column]
    found = [rule.values.get(value) for value in text]
    unknown = np.array([code is None for code in found], dtype=bool)
    return Coded(rule.column, text, [code or rule.default for code in found], unknown)


def _held(texts: dict[str, list[str]], rule: HolderRule) -> Coded:
    text = texts[rule.column]
    codes = [f"{rule.code_prefix}{value}" if value in rule.values else None for value in text]
    unknown = np.array(
        [code is None and value != "" for code, value in zip(codes, text, strict=True)], dtype=bool
    )
    return Coded(rule.column, text, codes, unknown)


def _located(texts: dict[str, list[str]], rule: LocationRule) -> Locations:
    lon_text, lat_text = texts[rule.lon], texts[rule.lat]
    lon, lat = _degrees(lon_text, 180), _degrees(lat_text, 90)
    both = [f"{x},{y}" for x, y in zip(lon_text, lat_text, strict=True)]
    is_unusable = np.isnan(lon) | np.isnan(lat)
    is_empty = np.array([pair == "," for pair in both], dtype=bool)
    lon[is_unusable] = lat[is_unusable] = np.nan
    return Locations(
        columns=f"{rule.lon},{rule.lat}",
        text=both,
        lon=lon,
        lat=lat,
        is_unreadable=is_unusable & ~is_empty,
        is_outside=_outside(lon, lat, rule),
    )


def _degrees(text: list[str], limit: float) -> Floats:
    """Numbers within ±limit; everything else is NaN."""
    numbers = pd.to_numeric(pd.Series(text, dtype="str"), errors="coerce")
    degrees = numbers.to_numpy(dtype=np.float64, copy=True)
    with np.errstate(invalid="ignore"):
        degrees[~(np.abs(degrees) <= limit)] = np.nan
    return degrees


def _outside(lon: Floats, lat: Floats, rule: LocationRule) -> Mask:
    if rule.bounds is None:
        return np.zeros(len(lon), dtype=bool)
    west, south, east, north = rule.bounds
    is_inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return np.asarray(~is_inside & ~np.isnan(lon))
