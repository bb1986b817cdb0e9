"""What a screen asks of a snapshot: windows, thresholds and scales, with their defaults.

A screen's TOML file sets them (`dashboard.screens`); a database may carry scales of its own
(fact `scales`), since a fixed scale belongs to the place and its history, not to the screen.
"""

from dataclasses import dataclass, field
from typing import Literal


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
            if list(limits) != sorted({*limits}) or limits[0] <= 0:
                raise ValueError(f"heat.limits 的 {km} 公里一行应为由小到大的正数")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """Everything a snapshot needs to know about the screen it is for."""

    ranking_indicator: str = "mediation_success_rate"
    # Below this base a unit is shown but not ranked: 件数较少,不参与排名.
    ranking_minimum: int = 30
    # 近24小时 件/万人
    choropleth_indicator: str = "incidents_per_10k"
    choropleth_classes: tuple[float, ...] = (3.5, 4.5, 5.5, 6.5)
    heat: HeatAsk = field(default_factory=HeatAsk)
    # Window of the heat layer that the map shows: 2h, 24h, 7d or 30d.
    heat_window: Literal["2h", "24h", "7d", "30d"] = "2h"
    inset_county: str | None = None
    inset_days: int = 30
    # 件/百平方公里·日 on merged grids; a merged patch never has fewer events than this.
    inset_classes: tuple[float, ...] = (2, 8, 32, 128)
    patch_minimum: int = 3
    new_event_minutes: int = 10
    point_count: int = 12
    ticker_rows: int = 12
    work_item_rows: int = 12
    # Comparable days looked back for the usual band.
    band_days: int = 120
