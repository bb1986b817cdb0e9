"""What the map shows: fill by county, heat cells, and the grid layer of one county.

Rates only, on fixed scales. Outlines stand in `data_access.outlines`, points in `case_lists`.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, text

from dashboard.asks import Ask, HeatAsk
from dashboard.heat_cells import rate_of
from dashboard.indicators import POINT_CATEGORIES
from dashboard.patches import merge_grids
from dashboard.snapshot import GridInset, GridPatch, Group, HeatCells
from data_access.case_lists import NOT_SENSITIVE
from data_access.database import planned_for_this_moment
from data_access.region_tree import Region


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
    groups: Iterable[Group],
) -> list[HeatCells]:
    """Rates on metric cells for each window of the groups, 件/百平方公里·日, not smoothed.

    Cases without a usable point (none, outside, or a coordinate many share) are counted in
    `left_out` and not on the layer; in one county's, cells of too few cases are `withheld`.
    """
    cell_km = ask.cell_km.get(region.level, max(ask.cell_km.values()))
    minimum = COUNTY_CELL_MINIMUM if region.level == "county" else 1
    layers = []
    for group in groups:
        windows = [window for window in WINDOWS if window.group == group]
        counted = _counted_cells(connection, counties, as_of, cell_km, windows)
        for window, cells in zip(windows, counted, strict=True):
            unplaced = cells.pop(None, 0)
            shown = sorted((cell, n) for cell, n in cells.items() if cell and n >= minimum)
            rates = rate_of([n for _, n in shown], cell_km, window.span / timedelta(days=1))
            layers.append(
                HeatCells(
                    window=window.key,
                    window_label=window.label,
                    cell_km=cell_km,
                    kernel_km=ask.kernel_km[cell_km],
                    origin=origin,
                    limits=ask.limits[cell_km],
                    cells=tuple(
                        (ix, iy, round(float(rate), 3))
                        for ((ix, iy), _), rate in zip(shown, rates, strict=True)
                    ),
                    counted=sum(n for _, n in shown),
                    left_out=unplaced,
                    cell_minimum=minimum,
                    withheld=sum(n for n in cells.values() if n < minimum),
                    group=group,
                    as_of=as_of,
                )
            )
    return layers


def _counted_cells(
    connection: Connection,
    counties: Iterable[int],
    as_of: datetime,
    cell_km: int,
    windows: Sequence[HeatWindow],
) -> list[dict[tuple[int, int] | None, int]]:
    """Cases by cell in each window, from one scan; None: those without a usable point."""
    longest = max(window.span for window in windows)
    counts = ", ".join(
        f'count(*) filter (where registered_at >= :since_{window.key}) as "{window.key}"'
        for window in windows
    )
    # How long the span and how many the counties are decides by which index it is read.
    is_long = longest > timedelta(days=1)
    with planned_for_this_moment(connection) if is_long else nullcontext():
        rows = connection.execute(
            text(
                "select floor(cell_x::float / :km)::int as ix,"
                f" floor(cell_y::float / :km)::int as iy, {counts} from incidents i"
                " where registered_at >= :since and registered_at < :as_of"
                f" and category = any(:categories) and {NOT_SENSITIVE}"
                " and county_id = any(:counties) group by 1, 2"
            ),
            {
                "km": cell_km,
                "since": as_of - longest,
                "as_of": as_of,
                "categories": list(POINT_CATEGORIES),
                "counties": list(counties),
                **{f"since_{window.key}": as_of - window.span for window in windows},
            },
        )
        cells = [(None if row.ix is None else (row.ix, row.iy), row._mapping) for row in rows]
    return [
        {cell: counts[window.key] for cell, counts in cells if counts[window.key]}
        for window in windows
    ]


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
