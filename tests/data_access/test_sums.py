"""Sums over any span: roll-ups for whole local days and rows for the edges give what rows give."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Connection, insert, text

from dashboard.periods import day_start
from dashboard.scope import Scope
from data_access import facts, region_tree, rollups, schema
from data_access.database import Database
from data_access.migrating import migrate, settle
from data_access.rollups.tables import SLOTS_FACT
from data_access.sums import EVER, SumReader, Wish
from tests.case_builder import COUNTIES, add_regions, incident
from tests.statements import listening

SPRING, AUTUMN = date(2015, 3, 8), date(2015, 11, 1)
ZONES = ["Asia/Shanghai", "America/New_York"]
COLUMNS = ("registered_all", "closed", "open_in", "open_out", "closed_seconds", "closed_sound")


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest) -> ZoneInfo:
    return ZoneInfo(request.param)


@pytest.fixture(params=["UTC", "America/New_York"])
def connection(database: Database, zone: ZoneInfo, request: pytest.FixtureRequest):
    with database.write() as connection:
        connection.execute(text(f"set local timezone = '{request.param}'"))
        settle(connection, zone.key)
        add_regions(connection)
        yield connection


def add_every_quarter(connection: Connection, start: datetime, end: datetime) -> int:
    """A case every quarter of an hour, closed half an hour later."""
    count = (end - start) // timedelta(minutes=15)
    connection.execute(
        insert(schema.incidents),
        [
            incident(
                n,
                registered_at=start + n * timedelta(minutes=15),
                closed_at=start + (n + 2) * timedelta(minutes=15),
                county_id=COUNTIES[n % 4],
            )
            for n in range(count)
        ],
    )
    return count


def keep_slots(connection: Connection) -> None:
    """Of the days of these tests too, which lie long back."""
    facts.write(connection, SLOTS_FACT, datetime(2015, 1, 1, tzinfo=UTC).isoformat())


def reader(
    connection: Connection, as_of: datetime, zone: ZoneInfo, counties=COUNTIES, is_current=True
) -> SumReader:
    tree = region_tree.load(connection)
    return SumReader(
        connection,
        tree=tree,
        region=tree.root,
        scope=Scope(counties=frozenset(counties)),
        as_of=as_of,
        is_current=is_current,
        zone=zone,
    )


@pytest.mark.parametrize("day", [SPRING, AUTUMN, date(2015, 6, 10)], ids=str)
def test_days_of_23_24_and_25_hours_are_counted_whole(connection, zone, day: date) -> None:
    start = day_start(day - timedelta(days=1), zone)
    end = day_start(day + timedelta(days=2), zone)
    count = add_every_quarter(connection, start, end)
    rollups.fold(connection)
    sums = reader(connection, end, zone)
    found = sums.over(COLUMNS, day_start(day, zone), day_start(day + timedelta(days=1), zone))
    hours = (day_start(day + timedelta(days=1), zone) - day_start(day, zone)) // timedelta(hours=1)
    assert found[330000]["registered_all"] == hours * 4
    assert sums.over(COLUMNS, start, end)[330000]["registered_all"] == count
    by_day = sums.by_day(("registered_all",), day - timedelta(days=1), day + timedelta(days=2))
    assert by_day[day]["registered_all"] == hours * 4
    assert sum(row["registered_all"] for row in by_day.values()) == count
    assert rollups.differences(connection) == 0


@pytest.mark.parametrize("are_slots_kept", [False, True], ids=["days", "days and slots"])
def test_any_span_gives_what_its_rows_give(connection, zone, are_slots_kept: bool) -> None:
    """Cut at random and at midnights, with folded and with pending deltas."""
    random = np.random.default_rng(5)
    if are_slots_kept:
        keep_slots(connection)
    start = day_start(AUTUMN - timedelta(days=3), zone)
    end = day_start(AUTUMN + timedelta(days=3), zone)
    add_every_quarter(connection, start, end)
    counted = text(
        "select count(*), count(*) filter (where county_id = 330102) from incidents"
        " where registered_at >= :start and registered_at < :end"
    )
    midnights = [day_start(AUTUMN + timedelta(days=n), zone) for n in range(-3, 4)]
    cuts = [start + timedelta(minutes=int(random.integers(0, 9000))) for _ in range(12)]
    for folded in (False, True):
        if folded:
            rollups.fold(connection)
        for first in (EVER, *midnights, *cuts):
            for last in (*midnights, *cuts[:4]):
                if last < first:
                    continue
                found = reader(connection, end, zone).over(("registered_all",), first, last)
                expected = connection.execute(counted, {"start": first, "end": last}).one()
                assert found[330000]["registered_all"] == expected[0], (first, last, folded)
                assert found[330102]["registered_all"] == expected[1], (first, last, folded)


@pytest.mark.parametrize("counties", [COUNTIES, COUNTIES[:3]], ids=["all", "part"])
def test_what_is_asked_for_together_is_what_each_gives_alone(connection, zone, counties) -> None:
    """Spans that share an edge, in one read and in a later one, for all regions and for some."""
    start = day_start(AUTUMN - timedelta(days=3), zone)
    end = day_start(AUTUMN, zone) + timedelta(hours=9, minutes=10)
    add_every_quarter(connection, start, end)
    rollups.fold(connection)
    midday = start + timedelta(hours=12)
    wishes = [
        Wish(COLUMNS[:2], start, end),
        Wish(COLUMNS[2:4], EVER, end, frozenset({330000})),
        Wish(COLUMNS, midday, end, frozenset(COUNTIES[:2])),
        Wish(COLUMNS[4:], midday, end),
        # What was counted together is asked for by county, and the reverse.
        Wish(COLUMNS[2:4], midday, end),
        Wish(COLUMNS[:2], midday, end, frozenset({330000})),
    ]
    together = reader(connection, end, zone, counties)
    found = together.each(wishes[1:2])
    found = together.each(wishes[:1]) + found + together.each(wishes[2:])
    for wish, sums in zip(wishes, found, strict=True):
        alone = reader(connection, end, zone, counties).over(wish.columns, wish.start, wish.end)
        shown = wish.region_ids or alone.keys()
        assert sums.keys() <= set(shown)
        for region in shown:
            expected = {column: alone[region][column] for column in wish.columns}
            assert {column: sums[region][column] for column in wish.columns} == expected
    assert found[1][330000]["open_in"] >= found[1][330000]["open_out"] > 0


def test_a_case_at_the_start_of_a_span_is_in_and_at_its_end_is_out(connection, zone) -> None:
    midnight = day_start(AUTUMN, zone)
    instants = [midnight, midnight + timedelta(hours=5), midnight + timedelta(days=3)]
    connection.execute(
        insert(schema.incidents), [incident(n, registered_at=at) for n, at in enumerate(instants)]
    )
    sums = reader(connection, instants[-1] + timedelta(days=1), zone)
    tick = timedelta(microseconds=1)
    for start, end, count in (
        (instants[0], instants[1], 1),
        (instants[0], instants[1] + tick, 2),
        (instants[0] + tick, instants[1], 0),
        (instants[0], instants[2], 2),
        (instants[0], instants[2] + tick, 3),
        (instants[0] - timedelta(days=2), instants[0], 0),
        (instants[0] - timedelta(days=2), instants[0] + tick, 1),
    ):
        found = sums.over(("registered_all",), start, end)
        assert found[330000]["registered_all"] == count, (start, end)


@pytest.mark.parametrize("minutes", [3, 7])
@pytest.mark.parametrize("folded", [False, True], ids=["pending", "folded"])
def test_a_span_that_ends_now_is_without_what_the_quarter_still_brings(
    database, connection, zone, folded: bool, minutes: int
) -> None:
    """Limits that run out, and cases of a clock that is ahead; early in the quarter its minutes are
    counted, later those to come.
    """
    keep_slots(connection)
    minute = timedelta(minutes=1)
    quarter = day_start(AUTUMN, zone) + timedelta(hours=9)
    now = quarter + minutes * minute
    instants = [now + n * minute for n in (-8, -minutes, -1, 0, 1, 7, 15 - minutes)]
    yesterday = quarter - timedelta(days=1)
    connection.execute(
        insert(schema.incidents),
        [
            incident(n, registered_at=registered_at, due_at=due_at)
            for n, (registered_at, due_at) in enumerate(
                [(at, None) for at in instants] + [(yesterday, at) for at in instants]
            )
        ],
    )
    if folded:
        rollups.fold(connection)
    with listening(database) as said:
        sums = reader(connection, now, zone)
        for start in (EVER, quarter - timedelta(hours=1), quarter, now - 2 * minute):
            found = sums.over(("registered_all", "overdue_in"), start, now)[330000]
            within = sum(start <= at < now for at in instants)
            earlier = len(instants) if start == EVER else 0
            assert (found["registered_all"], found["overdue_in"]) == (within + earlier, within)
    counted = {(values["start"], values["end"]) for _, values in said}
    to_come = {(now, quarter + 15 * minute)} if minutes > 5 else set()
    assert counted == {(quarter, now), (now - 2 * minute, now)} | to_come


def test_an_empty_span_is_empty(connection, zone) -> None:
    add_every_quarter(connection, day_start(AUTUMN, zone), day_start(AUTUMN, zone) + timedelta(1))
    at = day_start(AUTUMN, zone) + timedelta(hours=2)
    sums = reader(connection, at, zone)
    assert sums.over(("registered_all",), at, at)[330000]["registered_all"] == 0
    assert sums.over((), EVER, at) == {}


def test_days_of_a_part_of_the_province_are_those_of_its_counties(connection, zone) -> None:
    start = day_start(AUTUMN, zone)
    add_every_quarter(connection, start, start + timedelta(days=2))
    last = AUTUMN + timedelta(days=2)
    for folded in (False, True):
        if folded:
            rollups.fold(connection)
        part = reader(connection, start + timedelta(days=2), zone, COUNTIES[:1])
        days = part.by_day(("registered_all",), AUTUMN, last)
        assert days[AUTUMN]["registered_all"] == 25 if zone.key.startswith("Am") else 24
        assert part.visible == {COUNTIES[0]}


def test_an_earlier_reader_does_not_know_what_came_later(connection, zone) -> None:
    start = day_start(AUTUMN, zone)
    connection.execute(
        insert(schema.incidents),
        [incident(1, registered_at=start, closed_at=start + timedelta(days=1))],
    )
    now = reader(connection, start + timedelta(days=2), zone)
    names, end = ("registered_closed",), start + timedelta(hours=2)
    assert now.over(names, start, end)[330000]["registered_closed"] == 1
    assert now.at(end).over(names, start, end)[330000]["registered_closed"] == 0
    day_after = start + timedelta(days=1)
    assert now.at(day_after).over(names, start, end)[330000]["registered_closed"] == 0
    tick = timedelta(microseconds=1)
    assert now.at(day_after + tick).over(names, start, end)[330000]["registered_closed"] == 1


def test_a_database_migrated_for_new_york_cuts_its_days_there(empty_database_url, postgres) -> None:
    migrate(empty_database_url, zone="America/New_York")
    database = Database(empty_database_url)
    zone = ZoneInfo("America/New_York")
    with database.write() as connection:
        add_regions(connection)
        connection.execute(
            insert(schema.incidents),
            [
                incident(n, registered_at=day_start(AUTUMN, zone) + offset)
                for n, offset in enumerate((-timedelta(seconds=1), timedelta(0)))
            ],
        )
        rollups.fold(connection)
        days = connection.scalars(
            text("select day from rollups where region_id = 330000 order by day")
        ).all()
    database.close()
    assert days == [AUTUMN - timedelta(days=1), AUTUMN]


def test_patrols_of_towns_with_fewer_than_five_staff_count_on_neither_side(
    database: Database,
) -> None:
    day = date(2026, 11, 19)
    with database.write() as connection:
        add_regions(connection)
        connection.execute(
            insert(schema.patrols),
            [
                {
                    "town_id": county * 1000 + 1,
                    "day": day,
                    "county_id": county,
                    "staff": staff,
                    "due": 2 * staff,
                    "done": staff,
                }
                for county, staff in zip(COUNTIES, (4, 5, 1, 9), strict=True)
            ],
        )
        sums = reader(connection, datetime(2026, 11, 20, tzinfo=ZoneInfo("UTC")), ZoneInfo("UTC"))
        found = sums.daily(("patrols_due", "patrols_done"), day, day + timedelta(days=1))
    assert found[330000] == {"patrols_due": 28, "patrols_done": 14}
    assert found[330100] == {"patrols_due": 10, "patrols_done": 5}
    assert COUNTIES[0] not in found or not any(found[COUNTIES[0]].values())
