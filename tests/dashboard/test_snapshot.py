"""The snapshot's JSON: the same bytes for the same statement, and nothing lost on the way."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dashboard.snapshot import Reading, Series, SlotPoint, Snapshot
from tests import snapshot_samples

SAMPLES = {
    "wall": snapshot_samples.wall,
    "night": snapshot_samples.night,
}
ZONES = [UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), timezone(timedelta(0))]
INSTANTS = st.datetimes(
    datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from(ZONES)
)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 10**9)
READINGS = st.builds(
    Reading,
    indicator=st.text(max_size=9),
    facet=st.none() | st.text(max_size=5),
    region_id=st.integers(0, 10**6),
    period=st.text(max_size=9),
    value=NUMBERS,
    numerator=NUMBERS,
    denominator=NUMBERS,
    interval=st.none() | st.tuples(st.floats(0, 1), st.floats(0, 1)),
    status=st.sampled_from(["known", "empty_base", "no_data", "suppressed", "forbidden"]),
    group=st.sampled_from(["live", "slow"]),
    as_of=INSTANTS,
)


LEFT_OUT = st.dictionaries(st.text(max_size=5), st.integers(0, 10**9), max_size=3)


@pytest.mark.parametrize("sample", SAMPLES, ids=SAMPLES)
def test_a_snapshot_comes_back_equal_and_as_the_same_bytes(sample: str) -> None:
    # The samples change parts without having them checked.
    snapshot = Snapshot.model_validate(SAMPLES[sample]().model_dump())
    body = snapshot.to_json()
    again = Snapshot.from_json(body)
    assert again == snapshot
    assert again.to_json() == body
    assert again.sha256() == snapshot.sha256()


@settings(max_examples=40, deadline=None)
@given(readings=st.lists(READINGS, max_size=4), left_out=LEFT_OUT)
def test_any_readings_come_back_equal(readings, left_out) -> None:
    snapshot = snapshot_samples.wall(readings=tuple(readings), left_out=left_out)
    body = snapshot.to_json()
    assert Snapshot.from_json(body) == snapshot
    assert Snapshot.from_json(body).to_json() == body


def test_the_json_is_canonical() -> None:
    body = snapshot_samples.wall().to_json()
    tree = json.loads(body)
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # Python's own writer says numbers differently here and there; keys and spaces it does not.
    assert [c for c in text if c in "{}[]:,"] == [c for c in body.decode() if c in "{}[]:,"]
    assert json.dumps(tree) == json.dumps(json.loads(text, object_pairs_hook=sorted_keys))


def sorted_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    assert keys == sorted(keys)
    return dict(pairs)


def test_the_order_in_which_values_were_given_does_not_matter() -> None:
    wall = snapshot_samples.wall()
    assert wall.map.choropleth is not None
    values = {330212: 3.7, 330106: None, 330102: 1.0}

    def written(values: dict[int, float | None]) -> bytes:
        choropleth = wall.map.choropleth.model_copy(update={"values": values})
        changed = wall.map.model_copy(update={"choropleth": choropleth})
        return wall.model_copy(update={"map": changed}).to_json()

    assert written(values) == written(dict(sorted(values.items())))


@settings(max_examples=40, deadline=None)
@given(at=INSTANTS, zone=st.sampled_from(ZONES))
def test_one_moment_has_one_text_whatever_zone_it_came_in(at: datetime, zone) -> None:
    """Instants read from a server come in the zone of its setting."""
    wall = snapshot_samples.wall(as_of=at)
    assert wall.to_json() == snapshot_samples.wall(as_of=at.astimezone(zone)).to_json()


def test_all_instants_are_written_in_utc() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    point = SlotPoint(at=datetime(2026, 11, 20, 0, 30, tzinfo=zone), value=1)
    series = Series(
        key="k",
        indicator="i",
        unit="件",
        points=(point,),
        group="live",
        as_of=datetime(2026, 11, 20, 14, tzinfo=zone),
    )
    text = snapshot_samples.wall(series=(series,)).to_json().decode()
    assert '"at":"2026-11-19T16:30:00Z"' in text
    assert "+08:00" not in text


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        snapshot_samples.wall(as_of=datetime(2026, 11, 20))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused_and_not_written_as_nothing(value: float) -> None:
    with pytest.raises(ValidationError):
        SlotPoint(at=datetime(2026, 11, 20, tzinfo=UTC), value=value)


def test_the_hash_ignores_the_number_and_the_time_of_making_only() -> None:
    wall = snapshot_samples.wall()
    later = wall.made_at + timedelta(seconds=9)
    assert wall.model_copy(update={"number": 7, "made_at": later}).sha256() == wall.sha256()
    for change in (
        {"as_of": wall.as_of + timedelta(seconds=1)},
        {"failures": {"排名": "x"}},
        {"readings": wall.readings[1:]},
        {"left_out": {"时间存疑": 1}},
        {"is_demo": not wall.is_demo},
    ):
        assert wall.model_copy(update=change).sha256() != wall.sha256(), change


def test_a_snapshot_cannot_be_changed() -> None:
    wall = snapshot_samples.wall()
    with pytest.raises(ValidationError):
        wall.number = 3  # type: ignore[misc]


def test_unknown_fields_are_refused() -> None:
    body = json.loads(snapshot_samples.wall().to_json()) | {"reporter": "x"}
    with pytest.raises(ValidationError):
        Snapshot.from_json(json.dumps(body).encode())


def test_blank_and_nought_stay_apart_on_the_way() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    readings = tuple(
        Reading(
            indicator=name,
            region_id=33,
            period="month",
            value=value,
            status=status,  # type: ignore[arg-type]
            group="slow",
            as_of=at,
        )
        for name, value, status in (
            ("nought", 0.0, "known"),
            ("blank", None, "empty_base"),
            ("unknown", None, "no_data"),
        )
    )
    again = Snapshot.from_json(snapshot_samples.wall(readings=readings).to_json())
    assert [(reading.value, reading.status) for reading in again.readings] == [
        (0.0, "known"),
        (None, "empty_base"),
        (None, "no_data"),
    ]


def test_a_reading_is_found_by_all_its_marks() -> None:
    wall = snapshot_samples.wall()
    rate = wall.find("mediation_success_rate")
    people = wall.find("mediation_success_rate", facet="people")
    assert rate is not None and people is not None
    assert (rate.facet, people.facet) == (None, "people")
    assert wall.find("mediation_success_rate", period="yesterday") is None
    assert wall.find("mediation_success_rate", region_id=-1) is None
    assert wall.find("nothing") is None


def test_series_and_periods_are_found_by_key() -> None:
    wall = snapshot_samples.wall()
    assert wall.series_of("today_trend") in wall.series
    assert wall.series_of("nothing") is None
    assert wall.period("month") in wall.periods
    assert wall.period("nothing") is None
