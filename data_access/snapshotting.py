"""Computes a Snapshot: asks for every part that is due and puts the parts together.

The parts stand in `data_access.wall_parts`. They are independent: one that fails is named in
`failures` and keeps its last value, the others go on.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from dashboard.asks import Ask
from dashboard.errors import UnknownRegion
from dashboard.periods import ten_minutes
from dashboard.scope import Scope
from dashboard.snapshot import COUNTY_WORD, Group, HeatCells, MapPart, Reading, Series, Snapshot
from dashboard.views import View
from data_access import facts, outlines, region_tree, series_readings, source_readings, wall_parts
from data_access.database import Database
from data_access.region_tree import Region, RegionTree
from data_access.sums import SumReader, subjects_without_rows
from data_access.wall_parts import Kept, Work

log = logging.getLogger(__name__)
T = TypeVar("T")

BOTH: tuple[Group, ...] = ("live", "slow")


def compute(
    database: Database,
    view: View,
    *,
    now: datetime,
    ask: Ask,
    kept: Kept,
    previous: Snapshot | None = None,
    groups: Iterable[Group] = BOTH,
    scope: Scope | None = None,
) -> Snapshot:
    """The snapshot of a view, without a number yet.

    Args:
        groups: what to compute anew; the rest is taken over from `previous` with its own as-of.
        scope: what may be seen; None stands for all counties of the view's region.

    Raises:
        DatabaseUnavailable, DataUnavailable, UnknownRegion.
    """
    wanted = BOTH if previous is None else tuple(groups)
    with database.read() as connection:
        known = facts.read_all(connection)
        zone = ZoneInfo(known.get("zone", facts.DEFAULT_ZONE))

        def keep(name: str, load: Callable[[], T]) -> T:
            """What hardly ever changes; who hears of a change clears what is kept."""
            return kept.get((name, database.url), ten_minutes(now), load)

        tree = keep("regions", lambda: region_tree.load(connection))
        region = _region(tree, view)
        known_counties = tuple(county.id for county in tree.counties(region))
        scope = scope or Scope(counties=frozenset(known_counties))
        counties = tuple(county for county in known_counties if county in scope.counties)
        as_of = (view.as_of or now).astimezone(UTC)
        is_current = as_of >= now
        work = Work(
            connection=connection,
            # Names of what lies beyond the scope are no business of its readers.
            tree=tree.limited_to({region.id, *counties}),
            region=region,
            children=tuple(_children(connection, tree, region, counties)),
            counties=counties,
            booked=tuple(tree.booked_under(counties)),
            reader=SumReader(
                connection,
                tree=tree,
                region=region,
                scope=scope,
                as_of=as_of,
                is_current=is_current,
                zone=zone,
            ),
            as_of=as_of,
            now=now,
            is_current=is_current,
            zone=zone,
            ask=_with_scales_of(known, ask),
            heat_origin=tuple(known.get("heat_origin", (120.0, 29.0))),
            work_days=keep("calendar", lambda: series_readings.calendar(connection, zone)),
            kept=kept,
            absent=subjects_without_rows(connection),
            point_secret=known.get("point_secret", ""),
        )
        return _assemble(work, view, known, now, wanted, previous)


def _region(tree: RegionTree, view: View) -> Region:
    """The view's region; a region that has ended never turns into a larger one.

    Raises:
        UnknownRegion.
    """
    region = tree.by_id.get(view.region_id)
    if region is None:
        raise UnknownRegion(f"区划 {view.region_id} 已不在现行区划中;请改用现行区划的地址。")
    return region


def _children(
    connection: Connection, tree: RegionTree, region: Region, counties: Sequence[int]
) -> list[Region]:
    """What the region is divided into, as far as it may be seen; of a county, its towns."""
    if region.level == "county":
        return region_tree.towns(connection, region) if region.id in counties else []
    return tree.limited_to({region.id, *counties}).children(region)


def _assemble(
    work: Work,
    view: View,
    known: dict[str, Any],
    now: datetime,
    groups: Sequence[Group],
    previous: Snapshot | None,
) -> Snapshot:
    failures: dict[str, str] = {}
    known_failures = previous.failures if previous else {}

    def part(name: str, group: Group, make: Callable[[Work], T], kept: T) -> T:
        """The part anew, or as it was: when its group is not due, or when it failed."""
        if group not in groups:
            # Not tried: what was wrong with it still is.
            if name in known_failures:
                failures[name] = known_failures[name]
            return kept
        try:
            with work.connection.begin_nested():
                return make(work)
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            log.exception("part %s of %s could not be computed", name, view.key())
            failures[name] = f"{name}未能更新"
            return kept

    old_live, old_slow = _kept(previous, "live"), _kept(previous, "slow")
    old_map = previous.map if previous else _empty_map()
    live = part("今日与在办", "live", wall_parts.live_readings, old_live)
    slow = part("比率与纠纷", "slow", wall_parts.slow_readings, old_slow)
    targets = part("目标值", "slow", wall_parts.targets, previous.targets if previous else ())
    trend = part("今日走势", "live", wall_parts.live_series, _kept_series(previous, "live"))
    days = part("近30日", "slow", wall_parts.slow_series, _kept_series(previous, "slow"))
    ranking = part("排名", "slow", wall_parts.ranking, previous.ranking if previous else None)
    choropleth = part("地图着色", "live", wall_parts.choropleth, old_map.choropleth)
    heat_live = part(
        "热力", "live", lambda work: wall_parts.heat(work, "live"), _kept_heat(old_map, "live")
    )
    heat_slow = part(
        "近7日、近30日热力",
        "slow",
        lambda work: wall_parts.heat(work, "slow"),
        _kept_heat(old_map, "slow"),
    )
    points = part("新发事件", "live", wall_parts.points, old_map.points)
    inset = part("网格层", "slow", wall_parts.inset, old_map.inset)
    grids = part("地图网格", "slow", wall_parts.grids, old_map.grids)
    items = part("督办", "live", wall_parts.work_items, previous.work_items if previous else ())
    ticker = part("最新事件", "live", wall_parts.ticker, previous.ticker if previous else ())
    left_out = part("未计入", "slow", wall_parts.left_out, previous.left_out if previous else {})
    outline_set = outlines.current_set(work.connection)
    return Snapshot(
        number=0,
        view=view.key(),
        product_name=known.get("product_name", "综治中心数字驾驶舱"),
        zone=work.zone.key,
        is_demo=bool(known.get("is_demo", False)),
        volume_note=known.get("volume_note"),
        as_of=work.as_of,
        known_at=now,
        made_at=now,
        is_live=view.as_of is None,
        place=wall_parts.place(work, known.get("county_word", COUNTY_WORD)),
        regions=wall_parts.map_regions(work),
        periods=wall_parts.named_periods(work),
        readings=(*live, *slow),
        targets=targets,
        series=(*trend, *days),
        ranking=ranking,
        map=MapPart(
            outlines="none"
            if outline_set is None
            else ("approved" if outline_set.approval_number else "unapproved"),
            approval_number=outline_set.approval_number if outline_set else None,
            geometry_checksum=outline_set.key if outline_set else None,
            choropleth=choropleth,
            heat=(*heat_live, *heat_slow),
            points=points,
            inset=inset,
            grids=grids,
        ),
        work_items=items,
        ticker=ticker,
        sources=source_readings.states(work.connection),
        left_out=left_out,
        failures=failures,
    )


def _with_scales_of(known: dict[str, Any], ask: Ask) -> Ask:
    """The ask with the database's scales; those that fit no map are left aside."""
    try:
        return _with_scales(ask, known.get("scales"))
    except (TypeError, ValueError) as error:
        log.error("the fact `scales` of the database is left aside: %s", error)
        return ask


def _with_scales(ask: Ask, scales: dict[str, Any] | None) -> Ask:
    """The screen's ask with the database's own fixed scales, where it has any."""
    if not scales:
        return ask
    heat = ask.heat
    if "heat" in scales:
        limits = {int(km): tuple(limit) for km, limit in scales["heat"].items()}
        heat = replace(heat, limits={**heat.limits, **limits})
    classes = ask.choropleth_classes
    if ask.choropleth_indicator == "incidents_per_10k":  # the database's scale is of 件/万人
        classes = tuple(scales.get("choropleth", classes))
    return replace(
        ask,
        heat=heat,
        choropleth_classes=classes,
        inset_classes=tuple(scales.get("inset", ask.inset_classes)),
    )


def _kept(previous: Snapshot | None, group: Group) -> tuple[Reading, ...]:
    if previous is None:
        return ()
    return tuple(reading for reading in previous.readings if reading.group == group)


def _kept_series(previous: Snapshot | None, group: Group) -> tuple[Series, ...]:
    if previous is None:
        return ()
    return tuple(series for series in previous.series if series.group == group)


def _kept_heat(part: MapPart, group: Group) -> tuple[HeatCells, ...]:
    return tuple(layer for layer in part.heat if layer.group == group)


def _empty_map() -> MapPart:
    return MapPart(
        outlines="none",
        approval_number=None,
        geometry_checksum=None,
        choropleth=None,
        heat=(),
        points=(),
        inset=None,
    )
