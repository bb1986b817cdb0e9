"""最新事件: to the minute, place to the county, and never an empty panel without a time."""

import pytest

from layouts import ids
from layouts.components import latest
from layouts.ids import WallIds
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import SCREEN, classes, said

ROWS = [ids.row(WallIds.LATEST, place) for place in range(latest.POOL)]


def line(snapshot: object, row: str) -> list[str]:
    leaves = latest.props(SCREEN, snapshot)
    at, head, end, *others = (
        said(leaves, ids.part(row, what))
        for what in ("at", "place-head", "place", "category", "channel")
    )
    return [at, head + end, *others]


def test_an_event_is_told_in_minute_place_category_and_channel() -> None:
    assert line(samples.wall(), ROWS[0]) == ["14:31", "温州 乐清市", "安全隐患", "网格巡查"]
    assert line(samples.six_figures(), ROWS[0])[1] == "丽水 景宁县"


def test_a_county_directly_below_the_province_stands_alone() -> None:
    item = samples.ticker()[0].model_copy(update={"city_name": "", "county_name": "仙桃市"})
    assert latest.place_words(item, samples.wall().place) == "仙桃市"


@pytest.mark.parametrize("level", ["city", "county"])
def test_on_the_wall_of_a_city_its_own_name_is_left_out(level: str) -> None:
    place = samples.wall().place.model_copy(update={"level": level})
    assert line(samples.wall(place=place), ROWS[0])[1] == "乐清市"


def test_the_end_of_a_long_name_never_gives_way() -> None:
    item = samples.ticker()[0].model_copy(update={"city_name": "波士顿", "county_name": "第12选区"})
    leaves = latest.props(SCREEN, samples.wall(ticker=(item,)))
    ends = [said(leaves, ids.part(ROWS[0], what)) for what in ("place-head", "place")]
    assert ends == ["波士顿 ", "第12选区"]


def test_rows_without_an_event_are_hidden() -> None:
    leaves = latest.props(SCREEN, samples.wall())
    shown = [row for row in ROWS if "is-unused" not in classes(leaves, row)]
    assert shown == ROWS[:6]
    assert said(leaves, WallIds.LATEST_NONE) == ""


def test_more_events_than_rows_keep_the_newest() -> None:
    snapshot = samples.wall(ticker=samples.ticker() * 3)
    leaves = latest.props(SCREEN, snapshot)
    assert not [row for row in ROWS if "is-unused" in classes(leaves, row)]
    assert line(snapshot, ROWS[0])[0] == "14:31"


def test_no_event_is_said_with_the_minute_of_the_check() -> None:
    at_night = samples.night().model_copy(update={"ticker": ()})
    assert said(latest.props(SCREEN, at_night), WallIds.LATEST_NONE) == "03:12核查,无新事件"


def test_events_that_could_not_be_asked_for_are_not_none() -> None:
    failed = samples.wall(ticker=(), failures={"最新事件": "最新事件未能更新"})
    assert said(latest.props(SCREEN, failed), WallIds.LATEST_NONE) == "未能更新"
    other = samples.wall(ticker=(), failures={"督办": "督办未能更新"})
    assert said(latest.props(SCREEN, other), WallIds.LATEST_NONE) == "14:32核查,无新事件"


def test_a_source_that_never_delivered_is_not_a_quiet_day() -> None:
    assert latest.state(SCREEN, samples.never_delivered()).notice == "未接入"
    assert latest.state(SCREEN, samples.nothing_happened()).notice == ""
