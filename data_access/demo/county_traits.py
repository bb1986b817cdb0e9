"""How counties of the demo differ: volume, speed, punctuality, success. Fixed by the seed."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from data_access.demo.province import Province
from data_access.demo.rhythm import Draw, generator

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CountyTraits:
    """Arrays over the counties of a province.

    `volume` are shares of all cases; `slowness` multiplies handling times; `late_share` is the
    share closed after the limit; `mediation_success` is added to the rate of each method.
    """

    volume: Floats
    slowness: Floats
    late_share: Floats
    mediation_success: Floats
    patrol_share: Floats


@lru_cache(maxsize=4)
def county_traits(province: Province, seed: int) -> CountyTraits:
    """The traits of every county."""
    random = generator(seed, 0, Draw.COUNTIES)
    count = len(province.county_id)
    volume = province.county_population * random.uniform(0.7, 1.4, count)
    return CountyTraits(
        volume=volume / volume.sum(),
        slowness=random.uniform(0.75, 1.35, count),
        # Most counties lose 1-3 %, a few up to 15 %.
        late_share=np.clip(0.009 + random.exponential(0.019, count), 0.01, 0.15),
        mediation_success=np.clip(random.normal(0.0, 0.015, count), -0.06, 0.03),
        patrol_share=random.uniform(0.88, 0.99, count),
    )


@lru_cache(maxsize=4)
def grid_shares(province: Province, seed: int) -> Floats:
    """Each grid's share of all cases: its county's, dealt by the grids' weights."""
    in_county = np.bincount(province.grid_county, province.grid_weight)
    volume = county_traits(province, seed).volume
    share: Floats = (volume / in_county)[province.grid_county] * province.grid_weight
    total: Floats = share / share.sum()
    return total


@lru_cache(maxsize=4)
def _bounds(province: Province, seed: int) -> Floats:
    return np.cumsum(grid_shares(province, seed))


def drawn_grids(
    province: Province, seed: int, count: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Indexes of grids, each as often as its share says."""
    bounds = _bounds(province, seed)
    found = np.searchsorted(bounds, random.random(count), side="right")
    return np.minimum(found, len(bounds) - 1)
