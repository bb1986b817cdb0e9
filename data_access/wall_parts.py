"""The parts of a wall's snapshot: which indicators, periods and lists it asks for.

One public function a part, all from one `Work`. How each figure is read stands in the modules named
`*_readings` and `case_lists`; which parts are due, and what happens when one fails, in
`data_access.snapshotting`.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dashboard import periods as spans
from dashboard.asks import Ask
from dashboard.bands import UsualBand
from dashboard.indicators import DAILY_FLOWS, INDICATOR_BY_KEY, POINT_CATEGORIES
from dashboard.intervals import wilson_interval
from dashboard.periods import Period as Span
from dashboard.snapshot import (
    Choropleth,
    GridInset,
    Group,
    HeatCells,
    MapPoint,
    MapRegion,
    Period,
    Place,
    Ranking,
    Reading,
    Series,
    Status,
    Target,
    TickerItem,
    WorkItem,
)
from dashboard.vocabulary import Subject
from dashboard.work_calendar import WorkCalendar
from data_access import (
    case_lists,
    indicator_readings,
    map_readings,
    ranking_readings,
    reported_readings,
    series_readings,
    target_readings,
)
from data_access.indicator_readings import Wanted
from data_access.region_tree import Region, RegionTree
from data_access.rollups import reading
from data_access.rollups.ancestors import CELL_KM
from data_access.sums import EVER, SumReader, Sums, Wish

T = TypeVar("T")

TODAY_COUNTS = ("incidents_closed", "red_new", "yellow_new")
STOCKS = (
    "incidents_open",
    "incidents_overdue",
    "incidents_near_due",
    "incidents_red",
    "incidents_yellow",
    "emergencies_open",
)
MONTH_RATES = (
    "closing_rate",
    "on_time_rate",
    "sign_rate",
    "return_rate",
    "visit_rate",
    "satisfaction_rate",
    "resolution_level",
    "resolved_in_town_rate",
)
DISPUTE_INDICATORS = (
    "receptions",
    "reception_people",
    "disputes_accepted",
    "disputes_dispatched",
    "disputes_mediated",
    "disputes_succeeded",
    "dispute_resolution_rate",
    "mediation_success_rate",
    "confirmation_rate",
    "performance_rate",
    "mean_mediation_days",
)
STAFF_INDICATORS = ("staff_online_rate", "reporting_rate", "patrol_rate")
SPARK_DAYS = 30
LEFT_OUT = {
    "时间存疑": "registered_doubtful",
    "无办结时限": "registered_unlimited",
    "默认坐标": "registered_placed__default",
    "坐标出界": "registered_placed__outside",
    "无坐标": "registered_placed__none",
}


class Kept:
    """What is counted once and kept for a while: the usual band of a day, the heat of whole days.

    One value a name, with the state it was counted in: what its cases add up to, and the time. A
    correction may change the value and not the state: who hears of one forgets all (`clear`).
    Names that were not asked for longest go first.
    """

    MOST = 2000

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[Hashable, Any]] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()

    def get(self, name: Hashable, state: Hashable, count: Callable[[], T]) -> T:
        """The value kept under the name in this state, else counted, in place of the former."""
        known = self._values.pop(name, None)
        if known is None or known[0] != state:
            known = (state, count())
        self._values[name] = known
        if len(self._values) > self.MOST:
            del self._values[next(iter(self._values))]
        value: T = known[1]
        return value


@dataclass(frozen=True, kw_only=True)
class Work:
    """What all parts of one computation share."""

    connection: Connection
    tree: RegionTree
    region: Region
    # What the region is divided into: cities, counties or towns.
    children: tuple[Region, ...]
    # Counties of today in scope; `booked` adds the abolished ones whose cases count in them.
    counties: tuple[int, ...]
    booked: tuple[int, ...]
    reader: SumReader
    as_of: datetime
    is_current: bool
    zone: ZoneInfo
    ask: Ask
    heat_origin: tuple[float, float]
    work_days: WorkCalendar
    kept: Kept
    absent: frozenset[Subject]
    # Secret of this database: keys of points on a map must not be guessed from case numbers.
    point_secret: str


def live_readings(work: Work) -> tuple[Reading, ...]:
    """Counts of today, stocks, and the same of the child regions where the wall shows them."""
    today = spans.today_so_far(work.as_of, work.zone)
    yesterday = spans.yesterday_same_time(work.as_of, work.zone)
    own = (work.region.id,)
    below = tuple(child.id for child in work.children)
    are_towns = work.region.level == "county"
    shift = spans.shift_since(work.as_of, work.zone, 20)
    last_day = spans.last_hours(work.as_of, 24)
    registered = Wanted(
        indicator="incidents_registered",
        period_key="today",
        period=today,
        compared_with=yesterday,
        comparison_label="较昨日同时段",
        region_ids=own if are_towns else (*own, *below),
        group="live",
    )
    orders = [
        registered,
        *(_own("today", today, key, own, "live") for key in TODAY_COUNTS),
        *(_own("now", today, key, own, "live") for key in STOCKS),
        *(
            _own("shift", shift, key, own, "live")
            for key in ("incidents_registered", "incidents_closed", "red_new")
        ),
        _own("last_24_hours", last_day, "incidents_registered", own, "live"),
    ]
    readings = _read(work, orders)
    if are_towns and Subject.INCIDENT not in work.absent:
        readings += indicator_readings.counts_by_town(
            work.connection, replace(registered, region_ids=below), work.booked, work.as_of
        )
    return tuple(readings)


def slow_readings(work: Work) -> tuple[Reading, ...]:
    """Rates of the month, means of 30 days, disputes, staff, reported figures."""
    month = spans.month_to_date(work.as_of, work.zone)
    thirty = spans.last_days(work.as_of, work.zone, 30)
    own = (work.region.id,)
    orders = [
        Wanted(
            indicator=key,
            period_key="month",
            period=month,
            region_ids=own,
            group="slow",
        )
        for key in (*MONTH_RATES, *DISPUTE_INDICATORS)
    ]
    orders.append(_own("last_30_days", thirty, "mean_handling_hours", own, "slow"))
    readings = _read(work, orders)
    reported = reported_readings.read(work.connection, own, work.as_of)
    [mean] = [reading for reading in readings if reading.indicator == "mean_handling_hours"]
    return (*readings, _median(work, thirty, mean), *_staff(work), *reported)


def targets(work: Work) -> tuple[Target, ...]:
    """What the region's figures are held to; figures of a part of it are held to nothing."""
    month = spans.month_to_date(work.as_of, work.zone)
    thirty = spans.last_days(work.as_of, work.zone, 30)
    asked = [(key, "month", month) for key in (*MONTH_RATES, *DISPUTE_INDICATORS)]
    asked.append(("mean_handling_hours", "last_30_days", thirty))
    own = (work.region.id,) if work.reader.is_whole else ()
    return target_readings.read(work.connection, own, asked, work.zone)


def _read(work: Work, orders: list[Wanted]) -> list[Reading]:
    return indicator_readings.read(work.reader, orders, work.as_of, absent=work.absent)


def _own(key: str, span: Span, indicator: str, region_ids: tuple[int, ...], group: Group) -> Wanted:
    return Wanted(
        indicator=indicator, period_key=key, period=span, region_ids=region_ids, group=group
    )


def _median(work: Work, span: Span, mean: Reading) -> Reading:
    """Counted anew when the same span has another number or sum of durations."""
    median, count = work.kept.get(
        (work.connection.engine.url, "median", work.booked, work.is_current),
        (span.start, mean.numerator, mean.denominator),
        lambda: _median_hours(work, span),
    )
    return Reading(
        indicator="median_handling_hours",
        region_id=work.region.id,
        period="last_30_days",
        value=median,
        denominator=count,
        status=_median_status(work, count),
        group="slow",
        as_of=work.as_of,
    )


def _median_hours(work: Work, span: Span) -> tuple[float | None, int]:
    """From the region's own roll-ups where it has them: of a span of whole days."""
    if not work.reader.is_whole or work.region.level not in CELL_KM:
        return indicator_readings.median_handling_hours(work.connection, work.booked, span)
    days = tuple(instant.astimezone(work.zone).date() for instant in (span.start, span.end))
    counts = reading.durations(work.connection, work.region.id, work.booked, (days[0], days[1]))
    return indicator_readings.median_of_tenths(counts)


def _median_status(work: Work, count: int) -> Status:
    if Subject.INCIDENT in work.absent:
        return "no_data"
    return "known" if count else "empty_base"


def _staff(work: Work) -> list[Reading]:
    """Yesterday's staffing rates: the last whole day."""
    today = work.as_of.astimezone(work.zone).date()
    columns = [flow.key for flow in DAILY_FLOWS]
    sums = work.reader.daily(columns, today - timedelta(days=1), today).get(work.region.id)
    readings = []
    for key in STAFF_INDICATORS:
        indicator = INDICATOR_BY_KEY[key]
        num = indicator_readings.total(sums, indicator.numerator) if sums else 0
        den = indicator_readings.total(sums, indicator.denominator) if sums else 0
        # More may be done than was due; that is no proportion of it.
        interval = wilson_interval(num, den) if den and num <= den else None
        is_absent = not sums or not indicator_readings.subjects(indicator).isdisjoint(work.absent)
        readings.append(
            Reading(
                indicator=key,
                region_id=work.region.id,
                period="yesterday",
                value=num / den if den else None,
                numerator=num,
                denominator=den,
                interval=(interval.lower, interval.upper) if interval else None,
                status="no_data" if is_absent else ("known" if den else "empty_base"),
                group="slow",
                as_of=work.as_of,
            )
        )
    return readings


def live_series(work: Work) -> tuple[Series, ...]:
    today = work.as_of.astimezone(work.zone).date()
    yesterday = today - timedelta(days=1)
    counts = None
    if Subject.INCIDENT not in work.absent:
        counts = series_readings.half_hours(
            work.reader,
            # Yesterday may have had 23 hours.
            min(spans.day_start(yesterday, work.zone), work.as_of - timedelta(hours=25)),
            work.as_of,
            work.zone,
        )
    bands = {day: _band(work, day) for day in (yesterday, today)}
    return (
        series_readings.today_trend(counts, bands[today], work.as_of, work.zone),
        series_readings.last_hours_trend(counts, bands, work.as_of, work.zone),
    )


def _band(work: Work, day: date) -> UsualBand | None:
    return work.kept.get(
        (work.connection.engine.url, "band", work.booked, day, work.ask.band_days),
        # Late records change it a little; a first import, from nothing.
        spans.ten_minutes(work.as_of),
        lambda: series_readings.usual_day(
            work.reader,
            day,
            work_days=work.work_days,
            zone=work.zone,
            days_back=work.ask.band_days,
        ),
    )


def slow_series(work: Work) -> tuple[Series, ...]:
    """The counts of 30 days, and two rates of those of them that have a base.

    No limit falls on a day off: that is no gap in what is known of the rate, so its line goes on.
    """
    today = work.as_of.astimezone(work.zone).date()
    first = today - timedelta(days=SPARK_DAYS)
    columns = ("registered_all", "due", "due_met", "closed_seconds", "closed_sound")
    rows = work.reader.by_day(columns, first, today)
    begun = series_readings.first_case_day(work.connection, work.region.id)
    days = [first + timedelta(days=n) for n in range(SPARK_DAYS)]
    counted: dict[date, Mapping[str, int]] = {
        day: rows.get(day, {}) for day in days if begun is not None and day >= begun
    }
    values: dict[tuple[str, str, str], dict[date, float | None]] = {
        ("last_30_days", "incidents_registered", "件"): {
            day: row.get("registered_all", 0) for day, row in counted.items()
        },
        ("on_time_spark", "on_time_rate", "%"): {
            day: _ratio(row, "due_met", "due") for day, row in counted.items() if row.get("due")
        },
        ("handling_spark", "mean_handling_hours", "小时"): {
            day: _ratio(row, "closed_seconds", "closed_sound", 3600)
            for day, row in counted.items()
            if row.get("closed_sound")
        },
    }
    return tuple(
        series_readings.daily_series(key, indicator, unit, series, work.as_of, work.zone)
        for (key, indicator, unit), series in values.items()
    )


def _ratio(row: Mapping[str, int], over: str, under: str, scale: float = 1) -> float:
    return row.get(over, 0) / row[under] / scale


def ranking(work: Work) -> Ranking | None:
    year = spans.year_to_date(work.as_of, work.zone)
    local = work.as_of.astimezone(work.zone)
    before = None
    if local.month > 1:
        month_start = spans.day_start(local.date().replace(day=1), work.zone)
        before = Span(year.start, month_start, f"1—{local.month - 1}月")
    return ranking_readings.rank_counties(
        work.connection,
        work.reader,
        work.tree,
        work.region,
        indicator_key=work.ask.ranking_indicator,
        minimum=work.ask.ranking_minimum,
        month=spans.month_to_date(work.as_of, work.zone),
        cumulative_label=year.label,
        before=before,
        as_of=work.as_of,
        keep=work.kept.get,
    )


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
        order = _own("month", span, key, work.counties, "slow")
        values = {
            reading.region_id: reading.value
            for reading in _read(work, [order])
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


def work_items(work: Work) -> tuple[WorkItem, ...]:
    return case_lists.work_items(
        work.connection,
        work.tree,
        work.booked,
        work.as_of,
        work_days=work.work_days,
        limit=work.ask.work_item_rows,
    )


def ticker(work: Work) -> tuple[TickerItem, ...]:
    return case_lists.newest(
        work.connection, work.tree, work.booked, work.as_of, work.ask.ticker_rows
    )


def left_out(work: Work) -> dict[str, int]:
    """Cases known by the as-of that some indicator or layer leaves out, by reason."""
    own = frozenset({work.region.id})
    wish = Wish(tuple(LEFT_OUT.values()), EVER, work.as_of, own)
    sums = work.reader.each([wish])[0][work.region.id]
    return {reason: sums[column] for reason, column in LEFT_OUT.items() if sums.get(column)}


def named_periods(work: Work) -> tuple[Period, ...]:
    named = {
        "today": spans.today_so_far(work.as_of, work.zone),
        "month": spans.month_to_date(work.as_of, work.zone),
        "year": spans.year_to_date(work.as_of, work.zone),
        "last_30_days": spans.last_days(work.as_of, work.zone, 30),
        "last_24_hours": spans.last_hours(work.as_of, 24),
        "shift": spans.shift_since(work.as_of, work.zone, 20),
    }
    return tuple(
        Period(key=key, label=span.label, start=span.start, end=span.end)
        for key, span in named.items()
    )


def place(work: Work, county_word: str) -> Place:
    return Place(
        id=work.region.id,
        code=work.region.code,
        name=work.region.name,
        level=work.region.level,
        child_level=work.children[0].level if work.children else None,
        city_count=sum(child.level == "city" for child in work.children),
        county_count=len(work.counties),
        county_word=county_word,
    )


def map_regions(work: Work) -> tuple[MapRegion, ...]:
    shown = [work.region, *work.children]
    shown += [county for county in work.tree.counties(work.region) if county not in shown]
    return tuple(
        MapRegion(
            id=region.id,
            code=region.code,
            name=region.name,
            short_name=region.short_name,
            level=region.level,
            parent_id=region.parent_id,
            centre=region.centre,
        )
        for region in shown
    )
