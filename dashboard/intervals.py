"""Intervals around a single figure (误差范围). Ranges of rank stand in `rankings`."""

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """Closed interval of proportions, 0 <= lower <= upper <= 1."""

    lower: float
    upper: float


def wilson_interval(num: int, den: int, confidence: float = 0.95) -> Interval | None:
    """Wilson score interval of the proportion `num / den`, None where `den` is 0.

    Source: Newcombe, Statistics in Medicine 17 (1998) 857-872, method 3 (81/263 -> 0.2553, 0.3662).

    Raises:
        ValueError: unless 0 <= num <= den: such a figure is no proportion.
    """
    if not 0 <= num <= den:
        raise ValueError(f"a proportion needs 0 <= numerator <= denominator, got {num}/{den}")
    if den == 0:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = 2 * num + z * z
    spread = z * math.sqrt(z * z + 4 * num * (1 - num / den))
    scale = 2 * (den + z * z)
    return Interval(
        lower=0.0 if num == 0 else (centre - spread) / scale,
        upper=1.0 if num == den else (centre + spread) / scale,
    )
