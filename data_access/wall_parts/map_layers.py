"""Layers of the map: fill, heat, new events, grids."""

from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial

from dashboard import periods as spans
from dashboard.indicators import INDICATOR_BY_KEY, POINT_CATEGORIES
from dashboard.snapshot import Choropleth, GridInset, Group, HeatCells, MapPoint
from dashboard.vocabulary import Subject
from data_access import case_lists, indicator_readings, map_readings
from data_access.region_tree import Region
from data_access.sums import Sums, Wish
from data_access.wall_parts.ordering import read, wanted
from data_access.wall_parts.work import T, Work


def choropleth(work: Work) -> Choropleth:
    """近24小时 件/万人 by county, or another indicator of the month by county."""
    key = work.ask.choropleth_indicator
    indicator = INDICATOR_BY_KEY[key]
    if key == "incidents_per_10k":
        span = spans.last_hours(work.as_of, 24)
        sums = work.reader.over(("registered_all",), span.start, span.end)
        people = indicator_readings.residents(work.connection, work.counties)
        known = {} if Subject.INCIDENT in work.absent else indicator_readings.per_10k(sums, people)
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


def heat(work: Work, group: Group) -> tuple[HeatCells, ...]:
    cell_km = work.ask.heat.cell_km.get(work.region.level)
    name = (work.connection.engine.url, work.booked, cell_km, work.is_current)

    def keep_days(span: tuple[datetime, datetime], more: Hashable, count: Callable[[], T]) -> T:
        cases = _cases_on_the_map(work, span, work.counties)
        return work.kept.get(("heat", *name), (span, more, *_state(work, cases)), count)

    cases_by_slot = cache(partial(_cases_by_slot, work))

    def cases_of(slot: datetime) -> int | None:
        # An hour of UTC may begin on one local day and end on the next.
        cases = cases_by_slot(slot.astimezone(work.zone).date())
        return None if cases is None else cases.get(slot, 0)

    def keep_piece(at: datetime, length: timedelta, count: Callable[[], T]) -> T:
        state = tuple(cases_of(at + n * spans.SLOT) for n in range(length // spans.SLOT))
        if None in state:
            return count()
        return work.kept.get(("heat of a piece", *name, at, length), state, count)

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
        keep_piece=keep_piece,
        is_whole=work.reader.is_whole,
    )
    return tuple(layers)


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
        sums = work.reader.over(("registered_all",), span.start, span.end)
        chosen = map_readings.busiest(
            {county: sums[county]["registered_all"] for county in work.counties if county in sums}
        )
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
            (work.connection.engine.url, "grids", county.id, work.ask.inset_days),
            _state(work, {county.id: cases[county.id]}),
            partial(_grid_inset, work, county),
        )
        for county in counties
    ]


def _cases_on_the_map(work: Work, span: tuple[datetime, datetime], counties: Sequence[int]) -> Sums:
    columns = tuple(f"registered__{category}" for category in POINT_CATEGORIES)
    [cases] = work.reader.each([Wish(columns, *span, frozenset(counties))])
    return cases


def _cases_by_slot(work: Work, day: date) -> dict[datetime, int] | None:
    """Cases that may stand on the map by the slot they were registered in; None: not kept."""
    columns = tuple(f"registered__{category}" for category in POINT_CATEGORIES)
    start, end = (spans.day_start(day + timedelta(days=n), work.zone) for n in (0, 1))
    slots = work.reader.by_slot(columns, start, end)
    return None if slots is None else {slot: sum(sums.values()) for slot, sums in slots.items()}


def _state(work: Work, cases: Sums) -> tuple[Hashable, ...]:
    """What the cases add up to by county, and the ten minutes: a case may move, and none be new."""
    return spans.ten_minutes(work.as_of), tuple(
        (county, tuple(sorted(cases[county].items()))) for county in sorted(cases)
    )


def _grid_inset(work: Work, county: Region) -> GridInset | None:
    booked = work.tree.booked_under((county.id,))
    return map_readings.grid_inset(work.connection, county, booked, work.as_of, work.ask)
