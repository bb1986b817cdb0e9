"""Reading roll-ups: sums by region over whole months, days and quarters of an hour, and numbers of
cases by place and duration, with what is pending added.

How a period falls into months, days and slots stands in `data_access.sums`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, TextClause, text

from dashboard.heat_cells import CellCounts
from dashboard.periods import next_month
from data_access.rollups.spreads import NOWHERE, placed

# [first, last), empty where both are the same.
Days = tuple[date, date]
Slots = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Whole local days, and slots before and after them."""

    days: Days
    before: Slots | None = None
    after: Slots | None = None

    def parameters(self) -> dict[str, date | datetime | None]:
        """Of `_statement`: whole months are taken from the days; a null bound meets nothing."""
        first, last = self.days
        months_first = first if first.day == 1 else next_month(first)
        months_last = last.replace(day=1)
        if months_first >= months_last:
            months_first = months_last = last
        values: dict[str, date | datetime | None] = {
            "first": first,
            "last": last,
            "months_first": months_first,
            "months_last": months_last,
        }
        for name, slots in (("before", self.before), ("after", self.after)):
            values[f"{name}_start"], values[f"{name}_end"] = slots or (None, None)
        return values


def sums(
    connection: Connection,
    columns: Sequence[str],
    pieces: Pieces,
    *,
    region_ids: Sequence[int],
    counted_in: Mapping[int, Sequence[int]],
    with_towns: bool,
) -> dict[int, dict[str, int]]:
    """Sums by region; regions without a row are absent.

    Args:
        region_ids: whose roll-ups are read.
        counted_in: for each county that cases are booked under, and each township of a zone, those
            of the regions that its pending deltas count in.
        with_towns: whether there are townships among them.
    """
    pairs = [(place, region) for place, regions in counted_in.items() for region in regions]
    rows: Sequence[Row[Any]] = connection.execute(
        _statement(tuple(columns), with_towns),
        {
            **pieces.parameters(),
            "ids": list(region_ids),
            "place_ids": [place for place, _ in pairs],
            "in_ids": [region for _, region in pairs],
        },
    ).all()
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


def by_day(
    connection: Connection,
    columns: Sequence[str],
    days: Days,
    *,
    region_ids: Sequence[int],
    county_ids: Sequence[int],
) -> dict[date, dict[str, int]]:
    """Sums of all the regions together by local day; days without a row are absent.

    `county_ids`: counties whose pending deltas count.
    """
    rows = connection.execute(
        _series_statement("rollups", "day", tuple(columns)),
        {
            "ids": list(region_ids),
            "county_ids": list(county_ids),
            "first": days[0],
            "last": days[1],
        },
    )
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


def by_slot(
    connection: Connection,
    columns: Sequence[str],
    slots: Slots,
    *,
    region_ids: Sequence[int],
    county_ids: Sequence[int],
) -> dict[datetime, dict[str, int]]:
    """The same by the instant (UTC) a slot began; slots without a row are absent."""
    rows = connection.execute(
        _series_statement("rollup_slots", "slot", tuple(columns)),
        {
            "ids": list(region_ids),
            "county_ids": list(county_ids),
            "first": slots[0],
            "last": slots[1],
        },
    )
    # In UTC: two instants of one zone that the clock shows alike would be one key.
    return {row[0].astimezone(UTC): dict(zip(columns, row[1:], strict=True)) for row in rows}


def cells(
    connection: Connection,
    region_id: int,
    county_ids: Sequence[int],
    spans: Sequence[Days],
    *,
    cell_km: int,
) -> list[CellCounts]:
    """Incidents that may stand on a map by cell over each span of days.

    Args:
        region_id: a region above the county.
        county_ids: all counties whose cases count in it.
        cell_km: side of its cells, as CELL_KM has it for its level.
    """
    counts = ", ".join(
        f"coalesce(sum(amount) filter (where day >= :first_{n} and day < :last_{n}), 0)::bigint"
        for n in range(len(spans))
    )
    bounds = {
        f"{name}_{n}": day
        for n, span in enumerate(spans)
        for name, day in zip(("first", "last"), span, strict=True)
    }
    rows = connection.execute(
        text(
            f"select nullif(x, {NOWHERE}), nullif(y, {NOWHERE}), {counts} from ({_SPREAD}) s"
            " group by 1, 2"
        ),
        {
            **_spread_parameters("cells", region_id, county_ids, cell_km),
            "first": min(first for first, _ in spans),
            "last": max(last for _, last in spans),
            **bounds,
        },
    ).all()
    return [
        CellCounts.of((row[0], row[1], row[2 + n]) for row in rows if row[2 + n])
        for n in range(len(spans))
    ]


def durations(
    connection: Connection, region_id: int, county_ids: Sequence[int], days: Days
) -> dict[int, int]:
    """Sound closings of the days by their duration in tenths of an hour; arguments as for cells."""
    rows = connection.execute(
        text(f"select x, sum(amount) from ({_SPREAD}) s group by x having sum(amount) > 0"),
        {
            **_spread_parameters("durations", region_id, county_ids, 1),
            "first": days[0],
            "last": days[1],
        },
    )
    return {tenth: int(amount) for tenth, amount in rows}


# Days, places and amounts of one region, kept and pending.
_SPREAD = f"""
select day, x, y, amount from rollup_spreads
where spread = :spread and region_id = :region_id and day >= :first and day < :last
union all select day, x, y, amount from ({placed("spread_deltas d")}) p
where spread = :spread and day >= :first and day < :last"""


def _spread_parameters(
    spread: str, region_id: int, county_ids: Sequence[int], cell_km: int
) -> dict[str, object]:
    return {
        "spread": spread,
        "region_id": region_id,
        "place_ids": list(county_ids),
        "region_ids": [region_id] * len(county_ids),
        "cell_km": [cell_km] * len(county_ids),
    }


@cache
def _statement(columns: tuple[str, ...], with_towns: bool) -> TextClause:
    names = ", ".join(columns)
    # The sum of bigint is numeric, and would be read as Decimals.
    totals = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in columns)
    in_days = "{0} >= :first and {0} < :last"
    in_slots = (
        "(d.slot >= :before_start and d.slot < :before_end"
        " or d.slot >= :after_start and d.slot < :after_end)"
    )
    # A join on either of two columns reads all deltas again for every place.
    places = ("d.county_id", "d.town_id") if with_towns else ("d.county_id",)
    pending = "".join(
        f" union all select a.region_id, {', '.join(f'd.{name}' for name in columns)}"
        "   from rollup_deltas d join unnest(cast(:place_ids as int[]), cast(:in_ids as int[]))"
        f"     as a (place_id, region_id) on a.place_id = {place}"
        f"   where {in_days.format('d.day')} or {in_slots}"
        for place in places
    )
    return text(
        f"select region_id, {totals} from ("
        f" select region_id, {names} from rollup_months"
        "   where region_id = any(:ids) and month >= :months_first and month < :months_last"
        f" union all select region_id, {names} from rollups"
        "   where region_id = any(:ids) and day >= :first and day < :months_first"
        f" union all select region_id, {names} from rollups"
        "   where region_id = any(:ids) and day >= :months_last and day < :last"
        f" union all select region_id, {names} from rollup_slots"
        "   where region_id = any(:ids) and slot >= :before_start and slot < :before_end"
        f" union all select region_id, {names} from rollup_slots"
        "   where region_id = any(:ids) and slot >= :after_start and slot < :after_end"
        f"{pending}) s group by region_id"
    )


@cache
def _series_statement(table: str, key: str, columns: tuple[str, ...]) -> TextClause:
    """Sums by day or slot in [first, last), with what is pending."""
    names = ", ".join(columns)
    # The sum of bigint is numeric, and would be read as Decimals.
    totals = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in columns)
    return text(
        f"select {key}, {totals} from ("
        f" select {key}, {names} from {table}"
        f"   where region_id = any(:ids) and {key} >= :first and {key} < :last"
        f" union all select {key}, {names} from rollup_deltas"
        f"   where county_id = any(:county_ids) and {key} >= :first and {key} < :last"
        f") s group by {key}"
    )
