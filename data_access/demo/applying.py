"""Writes changes to a database whose triggers are on: rows by COPY, outcomes by UPDATE.

Any stretch of time can be applied, a second or a day. Times and counts of steps get to their case
by the database's trigger on `steps`; what else a moment makes known is updated here.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import Boolean, DateTime, Integer, SmallInteger, Table

from data_access import schema
from data_access.binary_copy import copy_into
from data_access.demo.case_days import (
    KEY,
    Array,
    CaseDay,
    agreements_known,
    known_columns,
    registered_columns,
    steps_between,
    visits_between,
)
from data_access.demo.changes import Changes, is_new
from data_access.demo.office_calendar import OfficeCalendar
from data_access.demo.table_columns import is_missing, joined, step_columns, table_columns

CASE_TABLES = {"incident": schema.incidents, "dispute": schema.disputes}
Connection = psycopg.Connection[Any]


def apply(connection: Connection, changes: Changes, calendar: OfficeCalendar) -> int:
    """Write the changes in the connection's transaction; returns the number of rows concerned."""
    return (
        _apply_cases(connection, changes, changes.incidents, calendar)
        + _apply_cases(connection, changes, changes.disputes, calendar)
        + _apply_agreements(connection, changes)
        + copy_into(connection, "receptions", table_columns(schema.receptions, changes.receptions))
    )


def _apply_cases(
    connection: Connection,
    changes: Changes,
    days: Sequence[CaseDay],
    calendar: OfficeCalendar,
) -> int:
    if not days:
        return 0
    subject = days[0].subject
    table = CASE_TABLES[subject]
    after, until = changes.after, changes.until
    new = [cases.take(np.flatnonzero(is_new(cases, after))) for cases in days]
    inserted = joined([registered_columns(cases) for cases in new if len(cases)])
    if inserted:
        inserted["red_card_at"] = calendar.red_cards(inserted["due_at"])
    count = copy_into(connection, table.name, table_columns(table, inserted))
    steps = joined([steps_between(cases, after, until) for cases in days])
    count += copy_into(connection, "steps", step_columns(schema.steps, subject, steps))
    visits = joined([visits_between(cases, after, until) for cases in days])
    count += copy_into(connection, "return_visits", table_columns(schema.return_visits, visits))
    return count + _update(connection, table, days, after, until)


def _update(
    connection: Connection,
    table: Table,
    days: Sequence[CaseDay],
    after: np.datetime64,
    until: np.datetime64,
) -> int:
    """Set what steps of the stretch made known: limit, outcome, corrected class."""
    names = list(dict.fromkeys(later.column for later in days[0].later))
    moments = sorted({later.moment for later in days[0].later})
    changed = []
    for cases in days:
        recorded = cases.recorded[moments]
        rows = np.flatnonzero(((recorded > after) & (recorded <= until)).any(axis=0))
        if len(rows):
            known = known_columns(cases.take(rows), until)
            changed.append({name: known[name] for name in (*KEY, *names)})
    columns = joined(changed)
    if not columns:
        return 0
    sets = ", ".join(f"{name} = coalesce(u.{name}, c.{name})" for name in names)
    differs = " or ".join(
        f"(u.{name} is not null and c.{name} is distinct from u.{name})" for name in names
    )
    keys = " and ".join(f"c.{name} = u.{name}" for name in KEY)
    return _with_arrays(
        connection,
        table,
        columns,
        f"update {table.name} c set {sets} from {{rows}} u where {keys} and ({differs})",
    )


def _apply_agreements(connection: Connection, changes: Changes) -> int:
    """New agreements, then confirmations and performances of known ones."""
    after, until = changes.after, changes.until
    table = schema.agreements
    new = joined([agreements_known(cases, after, until) for cases in changes.disputes])
    count = copy_into(connection, table.name, table_columns(table, new))
    # `performance_due_at` stands with the agreement from the beginning.
    known = [agreements_known(cases, None, after) for cases in changes.disputes]
    later = [_agreements_now(cases, after, until) for cases in changes.disputes]
    names = ("confirmed_at", "performed_at")
    columns = joined(
        [
            {name: part[name] for name in (*KEY, *names)}
            for part, before in zip(later, known, strict=True)
            if before and len(before["case_no"])
        ]
    )
    if not columns:
        return count
    keys = " and ".join(f"c.{name} = u.{name}" for name in KEY)
    return count + _with_arrays(
        connection,
        table,
        columns,
        "update agreements c set confirmed_at = u.confirmed_at, performed_at = u.performed_at"
        f" from {{rows}} u where {keys} and (c.confirmed_at, c.performed_at)"
        " is distinct from (u.confirmed_at, u.performed_at)",
    )


def _agreements_now(cases: CaseDay, after: np.datetime64, until: np.datetime64) -> dict[str, Array]:
    """Agreements known before the stretch in which something happened in it, as known now."""
    agreements = cases.agreements
    if agreements is None:
        return {}
    happened = [
        (times > after) & (times <= until)
        for times in (agreements.confirmed_at, agreements.performed_at)
    ]
    rows = np.flatnonzero((agreements.known_at <= after) & (happened[0] | happened[1]))
    return agreements_known(cases.take(rows), None, until)


def _with_arrays(
    connection: Connection, table: Table, columns: dict[str, Array], statement: str
) -> int:
    """Run a statement whose `{rows}` are the columns, sent as one array each."""
    types = {name: _array_type(table, name) for name in columns}
    arrays = ", ".join(f"%s::{kind}[]" for kind in types.values())
    rows = f"unnest({arrays}) as u ({', '.join(columns)})"
    parameters = [_parameters(values, types[name]) for name, values in columns.items()]
    # "as u" is part of the rows: the statement's own alias is dropped.
    text = statement.replace("{rows} u", rows)
    return connection.execute(text.encode(), parameters).rowcount


def _array_type(table: Table, column: str) -> str:
    kind = table.c[column].type
    if isinstance(kind, DateTime):
        return "timestamptz"
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, SmallInteger):
        return "smallint"
    if isinstance(kind, Integer):
        return "integer"
    return "date" if column == "registered_month" else "text"


def _parameters(values: Array, kind: str) -> list[Any]:
    """Values as text that PostgreSQL reads by the array's type, None where missing."""
    missing = is_missing(values)
    if kind == "timestamptz":
        said = np.char.add(np.datetime_as_string(values, "s"), "Z")
    elif kind == "date":
        said = np.datetime_as_string(values, "D")
    elif kind == "boolean":
        said = np.where(values == 1, "true", "false")
    elif values.dtype.kind == "S":
        said = np.char.decode(values)
    else:
        said = values.astype(str)
    return [None if gone else word for word, gone in zip(said.tolist(), missing, strict=True)]
