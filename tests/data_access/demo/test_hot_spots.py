"""Hot spots of the demo: places near one another where one category flares up and is gone again."""

from datetime import date, timedelta

import numpy as np
import pytest

from dashboard.heat_cells import KM_PER_DEGREE_LATITUDE
from data_access.demo.cases import day_of_incidents
from data_access.demo.grid_places import KM_PER_LONGITUDE
from data_access.demo.hot_spots import REACH_KM, HotSpot, hot_spots
from data_access.demo.province import Province

SEED = 2
DAY = date(2026, 5, 13)
FORTNIGHT = timedelta(days=14)


@pytest.fixture(scope="module")
def spots(wide_province: Province) -> list[HotSpot]:
    return hot_spots(wide_province, SEED, DAY)


def cases_of(province: Province, spot: HotSpot, day: date) -> int:
    facts = day_of_incidents(province, SEED, day).facts
    is_within = np.isin(facts["grid_id"], province.grid_id[spot.grids])
    return int((is_within & (facts["category"] == spot.category.encode())).sum())


def test_a_hot_spot_has_many_times_the_cases_of_a_fortnight_before_and_after(
    wide_province: Province, spots: list[HotSpot]
) -> None:
    assert len(spots) >= 3
    for spot in spots:
        before, hot, after = (
            cases_of(wide_province, spot, day) for day in (DAY - FORTNIGHT, DAY, DAY + FORTNIGHT)
        )
        assert hot > 4 * max(before, after)
        assert max(before, after) < 2 * min(before, after)


def test_another_category_is_as_usual_in_a_hot_spot(
    wide_province: Province, spots: list[HotSpot]
) -> None:
    facts = day_of_incidents(wide_province, SEED, DAY).facts
    hot = np.unique(np.concatenate([spot.grids for spot in spots]))
    is_hot = np.isin(facts["grid_id"], wide_province.grid_id[hot])
    usual = len(hot) / len(wide_province.grid_id)
    is_opinion = facts["category"] == b"opinion"
    assert is_hot[is_opinion].mean() == pytest.approx(usual, rel=0.3)


def test_the_grids_of_a_hot_spot_lie_together_in_one_county(
    wide_province: Province, spots: list[HotSpot]
) -> None:
    for spot in spots:
        centre, others = spot.grids[0], spot.grids[1:]
        east = wide_province.grid_lon[others] - wide_province.grid_lon[centre]
        north = wide_province.grid_lat[others] - wide_province.grid_lat[centre]
        distance = np.hypot(east * KM_PER_LONGITUDE, north * KM_PER_DEGREE_LATITUDE)
        assert len(others) >= 3
        assert distance.max() < REACH_KM * 1.05
        assert len(set(wide_province.grid_county[spot.grids])) == 1


def test_every_week_has_hot_spots_and_each_lasts_less_than_a_week(wide_province: Province) -> None:
    days = [DAY + timedelta(days=k) for k in range(28)]
    hot = [{spot.first: spot for spot in hot_spots(wide_province, SEED, day)} for day in days]
    assert all(hot[k] for k in range(28))
    begun = {first for spots in hot for first in spots}
    assert len(begun) > 8
    for first in begun:
        lasted = [day for day, spots in zip(days, hot, strict=True) if first in spots]
        assert len(lasted) <= 6
        assert lasted == [lasted[0] + timedelta(days=k) for k in range(len(lasted))]
