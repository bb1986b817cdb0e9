"""From a judged chunk of cases to lines of the staging table."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from dashboard.heat_cells import Origin, cell_of
from data_access.imports.batches import Layout
from data_access.imports.case_mapping import (
    DISPUTE_CHOICES,
    FLAG,
    INCIDENT_CHOICES,
    TIMES,
    CaseMapping,
)
from data_access.imports.checks import Judgement
from data_access.imports.interpreting import Coded, Floats, Interpretation, Locations
from data_access.imports.sources.rows import RawChunk
from data_access.imports.staging import NULL, Taken, escaped, escaped_codes
from data_access.imports.times import Instants

CELL_KM = 1.0
FARTHEST_CELL = 32_767
CHOICES = {**INCIDENT_CHOICES, **DISPUTE_CHOICES}
# Flags that are never null: what is not said is not so.
PLAIN_FLAGS = ("is_emergency", "is_sectoral")
LAYOUT: Layout = {
    "case_no": "text not null",
    "region_code": "text not null",
    "class_code": "text",
    "category": "text",
    "channel": "text",
    "holder_code": "text",
    "centre_code": "text",
    **dict.fromkeys(TIMES, "timestamptz"),
    "registered_month": "date not null",
    "lon": "double precision",
    "lat": "double precision",
    "location_quality": "text",
    "cell_x": "smallint",
    "cell_y": "smallint",
    **{name: "boolean" if allowed == FLAG else "text" for name, allowed in CHOICES.items()},
    "has_doubtful_times": "boolean not null",
}


def taken(
    raw: RawChunk,
    chunk: Interpretation,
    judgement: Judgement,
    mapping: CaseMapping,
    origin: Origin,
) -> Taken:
    """The accepted rows of a chunk in the order of LAYOUT, and what was found."""
    return Taken(
        _lines(chunk, judgement, mapping, origin),
        judgement.findings,
        int(judgement.is_rejected.sum()) + len(raw.malformed),
    )


def _lines(
    chunk: Interpretation, judgement: Judgement, mapping: CaseMapping, origin: Origin
) -> Iterator[str]:
    count = len(chunk.lines)
    nothing: list[str] = [NULL] * count
    codes = mapping.classes.codes
    times = {name: _instants(column.instant) for name, column in chunk.times.items()}
    columns = [
        map(str, chunk.lines),
        map(escaped, chunk.case_no),
        escaped_codes(chunk.region.code),
        escaped_codes(chunk.classes.code),
        [codes[code].category if code else NULL for code in chunk.classes.code],
        *(
            escaped_codes(coded.code) if coded else nothing
            for coded in (chunk.channel, chunk.holder, chunk.centre)
        ),
        *(times.get(name, nothing) for name in TIMES),
        np.datetime_as_string(chunk.times["registered_at"].local.astype("datetime64[M]"), unit="D"),
        *_placed(chunk.locations, count, origin),
        *(_chosen(chunk, name, count) for name in CHOICES),
        np.where(judgement.has_doubtful_times, "t", "f"),
    ]
    rows = zip(*columns, judgement.is_rejected, strict=True)
    return ("\t".join(row[:-1]) for row in rows if not row[-1])


def _chosen(chunk: Interpretation, name: str, count: int) -> list[str]:
    coded = chunk.choices.get(name)
    if coded is None:
        return [NULL] * count
    if name == "is_successful":
        return _of_ended(chunk, coded)
    empty = "f" if name in PLAIN_FLAGS else NULL
    return [_value(code, empty) for code in coded.code]


def _of_ended(chunk: Interpretation, coded: Coded) -> list[str]:
    """Results of mediations that ended; others have none yet."""
    ended = chunk.times.get("mediation_ended_at")
    if ended is None:
        return [NULL] * len(coded.code)
    is_open = np.isnat(ended.local)
    return [
        NULL if open_ else _value(code, NULL)
        for code, open_ in zip(coded.code, is_open, strict=True)
    ]


def _value(code: Any, empty: str) -> str:
    match code:
        case None:
            return empty
        case bool():
            return "t" if code else "f"
    return escaped(str(code))


def _placed(found: Locations | None, count: int, origin: Origin) -> Iterator[Iterable[str]]:
    """lon, lat, location_quality, cell_x, cell_y. Default coordinates are told apart later."""
    if found is None:
        nothing = [NULL] * count
        yield from (nothing, nothing, ["none"] * count, nothing, nothing)
        return
    is_known = ~np.isnan(found.lon)
    cells = cell_of(np.nan_to_num(found.lon), np.nan_to_num(found.lat), CELL_KM, origin)
    is_far = (np.abs(cells[0]) > FARTHEST_CELL) | (np.abs(cells[1]) > FARTHEST_CELL)
    doubted = found.is_outside | found.is_swapped | found.is_elsewhere
    is_outside = is_known & (doubted | is_far)
    is_point = is_known & ~is_outside
    yield _degrees(found.lon, is_known)
    yield _degrees(found.lat, is_known)
    yield np.select([is_point, is_outside], ["point", "outside"], "none")
    for cell in cells:
        yield np.where(is_point, cell.astype(str), NULL)


def _degrees(values: Floats, is_known: Any) -> list[str]:
    return [repr(float(v)) if known else NULL for v, known in zip(values, is_known, strict=True)]


def _instants(values: Instants) -> list[str]:
    written = np.datetime_as_string(values, unit="us")
    return [NULL if text == "NaT" else f"{text}Z" for text in written]
