"""Cases booked under a county that is no more count in what came of it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, text

from dashboard.asks import Ask
from dashboard.scope import Scope
from dashboard.views import View
from data_access import region_tree, rollups, schema
from data_access.case_lists import rows_of_measure
from data_access.database import Database
from data_access.snapshotting import compute
from data_access.sums import EVER, SumReader
from data_access.wall_parts import Kept
from tests.case_builder import CITIES, COUNTIES, NOW, add_everything, incident

ZONE = ZoneInfo("Asia/Shanghai")
PROVINCE, (HANGZHOU, NINGBO) = 330000, CITIES
GONE, HEIR, OTHER, FAR = COUNTIES
COLUMNS = ("registered_all", "closed", "due", "due_met", "open_in", "open_out", "d_accepted")
# A whole day, an edge of a day, and all there ever was.
SPANS = [(timedelta(days=9), timedelta(days=7, hours=5)), (NOW - EVER, timedelta(0))]


def abolish(connection: Connection, *successors: int, county: int = GONE) -> None:
    connection.execute(
        text("update regions set valid_to = '2026-11-19' where id = :id"), {"id": county}
    )
    for successor in successors:
        connection.execute(
            insert(schema.region_lineage).values(
                predecessor_id=county,
                successor_id=successor,
                effective_on="2026-11-19",
                kind="merged" if len(successors) == 1 else "split",
            )
        )


def sums(connection: Connection, region_id: int = PROVINCE, seen=COUNTIES, **more):
    tree = region_tree.load(connection)
    reader = SumReader(
        connection,
        tree=tree,
        region=tree.by_id[region_id],
        scope=Scope(counties=frozenset(seen)),
        as_of=NOW,
        is_current=more.get("is_current", True),
        zone=ZONE,
    )
    return [reader.over(COLUMNS, NOW - since, NOW - until) for since, until in SPANS]


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as connection:
        add_everything(connection, seed=11)
        rollups.rebuild(connection)
    return database


@pytest.mark.parametrize("is_followed", [True, False], ids=["rebuilt", "not yet rebuilt"])
@pytest.mark.parametrize("is_current", [True, False])
def test_a_merged_county_leaves_the_sums_of_city_and_province_as_they_were(
    filled: Database, is_current: bool, is_followed: bool
) -> None:
    with filled.write() as connection:
        before = sums(connection, is_current=is_current)
        abolish(connection, HEIR)
        if is_followed:
            assert rollups.follow_regions(connection) is True
        after = sums(connection, is_current=is_current)
    for old, new in zip(before, after, strict=True):
        assert old[PROVINCE]["registered_all"] > old[HANGZHOU]["registered_all"] > 0
        assert new[PROVINCE] == old[PROVINCE]
        assert new[HANGZHOU] == old[HANGZHOU]
        assert new[NINGBO] == old[NINGBO]
        assert GONE not in new
        assert new[HEIR] == old[HEIR] + old[GONE]


def test_the_successors_rollups_stay_exact_as_rows_come_and_go(filled: Database) -> None:
    with filled.write() as connection:
        abolish(connection, HEIR)
        assert rollups.follow_regions(connection) is True
        assert rollups.follow_regions(connection) is False
        assert rollups.differences(connection) == 0
        late = NOW - timedelta(days=3)
        connection.execute(insert(schema.incidents), [incident(9001, registered_at=late)])
        connection.execute(text("delete from incidents where category = 'policy'"))
        pending = sums(connection)
        assert rollups.differences(connection) == 0
        assert rollups.fold(connection) > 0
        assert rollups.differences(connection) == 0
        assert sums(connection) == pending
        assert (
            connection.scalar(
                text("select count(*) from rollups where region_id = :id"), {"id": GONE}
            )
            == 0
        )


@pytest.mark.parametrize("is_followed", [True, False], ids=["rebuilt", "not yet rebuilt"])
def test_a_county_that_moves_to_another_city_takes_its_cases_along(
    filled: Database, is_followed: bool
) -> None:
    with filled.write() as connection:
        before = sums(connection)[1]
        connection.execute(
            text("update regions set parent_id = :city, city_id = :city where id = :id"),
            {"city": NINGBO, "id": HEIR},
        )
        if is_followed:
            assert rollups.follow_regions(connection) is True
        after = sums(connection)[1]
        assert after[PROVINCE] == before[PROVINCE]
        assert after[NINGBO] == before[NINGBO] + before[HEIR]
        assert after[HANGZHOU] == before[HANGZHOU] - before[HEIR]
        if is_followed:
            assert rollups.differences(connection) == 0


@pytest.mark.parametrize("region_id", [PROVINCE, NINGBO, HEIR])
def test_pictures_made_before_all_is_counted_anew_equal_those_made_after(
    filled: Database, region_id: int
) -> None:
    with filled.write() as connection:
        abolish(connection, HEIR)
        connection.execute(
            text("update regions set parent_id = :city, city_id = :city where id = :id"),
            {"city": NINGBO, "id": HEIR},
        )
    made = []
    for is_followed in (False, True):
        if is_followed:
            with filled.write() as connection:
                assert rollups.follow_regions(connection) is True
        made.append(compute(filled, View("wall", region_id), now=NOW, ask=Ask(), kept=Kept()))
    before, after = made
    assert not before.failures
    assert before.readings == after.readings
    assert before.series == after.series
    assert before.ranking == after.ranking
    assert before.map == after.map
    assert any(layer.counted + layer.withheld for layer in after.map.heat)


def test_rollups_of_an_earlier_program_are_known_before_the_first_reform(filled: Database) -> None:
    """It did not note their counties."""
    with filled.write() as connection:
        before = sums(connection)[0]
        connection.execute(text("delete from database_facts where key = 'rollup_counties'"))
        assert rollups.follow_regions(connection) is False
        abolish(connection, HEIR)
        assert sums(connection)[0][HEIR] == before[HEIR] + before[GONE]


def test_a_rebuild_is_told_to_those_who_have_read_before(filled: Database) -> None:
    with filled.write() as connection:
        abolish(connection, HEIR)
        connection.execute(text("delete from outbox"))
        rollups.follow_regions(connection)
        told = connection.execute(text("select subject, county_id from outbox")).all()
    assert [tuple(row) for row in told] == [("regions", 0)]


def test_lineage_is_news_by_itself(filled: Database) -> None:
    with filled.write() as connection:
        connection.execute(text("delete from outbox"))
        abolish(connection, HEIR)
        subjects = set(connection.scalars(text("select subject from outbox")))
    assert subjects == {"regions", "region_lineage"}


def test_of_a_split_county_only_the_common_city_and_the_province_know_the_cases(
    filled: Database,
) -> None:
    with filled.write() as connection:
        before = sums(connection)[1]
        connection.execute(
            insert(schema.regions),
            [new_county(1, "钱塘区")],
        )
        abolish(connection, HEIR, 1)
        rollups.follow_regions(connection)
        everyone = (*COUNTIES, 1)
        after = sums(connection, seen=everyone)[1]
        assert after[PROVINCE] == before[PROVINCE]
        assert after[HANGZHOU] == before[HANGZHOU]
        assert after[HEIR] == before[HEIR]
        assert rollups.differences(connection) == 0
        # Who may see both successors may see what was booked before they were two.
        partly = sums(connection, seen=(HEIR, 1))[1]
        assert partly[PROVINCE] == partly[HANGZHOU] == before[HANGZHOU]
        assert sums(connection, seen=(HEIR, FAR))[1][HANGZHOU] == before[HEIR]
        assert sums(connection, HEIR)[1] == {HEIR: before[HEIR]}


def test_of_a_county_split_between_cities_only_the_province_knows_the_cases(
    filled: Database,
) -> None:
    with filled.write() as connection:
        before = sums(connection)[1]
        abolish(connection, HEIR, OTHER)
        rollups.follow_regions(connection)
        after = sums(connection)[1]
        assert after[PROVINCE] == before[PROVINCE]
        assert after[HANGZHOU] == before[HEIR]
        assert after[NINGBO] == before[NINGBO]
        assert sums(connection, HANGZHOU)[1][HANGZHOU] == before[HEIR]


def test_a_county_without_known_successor_still_counts_in_its_city(filled: Database) -> None:
    with filled.write() as connection:
        before = sums(connection)[1]
        abolish(connection)
        rollups.follow_regions(connection)
        after = sums(connection)[1]
        assert after[PROVINCE] == before[PROVINCE]
        assert after[HANGZHOU] == before[HANGZHOU]
        assert rollups.differences(connection) == 0


def test_reforms_that_follow_each_other_lead_to_the_county_of_today(filled: Database) -> None:
    with filled.write() as connection:
        abolish(connection, HEIR)
        abolish(connection, OTHER, county=HEIR)
        # Once more around: a wrong entry must not keep anybody busy for ever.
        connection.execute(
            insert(schema.region_lineage).values(
                predecessor_id=HEIR, successor_id=GONE, effective_on="2026-11-20", kind="moved"
            )
        )
        tree = region_tree.load(connection)
    path = (OTHER, NINGBO, PROVINCE)
    assert tree.booked_under({OTHER}) == {OTHER: path, GONE: path, HEIR: path}


def test_lists_name_the_successor_and_hold_the_rows_of_both(filled: Database) -> None:
    with filled.write() as connection:
        abolish(connection, HEIR)
        rollups.follow_regions(connection)
        scope = Scope(counties=frozenset({HEIR}))
        rows = rows_of_measure(connection, "registered_all", scope, start=EVER, end=NOW, as_of=NOW)
        assert {row.county_id for row in rows} == {GONE, HEIR}
        assert len(rows) == sums(connection)[1][HEIR]["registered_all"]
        connection.execute(
            text("update incidents set is_sensitive = false, county_id = :id"), {"id": GONE}
        )
    ask = Ask(new_event_minutes=10_000)
    made = compute(filled, View("wall", PROVINCE), now=NOW, ask=ask, kept=Kept())
    assert not made.failures
    assert {item.county_name for item in made.work_items} == {f"县{HEIR}"}
    assert {(item.city_name, item.county_name) for item in made.ticker} == {("杭州市", f"县{HEIR}")}
    assert made.map.points
    own = compute(filled, View("wall", HEIR), now=NOW, ask=Ask(), kept=Kept())
    assert own.ticker == made.ticker
    beyond = compute(filled, View("wall", OTHER), now=NOW, ask=Ask(), kept=Kept())
    assert not beyond.ticker
    assert not beyond.work_items


def test_a_split_county_keeps_its_own_name_in_lists(filled: Database) -> None:
    with filled.write() as connection:
        abolish(connection, HEIR, OTHER)
        tree = region_tree.load(connection)
    assert tree.place_of(GONE) == ("", f"县{GONE}")
    assert tree.place_of(HEIR) == ("杭州市", f"县{HEIR}")


def test_a_limited_tree_knows_only_what_was_merged_into_its_counties(filled: Database) -> None:
    with filled.write() as connection:
        abolish(connection, HEIR)
        tree = region_tree.load(connection)
    assert set(tree.limited_to({HEIR}).abolished) == {GONE}
    assert not tree.limited_to({OTHER}).abolished


def test_cases_of_an_unknown_county_are_logged_and_counted_once_it_is_known(
    filled: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with filled.write() as connection:
        rollups.fold(connection)
        assert not caplog.records
        before = sums(connection)[1]
        connection.execute(
            insert(schema.incidents),
            [incident(9002, county_id=7, registered_at=NOW - timedelta(days=3))],
        )
        assert rollups.fold(connection) > 0
        assert "[7]" in caplog.text
        assert sums(connection)[1][PROVINCE] == before[PROVINCE]
        connection.execute(insert(schema.regions), [new_county(7, "新区")])
        rollups.follow_regions(connection)
        after = sums(connection, seen=(*COUNTIES, 7))[1]
    assert after[7]["registered_all"] == 1
    assert after[PROVINCE]["registered_all"] == before[PROVINCE]["registered_all"] + 1


def new_county(region_id: int, name: str) -> dict[str, object]:
    return {
        "id": region_id,
        "code": f"3301{region_id:02d}",
        "name": name,
        "short_name": name,
        "pinyin": name,
        "level": "county",
        "parent_id": HANGZHOU,
        "city_id": HANGZHOU,
        "county_id": region_id,
        "valid_from": "2026-11-19",
    }
