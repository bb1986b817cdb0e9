"""The usual band (常态区间) of a daily curve: what comparable days showed at the same time of day.

Which days are comparable is the caller's choice (same kind of day, see `work_calendar`). The band
alone is no alarm: a fifth of all points lies outside it by construction.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MIN_DAYS = 8
LOW_MEDIAN_HIGH = (0.10, 0.50, 0.90)


@dataclass(frozen=True, kw_only=True, eq=False)
class UsualBand:
    """10 %, 50 % and 90 % points per slot of the day, read-only arrays of one length.

    A slot known on fewer than `MIN_DAYS` days is NaN in all three. `days` counts the days used.
    """

    low: NDArray[np.float64]
    median: NDArray[np.float64]
    high: NDArray[np.float64]
    days: int


def usual_band(counts: ArrayLike) -> UsualBand | None:
    """Band of a days x slots array of counts, NaN where a day's slot is not known.

    Quantiles interpolate linearly between the ordered days (type 7 of Hyndman and Fan, The
    American Statistician 50 (1996) 361-365). None with fewer than `MIN_DAYS` days that know
    anything: no band is better than a band of a week.

    Raises:
        ValueError: where `counts` has not two dimensions.
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"counts must be days x slots, got an array of shape {table.shape}")
    known_days = table[~np.isnan(table).all(axis=1)]
    if len(known_days) < MIN_DAYS:
        return None
    points = np.full((len(LOW_MEDIAN_HIGH), table.shape[1]), np.nan)
    enough = (~np.isnan(known_days)).sum(axis=0) >= MIN_DAYS
    points[:, enough] = np.nanquantile(known_days[:, enough], LOW_MEDIAN_HIGH, axis=0)
    points.flags.writeable = False
    low, median, high = points
    return UsualBand(low=low, median=median, high=high, days=len(known_days))
