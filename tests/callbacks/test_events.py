import json

from dash import html

from callbacks.events import Picture, as_message, ping, to_json
from layouts.map import STORE_ID


def picture(registered: str, **map_parts: object) -> Picture:
    return Picture.draw(
        {
            "number": {"children": registered, "className": "figure"},
            "title": {"children": "今日上报"},
            STORE_ID: {"data": map_parts},
        }
    )


def test_only_props_that_differ_are_changes() -> None:
    changes = picture("2").changes_since(picture("1"))
    assert changes.props == {"number": {"children": b'"2"'}}
    assert changes.map_parts == {}


def test_the_same_picture_has_no_changes() -> None:
    assert picture("1", fill={"a": 1}).changes_since(picture("1", fill={"a": 1})) == Picture({}, {})


def test_a_part_of_the_map_is_sent_as_a_whole_and_alone() -> None:
    before = picture("1", fill={"a": 1, "b": 2}, heat=[1])
    changes = picture("1", fill={"a": 1, "b": 3}, heat=[1]).changes_since(before)
    assert changes.map_parts == {"fill": b'{"a":1,"b":3}'}


def test_time_alone_is_no_change_of_the_map() -> None:
    changes = picture("1", now="12:01", points=[]).changes_since(
        picture("1", now="12:00", points=[])
    )
    assert changes.map_parts == {}


def test_new_points_bring_the_time_they_are_seen_at() -> None:
    before = picture("1", now="12:00", points=[])
    changes = picture("1", now="12:00", points=[1]).changes_since(before)
    assert changes.map_parts == {"points": b"[1]", "now": b'"12:00"'}


def test_an_event_is_one_line_of_a_stream() -> None:
    event = picture("1", fill={"a": 1}).event("change", {"number": 3})  # type: ignore[typeddict-item]
    message = as_message(event)
    assert message.startswith(b"data: {")
    assert message.endswith(b"}\n\n")
    assert message.count(b"\n") == 2
    assert json.loads(event) == {
        "type": "change",
        "meta": {"number": 3},
        "props": {
            "number": {"children": "1", "className": "figure"},
            "title": {"children": "今日上报"},
        },
        "map": {"fill": {"a": 1}},
    }


def test_a_ping_carries_nothing_but_how_things_are() -> None:
    assert json.loads(ping({"number": 3})) == {"type": "ping", "meta": {"number": 3}}  # type: ignore[typeddict-item]


def test_components_and_numbers_as_keys_can_be_sent() -> None:
    assert json.loads(to_json({330100: html.B("x")}))["330100"]["type"] == "B"
