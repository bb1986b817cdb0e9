"""The snapshot as computed: groups, failing parts, blanks, scope, the past, what is kept out."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, text

from dashboard.asks import Ask, HeatAsk
from dashboard.errors import UnknownRegion
from dashboard.indicators import INDICATOR_BY_KEY, REPORTED
from dashboard.scope import Scope
from dashboard.snapshot import Reading, Snapshot
from dashboard.views import View
from data_access import (
    case_lists,
    facts,
    indicator_readings,
    map_readings,
    ranking_readings,
    reported_readings,
    rollups,
    schema,
    series_readings,
)
from data_access.case_lists import rows_of_measure
from data_access.database import Database
from data_access.indicator_readings import residents
from data_access.snapshotting import compute
from data_access.wall_parts import Kept
from tests.case_builder import COUNTIES, NOW, add_everything, add_regions, incident

PROVINCE, CITY, COUNTY = 330000, 330100, 330102
ZONE = ZoneInfo("Asia/Shanghai")
# Wide enough windows for the few cases of a test to be in every list.
ASK = Ask(new_event_minutes=300, point_count=99, ticker_rows=99, work_item_rows=99)


def made(database: Database, region_id: int = PROVINCE, **more: Any) -> Snapshot:
    """The snapshot of a view at NOW, in one go and with nothing kept from before."""
    as_of = more.pop("as_of", None)
    arguments = {"now": NOW, "ask": ASK, "kept": Kept()} | more
    return compute(database, View("wall", region_id, as_of), **arguments)


@pytest.fixture
def empty(database: Database) -> Database:
    with database.write() as connection:
        add_regions(connection)
    return database


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as connection:
        add_everything(connection, seed=11, count=250)
        rollups.fold(connection)
    return database


def add(database: Database, *cases: dict[str, Any]) -> None:
    with database.write() as connection:
        for case in cases:
            connection.execute(insert(schema.incidents), [case])


def parts_of(snapshot: Snapshot) -> dict[str, Any]:
    """What a snapshot says, without the times at which it was said."""
    said = snapshot.model_dump(
        exclude={"number", "made_at", "known_at", "view", "is_live", "sources"}
    )
    return said


# --- groups and failures -------------------------------------------------------------------------


def test_a_first_snapshot_has_both_groups_and_every_part(filled: Database) -> None:
    snapshot = made(filled)
    assert snapshot.failures == {}
    assert {reading.group for reading in snapshot.readings} == {"live", "slow"}
    assert {series.group for series in snapshot.series} == {"live", "slow"}
    assert {layer.window for layer in snapshot.map.heat} == {"2h", "24h", "7d", "30d"}
    assert snapshot.ranking and snapshot.map.choropleth and snapshot.map.inset
    assert snapshot.work_items and snapshot.ticker and snapshot.left_out
    assert {reading.as_of for reading in snapshot.readings} == {NOW}


def test_readings_are_of_known_indicators_and_of_one_mark_each(filled: Database) -> None:
    readings = made(filled).readings
    marks = [(item.indicator, item.facet, item.region_id, item.period) for item in readings]
    assert len(marks) == len(set(marks))
    assert {item.indicator for item in readings} <= set(INDICATOR_BY_KEY)
    assert {item.key for item in REPORTED} <= {item.indicator for item in readings}


def test_a_live_computation_leaves_the_slow_parts_with_their_own_time(filled: Database) -> None:
    first = made(filled)
    add(filled, incident(9001, registered_at=NOW))
    later = NOW + timedelta(seconds=4)
    second = made(filled, now=later, previous=first, groups=("live",))
    old, new = of_group(first, "slow"), of_group(second, "slow")
    assert new == old
    assert {reading.as_of for reading in new} == {NOW}
    assert {reading.as_of for reading in of_group(second, "live")} == {later}
    assert second.ranking == first.ranking
    assert second.map.inset == first.map.inset
    registered = [item.find("incidents_registered", period="today") for item in (first, second)]
    assert [reading.value for reading in registered] == [
        registered[0].value,
        registered[0].value + 1,
    ]
    for snapshot, as_of in ((first, NOW), (second, later)):
        assert {layer.as_of for layer in snapshot.map.heat if layer.group == "live"} == {as_of}
        assert {layer.as_of for layer in snapshot.map.heat if layer.group == "slow"} == {NOW}


def of_group(snapshot: Snapshot, group: str) -> list[Reading]:
    return [reading for reading in snapshot.readings if reading.group == group]


def test_without_a_previous_snapshot_everything_is_computed(filled: Database) -> None:
    assert parts_of(made(filled, groups=("live",))) == parts_of(made(filled))


def fails(*arguments: Any, **more: Any) -> Any:
    raise ZeroDivisionError


def breaks_the_transaction(*arguments: Any, **more: Any) -> Any:
    connection = next(item for item in arguments if hasattr(item, "exec_driver_sql"))
    connection.execute(text("select 1 / 0"))


# What breaks, and what is kept then.
PARTS: dict[tuple[Any, str], Callable[[Snapshot], Any]] = {
    (reported_readings, "read"): lambda snapshot: of_group(snapshot, "slow"),
    (series_readings, "half_hours"): lambda snapshot: [
        series for series in snapshot.series if series.group == "live"
    ],
    (series_readings, "first_case_day"): lambda snapshot: [
        series for series in snapshot.series if series.group == "slow"
    ],
    (ranking_readings, "rank_counties"): lambda snapshot: snapshot.ranking,
    (indicator_readings, "residents"): lambda snapshot: snapshot.map.choropleth,
    (map_readings, "heat"): lambda snapshot: snapshot.map.heat,
    (map_readings, "grid_inset"): lambda snapshot: snapshot.map.inset,
    (case_lists, "new_points"): lambda snapshot: snapshot.map.points,
    (case_lists, "work_items"): lambda snapshot: snapshot.work_items,
    (case_lists, "newest"): lambda snapshot: snapshot.ticker,
}


@pytest.mark.parametrize("how", [fails, breaks_the_transaction])
@pytest.mark.parametrize(("broken", "part"), PARTS.items(), ids=[name for _, name in PARTS])
def test_a_part_that_fails_is_named_keeps_its_value_and_the_rest_goes_on(
    filled: Database, monkeypatch: pytest.MonkeyPatch, broken, part, how
) -> None:
    add(filled, incident(9001, registered_at=NOW - timedelta(minutes=1)))
    first = made(filled)
    assert part(first)
    later = NOW + timedelta(minutes=3)
    add(filled, incident(9002, registered_at=NOW), incident(9003, due_at=NOW))
    whole = made(filled, now=later)
    monkeypatch.setattr(*broken, how)
    second = made(filled, now=later, previous=first)
    assert second.failures
    assert part(second) == part(first)
    for other in PARTS.values():
        if other is not part:
            assert other(second) == other(whole)
    # What went wrong inside is for the log, not for the wall.
    assert not re.search("division|select|Error", "".join(second.failures.values()))


def test_a_part_that_never_worked_is_empty_and_named(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking_readings, "rank_counties", fails)
    monkeypatch.setattr(case_lists, "newest", fails)
    snapshot = made(filled)
    assert (snapshot.ranking, snapshot.ticker) == (None, ())
    assert set(snapshot.failures) == {"排名", "最新事件"}


def test_a_slow_part_that_failed_stays_named_until_it_is_tried_again(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(ranking_readings, "rank_counties", fails)
        first = made(filled)
    second = made(filled, previous=first, groups=("live",))
    assert set(second.failures) == {"排名"}
    third = made(filled, previous=second)
    assert third.failures == {}
    assert third.ranking is not None


def test_any_error_of_a_part_stays_in_the_part(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a fault of the program: one panel must not darken the wall."""

    def misspelt(*arguments: Any, **more: Any) -> Any:
        return None.value  # type: ignore[attr-defined]

    monkeypatch.setattr(case_lists, "work_items", misspelt)
    assert set(made(filled).failures) == {"督办"}


# --- blank, nought, unknown ----------------------------------------------------------------------


def test_what_no_source_ever_delivered_is_unknown_and_not_nought(empty: Database) -> None:
    snapshot = made(empty)
    assert snapshot.failures == {}
    for reading in snapshot.readings:
        if reading.indicator in (
            *("median_handling_hours", "staff_online_rate"),
            *("reporting_rate", "patrol_rate"),
        ):
            continue
        assert (reading.value, reading.status) == (None, "no_data"), reading.indicator


@pytest.mark.parametrize(
    ("indicator", "rows"),
    [
        ("median_handling_hours", ()),
        ("staff_online_rate", ()),
        ("patrol_rate", ()),
        ("patrol_rate", ("staffing",)),
    ],
)
def test_figures_read_by_themselves_are_unknown_too(
    empty: Database, indicator: str, rows: tuple[str, ...]
) -> None:
    if rows:
        with empty.write() as connection:
            connection.execute(
                text(
                    "insert into staffing (town_id, day, county_id, staff, online, reporting)"
                    " values (330102001, '2026-11-19', 330102, 9, 3, 2)"
                )
            )
    reading = made(empty).find(indicator)
    assert reading is not None
    assert (reading.value, reading.status) == (None, "no_data")


def test_a_county_is_hatched_and_a_curve_absent_where_there_are_no_data(empty: Database) -> None:
    snapshot = made(empty)
    assert snapshot.map.choropleth is not None
    assert set(snapshot.map.choropleth.values.values()) == {None}
    for series in snapshot.series:
        assert {point.value for point in series.points} <= {None}, series.key


def test_nothing_happening_is_nought(filled: Database) -> None:
    """There were cases, only not today."""
    snapshot = made(filled, now=NOW + timedelta(days=3))
    today = snapshot.find("incidents_registered", period="today")
    assert today is not None
    assert (today.value, today.status) == (0.0, "known")
    assert snapshot.map.choropleth is not None
    assert set(snapshot.map.choropleth.values.values()) == {0.0}


def test_rates_without_a_base_are_blank(empty: Database) -> None:
    add(empty, incident(1))
    snapshot = made(empty)
    for key in ("on_time_rate", "sign_rate", "return_rate", "visit_rate"):
        reading = snapshot.find(key)
        assert reading is not None
        assert (reading.value, reading.denominator, reading.status) == (None, 0, "empty_base"), key
    closing = snapshot.find("closing_rate")
    assert closing is not None
    assert (closing.value, closing.denominator) == (0.0, 1)


def test_a_county_without_population_has_no_rate(filled: Database) -> None:
    with filled.write() as connection:
        connection.execute(text("delete from population where region_id = 330102"))
    choropleth = made(filled).map.choropleth
    assert choropleth is not None
    assert choropleth.values[COUNTY] is None
    assert all(choropleth.values[county] is not None for county in COUNTIES[1:])


def test_more_patrols_than_were_due_spoil_no_other_figure(filled: Database) -> None:
    with filled.write() as connection:
        connection.execute(text("update patrols set done = 12"))
    snapshot = made(filled)
    assert snapshot.failures == {}
    patrols = snapshot.find("patrol_rate")
    assert patrols is not None
    assert (patrols.value, patrols.interval) == (1.2, None)


# --- scope ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("region_id", [PROVINCE, CITY])
def test_a_county_beyond_the_scope_appears_nowhere(filled: Database, region_id: int) -> None:
    scope = Scope(counties=frozenset(COUNTIES[:1]))
    body = made(filled, region_id, scope=scope).to_json().decode()
    # Its number stands in its name, its code, its id, and those of its town and grids.
    assert str(COUNTIES[0]) in body
    assert [county for county in COUNTIES[1:] if str(county) in body] == []


def test_figures_of_a_scope_are_those_of_its_counties(filled: Database) -> None:
    """Of a province seen from one county every number is the county's."""
    scope = Scope(counties=frozenset(COUNTIES[:1]))
    part, own = made(filled, PROVINCE, scope=scope), made(filled, COUNTY)
    ours = {
        (item.indicator, item.facet, item.period): item.value
        for item in part.readings
        if item.region_id == PROVINCE
    }
    theirs = {
        (item.indicator, item.facet, item.period): item.value
        for item in own.readings
        if item.region_id == COUNTY
    }
    assert {mark: value for mark, value in ours.items() if mark in theirs} == theirs
    for key in ("last_30_days", "on_time_spark", "handling_spark", "today_trend", "last_24_hours"):
        mine, its = part.series_of(key), own.series_of(key)
        assert mine is not None and its is not None
        assert [point.value for point in mine.points] == [point.value for point in its.points], key
    assert part.ticker == own.ticker
    assert part.work_items == own.work_items
    assert part.map.points == own.map.points
    assert part.left_out == own.left_out


def test_an_empty_scope_sees_no_case(filled: Database) -> None:
    snapshot = made(filled, scope=Scope(counties=frozenset()))
    assert snapshot.failures == {}
    assert (snapshot.ticker, snapshot.work_items, snapshot.map.points) == ((), (), ())
    assert {reading.value for reading in snapshot.readings if reading.numerator} == set()


def test_a_region_that_is_none_is_refused(filled: Database) -> None:
    """Never a larger one in its place."""
    for region_id in (0, 1, 330102001):
        with pytest.raises(UnknownRegion):
            made(filled, region_id)


def test_grids_are_kept_until_a_case_comes_or_goes(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    grid_inset = map_readings.grid_inset

    def noted(connection: Any, county: Any, *more: Any) -> Any:
        read.append(county.id)
        return grid_inset(connection, county, *more)

    monkeypatch.setattr(map_readings, "grid_inset", noted)
    kept = Kept()
    first = made(filled, CITY, kept=kept)
    assert sorted(read) == [330102, 330106]
    assert made(filled, CITY, kept=kept).map.grids == first.map.grids
    assert len(read) == 2
    add(filled, *(incident(9000 + n, category="hazard") for n in range(5)))
    changed = made(filled, CITY, kept=kept)
    assert read[2:] == [330102]
    assert changed.map.grids == made(filled, CITY).map.grids != first.map.grids


def test_the_heat_of_whole_days_is_kept_until_they_have_other_cases(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    count_days = map_readings._CellReader._count_days

    def noted(reader: Any, spans: Any) -> Any:
        read.append(len(spans))
        return count_days(reader, spans)

    monkeypatch.setattr(map_readings._CellReader, "_count_days", noted)
    kept, placed = Kept(), {"location_quality": "point", "cell_x": 4, "cell_y": 4}
    first = made(filled, kept=kept).map.heat
    assert made(filled, kept=kept).map.heat == first
    today = [incident(9000 + n, **placed) for n in range(5)]
    add(filled, *today)
    assert made(filled, kept=kept).map.heat == made(filled).map.heat != first
    assert len(read) == 2, "today's cases are read beside what is kept"
    add(filled, incident(9100, registered_at=NOW - timedelta(days=3), **placed))
    assert made(filled, kept=kept).map.heat == made(filled).map.heat
    assert len(read) == 4


def test_screens_with_cells_of_other_sizes_share_no_heat(filled: Database) -> None:
    add(
        filled,
        *(
            incident(9200 + n, location_quality="point", cell_x=7 + 3 * n, cell_y=9)
            for n in range(6)
        ),
    )
    small = replace(Ask(), heat=replace(HeatAsk(), cell_km={"province": 1}))

    def cells(kept: Kept, ask: Ask) -> list[Any]:
        snapshot = compute(filled, View("wall", 330000), now=NOW, ask=ask, kept=kept)
        return [layer.cells for layer in snapshot.map.heat]

    kept = Kept()
    assert cells(kept, Ask()) != cells(kept, small) == cells(Kept(), small)


def test_one_value_is_kept_a_name_and_the_longest_unasked_go_first() -> None:
    kept, counted = Kept(), []

    def get(name: str, state: int) -> str:
        return kept.get((name,), state, lambda: counted.append((name, state)) or f"{name}{state}")

    assert [get("a", 1), get("a", 1), get("a", 2), get("a", 1)] == ["a1", "a1", "a2", "a1"]
    assert counted == [("a", 1), ("a", 2), ("a", 1)]
    counted.clear()
    for n in range(Kept.MOST):
        get(f"n{n}", 0)
        get("a", 1)
    get("n1", 0)
    assert ("a", 1) not in counted
    get("n0", 0)
    assert counted[-1] == ("n0", 0)


def test_what_is_forgotten_is_counted_again_and_nothing_else() -> None:
    kept, counted = Kept(), []

    def get(*name: str) -> None:
        kept.get(name, 1, lambda: counted.append(name))

    for _ in range(2):
        get("heat", "province")
        get("heat", "city")
        get("band", "province")
        kept.forget({"heat"})
    assert counted == [
        ("heat", "province"),
        ("heat", "city"),
        ("band", "province"),
        ("heat", "province"),
        ("heat", "city"),
    ]


def test_the_fill_of_the_map_is_what_its_rows_give_though_hours_are_kept(filled: Database) -> None:
    kept = Kept()
    first = made(filled, kept=kept).map.choropleth
    assert made(filled, kept=kept).map.choropleth == first
    hours = (0.01, 3, 20.3, 23.99, 24.01)
    cases = [
        incident(9300 + n, registered_at=NOW - timedelta(hours=h)) for n, h in enumerate(hours)
    ]
    add(filled, *cases)
    second = made(filled, kept=kept).map.choropleth
    assert second == made(filled).map.choropleth
    county = cases[0]["county_id"]
    with filled.read() as connection:
        people = residents(connection, [county])[county]
    assert second.values[county] == pytest.approx(first.values[county] + 4 * 10_000 / people)


def test_the_median_is_kept_until_other_cases_are_closed(filled: Database) -> None:
    kept = Kept()
    first = made(filled, kept=kept).find("median_handling_hours")
    assert made(filled, kept=kept).find("median_handling_hours") == first
    cases = [
        incident(
            9000 + n,
            registered_at=NOW - timedelta(days=2, hours=n + 1),
            closed_at=NOW - timedelta(days=2),
        )
        for n in range(40)
    ]
    add(filled, *cases)
    changed = made(filled, kept=kept).find("median_handling_hours")
    assert changed == made(filled).find("median_handling_hours")
    assert changed.denominator == first.denominator + 40
    assert changed.value != first.value


def test_a_county_shows_its_towns_as_a_city_its_counties(filled: Database) -> None:
    towns = [330102001, 330102002]
    with filled.write() as connection:
        connection.execute(
            text(
                "insert into regions (id, code, name, short_name, pinyin, level, parent_id,"
                " city_id, county_id, sort_order, valid_from, valid_to) select 330102002,"
                " '330102002', '新街道', '新街', 'x', 'town', 330102, 330100, 330102, 2,"
                " valid_from, null from regions where id = 330102001"
                " union all select 330102003, '330102003', '旧街道', '旧街', 'x', 'town', 330102,"
                " 330100, 330102, 3, valid_from, date '2025-01-01' from regions"
                " where id = 330102001"
            )
        )
    for n, (town, hours) in enumerate([(1, 1), (1, 2), (2, 3), (1, 25), (2, 26), (2, 27)]):
        at = NOW - timedelta(hours=hours)
        add(filled, incident(9000 + n, registered_at=at, town_id=towns[town - 1]))
    made_county = made(filled, COUNTY)
    assert made_county.place.child_level == "town"
    below = [region.id for region in made_county.regions if region.parent_id == COUNTY]
    assert below == towns
    start, end = next((p.start, p.end) for p in made_county.periods if p.key == "today")
    with filled.read() as connection:
        for town in towns:
            reading = made_county.find("incidents_registered", period="today", region_id=town)
            rows = rows_of_measure(
                connection,
                "registered_all",
                Scope(counties=frozenset({COUNTY})),
                start=start,
                end=end,
                as_of=NOW,
            )
            assert reading.value == sum(row.town_id == town for row in rows) > 0
    second = made_county.find("incidents_registered", period="today", region_id=towns[1])
    assert (second.value, second.comparison.value, second.comparison.change) == (1, 2, -0.5)
    assert (
        parts_of(made(filled, COUNTY, scope=Scope(counties=frozenset())))["place"]["child_level"]
        is None
    )


def test_the_databases_scale_is_of_cases_per_10k_and_of_nothing_else(filled: Database) -> None:
    with filled.write() as connection:
        facts.write(connection, "scales", {"choropleth": [1.0, 2.0, 3.0, 4.0]})
    steps = (0.6, 0.7, 0.8, 0.9)
    rate = replace(ASK, choropleth_indicator="on_time_rate", choropleth_classes=steps)
    for ask, classes in ((ASK, (1.0, 2.0, 3.0, 4.0)), (rate, steps)):
        choropleth = made(filled, ask=ask).map.choropleth
        assert choropleth is not None
        assert (choropleth.indicator, choropleth.classes) == (ask.choropleth_indicator, classes)


# --- sensitive -----------------------------------------------------------------------------------


def test_sensitive_cases_change_no_list_and_no_map(filled: Database) -> None:
    with filled.write() as connection:
        connection.execute(
            text("insert into code_lists values ('incident_class', '事件分类', 'test')")
        )
        connection.execute(
            text(
                "insert into codes (list_key, code, label, is_sensitive)"
                " values ('incident_class', '0909', '涉法涉诉', true)"
            )
        )
    before = made(filled, COUNTY)
    common = {
        "registered_at": NOW - timedelta(minutes=3),
        "due_at": NOW - timedelta(minutes=1),
        "cell_x": 3,
        "cell_y": 4,
        "location_quality": "point",
        "category": "hazard",
    }
    add(filled, *(incident(9000 + n, is_sensitive=True, **common) for n in range(9)))
    add(filled, *(incident(9100 + n, class_code="0909", **common) for n in range(9)))
    after = made(filled, COUNTY)
    assert after.ticker == before.ticker
    assert after.work_items == before.work_items
    assert after.map.points == before.map.points
    assert after.map.heat == before.map.heat
    assert after.map.inset == before.map.inset
    assert after.map.grids == before.map.grids
    registered = [item.find("incidents_registered", period="today") for item in (before, after)]
    assert registered[1].value == registered[0].value + 18
    assert "涉法涉诉" not in after.to_json().decode()


# --- the past ------------------------------------------------------------------------------------


def what_happens_later(now: datetime) -> list[str]:
    """Everything a day may bring after an instant."""
    later = (now + timedelta(hours=3)).isoformat()
    return [
        f"update incidents set closed_at = '{later}', resolved_level = 'town'"
        " where closed_at is null and case_no < 'T0000120'",
        f"update incidents set visited_at = '{later}' where visited_at is null",
        f"update incidents set returned_at = '{later}', return_count = 1 where returned_at is null"
        f" and dispatched_at < '{now.isoformat()}'",
        f"update incidents set signed_at = '{later}' where signed_at is null",
        f"update disputes set mediation_ended_at = '{later}', is_successful = true, resolved_at ="
        f" '{later}' where mediation_ended_at is null and mediation_started_at is not null",
        f"update disputes set closed_at = '{later}' where closed_at is null",
        f"update agreements set confirmed_at = '{later}' where confirmed_at is null",
        f"update agreements set performed_at = '{later}' where performed_at is null",
        "insert into receptions (source_id, county_id, received_at, people, is_accepted)"
        f" values (1, 330102, '{later}', 3, true)",
        "insert into staffing select town_id, day + 1, county_id, staff, 0, 0 from staffing"
        " where day = '2026-11-20'",
        "insert into reported_values (indicator, region_id, period_start, period_end, recorded_at,"
        f" numerator, denominator, source_id) values ('video_intact', 330000, '2026-10-01',"
        f" '2026-11-01', '{later}', 9, 10, 1)",
        "insert into return_visits (subject, home_county_id, source_id, case_no, registered_month,"
        " county_id, visited_at, is_valid, is_satisfied) values ('incident', 330102, 1, 'T1',"
        f" '2026-11-01', 330102, '{later}', true, false)",
    ]


@pytest.mark.parametrize("region_id", [PROVINCE, COUNTY])
def test_a_moment_looked_back_at_is_what_it_was_then(filled: Database, region_id: int) -> None:
    then = made(filled, region_id)
    add(
        filled,
        *(
            incident(9000 + n, registered_at=NOW + timedelta(minutes=n), county_id=county)
            for n, county in enumerate(COUNTIES * 5)
        ),
    )
    with filled.write() as connection:
        for statement in what_happens_later(NOW):
            connection.execute(text(statement))
        rollups.fold(connection)
    day_after = NOW + timedelta(days=1)
    again = made(filled, region_id, now=day_after, as_of=NOW)
    assert again.failures == {}
    assert again.is_live is False
    now_said, then_said = parts_of(again), parts_of(then)
    assert now_said.keys() == then_said.keys()
    for part, value in then_said.items():
        assert now_said[part] == value, part
    assert parts_of(made(filled, region_id, now=day_after))["readings"] != then_said["readings"]


def test_a_moment_just_gone_does_not_know_what_came_after_it(empty: Database) -> None:
    then = NOW - timedelta(seconds=20)
    add(empty, incident(1, closed_at=NOW - timedelta(seconds=10)))
    closing = made(empty, as_of=then).find("closing_rate")
    assert closing is not None
    assert (closing.numerator, closing.denominator) == (0, 1)


def test_computing_twice_says_the_same_to_the_byte(filled: Database) -> None:
    first, second = made(filled), made(filled)
    assert first.to_json() == second.to_json()
    assert first.sha256() == second.sha256()


def test_neither_the_servers_zone_nor_the_order_on_disk_can_be_heard(filled: Database) -> None:
    first = made(filled)
    with filled.write() as connection:
        name = connection.scalar(text("select current_database()"))
        connection.execute(text(f"alter database {name} set timezone = 'America/New_York'"))
        # Written anew, rows lie in another order.
        connection.execute(text("update incidents set recorded_at = recorded_at where lon is null"))
        connection.execute(
            text("update incidents set recorded_at = recorded_at where grid_id % 2 = 0")
        )
        rollups.fold(connection)
    filled.close()
    assert made(filled).to_json() == first.to_json()


# --- midnight ------------------------------------------------------------------------------------

MIDNIGHT = datetime(2026, 11, 20, 16, tzinfo=UTC)


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Shanghai"])
def around_midnight(empty: Database, request: pytest.FixtureRequest) -> Database:
    """Two cases before and three after midnight in Shanghai, one of them at its first instant."""
    with empty.write() as connection:
        name = connection.scalar(text("select current_database()"))
        connection.execute(text(f"alter database {name} set timezone = '{request.param}'"))
    empty.close()
    second = timedelta(seconds=1)
    add(
        empty,
        *(
            incident(n, registered_at=MIDNIGHT + offset, closed_at=MIDNIGHT + offset + second / 2)
            for n, offset in enumerate((-60 * second, -second, 0 * second, second, 60 * second))
        ),
    )
    return empty


@pytest.mark.parametrize(
    ("seconds", "today", "yesterday"), [(-1, 1, 0), (0, 0, 0), (1, 1, 0), (61, 3, 0)]
)
@pytest.mark.parametrize("folded", [False, True])
def test_today_begins_at_local_midnight_whatever_the_servers_zone(
    around_midnight: Database, seconds: int, today: int, yesterday: int, folded: bool
) -> None:
    if folded:
        with around_midnight.write() as connection:
            rollups.fold(connection)
    snapshot = made(around_midnight, now=MIDNIGHT + timedelta(seconds=seconds))
    registered = snapshot.find("incidents_registered", period="today")
    assert registered is not None and registered.comparison is not None
    assert (registered.value, registered.comparison.value) == (today, yesterday)


def test_at_midnight_sharp_the_day_before_is_complete(around_midnight: Database) -> None:
    with around_midnight.write() as connection:
        rollups.fold(connection)
    days = made(around_midnight, now=MIDNIGHT).series_of("last_30_days")
    assert days is not None
    last = days.points[-1]
    assert (last.at, last.value) == (MIDNIGHT - timedelta(days=1), 2)
    month = made(around_midnight, now=MIDNIGHT).period("month")
    assert month is not None
    assert month.label == "11月1—20日"


def test_places_change_against_the_month_before_and_in_january_against_none(
    filled: Database,
) -> None:
    """The account begins anew with the year."""
    ask = Ask(ranking_minimum=1)

    def changes(now: datetime) -> set[int | None]:
        ranking = made(filled, now=now, ask=ask).ranking
        assert ranking is not None
        return {unit.place_change for group in ranking.groups for unit in group.units}

    with filled.write() as connection:
        connection.execute(
            text(
                "update disputes set registered_at = registered_at + interval '50 days',"
                " accepted_at = accepted_at + interval '50 days' where case_no < 'D0000100'"
            )
        )
    assert None not in changes(NOW)
    assert changes(datetime(2026, 12, 31, 15, 59, tzinfo=UTC)) != {None}
    assert changes(datetime(2027, 1, 15, 4, tzinfo=UTC)) == {None}


def test_the_targets_of_the_region_are_in_its_snapshot(filled: Database) -> None:
    with filled.write() as connection:
        for region_id, value in ((PROVINCE, 95.0), (COUNTY, 96.0)):
            connection.execute(
                insert(schema.targets).values(
                    indicator="on_time_rate",
                    region_id=region_id,
                    valid_from=date(2020, 1, 1),
                    value=value,
                )
            )
    for region_id, wanted in ((PROVINCE, [0.95]), (CITY, []), (COUNTY, [0.96])):
        assert [target.value for target in made(filled, region_id).targets] == wanted


def test_figures_of_a_part_of_the_region_are_held_to_no_target(filled: Database) -> None:
    with filled.write() as connection:
        connection.execute(
            insert(schema.targets).values(
                indicator="on_time_rate",
                region_id=PROVINCE,
                valid_from=date(2020, 1, 1),
                value=95.0,
            )
        )
    part = Scope(counties=frozenset({COUNTY}))
    assert made(filled, scope=part).targets == ()
    assert len(made(filled, scope=Scope(counties=frozenset(COUNTIES))).targets) == 1


def test_a_day_on_which_no_limit_falls_is_no_point_of_the_rates_line(empty: Database) -> None:
    due_on = (9, 9, 6, 3)
    rows = [
        incident(
            number,
            registered_at=NOW - timedelta(days=20),
            due_at=NOW - timedelta(days=days),
            closed_at=NOW - timedelta(days=days, hours=-number),
        )
        for number, days in enumerate(due_on)
    ]
    with empty.write() as connection:
        connection.execute(insert(schema.incidents), rows)
        rollups.fold(connection)
    spark = made(empty).series_of("on_time_spark")
    counts = made(empty).series_of("last_30_days")
    assert spark is not None
    assert counts is not None
    days = [(point.at.astimezone(ZONE).date() - NOW.date()).days for point in spark.points]
    assert days == [-9, -6, -3]
    assert [point.value for point in spark.points] == [0.5, 0.0, 0.0]
    # A count of nothing is a count all the same.
    assert len(counts.points) == 20
