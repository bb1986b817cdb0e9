"""From a judged chunk of cases to lines of the staging table."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dashboard.heat_cells import Origin, cell_of
from data_access import binary_copy
from data_access.binary_copy import Column
from data_access.imports.batches import Layout
from data_access.imports.case_mapping import (
    DISPUTE_CHOICES,
    FLAG,
    INCIDENT_CHOICES,
    TIMES,
    CaseMapping,
)
from data_access.imports.checks import Judgement
from data_access.imports.interpreting import Coded, Interpretation, Locations
from data_access.imports.sources.rows import RawChunk
from data_access.imports.staging import Taken
from data_access.imports.times import Mask

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
    """The accepted rows, by the columns of LAYOUT that have values, and what was found."""
    accepted = np.flatnonzero(~judgement.is_rejected)
    columns = {
        name: column.take(accepted) for name, column in _columns(chunk, judgement, mapping, origin)
    }
    rows = b"".join(binary_copy.encoded(columns))
    content = b"".join((binary_copy.HEADER, rows, binary_copy.TRAILER)) if rows else b""
    rejected = int(judgement.is_rejected.sum()) + raw.rows_unusable
    return Taken(tuple(columns), content, "binary", judgement.findings, rejected)


def _columns(
    chunk: Interpretation, judgement: Judgement, mapping: CaseMapping, origin: Origin
) -> Iterator[tuple[str, Column]]:
    categories = {code: entry.category for code, entry in mapping.classes.codes.items()}
    yield "line", Column("int8", np.asarray(chunk.lines, dtype=np.int64))
    yield "case_no", _distinct(chunk.case_no)
    classes = chunk.classes
    yield "region_code", _coded(chunk.region)
    yield "class_code", _coded(classes)
    of_codes = [categories.get(code) for code in classes.codes]
    yield "category", _coded(replace(classes, codes=of_codes))
    for name, coded in (
        ("channel", chunk.channel),
        ("holder_code", chunk.holder),
        ("centre_code", chunk.centre),
    ):
        if coded is not None:
            yield name, _coded(coded)
    for name in TIMES:
        if times := chunk.times.get(name):
            at = times.instant.astype("datetime64[us]")
            yield name, Column("timestamptz", at.astype(np.int64), np.isnat(at))
    months = chunk.times["registered_at"].local.astype("datetime64[M]").astype("datetime64[D]")
    yield "registered_month", Column("date", months.astype(np.int64), np.isnat(months))
    yield from _placed(chunk.locations, len(chunk.lines), origin)
    for name, coded in chunk.choices.items():
        yield name, _chosen(chunk, name, coded)
    yield "has_doubtful_times", Column("bool", judgement.has_doubtful_times)


def _distinct(values: Sequence[str]) -> Column:
    """Texts of which most are different. One that ends in NUL was rejected before."""
    return Column("text", binary_copy.texts(values))


def _coded(coded: Coded) -> Column:
    """Texts of which there are few different ones."""
    return Column("text", coded.index, _is_null(coded), [code or "" for code in coded.codes])


def _is_null(coded: Coded) -> Mask:
    return coded.where(lambda code: code is None)


def _chosen(chunk: Interpretation, name: str, coded: Coded) -> Column:
    if CHOICES[name] != FLAG:
        return _coded(coded)
    null = _is_null(coded)
    if name == "is_successful":
        null |= _is_going_on(chunk)
    return Column("bool", coded.where(bool), None if name in PLAIN_FLAGS else null)


def _is_going_on(chunk: Interpretation) -> Mask:
    """Mediations that have not ended: they have no result yet."""
    ended = chunk.times.get("mediation_ended_at")
    return np.ones(len(chunk.lines), dtype=bool) if ended is None else np.isnat(ended.local)


def _placed(found: Locations | None, count: int, origin: Origin) -> Iterator[tuple[str, Column]]:
    """lon, lat, location_quality, cell_x, cell_y. Default coordinates are told apart later."""
    if found is None:
        nowhere = np.full(count, np.nan)
        nothing = np.zeros(count, dtype=bool)
        found = Locations("", [], nowhere, nowhere, nothing, nothing, nothing, nothing)
    is_known = ~np.isnan(found.lon)
    cells = cell_of(np.nan_to_num(found.lon), np.nan_to_num(found.lat), CELL_KM, origin)
    is_far = (np.abs(cells[0]) > FARTHEST_CELL) | (np.abs(cells[1]) > FARTHEST_CELL)
    doubted = found.is_outside | found.is_swapped | found.is_elsewhere
    is_outside = is_known & (doubted | is_far)
    is_point = is_known & ~is_outside
    yield "lon", Column("float8", found.lon, ~is_known)
    yield "lat", Column("float8", found.lat, ~is_known)
    quality = np.select([is_point, is_outside], [0, 1], 2)
    yield "location_quality", Column("text", quality, None, ("point", "outside", "none"))
    for name, cell in zip(("cell_x", "cell_y"), cells, strict=True):
        yield name, Column("int2", np.where(is_point, cell, 0), ~is_point)
