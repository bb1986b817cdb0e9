"""What corrected cases were before: rows of `case_versions` for a fill, which no trigger sees.

Live writing leaves them to the triggers. Here: corrections and extended limits as `CaseDay` has
them; what counts as a correction stands in `data_access.live_schema`.
"""

from datetime import date
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import Table

from data_access.binary_copy import Column, copy_into
from data_access.demo.case_days import KEY, CaseDay, Moment, Times, known_columns
from data_access.demo.office_calendar import OfficeCalendar
from data_access.demo.table_columns import table_columns

# The moments at which a column changes that had a value before.
CORRECTIONS = (Moment.EXTENDED, Moment.CORRECTED)
SECOND = np.timedelta64(1, "s")


def load_versions(
    connection: psycopg.Connection[Any],
    table: Table,
    month: date,
    cases: CaseDay,
    *,
    until: np.datetime64,
    calendar: OfficeCalendar,
) -> None:
    """Write the versions of a month's cases that were corrected by `until`."""
    # Makes only what is missing: the month's partition of the versions.
    connection.execute("select cockpit_ensure_month(%s)", (month,))
    for moment in CORRECTIONS:
        corrected = _corrected_by(cases, moment, until)
        if len(corrected):
            _load(connection, table, corrected, moment, calendar)


def _corrected_by(cases: CaseDay, moment: Moment, until: np.datetime64) -> CaseDay:
    """The cases whose columns got other values at the moment, as far as it has come."""
    at = cases.recorded[moment]
    rows = np.flatnonzero((at <= until) & (cases.recorded[Moment.REGISTERED] < at))
    chosen = cases.take(rows)
    before, after = _around(chosen, moment)
    changed = np.zeros(len(chosen), dtype=np.bool_)
    for later in chosen.later:
        if later.moment is moment:
            changed |= before[later.column] != after[later.column]
    return chosen.take(np.flatnonzero(changed))


def _around(cases: CaseDay, moment: Moment) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns of each case as known just before, and at, its own correction."""
    at: Any = cases.recorded[moment]
    return known_columns(cases, at - SECOND), known_columns(cases, at)


def _load(
    connection: psycopg.Connection[Any],
    table: Table,
    cases: CaseDay,
    moment: Moment,
    calendar: OfficeCalendar,
) -> None:
    subject = cases.subject
    columns = _around(cases, moment)[0]
    columns["red_card_at"] = calendar.red_cards(columns["due_at"])
    connection.execute(
        f"create temporary table earlier (like {table.name} including defaults)".encode()
    )
    connection.execute(b"alter table earlier add valid_from timestamptz, add valid_to timestamptz")
    spans = {"valid_from": _began(cases, moment), "valid_to": cases.recorded[moment]}
    instants = {
        name: Column("timestamptz", times.astype("datetime64[us]").view(np.int64))
        for name, times in spans.items()
    }
    copy_into(connection, "earlier", {**table_columns(table, columns), **instants})
    connection.execute(
        f"insert into case_versions (subject, {', '.join(KEY)}, recorded_from, recorded_to,"
        f" is_deletion, was) select '{subject}', {', '.join(KEY)}, valid_from, valid_to, false,"
        " to_jsonb(e) - 'valid_from' - 'valid_to' from earlier e"
        " on conflict do nothing".encode()
    )
    connection.execute("drop table earlier")


def _began(cases: CaseDay, moment: Moment) -> Times:
    """Since when what was corrected had stood: registration, or an earlier correction."""
    at = cases.recorded[moment]
    began: Times = cases.recorded[Moment.REGISTERED]
    for other in CORRECTIONS:
        times = cases.recorded[other]
        began = np.where(times < at, np.fmax(began, times), began)
    return began
