"""A span made of pieces: each instant once, only what changed counted again."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.pieces import in_pieces
from data_access.wall_parts import Kept

MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Counting:
    """Counts the minutes of a span; notes which spans it was asked for."""

    def __init__(self) -> None:
        self.kept, self.asked = Kept(), []
        self.late = 0

    def count(self, start: datetime, end: datetime) -> Counter[datetime]:
        if start >= end:
            return Counter()
        self.asked.append((start, end))
        return Counter(start + n * MINUTE for n in range((end - start) // MINUTE))

    def keep(self, at, length, count):
        is_changed = at <= MIDNIGHT + timedelta(hours=3) < at + length
        return self.kept.get(("piece", at, length), self.late if is_changed else 0, count)

    def over(self, start: datetime, end: datetime) -> Counter[datetime]:
        return in_pieces(start, end, keep=self.keep, count=self.count, add=added)


def added(parts) -> Counter[datetime]:
    total: Counter[datetime] = Counter()
    for part in parts:
        total += part
    return total


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_every_minute_of_the_span_is_counted_once(first: int, length: int) -> None:
    start = MIDNIGHT + first * MINUTE
    found = Counting().over(start, start + length * MINUTE)
    assert found == Counter(start + n * MINUTE for n in range(length))


def test_the_next_minute_costs_the_ends_alone() -> None:
    counting = Counting()
    start, end = MIDNIGHT + 7 * MINUTE, MIDNIGHT + timedelta(hours=5, minutes=52)
    counting.over(start, end)
    counting.asked.clear()
    counting.over(start + MINUTE, end + MINUTE)
    quarter = timedelta(minutes=15)
    assert counting.asked == [
        (start + MINUTE, MIDNIGHT + quarter),
        (end.replace(minute=45), end + MINUTE),
    ]


@pytest.mark.parametrize("lateness", [1, 2])
def test_one_changed_hour_is_counted_again_and_no_other(lateness: int) -> None:
    counting = Counting()
    end = MIDNIGHT + timedelta(hours=6)
    counting.over(MIDNIGHT, end)
    counting.asked.clear()
    counting.late = lateness
    counting.over(MIDNIGHT, end)
    three = MIDNIGHT + timedelta(hours=3)
    assert counting.asked == [(three, three + timedelta(hours=1))]
