"""What a screen asks of a snapshot: windows, thresholds and scales, with their defaults.

A screen's TOML file sets them (`dashboard.screens`); a database may carry scales of its own
(fact `scales`), since a fixed scale belongs to the place and its history, not to the screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

# Colours that the map has for areas and for heat.
AREA_STEPS = 5
HEAT_STEPS = 5

Rows = Annotated[int, Field(ge=1, le=50)]
Days = Annotated[int, Field(ge=1, le=366)]


@dataclass(frozen=True, kw_only=True, slots=True)
class HeatAsk:
    """Heat layer: cell size by level of the scope, kernel in km, limits per cell size.

    Limits are 件/百平方公里·日 and fixed: the same for every window and hour.

    Raises:
        ValueError: a cell size without kernel or limits, or limits that do not rise.
    """

    cell_km: dict[str, int] = field(default_factory=lambda: {"province": 5, "city": 2, "county": 1})
    kernel_km: dict[int, float] = field(default_factory=lambda: {5: 6.0, 2: 2.5, 1: 1.2})
    limits: dict[int, tuple[float, ...]] = field(
        default_factory=lambda: {
            5: (2, 4, 8, 16, 32),
            2: (4, 8, 16, 32, 64),
            1: (8, 16, 32, 64, 128),
        }
    )

    def __post_init__(self) -> None:
        for km in self.cell_km.values():
            if km not in self.kernel_km or km not in self.limits:
                raise ValueError(
                    f"heat.cell_km 用到 {km} 公里网格,应同时写明其 kernel_km 和 limits"
                )
        for km, limits in self.limits.items():
            _check_rising(f"heat.limits 的 {km} 公里一行", limits, HEAT_STEPS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """Everything a snapshot needs to know about the screen it is for.

    The bounds of numbers hold for what is read from a file (`dashboard.screens`).

    Raises:
        ValueError: limits that do not rise, or are not as many as the map has colours for.
    """

    ranking_indicator: str = "mediation_success_rate"
    # Below this base a unit is shown but not ranked: 件数较少,不参与排名.
    ranking_minimum: Annotated[int, Field(ge=1, le=1_000_000)] = 30
    # 近24小时 件/万人
    choropleth_indicator: str = "incidents_per_10k"
    choropleth_classes: tuple[float, ...] = (3.5, 4.5, 5.5, 6.5)
    heat: HeatAsk = field(default_factory=HeatAsk)
    # Window of the heat layer that the map shows: 2h, 24h, 7d or 30d.
    heat_window: Literal["2h", "24h", "7d", "30d"] = "2h"
    inset_county: str | None = None
    inset_days: Days = 30
    # 件/百平方公里·日 on merged grids; a merged patch never has fewer events than this.
    inset_classes: tuple[float, ...] = (2, 8, 32, 128)
    # One or two cases on a patch would tell of a household.
    patch_minimum: Annotated[int, Field(ge=3, le=1000)] = 3
    new_event_minutes: Annotated[int, Field(ge=1, le=120)] = 10
    point_count: Rows = 12
    ticker_rows: Rows = 12
    work_item_rows: Rows = 12
    # Days looked back for the usual band, of which those of the same kind compare.
    band_days: Annotated[int, Field(ge=14, le=60)] = 60

    def __post_init__(self) -> None:
        _check_rising("choropleth_classes", self.choropleth_classes, AREA_STEPS - 1)
        _check_rising("inset_classes", self.inset_classes, AREA_STEPS - 1)


def _check_rising(name: str, limits: Sequence[float], count: int) -> None:
    rises = all(low < high for low, high in pairwise((0, *limits)))
    if len(limits) != count or not rises:
        raise ValueError(f"{name}应为由小到大的 {count} 个正数(写的是 {list(limits)})")
