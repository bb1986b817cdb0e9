"""Fair ranks: places by the printed value, and ranges of rank.

Units compare only within their named group. What a range of ranks or a change is called on the
screen belongs to the layouts; which cases count in a rate belongs to `indicators`.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

import numpy as np

from dashboard.intervals import Interval, wilson_interval
from dashboard.rounding import printed_percent


class Direction(StrEnum):
    """Which end of a rate is the good one."""

    HIGHER_IS_BETTER = "higher"
    LOWER_IS_BETTER = "lower"


class Standing(StrEnum):
    """Whether a unit takes part: ranked, the only one of its group that could be (one cannot be
    first of one), too few cases (件数较少,不参与排名), or no base at all.
    """

    RANKED = "ranked"
    ALONE = "alone"
    FEW = "few"
    NO_BASE = "no_base"


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitRate:
    """One unit's rate, num / den with 0 <= num <= den, within its ranking group."""

    code: str
    group: str
    num: int
    den: int

    @property
    def printed(self) -> Decimal | None:
        """The rate as printed, in percent with one decimal."""
        return printed_percent(self.num, self.den)


@dataclass(frozen=True, slots=True)
class RankRange:
    """Possible places (可能名次), 1 <= first <= last."""

    first: int
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedUnit:
    """A unit's line in the ranking; rank and range are None unless it is RANKED.

    `printed` is in percent with one decimal, `interval` the 95 % Wilson interval of the proportion
    (both None without a base), `group_size` the number of units ranked in the group.
    """

    code: str
    group: str
    num: int
    den: int
    standing: Standing
    printed: Decimal | None
    interval: Interval | None
    group_size: int
    rank: int | None = None
    is_tied: bool = False
    rank_range: RankRange | None = None


def rank_units(
    rates: Iterable[UnitRate],
    *,
    direction: Direction,
    min_den: int,
    level: float = 0.90,
) -> dict[str, tuple[RankedUnit, ...]]:
    """Rank the units of every group; groups keep the order in which they first appear.

    Groups with one unit to rank have no places. Lines come best first, ties in the order given;
    then units below `min_den` by value, then
    those without a base. Neither of the two enters the ranks of the others.

    Args:
        level: joint confidence of the ranges of rank of one group.
    """
    groups: dict[str, list[UnitRate]] = {}
    for rate in rates:
        groups.setdefault(rate.group, []).append(rate)
    return {
        name: _rank_group(members, direction, min_den, level) for name, members in groups.items()
    }


def rank_ranges(
    intervals: Sequence[tuple[float, float]], *, lower_is_better: bool
) -> tuple[RankRange, ...]:
    """Joint confidence region of the ranks, from joint confidence intervals of the values.

    A unit's first possible place is 1 + the number of units entirely better, its last n - the
    number entirely worse; intervals that only touch count as apart. Source: Klein, Wright and
    Wieczorek, A joint confidence region for an overall ranking of populations, JRSS C 69 (2020),
    doi:10.1111/rssc.12402.

    Args:
        intervals: (lower, upper) of each unit, all holding together at the wanted level.
    """
    lower, upper = np.asarray(intervals, dtype=float).reshape(-1, 2).T
    below = (upper[None, :] <= lower[:, None]).sum(axis=1)
    above = (lower[None, :] >= upper[:, None]).sum(axis=1)
    better, worse = (below, above) if lower_is_better else (above, below)
    return tuple(
        RankRange(1 + int(ahead), len(lower) - int(behind))
        for ahead, behind in zip(better, worse, strict=True)
    )


def joint_confidence(level: float, n: int) -> float:
    """Confidence of each of n independent intervals so that all hold together at `level`.

    The independence (Sidak) correction `level ** (1 / n)`: counties' cases are counted apart.
    """
    return math.pow(level, 1 / n)


def rank_changes(now: Iterable[RankedUnit], before: Iterable[RankedUnit]) -> dict[str, int | None]:
    """Places gained (positive: 升n位) by unit; None unless ranked in the same group both times."""
    earlier = {(unit.group, unit.code): unit.rank for unit in before}
    return {unit.code: _gain(earlier.get((unit.group, unit.code)), unit.rank) for unit in now}


def rank_change_label(change: int | None) -> str:
    """升n位, 降n位 or 持平; empty where there is nothing to compare."""
    if change is None:
        return ""
    if change == 0:
        return "持平"
    return f"升{change}位" if change > 0 else f"降{-change}位"


def _rank_group(
    members: Sequence[UnitRate], direction: Direction, min_den: int, level: float
) -> tuple[RankedUnit, ...]:
    by_value = sorted(members, key=lambda rate: _badness(rate, direction))
    ranked = [rate for rate in by_value if rate.den >= max(min_den, 1)]
    few = [rate for rate in by_value if 0 < rate.den < min_den]
    no_base = [rate for rate in members if rate.den == 0]
    # With fewer than two there is nothing to compare with: no place, no range.
    is_compared = len(ranked) > 1
    size = len(ranked) if is_compared else 0
    standing = Standing.RANKED if is_compared else Standing.ALONE
    lines = [_line(rate, standing, size) for rate in ranked]
    return (
        *(_placed(lines, direction, level) if is_compared else lines),
        *(_line(rate, Standing.FEW, size) for rate in few),
        *(_line(rate, Standing.NO_BASE, size) for rate in no_base),
    )


def _placed(
    lines: Sequence[RankedUnit], direction: Direction, level: float
) -> Iterator[RankedUnit]:
    """The ranked lines, best first, with their places."""
    printed = [line.printed for line in lines]
    confidence = joint_confidence(level, len(lines))
    joint = [wilson_interval(line.num, line.den, confidence) for line in lines]
    ranges = rank_ranges(
        [(interval.lower, interval.upper) for interval in joint if interval],
        lower_is_better=direction is Direction.LOWER_IS_BETTER,
    )
    for line, possible in zip(lines, ranges, strict=True):
        rank = 1 + printed.index(line.printed)
        yield replace(
            line,
            rank=rank,
            is_tied=printed.count(line.printed) > 1,
            # Units tied as printed may still differ beyond doubt when cases are very many; the
            # printed place never lies outside the printed range.
            rank_range=RankRange(min(rank, possible.first), possible.last),
        )


def _line(rate: UnitRate, standing: Standing, group_size: int) -> RankedUnit:
    return RankedUnit(
        code=rate.code,
        group=rate.group,
        num=rate.num,
        den=rate.den,
        standing=standing,
        printed=rate.printed,
        interval=wilson_interval(rate.num, rate.den),
        group_size=group_size,
    )


def _badness(rate: UnitRate, direction: Direction) -> Decimal:
    """Sort key by the printed value, the better the smaller; 0 without a base."""
    value = rate.printed or Decimal(0)
    return -value if direction is Direction.HIGHER_IS_BETTER else value


def _gain(rank_before: int | None, rank_now: int | None) -> int | None:
    return None if rank_before is None or rank_now is None else rank_before - rank_now
