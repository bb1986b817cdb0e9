import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from dashboard.asks import Ask
from dashboard.snapshot import Snapshot
from dashboard.views import View
from data_access import housekeeping, snapshots, view_slots
from data_access.database import Database
from data_access.snapshotter import Snapshotter
from data_access.view_slots import Slot
from tests import live_province

WALL = View("wall", live_province.PROVINCE)
Start = Callable[..., Snapshotter]


@pytest.fixture
def writer(database: Database) -> Iterator[live_province.Writer]:
    live_province.populate(database.url)
    writer = live_province.Writer(database.url)
    yield writer
    writer.close()


@pytest.fixture
def start(database: Database, writer: live_province.Writer) -> Iterator[Start]:
    """``start()`` runs a snapshotter in a thread; it is stopped after the test."""
    running: list[tuple[threading.Event, threading.Thread]] = []

    def start(**settings: object) -> Snapshotter:
        snapshotter = Snapshotter(database.url, lambda name: Ask(), **settings)  # type: ignore[arg-type]
        stop = threading.Event()
        thread = threading.Thread(target=snapshotter.run, args=(stop,))
        thread.start()
        running.append((stop, thread))
        return snapshotter

    yield start
    for stop, _ in running:
        stop.set()
    for _, thread in running:
        thread.join(10)
        assert not thread.is_alive()


def newest(database: Database, view: View = WALL) -> Snapshot | None:
    with database.read() as connection:
        stored = snapshots.newest(connection, view.key())
    return stored.open() if stored else None


def registered_today(database: Database, view: View = WALL) -> float | None:
    snapshot = newest(database, view)
    reading = snapshot.find("incidents_registered", period="today") if snapshot else None
    return reading.value if reading else None


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def test_the_whole_scope_is_computed_without_being_asked_for(
    database: Database, start: Start
) -> None:
    start()
    wait_for(lambda: newest(database) is not None)


def test_the_region_of_the_screens_file_is_computed_instead(
    database: Database, start: Start
) -> None:
    start(home="990100")
    wait_for(lambda: newest(database, View("wall", live_province.EAST)) is not None)
    assert newest(database) is None


def test_a_code_of_no_region_does_not_stop_what_is_asked_for(
    database: Database, start: Start
) -> None:
    with database.write() as connection:
        snapshots.request(connection, [WALL.key()])
    start(home="123456")
    wait_for(lambda: newest(database) is not None)


def test_a_committed_incident_is_in_the_next_snapshot(
    database: Database, start: Start, writer: live_province.Writer
) -> None:
    writer.add_incident()
    start()
    wait_for(lambda: registered_today(database) == 1)
    writer.add_incident()
    wait_for(lambda: registered_today(database) == 2)


def test_a_deleted_and_a_corrected_incident_are_too(
    database: Database, start: Start, writer: live_province.Writer
) -> None:
    first, second = writer.add_incident(), writer.add_incident()
    start()
    wait_for(lambda: registered_today(database) == 2)
    writer.execute("delete from incidents where case_no = %s", (first,))
    wait_for(lambda: registered_today(database) == 1)
    writer.execute(
        "update incidents set registered_at = now() - interval '2 days' where case_no = %s",
        (second,),
    )
    wait_for(lambda: registered_today(database) == 0)


CORRECTIONS = {
    "moved": "cell_x = cell_x + 50",
    "sensitive": "is_sensitive = true",
    "no place": "location_quality = 'default', cell_x = null, cell_y = null",
}


@pytest.mark.parametrize("correction", CORRECTIONS.values(), ids=CORRECTIONS)
def test_heat_of_whole_days_follows_a_correction_that_changes_no_sum(
    database: Database,
    writer: live_province.Writer,
    correction: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(5):
        writer.add_incident(at=datetime.now(UTC) - timedelta(days=3))
    writer.execute("update incidents set location_quality = 'point', cell_x = 4, cell_y = 4")
    monkeypatch.setattr(view_slots, "SLOW_EVERY_SECONDS", 0)
    working = Snapshotter(database.url, lambda name: Ask())
    assert working._round() == []

    def cells() -> dict[str, tuple[object, ...]]:
        snapshot = newest(database)
        return {layer.window: layer.cells for layer in snapshot.map.heat} if snapshot else {}

    before = cells()
    assert before["7d"] and before["30d"]
    writer.execute(
        f"update incidents set {correction} where case_no = (select max(case_no) from incidents)"
    )
    assert working._round() == []
    after = cells()
    assert after["7d"] != before["7d"]
    assert after["30d"] != before["30d"]
    working.database.close()


@pytest.mark.parametrize(
    "correction",
    [*CORRECTIONS.values(), f"county_id = {live_province.HARBOUR}"],
    ids=[*CORRECTIONS, "another county"],
)
def test_the_map_of_the_last_hours_follows_a_correction_that_changes_no_sum(
    database: Database, writer: live_province.Writer, correction: str
) -> None:
    """Nothing else makes an hour be counted again: a case that is sensitive now must go at once."""
    for county in live_province.COUNTIES:
        writer.execute(
            "insert into population (region_id, counted_on, residents, origin)"
            f" values ({county}, '2020-11-01', 100000, 'invented')"
        )
    for _ in range(5):
        writer.add_incident(live_province.HILLS, at=datetime.now(UTC) - timedelta(hours=5))
    writer.execute("update incidents set location_quality = 'point', cell_x = 4, cell_y = 4")
    working = Snapshotter(database.url, lambda name: Ask())
    assert working._round() == []

    def shown() -> object:
        snapshot = newest(database)
        assert snapshot is not None and snapshot.map.choropleth is not None
        [cells] = [layer.cells for layer in snapshot.map.heat if layer.window == "24h"]
        return cells, snapshot.map.choropleth.values

    before = shown()
    writer.execute(
        f"update incidents set {correction} where case_no = (select max(case_no) from incidents)"
    )
    assert working._round() == []
    after = shown()
    assert after != before
    afresh = Snapshotter(database.url, lambda name: Ask())
    assert afresh._round() == []
    assert shown() == after
    working.database.close()
    afresh.database.close()


def test_a_view_is_computed_while_it_is_requested(
    database: Database, start: Start, writer: live_province.Writer
) -> None:
    county = View("wall", live_province.HARBOUR)
    writer.add_incident(live_province.HILLS)
    writer.add_incident(live_province.HARBOUR)
    start()
    wait_for(lambda: newest(database) is not None)
    assert newest(database, county) is None
    with database.write() as connection:
        snapshots.request(connection, [county.key()])
    wait_for(lambda: registered_today(database, county) == 1)


def test_a_burst_of_commits_takes_no_more_computations_than_looks_and_the_clock(
    database: Database, start: Start, writer: live_province.Writer
) -> None:
    snapshotter = start()
    wait_for(lambda: newest(database) is not None)
    changes, computations = snapshotter.health.changes, Counter(snapshotter.health.computations)
    began = datetime.now(UTC).timestamp()
    for _ in range(100):
        writer.add_incident()
    wait_for(lambda: registered_today(database) == 100, 30)
    time.sleep(1)  # in which nothing changes and nothing is to be computed
    changes = snapshotter.health.changes - changes
    computations = snapshotter.health.computations - computations
    ended = datetime.now(UTC).timestamp()
    assert 0 < computations["change"] <= changes < 100
    assert computations["clock"] <= (ended - began) // 10 + 1 + ended // 60 - began // 60
    assert computations["slow"] <= (ended - began) // 26 + 1
    assert computations.keys() <= {"change", "clock", "slow"}


def test_another_takes_over_when_the_leader_ends(
    database: Database, writer: live_province.Writer
) -> None:
    stops = [threading.Event(), threading.Event()]
    both = [Snapshotter(database.url, lambda name: Ask()) for _ in stops]
    threads = [
        threading.Thread(target=snapshotter.run, args=(stop,))
        for snapshotter, stop in zip(both, stops, strict=True)
    ]
    threads[0].start()
    wait_for(lambda: both[0].is_leading)
    threads[1].start()
    time.sleep(1.5)
    assert not both[1].is_leading
    stops[0].set()
    threads[0].join(10)
    wait_for(lambda: both[1].is_leading, 3)
    writer.add_incident()
    wait_for(lambda: registered_today(database) == 1)
    stops[1].set()
    threads[1].join(10)


def test_a_full_disk_is_told_and_outlived(
    database: Database, start: Start, writer: live_province.Writer
) -> None:
    snapshotter = start()
    wait_for(lambda: newest(database) is not None)
    fill_disk(writer)
    writer.add_incident()
    wait_for(lambda: snapshotter.health.reason == "数据库磁盘已满")
    assert snapshotter.health.trouble_since is not None
    free_disk(writer)
    wait_for(lambda: registered_today(database) == 1)
    wait_for(lambda: snapshotter.health.trouble_since is None)


def fill_disk(writer: live_province.Writer) -> None:
    """Make the server refuse a row as it does on a full disk, with the very same code."""
    writer.execute(
        "create function refuse() returns trigger language plpgsql as"
        " $$ begin raise exception 'could not extend file: No space left on device'"
        " using errcode = '53100'; end $$"
    )
    writer.execute(
        "create trigger full_disk before insert on snapshots"
        " for each statement execute function refuse()"
    )


def free_disk(writer: live_province.Writer) -> None:
    writer.execute("drop function refuse() cascade")


def test_the_day_rolls_at_local_midnight_without_any_change(
    database: Database, start: Start, writer: live_province.Writer
) -> None:
    """Midnight in Asia/Shanghai is 16:00 in UTC, which is what the server counts in."""
    now = datetime.now(UTC)
    midnight = now.replace(hour=16, minute=0, second=0, microsecond=0)
    offset = midnight - timedelta(seconds=6) - now
    writer.add_incident(at=midnight - timedelta(minutes=5))
    start(clock=lambda: datetime.now(UTC) + offset)
    wait_for(lambda: registered_today(database) == 1)
    wait_for(lambda: registered_today(database) == 0)
    snapshot = newest(database)
    assert snapshot is not None
    assert snapshot.as_of >= midnight


def test_one_part_that_fails_keeps_the_others_going(
    database: Database, start: Start, writer: live_province.Writer
) -> None:
    start()
    wait_for(lambda: newest(database) is not None)
    writer.execute("alter table population rename to population_away")
    writer.add_incident()
    wait_for(lambda: registered_today(database) == 1)
    snapshot = newest(database)
    assert snapshot is not None
    assert list(snapshot.failures) == ["地图着色"]


NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


def test_many_past_moments_come_one_a_round_after_what_is_live(
    database: Database, writer: live_province.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = [View("wall", live_province.PROVINCE, NOON - timedelta(days=n)) for n in range(3)]
    with database.write() as connection:
        snapshots.request(connection, [view.key() for view in past])
    made = Snapshotter(database.url, lambda name: Ask())
    order: list[View] = []

    def renew(view: View, slot: Slot, groups: object) -> str | None:
        order.append(view)
        slot.tried_at = float(len(order))
        if view != past[0]:  # which fails, and must not come first for ever
            slot.slow_at = slot.live_at = made.clock().timestamp()
            slot.is_slow_dirty = slot.is_live_dirty = False
        return None

    monkeypatch.setattr(made, "_renew", renew)
    rounds = []
    for _ in range(5):
        order_before = len(order)
        made._round()
        rounds.append(order[order_before:])
    made.database.close()
    assert [view for view in rounds[0] if view.as_of is None] == [WALL]
    assert all(sum(view.as_of is not None for view in done) <= 1 for done in rounds)
    assert set(past) <= set(order)
    assert rounds[0][0] == WALL


def test_coming_months_get_their_partitions_and_reports_expire_while_the_server_runs(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as connection:
        connection.execute(
            text(
                "with batch as (insert into import_batches (kind, source_id, file_name,"
                " file_sha256, mapping_sha256, state)"
                " values ('incidents', 1, 'f', 'f', 'm', 'published') returning id)"
                " insert into import_findings select id, 2, 'unknown_code', 'ward', 0, 'r', 'v'"
                " from batch"
            )
        )
    monkeypatch.setattr(housekeeping, "FOLD_EVERY_SECONDS", 0.2)
    now = datetime(2031, 12, 31, 15, 59, tzinfo=UTC)
    start(clock=lambda: now)

    def has(month: str) -> bool:
        with database.read() as connection:
            name = {"name": f"incidents_{month}"}
            return connection.scalar(text("select to_regclass(:name)"), name) is not None

    wait_for(lambda: has("203204"))
    assert has("203201")
    with database.read() as connection:
        assert connection.scalar(text("select count(*) from import_findings")) == 0
    assert not has("203206")
