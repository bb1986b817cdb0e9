"""Ranks that are fair: published examples and invariants."""

from collections.abc import Sequence
from random import Random
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.rankings import (
    Direction,
    RankedUnit,
    RankRange,
    Standing,
    UnitRate,
    joint_confidence,
    rank_change_label,
    rank_changes,
    rank_ranges,
    rank_units,
)
from dashboard.rounding import round_half_up

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER

# Mean travel time to work, American Community Survey 2011: state, minutes, 90 % margin of error,
# and the places that figure 1 of Klein, Wright and Wieczorek (2020) gives the state at 90 %
# jointly, independence correction, interval ends rounded to one decimal as there.
TRAVEL_TIME = """
SD 16.9 0.5 1-6   | ND 16.9 0.6 1-6   | WY 18.1 0.8 1-9   | NE 18.1 0.3 1-8   | MT 18.2 0.5 1-9
AK 18.4 0.5 1-9   | IA 18.8 0.2 3-9   | KS 18.9 0.3 3-9   | ID 19.7 0.4 4-9   | OK 21.1 0.2 10-14
AR 21.3 0.4 10-16 | NM 21.4 0.4 10-16 | UT 21.6 0.3 10-16 | WI 21.9 0.2 11-16 | VT 21.9 0.5 10-21
OR 22.5 0.3 11-24 | KY 22.9 0.2 15-26 | MN 23 0.2 15-26   | OH 23.1 0.1 16-26 | MO 23.1 0.2 15-27
RI 23.4 0.5 15-33 | NC 23.4 0.2 16-29 | ME 23.4 0.4 15-31 | IN 23.5 0.2 17-30 | SC 23.6 0.3 16-32
MS 23.9 0.4 17-35 | AL 23.9 0.2 21-33 | NV 24.1 0.4 20-37 | MI 24.1 0.2 21-35 | TN 24.2 0.2 22-35
LA 24.5 0.2 24-37 | CO 24.5 0.3 23-38 | TX 24.8 0.1 30-37 | AZ 24.8 0.2 27-39 | CT 25 0.3 27-40
DE 25.3 0.6 25-42 | WA 25.5 0.2 34-41 | WV 25.6 0.5 30-42 | HI 25.7 0.4 33-42 | FL 25.8 0.2 35-42
PA 25.9 0.1 36-42 | NH 26.9 0.5 37-46 | GA 27.1 0.3 42-46 | CA 27.1 0.1 42-44 | VA 27.7 0.2 43-47
MA 28 0.2 43-47   | IL 28.2 0.2 45-47 | DC 30.1 0.5 48-49 | NJ 30.5 0.2 48-49 | NY 31.5 0.2 50-51
MD 32.2 0.2 50-51
"""


def rate(code: str, num: int, den: int, group: str = "主城区") -> UnitRate:
    return UnitRate(code=code, group=group, num=num, den=den)


def ranking(
    rates: Sequence[UnitRate], direction: Direction = HIGHER, min_den: int = 1
) -> tuple[RankedUnit, ...]:
    (lines,) = rank_units(rates, direction=direction, min_den=min_den).values()
    return lines


def test_the_ranges_of_rank_are_those_of_the_published_figure() -> None:
    cells = [cell.split() for line in TRAVEL_TIME.split("\n") if line for cell in line.split("|")]
    assert len(cells) == 51
    widening = NormalDist().inv_cdf((1 + joint_confidence(0.90, 51)) / 2)
    assert widening == pytest.approx(3.081, abs=5e-4)
    factor = widening / NormalDist().inv_cdf(0.95)
    intervals = [
        (
            float(round_half_up(float(minutes) - factor * float(margin), 1)),
            float(round_half_up(float(minutes) + factor * float(margin), 1)),
        )
        for _, minutes, margin, _ in cells
    ]
    ranges = rank_ranges(intervals, lower_is_better=True)
    found = {cell[0]: f"{r.first}-{r.last}" for cell, r in zip(cells, ranges, strict=True)}
    assert found == {state: published for state, _, _, published in cells}


def test_where_higher_is_better_the_ranges_are_mirrored() -> None:
    intervals = [(0.1, 0.2), (0.3, 0.5), (0.4, 0.6)]
    assert rank_ranges(intervals, lower_is_better=True) == (
        RankRange(1, 1),
        RankRange(2, 3),
        RankRange(2, 3),
    )
    assert rank_ranges(intervals, lower_is_better=False) == (
        RankRange(3, 3),
        RankRange(1, 2),
        RankRange(1, 2),
    )


def test_ties_on_the_printed_value_share_a_rank_and_the_next_is_skipped() -> None:
    lines = ranking(
        [
            rate("A", 970, 1000),
            rate("B", 900, 1000),
            rate("C", 9004, 10000),  # prints 90.0 too
            rate("D", 899, 1000),
        ]
    )
    assert [(line.code, line.rank, line.is_tied, str(line.printed)) for line in lines] == [
        ("A", 1, False, "97.0"),
        ("B", 2, True, "90.0"),
        ("C", 2, True, "90.0"),
        ("D", 4, False, "89.9"),
    ]


def test_the_direction_decides_who_is_first() -> None:
    rates = [rate("A", 1, 10), rate("B", 9, 10)]
    assert [line.code for line in ranking(rates, HIGHER)] == ["B", "A"]
    assert [line.code for line in ranking(rates, LOWER)] == ["A", "B"]


def test_three_cases_neither_win_nor_move_the_others() -> None:
    many = [rate("A", 950, 1000), rate("B", 900, 1000)]
    few = [rate("C", 3, 3), rate("D", 0, 0), rate("E", 1, 3)]
    alone = ranking(many, min_den=900)
    together = ranking([*few, *many], min_den=900)
    assert together[:2] == alone
    assert [line.code for line in together[2:]] == ["C", "E", "D"]
    c, _, d = together[2:]
    assert (c.standing, c.rank, c.rank_range, str(c.printed)) == (Standing.FEW, None, None, "100.0")
    assert c.interval is not None
    assert (d.standing, d.rank, d.printed, d.interval) == (Standing.NO_BASE, None, None, None)


def test_groups_are_ranked_apart_and_keep_their_order() -> None:
    groups = rank_units(
        [
            rate("A", 1, 10, "县(市)"),
            rate("B", 9, 10, "主城区"),
            rate("C", 2, 10, "县(市)"),
            rate("D", 8, 10, "主城区"),
        ],
        direction=HIGHER,
        min_den=1,
    )
    assert {name: [(x.code, x.rank) for x in lines] for name, lines in groups.items()} == {
        "县(市)": [("C", 1), ("A", 2)],
        "主城区": [("B", 1), ("D", 2)],
    }
    assert list(groups) == ["县(市)", "主城区"]
    assert groups["县(市)"][0].group_size == 2


@pytest.mark.parametrize("others", [[], [rate("B", 3, 3), rate("C", 0, 0)]])
def test_one_cannot_be_first_of_one(others: list[UnitRate]) -> None:
    alone = ranking([rate("A", 90, 100), *others], min_den=30)[0]
    assert (alone.code, alone.standing, str(alone.printed)) == ("A", Standing.ALONE, "90.0")
    assert (alone.rank, alone.rank_range, alone.is_tied, alone.group_size) == (None, None, False, 0)


def test_counties_far_apart_have_one_possible_place_and_close_ones_all() -> None:
    far = ranking([rate("A", 9900, 10000), rate("B", 9000, 10000)])
    assert [line.rank_range for line in far] == [RankRange(1, 1), RankRange(2, 2)]
    close = ranking([rate("A", 91, 100), rate("B", 90, 100)])
    assert [line.rank_range for line in close] == [RankRange(1, 2), RankRange(1, 2)]


def test_the_range_is_joint_and_wider_than_intervals_one_by_one_would_give() -> None:
    # At 90 % each, 93/100 (from 0.876) and 82/100 (to 0.874) are apart; at 90 % jointly, each
    # at 94.9 %, they overlap (from 0.863, to 0.883).
    lines = ranking([rate("A", 93, 100), rate("B", 82, 100)])
    assert [line.rank_range for line in lines] == [RankRange(1, 2), RankRange(1, 2)]


def test_a_printed_place_lies_in_the_printed_range_even_with_millions_of_cases() -> None:
    n = 10**9
    lines = ranking([rate("A", 900_400_000, n), rate("B", 900_000_000, n)])
    assert [(line.rank, line.rank_range) for line in lines] == [
        (1, RankRange(1, 1)),
        (1, RankRange(1, 2)),
    ]


def test_places_gained_and_lost_against_last_month() -> None:
    before = ranking([rate("A", 9, 10), rate("B", 8, 10), rate("C", 7, 10), rate("D", 1, 2)])
    now = ranking([rate("C", 9, 10), rate("B", 8, 10), rate("A", 7, 10), rate("E", 1, 10)])
    changes = rank_changes(now, before)
    assert changes == {"C": 2, "B": 0, "A": -2, "E": None}
    assert [rank_change_label(change) for change in changes.values()] == [
        "升2位",
        "持平",
        "降2位",
        "",
    ]


def test_a_unit_that_changed_its_group_has_no_change_of_place() -> None:
    before = ranking([rate("A", 9, 10, "县(市)")])
    now = ranking([rate("A", 9, 10, "主城区")])
    assert rank_changes(now, before) == {"A": None}


@st.composite
def units(draw: st.DrawFn) -> list[UnitRate]:
    counts = draw(st.lists(st.integers(0, 300), max_size=12))
    return [rate(f"{code:02}", draw(st.integers(0, den)), den) for code, den in enumerate(counts)]


def by_code(rates: Sequence[UnitRate], direction: Direction) -> dict[str, RankedUnit]:
    groups = rank_units(rates, direction=direction, min_den=30)
    return {line.code: line for lines in groups.values() for line in lines}


@given(units(), st.sampled_from(Direction))
def test_every_place_lies_in_its_range_and_follows_the_printed_value(
    rates: list[UnitRate], direction: Direction
) -> None:
    lines = by_code(rates, direction)
    assert set(lines) == {r.code for r in rates}
    ranked = [line for line in lines.values() if line.standing is Standing.RANKED]
    sign = -1 if direction is HIGHER else 1
    for line in ranked:
        assert line.rank is not None
        assert line.rank_range is not None
        assert 1 <= line.rank_range.first <= line.rank <= line.rank_range.last <= len(ranked)
        better = [x for x in ranked if sign * (x.printed or 0) < sign * (line.printed or 0)]
        assert line.rank == 1 + len(better)
        assert line.is_tied == (sum(x.printed == line.printed for x in ranked) > 1)


@given(units(), st.sampled_from(Direction), st.randoms())
def test_the_order_of_the_rows_changes_no_place(
    rates: list[UnitRate], direction: Direction, random: Random
) -> None:
    shuffled = random.sample(rates, len(rates))
    assert by_code(shuffled, direction) == by_code(rates, direction)


@given(units())
def test_ranking_failures_downwards_is_ranking_successes_upwards(rates: list[UnitRate]) -> None:
    # A rate that lies on a half of the last decimal rounds up on both sides: left out here.
    rates = [r for r in rates if r.den and (2000 * r.num) % r.den]
    failures = [rate(r.code, r.den - r.num, r.den) for r in rates]
    up, down = by_code(rates, HIGHER), by_code(failures, LOWER)
    assert {c: (x.rank, x.rank_range) for c, x in up.items()} == {
        c: (x.rank, x.rank_range) for c, x in down.items()
    }
