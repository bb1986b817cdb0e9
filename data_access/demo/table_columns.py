"""From the arrays of generation to the columns of a table, as COPY takes them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Boolean, Date, DateTime, Double, Integer, SmallInteger, Table, Text

from data_access.binary_copy import Column, Kind
from data_access.demo.case_days import NULL, Array, Columns
from data_access.schema.cases import BRANCHES, STEPS

# The words of `steps.step`, by moment.
STEP_WORDS: Sequence[str] = STEPS + BRANCHES
KINDS: Sequence[tuple[type[Any], Kind]] = (
    (SmallInteger, "int2"),
    (Integer, "int4"),
    (DateTime, "timestamptz"),
    (Date, "date"),
    (Boolean, "bool"),
    (Double, "float8"),
    (Text, "text"),
)


def table_columns(table: Table, columns: Columns) -> dict[str, Column]:
    """The columns that the table has, in its types, with their missing values marked."""
    return {
        column.name: _column(_kind(column.type), columns[column.name])
        for column in table.columns
        if column.name in columns
    }


def step_columns(table: Table, subject: str, columns: Mapping[str, Array]) -> dict[str, Column]:
    """Columns of `steps`: as `table_columns`, with words for subject and step."""
    found = {name: values for name, values in columns.items() if name != "step"}
    moment = columns["step"]
    return {
        "subject": Column("text", np.zeros(len(moment), dtype=np.int64), None, [subject]),
        **table_columns(table, found),
        "step": Column("text", moment, None, STEP_WORDS),
    }


def joined(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Rows of several tables of arrays, one below the other; {} for nothing."""
    full = [part for part in parts if part]
    if not full:
        return {}
    return {name: np.concatenate([part[name] for part in full]) for name in full[0]}


def _kind(column_type: Any) -> Kind:
    # SmallInteger is an Integer: the first match counts.
    return next(kind for python_type, kind in KINDS if isinstance(column_type, python_type))


def _column(kind: Kind, values: Array) -> Column:
    null = is_missing(values)
    mask = null if null.any() else None
    if kind == "timestamptz":
        return Column(kind, values.astype("datetime64[us]").view(np.int64), mask)
    if kind == "date":
        return Column(kind, values.astype("datetime64[D]").view(np.int64), mask)
    return Column(kind, values, mask)


def is_missing(values: Array) -> npt.NDArray[np.bool_]:
    """Where an array of generation has no value: NaT, NaN, b"" or NULL."""
    match values.dtype.kind:
        case "M":
            return np.isnat(values)
        case "f":
            return np.isnan(values)
        case "S":
            return np.asarray(values == b"")
        case "b":
            return np.zeros(len(values), dtype=np.bool_)
        case _:
            return np.asarray(values == NULL)
