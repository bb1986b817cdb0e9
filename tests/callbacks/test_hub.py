"""The view that an address leads to, and what a hub says of the snapshotter."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from callbacks import hub as hubs
from callbacks.hub import Hub
from dashboard.addresses import Address
from dashboard.snapshot import Snapshot
from data_access import feed, snapshots
from data_access.database import Database
from tests import live_province
from tests.built_in import built_in_wall
from tests.data_access.live_samples import small_snapshot

SILENCE_SECONDS = 0.6


@pytest.mark.parametrize(
    ("code", "region"),
    [(None, live_province.PROVINCE), ("990100", live_province.EAST)],
)
def test_an_address_without_a_code_leads_to_the_region_of_its_screen(
    database: Database, code: str | None, region: int
) -> None:
    live_province.populate(database.url)
    wall = built_in_wall().model_copy(update={"region": code})
    hub = Hub(
        database, draw=lambda snapshot: {}, screen_of=lambda address: wall, build="", quiet_hour=4
    )

    async def find() -> int:
        return (await hub._channel(Address())).view.region_id

    assert asyncio.run(find()) == region


@pytest.fixture
def pulses(database: Database) -> Iterator[threading.Event]:
    """A snapshotter that says ten times a second how it is, until the event is set."""
    fallen_silent = threading.Event()

    def beat() -> None:
        pulse = feed.Pulse(database.url)
        while not fallen_silent.wait(0.1):
            pulse.say('{"since": null, "reason": null}')
        pulse.close()

    thread = threading.Thread(target=beat)
    thread.start()
    yield fallen_silent
    fallen_silent.set()
    thread.join()


def test_a_hub_that_was_busy_does_not_call_the_snapshotter_silent(
    database: Database, pulses: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "PULSE_SILENCE_MS", SILENCE_SECONDS * 1000)
    live_province.populate(database.url)
    with database.write() as connection:
        snapshots.store(connection, small_snapshot(), 1)
    drawing = threading.Event()

    def draw(snapshot: Snapshot) -> hubs.Props:
        drawing.set()
        time.sleep(3 * SILENCE_SECONDS)
        return {}

    hub = Hub(
        database, draw=draw, screen_of=lambda address: built_in_wall(), build="", quiet_hour=4
    )

    async def said_while_drawing_and_after_silence() -> tuple[list[int | None], int | None]:
        work = asyncio.create_task(hub._work())
        await hub._channel(Address())
        await asyncio.to_thread(drawing.wait, 10)
        said = []
        for _ in range(15):
            await asyncio.sleep(SILENCE_SECONDS / 5)
            said.append(hub.state()["engine"]["since"])
        pulses.set()
        await asyncio.sleep(2 * SILENCE_SECONDS + hubs.LOOK_SECONDS)
        silent = hub.state()["engine"]["since"]
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        return said, silent

    said, silent = asyncio.run(said_while_drawing_and_after_silence())
    assert set(said) == {None}
    assert silent is not None
