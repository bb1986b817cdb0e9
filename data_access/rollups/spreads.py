"""Spreads: how the cases of a region and day lie over places (heat) and durations (median).

`rollup_spreads` holds numbers of cases by region, local day and two whole numbers x and y, for
regions above the county: a county's cases are few enough to be read themselves. Kept as the sums
are: triggers append to `spread_deltas`, folding adds them up.

cells: incidents that may stand on a map by the cell of the region's CELL_KM; those without a usable
point at NOWHERE. durations: sound closings by tenths of an hour (x), rounded half up; y is 0.

Deltas of cells carry the class of their cases, sensitive or not: whether it is, is asked when they
are read or folded (`hidden_classes`). So a case whose writer did not know yet that its class was
marked is left out all the same, whenever it commits.
"""

from dataclasses import dataclass

from dashboard.indicators import FLOWS, POINT_CATEGORIES
from data_access.compiling import TABLES, measure_condition, written_out
from data_access.rollups.ancestors import ANCESTORS
from data_access.rollups.counting import midnight
from data_access.rollups.hidden_classes import IS_SHOWN

# Cell of the cases without a usable point: beyond every cell that is one.
NOWHERE = -32_768
TENTH_SECONDS = 360
_POINTS = ", ".join(f"'{category}'" for category in POINT_CATEGORIES)
[_CLOSED_SOUND] = next(flow for flow in FLOWS if flow.key == "closed_sound").measures()
_SOUND = written_out(
    measure_condition(_CLOSED_SOUND, TABLES[_CLOSED_SOUND.flow.subject].alias("i"), None)
)


@dataclass(frozen=True, slots=True)
class Spread:
    """A spread of the rows of incidents, in SQL about a row `i`."""

    key: str
    at: str
    where: str
    x: str
    y: str
    # Class that may hide the case; null where none does.
    class_code: str = "null::text"


CELLS = Spread(
    key="cells",
    at="i.registered_at",
    where=f"i.category in ({_POINTS}) and not i.is_sensitive",
    x=f"coalesce(i.cell_x, {NOWHERE})",
    y=f"coalesce(i.cell_y, {NOWHERE})",
    class_code="i.class_code",
)
DURATIONS = Spread(
    key="durations",
    at="i.closed_at",
    where=_SOUND,
    x=f"floor(extract(epoch from i.closed_at - i.registered_at) / {TENTH_SECONDS} + 0.5)::int",
    y="0",
)
SPREADS = (CELLS, DURATIONS)
# Of deltas and of what `written` and `counted` give.
COLUMNS = "spread, county_id, day, x, y, class_code, amount"


def written(spread: Spread, rows: str, zone: str, since: str | None = None) -> str:
    """SELECT of what signed rows change: COLUMNS, of hidden classes too.

    `since`: SQL of a day before which nothing is counted.
    """
    return _sums(spread, rows, zone, since, spread.class_code, "true")


def _sums(
    spread: Spread, rows: str, zone: str, since: str | None, class_code: str, is_shown: str
) -> str:
    late = f" and {spread.at} >= {midnight(since, zone)}" if since else ""
    return (
        f"select '{spread.key}', i.county_id, ({spread.at} at time zone '{zone}')::date,"
        f" {spread.x}, {spread.y}, {class_code}, sum(i.sign) from ({rows}) i"
        f" where {spread.at} is not null and {spread.where} and {is_shown}{late}"
        " group by 1, 2, 3, 4, 5, 6 having sum(i.sign) <> 0"
    )


def placed(deltas: str, is_shown: str = IS_SHOWN.format("d.class_code")) -> str:
    """SELECT of (spread, region_id, day, x, y, amount): counts by county in the regions' own cells.

    `deltas`: FROM item with alias d and COLUMNS; `is_shown`: condition on what of it counts.
    """
    x, y = (
        f"case when d.spread = '{CELLS.key}' and d.{name} <> {NOWHERE}"
        f" then floor(d.{name}::float / a.cell_km)::int else d.{name} end"
        for name in ("x", "y")
    )
    return (
        f"select d.spread, a.region_id, d.day, {x} as x, {y} as y, sum(d.amount)::bigint as amount"
        f" from {deltas} join ({ANCESTORS}) a on a.place_id = d.county_id and a.cell_km > 0"
        f" where {is_shown} group by 1, 2, 3, 4, 5"
    )


def counted(zone: str, since: str | None = None) -> str:
    """SELECT of what the rows of incidents make all spreads: COLUMNS, without hidden classes and
    without the others' codes.
    """
    rows = "select 1 as sign, n.* from incidents n"
    return " union all ".join(
        _sums(spread, rows, zone, since, "null::text", IS_SHOWN.format(spread.class_code))
        for spread in SPREADS
    )
