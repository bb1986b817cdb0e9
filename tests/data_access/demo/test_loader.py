"""First fill, later gaps and live writing agree with each other and with the roll-ups."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from data_access import facts, rollups
from data_access.demo import loader, province, writer
from data_access.demo.changes import Window
from data_access.demo.generation import FILL

SEED = 7
BEGUN = datetime(2026, 5, 9, 5, 0, 13, tzinfo=UTC)
LATER = datetime(2026, 5, 11, 8, 30, tzinfo=UTC)
DAYS = 6
WITHOUT_NUMBER = {
    "receptions": "source_id, county_id, centre_id, received_at, people, is_accepted",
    "return_visits": "subject, home_county_id, case_no, county_id, visited_at, is_valid,"
    " is_satisfied",
}
TABLES = (
    *("incidents", "disputes", "steps", "agreements", "staffing", "patrols", "reported_values"),
    *WITHOUT_NUMBER,
)


def silent(step: str, done: int, total: int) -> None:
    del step, done, total


def contents(engine: Engine) -> dict[str, tuple[int, str]]:
    """Number of rows and a checksum over all values of each table."""
    found = {}
    with engine.connect() as connection:
        for table in TABLES:
            columns = WITHOUT_NUMBER.get(table, "*")
            row = connection.execute(
                text(
                    "select count(*), md5(string_agg(md5(r::text), '' order by md5(r::text)))"
                    f" from (select {columns} from {table}) r"
                )
            ).one()
            found[table] = (row[0], row[1])
    return found


def differences(engine: Engine) -> int:
    with engine.connect() as connection:
        return rollups.differences(connection)


def fill(engine: Engine, until: datetime, days: int, volume: float = 1.0) -> None:
    loader.fill(engine, seed=SEED, until=until, since_days=days, volume=volume, progress=silent)


@pytest.mark.parametrize(("volume", "least"), [(1.0, 9_000), (0.1, 900)])
def test_a_fill_and_a_gap_equal_one_longer_fill(
    demo_engine: Engine, volume: float, least: int
) -> None:
    fill(demo_engine, LATER, DAYS + 2, volume)
    at_once = contents(demo_engine)
    fill(demo_engine, BEGUN, DAYS, volume)
    assert differences(demo_engine) == 0
    loader.fill_gap(demo_engine, seed=SEED, until=LATER, volume=volume, progress=silent)
    assert contents(demo_engine) == at_once
    assert least < at_once["incidents"][0] < 2 * least
    assert differences(demo_engine) == 0


def test_writing_by_the_second_equals_a_fill(demo_engine: Engine) -> None:
    until = BEGUN + timedelta(minutes=10)
    fill(demo_engine, until, DAYS)
    at_once = contents(demo_engine)
    fill(demo_engine, BEGUN, DAYS)
    with demo_engine.begin() as connection:
        since = BEGUN.date() - timedelta(days=DAYS)
        window = Window(province.read(connection, until), SEED, since)
    after = BEGUN
    while after < until:
        loader.catch_up(demo_engine, window, after, after + timedelta(seconds=6))
        after += timedelta(seconds=6)
    assert contents(demo_engine) == at_once
    assert differences(demo_engine) == 0


def test_a_fill_cut_short_is_begun_anew(demo_engine: Engine) -> None:
    class CutError(Exception):
        pass

    def cut(step: str, done: int, total: int) -> None:
        if done:
            raise CutError

    with pytest.raises(CutError):
        loader.fill(demo_engine, seed=SEED, until=BEGUN, since_days=DAYS, progress=cut)
    with demo_engine.begin() as connection:
        assert facts.read(connection, FILL)["state"] == "filling"
    fill(demo_engine, BEGUN, DAYS)
    with demo_engine.begin() as connection:
        assert facts.read(connection, FILL)["state"] == "filled"
    assert differences(demo_engine) == 0


def test_the_writer_keeps_up_with_its_clock_and_gives_signs_of_life(demo_engine: Engine) -> None:
    fill(demo_engine, BEGUN, DAYS)
    now = BEGUN + timedelta(minutes=30)
    stop = threading.Event()
    writing = threading.Thread(
        target=writer.run, args=(demo_engine.url, SEED, stop), kwargs={"clock": lambda: now}
    )
    writing.start()
    for _ in range(100):
        stop.wait(0.1)
        with demo_engine.begin() as connection:
            reached = facts.read(connection, FILL)["filled_until"]
            contact = connection.scalar(text("select max(last_contact_at) from sources"))
        if datetime.fromisoformat(reached) == now and contact == now:
            break
    stop.set()
    writing.join()
    assert datetime.fromisoformat(reached) == now
    assert contact == now
    assert differences(demo_engine) == 0
