"""县(市、区)排名: ties, movements, possible places, and who is not ranked."""

import pytest

from dashboard.snapshot import RankedUnit, RankingGroup, Snapshot
from layouts import ids
from layouts.components import ranking
from layouts.ids import WallIds
from layouts.panel_frame import Leaves, NothingToShow
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import SCREEN, classes, said, style, words_of


def unit(name: str = "安吉县", place: int | None = 1, **changes: object) -> RankedUnit:
    fields = {
        "region_id": 1,
        "name": name,
        "place": place,
        "value": 0.95,
        "numerator": 950,
        "denominator": 1_000,
        "month_value": 0.94,
        "month_denominator": 100,
    }
    return RankedUnit.model_validate({**fields, **changes})


def wall_of(*units: RankedUnit) -> Snapshot:
    group = RankingGroup(code="county", name="县(市)", units=units)
    return samples.wall(ranking=samples.ranking().model_copy(update={"groups": (group,)}))


# The first page of the ranking.
PAGE = ids.part(WallIds.RANKING, "page-0")


def first_row(leaves: Leaves, what: str) -> str:
    return said(leaves, ids.row(PAGE, 0, what))


def row_of(only: RankedUnit) -> dict[str, str]:
    leaves = ranking.props(SCREEN, wall_of(only))
    return {
        what: first_row(leaves, what)
        for what in ("place", "name", "possible", "month", "value", "change")
    }


def test_a_row_reads_from_place_to_movement() -> None:
    row = row_of(unit("景宁畲族自治县", 2, is_tied=True, place_low=2, place_high=6, place_change=7))
    assert row == {
        "place": "并列2",
        "name": "景宁县",
        "possible": "2—6",
        "month": "94.0",
        "value": "95.0",
        "change": "升7位",
    }


@pytest.mark.parametrize(
    ("change", "words", "tone"),
    [
        (7, "升7位", {"is-better"}),
        (-28, "降28位", {"is-worse"}),
        (0, "持平", set()),
        (None, "—", set()),
    ],
)
def test_movement_is_said_in_places_and_standing_still_has_no_colour(
    change: int | None, words: str, tone: set[str]
) -> None:
    leaves = ranking.props(SCREEN, wall_of(unit(place_change=change)))
    leaf = ids.row(PAGE, 0, "change")
    assert said(leaves, leaf) == words
    assert classes(leaves, leaf) - {"rank-change"} == tone


def test_a_unit_alone_in_its_group_is_shown_without_a_place() -> None:
    alone = unit("安吉县", None)
    leaves = ranking.props(SCREEN, wall_of(alone, unit("德清县", None, denominator=3)))
    row = row_of(alone)
    assert (row["place"], row["name"], row["possible"], row["value"]) == ("", "安吉县", "", "95.0")
    assert style(leaves, ids.row(PAGE, 0, "tick")) == {"display": "none"}
    foot = said(leaves, ids.part(PAGE, "foot"))
    assert "安吉县无可比单位,不作排名" in foot
    assert "德清县" in foot
    assert "安吉县1,000件" not in foot


def test_units_that_print_the_same_share_their_place() -> None:
    leaves = ranking.props(SCREEN, samples.wall())
    rows = [
        (
            said(leaves, ids.row(PAGE, place, "place")),
            said(leaves, ids.row(PAGE, place, "value")),
        )
        for place in range(4)
    ]
    assert rows == [("1", "97.0"), ("并列2", "96.6"), ("并列2", "96.6"), ("4", "96.4")]


def test_all_of_a_full_rate_is_a_hundred() -> None:
    assert row_of(unit(value=1.0, month_value=None))["value"] == "100.0"
    assert row_of(unit(value=1.0, month_value=None))["month"] == "—"


def test_the_tick_lies_within_the_span_of_possible_places() -> None:
    units = [unit(place=n, place_low=max(1, n - 1), place_high=min(8, n + 1)) for n in range(1, 9)]
    leaves = ranking.props(SCREEN, wall_of(*units))
    for place in range(8):
        span = style(leaves, ids.row(PAGE, place, "range"))
        at = float(style(leaves, ids.row(PAGE, place, "tick"))["left"][:-1])
        left, width = float(span["left"][:-1]), float(span["width"][:-1])
        assert left < at < left + width <= 100.01, place


def test_a_place_without_range_has_no_span() -> None:
    leaves = ranking.props(SCREEN, wall_of(unit()))
    span = style(leaves, ids.row(PAGE, 0, "range"))
    assert span == {"display": "none"}
    assert first_row(leaves, "possible") == ""


def test_the_foot_says_that_all_are_ranked() -> None:
    group = RankingGroup(code="county", name="县(市)", units=(unit(),))
    assert ranking.foot_words(group, 1_900) == "并列按显示值 · 本组均达1,900件,全部参与排名"


def test_of_many_with_few_cases_two_are_named_and_the_rest_counted() -> None:
    few = [
        unit(f"{name}县", None, numerator=380, denominator=400 + at, interval=(0.8234, 0.9918))
        for at, name in enumerate("甲乙丙丁戊")
    ]
    group = RankingGroup(code="county", name="县(市)", units=(unit(), *few))
    assert ranking.foot_words(group, 900) == (
        "件数较少,不参与排名(不足900件):甲县380/400(误差范围82—99%) "
        "乙县380/401(误差范围82—99%) "
        "另有3个"
    )


def test_units_without_any_case_are_counted_apart_from_those_with_few() -> None:
    units = (
        unit(),
        unit("甲县", None, numerator=11, denominator=12),
        unit("乙县", None, denominator=0),
    )
    words = ranking.foot_words(RankingGroup(code="a", name="甲", units=units), 900)
    assert words == "件数较少,不参与排名(不足900件):甲县11/12 · 1个无计入案件"


@pytest.mark.parametrize(("number", "is_cut"), [(6, False), (7, True)])
def test_first_and_last_are_parted_where_units_are_left_out(number: int, is_cut: bool) -> None:
    units = [unit(place=place) for place in range(1, number + 1)]
    page = ids.part(WallIds.RANKING, "page-0")
    shown = classes(ranking.props(SCREEN, wall_of(*units)), page)
    assert ("is-cut" in shown) is is_cut


def test_pages_without_a_group_are_hidden() -> None:
    leaves = ranking.props(SCREEN, wall_of(unit()))
    pages = [ids.part(WallIds.RANKING, f"page-{page}") for page in range(ranking.PAGES)]
    hidden = ["is-unused" in classes(leaves, page) for page in pages]
    assert hidden == [False] + [True] * (ranking.PAGES - 1)
    assert said(leaves, ids.part(pages[0], "tab")) == "县(市) 1"
    assert said(leaves, ids.part(pages[1], "tab")) == ""


def group(name: str, *, is_apart: bool = False) -> RankingGroup:
    return RankingGroup(code=name, name=name, units=(unit(),), is_apart=is_apart)


def wall_of_groups(*groups: RankingGroup) -> Snapshot:
    return samples.wall(ranking=samples.ranking().model_copy(update={"groups": groups}))


def test_every_group_has_a_page_and_those_set_apart_come_last() -> None:
    apart = group("功能区", is_apart=True)
    leaves = ranking.props(SCREEN, wall_of_groups(apart, *map(group, "甲乙丙丁戊")))
    pages = [ids.part(WallIds.RANKING, f"page-{page}") for page in range(6)]
    titles = [said(leaves, ids.part(page, "title")) for page in pages]
    assert titles == ["甲 1个", "乙 1个", "丙 1个", "丁 1个", "戊 1个", "功能区 1个,另列"]
    assert ["is-apart" in classes(leaves, page) for page in pages] == [False] * 5 + [True]
    assert said(leaves, WallIds.RANKING_REST) == ""


def test_groups_that_have_no_page_are_counted() -> None:
    leaves = ranking.props(SCREEN, wall_of_groups(*map(group, "甲乙丙丁戊己庚辛壬癸")))
    assert said(leaves, WallIds.RANKING_REST) == f"另有{10 - ranking.PAGES}组未列出"


def test_units_that_share_a_place_print_the_same_whatever_their_cases() -> None:
    bases = ((42, 42), (57, 57), (49, 50), (98, 100))
    tied = [
        unit(
            place=1 if cases == base else 3,
            is_tied=True,
            value=cases / base,
            numerator=cases,
            denominator=base,
        )
        for cases, base in bases
    ]
    leaves = ranking.props(SCREEN, wall_of(*tied))
    # Four units fill the first three rows and the last one.
    rows = [
        (said(leaves, ids.row(PAGE, row, "place")), said(leaves, ids.row(PAGE, row, "value")))
        for row in (0, 1, 2, ranking.ROWS - 1)
    ]
    assert rows == [("并列1", "100.0"), ("并列1", "100.0"), ("并列3", "98.0"), ("并列3", "98.0")]


@pytest.mark.parametrize(
    ("place", "base", "value"), [(1, 50, "94.0"), (None, 50, "47/50"), (None, 51, "94.0")]
)
def test_few_cases_are_said_as_a_fraction_where_nothing_is_ranked(
    place: int | None, base: int, value: str
) -> None:
    alone = unit(
        place=place,
        value=0.94,
        numerator=47,
        denominator=base,
        month_value=0.95,
        month_denominator=40,
    )
    known = samples.ranking().model_copy(update={"minimum_base": 30})
    group = RankingGroup(code="county", name="县(市)", units=(alone,))
    leaves = ranking.props(
        SCREEN, samples.wall(ranking=known.model_copy(update={"groups": (group,)}))
    )
    assert first_row(leaves, "value") == value
    assert first_row(leaves, "month") == "38/40"


def test_the_columns_are_named_in_the_words_of_the_trade() -> None:
    words = list(words_of(ranking.build(SCREEN)))
    assert words[:4] == ["县(市、区)排名", "位次", "可能名次(90%)", "较上月"]
    leaves = ranking.props(SCREEN, samples.wall())
    assert said(leaves, WallIds.RANKING_MEASURE) == "调解成功率(%)"


def test_a_ranking_that_was_not_computed_is_a_fault() -> None:
    with pytest.raises(NothingToShow):
        ranking.state(SCREEN, samples.wall(ranking=None))


def test_a_single_county_has_nothing_to_be_ranked_with() -> None:
    place = samples.wall().place.model_copy(update={"county_count": 1})
    alone = samples.wall(ranking=None, place=place)
    assert ranking.state(SCREEN, alone).notice == "只有一个县(市、区),不作排名"
