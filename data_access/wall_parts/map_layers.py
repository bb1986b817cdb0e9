"""Layers of the map: fill, heat, new events, grids."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from dashboard import periods as spans
from dashboard.indicators import INDICATOR_BY_KEY, POINT_CATEGORIES
from dashboard.snapshot import Choropleth, GridInset, Group, HeatCells, MapPoint
from dashboard.vocabulary import Subject
from data_access import case_lists, indicator_readings, map_readings
from data_access.pieces import KeepPiece, in_pieces
from data_access.region_tree import Region
from data_access.sums import Sums, Wish
from data_access.wall_parts.ordering import read, wanted
from data_access.wall_parts.work import (
    COUNTIES_OF_A_PIECE,
    GRIDS,
    HEAT_OF_A_PIECE,
    HEAT_OF_DAYS,
    Name,
    SumsBySlot,
    T,
    Work,
)

REGISTERED = ("registered_all",)
ON_THE_MAP = tuple(f"registered__{category}" for category in POINT_CATEGORIES)


def choropleth(work: Work) -> Choropleth:
    """近24小时 件/万人 by county, or another indicator of the month by county."""
    key = work.ask.choropleth_indicator
    indicator = INDICATOR_BY_KEY[key]
    if key == "incidents_per_10k":
        span = spans.last_hours(work.as_of, 24)
        people = indicator_readings.residents(work.connection, work.counties)
        known = {}
        if Subject.INCIDENT not in work.absent:
            counts = _registered_lately(work, span.start, span.end)
            known = indicator_readings.per_10k(counts, people)
        values = {county: known.get(county) for county in work.counties}
    else:
        span = spans.month_to_date(work.as_of, work.zone)
        order = wanted("month", span, key, work.counties, "slow")
        values = {
            reading.region_id: reading.value
            for reading in read(work, [order])
            if reading.facet is None
        }
    return Choropleth(
        indicator=key,
        label=span.label,
        unit=indicator.unit,
        classes=work.ask.choropleth_classes,
        values=values,
        group="live",
        as_of=work.as_of,
    )


def _registered(work: Work, start: datetime, end: datetime) -> Counter[int]:
    """Cases registered in [start, end) by county."""
    [sums] = work.reader.each([Wish(REGISTERED, start, end, frozenset(work.counties))])
    return Counter({county: sums[county].total() for county in work.counties if county in sums})


def _registered_lately(work: Work, start: datetime, end: datetime) -> Counter[int]:
    """The same of hours rather than days: each is kept."""

    def added(parts: Iterable[Counter[int]]) -> Counter[int]:
        together: Counter[int] = Counter()
        for part in parts:
            together.update(part)
        return together

    name = (COUNTIES_OF_A_PIECE, work.connection.engine.url, work.booked, work.is_current)
    keep: KeepPiece[Counter[int]] = _keeping(work, name, REGISTERED)
    return in_pieces(start, end, keep=keep, count=partial(_registered, work), add=added)


def heat(work: Work, group: Group) -> tuple[HeatCells, ...]:
    cell_km = work.ask.heat.cell_km.get(work.region.level)
    name = (work.connection.engine.url, work.booked, cell_km, work.is_current)

    def keep_days(span: tuple[datetime, datetime], more: Hashable, count: Callable[[], T]) -> T:
        cases = _cases_on_the_map(work, span, work.counties)
        return work.kept.get((HEAT_OF_DAYS, *name), (span, more, *_state(work, cases)), count)

    layers = map_readings.heat(
        work.connection,
        work.region,
        work.booked,
        work.as_of,
        ask=work.ask.heat,
        origin=work.heat_origin,
        zone=work.zone,
        groups=(group,),
        keep_days=keep_days,
        keep_piece=_keeping(work, (HEAT_OF_A_PIECE, *name), ON_THE_MAP),
        is_rolled_up=work.reader.is_rolled_up,
    )
    return tuple(layers)


def _keeping(work: Work, name: Name, columns: Sequence[str]) -> KeepPiece[T]:
    """Keeps pieces of time by how many cases were registered in each of their quarters."""

    def cases_of(slot: datetime) -> int | None:
        # An hour of UTC may begin on one local day and end on the next.
        sums = _sums_by_slot(work, slot.astimezone(work.zone).date())
        if sums is None or slot not in sums:
            return None if sums is None else 0
        return sum(sums[slot][column] for column in columns)

    def keep(at: datetime, length: timedelta, count: Callable[[], T]) -> T:
        state = tuple(cases_of(at + n * spans.SLOT) for n in range(length // spans.SLOT))
        return count() if None in state else work.kept.get((*name, at, length), state, count)

    return keep


def points(work: Work) -> tuple[MapPoint, ...]:
    return case_lists.new_points(
        work.connection,
        work.booked,
        work.as_of,
        secret=work.point_secret,
        minutes=work.ask.new_event_minutes,
        limit=work.ask.point_count,
    )


def inset(work: Work) -> GridInset | None:
    county = None
    if work.ask.inset_county:
        county = work.tree.find(work.ask.inset_county)
    if county is None or county.id not in work.counties:
        span = spans.last_days(work.as_of, work.zone, work.ask.inset_days)
        chosen = map_readings.busiest(_registered(work, span.start, span.end))
        county = work.tree.by_id[chosen] if chosen is not None else None
    return _county_grids(work, [county])[0] if county else None


def grids(work: Work) -> tuple[GridInset, ...]:
    """The grid layer of every county, from city level down: a province has too many to show."""
    if work.region.level == "province":
        return ()
    layers = _county_grids(work, [work.tree.by_id[county] for county in work.counties])
    return tuple(layer for layer in layers if layer is not None)


def _county_grids(work: Work, counties: Sequence[Region]) -> list[GridInset | None]:
    days = spans.last_days(work.as_of, work.zone, work.ask.inset_days)
    cases = _cases_on_the_map(work, (days.start, work.as_of), [county.id for county in counties])
    return [
        work.kept.get(
            (GRIDS, work.connection.engine.url, county.id, work.ask.inset_days),
            _state(work, {county.id: cases[county.id]}),
            partial(_grid_inset, work, county),
        )
        for county in counties
    ]


def _cases_on_the_map(work: Work, span: tuple[datetime, datetime], counties: Sequence[int]) -> Sums:
    [cases] = work.reader.each([Wish(ON_THE_MAP, *span, frozenset(counties))])
    return cases


def _sums_by_slot(work: Work, day: date) -> SumsBySlot | None:
    """Cases of a local day by the slot they were registered in; None: not kept."""
    if day not in work.slots:
        start, end = (spans.day_start(day + timedelta(days=n), work.zone) for n in (0, 1))
        work.slots[day] = work.reader.by_slot((*REGISTERED, *ON_THE_MAP), start, end)
    return work.slots[day]


def _state(work: Work, cases: Sums) -> tuple[Hashable, ...]:
    """What the cases add up to by county, and the ten minutes: a case may move, and none be new."""
    return spans.ten_minutes(work.as_of), tuple(
        (county, tuple(sorted(cases[county].items()))) for county in sorted(cases)
    )


def _grid_inset(work: Work, county: Region) -> GridInset | None:
    booked = work.tree.booked_under((county.id,))
    return map_readings.grid_inset(work.connection, county, booked, work.as_of, work.ask)
