import json
from pathlib import Path

import pytest

from dashboard.freshness import RULES, Source, assess, data_at

CASES = json.loads((Path(__file__).parent / "freshness_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_state_is_the_worst_of_all_parts(case: dict) -> None:
    assert assess(case["known"], case["now"]) == case["expected"]


def source(contact: int | None, *, cycle_ms: int = 10_000, is_live: bool = True) -> Source:
    return {
        "key": "s",
        "name": "来源",
        "cycle_ms": cycle_ms,
        "last_contact_at": contact,
        "last_error_at": None,
        "is_live": is_live,
    }


def test_the_data_clock_is_the_least_recent_of_the_quick_sources() -> None:
    assert data_at([source(500), source(300), source(400)]) == 300


def test_a_daily_file_does_not_hold_the_data_clock_back() -> None:
    assert data_at([source(500), source(10, cycle_ms=86_400_000)]) == 500


def test_without_live_sources_the_newest_contact_is_the_data_clock() -> None:
    assert data_at([source(10, is_live=False), source(20, is_live=False)]) == 20


def test_without_any_contact_there_is_no_data_clock() -> None:
    assert data_at([source(None)]) is None


def test_the_limits_are_those_of_the_design() -> None:
    assert (RULES["late_cycles"], RULES["stale_cycles"]) == (2, 4)
    assert RULES["offline_ms"] == 30 * 60 * 1000
    # Said within five seconds, with a server that speaks every two.
    assert 2 * 2000 < RULES["silence_ms"] < 5000
