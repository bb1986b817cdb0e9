"""功能区: figures of a zone are those of its townships, and stay in their counties as well."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import IntegrityError

from dashboard.scope import Scope
from data_access import region_tree, rollups, schema
from data_access.case_lists import rows_of_measure
from data_access.database import Database
from data_access.row_sums import MEASURE_BY_COLUMN, SUBJECTS_BY_TOWN
from data_access.sums import EVER, SumReader, Wish
from data_access.verifying import verify
from data_access.zones import Town, Zone, zones_of
from tests.case_builder import (
    COUNTIES,
    NOW,
    add_everything,
    add_zone,
    amount_of,
    incident,
    list_towns,
    put_into_towns,
)

LOCAL = ZoneInfo("Asia/Shanghai")
A, B, C, D = COUNTIES
TOWN_A, TOWN_B, TOWN_C, TOWN_D = (county * 1000 + 1 for county in COUNTIES)
BY_TOWN = tuple(
    column
    for column, measure in MEASURE_BY_COLUMN.items()
    if measure.flow.subject in SUBJECTS_BY_TOWN
)
SPANS = {
    "today": (NOW - timedelta(hours=14, minutes=32), NOW),
    "minutes": (NOW - timedelta(hours=3, minutes=4), NOW - timedelta(hours=2, minutes=1)),
    "twenty days": (NOW - timedelta(days=20, hours=3), NOW),
    "ever": (EVER, NOW),
}


def one_zone(*towns: int, counties: tuple[int, ...] = (7,)) -> list[Zone]:
    return [Zone(1, frozenset(towns), frozenset(counties))]


def town(number: int, zone: int | None = None, *, ended: bool = False, county: int = 7) -> Town:
    return Town(number, county, not ended, zone, can_inherit=zone is None)


def test_a_zone_has_the_townships_that_list_it_and_lies_in_their_counties() -> None:
    towns = [town(11, 1), town(12, 1, county=8), town(13, 2), town(14)]
    assert zones_of(towns, []) == [*one_zone(11, 12, counties=(7, 8)), Zone(2, *sets(13))]


def test_a_zone_lies_in_the_counties_of_all_townships_that_its_cases_are_booked_under() -> None:
    """One that moved in from another county brings the cases booked there."""
    towns = [town(11, ended=True, county=8), town(12, 1)]
    assert zones_of(towns, [(11, 12)]) == one_zone(11, 12, counties=(7, 8))


def sets(number: int) -> tuple[frozenset[int], frozenset[int]]:
    return frozenset({number}), frozenset({7})


def test_a_township_that_is_renamed_stays_in_the_zone_under_both_names() -> None:
    towns = [town(11, 1, ended=True), town(12)]
    assert zones_of(towns, [(11, 12)]) == one_zone(11, 12)


def test_of_a_split_township_all_that_came_of_it_stays() -> None:
    towns = [town(11, 1, ended=True), town(12), town(13)]
    assert zones_of(towns, [(11, 12), (11, 13)]) == one_zone(11, 12, 13)


def test_a_township_merged_with_one_beyond_the_zone_leaves_it_with_its_cases() -> None:
    towns = [town(10, 1), town(11, 1, ended=True), town(12, ended=True), town(13)]
    assert zones_of(towns, [(11, 13), (12, 13)]) == one_zone(10)


def test_what_the_zone_lists_itself_is_its_own_whatever_it_came_of() -> None:
    """Cases booked under what was merged into it come along."""
    towns = [town(12, ended=True), town(13, 1)]
    assert zones_of(towns, [(12, 13)]) == one_zone(12, 13)


def test_what_a_township_went_into_and_was_there_before_is_not_the_zones() -> None:
    towns = [town(11, 1, ended=True), Town(12, 7, True, can_inherit=False)]
    assert zones_of(towns, [(11, 12)]) == []


def test_a_township_that_left_a_zone_does_not_come_back_by_what_it_came_of() -> None:
    towns = [town(11, 1, ended=True), Town(12, 7, True, can_inherit=False)]
    assert zones_of(towns, [(11, 12)]) == []


def test_an_ended_township_whose_successors_lie_in_two_zones_is_in_neither() -> None:
    towns = [town(11, ended=True), town(12, 1), town(13, 2)]
    assert zones_of(towns, [(11, 12), (11, 13)]) == [*one_zone(12), Zone(2, *sets(13))]


def test_an_ended_township_without_known_successor_stays_where_it_was() -> None:
    assert zones_of([town(11, 1, ended=True)], []) == one_zone(11)


def test_reforms_one_after_the_other_are_followed_and_a_circle_ends() -> None:
    towns = [town(11, 1, ended=True), town(12, ended=True), town(13)]
    lineage = [(11, 12), (12, 13), (12, 11)]
    assert zones_of(towns, [*lineage[:2]]) == one_zone(11, 12, 13)
    assert [zone.towns for zone in zones_of(towns, lineage)] == [frozenset({11, 12, 13})]


@pytest.fixture
def filled(database: Database) -> Database:
    """Cases half of which tell their town, and a zone of towns in two cities."""
    with database.write() as connection:
        add_everything(connection, seed=7)
        put_into_towns(connection)
        add_zone(connection, TOWN_A, TOWN_D)
        rollups.follow_regions(connection)
    return database


@pytest.fixture
def connection(filled: Database) -> Iterator[Connection]:
    with filled.write() as connection:
        yield connection


ZONE = 900_001


def reader(
    connection: Connection,
    *,
    as_of: datetime = NOW,
    is_current: bool = True,
    region_id: int = 330000,
    counties: tuple[int, ...] = COUNTIES,
) -> SumReader:
    tree = region_tree.load(connection)
    return SumReader(
        connection,
        tree=tree,
        region=tree.by_id[region_id],
        scope=Scope(counties=frozenset(counties)),
        as_of=as_of,
        is_current=is_current,
        zone=LOCAL,
    )


def of_zone(read: SumReader, start: datetime, end: datetime, *regions: int) -> dict:
    [found] = read.each([Wish(BY_TOWN, start, end, frozenset({ZONE, *regions}))])
    return found


def rows_make(
    connection: Connection, start: datetime, end: datetime, *towns: int, as_of: datetime = NOW
) -> dict:
    """Sums of the measures over the rows of these towns, worked out in Python."""
    scope = Scope(counties=frozenset(COUNTIES))
    return {
        column: sum(
            amount_of(MEASURE_BY_COLUMN[column], row)
            for row in rows_of_measure(connection, column, scope, start=start, end=end, as_of=as_of)
            if row.town_id in towns
        )
        for column in BY_TOWN
    }


@pytest.mark.parametrize("counties", [COUNTIES, (A, B, D)], ids=["whole scope", "part of it"])
@pytest.mark.parametrize("is_folded", [True, False], ids=["folded", "pending"])
@pytest.mark.parametrize("span", SPANS, ids=SPANS)
def test_every_measure_of_a_zone_equals_the_rows_of_its_towns(
    connection: Connection, span: str, is_folded: bool, counties: tuple[int, ...]
) -> None:
    connection.execute(
        insert(schema.incidents),
        [
            incident(
                9000 + n,
                county_id=D,
                town_id=TOWN_D,
                registered_at=NOW - timedelta(minutes=2 * n),
                closed_at=NOW - timedelta(minutes=2 * n - 1),
            )
            for n in range(1, 200)
        ],
    )
    if is_folded:
        rollups.fold(connection)
    start, end = SPANS[span]
    found = of_zone(reader(connection, counties=counties), start, end)
    assert {column: found[ZONE][column] for column in BY_TOWN} == rows_make(
        connection, start, end, TOWN_A, TOWN_D
    )
    assert found[ZONE]["registered_all"] > 0


def test_cohorts_of_a_zone_as_of_the_past_equal_the_rows_of_its_towns(
    connection: Connection,
) -> None:
    start, end = NOW - timedelta(days=40), NOW - timedelta(days=12)
    found = of_zone(reader(connection, as_of=end, is_current=False), start, end)
    expected = rows_make(connection, start, end, TOWN_A, TOWN_D, as_of=end)
    assert {column: found[ZONE][column] for column in BY_TOWN} == expected
    assert expected["d_accepted"] > expected["d_mediated__people"] > 0


def test_its_cases_count_in_their_counties_and_above_as_before(connection: Connection) -> None:
    start, end = SPANS["twenty days"]
    regions = (330000, 330100, A, D)
    with_zone = of_zone(reader(connection), start, end, *regions)
    connection.execute(text("delete from zone_towns"))
    rollups.follow_regions(connection)
    without = of_zone(reader(connection), start, end, *regions)
    assert with_zone.pop(ZONE)["registered_all"] > 0
    assert with_zone == without
    assert set(without) == set(regions)


def test_sums_that_name_no_region_hold_no_zone(connection: Connection) -> None:
    found = reader(connection).over(("registered_all",), EVER, NOW)
    assert set(found) == {330000, 330100, 330200, *COUNTIES}


@pytest.mark.parametrize("is_current", [True, False])
@pytest.mark.parametrize("counties", [(A, B, C), (B, C, D), (B, C)], ids=str)
def test_a_zone_is_read_only_by_who_may_see_all_its_counties(
    connection: Connection, counties: tuple[int, ...], is_current: bool
) -> None:
    read = reader(connection, counties=counties, is_current=is_current)
    assert read.zones == []
    assert of_zone(read, EVER, NOW) == {}
    assert ZONE not in region_tree.load(connection).limited_to({330000, *counties}).by_id


def test_a_wall_of_a_city_has_the_zones_that_lie_in_it_alone(connection: Connection) -> None:
    own = add_zone(connection, TOWN_B, zone_id=900_002)
    rollups.follow_regions(connection)
    assert [zone.id for zone in reader(connection).zones] == [ZONE, own]
    assert [zone.id for zone in reader(connection, region_id=330100).zones] == [own]
    assert own in region_tree.load(connection).limited_to({330100, A, B}).by_id


def test_a_zone_is_read_as_soon_as_its_towns_are_counted_and_not_before(
    connection: Connection,
) -> None:
    """Figures of half its towns would be wrong figures."""
    list_towns(connection, ZONE, TOWN_C)
    assert reader(connection).zones == []
    assert rollups.follow_regions(connection) is True
    assert rollups.follow_regions(connection) is False
    found = of_zone(reader(connection), EVER, NOW)
    expected = rows_make(connection, EVER, NOW, TOWN_A, TOWN_C, TOWN_D)
    assert {column: found[ZONE][column] for column in BY_TOWN} == expected
    assert rollups.differences(connection) == 0


def test_a_township_that_goes_into_one_beyond_takes_its_cases_along(
    connection: Connection,
) -> None:
    connection.execute(
        text("update regions set valid_to = '2026-11-19' where id = :id"), {"id": TOWN_D}
    )
    connection.execute(
        insert(schema.region_lineage).values(
            predecessor_id=TOWN_D, successor_id=TOWN_C, effective_on="2026-11-19", kind="merged"
        )
    )
    rollups.follow_regions(connection)
    expected = rows_make(connection, EVER, NOW, TOWN_A)
    found = of_zone(reader(connection, counties=(A, B)), EVER, NOW)
    assert {column: found[ZONE][column] for column in BY_TOWN} == expected
    assert rollups.differences(connection) == 0


def test_a_zone_whose_township_moved_in_from_a_county_is_shown_where_that_county_is(
    connection: Connection,
) -> None:
    """Else the roll-ups would tell a reader the cases of a county that they may not see."""
    connection.execute(
        text("update regions set valid_to = '2026-11-19' where id = :id"), {"id": TOWN_B}
    )
    connection.execute(
        insert(schema.region_lineage).values(
            predecessor_id=TOWN_B, successor_id=TOWN_A, effective_on="2026-11-19", kind="moved"
        )
    )
    rollups.follow_regions(connection)
    start, end = SPANS["ever"]
    expected = rows_make(connection, start, end, TOWN_A, TOWN_B, TOWN_D)
    found = of_zone(reader(connection, counties=(A, B, D)), start, end)
    assert {column: found[ZONE][column] for column in BY_TOWN} == expected
    assert reader(connection, counties=(A, C, D)).zones == []


def test_a_county_that_is_split_takes_the_zone_to_its_successors(connection: Connection) -> None:
    """Until the townships have got their new county."""
    connection.execute(text("update regions set valid_to = '2026-11-19' where id = :id"), {"id": A})
    connection.execute(
        insert(schema.region_lineage).values(
            predecessor_id=A, successor_id=B, effective_on="2026-11-19", kind="merged"
        )
    )
    rollups.follow_regions(connection)
    assert [zone.id for zone in reader(connection, counties=(B, D)).zones] == [ZONE]
    assert reader(connection, counties=(D,)).zones == []


CHANGES = {
    "to another town": f"update incidents set town_id = {TOWN_B} where town_id = {TOWN_A}",
    "to the zone": f"update disputes set town_id = {TOWN_D} where town_id is null",
    "town unknown": f"update incidents set town_id = null where town_id = {TOWN_D}",
    "closed": "update incidents set closed_at = '2026-11-20 06:30Z' where closed_at is null",
    "deleted": f"delete from disputes where town_id = {TOWN_A}",
}


@pytest.mark.parametrize("change", CHANGES, ids=CHANGES)
def test_rollups_of_a_zone_stay_exact_after_a_foreign_change(
    connection: Connection, change: str
) -> None:
    rollups.fold(connection)
    before = of_zone(reader(connection), EVER, NOW)[ZONE]
    assert connection.execute(text(CHANGES[change])).rowcount > 0
    pending = of_zone(reader(connection), EVER, NOW)[ZONE]
    assert pending != before
    assert rollups.differences(connection) == 0
    rollups.fold(connection)
    assert of_zone(reader(connection), EVER, NOW)[ZONE] == pending
    assert rollups.differences(connection) == 0


def test_a_wrong_figure_of_a_zone_is_found_and_set_right(filled: Database) -> None:
    with filled.write() as connection:
        rollups.fold(connection)
        connection.execute(
            text("update rollups set d_accepted = d_accepted + 1 where region_id = :zone"),
            {"zone": ZONE},
        )
    found = verify(filled)
    assert {(wrong.region_id, wrong.measure) for wrong in found.examples} == {(ZONE, "d_accepted")}
    assert verify(filled, repair=True).repaired == found.differences > 0
    assert verify(filled).differences == 0


def test_which_towns_a_zone_has_is_news(connection: Connection) -> None:
    connection.execute(text("delete from outbox"))
    list_towns(connection, ZONE, TOWN_B)
    assert set(connection.scalars(text("select subject from outbox"))) == {"zone_towns"}


def test_an_administrative_region_manages_no_towns_as_a_zone(connection: Connection) -> None:
    connection.execute(text("update zone_towns set zone_id = 330203"))
    assert region_tree.load(connection).zones == []


@pytest.mark.parametrize(
    "values",
    [
        "(900002, 330102001, '2026-01-01', null)",
        "(900002, 330106001, '2026-01-01', '2025-01-01')",
        "(900002, 900002, '2026-01-01', null)",
        "(900002, 7, '2026-01-01', null)",
    ],
    ids=["of two zones at once", "ends before it begins", "of itself", "unknown"],
)
def test_what_no_membership_can_be_is_refused(connection: Connection, values: str) -> None:
    add_zone(connection, zone_id=900_002)
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(text(f"insert into zone_towns values {values}"))
