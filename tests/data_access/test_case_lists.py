"""Lists for a wall: never a sensitive class, never beyond the scope, never in a chance order."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, text

from dashboard.indicators import (
    CATEGORIES,
    DAILY_FLOWS,
    POINT_CATEGORIES,
    ROLLED_UP_FLOWS,
    STOCK_BY_KEY,
)
from dashboard.scope import Scope
from dashboard.work_calendar import WorkCalendar
from data_access import region_tree, schema
from data_access.case_lists import (
    new_points,
    newest,
    rows_of_measure,
    rows_of_stock,
    work_items,
)
from data_access.database import Database
from tests.case_builder import COUNTIES, NOW, add_regions, grid_of, incident

ZONE = ZoneInfo("Asia/Shanghai")
WORK_DAYS = WorkCalendar.from_rows([], ZONE)


@pytest.fixture
def connection(database: Database):
    with database.write() as connection:
        add_regions(connection)
        connection.execute(
            insert(schema.code_lists),
            [
                {"key": "incident_class", "name": "事件分类", "origin": "test"},
                {"key": "channel", "name": "渠道", "origin": "test"},
            ],
        )
        connection.execute(
            insert(schema.codes),
            [
                {"list_key": "incident_class", "code": code, "label": label, "is_sensitive": marked}
                for code, label, marked in (
                    ("0101", "道路破损", False),
                    ("0909", "涉法涉诉", True),
                )
            ]
            + [{"list_key": "channel", "code": "app", "label": "掌上", "is_sensitive": False}],
        )
        yield connection


def add(connection: Connection, *cases: dict[str, Any]) -> None:
    for case in cases:
        connection.execute(insert(schema.incidents), [case])


def ticker(connection: Connection, counties=COUNTIES, as_of=NOW, limit: int = 20):
    return newest(connection, region_tree.load(connection), counties, as_of, limit)


def points(
    connection: Connection, counties=COUNTIES, as_of=NOW, limit: int = 20, secret: str = "s"
):
    return new_points(connection, counties, as_of, secret=secret, minutes=120, limit=limit)


def items(connection: Connection, counties=COUNTIES, as_of=NOW, limit: int = 20):
    return work_items(
        connection,
        region_tree.load(connection),
        counties,
        as_of,
        work_days=WORK_DAYS,
        limit=limit,
    )


def overdue(number: int, **more: Any) -> dict[str, Any]:
    return incident(number, due_at=NOW - timedelta(minutes=5)) | more


MARKS = {
    "marked on the case": {"is_sensitive": True},
    "of a class that the list marks": {"class_code": "0909"},
    "both": {"is_sensitive": True, "class_code": "0909"},
}


@pytest.mark.parametrize("marks", MARKS.values(), ids=MARKS)
def test_sensitive_cases_are_in_no_list_of_a_wall(connection, marks: dict[str, Any]) -> None:
    """A foreign writer fills the class and knows nothing of the mark."""
    add(connection, overdue(1, **marks), overdue(2, class_code="0101"), overdue(3))
    for category in CATEGORIES:
        add(connection, overdue(10 + CATEGORIES.index(category), category=category, **marks))
    assert len(ticker(connection)) == len(points(connection)) == len(items(connection)) == 2
    assert {item.class_label for item in items(connection)} == {"道路破损", "未分类"}


def test_a_class_that_becomes_sensitive_leaves_the_wall(connection) -> None:
    add(connection, overdue(1, class_code="0101"))
    assert (len(ticker(connection)), len(points(connection)), len(items(connection))) == (1, 1, 1)
    connection.execute(text("update codes set is_sensitive = true where code = '0101'"))
    assert (len(ticker(connection)), len(points(connection)), len(items(connection))) == (0, 0, 0)


def test_only_hazards_and_services_are_points_or_news(connection) -> None:
    for number, category in enumerate(CATEGORIES):
        add(connection, incident(number, category=category))
    assert {item.category for item in ticker(connection)} == set(POINT_CATEGORIES)
    assert {point.category for point in points(connection)} == set(POINT_CATEGORIES)


def test_lists_end_at_the_scope(connection) -> None:
    for number, county in enumerate(COUNTIES):
        add(connection, overdue(number, county_id=county, grid_id=grid_of(county, 1)))
    mine = COUNTIES[:1]
    assert {item.county_name for item in ticker(connection, mine)} == {"县330102"}
    assert {item.county_name for item in items(connection, mine)} == {"县330102"}
    assert len(points(connection, mine)) == 1
    assert ticker(connection, ()) == points(connection, ()) == items(connection, ()) == ()


def test_nothing_of_the_future_is_listed(connection) -> None:
    """Registered at the very instant is not yet registered before it."""
    add(connection, overdue(1, registered_at=NOW, due_at=NOW - timedelta(hours=1)))
    assert ticker(connection) == points(connection) == items(connection) == ()
    later = NOW + timedelta(microseconds=1)
    assert len(ticker(connection, as_of=later)) == len(points(connection, as_of=later)) == 1
    assert len(items(connection, as_of=later)) == 1


def test_equal_times_stand_in_the_order_of_their_keys_however_they_were_written(
    connection,
) -> None:
    """A limit cuts among equals: equal data must make equal snapshots."""
    # The key's order is that of the home county, which is none of the printed things.
    numbers = [5, 3, 9, 1, 7, 2]
    for n in numbers:
        add(
            connection,
            overdue(
                n,
                home_county_id=n,
                county_id=COUNTIES[n % 4],
                grid_id=grid_of(COUNTIES[n % 4], 1),
                case_no="same",
            ),
        )
    expected = [f"县{COUNTIES[n % 4]}" for n in sorted(numbers)]
    assert [item.county_name for item in ticker(connection)] == expected
    assert [item.county_name for item in items(connection)] == expected
    whole = points(connection)
    assert points(connection, limit=3) == whole[:3]
    assert [point.lon for point in whole] == [
        120.0 + grid_of(COUNTIES[n % 4], 1) % 7 / 10 for n in sorted(numbers)
    ]


def test_each_point_has_a_key_of_its_own(connection) -> None:
    """Sources and counties count their cases each for itself."""
    add(
        connection,
        incident(1, case_no="7"),
        incident(1, case_no="7", home_county_id=1),
        incident(1, case_no="7", source_id=2),
        incident(1, case_no="7", registered_month="2026-10-01"),
    )
    keys = {point.key for point in points(connection)}
    assert len(keys) == 4
    # A case number is short: without a secret its key could be found by trying.
    assert keys.isdisjoint({point.key for point in points(connection, secret="another")})


def test_points_stand_at_the_centre_of_their_grid_and_tell_the_minute(connection) -> None:
    at = datetime(2026, 11, 20, 6, 5, 42, 99, tzinfo=UTC)
    add(connection, incident(1, registered_at=at, lon=119.123456, lat=29.654321))
    (point,) = points(connection)
    centre = connection.execute(
        text("select centre_lon, centre_lat from regions where id = :id"),
        {"id": grid_of(COUNTIES[0], 1)},
    ).one()
    assert (point.lon, point.lat) == tuple(centre)
    assert point.at == datetime(2026, 11, 20, 6, 5, tzinfo=UTC)
    assert ticker(connection)[0].at == point.at


def test_a_case_without_a_placed_grid_has_no_point(connection) -> None:
    add(connection, incident(1, grid_id=None), incident(2, grid_id=99))
    add(connection, incident(3, grid_id=grid_of(COUNTIES[0], 2)))
    connection.execute(
        text("update regions set centre_lon = null where id = :id"),
        {"id": grid_of(COUNTIES[0], 2)},
    )
    assert points(connection) == ()
    assert len(ticker(connection)) == 3


def test_the_newest_come_first_with_their_words(connection) -> None:
    add(connection, incident(1, registered_at=NOW - timedelta(hours=3), channel="app"))
    add(
        connection,
        incident(2, registered_at=NOW - timedelta(hours=1), channel="hotline 13800138000"),
    )
    add(connection, incident(3, registered_at=NOW - timedelta(hours=2)))
    add(connection, incident(4, registered_at=NOW - timedelta(days=2, seconds=1)))
    assert [item.channel for item in ticker(connection)] == ["其他", "其他", "掌上"]
    assert ticker(connection, limit=1)[0].city_name == "杭州市"


def test_the_longest_overdue_come_first_and_red_before_yellow(connection) -> None:
    add(
        connection,
        incident(1, due_at=NOW - timedelta(hours=1)),
        incident(2, due_at=NOW - timedelta(days=9), registered_at=NOW - timedelta(days=20)),
        incident(3, due_at=NOW - timedelta(days=3), registered_at=NOW - timedelta(days=20)),
        incident(4, due_at=NOW + timedelta(hours=1)),
        incident(5, due_at=NOW - timedelta(days=9), closed_at=NOW - timedelta(hours=1)),
        incident(6, due_at=None),
    )
    assert [item.kind for item in items(connection)] == ["red", "yellow", "yellow"]
    # 20 November 2026 is a Friday.
    assert [item.overdue_workdays for item in items(connection)] == [7, 3, 0]


def test_an_item_is_overdue_until_the_instant_it_is_closed(connection) -> None:
    closed = NOW - timedelta(hours=1)
    add(connection, overdue(1, due_at=NOW - timedelta(hours=3), closed_at=closed))
    connection.execute(text("update incidents set registered_at = :at"), {"at": NOW - timedelta(5)})
    assert len(items(connection, as_of=closed)) == 1
    assert items(connection, as_of=closed + timedelta(microseconds=1)) == ()


def test_a_card_is_red_after_its_instant_and_not_at_it(connection) -> None:
    red = NOW - timedelta(hours=1)
    add(
        connection,
        overdue(1, due_at=NOW - timedelta(days=7), red_card_at=red)
        | {"registered_at": NOW - timedelta(days=9)},
    )
    assert items(connection, as_of=red)[0].kind == "yellow"
    assert items(connection, as_of=red + timedelta(microseconds=1))[0].kind == "red"


# --- the rows behind a number --------------------------------------------------------------------


def keys(rows: list[Any]) -> set[str]:
    return {row.case_no for row in rows}


def test_registered_at_the_start_is_in_and_at_the_end_is_out(connection) -> None:
    start, end = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    add(connection, *(incident(n, registered_at=at) for n, at in enumerate((start, end), 1)))
    found = rows_of_measure(
        connection,
        "registered_all",
        Scope(counties=frozenset(COUNTIES)),
        start=start,
        end=end,
        as_of=NOW,
    )
    assert keys(found) == {"T0000001"}


def test_rows_outside_the_scope_are_not_listed(connection) -> None:
    add(connection, *(incident(n, county_id=county) for n, county in enumerate(COUNTIES)))
    for counties, count in ((COUNTIES[:1], 1), (COUNTIES, 4), ((), 0)):
        scope = Scope(counties=frozenset(counties))
        found = rows_of_measure(
            connection, "registered_all", scope, start=NOW - timedelta(1), end=NOW, as_of=NOW
        )
        assert len(found) == count
        assert len(rows_of_stock(connection, "open", scope, as_of=NOW)) == count


@pytest.mark.parametrize(
    ("minutes", "stocks"),
    [
        (0, set()),
        (1, {"open"}),
        (24 * 60, {"open"}),
        (24 * 60 + 1, {"open", "near_due"}),
        (48 * 60, {"open", "near_due"}),
        (48 * 60 + 1, {"open", "overdue"}),
        (216 * 60, {"open", "overdue"}),
        (216 * 60 + 1, {"open", "overdue", "red"}),
        (300 * 60, {"open", "overdue", "red"}),
        (300 * 60 + 1, set()),
    ],
)
def test_a_case_goes_through_the_stocks_at_its_instants(connection, minutes: int, stocks) -> None:
    """Registered, a day before the limit, at the limit, at the red card, closed."""
    begun = NOW - timedelta(days=30)
    add(
        connection,
        incident(
            1,
            registered_at=begun,
            due_at=begun + timedelta(hours=48),
            red_card_at=begun + timedelta(hours=216),
            closed_at=begun + timedelta(hours=300),
        ),
    )
    scope = Scope(counties=frozenset(COUNTIES))
    as_of = begun + timedelta(minutes=minutes)
    found = {
        key
        for key, stock in STOCK_BY_KEY.items()
        if stock.subject == "incidents" and rows_of_stock(connection, key, scope, as_of=as_of)
    }
    assert found == stocks


def test_every_measure_has_a_list(connection) -> None:
    scope = Scope(counties=frozenset(COUNTIES))
    for flow in ROLLED_UP_FLOWS + DAILY_FLOWS:
        for measure in flow.measures():
            is_daily = flow.subject in ("staffing", "patrols")
            start, end = NOW - timedelta(days=1), NOW
            assert (
                rows_of_measure(
                    connection,
                    measure.column,
                    scope,
                    start=start.date() if is_daily else start,  # type: ignore[arg-type]
                    end=end.date() if is_daily else end,  # type: ignore[arg-type]
                    as_of=NOW,
                )
                == []
            )
