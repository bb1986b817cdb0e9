"""Which indicators can't be computed for a region, and why: no source, no field, no population.

An indicator whose base is 0 because nothing happened is `quiet`; one whose base is 0 although
there are rows lacks a field. The span is the last 30 days, so that a month's first day is no alarm.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from dashboard.indicators import INDICATORS, REPORTED, Indicator
from dashboard.periods import Period
from dashboard.quality import Computable, IndicatorState
from dashboard.snapshot import Reading
from dashboard.vocabulary import Subject
from data_access import indicator_readings, reported_readings
from data_access.compiling import TABLES
from data_access.indicator_readings import SUMMED_KINDS, Wanted
from data_access.region_tree import Region
from data_access.sums import SumReader, subjects_without_rows

DAYS = 30
SUBJECT_WORDS = {
    Subject.INCIDENT: "事件",
    Subject.DISPUTE: "矛盾纠纷",
    Subject.RECEPTION: "接待",
    Subject.RETURN_VISIT: "回访",
    Subject.AGREEMENT: "调解协议",
    Subject.STAFFING: "网格员到岗",
    Subject.PATROL: "巡查",
}
# When a row happened, to tell whether anything did.
MOMENTS = {
    Subject.INCIDENT: "registered_at",
    Subject.DISPUTE: "registered_at",
    Subject.RECEPTION: "received_at",
    Subject.RETURN_VISIT: "visited_at",
    Subject.AGREEMENT: "signed_at",
    Subject.STAFFING: "day",
    Subject.PATROL: "day",
}
BY_DAY = frozenset((Subject.STAFFING, Subject.PATROL))
NAMES_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What is known of the subjects in the span."""

    absent: frozenset[Subject]
    rows: dict[Subject, int]


def states(
    connection: Connection,
    reader: SumReader,
    region: Region,
    counties: Sequence[Region],
    as_of: datetime,
    zone: ZoneInfo,
) -> tuple[IndicatorState, ...]:
    """Every indicator of the dictionary, in its order."""
    span = Period(as_of - timedelta(days=DAYS), as_of, f"近{DAYS}日")
    booked = sorted(reader.visible)
    known = _Known(
        absent=subjects_without_rows(connection),
        rows={subject: _rows(connection, subject, booked, span, zone) for subject in Subject},
    )
    bases = _bases(reader, region, span, as_of, zone)
    states = [_state(indicator, bases, known) for indicator in INDICATORS]
    unpeopled = _without_residents(connection, counties)
    states = [unpeopled if unpeopled and state.key == unpeopled.key else state for state in states]
    own, of_counties = {}, Counter[str]()
    ids = {region.id, *(county.id for county in counties)}
    for reading in reported_readings.read(connection, ids, as_of):
        if reading.region_id == region.id:
            own[reading.indicator] = reading
        elif reading.status != "no_data":
            of_counties[reading.indicator] += 1
    reported = (_reported(each, own[each.key], of_counties[each.key]) for each in REPORTED)
    return (*states, *reported)


def _has_base(indicator: Indicator) -> bool:
    return bool(indicator.denominator or any(base for _, _, base in indicator.facets))


def _rows(
    connection: Connection, subject: Subject, counties: list[int], span: Period, zone: ZoneInfo
) -> int:
    table = TABLES[subject]
    moment = table.c[MOMENTS[subject]]
    start, end = (
        (span.start.astimezone(zone).date(), span.end.astimezone(zone).date() + timedelta(days=1))
        if subject in BY_DAY
        else (span.start, span.end)
    )
    statement = (
        select(func.count())
        .select_from(table)
        .where(moment >= start, moment < end, table.c.county_id.in_(counties))
    )
    return connection.scalar(statement) or 0


def _bases(
    reader: SumReader, region: Region, span: Period, as_of: datetime, zone: ZoneInfo
) -> dict[str, int]:
    """Denominator of every rate and mean over the span."""
    ratios = [
        indicator
        for indicator in INDICATORS
        if indicator.kind in SUMMED_KINDS and _has_base(indicator)
    ]
    by_rows = [item for item in ratios if not indicator_readings.subjects(item) & BY_DAY]
    orders = [
        Wanted(
            indicator=indicator.key,
            period_key="quality",
            period=span,
            region_ids=(region.id,),
            group="slow",
        )
        for indicator in by_rows
    ]
    bases: dict[str, int] = {}
    for reading in indicator_readings.read(reader, orders, as_of):
        base = int(reading.denominator or 0)
        bases[reading.indicator] = max(bases.get(reading.indicator, 0), base)
    by_day = [indicator for indicator in ratios if indicator not in by_rows]
    first, last = span.start.astimezone(zone).date(), span.end.astimezone(zone).date()
    columns = [name for indicator in by_day for name in indicator.denominator]
    sums = reader.daily(columns, first, last + timedelta(days=1)).get(region.id)
    for indicator in by_day:
        total = indicator_readings.total(sums, indicator.denominator) if sums else 0
        bases[indicator.key] = total
    return bases


def _state(indicator: Indicator, bases: dict[str, int], known: _Known) -> IndicatorState:
    subjects = indicator_readings.subjects(indicator)
    words = "、".join(SUBJECT_WORDS[subject] for subject in Subject if subject in subjects)
    if subjects & known.absent:
        return _not(indicator, "no_source", f"没有来源送达过{words}")
    base_of = "mean_handling_hours" if indicator.kind == "median" else indicator.key
    base = bases.get(base_of)
    if base is None or base > 0:
        return _not(indicator, "known", "")
    rows = sum(known.rows[subject] for subject in subjects)
    if not rows:
        return _not(indicator, "quiet", f"近{DAYS}日没有{words}")
    return _not(
        indicator,
        "no_field",
        f"近{DAYS}日有{words}{rows:,}条，没有一条可作分母：{indicator.definition}",
    )


def _without_residents(connection: Connection, counties: Sequence[Region]) -> IndicatorState | None:
    known = indicator_readings.residents(connection, [county.id for county in counties])
    names = [county.name for county in counties if county.id not in known]
    if not names:
        return None
    shown = "、".join(names[:NAMES_SHOWN]) + ("等" if len(names) > NAMES_SHOWN else "")
    indicator = next(item for item in INDICATORS if item.kind == "per_10k")
    return _not(indicator, "no_population", f"{len(names)}个县(市、区)没有常住人口数：{shown}")


def _reported(indicator: Indicator, reading: Reading, counties: int) -> IndicatorState:
    if reading.status == "no_data":
        below = f"本级从未报送（{counties}个县(市、区)报过，本级的数不由它们相加）"
        return _not(indicator, "not_reported", below if counties else "从未报送")
    if reading.status == "empty_base":
        return _not(indicator, "quiet", f"{reading.period}报送的分母为0")
    return _not(indicator, "known", "")


def _not(indicator: Indicator, state: Computable, reason: str) -> IndicatorState:
    return IndicatorState(key=indicator.key, title=indicator.title, state=state, reason=reason)
