"""The strip of child regions: each against yesterday, whole percents, cells left over hidden."""

import pytest

from dashboard.snapshot import Snapshot
from layouts import ids
from layouts.components import cities
from layouts.ids import WallIds
from layouts.panel_frame import PanelState
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import (
    NO_DATA,
    SCREEN,
    classes,
    figure_said,
    said,
    style,
    with_reading,
)

CELLS = [ids.row(WallIds.CITIES, place) for place in range(cities.POOL)]
HANGZHOU, NINGBO = 3301, 3302


def test_each_city_has_its_count_and_a_whole_percent() -> None:
    leaves = cities.props(SCREEN, samples.wall())
    cells = [
        (said(leaves, ids.part(cell, "value")), said(leaves, ids.part(cell, "change")))
        for cell in CELLS[:4]
    ]
    assert cells == [("3,766", "▼1%"), ("2,746", "▲7%"), ("2,773", "▼6%"), ("1,559", "▲6%")]


def test_the_largest_is_the_leader_and_fills_its_track() -> None:
    leaves = cities.props(SCREEN, samples.wall())
    assert [cell for cell in CELLS if "is-leader" in classes(leaves, cell)] == [CELLS[0]]
    assert style(leaves, ids.part(CELLS[0], "bar")) == {"width": "100%"}


def test_a_day_without_cases_has_zeros_and_no_leader() -> None:
    leaves = cities.props(SCREEN, samples.nothing_happened())
    assert {figure_said(leaves, ids.part(cell, "value")) for cell in CELLS[:11]} == {"0"}
    assert not [cell for cell in CELLS if "is-leader" in classes(leaves, cell)]


def test_a_city_without_data_is_not_a_city_without_cases() -> None:
    gone = with_reading("incidents_registered", period="today", region_id=NINGBO, **NO_DATA)
    leaves = cities.props(SCREEN, gone)
    assert figure_said(leaves, ids.part(CELLS[1], "value")) == "未接入"
    assert said(leaves, ids.part(CELLS[1], "change")) == ""
    assert cities.state(SCREEN, gone) == PanelState()


@pytest.mark.parametrize(
    ("level", "title"),
    [
        ("city", "各市今日上报"),
        ("county", "各县(市、区)今日上报"),
        ("town", "各乡镇(街道)今日上报"),
        ("village", "各村(社区)今日上报"),
    ],
)
def test_the_strip_is_named_after_the_level_below(level: str, title: str) -> None:
    place = samples.wall().place.model_copy(update={"child_level": level})
    leaves = cities.props(SCREEN, samples.wall(place=place))
    assert said(leaves, WallIds.CITIES_TITLE) == title


def test_a_place_without_parts_has_an_empty_strip_and_no_alarm() -> None:
    alone = samples.wall(regions=samples.wall().regions[:1])
    leaves = cities.props(SCREEN, alone)
    assert all("is-unused" in classes(leaves, cell) for cell in CELLS)
    assert cities.state(SCREEN, alone) == PanelState()


def of_parts(*names: str) -> Snapshot:
    own, city, *_ = samples.wall().regions
    parts = [
        city.model_copy(update={"id": 900_000 + at, "short_name": name})
        for at, name in enumerate(names)
    ]
    return samples.wall(regions=(own, *parts))


def test_parts_beyond_the_cells_are_counted() -> None:
    leaves = cities.props(SCREEN, of_parts(*["城关镇"] * (cities.POOL + 7)))
    assert said(leaves, WallIds.CITIES_REST) == "另有7个未列出"
    assert said(cities.props(SCREEN, samples.wall()), WallIds.CITIES_REST) == ""


@pytest.mark.parametrize(
    ("longest", "room"),
    [("桐庐县", set()), ("景宁畲族", {"is-long"}), ("大陈岛街道办", {"is-longer"})],
)
def test_cells_are_as_wide_as_the_longest_name(longest: str, room: set[str]) -> None:
    leaves = cities.props(SCREEN, of_parts("杭州", longest))
    assert classes(leaves, WallIds.CITIES_CELLS) - {"cities-cells"} == room


def test_grandchildren_are_no_cells() -> None:
    leaves = cities.props(SCREEN, samples.wall())
    shown = [cell for cell in CELLS if "is-unused" not in classes(leaves, cell)]
    assert len(shown) == 11
    assert "鄞州" not in [said(leaves, ids.part(cell, "name")) for cell in shown]
