"""Texts of a field become typed values and texts for COPY; what cannot be read is marked.

Each text is understood once however often it stands in a chunk.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely

from dashboard.region_levels import LEVEL_WORDS
from data_access.imports import datums
from data_access.imports.checks import AHEAD_REASON
from data_access.imports.interpreting import region_reader
from data_access.imports.mapping import TimeRule
from data_access.imports.sources.rows import as_text
from data_access.imports.staging import NULL, escaped
from data_access.imports.tables.fields import Field, FieldType
from data_access.imports.tables.literals import Percent, day_of, number_of
from data_access.imports.tables.mapping import TableMapping
from data_access.imports.times import Mask, Times, is_ahead, read_times

YES = {"是", "有", "true", "t", "1", "y", "yes", "√"}
NO = {"否", "无", "false", "f", "0", "n", "no", "×"}
UNREADABLE, UNKNOWN_CODE = "unreadable_value", "unknown_code"
OUT_OF_RANGE, TOO_LONG = "out_of_range", "too_long"
UNKNOWN_REGION, WRONG_LEVEL = "unknown_region", "wrong_level"
UNKNOWN_ORGANISATION, BROKEN_OUTLINE = "unknown_organisation", "broken_outline"
# Of GEOS, about polygons that can be read.
FAULTS = {
    "Self-intersection": "界线自相交",
    "Ring Self-intersection": "界线与自身相接",
    "Hole lies outside shell": "内圈在外圈之外",
    "Holes are nested": "内圈套着内圈",
    "Nested shells": "外圈套着外圈",
    "Duplicate Rings": "同一圈出现两次",
    "Interior is disconnected": "内部被内圈隔断",
    "Too few points in geometry component": "点数不足",
    "Invalid Coordinate": "坐标不是数",
}
LARGEST_INTEGER = 2**31 - 1


class Unusable(Exception):
    """A text that a field cannot take: the check that says so, and the reason."""

    def __init__(self, check: str, reason: str) -> None:
        super().__init__(reason)
        self.check = check
        self.reason = reason


@dataclass(frozen=True)
class RegionVersion:
    """One region under a code, from a day on."""

    valid_from: date
    id: int
    level: str
    county_id: int | None


@dataclass(frozen=True)
class Known:
    """What is known beside the file: the zone, the time, regions and organisations by code."""

    zone: str
    now: datetime
    # Versions of each code in the order of their first days.
    regions: Mapping[str, list[RegionVersion]] = made(default_factory=dict)
    organisations: Mapping[str, int] = made(default_factory=dict)

    def region(self, code: str, day: date | None) -> RegionVersion | None:
        """The version of that day; before all of them the first, without a day the last."""
        versions = self.regions.get(code)
        if not versions:
            return None
        if day is None:
            return versions[-1]
        at = bisect_right([version.valid_from for version in versions], day)
        return versions[max(at - 1, 0)]


@dataclass
class ReadColumn:
    """A field of a chunk: its values, the same for COPY, and why some are unusable (by row)."""

    field: Field
    column: str
    texts: list[str]
    values: list[Any]
    copied: list[str]
    unusable: dict[int, Unusable] = made(default_factory=dict)
    times: Times | None = None


Reader = Callable[[str], Any]


def read_field(
    field: Field, texts: list[str], days: list[date | None], mapping: TableMapping, known: Known
) -> ReadColumn:
    """Understand one field; `days` choose the version of a region."""
    column = mapping.columns.get(field.name, f"{field.title}（常量）")
    if field.type == "instant":
        return _instants(field, column, texts, mapping, known)
    translation = {key: as_text(value) for key, value in mapping.values.get(field.name, {}).items()}
    given = [translation.get(text, text) for text in texts]
    if field.type == "region":
        return _regions(field, column, texts, given, days, mapping, known)
    reader = _reader(field, mapping, known)
    is_translated = field.type in ("choice", "flag") and bool(translation)
    return _each(field, column, texts, given, reader, set(translation) if is_translated else None)


def _each(
    field: Field,
    column: str,
    texts: list[str],
    given: list[str],
    reader: Reader,
    listed: set[str] | None,
) -> ReadColumn:
    """Read each distinct text once; with `listed`, others than these are unknown codes."""
    outcomes: dict[str, Any] = {}
    found = ReadColumn(field, column, texts, [], [])
    for row, (text, value) in enumerate(zip(texts, given, strict=True)):
        if text not in outcomes:
            outcomes[text] = _outcome(value, reader, is_listed=listed is None or text in listed)
        outcome = outcomes[text]
        if isinstance(outcome, Unusable):
            found.unusable[row] = outcome
            outcome = None
        found.values.append(outcome)
    written = {id(value): copy_text(value) for value in outcomes.values()}
    found.copied = [
        NULL if value is None else written.get(id(value)) or copy_text(value)
        for value in found.values
    ]
    return found


def _outcome(text: str, reader: Reader, *, is_listed: bool) -> Any:
    if not text:
        return None
    if not is_listed:
        return Unusable(UNKNOWN_CODE, "values 的对照表中没有此值")
    try:
        return reader(text)
    except Unusable as unusable:
        return unusable


def copy_text(value: Any) -> str:
    """A typed value as COPY takes it."""
    match value:
        case None | Unusable():
            return NULL
        case bool():
            return "t" if value else "f"
        case float():
            return repr(value)
        case bytes():
            return "\\\\x" + value.hex()
        case date():
            return value.isoformat()
    return escaped(str(value))


def _reader(field: Field, mapping: TableMapping, known: Known) -> Reader:
    def organisation(text: str) -> int:
        if text not in known.organisations:
            raise Unusable(UNKNOWN_ORGANISATION, "机构表中没有此代码")
        return known.organisations[text]

    def day(text: str) -> date:
        try:
            return day_of(text, mapping.dates)
        except ValueError as error:
            raise Unusable(UNREADABLE, str(error)) from None

    def outline(text: str) -> bytes:
        datum = mapping.geometry.datum if mapping.geometry else "WGS-84"
        return _outline(text, datum)

    readers: dict[FieldType, Reader] = {
        "code": lambda text: _short(text, field),
        "name": lambda text: _short(text, field),
        "choice": lambda text: _choice(text, field),
        "integer": lambda text: _integer(text, field),
        "number": lambda text: _number(text, field),
        "flag": _flag,
        "date": day,
        "organisation": organisation,
        "outline": outline,
    }
    return readers[field.type]


def _short(text: str, field: Field) -> str:
    if len(text) > field.longest:
        raise Unusable(TOO_LONG, f"超过 {field.longest} 个字符")
    return text


def _choice(text: str, field: Field) -> str:
    if text not in field.choices:
        shown = "、".join(field.choices[:12])
        raise Unusable(UNKNOWN_CODE, f"应为 {shown} 之一，或在 values.{field.name} 中对照")
    return text


def _number(text: str, field: Field) -> float:
    try:
        number = number_of(text)
    except ValueError as error:
        raise Unusable(UNREADABLE, str(error)) from None
    if isinstance(number, Percent) and not field.may_be_percent:
        raise Unusable(UNREADABLE, "不应带百分号")
    if not math.isfinite(number):
        raise Unusable(OUT_OF_RANGE, "数过大")
    if field.minimum is not None and number < field.minimum:
        raise Unusable(OUT_OF_RANGE, f"小于 {field.minimum:g}")
    if field.maximum is not None and number > field.maximum:
        raise Unusable(OUT_OF_RANGE, f"大于 {field.maximum:g}")
    return number


def _integer(text: str, field: Field) -> int:
    number = _number(text, field)
    if not number.is_integer():
        raise Unusable(UNREADABLE, "不是整数")
    if abs(number) > LARGEST_INTEGER:
        raise Unusable(OUT_OF_RANGE, "数过大")
    return int(number)


def _flag(text: str) -> bool:
    word = text.lower()
    if word in YES or word in NO:
        return word in YES
    raise Unusable(UNREADABLE, "不是“是”或“否”")


def _outline(text: str, datum: str) -> bytes:
    """A valid polygon in WGS-84 as well-known binary."""
    try:
        shape = shapely.from_geojson(text)
    except shapely.errors.GEOSException:
        raise Unusable(BROKEN_OUTLINE, "不是 GeoJSON 几何") from None
    if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise Unusable(BROKEN_OUTLINE, "不是多边形")
    flat = shapely.force_2d(shape)
    if not flat.is_valid:
        raise Unusable(BROKEN_OUTLINE, _fault_of(flat))
    west, south, east, north = flat.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise Unusable(BROKEN_OUTLINE, "坐标不是经纬度，或经纬度颠倒")
    return bytes(shapely.to_wkb(_in_wgs84(flat, datum)))


def _fault_of(shape: shapely.Geometry) -> str:
    """Why a polygon is invalid; its examiner speaks English, and appends the place."""
    said, _, place = shapely.is_valid_reason(shape).partition("[")
    near = f"（在 {', '.join(place.rstrip(']').split())} 附近）" if place else ""
    return f"界线无效：{FAULTS.get(said, '不成多边形')}{near}；请在地理信息软件中修正"


def _in_wgs84(shape: shapely.Geometry, datum: str) -> shapely.Geometry:
    def converted(points: Any) -> Any:
        return np.column_stack(datums.to_wgs84(points[:, 0], points[:, 1], datum))

    return shapely.transform(shape, converted)


def _regions(
    field: Field,
    column: str,
    texts: list[str],
    given: list[str],
    days: list[date | None],
    mapping: TableMapping,
    known: Known,
) -> ReadColumn:
    code_of = region_reader(mapping.region, known.regions)
    found = ReadColumn(field, column, texts, [], [])
    outcomes: dict[tuple[str, date | None], Any] = {}
    for row, (text, day) in enumerate(zip(given, days, strict=True)):
        key = (text, day)
        if key not in outcomes:
            outcomes[key] = _region(text, day, code_of, field, known) if text else None
        outcome = outcomes[key]
        if isinstance(outcome, Unusable):
            found.unusable[row] = outcome
            outcome = None
        found.values.append(outcome)
    kept = [None if value is None else getattr(value, field.keep) for value in found.values]
    found.copied = [NULL if value is None else str(value) for value in kept]
    return found


def _region(
    text: str,
    day: date | None,
    code_of: Callable[[str], str | None],
    field: Field,
    known: Known,
) -> RegionVersion | Unusable:
    code = code_of(text)
    version = known.region(code, day) if code else None
    if version is None:
        return Unusable(UNKNOWN_REGION, "区划表中没有此区域")
    if field.levels and version.level not in field.levels:
        wanted = "、".join(LEVEL_WORDS[level] for level in field.levels)
        return Unusable(WRONG_LEVEL, f"区域的层级是{LEVEL_WORDS[version.level]}，应为{wanted}")
    if field.keep == "county_id" and version.county_id is None:
        return Unusable(WRONG_LEVEL, "应为县（市、区）或其下的区域")
    return version


def _instants(
    field: Field, column: str, texts: list[str], mapping: TableMapping, known: Known
) -> ReadColumn:
    rule = mapping.times or TimeRule(format="%Y-%m-%d %H:%M:%S")
    times = read_times(column, texts, rule, known.zone)
    written = np.datetime_as_string(times.instant, unit="us")
    found = ReadColumn(field, column, texts, [], [], times=times)
    found.values = [None if np.isnat(at) else at for at in times.local]
    found.copied = [NULL if text == "NaT" else f"{text}Z" for text in written]
    reason = "与映射文件 times.format 的格式不符"
    for row in np.flatnonzero(times.is_unreadable):
        found.unusable[int(row)] = Unusable(UNREADABLE, reason)
    for row in np.flatnonzero(_implausible(times, rule.earliest, rule.latest)):
        reason = f"不在 {rule.earliest:%Y-%m-%d} 至 {rule.latest:%Y-%m-%d} 之间"
        found.unusable[int(row)] = Unusable(OUT_OF_RANGE, reason)
    for row in np.flatnonzero(is_ahead(times, known.now)):
        found.unusable[int(row)] = Unusable(OUT_OF_RANGE, AHEAD_REASON)
    return found


def _implausible(times: Times, earliest: datetime, latest: datetime) -> Mask:
    first, last = np.datetime64(earliest, "us"), np.datetime64(latest, "us")
    return np.asarray((times.local < first) | (times.local >= last))
