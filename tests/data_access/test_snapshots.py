from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from dashboard.addresses import Address
from dashboard.errors import UnknownRegion
from dashboard.views import View
from data_access import snapshots
from data_access.database import Database
from tests import live_province
from tests.data_access.live_samples import NOON, small_snapshot


def stored_at(database: Database, moments: list[datetime], view: str = "wall:1") -> None:
    with database.write() as connection:
        for moment in moments:
            snapshots.store(connection, small_snapshot(view, moment), 1)


def moments_kept(database: Database, view: str = "wall:1") -> list[datetime]:
    with database.read() as connection:
        rows = connection.scalars(
            text("select made_at from snapshots where view = :view order by number"),
            {"view": view},
        )
        return [moment.astimezone(UTC) for moment in rows]


def test_a_stored_snapshot_is_read_back_as_it_was(database: Database) -> None:
    with database.write() as connection:
        stored = snapshots.store(connection, small_snapshot(), 12)
    with database.read() as connection:
        found = snapshots.newest(connection, "wall:1")
    assert found is not None
    assert found.open() == stored
    assert found.number == stored.number


def test_the_newest_snapshot_of_a_view_is_found_among_others(database: Database) -> None:
    stored_at(database, [NOON, NOON + timedelta(seconds=1)])
    stored_at(database, [NOON + timedelta(seconds=2)], view="wall:2")
    with database.read() as connection:
        found = snapshots.newest(connection, "wall:1")
        assert snapshots.newest(connection, "wall:3") is None
    assert found is not None
    assert found.open().made_at == NOON + timedelta(seconds=1)


def test_numbers_rise(database: Database) -> None:
    with database.write() as connection:
        first = snapshots.store(connection, small_snapshot(), 1)
        second = snapshots.store(connection, small_snapshot(), 1)
    assert second.number > first.number


def test_requests_are_forgotten_after_a_minute(database: Database) -> None:
    with database.write() as connection:
        snapshots.request(connection, ["wall:1", "wall:2"])
        connection.execute(
            text(
                "update screen_requests set wanted_at = now() - interval '61 s'"
                " where view = 'wall:2'"
            )
        )
        assert snapshots.requested(connection) == [View("wall", 1)]


def test_a_request_that_is_no_view_is_passed_over(database: Database) -> None:
    with database.write() as connection:
        snapshots.request(connection, ["wall:1", "no view"])
        assert snapshots.requested(connection) == [View("wall", 1)]


def test_pruning_keeps_one_a_minute_after_ten_minutes(database: Database) -> None:
    old = NOON - timedelta(minutes=20)
    tens = [old + timedelta(seconds=10 * n) for n in range(12)]
    fresh = [NOON - timedelta(seconds=10 * n) for n in (2, 1)]
    stored_at(database, tens + fresh)
    with database.write() as connection:
        assert snapshots.prune(connection, NOON) == 10
    assert moments_kept(database) == [tens[0], tens[6], *fresh]


def test_pruning_keeps_one_an_hour_after_thirty_days_and_none_after_four_hundred(
    database: Database,
) -> None:
    month_old = [NOON - timedelta(days=31) + timedelta(minutes=n) for n in (0, 20, 40, 60)]
    ancient = [NOON - timedelta(days=401)]
    stored_at(database, ancient + month_old)
    with database.write() as connection:
        snapshots.prune(connection, NOON)
    assert moments_kept(database) == [month_old[0], month_old[3]]


def test_pruning_thins_each_view_for_itself(database: Database) -> None:
    moment = NOON - timedelta(minutes=20)
    stored_at(database, [moment, moment])
    stored_at(database, [moment], view="wall:2")
    with database.write() as connection:
        snapshots.prune(connection, NOON)
    assert len(moments_kept(database)) == len(moments_kept(database, "wall:2")) == 1


def test_an_address_is_resolved_by_code_and_local_time(database: Database) -> None:
    live_province.populate(database.url)
    assert snapshots.resolve(database, Address("wall")) == View("wall", live_province.PROVINCE)
    view = snapshots.resolve(database, Address("wall", "990101", "2026-11-20T12:00"))
    assert view == View(
        "wall", live_province.HARBOUR, datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    )


def test_an_address_without_a_code_shows_the_region_of_the_screens_file(
    database: Database,
) -> None:
    live_province.populate(database.url)
    home = View("wall", live_province.EAST)
    assert snapshots.resolve(database, Address("wall"), "990100") == home
    named = snapshots.resolve(database, Address("wall", "990000"), "990100")
    assert named == View("wall", live_province.PROVINCE)


def test_a_code_of_the_screens_file_that_is_no_region_is_named_as_its_setting(
    database: Database,
) -> None:
    live_province.populate(database.url)
    with pytest.raises(UnknownRegion, match=r'\[duty\] 的 region = "123456"'):
        snapshots.resolve(database, Address("duty"), "123456")


def test_a_zone_has_no_wall_of_its_own(database: Database) -> None:
    """No case lies in it as its region: the wall would be empty."""
    live_province.populate(database.url)
    with database.write() as connection:
        connection.execute(
            text("update regions set is_administrative = false, code = 'GX01' where id = :id"),
            {"id": live_province.HARBOUR},
        )
    for code in ("GX01", str(live_province.HARBOUR)):
        with pytest.raises(UnknownRegion, match=f"没有代码为 {code} 的区划"):
            snapshots.resolve(database, Address("wall", code))


def test_a_code_that_is_no_region_is_named(database: Database) -> None:
    live_province.populate(database.url)
    with pytest.raises(UnknownRegion, match="123456"):
        snapshots.resolve(database, Address("wall", "123456"))
