"""Small tables of the demo database: its sources, targets and facts. All figures are invented.

Residents stand in `population`, the work calendar in `work_days`.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from dashboard.indicators import INDICATOR_BY_KEY
from data_access.demo.grid_places import ORIGIN
from data_access.facts import DEFAULT_ZONE

GRID_SOURCE, HOTLINE_SOURCE, MEDIATION_SOURCE, REPORT_SOURCE = 1, 2, 3, 4
TARGETS_FROM = date(2024, 1, 1)
# In percent, as agreed with every city and county; some of theirs lie higher than the province's.
TARGETS: dict[str, float] = {
    "on_time_rate": 95.0,
    "satisfaction_rate": 85.0,
    "dispute_resolution_rate": 65.0,
    "mediation_success_rate": 95.5,
    "resolved_in_town_rate": 95.0,
    "performance_rate": 96.0,
}
STRICTER = 0.5


def sources() -> Iterator[dict[str, Any]]:
    """Rows of the table `sources`; none has been in contact yet."""
    for source_id, key, name, kind, cycle in (
        (GRID_SOURCE, "grid", "网格系统", "incidents", 5),
        (HOTLINE_SOURCE, "hotline", "12345热线", "incidents", 5),
        (MEDIATION_SOURCE, "mediation", "矛调中心", "disputes", 10),
        (REPORT_SOURCE, "reports", "部门月报", "reported", 86_400),
    ):
        yield {
            "id": source_id,
            "key": key,
            "name": name,
            "kind": kind,
            "cycle_seconds": cycle,
            "is_demo": True,
            "is_live": source_id != REPORT_SOURCE,
        }


def targets(province_id: int, below: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Rows of the table `targets`: of the province, and of each of its cities and counties.

    Every third region below promised half a point more.
    """
    for place, region_id in enumerate((province_id, *below)):
        for key, value in TARGETS.items():
            yield {
                "indicator": INDICATOR_BY_KEY[key].key,
                "region_id": region_id,
                "valid_from": TARGETS_FROM,
                "value": value + (STRICTER if place % 3 == 1 else 0),
            }


def facts() -> dict[str, Any]:
    """What the database says of itself.

    The scales fit a twentieth of the real volume: about 1,500 incidents a day over 64.6 million
    residents are 0.23 件/万人, over 104,000 km2 1.4 件/百平方公里·日.
    """
    return {
        "zone": DEFAULT_ZONE,
        "product_name": "浙江省综治中心数字驾驶舱",
        "is_demo": True,
        "volume_note": "约为实际业务量的1/20",
        "heat_origin": list(ORIGIN),
        "scales": {
            "choropleth": [0.14, 0.18, 0.22, 0.26],
            "inset": [1, 3, 8, 24],
            "heat": {"5": [1, 2, 4, 8, 16], "2": [2, 4, 8, 16, 32], "1": [2, 4, 8, 16, 32]},
        },
    }
