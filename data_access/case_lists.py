"""Lists of cases: what needs a hand, what is new, and the very rows behind a number.

Never a person, never a place finer than the grid. Sensitive classes are in no list for a wall.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, text

from dashboard.indicators import POINT_CATEGORIES, STOCK_BY_KEY
from dashboard.scope import Scope
from dashboard.snapshot import MapPoint, TickerItem, WorkItem
from dashboard.vocabulary import Subject
from dashboard.work_calendar import WorkCalendar
from data_access import case_homes, region_tree
from data_access.archives import require_details
from data_access.compiling import TABLES, flow_rows, stock_rows
from data_access.region_tree import RegionTree
from data_access.row_sums import MEASURE_BY_COLUMN
from data_access.sensitive_classes import NOT_SENSITIVE

# Subjects whose old cases are archived.
LEAVING = frozenset({Subject.INCIDENT, Subject.DISPUTE})
# Ties are broken by the key, so that equal data make equal snapshots.
BY_KEY = "i.home_county_id, i.source_id, i.case_no, i.registered_month"


def rows_of_measure(
    connection: Connection,
    column: str,
    scope: Scope,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime | None,
) -> list[Row[tuple[object, ...]]]:
    """The rows that a measure counts over [start, end); a number and its list can't disagree.

    `as_of` None is the present: what is known counts, as in the roll-ups, even where a source
    gives it a time that is still to come.

    Raises:
        DetailsArchived: cases of the time were archived.
    """
    measure = MEASURE_BY_COLUMN[column]
    if measure.flow.subject in LEAVING:
        require_details(connection, start)
    rows = TABLES[measure.flow.subject]
    statement = flow_rows(measure, start=start, end=end, as_of=as_of)
    return _within_scope(connection, statement, rows, scope)


def rows_of_stock(
    connection: Connection, key: str, scope: Scope, *, as_of: datetime
) -> list[Row[tuple[object, ...]]]:
    """The rows that a stock holds at the as-of instant.

    Raises:
        DetailsArchived: cases of the time were archived.
    """
    require_details(connection, as_of)
    stock = STOCK_BY_KEY[key]
    rows = TABLES[stock.subject]
    statement = stock_rows(stock, as_of=as_of)
    return _within_scope(connection, statement, rows, scope)


def _within_scope(
    connection: Connection, statement: Select[tuple[object, ...]], rows: Table, scope: Scope
) -> list[Row[tuple[object, ...]]]:
    booked = region_tree.load(connection).booked_under(scope.counties)
    statement = statement.where(rows.c.county_id.in_(sorted(booked)))
    homes = case_homes.homes_of(connection, booked)
    if homes is not None and case_homes.has_home(rows):
        statement = statement.where(rows.c[case_homes.HOME].in_(homes))
    return list(connection.execute(statement))


def work_items(
    connection: Connection,
    tree: RegionTree,
    counties: Iterable[int],
    as_of: datetime,
    *,
    work_days: WorkCalendar,
    limit: int,
) -> tuple[WorkItem, ...]:
    """Overdue open incidents, longest overdue first (红牌 before 黄牌).

    The open ones are the first of an index (`ix_incidents_overdue`), however many cases there are;
    those that were open at a past as-of are among the ones closed since.
    """
    columns = (
        f"i.county_id, i.due_at, i.red_card_at, i.registered_at, {BY_KEY},"
        " (select c.label from codes c where c.list_key = 'incident_class'"
        "   and c.code = i.class_code) as label"
    )
    overdue = f"i.due_at < :as_of and i.registered_at < :as_of and {NOT_SENSITIVE}"
    order = f"order by i.due_at, {BY_KEY} limit :limit"
    booked, of_counties = case_homes.booked_under(connection, counties)
    values = {"as_of": as_of, "limit": limit, **of_counties}
    still_open = connection.execute(
        text(
            f"select {columns} from incidents i where i.closed_at is null"
            f" and {booked} and {overdue} {order}"
        ),
        values,
    )
    # Apart: as one statement, twelve million cases were read by the wrong index.
    closed_since = connection.execute(
        text(
            f"select {columns} from incidents i"
            # With an end the planner expects few, as it is now, and takes the index.
            " where i.closed_at >= :as_of and i.closed_at < 'infinity'"
            f" and {booked} and {overdue} {order}"
        ),
        values,
    )
    rows = sorted([*still_open, *closed_since], key=_longest_overdue_first)[:limit]
    return tuple(
        WorkItem(
            kind="red" if row.red_card_at is not None and row.red_card_at < as_of else "yellow",
            county_name=tree.place_of(row.county_id)[1],
            class_label=row.label or "未分类",
            overdue_workdays=work_days.workdays_between(row.due_at, as_of),
            registered_at=row.registered_at,
        )
        for row in rows
    )


def _longest_overdue_first(row: Row[Any]) -> tuple[Any, ...]:
    key = (row.home_county_id, row.source_id, row.case_no, row.registered_month)
    return row.due_at, *key


def newest(
    connection: Connection,
    tree: RegionTree,
    counties: Iterable[int],
    as_of: datetime,
    limit: int,
) -> tuple[TickerItem, ...]:
    """The newest hazard and service incidents in words, to the minute and the county.

    A channel that no code list holds is 其他: a foreign writer's own text is not shown.
    """
    booked, of_counties = case_homes.booked_under(connection, counties)
    rows = connection.execute(
        text(
            "select i.registered_at, i.county_id, i.category,"
            " c.label as channel from incidents i"
            " left join codes c on c.list_key = 'channel' and c.code = i.channel"
            " where i.registered_at < :as_of and i.registered_at >= :since"
            f" and i.category = any(:categories) and {NOT_SENSITIVE}"
            f" and {booked}"
            f" order by i.registered_at desc, {BY_KEY} limit :limit"
        ),
        {
            "as_of": as_of,
            "since": as_of - timedelta(days=2),
            "categories": list(POINT_CATEGORIES),
            "limit": limit,
            **of_counties,
        },
    )
    return tuple(
        TickerItem(
            at=row.registered_at.replace(second=0, microsecond=0),
            city_name=city_name,
            county_name=county_name,
            category=row.category,
            channel=row.channel or "其他",
        )
        for row in rows
        for city_name, county_name in (tree.place_of(row.county_id),)
    )


def new_points(
    connection: Connection,
    counties: Iterable[int],
    as_of: datetime,
    *,
    secret: str,
    minutes: int,
    limit: int,
) -> tuple[MapPoint, ...]:
    """New hazard and service incidents at the centre of their grid, to the minute.

    A case without a grid has no point: never the exact place, never a dispute.
    """
    booked, of_counties = case_homes.booked_under(connection, counties)
    rows = connection.execute(
        text(
            f"select md5(concat_ws('/', cast(:secret as text), {BY_KEY})) as key,"
            " r.centre_lon, r.centre_lat, i.registered_at, i.category"
            " from incidents i join regions r on r.id = i.grid_id"
            " where i.registered_at < :as_of and i.registered_at >= :since"
            f" and i.category = any(:categories) and {NOT_SENSITIVE}"
            f" and {booked} and r.centre_lon is not null"
            f" order by i.registered_at desc, {BY_KEY} limit :limit"
        ),
        {
            "secret": secret,
            "as_of": as_of,
            "since": as_of - timedelta(minutes=minutes),
            "categories": list(POINT_CATEGORIES),
            "limit": limit,
            **of_counties,
        },
    )
    return tuple(
        MapPoint(
            key=row.key,
            lon=row.centre_lon,
            lat=row.centre_lat,
            at=row.registered_at.replace(second=0, microsecond=0),
            category=row.category,
        )
        for row in rows
    )
