"""The words of the live stream: what an event looks like on its way to the browser.

An event is a JSON object; `assets/live_connection.js` receives it::

    {"type": "snapshot", "meta": {…}, "props": {id: {prop: value}}, "map": {part: value}}
    {"type": "change",   "meta": {…}, "props": {…only what changed}, "map": {…only what changed}}
    {"type": "ping",     "meta": {…}}

`meta` is everything freshness needs (`dashboard.freshness.Known`, without `heard_at`), the server's
time, the build, the zone and the rules; instants are milliseconds since 1970. `map` holds the parts
of the map's payload (`layouts.map`), which goes to the map without passing through Dash.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, cast

import orjson

from dashboard.freshness import RULES, Part, Rules, Source
from dashboard.snapshot import Snapshot
from layouts.map import STORE_ID

Props = Mapping[str, Mapping[str, Any]]
# With the points goes the server's time; alone it is no change.
CLOCK_PART = "now"
OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


class Meta(TypedDict):
    """See the module's docstring. `notice`: why there is no picture, in one sentence."""

    server_time: int
    build: str
    quiet_hour: int
    rules: Rules
    view: str | None
    zone: str | None
    number: int | None
    is_live: bool
    as_of: int | None
    made_at: int | None
    slow_as_of: int | None
    failures: dict[str, str]
    sources: list[Source]
    database: Part
    engine: Part
    # Why the hot standby is not read; {age} stands for the time since.
    replica: Part | None
    notice: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    """All leaf props of one snapshot, each already JSON, so that equal ones are equal bytes."""

    props: dict[str, dict[str, bytes]]
    map_parts: dict[str, bytes]

    @classmethod
    def draw(cls, props: Props) -> "Picture":
        """The picture of a page's props; the map's Store is taken apart."""
        leaves = {
            leaf: {name: to_json(value) for name, value in values.items()}
            for leaf, values in props.items()
            if leaf != STORE_ID
        }
        payload = props.get(STORE_ID, {}).get("data") or {}
        return cls(leaves, {part: to_json(value) for part, value in payload.items()})

    def changes_since(self, before: "Picture") -> "Picture":
        """Only what differs from an earlier picture."""
        leaves = {
            leaf: changed
            for leaf, values in self.props.items()
            if (changed := _differing(values, before.props.get(leaf, {})))
        }
        parts = _differing(self.map_parts, before.map_parts)
        if parts.keys() == {CLOCK_PART}:
            parts = {}
        elif "points" in parts and CLOCK_PART in self.map_parts:
            parts[CLOCK_PART] = self.map_parts[CLOCK_PART]
        return Picture(leaves, parts)

    def event(self, kind: str, meta: Meta) -> bytes:
        """A snapshot or change event with this picture's props."""
        return to_json(
            {
                "type": kind,
                "meta": meta,
                "props": {leaf: _raw(values) for leaf, values in self.props.items()},
                "map": _raw(self.map_parts),
            }
        )


EMPTY_PICTURE = Picture({}, {})


def ping(meta: Meta) -> bytes:
    """An event that says how things are, and nothing new."""
    return to_json({"type": "ping", "meta": meta})


def as_message(event: bytes) -> bytes:
    """An event as a message of a server-sent stream. JSON has no line breaks."""
    return b"data: " + event + b"\n\n"


def snapshot_meta(snapshot: Snapshot) -> dict[str, Any]:
    """What the meta part takes from the snapshot on screen."""
    slow = [reading.as_of for reading in snapshot.readings if reading.group == "slow"]
    return {
        "view": snapshot.view,
        "zone": snapshot.zone,
        "number": snapshot.number,
        "is_live": snapshot.is_live,
        "as_of": milliseconds(snapshot.as_of),
        "made_at": milliseconds(snapshot.made_at),
        "slow_as_of": milliseconds(min(slow)) if slow else None,
        "failures": snapshot.failures,
        "sources": [
            {
                "key": source.key,
                "name": source.name,
                "cycle_ms": source.cycle_seconds * 1000,
                "last_contact_at": milliseconds(source.last_contact_at),
                "last_error_at": milliseconds(source.last_error_at),
                "is_live": source.is_live,
            }
            for source in snapshot.sources
        ],
    }


NO_SNAPSHOT: dict[str, Any] = {
    "view": None,
    "zone": None,
    "number": None,
    "is_live": True,
    "as_of": None,
    "made_at": None,
    "slow_as_of": None,
    "failures": {},
    "sources": [],
}


def meta(
    about: Mapping[str, Any],
    *,
    now: int,
    build: str,
    quiet_hour: int,
    database: Part,
    engine: Part,
    replica: Part | None = None,
    notice: str | None = None,
) -> Meta:
    """The meta part: what the snapshot says (`snapshot_meta`) and how the server is."""
    server: dict[str, Any] = {
        "server_time": now,
        "build": build,
        "quiet_hour": quiet_hour,
        "rules": RULES,
        "database": database,
        "engine": engine,
        "replica": replica,
        "notice": notice,
    }
    return cast(Meta, {**server, **about})


def milliseconds(instant: datetime | None) -> int | None:
    """Milliseconds since 1970."""
    return None if instant is None else round(instant.timestamp() * 1000)


def to_json(value: Any) -> bytes:
    """JSON of plain values and of Dash components."""
    return orjson.dumps(value, default=_component, option=OPTIONS)


def _component(value: Any) -> Any:
    if hasattr(value, "to_plotly_json"):
        return value.to_plotly_json()
    raise TypeError(f"{type(value).__name__} can't go to the browser")


def _differing(values: Mapping[str, bytes], before: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: value for name, value in values.items() if before.get(name) != value}


def _raw(values: Mapping[str, bytes]) -> dict[str, orjson.Fragment]:
    return {name: orjson.Fragment(value) for name, value in values.items()}
