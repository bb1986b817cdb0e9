"""What the map shows: fill by county, heat cells, and the grid layer of one county.

Rates only, on fixed scales. Outlines stand in `data_access.outlines`, points in `case_lists`.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from dashboard.asks import Ask, HeatAsk
from dashboard.heat_cells import CellCounts, rate_of
from dashboard.indicators import POINT_CATEGORIES
from dashboard.patches import merge_grids
from dashboard.periods import SLOT, day_start, first_whole_day, slot_at
from dashboard.snapshot import GridInset, GridPatch, Group, HeatCells
from data_access import case_homes
from data_access.compiling import in_counties
from data_access.database import planned_for_this_moment
from data_access.pieces import KeepPiece, in_pieces
from data_access.region_tree import Region
from data_access.rollups import reading
from data_access.rollups.ancestors import CELL_KM
from data_access.rollups.reading import Days
from data_access.row_sums import SHORT
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
# [start, end)
Span = tuple[datetime, datetime]
# Gives what is kept of a span of whole days, counted anew when their cases, or what was asked, are
# others.
KeepDays = Callable[[Span, Hashable, Callable[[], list[CellCounts]]], list[CellCounts]]
# Spans from this length on are made of days.
LONG = timedelta(days=3)
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
    keep_days: KeepDays,
    keep_piece: KeepPiece[CellCounts],
    is_rolled_up: bool,
) -> list[HeatCells]:
    """Rates on metric cells for each window of the groups, 件/百平方公里·日, not smoothed.

    Cases without a usable point (none, outside, or a coordinate many share) are counted in
    `left_out` and not on the layer; in one county's, cells of too few cases are `withheld`.
    `is_rolled_up`: the region's own roll-ups hold the cases of these counties, and no others.
    """
    cell_km = ask.cell_km.get(region.level, max(ask.cell_km.values()))
    has_rollups = is_rolled_up and cell_km == CELL_KM.get(region.level)
    reader = _CellReader(
        connection=connection,
        counties=list(counties),
        cell_km=cell_km,
        zone=zone,
        keep_days=keep_days,
        keep_piece=keep_piece,
        rolled_up=region.id if has_rollups else None,
    )
    minimum = COUNTY_CELL_MINIMUM if region.level == "county" else 1
    windows = [window for group in groups for window in WINDOWS if window.group == group]
    counted = reader.ended_at(as_of, [window.span for window in windows])
    return [
        _layer(window, cells, ask, cell_km, minimum=minimum, origin=origin, as_of=as_of)
        for window, cells in zip(windows, counted, strict=True)
    ]


def _layer(
    window: HeatWindow,
    cells: CellCounts,
    ask: HeatAsk,
    cell_km: int,
    *,
    minimum: int,
    origin: tuple[float, float],
    as_of: datetime,
) -> HeatCells:
    ix, iy, events = cells.placed()
    is_shown = events >= minimum
    all_events = int(events.sum())
    ix, iy, events = ix[is_shown], iy[is_shown], events[is_shown]
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
        left_out=cells.nowhere,
        cell_minimum=minimum,
        withheld=all_events - counted,
        group=window.group,
        as_of=as_of,
    )


@dataclass(frozen=True, kw_only=True)
class _CellReader:
    """Counts the cases that may stand on a map by cell.

    Whole days, hours and quarters are kept, so that one more case costs the reading of minutes.
    """

    connection: Connection
    counties: list[int]
    cell_km: int
    zone: ZoneInfo
    keep_days: KeepDays
    keep_piece: KeepPiece[CellCounts]
    # The region whose own roll-ups have cells of this size.
    rolled_up: int | None

    def ended_at(self, as_of: datetime, spans: Sequence[timedelta]) -> list[CellCounts]:
        """The cases of spans that end at the instant."""
        today = as_of.astimezone(self.zone).date()
        midnight = day_start(today, self.zone)
        long = [span for span in spans if span >= LONG]
        first_days = [first_whole_day(as_of - span, self.zone) for span in long]
        days = dict(zip(long, self._days(first_days, today), strict=True))
        last = slot_at(as_of, SLOT)
        latest = self._count(last, as_of)
        since_midnight = self._in_pieces(midnight, last) if long else None
        counted = []
        for span in spans:
            start = as_of - span
            parts = [latest]
            if since_midnight is not None and span in days:
                first = day_start(first_whole_day(start, self.zone), self.zone)
                parts += [days[span], since_midnight, self._in_pieces(start, first)]
            else:
                parts.append(self._in_pieces(start, last))
            counted.append(CellCounts.added(parts))
        return counted

    def _days(self, first_days: Sequence[date], today: date) -> list[CellCounts]:
        """Whole days from each of the first ones until today."""
        if not first_days:
            return []
        midnights = [day_start(first, self.zone) for first in first_days]
        return self.keep_days(
            (min(midnights), day_start(today, self.zone)),
            (self.cell_km, *first_days),
            lambda: self._count_days([(first, today) for first in first_days]),
        )

    def _count_days(self, spans: Sequence[Days]) -> list[CellCounts]:
        if self.rolled_up is not None:
            found = reading.cells(
                self.connection, self.rolled_up, self.counties, spans, cell_km=self.cell_km
            )
            return found
        # How long the spans and how many the counties are decides by which index it is read.
        with planned_for_this_moment(self.connection):
            return [self._count(*(day_start(day, self.zone) for day in span)) for span in spans]

    def _in_pieces(self, start: datetime, end: datetime) -> CellCounts:
        return in_pieces(start, end, keep=self.keep_piece, count=self._count, add=CellCounts.added)

    def _count(self, start: datetime, end: datetime) -> CellCounts:
        """The cases of [start, end) from the rows."""
        if start >= end:
            return CellCounts.added(())
        at_home, homes = case_homes.at_home(self.connection, "i", self.counties)
        rows = self.connection.execute(
            text(
                "select floor(cell_x::float / :km)::int as ix,"
                " floor(cell_y::float / :km)::int as iy, count(*) as n from incidents i"
                " where registered_at >= :start and registered_at < :end"
                f" and category = any(:categories) and {NOT_SENSITIVE}"
                f" and {in_counties('county_id', is_short=end - start <= SHORT)}{at_home}"
                " group by 1, 2"
            ),
            {
                "km": self.cell_km,
                "start": start,
                "end": end,
                "categories": list(POINT_CATEGORIES),
                "counties": self.counties,
                **homes,
            },
        )
        return CellCounts.of((ix, iy, n) for ix, iy, n in rows)


def grid_inset(
    connection: Connection, county: Region, booked: Iterable[int], as_of: datetime, ask: Ask
) -> GridInset | None:
    """Events per grid of the county over the last days, merged until no patch is below the
    minimum; None when the county has no grids.

    `booked`: the counties under which its cases are booked (itself, and those merged into it).
    """
    since = as_of - timedelta(days=ask.inset_days)
    is_of_county, of_county = case_homes.booked_under(connection, booked)
    rows = connection.execute(
        text(
            "select g.id, g.parent_id, g.centre_lon, g.centre_lat, g.area_km2,"
            " count(i.case_no) as n from regions g"
            f" left join incidents i on i.grid_id = g.id and {is_of_county}"
            f"   and i.registered_at >= :since and i.registered_at < :as_of and {NOT_SENSITIVE}"
            "   and i.category = any(:categories)"
            " where g.county_id = :county and g.level = 'grid' and g.valid_to is null"
            "   and g.centre_lon is not null and g.centre_lat is not null"
            " group by g.id order by g.id"
        ),
        {
            "county": county.id,
            **of_county,
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
