from datetime import UTC, datetime

import pytest

from dashboard.views import View
from data_access.view_slots import Slot
from tests import snapshot_samples as samples

NOW = 1_000_000.0
WALL = View("wall", 1)


@pytest.mark.parametrize(
    ("slot", "groups"),
    [
        (Slot(is_live_dirty=True, is_slow_dirty=False, live_at=NOW, slow_at=NOW), ("live",)),
        (Slot(is_live_dirty=False, is_slow_dirty=False, live_at=NOW, slow_at=NOW), ()),
        (Slot(is_live_dirty=False, is_slow_dirty=False, live_at=NOW - 10, slow_at=NOW), ("live",)),
        (Slot(is_live_dirty=True, is_slow_dirty=True, live_at=NOW, slow_at=NOW - 25), ("live",)),
        (
            Slot(is_live_dirty=True, is_slow_dirty=True, live_at=NOW, slow_at=NOW - 26),
            ("live", "slow"),
        ),
        (
            Slot(is_live_dirty=False, is_slow_dirty=False, live_at=NOW - 900, slow_at=NOW),
            ("live", "slow"),
        ),
    ],
)
def test_live_figures_are_due_at_once_and_slow_ones_twice_a_minute(
    slot: Slot, groups: tuple[str, ...]
) -> None:
    assert slot.due(WALL, NOW) == groups


def test_a_past_moment_is_computed_once() -> None:
    replay = View("wall", 1, datetime(2015, 9, 1, 16, tzinfo=UTC))
    assert Slot().due(replay, NOW) == ("live", "slow")
    done = Slot(is_live_dirty=False, is_slow_dirty=False, live_at=0, slow_at=0)
    assert done.due(replay, NOW) == ()


def test_a_past_moment_whose_rows_may_have_changed_is_computed_again_after_ten_minutes() -> None:
    replay = View("wall", 1, datetime(2015, 9, 1, 16, tzinfo=UTC))
    changed = Slot(is_live_dirty=True, is_slow_dirty=True, live_at=NOW, slow_at=NOW)
    assert changed.due(replay, NOW + 599) == ()
    assert changed.due(replay, NOW + 600) == ("live", "slow")


MADE = samples.wall()
LIVE, BOTH = ("live",), ("live", "slow")


@pytest.mark.parametrize(
    ("slot", "groups", "cause"),
    [
        (Slot(), BOTH, "first"),
        (Slot(last=MADE, live_at=NOW, tried_at=NOW + 1), LIVE, "retry"),
        (Slot(last=MADE, live_at=NOW, tried_at=NOW), LIVE, "change"),
        (Slot(last=MADE, live_at=NOW, is_live_dirty=False), BOTH, "slow"),
        (Slot(last=MADE, live_at=NOW, is_live_dirty=False), LIVE, "clock"),
        (Slot(last=MADE, live_at=NOW, is_live_dirty=False, is_slow_dirty=False), BOTH, "clock"),
    ],
)
def test_a_computation_has_one_cause(slot: Slot, groups: tuple[str, ...], cause: str) -> None:
    assert slot.cause(groups) == cause  # type: ignore[arg-type]


def test_the_next_view_is_due_by_its_age_and_the_slow_group_only_when_rows_changed() -> None:
    clean = Slot(is_live_dirty=False, is_slow_dirty=False, live_at=NOW, slow_at=NOW - 20)
    assert clean.next_due(WALL) == NOW + 10
    dirty = Slot(is_live_dirty=False, is_slow_dirty=True, live_at=NOW, slow_at=NOW - 20)
    assert dirty.next_due(WALL) == NOW + 6
    replay = View("wall", 1, datetime(2015, 9, 1, 16, tzinfo=UTC))
    assert clean.next_due(replay) == float("inf")
    assert dirty.next_due(replay) == NOW + 580
