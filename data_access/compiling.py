"""Compiles the closed vocabulary into SQL: once, for roll-ups, triggers, edges and lists alike.

Takes flows and stocks of `dashboard.vocabulary`; gives SQLAlchemy expressions over the tables of
`data_access.schema`. No indicator is known here and nothing is executed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    true,
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

Limit = datetime | date


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
    condition: Condition, rows: FromClause, as_of: datetime | None
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
    measure: Measure, rows: FromClause, as_of: datetime | None
) -> ColumnElement[bool]:
    """Whether a row is in the measure, apart from its moment."""
    return and_(true(), *(condition_expression(part, rows, as_of) for part in measure.where))


def within(moment: Moment, rows: FromClause, start: Limit, end: Limit) -> ColumnElement[bool]:
    """The moment lies in [start, end); written so that the indexes on its columns can be used."""
    at = moment_expression(moment, rows)
    inside = and_(at >= start, at < end)
    if isinstance(moment, At):
        return inside
    return and_(or_(*_column_ranges(moment, rows, start, end)), inside)


def _column_ranges(
    moment: Moment, rows: FromClause, start: Limit, end: Limit
) -> list[ColumnElement[bool]]:
    """One index range per column; the moment can only lie inside when a column's range does."""
    match moment:
        case At(column):
            return [and_(rows.c[column] >= start, rows.c[column] < end)]
        case HoursBefore(inner, hours):
            shift = timedelta(hours=hours)
            return _column_ranges(inner, rows, start + shift, end + shift)
        case Later(first, second) | Earlier(first, second):
            return [
                *_column_ranges(first, rows, start, end),
                *_column_ranges(second, rows, start, end),
            ]


def sums(
    group: MomentGroup,
    *,
    by: Sequence[str],
    start: Limit,
    end: Limit,
    as_of: datetime | None,
    where: Sequence[ColumnElement[bool]] = (),
) -> Select[tuple[int, ...]]:
    """Sums of the group's measures from the rows themselves, over [start, end), grouped by `by`.

    Columns: those of `by`, then one per measure (named like its roll-up column), 0 where none.
    """
    rows = TABLES[group.subject]
    columns = [rows.c[name] for name in by]
    values = [
        func.coalesce(
            func.sum(amount_expression(measure.flow.amount, rows)).filter(
                measure_condition(measure, rows, as_of)
            ),
            0,
        ).label(measure.column)
        for measure in group.measures
    ]
    return (
        select(*columns, *values)
        .where(within(group.moment, rows, start, end), *where)
        .group_by(*columns)
    )


def flow_rows(
    measure: Measure, *, start: Limit, end: Limit, as_of: datetime | None
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
