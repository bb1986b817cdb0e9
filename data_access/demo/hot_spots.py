"""Hot spots that come and go: a few neighbourhoods a week with far more hazards or services."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from data_access.demo.county_traits import drawn_grids
from data_access.demo.province import Province
from data_access.demo.rhythm import Draw, generator

SPOTS_A_WEEK = (4, 8)
DAYS = (2, 6)
FACTOR = (5.0, 15.0)
REACH_KM = 2.5
MOST_GRIDS = 60
KM_A_DEGREE = 111.0


@dataclass(frozen=True)
class HotSpot:
    """Grids (indexes) in which one category is `factor` times as frequent as usual."""

    grids: npt.NDArray[np.int64]
    category: str
    factor: float
    first: date
    days: int


def hot_spots(province: Province, seed: int, day: date) -> list[HotSpot]:
    """The spots that are hot on a day."""
    monday = day - timedelta(days=day.weekday())
    spots = (
        *_begun_in(province, seed, monday - timedelta(days=7)),
        *_begun_in(province, seed, monday),
    )
    return [spot for spot in spots if 0 <= (day - spot.first).days < spot.days]


@lru_cache(maxsize=16)
def _begun_in(province: Province, seed: int, monday: date) -> tuple[HotSpot, ...]:
    random = generator(seed, monday, Draw.HOT_SPOTS)
    count = int(random.integers(*SPOTS_A_WEEK, endpoint=True))
    return tuple(
        HotSpot(
            grids=_around(province, int(centre)),
            category="hazard" if random.random() < 0.5 else "service",
            factor=float(random.uniform(*FACTOR)),
            first=monday + timedelta(days=int(random.integers(0, 7))),
            days=int(random.integers(*DAYS, endpoint=True)),
        )
        for centre in drawn_grids(province, seed, count, random)
    )


def _around(province: Province, centre: int) -> npt.NDArray[np.int64]:
    """The nearest grids of the same county within reach, the centre first."""
    mine = np.flatnonzero(province.grid_county == province.grid_county[centre])
    east = (province.grid_lon[mine] - province.grid_lon[centre]) * np.cos(
        np.radians(province.grid_lat[centre])
    )
    north = province.grid_lat[mine] - province.grid_lat[centre]
    distance = np.hypot(east, north) * KM_A_DEGREE
    nearest = np.argsort(distance, kind="stable")[:MOST_GRIDS]
    grids: npt.NDArray[np.int64] = mine[nearest[distance[nearest] <= REACH_KM]]
    return grids
