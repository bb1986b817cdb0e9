"""A span of time counted in pieces: whole hours and quarters that are kept, and what is left at
its ends.

What is counted, and how long a piece is kept, is its callers' business.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from dashboard.periods import SLOT, slot_at, slot_at_or_after

T = TypeVar("T")
# Gives what is kept of a piece, by when it begins and how long it is; counted where nothing is.
KeepPiece = Callable[[datetime, timedelta, Callable[[], T]], T]

# Longest first: what is no whole piece of one is made of the next.
PIECES = (timedelta(hours=1), SLOT)


def in_pieces(
    start: datetime,
    end: datetime,
    *,
    keep: KeepPiece[T],
    count: Callable[[datetime, datetime], T],
    add: Callable[[Iterable[T]], T],
    lengths: tuple[timedelta, ...] = PIECES,
) -> T:
    """What `count` gives of [start, end), so that one more case costs the counting of minutes.

    A run of pieces is kept too: it is added up again only when one of them is another.
    """
    if not lengths:
        return count(start, end)
    length, *rest = lengths
    shorter = partial(in_pieces, keep=keep, count=count, add=add, lengths=tuple(rest))
    first, last = slot_at_or_after(start, length), slot_at(end, length)
    if first >= last:
        return shorter(start, end)

    def run() -> T:
        number = (last - first) // length
        return add(
            keep(at, length, partial(count, at, at + length))
            for at in (first + n * length for n in range(number))
        )

    whole = keep(first, last - first, run) if last - first > length else run()
    return add((shorter(start, first), whole, shorter(last, end)))
