"""What is in the database beside cases: visits, agreements, staffing, people, calendar, codes.

Figures need them as well: a rate without population, a limit without a calendar can't be right.
Rows that come daily are looked at over the report's span, the others as they stand.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from dashboard.quality import OtherData
from dashboard.work_calendar import WorkCalendar
from data_access.quality_window import Window

# Instants of rows that come as they happen; days of those that come once a day.
BY_MOMENT = {
    "receptions": "received_at",
    "return_visits": "visited_at",
    "agreements": "signed_at",
}
BY_DAY = ("staffing", "patrols")
COMES_DAILY = (*BY_MOMENT, *BY_DAY)
# A calendar that ends sooner can't tell the limits of cases of today.
CALENDAR_AHEAD = timedelta(days=60)


def rows_of(kind: str, tables: str = "") -> str:
    """FROM and WHERE of a kind's rows `o`, joined with `tables`: for a count and for its list.

    Parameters are those of `bound`.
    """
    found = f"{kind} o {tables}"
    if kind in BY_MOMENT:
        moment = f"o.{BY_MOMENT[kind]}"
        found += f" where {moment} >= :start and {moment} < :end and o.county_id = any(:counties)"
    if kind in BY_DAY:
        found += " where o.day >= :first and o.day <= :last and o.county_id = any(:counties)"
    return found


# Of kinds that are told by counties: which county has one, and of when.
COVERED = {
    **{kind: f"select o.county_id, o.day as at from {rows_of(kind)}" for kind in BY_DAY},
    "population": (
        "select o.region_id as county_id, o.counted_on as at from population o"
        " where o.region_id = any(:counties)"
    ),
}


def bound(window: Window, county_ids: Sequence[int], zone: ZoneInfo) -> dict[str, Any]:
    """Parameters of `rows_of`."""
    return {
        "start": window.start,
        "end": window.end,
        "first": window.start.astimezone(zone).date(),
        "last": window.end.astimezone(zone).date(),
        "counties": list(county_ids),
    }


def states(
    connection: Connection,
    county_ids: Sequence[int],
    window: Window,
    as_of: datetime,
    work_days: WorkCalendar,
) -> tuple[OtherData, ...]:
    """Every kind, those that come daily first."""
    today = as_of.astimezone(work_days.zone).date()
    return (
        *(_by_moment(connection, kind, county_ids, window, work_days) for kind in BY_MOMENT),
        *(_by_day(connection, kind, county_ids, window, work_days) for kind in BY_DAY),
        _population(connection, county_ids),
        _calendar(work_days, today),
        *(_as_they_stand(connection, kind) for kind in ("organisations", "codes", "targets")),
    )


def _by_moment(
    connection: Connection,
    kind: str,
    county_ids: Sequence[int],
    window: Window,
    work_days: WorkCalendar,
) -> OtherData:
    moment = BY_MOMENT[kind]
    parameters = bound(window, county_ids, work_days.zone)
    lately = connection.scalar(text(f"select count(*) from {rows_of(kind)}"), parameters)
    newest = connection.scalar(
        text(
            f"select {moment} from {kind} where {moment} < :end and county_id = any(:counties)"
            f" order by {moment} desc limit 1"
        ),
        parameters,
    )
    return OtherData(
        key=kind,
        state="never" if newest is None else ("good" if lately else "quiet"),
        lately=lately or 0,
        newest=None if newest is None else newest.astimezone(work_days.zone).date(),
    )


def _by_day(
    connection: Connection,
    kind: str,
    county_ids: Sequence[int],
    window: Window,
    work_days: WorkCalendar,
) -> OtherData:
    parameters = bound(window, county_ids, work_days.zone)
    lately, covered = connection.execute(
        text(f"select count(*), count(distinct o.county_id) from {rows_of(kind)}"), parameters
    ).one()
    newest = connection.scalar(
        text(
            f"select day from {kind} where day <= :last and county_id = any(:counties)"
            " order by day desc limit 1"
        ),
        parameters,
    )
    counties = len(county_ids)
    partial = "partial" if covered < counties else "good"
    return OtherData(
        key=kind,
        state="never" if newest is None else (partial if lately else "quiet"),  # type: ignore[arg-type]
        lately=lately,
        newest=newest,
        covered=(covered, counties),
    )


def _population(connection: Connection, county_ids: Sequence[int]) -> OtherData:
    covered, newest = connection.execute(
        text(f"select count(distinct d.county_id), max(d.at) from ({COVERED['population']}) d"),
        {"counties": list(county_ids)},
    ).one()
    is_partial = covered < len(county_ids)
    return OtherData(
        key="population",
        state="never" if newest is None else ("partial" if is_partial else "good"),
        lately=None,
        newest=newest,
        covered=(covered, len(county_ids)),
    )


def _calendar(work_days: WorkCalendar, today: date) -> OtherData:
    newest = max(work_days.days, default=None)
    is_short = newest is not None and newest < today + CALENDAR_AHEAD
    return OtherData(
        key="calendar",
        state="never" if newest is None else ("short" if is_short else "good"),
        lately=None,
        newest=newest,
    )


def _as_they_stand(connection: Connection, kind: str) -> OtherData:
    rows = connection.scalar(text(f"select count(*) from {rows_of(kind)}")) or 0
    return OtherData(key=kind, state="good" if rows else "never", lately=rows, newest=None)
