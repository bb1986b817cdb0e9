"""The ranking as the wall shows it: groups, ties, few cases, and what changed since."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, text

from dashboard import periods as spans
from dashboard.intervals import wilson_interval
from dashboard.periods import Period
from dashboard.scope import Scope
from dashboard.snapshot import Ranking
from data_access import region_tree, rollups, schema
from data_access.database import Database
from data_access.ranking_readings import Keep, rank_counties
from data_access.sums import SumReader
from data_access.wall_parts import Kept
from tests.case_builder import COUNTIES, NOW, add_regions, add_zone

ZONE = ZoneInfo("Asia/Shanghai")
MONTH = spans.month_to_date(NOW, ZONE)
YEAR = spans.year_to_date(NOW, ZONE)
BEFORE = Period(YEAR.start, MONTH.start, "1—10月")
EARLIER = NOW - timedelta(days=40)
A, B, C, D = COUNTIES


@pytest.fixture
def connection(database: Database):
    with database.write() as connection:
        add_regions(connection)
        connection.execute(
            insert(schema.ranking_groups),
            [
                {"code": "rural", "name": "县", "sort_order": 2},
                {"code": "urban", "name": "区", "sort_order": 1},
            ],
        )
        yield connection


def group(connection: Connection, code: str, *counties: int, valid_to: str | None = None) -> None:
    connection.execute(
        insert(schema.region_ranking_groups),
        [
            {
                "region_id": county,
                "group_code": code,
                "valid_from": "2020-01-01",
                "valid_to": valid_to,
            }
            for county in counties
        ],
    )


def mediate(
    connection: Connection,
    county: int,
    succeeded: int,
    ended: int,
    at: datetime = NOW,
    town: int | None = None,
) -> None:
    """Disputes accepted and mediated just before `at`."""
    accepted = at - timedelta(hours=2)
    local = accepted.astimezone(ZONE)
    taken = connection.scalar(text("select count(*) from disputes")) or 0
    connection.execute(
        insert(schema.disputes),
        [
            {
                "home_county_id": county,
                "source_id": 1,
                "case_no": f"D{taken + n}",
                "registered_month": local.date().replace(day=1),
                "region_id": county,
                "county_id": county,
                "town_id": town,
                "registered_at": accepted,
                "accepted_at": accepted,
                "dispatched_at": accepted,
                "mediation_started_at": accepted,
                "mediation_ended_at": accepted + timedelta(hours=1),
                "is_successful": n < succeeded,
                "method": "people",
            }
            for n in range(ended)
        ],
    )


def ranking(
    connection: Connection,
    *,
    as_of: datetime = NOW,
    minimum: int = 30,
    counties: tuple[int, ...] = COUNTIES,
    region_id: int = 330000,
    indicator: str = "mediation_success_rate",
    month: Period = MONTH,
    label: str = YEAR.label,
    before: Period | None = BEFORE,
    keep: Keep = lambda name, state, count: count(),
) -> Ranking | None:
    tree = region_tree.load(connection)
    reader = SumReader(
        connection,
        tree=tree,
        region=tree.by_id[region_id],
        scope=Scope(counties=frozenset(counties)),
        as_of=as_of,
        is_current=True,
        zone=ZONE,
    )
    return rank_counties(
        connection,
        reader,
        tree,
        tree.by_id[region_id],
        indicator_key=indicator,
        minimum=minimum,
        month=month,
        cumulative_label=label,
        before=before,
        as_of=as_of,
        keep=keep,
    )


def units(found: Ranking | None) -> dict[int, Any]:
    assert found is not None
    return {unit.region_id: unit for group in found.groups for unit in group.units}


def test_printed_values_decide_and_ties_share_a_place(connection) -> None:
    group(connection, "urban", *COUNTIES)
    mediate(connection, A, 90, 100)
    mediate(connection, B, 9001, 10_000 // 1 + 1)  # 90.0 % as printed, a hair above A
    mediate(connection, C, 95, 100)
    mediate(connection, D, 80, 100)
    found = units(ranking(connection))
    assert {county: unit.place for county, unit in found.items()} == {C: 1, A: 2, B: 2, D: 4}
    assert {county for county, unit in found.items() if unit.is_tied} == {A, B}
    assert found[A].value != found[B].value


def test_a_unit_with_few_cases_is_shown_and_neither_wins_nor_loses(connection) -> None:
    group(connection, "urban", *COUNTIES)
    mediate(connection, A, 3, 3)
    mediate(connection, B, 0, 29)
    mediate(connection, C, 29, 30)
    found = ranking(connection)
    shown = units(found)
    assert [unit.region_id for unit in found.groups[0].units] == [C, A, B, D]
    # With nobody else to compare with, one is not first of one.
    for county in COUNTIES:
        assert (shown[county].place, shown[county].place_low, shown[county].place_high) == (
            None,
            None,
            None,
        )
    assert (shown[A].value, shown[A].numerator, shown[A].denominator) == (1.0, 3, 3)
    assert (shown[D].value, shown[D].denominator) == (None, 0)
    assert (shown[C].value, shown[C].denominator) == (29 / 30, 30)


def test_ranges_of_rank_hold_the_place_and_grow_where_chance_could_have_decided(
    connection,
) -> None:
    group(connection, "urban", *COUNTIES)
    for county, succeeded in zip(COUNTIES, (96, 95, 94, 20), strict=True):
        mediate(connection, county, succeeded, 100)
    found = units(ranking(connection))
    for unit in found.values():
        assert unit.place_low <= unit.place <= unit.place_high
    assert (found[A].place_low, found[A].place_high) == (1, 3)
    assert (found[D].place_low, found[D].place_high) == (4, 4)


def test_groups_stand_in_their_order_and_compare_only_within(connection) -> None:
    group(connection, "rural", A, C)
    group(connection, "urban", B)
    for county, succeeded in zip(COUNTIES, (50, 60, 70, 80), strict=True):
        mediate(connection, county, succeeded, 100)
    found = ranking(connection)
    assert [(group.code, group.name) for group in found.groups] == [
        ("urban", "区"),
        ("rural", "县"),
        ("ungrouped", "未分组"),
    ]
    places = {county: unit.place for county, unit in units(found).items()}
    assert places == {A: 2, B: None, C: 1, D: None}


def test_a_group_that_a_county_has_left_does_not_count(connection) -> None:
    group(connection, "rural", A, valid_to="2025-01-01")
    group(connection, "urban", *COUNTIES)
    assert [group.code for group in ranking(connection).groups] == ["urban"]


def test_places_are_compared_with_those_at_the_end_of_last_month(connection) -> None:
    group(connection, "urban", *COUNTIES)
    for county, succeeded in zip(COUNTIES, (90, 80, 70, 60), strict=True):
        mediate(connection, county, succeeded, 100, EARLIER)
    mediate(connection, D, 900, 900)
    found = units(ranking(connection))
    assert {county: unit.place for county, unit in found.items()} == {D: 1, A: 2, B: 3, C: 4}
    assert {county: unit.place_change for county, unit in found.items()} == {
        D: 3,
        A: -1,
        B: -1,
        C: -1,
    }
    assert (found[D].month_value, found[D].month_denominator) == (1.0, 900)
    assert (found[A].month_value, found[A].month_denominator) == (None, 0)
    assert (found[D].numerator, found[D].denominator) == (960, 1000)


def test_a_unit_with_few_cases_keeps_its_rate_and_interval(connection) -> None:
    group(connection, "urban", *COUNTIES)
    for county in (A, B):
        mediate(connection, county, 80, 100)
    mediate(connection, C, 7, 9)
    few = units(ranking(connection))[C]
    expected = wilson_interval(7, 9)
    assert (few.place, few.numerator, few.denominator) == (None, 7, 9)
    assert few.interval == (expected.lower, expected.upper)


def test_the_past_is_read_again_when_its_cases_change(connection) -> None:
    group(connection, "urban", *COUNTIES)
    for county in (A, B):
        mediate(connection, county, 80, 100, at=EARLIER)
    kept, read = Kept(), []

    def keep(name: Any, state: Any, count: Any) -> Any:
        return kept.get(name, state, lambda: read.append(name) or count())

    first, again = ranking(connection, keep=keep), ranking(connection, keep=keep)
    assert first == again and len(read) == 1
    mediate(connection, B, 40, 40, at=EARLIER)
    changed = ranking(connection, keep=keep)
    assert len(read) == 2
    assert changed == ranking(connection)


def test_the_past_is_not_read_again_for_what_is_done_since(connection) -> None:
    """Six hundred thousand disputes of a year would be, with every one that is settled."""
    group(connection, "urban", *COUNTIES)
    for county in COUNTIES:
        mediate(connection, county, 80, 100, at=EARLIER)
    kept, read = Kept(), []

    def keep(name: Any, state: Any, count: Any) -> Any:
        return kept.get(name, state, lambda: read.append(name) or count())

    first = ranking(connection, keep=keep)
    connection.execute(
        text("update disputes set is_successful = true where county_id = :county"), {"county": C}
    )
    settled = ranking(connection, keep=keep)
    assert units(settled)[C].value != units(first)[C].value
    assert len(read) == 1


def test_a_unit_that_was_not_ranked_then_has_no_change(connection) -> None:
    group(connection, "urban", *COUNTIES)
    mediate(connection, A, 90, 100, EARLIER)
    mediate(connection, D, 70, 100, EARLIER)
    mediate(connection, B, 5, 5, EARLIER)
    mediate(connection, B, 80, 100)
    found = units(ranking(connection))
    assert found[A].place_change == 0
    assert found[B].place_change is None
    assert found[C].place_change is None


def test_in_january_there_is_no_month_before(connection) -> None:
    """December belongs to last year's account."""
    group(connection, "urban", *COUNTIES)
    as_of = datetime(2027, 1, 15, 4, tzinfo=UTC)
    for county, succeeded in zip(COUNTIES, (90, 80, 70, 60), strict=True):
        mediate(connection, county, succeeded, 100, datetime(2026, 12, 20, 4, tzinfo=UTC))
        mediate(connection, county, 100 - succeeded, 100, as_of)
    found = ranking(
        connection,
        as_of=as_of,
        month=spans.month_to_date(as_of, ZONE),
        label=spans.year_to_date(as_of, ZONE).label,
        before=None,
    )
    shown = units(found)
    assert {county: unit.place for county, unit in shown.items()} == {D: 1, C: 2, B: 3, A: 4}
    assert {unit.place_change for unit in shown.values()} == {None}
    assert {unit.denominator for unit in shown.values()} == {100}
    assert found.cumulative_label == "1月"


def test_on_new_years_midnight_nobody_is_ranked(connection) -> None:
    group(connection, "urban", *COUNTIES)
    mediate(connection, A, 90, 100, NOW)
    as_of = datetime(2026, 12, 31, 16, tzinfo=UTC)
    found = ranking(
        connection,
        as_of=as_of,
        month=spans.month_to_date(as_of, ZONE),
        before=None,
    )
    assert {(unit.place, unit.denominator) for unit in units(found).values()} == {(None, 0)}


def test_lower_is_better_where_the_dictionary_says_so(connection) -> None:
    connection.execute(
        insert(schema.incidents),
        [
            {
                "home_county_id": county,
                "source_id": 1,
                "case_no": f"I{county}{n}",
                "registered_month": "2026-11-01",
                "category": "service",
                "region_id": county,
                "county_id": county,
                "registered_at": NOW - timedelta(days=2),
                "dispatched_at": NOW - timedelta(days=2),
                "returned_at": NOW - timedelta(days=1) if n < returned else None,
            }
            for county, returned in ((A, 10), (B, 2))
            for n in range(40)
        ],
    )
    found = units(ranking(connection, indicator="return_rate"))
    assert (found[B].place, found[A].place) == (1, 2)


def test_counties_beyond_the_scope_are_not_named(connection) -> None:
    group(connection, "urban", *COUNTIES)
    for county in COUNTIES:
        mediate(connection, county, 90, 100)
    assert set(units(ranking(connection, counties=(A, B)))) == {A, B}
    assert ranking(connection, counties=(A,)) is None


def test_a_county_alone_is_not_ranked(connection) -> None:
    assert ranking(connection, region_id=A) is None


def test_a_city_ranks_its_own(connection) -> None:
    assert set(units(ranking(connection, region_id=330100))) == {A, B}


def town(county: int, number: int = 1) -> int:
    return county * 1000 + number


@pytest.fixture
def zones(connection: Connection) -> tuple[int, int]:
    """Two zones, each of one town, in a group of their own that is named first."""
    group(connection, "urban", *COUNTIES)
    connection.execute(
        insert(schema.ranking_groups).values(code="zone", name="开发区", sort_order=0)
    )
    made = (
        add_zone(connection, town(A), zone_id=900_001),
        add_zone(connection, town(D), zone_id=900_002),
    )
    group(connection, "zone", *made)
    rollups.follow_regions(connection)
    return made


def test_zones_are_ranked_last_and_apart_and_their_cases_count_in_the_county_too(
    connection: Connection, zones: tuple[int, int]
) -> None:
    mediate(connection, A, 40, 50, town=town(A))
    mediate(connection, A, 50, 50)
    mediate(connection, D, 45, 50, town=town(D))
    for county in (B, C):
        mediate(connection, county, 80, 100)
    found = ranking(connection)
    assert [(group.name, group.is_apart) for group in found.groups] == [
        ("区", False),
        ("开发区", True),
    ]
    shown = units(found)
    first, second = zones
    assert (shown[first].numerator, shown[first].denominator) == (40, 50)
    assert (shown[second].numerator, shown[second].denominator) == (45, 50)
    assert (shown[A].numerator, shown[A].denominator) == (90, 100)
    assert (shown[D].numerator, shown[D].denominator) == (45, 50)
    # A zone is compared with zones alone: 90.0 % is first of two, and second with A of four.
    assert {unit: shown[unit].place for unit in (*zones, *COUNTIES)} == {
        first: 2,
        second: 1,
        **{A: 1, D: 1, B: 3, C: 3},
    }
    assert (shown[first].place_low, shown[first].place_high) == (1, 2)
    assert shown[first].name == "高新区900001"


def test_a_zone_with_few_cases_or_none_is_named_and_has_no_place(
    connection: Connection, zones: tuple[int, int]
) -> None:
    mediate(connection, A, 7, 9, town=town(A))
    shown = units(ranking(connection))
    first, second = zones
    assert (shown[first].place, shown[first].denominator) == (None, 9)
    assert shown[first].interval is not None
    assert (shown[second].place, shown[second].denominator) == (None, 0)


def test_places_of_zones_are_compared_with_those_at_the_end_of_last_month(
    connection: Connection, zones: tuple[int, int]
) -> None:
    first, second = zones
    mediate(connection, A, 90, 100, EARLIER, town(A))
    mediate(connection, D, 80, 100, EARLIER, town(D))
    mediate(connection, D, 300, 300, town=town(D))
    shown = units(ranking(connection))
    assert (shown[second].place, shown[second].place_change) == (1, 1)
    assert (shown[first].place, shown[first].place_change) == (2, -1)
    assert (shown[second].month_value, shown[second].month_denominator) == (1.0, 300)


def test_zones_without_a_group_or_in_one_of_counties_have_one_of_their_own(
    connection: Connection, zones: tuple[int, int]
) -> None:
    _, second = zones
    connection.execute(text("delete from region_ranking_groups where group_code = 'zone'"))
    group(connection, "urban", second)
    found = ranking(connection)
    assert [(group.name, group.is_apart) for group in found.groups] == [
        ("区", False),
        ("功能区", True),
    ]
    assert {unit.region_id for unit in found.groups[1].units} == set(zones)


def test_a_zone_is_named_only_to_who_may_see_all_its_counties(
    connection: Connection, zones: tuple[int, int]
) -> None:
    first, second = zones
    assert first in units(ranking(connection, counties=(A, B, C)))
    assert second not in units(ranking(connection, counties=(A, B, C)))
    assert set(units(ranking(connection, region_id=330100))) == {A, B, first}


def test_an_indicator_of_rows_without_township_ranks_no_zones(
    connection: Connection, zones: tuple[int, int]
) -> None:
    for indicator in ("satisfaction_rate", "confirmation_rate"):
        found = ranking(connection, indicator=indicator)
        assert not any(group.is_apart for group in found.groups)
    assert any(group.is_apart for group in ranking(connection, indicator="closing_rate").groups)
