"""Compiles the closed vocabulary into SQL: once, for roll-ups, triggers, edges and lists alike.

Takes flows and stocks of `dashboard.vocabulary`; gives SQLAlchemy expressions over the tables of
`data_access.schema`. No indicator is known here and nothing is executed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    any_,
    bindparam,
    case,
    cast,
    extract,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from dashboard.vocabulary import (
    Amount,
    At,
    AtLeast,
    Condition,
    Earlier,
    Equals,
    Flow,
    HoursBefore,
    Known,
    Later,
    Measure,
    Moment,
    NotAfter,
    Reached,
    Seconds,
    StillOpen,
    Stock,
    Subject,
    SumOf,
    Unknown,
)
from data_access import schema

TABLES: dict[Subject, Table] = {subject: schema.metadata.tables[subject] for subject in Subject}

Limit = datetime | date | BindParameter[datetime] | BindParameter[date]
Instant = datetime | BindParameter[datetime]


@dataclass(frozen=True, slots=True)
class MomentGroup:
    """Measures of one subject that are placed in time by the same moment: one scan serves all."""

    subject: Subject
    moment: Moment
    measures: tuple[Measure, ...]


def moment_groups(flows: Iterable[Flow]) -> tuple[MomentGroup, ...]:
    """The flows' measures, grouped by subject and moment in order of first appearance."""
    groups: dict[tuple[Subject, Moment], list[Measure]] = {}
    for flow in flows:
        groups.setdefault((flow.subject, flow.moment), []).extend(flow.measures())
    return tuple(
        MomentGroup(subject, moment, tuple(measures))
        for (subject, moment), measures in groups.items()
    )


def moment_expression(moment: Moment, rows: FromClause) -> ColumnElement[datetime]:
    """The instant (null: not placed in time)."""
    match moment:
        case At(column):
            return rows.c[column]
        case HoursBefore(inner, hours):
            return moment_expression(inner, rows) - literal(timedelta(hours=hours))
        case Earlier(first, second):
            # PostgreSQL's least() leaves nulls aside, as the vocabulary wants it.
            return func.least(moment_expression(first, rows), moment_expression(second, rows))
        case Later(first, second):
            one, other = moment_expression(first, rows), moment_expression(second, rows)
            # greatest() would leave a null aside; here an unknown time makes the whole unknown.
            return case((and_(one.is_not(None), other.is_not(None)), func.greatest(one, other)))


def condition_expression(
    condition: Condition, rows: FromClause, as_of: Instant | None
) -> ColumnElement[bool]:
    """The condition at an as-of instant; None stands for "as far as is known today"."""
    match condition:
        case Equals(column, True):
            return rows.c[column].is_(True)
        case Equals(column, False):
            return rows.c[column].is_(False)
        case Equals(column, value):
            return rows.c[column] == value
        case Known(column):
            return rows.c[column].is_not(None)
        case Unknown(column):
            return rows.c[column].is_(None)
        case Reached(moment):
            reached = moment_expression(moment, rows)
            return reached.is_not(None) if as_of is None else reached < as_of
        case NotAfter(moment, limit):
            return moment_expression(moment, rows) <= moment_expression(limit, rows)
        case StillOpen(moment, limit):
            ended = moment_expression(moment, rows)
            return or_(ended.is_(None), ended > moment_expression(limit, rows))
        case AtLeast(column, minimum):
            return rows.c[column] >= minimum


def amount_expression(amount: Amount, rows: FromClause) -> ColumnElement[int]:
    """What a row adds: 1, seconds, or the number in a column."""
    match amount:
        case Seconds(since, until):
            span = moment_expression(until, rows) - moment_expression(since, rows)
            return cast(func.floor(extract("epoch", span)), BigInteger)
        case SumOf(column):
            return cast(rows.c[column], BigInteger)
        case _:
            return literal(1, BigInteger)


def measure_condition(
    measure: Measure, rows: FromClause, as_of: Instant | None
) -> ColumnElement[bool]:
    """Whether a row is in the measure, apart from its moment."""
    return and_(true(), *(condition_expression(part, rows, as_of) for part in measure.where))


def within(moment: Moment, rows: FromClause, start: Limit, end: Limit) -> ColumnElement[bool]:
    """The moment lies in [start, end); written so that the indexes on its columns can be used."""
    inside = _inside(moment, rows, start, end)
    if isinstance(moment, At):
        return inside
    ranges = (_time_range(time, rows, start, end) for time in _column_times(moment))
    return and_(or_(*ranges), inside)


def _inside(moment: Moment, rows: FromClause, start: Limit, end: Limit) -> ColumnElement[bool]:
    at = moment_expression(moment, rows)
    return and_(at >= start, at < end)


def _column_times(moment: Moment) -> list[tuple[str, int]]:
    """(column, hours before) of each time in the moment: it equals one of them, or is unknown."""
    match moment:
        case At(column):
            return [(column, 0)]
        case HoursBefore(At(column), hours):
            return [(column, hours)]
        case Later(first, second) | Earlier(first, second):
            return [*_column_times(first), *_column_times(second)]


def _time_range(
    time: tuple[str, int], rows: FromClause, start: Limit, end: Limit
) -> ColumnElement[bool]:
    column, hours = time
    if not hours:
        return and_(rows.c[column] >= start, rows.c[column] < end)
    shift = literal(timedelta(hours=hours))
    return and_(rows.c[column] >= start + shift, rows.c[column] < end + shift)


@cache
def sums(
    subject: Subject, measures: tuple[Measure, ...], *, is_current: bool
) -> Select[tuple[int, ...]]:
    """Sums of a subject's measures from the rows themselves, per county.

    Columns: county_id, then one per measure (named like its roll-up column), 0 where none.
    Parameters: `start`, `end` (half-open), `counties` (ids) and, unless current, `as_of`.

    One scan per moment, so that each uses the index on its own time whatever the parameters are:
    the statement is as long as the dictionary, and is planned once per connection, not per read.
    """
    grouped: dict[Moment, list[Measure]] = {}
    for measure in measures:
        grouped.setdefault(measure.flow.moment, []).append(measure)
    names = [measure.column for measure in measures]
    scans = union_all(
        *(_scan(subject, moment, mine, names, is_current) for moment, mine in grouped.items())
    ).subquery()
    totals = (func.coalesce(func.sum(scans.c[name]), 0).label(name) for name in names)
    return select(scans.c.county_id, *totals).group_by(scans.c.county_id)


def _scan(
    subject: Subject,
    moment: Moment,
    measures: list[Measure],
    names: list[str],
    is_current: bool,
) -> Select[tuple[int, ...]]:
    """Sums of the measures of one moment per county, null in the columns of the others."""
    rows = TABLES[subject]
    column, _ = _column_times(moment)[0]
    kind = Date() if isinstance(rows.c[column].type, Date) else DateTime(timezone=True)
    start, end = bindparam("start", type_=kind), bindparam("end", type_=kind)
    as_of = None if is_current else bindparam("as_of", type_=DateTime(timezone=True))
    counties = bindparam("counties", type_=ARRAY(Integer))
    mine = {
        measure.column: func.sum(amount_expression(measure.flow.amount, rows)).filter(
            measure_condition(measure, rows, as_of)
        )
        for measure in measures
    }
    values = (
        cast(mine[name] if name in mine else null(), BigInteger).label(name) for name in names
    )
    return (
        select(rows.c.county_id, *values)
        .where(within(moment, rows, start, end), rows.c.county_id == any_(counties))
        .group_by(rows.c.county_id)
    )


def flow_rows(
    measure: Measure, *, start: Limit, end: Limit, as_of: Instant | None
) -> Select[tuple[object, ...]]:
    """The very rows that the measure counts over [start, end)."""
    rows = TABLES[measure.flow.subject]
    return select(rows).where(
        within(measure.flow.moment, rows, start, end), measure_condition(measure, rows, as_of)
    )


def stock_rows(stock: Stock, *, as_of: datetime) -> Select[tuple[object, ...]]:
    """The very rows that the stock holds at the as-of instant."""
    rows = TABLES[stock.subject]
    left = moment_expression(stock.left, rows)
    return select(rows).where(
        moment_expression(stock.entered, rows) < as_of,
        or_(left.is_(None), left >= as_of),
        *(condition_expression(part, rows, as_of) for part in stock.where),
    )
