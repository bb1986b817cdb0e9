"""Figures of the region and of what it is divided into, targets, and the ranking."""

from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from dashboard import periods as spans
from dashboard.indicators import DAILY_FLOWS, INDICATOR_BY_KEY
from dashboard.intervals import wilson_interval
from dashboard.periods import Period as Span
from dashboard.snapshot import Ranking, Reading, Status, Target
from dashboard.vocabulary import Subject
from data_access import indicator_readings, ranking_readings, reported_readings, target_readings
from data_access.indicator_readings import Wanted
from data_access.rollups import reading
from data_access.rollups.ancestors import CELL_KM
from data_access.sums import EVER, Wish
from data_access.wall_parts.ordering import read, wanted
from data_access.wall_parts.work import Name, T, Work

# How long last month's ranks are kept whatever is told late of that time.
HOUR = timedelta(hours=1)
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
LEFT_OUT = {
    "时间存疑": "registered_doubtful",
    "无办结时限": "registered_unlimited",
    "默认坐标": "registered_placed__default",
    "坐标出界": "registered_placed__outside",
    "无坐标": "registered_placed__none",
}


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
        *(wanted("today", today, key, own, "live") for key in TODAY_COUNTS),
        *(wanted("now", today, key, own, "live") for key in STOCKS),
        *(
            wanted("shift", shift, key, own, "live")
            for key in ("incidents_registered", "incidents_closed", "red_new")
        ),
        wanted("last_24_hours", last_day, "incidents_registered", own, "live"),
    ]
    readings = read(work, orders)
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
    orders.append(wanted("last_30_days", thirty, "mean_handling_hours", own, "slow"))
    readings = read(work, orders)
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


def _median(work: Work, span: Span, mean: Reading) -> Reading:
    """Counted anew when the same span has another number or sum of durations."""
    median, count = work.kept.get(
        ("median", work.connection.engine.url, work.booked, work.is_current),
        (span.start, mean.numerator, mean.denominator, spans.ten_minutes(work.now)),
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
    if not work.reader.is_rolled_up or work.region.level not in CELL_KM:
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
        keep=partial(_keep_an_hour, work),
    )


def _keep_an_hour(work: Work, name: Name, state: Hashable, count: Callable[[], T]) -> T:
    return work.kept.get(name, (state, spans.slot_at(work.now, HOUR)), count)


def left_out(work: Work) -> dict[str, int]:
    """Cases known by the as-of that some indicator or layer leaves out, by reason."""
    own = frozenset({work.region.id})
    wish = Wish(tuple(LEFT_OUT.values()), EVER, work.as_of, own)
    sums = work.reader.each([wish])[0][work.region.id]
    return {reason: sums[column] for reason, column in LEFT_OUT.items() if sums.get(column)}
