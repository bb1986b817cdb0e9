"""Freshness: which state of DESIGN.md a screen is in, from what is known about each part.

Pure rules, without clock or words. `assets/live_freshness.js` is their twin in the browser; the
cases of `tests/dashboard/freshness_cases.json` are run through both. The rule table goes to the
browser with every event. Instants are milliseconds since 1970, of the server's clock.

    cause       meaning
    server      the browser hears nothing from the web server
    database    the web server gets no answer from the database
    engine      no new snapshots: the snapshotter is silent or can't store them
    source      a source is silent or reports an error
"""

from collections.abc import Iterable
from typing import Literal, NotRequired, TypedDict

State = Literal["live", "late", "stale", "offline"]
Cause = Literal["server", "database", "engine", "source"]

SEVERITY: tuple[State, ...] = ("live", "late", "stale", "offline")


class Rules(TypedDict):
    """Limits in cycles or milliseconds."""

    late_cycles: int
    stale_cycles: int
    silence_ms: int
    offline_ms: int
    snapshot_cycle_ms: int
    fast_cycle_ms: int


RULES: Rules = {
    "late_cycles": 2,
    "stale_cycles": 4,
    # No event from the web server for this long: it is lost. It speaks every two seconds, and the
    # face has to say so within five.
    "silence_ms": 4_500,
    # Stale for this long: offline.
    "offline_ms": 30 * 60_000,
    # A live view is stored at least this often.
    "snapshot_cycle_ms": 10_000,
    # Sources that deliver at least this often make the data clock (数据至).
    "fast_cycle_ms": 600_000,
}


class Source(TypedDict):
    """What is known of a source."""

    key: str
    name: str
    cycle_ms: int
    last_contact_at: int | None
    last_error_at: int | None
    is_live: bool


class Part(TypedDict):
    """The database or the engine: since when it fails (None: it works), and why."""

    since: int | None
    reason: NotRequired[str | None]


class Known(TypedDict):
    """All a screen knows; `heard_at` is the last event of the web server."""

    is_live: bool
    number: int | None
    made_at: int | None
    heard_at: int
    database: Part
    engine: Part
    sources: list[Source]


class Finding(TypedDict):
    """State, and when it isn't live its cause: since when, and which source."""

    state: State
    cause: Cause | None
    since: int | None
    source: str | None


LIVE: Finding = {"state": "live", "cause": None, "since": None, "source": None}


def assess(known: Known, now: int, rules: Rules = RULES) -> Finding:
    """The worst finding; of equally bad ones the one nearest to the screen: it hides the rest."""
    findings = [
        _failing("server", _silent_since(known["heard_at"], now, rules), now, rules),
        _failing("database", known["database"]["since"], now, rules),
        _failing("engine", known["engine"]["since"], now, rules),
    ]
    if known["is_live"]:
        findings.append(snapshot_finding(known["made_at"], now, rules))
        findings += [source_finding(source, now, rules) for source in known["sources"]]
    worst = max(findings, key=lambda finding: SEVERITY.index(finding["state"]))
    if worst["state"] == "stale" and known["number"] is None:
        # Nothing was ever shown: there is no last picture to keep.
        return {**worst, "state": "offline"}
    return worst


def source_finding(source: Source, now: int, rules: Rules = RULES) -> Finding:
    """A source's own state. One that isn't live, or never delivered (未接入), can't be late."""
    contact = source["last_contact_at"]
    if not source["is_live"] or contact is None:
        return LIVE
    late_at = contact + rules["late_cycles"] * source["cycle_ms"]
    stale_at = contact + rules["stale_cycles"] * source["cycle_ms"]
    error = source["last_error_at"]
    if error is not None and error > contact:
        stale_at = min(stale_at, error)
    state = _aged(late_at, stale_at, now, rules)
    if state == "live":
        return LIVE
    return {"state": state, "cause": "source", "since": contact, "source": source["key"]}


def snapshot_finding(made_at: int | None, now: int, rules: Rules = RULES) -> Finding:
    """State by the age of the snapshot on screen, whatever the parts behind it say."""
    if made_at is None:
        return LIVE
    cycle = rules["snapshot_cycle_ms"]
    late_at, stale_at = (
        made_at + rules["late_cycles"] * cycle,
        made_at + rules["stale_cycles"] * cycle,
    )
    state = _aged(late_at, stale_at, now, rules)
    if state == "live":
        return LIVE
    return {"state": state, "cause": "engine", "since": made_at, "source": None}


def data_at(sources: Iterable[Source], rules: Rules = RULES) -> int | None:
    """The instant of the data clock: the least recent contact among the quick live sources.

    Without such sources, the newest contact of any.
    """
    heard = [source for source in sources if source["last_contact_at"] is not None]
    quick = [s for s in heard if s["is_live"] and s["cycle_ms"] <= rules["fast_cycle_ms"]]
    contacts = [s["last_contact_at"] or 0 for s in quick or heard]
    if not contacts:
        return None
    return min(contacts) if quick else max(contacts)


def _silent_since(heard_at: int, now: int, rules: Rules) -> int | None:
    return heard_at if now - heard_at >= rules["silence_ms"] else None


def _failing(cause: Cause, since: int | None, now: int, rules: Rules) -> Finding:
    if since is None:
        return LIVE
    state: State = "offline" if now - since >= rules["offline_ms"] else "stale"
    return {"state": state, "cause": cause, "since": since, "source": None}


def _aged(late_at: int, stale_at: int, now: int, rules: Rules) -> State:
    if now > stale_at:
        return "offline" if now - stale_at >= rules["offline_ms"] else "stale"
    return "late" if now > late_at else "live"
