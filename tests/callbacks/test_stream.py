import json
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tests import live_province
from tests.live_cockpit import LiveCockpit

Listen = Callable[..., Any]
TODAY = "wall-today-number"
ON_TIME = "wall-rates-on-time"


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "not in time"
        time.sleep(0.02)
    return time.monotonic() - began


def get(cockpit: LiveCockpit, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(cockpit.address + path, timeout=10) as response:
        return json.load(response)


def health(cockpit: LiveCockpit) -> dict[str, Any]:
    return get(cockpit, "/health")


def test_the_first_event_is_the_whole_snapshot(listen: Listen) -> None:
    client = listen()
    wait_for(lambda: bool(client.events))
    first = client.events[0]
    assert first["type"] == "snapshot"
    assert TODAY in first["props"]
    assert first["map"]["scope"] == {"region_id": live_province.PROVINCE, "level": "province"}
    assert first["meta"]["zone"] == "Asia/Shanghai"
    assert first["meta"]["number"] is not None


def test_a_change_brings_only_what_changed(listen: Listen, writer: live_province.Writer) -> None:
    client = listen()
    writer.add_incident()
    wait_for(lambda: any(event["type"] == "change" for event in client.events))
    change = next(event for event in client.events if event["type"] == "change")
    assert len(change["props"]) < len(client.events[0]["props"]) / 2


def test_a_ping_comes_every_two_seconds(listen: Listen) -> None:
    client = listen()
    wait_for(lambda: bool(client.events))
    time.sleep(5)
    times = [event["meta"]["server_time"] for event in client.events]
    assert max(later - earlier for earlier, later in pairwise(times)) < 2500


def test_a_commit_is_told_within_a_second(listen: Listen, writer: live_province.Writer) -> None:
    client = listen()
    writer.add_incident()
    waits = []
    for _ in range(5):
        time.sleep(0.4)
        before = client.props()[TODAY]["children"]
        writer.add_incident()
        waits.append(wait_for(lambda before=before: client.props()[TODAY]["children"] != before))
    assert sorted(waits)[2] < 1


def test_ten_thousand_rows_of_one_copy_are_told_as_one_change(
    cockpit: LiveCockpit, listen: Listen, writer: live_province.Writer
) -> None:
    client = listen()
    writer.add_incident()
    wait_for(lambda: client.props()[TODAY]["children"] == f"{sum_of_today(writer):,}")
    before = sum_of_today(writer)
    writer.copy_incidents(10_000)
    expected = f"{before + 10_000:,}"
    took = wait_for(lambda: client.props()[TODAY]["children"] == expected)
    assert took < 1


def test_a_rate_follows_its_cases_within_half_a_minute(
    listen: Listen, writer: live_province.Writer
) -> None:
    client = listen()
    wait_for(lambda: TODAY in client.props())
    before = client.props().get(ON_TIME)
    writer.add_incident()
    writer.execute(
        "update incidents set due_at = now() - interval '1 minute', closed_at = null"
        " where registered_at > now() - interval '2 hours'"
    )
    wait_for(lambda: client.props().get(ON_TIME) != before, seconds=30)
    assert str(client.props()[ON_TIME]["children"]).startswith("0")


def test_ten_listeners_at_two_workers_end_on_the_same_snapshot(
    cockpit: LiveCockpit, listen: Listen, writer: live_province.Writer
) -> None:
    clients = [listen() for _ in range(10)]
    wait_for(lambda: all(client.events for client in clients))
    time.sleep(2.5)
    before, began = health(cockpit)["engine"], time.time()
    for _ in range(100):
        writer.add_incident()
        time.sleep(0.01)
    expected = f"{sum_of_today(writer):,}"
    wait_for(lambda: all(client.props()[TODAY]["children"] == expected for client in clients), 20)
    wait_for(lambda: len({client.number for client in clients}) == 1)
    time.sleep(2.5)
    after, ended = health(cockpit)["engine"], time.time()
    changes = after["changes"] - before["changes"]
    computed = Counter(after["computations"]) - Counter(before["computations"])
    assert 0 < computed["change"] <= changes < 100
    # The rest is the clock's: ten seconds, minutes (and so quarters), and the slow half minute.
    # What a worker knows of the snapshotter is up to two pulses old.
    seconds = ended - began + 2
    minutes = ended // 60 - (began - 2) // 60
    assert computed["clock"] <= seconds // 10 + 1 + minutes
    assert computed["slow"] <= seconds // 26 + 1
    assert computed.keys() <= {"change", "clock", "slow"}


def sum_of_today(writer: live_province.Writer, county: int | None = None) -> int:
    return writer.ask(
        "select count(*) from incidents where registered_at >="
        " date_trunc('day', now(), 'Asia/Shanghai')"
        + (f" and county_id = {county}" if county else "")
    )


def test_many_listeners_of_one_view_are_one_channel(cockpit: LiveCockpit, listen: Listen) -> None:
    clients = [listen("/wall/990101") for _ in range(6)]
    wait_for(lambda: all(client.events for client in clients))
    key = f"wall:{live_province.HARBOUR}"
    # All may have come to one of the two workers, and the other one answer.
    answers = (health(cockpit)["views"] for _ in range(40))
    views = next(known for known in answers if key in known)
    assert 0 < views[key]["listeners"] <= 6
    assert [name for name in views if name.startswith(key)] == [key]


def test_a_region_sees_its_own_cases_only(listen: Listen, writer: live_province.Writer) -> None:
    client = listen("/wall/990201")
    wait_for(lambda: bool(client.events))
    before = sum_of_today(writer, live_province.RIVER)
    writer.add_incident(live_province.HARBOUR)
    writer.add_incident(live_province.RIVER)
    wait_for(lambda: client.props()[TODAY]["children"] == f"{before + 1:,}")


def test_a_past_moment_is_shown_and_not_live(listen: Listen, writer: live_province.Writer) -> None:
    client = listen("/wall", "?as_of=2026-01-15T12:00")
    wait_for(lambda: client.number is not None)
    meta = client.events[-1]["meta"]
    assert meta["is_live"] is False
    assert meta["as_of"] == 1768449600000  # 2026-01-15 04:00 UTC


def test_an_unknown_region_is_said_and_the_stream_goes_on(listen: Listen) -> None:
    client = listen("/wall/123456")
    wait_for(lambda: len(client.events) >= 2)
    assert "123456" in client.events[0]["meta"]["notice"]
    assert client.events[0]["meta"]["number"] is None


def test_an_address_of_no_screen_is_refused_and_never_computed(
    cockpit: LiveCockpit, listen: Listen, writer: live_province.Writer
) -> None:
    client = listen("/anything")
    wait_for(lambda: bool(client.events))
    assert "没有大屏 /anything" in client.events[0]["meta"]["notice"]
    polled = get(cockpit, "/api/snapshot?path=/anything")
    assert "没有大屏 /anything" in polled["meta"]["notice"]
    time.sleep(2)
    assert not [name for name in health(cockpit)["views"] if name.startswith("anything")]
    assert writer.ask("select count(*) from screen_requests where view like 'anything%'") == 0


def test_proxies_are_told_not_to_hold_the_stream_back(listen: Listen) -> None:
    headers = listen().headers
    assert headers["Content-Type"].startswith("text/event-stream")
    assert headers["X-Accel-Buffering"] == "no"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Encoding"] is None


def test_polling_gives_the_same_picture_and_then_only_how_things_are(
    cockpit: LiveCockpit, listen: Listen
) -> None:
    client = listen()
    wait_for(lambda: bool(client.events))
    polled = get(cockpit, "/api/snapshot?path=/wall")
    assert polled["type"] == "snapshot"
    assert polled["props"].keys() == client.events[0]["props"].keys()
    again = get(cockpit, f"/api/snapshot?path=/wall&since={polled['meta']['number']}")
    assert again["meta"]["number"] >= polled["meta"]["number"]
    if again["meta"]["number"] == polled["meta"]["number"]:
        assert again["type"] == "ping"


def test_streams_end_soon_when_the_server_is_stopped(cockpit: LiveCockpit, listen: Listen) -> None:
    client = listen()
    wait_for(lambda: bool(client.events))
    assert cockpit.stop("web") < 6
    cockpit.start_web()
    cockpit.wait_until_ready()
