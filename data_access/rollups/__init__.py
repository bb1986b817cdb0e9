"""Roll-ups: sums of every measure by region and local day, month, and quarter of an hour.

Writers only append deltas (triggers in `live_schema`); `fold` adds them up, `rebuild` starts from
the rows, `differences` compares, `repair` sets right what differs. Which figure is read from which
of them stands in `data_access.sums`; heat and medians are read from `spreads`.

Counties, their cities and the root have rows, and zones (功能区); below the county the cases
themselves are read.
"""

from data_access.rollups.checking import WrongFigure, differences, examples, repair
from data_access.rollups.keeping import (
    SLOT_DAYS,
    fold,
    follow_classes,
    follow_regions,
    move_slots_on,
    rebuild,
    slots_kept_from,
)
from data_access.rollups.sealing import broken, first_unsealed, seal
from data_access.rollups.tables import (
    MEASURES,
    ensure_columns,
    rollup_deltas,
    rollup_months,
    rollup_slots,
    rollups,
)

__all__ = [
    "MEASURES",
    "SLOT_DAYS",
    "WrongFigure",
    "broken",
    "differences",
    "ensure_columns",
    "examples",
    "first_unsealed",
    "fold",
    "follow_classes",
    "follow_regions",
    "move_slots_on",
    "rebuild",
    "repair",
    "rollup_deltas",
    "rollup_months",
    "rollup_slots",
    "rollups",
    "seal",
    "slots_kept_from",
]
