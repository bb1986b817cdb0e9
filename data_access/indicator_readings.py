"""Readings of the dictionary's indicators: value, numerator, denominator, interval, comparison.

Takes sums (`data_access.sums`) and gives `Reading`s. Which indicators and periods a screen shows
stands in `data_access.snapshotting`.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from sqlalchemy import Connection, func, select, text

from dashboard.indicators import INDICATOR_BY_KEY, Indicator
from dashboard.intervals import wilson_interval
from dashboard.periods import Period
from dashboard.rounding import printed_change, printed_percent
from dashboard.snapshot import Comparison, Group, Reading, Status
from dashboard.vocabulary import Subject
from data_access import case_homes
from data_access.compiling import flow_rows
from data_access.rollups.spreads import DURATIONS
from data_access.row_sums import MEASURE_BY_COLUMN
from data_access.schema import population
from data_access.sums import EVER, SumReader, Sums, Wish, measures_of

# A span, and the regions that its sums are of.
Asked = tuple[tuple[datetime, datetime], frozenset[int]]
# Numerator and denominator; None where the indicator is a plain number.
Fraction = tuple[int, int | None]

# Kinds whose value follows from numerator and denominator alone.
SUMMED_KINDS = ("count", "stock", "rate", "mean")
SECONDS_PER_UNIT = {"小时": 3600.0, "天": 86400.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """An indicator over a period, for the scope's region and, if asked, its children."""

    indicator: str
    period_key: str
    period: Period
    compared_with: Period | None = None
    comparison_label: str | None = None
    region_ids: tuple[int, ...]
    group: Group


def read(
    reader: SumReader,
    wanted: Iterable[Wanted],
    as_of: datetime,
    *,
    absent: frozenset[Subject] = frozenset(),
) -> list[Reading]:
    """The readings of everything wanted; one read of sums per period serves all indicators.

    Indicators of the `absent` subjects, which no source ever delivered, are `no_data`.

    Raises:
        ValueError: for an indicator that is no fraction of sums (median, per_10k, reported).
    """
    orders = list(wanted)
    for order in orders:
        if INDICATOR_BY_KEY[order.indicator].kind not in SUMMED_KINDS:
            raise ValueError(f"指标 {order.indicator} 不能由汇总数求得;请另选指标。")
    columns: dict[Asked, dict[str, None]] = {}
    for order in orders:
        for period in _periods(order):
            names = columns.setdefault((period, frozenset(order.region_ids)), {})
            names.update(dict.fromkeys(_measures(INDICATOR_BY_KEY[order.indicator])))
    wishes = [Wish(tuple(names), *period, ids) for (period, ids), names in columns.items()]
    sums = dict(zip(columns, reader.each(wishes), strict=True))
    readings = [reading for order in orders for reading in _readings(order, sums, as_of)]
    return [_unless_absent(reading, absent) for reading in readings]


def per_10k(counts: Mapping[int, int], residents: Mapping[int, int]) -> dict[int, float | None]:
    """件/万人 of registered cases by region; None where no population is known."""
    return {
        region_id: counts.get(region_id, 0) * 10_000 / people if people else None
        for region_id, people in residents.items()
    }


def residents(connection: Connection, region_ids: Iterable[int]) -> dict[int, int]:
    """Newest count of residents per region version; regions without one are absent.

    A region above the county without a figure of its own is not guessed from its parts.
    """
    newest = (
        select(population.c.region_id, func.max(population.c.counted_on).label("counted_on"))
        .where(population.c.region_id.in_(sorted(region_ids)))
        .group_by(population.c.region_id)
        .subquery()
    )
    rows = connection.execute(
        select(population.c.region_id, population.c.residents).join(
            newest,
            (newest.c.region_id == population.c.region_id)
            & (newest.c.counted_on == population.c.counted_on),
        )
    )
    return {row.region_id: row.residents for row in rows}


def median_handling_hours(
    connection: Connection, county_ids: Iterable[int], period: Period
) -> tuple[float | None, int]:
    """Median hours from registration to closing of the cases closed in the period, and how many.

    Durations count in tenths of an hour, as they are shown, rounded half up.
    """
    booked, of_counties = case_homes.booked_under(connection, county_ids)
    rows = connection.execute(
        text(
            f"select {DURATIONS.x} as tenth, count(*) as n from incidents i"
            " where i.closed_at >= :start and i.closed_at < :end"
            f" and {DURATIONS.where} and {booked} group by 1"
        ),
        {"start": period.start, "end": period.end, **of_counties},
    )
    return median_of_tenths({row.tenth: row.n for row in rows})


def median_of_tenths(counts: Mapping[int, int]) -> tuple[float | None, int]:
    """Median in hours of durations counted by tenths of an hour, and how many there are."""
    n = sum(counts.values())
    if not n:
        return None, 0
    tenths = sorted(counts)
    reached = list(accumulate(counts[tenth] for tenth in tenths))
    low, high = (tenths[bisect_left(reached, place)] for place in ((n + 1) // 2, n // 2 + 1))
    return (low + high) / 20, n


def counts_by_town(
    connection: Connection, order: Wanted, county_ids: Iterable[int], as_of: datetime
) -> list[Reading]:
    """Readings of a plain count (no cohort) for the order's regions, towns, from the rows.

    Roll-ups end at counties. Cases whose town is not known are in none of them.
    """
    indicator = INDICATOR_BY_KEY[order.indicator]
    periods = [order.period, *([order.compared_with] if order.compared_with else [])]
    counted = [
        _towns_counted(connection, indicator, period, order.region_ids, county_ids)
        for period in periods
    ]
    readings = []
    for town in order.region_ids:
        now, *before = [(counts.get(town, 0), None) for counts in counted]
        readings.append(_reading(order, town, None, now, before[0] if before else None, as_of))
    return readings


def _towns_counted(
    connection: Connection,
    indicator: Indicator,
    period: Period,
    towns: Iterable[int],
    county_ids: Iterable[int],
) -> Counter[int]:
    counts: Counter[int] = Counter()
    homes = case_homes.homes_of(connection, county_ids)
    for name in indicator.numerator:
        measure = MEASURE_BY_COLUMN[name]
        rows = flow_rows(measure, start=period.start, end=period.end, as_of=None)
        town_id = rows.selected_columns["town_id"]
        found = rows.where(
            rows.selected_columns["county_id"].in_(sorted(county_ids)),
            town_id.in_(sorted(towns)),
        )
        if homes is not None:
            found = found.where(rows.selected_columns["home_county_id"].in_(homes))
        counted = found.with_only_columns(town_id, func.count()).group_by(town_id)
        for town, number in connection.execute(counted):
            counts[town] += number
    return counts


def _unless_absent(reading: Reading, absent: frozenset[Subject]) -> Reading:
    if not absent or subjects(INDICATOR_BY_KEY[reading.indicator]).isdisjoint(absent):
        return reading
    unknown = {"value": None, "numerator": None, "denominator": None, "comparison": None}
    return reading.model_copy(update={**unknown, "interval": None, "status": "no_data"})


def subjects(indicator: Indicator) -> set[Subject]:
    """The subjects whose rows the indicator counts."""
    return {MEASURE_BY_COLUMN[column].flow.subject for column in _measures(indicator)}


def _periods(order: Wanted) -> list[tuple[datetime, datetime]]:
    """The order's own span and the one it is compared with; a stock is all that came until then."""
    is_stock = INDICATOR_BY_KEY[order.indicator].kind == "stock"
    spans = [order.period] + ([order.compared_with] if order.compared_with else [])
    return [(EVER if is_stock else span.start, span.end) for span in spans]


def _measures(indicator: Indicator) -> list[str]:
    names = [*indicator.numerator, *indicator.denominator]
    for _, numerator, denominator in indicator.facets:
        names += [*numerator, *denominator]
    return measures_of(names)


def _readings(order: Wanted, sums: Mapping[Asked, Sums], as_of: datetime) -> Iterable[Reading]:
    indicator = INDICATOR_BY_KEY[order.indicator]
    asked = [(period, frozenset(order.region_ids)) for period in _periods(order)]
    facets = [(None, indicator.numerator, indicator.denominator), *indicator.facets]
    for region_id in order.region_ids:
        now = sums[asked[0]].get(region_id, Counter())
        before = sums[asked[1]].get(region_id, Counter()) if len(asked) > 1 else None
        for facet, numerator, denominator in facets:
            if not numerator:
                continue
            fraction = _fraction(now, numerator, denominator)
            earlier = None if before is None else _fraction(before, numerator, denominator)
            yield _reading(order, region_id, facet, fraction, earlier, as_of)


def _fraction(
    sums: Mapping[str, int], numerator: tuple[str, ...], denominator: tuple[str, ...]
) -> Fraction:
    return total(sums, numerator), total(sums, denominator) if denominator else None


def _reading(
    order: Wanted,
    region_id: int,
    facet: str | None,
    fraction: Fraction,
    earlier: Fraction | None,
    as_of: datetime,
) -> Reading:
    indicator = INDICATOR_BY_KEY[order.indicator]
    num, den = fraction
    value, status = _value(indicator, num, den)
    interval = (
        wilson_interval(num, den) if indicator.kind == "rate" and den and 0 <= num <= den else None
    )
    return Reading(
        indicator=order.indicator,
        facet=facet,
        region_id=region_id,
        period=order.period_key,
        value=value,
        numerator=num,
        denominator=den,
        interval=None if interval is None else (interval.lower, interval.upper),
        comparison=_comparison(order, indicator, fraction, earlier),
        status=status,
        group=order.group,
        as_of=as_of,
    )


def total(sums: Mapping[str, int], names: Iterable[str]) -> int:
    """Sum of measures and stocks by name; a leading "-" subtracts."""
    result = 0
    for name in names:
        sign, bare = (-1, name[1:]) if name.startswith("-") else (1, name)
        # A Counter answers 0 for what it does not hold, so a stock is never mistaken for a flow.
        if f"{bare}_in" in sums or f"{bare}_out" in sums:
            result += sign * (sums[f"{bare}_in"] - sums[f"{bare}_out"])
        else:
            result += sign * sums[bare]
    return result


def _value(indicator: Indicator, num: int, den: int | None) -> tuple[float | None, Status]:
    if den is None:
        return float(num), "known"
    if den == 0:
        return None, "empty_base"
    if indicator.kind == "mean":
        return num / (den * SECONDS_PER_UNIT[indicator.unit]), "known"
    return num / den, "known"


def _comparison(
    order: Wanted, indicator: Indicator, now: Fraction, before: Fraction | None
) -> Comparison | None:
    if before is None or order.comparison_label is None:
        return None
    (num, den), (old, old_den) = now, before
    if den is None or old_den is None:
        return Comparison(
            label=order.comparison_label,
            value=float(old),
            change=(num - old) / old if old else None,
        )
    change = None
    if indicator.kind == "rate":
        change = printed_change(printed_percent(num, den), printed_percent(old, old_den))
    return Comparison(
        label=order.comparison_label,
        value=_value(indicator, old, old_den)[0],
        change=None if change is None else float(change) / 100,
    )
