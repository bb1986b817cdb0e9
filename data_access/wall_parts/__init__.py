"""The parts of a wall's snapshot: which indicators, periods and lists it asks for.

One function a part, all from one `Work`, by kind in the modules of this package. How each figure
is read stands in the modules named `*_readings` and in `case_lists`; which parts are due, and what
happens when one fails, in `data_access.snapshotting`.
"""

from data_access.wall_parts.figures import left_out, live_readings, ranking, slow_readings, targets
from data_access.wall_parts.frame import map_regions, named_periods, place
from data_access.wall_parts.lists import ticker, work_items
from data_access.wall_parts.map_layers import choropleth, grids, heat, inset, points
from data_access.wall_parts.trends import live_series, slow_series
from data_access.wall_parts.work import CASES_ON_MAPS, Kept, Work

__all__ = [
    "CASES_ON_MAPS",
    "Kept",
    "Work",
    "choropleth",
    "grids",
    "heat",
    "inset",
    "left_out",
    "live_readings",
    "live_series",
    "map_regions",
    "named_periods",
    "place",
    "points",
    "ranking",
    "slow_readings",
    "slow_series",
    "targets",
    "ticker",
    "work_items",
]
