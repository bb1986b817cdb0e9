"""Every number equals the rows its predicate lists, and every roll-up equals the rows."""

import math
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from dashboard.indicators import DAILY_FLOWS, INDICATORS, ROLLED_UP_FLOWS, STOCKS
from dashboard.periods import Period
from dashboard.scope import Scope
from data_access import region_tree, rollups
from data_access.case_lists import rows_of_measure, rows_of_stock
from data_access.database import Database
from data_access.indicator_readings import median_handling_hours, per_10k, residents, total
from data_access.row_sums import MEASURE_BY_COLUMN
from data_access.sums import EVER, SumReader, measures_of
from tests.case_builder import COUNTIES, NOW, add_everything, amount_of

ZONE = ZoneInfo("Asia/Shanghai")
SCOPE = Scope(counties=frozenset(COUNTIES))
MEASURES = [measure.column for flow in ROLLED_UP_FLOWS for measure in flow.measures()]
SPANS = {
    "today": (NOW - timedelta(hours=14, minutes=32), NOW),
    "twenty days": (NOW - timedelta(days=20, hours=3), NOW),
    "a finished day and a half": (NOW - timedelta(days=9), NOW - timedelta(days=7, hours=12)),
    "ever": (EVER, NOW),
}


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as connection:
        add_everything(connection, seed=7)
    return database


@pytest.fixture
def connection(filled: Database) -> Iterator[Connection]:
    with filled.read() as connection:
        yield connection


def reader(connection: Connection, *, as_of=NOW, is_current=True, region_id=330000) -> SumReader:
    tree = region_tree.load(connection)
    return SumReader(
        connection,
        tree=tree,
        region=tree.by_id[region_id],
        scope=SCOPE,
        as_of=as_of,
        is_current=is_current,
        zone=ZONE,
    )


@pytest.mark.parametrize("span", SPANS, ids=SPANS)
def test_every_measure_equals_its_rows(connection: Connection, span: str) -> None:
    start, end = SPANS[span]
    sums = reader(connection).over(MEASURES, start, end)[330000]
    for column in MEASURES:
        measure = MEASURE_BY_COLUMN[column]
        rows = rows_of_measure(connection, column, SCOPE, start=start, end=end, as_of=NOW)
        assert sums[column] == sum(amount_of(measure, row) for row in rows), column


def test_the_rows_of_the_tests_touch_nearly_every_measure(connection: Connection) -> None:
    sums = reader(connection).over(MEASURES, *SPANS["ever"])[330000]
    assert {column for column in MEASURES if not sums[column]} <= {"registered_placed__outside"}


@pytest.mark.parametrize("days_ago", [0, 3, 31])
def test_every_stock_equals_its_rows_now_and_in_the_past(
    connection: Connection, days_ago: int
) -> None:
    as_of = NOW - timedelta(days=days_ago)
    sums = reader(connection, as_of=as_of).over(
        measures_of(stock.key for stock in STOCKS), EVER, as_of
    )[330000]
    for stock in STOCKS:
        rows = rows_of_stock(connection, stock.key, SCOPE, as_of=as_of)
        assert total(sums, (stock.key,)) == len(rows), stock.key


def test_every_daily_measure_equals_its_rows(connection: Connection) -> None:
    first, last = NOW.date() - timedelta(days=2), NOW.date()
    daily = [measure.column for flow in DAILY_FLOWS for measure in flow.measures()]
    sums = reader(connection).daily(daily, first, last)[330000]
    for column in daily:
        measure = MEASURE_BY_COLUMN[column]
        rows = rows_of_measure(connection, column, SCOPE, start=first, end=last, as_of=NOW)
        assert sums[column] == sum(amount_of(measure, row) for row in rows) > 0, column
        assert {row.day for row in rows} == {first, first + timedelta(days=1)}


def test_the_median_is_that_of_the_rows_the_mean_is_of(connection: Connection) -> None:
    start, end = SPANS["twenty days"]
    found, count = median_handling_hours(connection, COUNTIES, Period(start, end, "20日"))
    rows = rows_of_measure(connection, "closed_sound", SCOPE, start=start, end=end, as_of=NOW)
    hours = [(row.closed_at - row.registered_at) / timedelta(hours=1) for row in rows]
    assert count == len(hours) > 0
    assert found == pytest.approx(median(math.floor(each * 10 + 0.5) / 10 for each in hours))


def test_cases_per_10k_are_the_rows_over_the_residents(connection: Connection) -> None:
    start, end = SPANS["twenty days"]
    people = residents(connection, COUNTIES)
    sums = reader(connection).over(("registered_all",), start, end)
    found = per_10k({county: sums[county]["registered_all"] for county in COUNTIES}, people)
    assert set(found) == set(COUNTIES)
    for county, value in found.items():
        scope = Scope(counties=frozenset({county}))
        rows = rows_of_measure(connection, "registered_all", scope, start=start, end=end, as_of=NOW)
        assert value == pytest.approx(len(rows) / people[county] * 10_000)
        assert rows


@pytest.mark.parametrize("days_ago", [2, 33])
def test_cohorts_of_a_past_as_of_equal_their_rows(connection: Connection, days_ago: int) -> None:
    as_of = NOW - timedelta(days=days_ago)
    start = as_of - timedelta(days=25)
    past = reader(connection, as_of=as_of, is_current=False)
    sums = past.over(MEASURES, start, as_of)[330000]
    for column in MEASURES:
        measure = MEASURE_BY_COLUMN[column]
        rows = rows_of_measure(connection, column, SCOPE, start=start, end=as_of, as_of=as_of)
        assert sums[column] == sum(amount_of(measure, row) for row in rows), column


def test_counties_add_up_to_cities_and_cities_to_the_province(connection: Connection) -> None:
    sums = reader(connection).over(MEASURES, *SPANS["ever"])
    for column in MEASURES:
        for city in (330100, 330200):
            counties = [county for county in COUNTIES if county // 100 * 100 == city]
            assert sums[city][column] == sum(sums[county][column] for county in counties)
        assert sums[330000][column] == sums[330100][column] + sums[330200][column]


def test_yellow_and_red_add_up_to_overdue(connection: Connection) -> None:
    names = measures_of(("overdue", "red"))
    sums = reader(connection).over(names, EVER, NOW)[330000]
    yellow = total(sums, ("overdue", "-red"))
    assert yellow + total(sums, ("red",)) == total(sums, ("overdue",))
    assert yellow >= 0


def test_every_indicator_is_made_of_known_measures_or_stocks() -> None:
    daily = {measure.column for flow in DAILY_FLOWS for measure in flow.measures()}
    for indicator in INDICATORS:
        parts = [*indicator.numerator, *indicator.denominator]
        parts += [name for _, num, den in indicator.facets for name in (*num, *den)]
        assert parts, indicator.key
        assert set(measures_of(parts)) <= set(MEASURE_BY_COLUMN) | daily, indicator.key


def test_a_reader_with_a_smaller_scope_sees_only_its_counties(connection: Connection) -> None:
    tree = region_tree.load(connection)
    narrow = SumReader(
        connection,
        tree=tree,
        region=tree.root,
        scope=Scope(counties=frozenset({COUNTIES[0]})),
        as_of=NOW,
        is_current=True,
        zone=ZONE,
    ).over(("registered_all",), EVER, NOW)
    everything = reader(connection).over(("registered_all",), EVER, NOW)
    assert narrow[330000] == everything[COUNTIES[0]]
    assert set(narrow) == {330000, 330100, COUNTIES[0]}


def changes() -> dict[str, str]:
    return {
        "insert": "insert into incidents (home_county_id, source_id, case_no, registered_month,"
        " category, region_id, county_id, registered_at) values"
        " (330102, 1, 'X1', '2026-11-01', 'hazard', 330102, 330102, '2026-11-20 06:00Z')",
        "close": "update incidents set closed_at = '2026-11-20 06:30Z' where closed_at is null",
        "move county": "update incidents set county_id = 330212 where county_id = 330102",
        "correct class": "update incidents set category = 'other' where category = 'service'",
        "delete": "delete from incidents where category = 'policy'",
        "withdraw disputes": "delete from disputes where county_id = 330203",
        "late visit": "insert into return_visits (subject, home_county_id, source_id, case_no,"
        " registered_month, county_id, visited_at, is_valid, is_satisfied) values"
        " ('incident', 330102, 1, 'T0000001', '2026-11-01', 330102, '2026-10-20 06:00Z', true,"
        " true)",
    }


@pytest.mark.parametrize("change", changes(), ids=changes())
def test_rollups_stay_exact_after_a_foreign_change(filled: Database, change: str) -> None:
    with filled.write() as connection:
        rollups.fold(connection)
        assert connection.execute(text(changes()[change])).rowcount > 0
    with filled.read() as connection:
        assert rollups.differences(connection) == 0
    with filled.write() as connection:
        assert rollups.fold(connection) > 0
    with filled.read() as connection:
        assert rollups.differences(connection) == 0


def test_a_missing_delta_is_noticed(filled: Database) -> None:
    with filled.write() as connection:
        connection.execute(
            text("delete from rollup_deltas where id = (select min(id) from rollup_deltas)")
        )
    with filled.read() as connection:
        assert rollups.differences(connection) > 0


def test_rebuilding_gives_what_folding_gives(filled: Database) -> None:
    with filled.write() as connection:
        rollups.fold(connection)
        folded = connection.execute(text("select * from rollups order by 1, 2")).all()
        rollups.rebuild(connection)
        rebuilt = connection.execute(text("select * from rollups order by 1, 2")).all()
    assert not_empty(folded) == not_empty(rebuilt)


def not_empty(rows) -> list[tuple[object, ...]]:
    return [tuple(row) for row in rows if any(row[2:])]
