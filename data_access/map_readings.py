"""What the map shows: fill by county, heat cells, and the grid layer of one county.

Rates only, on fixed scales. Outlines stand in `data_access.outlines`, points in `case_lists`.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, text

from dashboard.asks import Ask, HeatAsk
from dashboard.heat_cells import rate_of
from dashboard.indicators import POINT_CATEGORIES
from dashboard.patches import merge_grids
from dashboard.periods import day_start, first_whole_day
from dashboard.snapshot import GridInset, GridPatch, Group, HeatCells
from data_access.database import planned_for_this_moment
from data_access.region_tree import Region
from data_access.rollups import reading
from data_access.rollups.ancestors import CELL_KM
from data_access.rollups.reading import Days
from data_access.sensitive_classes import NOT_SENSITIVE


class HeatWindow(NamedTuple):
    """A span that ends now, how it is called, and how often it is counted anew."""

    key: Literal["2h", "24h", "7d", "30d"]
    label: str
    span: timedelta
    group: Group


WINDOWS = (
    HeatWindow("2h", "近2小时", timedelta(hours=2), "live"),
    HeatWindow("24h", "近24小时", timedelta(hours=24), "live"),
    HeatWindow("7d", "近7日", timedelta(days=7), "slow"),
    HeatWindow("30d", "近30日", timedelta(days=30), "slow"),
)
Cell = tuple[int, int]
# [start, end)
Span = tuple[datetime, datetime]
Cells = Counter[Cell | None]
# What was counted over whole days, counted anew when their cases, or what was asked, are others.
KeepDays = Callable[[Span, Hashable, Callable[[], list[Cells]]], list[Cells]]
# Within one county a cell with one or two cases would tell of a household.
COUNTY_CELL_MINIMUM = 3


def heat(
    connection: Connection,
    region: Region,
    counties: Iterable[int],
    as_of: datetime,
    *,
    ask: HeatAsk,
    origin: tuple[float, float],
    zone: ZoneInfo,
    groups: Iterable[Group],
    keep: KeepDays,
    is_whole: bool,
) -> list[HeatCells]:
    """Rates on metric cells for each window of the groups, 件/百平方公里·日, not smoothed.

    Cases without a usable point (none, outside, or a coordinate many share) are counted in
    `left_out` and not on the layer; in one county's, cells of too few cases are `withheld`.
    `is_whole`: the counties are all of the region's, so that its own roll-ups may be read.
    """
    cell_km = ask.cell_km.get(region.level, max(ask.cell_km.values()))
    minimum = COUNTY_CELL_MINIMUM if region.level == "county" else 1
    reader = _CellReader(connection, list(counties), cell_km)
    if is_whole and cell_km == CELL_KM.get(region.level):
        reader = _RolledUpCellReader(connection, list(counties), cell_km, region.id)
    layers = []
    for group in groups:
        windows = [window for window in WINDOWS if window.group == group]
        if group == "slow":
            counted = reader.over_days(windows, as_of, zone, keep)
        else:
            counted = reader.count([(as_of - window.span, as_of) for window in windows])
        for window, cells in zip(windows, counted, strict=True):
            layers.append(
                _layer(window, cells, ask, cell_km, minimum=minimum, origin=origin, as_of=as_of)
            )
    return layers


def _layer(
    window: HeatWindow,
    cells: Mapping[Cell | None, int],
    ask: HeatAsk,
    cell_km: int,
    *,
    minimum: int,
    origin: tuple[float, float],
    as_of: datetime,
) -> HeatCells:
    placed = np.array([(*cell, n) for cell, n in cells.items() if cell], dtype=int).reshape(-1, 3)
    shown = placed[placed[:, 2] >= minimum]
    ix, iy, events = shown[np.lexsort((shown[:, 1], shown[:, 0]))].T
    rates = rate_of(events, cell_km, window.span / timedelta(days=1)).round(3)
    counted = int(events.sum())
    return HeatCells(
        window=window.key,
        window_label=window.label,
        cell_km=cell_km,
        kernel_km=ask.kernel_km[cell_km],
        origin=origin,
        limits=ask.limits[cell_km],
        cells=tuple(zip(ix.tolist(), iy.tolist(), rates.tolist(), strict=True)),
        counted=counted,
        left_out=cells.get(None, 0),
        cell_minimum=minimum,
        withheld=int(placed[:, 2].sum()) - counted,
        group=window.group,
        as_of=as_of,
    )


class _CellReader:
    """Counts the cases that may stand on a map by cell; None: those without a usable point."""

    def __init__(self, connection: Connection, counties: list[int], cell_km: int) -> None:
        self._connection, self._counties, self._cell_km = connection, counties, cell_km

    def over_days(
        self, windows: Sequence[HeatWindow], as_of: datetime, zone: ZoneInfo, keep: KeepDays
    ) -> list[Cells]:
        """Windows of many days: their whole days are kept, both ends are counted."""
        today = as_of.astimezone(zone).date()
        midnight = day_start(today, zone)
        starts = [as_of - window.span for window in windows]
        first_days = [first_whole_day(start, zone) for start in starts]
        settled = keep(
            (day_start(min(first_days), zone), midnight),
            (self._cell_km, *first_days),
            lambda: self._over_whole_days([(first, today) for first in first_days], zone),
        )
        [since_midnight] = self.count([(midnight, as_of)])
        counted = []
        for start, first, days in zip(starts, first_days, settled, strict=True):
            [begun] = self.count([(start, day_start(first, zone))])
            # Added to a copy: `+` would look at every cell again.
            total = days.copy()
            total.update(begun)
            total.update(since_midnight)
            counted.append(total)
        return counted

    def _over_whole_days(self, spans: Sequence[Days], zone: ZoneInfo) -> list[Cells]:
        """How long the spans and how many the counties are decides by which index it is read."""
        with planned_for_this_moment(self._connection):
            return self.count(
                [(day_start(first, zone), day_start(last, zone)) for first, last in spans]
            )

    def count(self, spans: Sequence[Span]) -> list[Cells]:
        """Cases by cell in each span [start, end), from one scan."""
        counts = ", ".join(
            f"count(*) filter (where registered_at >= :start_{n} and registered_at < :end_{n})"
            for n in range(len(spans))
        )
        edges = {
            f"{name}_{n}": instant
            for n, span in enumerate(spans)
            for name, instant in zip(("start", "end"), span, strict=True)
        }
        rows = self._connection.execute(
            text(
                "select floor(cell_x::float / :km)::int as ix,"
                f" floor(cell_y::float / :km)::int as iy, {counts} from incidents i"
                " where registered_at >= :since and registered_at < :until"
                f" and category = any(:categories) and {NOT_SENSITIVE}"
                " and county_id = any(:counties) group by 1, 2"
            ),
            {
                "km": self._cell_km,
                "since": min(start for start, _ in spans),
                "until": max(end for _, end in spans),
                "categories": list(POINT_CATEGORIES),
                "counties": self._counties,
                **edges,
            },
        ).all()
        found: list[Cells] = [Counter() for _ in spans]
        for ix, iy, *numbers in rows:
            cell = None if ix is None else (ix, iy)
            for cells, number in zip(found, numbers, strict=True):
                if number:
                    cells[cell] = number
        return found


class _RolledUpCellReader(_CellReader):
    """Reads whole days from the region's own roll-ups, which have cells of this size."""

    def __init__(
        self, connection: Connection, counties: list[int], cell_km: int, region_id: int
    ) -> None:
        super().__init__(connection, counties, cell_km)
        self._region_id = region_id

    def _over_whole_days(self, spans: Sequence[Days], zone: ZoneInfo) -> list[Cells]:
        found = reading.cells(
            self._connection, self._region_id, self._counties, spans, cell_km=self._cell_km
        )
        return [Counter(cells) for cells in found]


def grid_inset(
    connection: Connection, county: Region, booked: Iterable[int], as_of: datetime, ask: Ask
) -> GridInset | None:
    """Events per grid of the county over the last days, merged until no patch is below the
    minimum; None when the county has no grids.

    `booked`: the counties under which its cases are booked (itself, and those merged into it).
    """
    since = as_of - timedelta(days=ask.inset_days)
    rows = connection.execute(
        text(
            "select g.id, g.parent_id, g.centre_lon, g.centre_lat, g.area_km2,"
            " count(i.case_no) as n from regions g"
            " left join incidents i on i.grid_id = g.id and i.county_id = any(:booked)"
            f"   and i.registered_at >= :since and i.registered_at < :as_of and {NOT_SENSITIVE}"
            "   and i.category = any(:categories)"
            " where g.county_id = :county and g.level = 'grid' and g.valid_to is null"
            "   and g.centre_lon is not null and g.centre_lat is not null"
            " group by g.id order by g.id"
        ),
        {
            "county": county.id,
            "booked": list(booked),
            "since": since,
            "as_of": as_of,
            "categories": list(POINT_CATEGORIES),
        },
    ).all()
    if not rows:
        return None
    merged = merge_grids(
        [(row.id, row.centre_lon, row.centre_lat, row.n) for row in rows],
        minimum=ask.patch_minimum,
    )
    area = {row.id: row.area_km2 or 0.0 for row in rows}
    return GridInset(
        county_id=county.id,
        county_name=county.name,
        period_label=f"近{ask.inset_days}日",
        grid_count=len(rows),
        patches=tuple(
            GridPatch(
                grid_ids=patch.grid_ids,
                events=patch.events,
                rate=_rate(
                    patch.events, sum(area[grid] for grid in patch.grid_ids), ask.inset_days
                ),
            )
            for patch in merged
        ),
        classes=ask.inset_classes,
        as_of=as_of,
    )


def busiest(counts: Mapping[int, int]) -> int | None:
    """The region with most events, the lowest id among equals; None when there is none."""
    return min(counts, key=lambda region_id: (-counts[region_id], region_id), default=None)


def _rate(events: int | None, area_km2: float, days: int) -> float | None:
    if events is None or area_km2 <= 0:
        return None
    return round(events / area_km2 * 100 / days, 2)
