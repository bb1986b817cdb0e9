"""Compiles the closed vocabulary into SQL: once, for roll-ups, triggers, edges and lists alike.

Takes flows and stocks of `dashboard.vocabulary`; gives SQLAlchemy expressions over the tables of
`data_access.schema`. No indicator is known here and nothing is executed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    FromClause,
    Integer,
    Label,
    Select,
    Table,
    TextClause,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.dialects import postgresql

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

Limit = datetime | date | ColumnElement[datetime] | ColumnElement[date]
Instant = datetime | ColumnElement[datetime]
_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


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


class Detail(IntEnum):
    """How finely places are told apart, by as many columns as its number: a finer sum answers a
    coarser question, not the reverse.
    """

    TOGETHER = 0
    COUNTIES = 1
    # The townships that are asked for, each in its county's stead.
    TOWNS = 2


@cache
def sums(
    subject: Subject,
    measures: tuple[Measure, ...],
    *,
    is_current: bool,
    is_short: bool = False,
    detail: Detail = Detail.COUNTIES,
    is_at_home: bool = False,
) -> TextClause:
    """Sums of a subject's measures from the rows themselves.

    Columns: county_id (of `COUNTIES` and `TOWNS`), town_id (of `TOWNS`; null where it is none of
    those asked for), then one per measure (named like its roll-up column), 0 where none.
    Parameters: `start`, `end` (half-open), `counties` (ids), of `TOWNS` `towns` (ids) and, unless
    current, `as_of`. `is_short`: for spans of minutes, see `in_counties`. `is_at_home`: of cases
    that began in the counties of the further parameter `homes`, see `data_access.case_homes`.

    One scan per moment, so that each uses the index on its own time whatever the parameters are:
    the statement is as long as the dictionary, and is planned once per connection, not per read.
    Of minutes one scan of what any of the moments is in: a case has several, and is read once.
    As text, since its hundreds of constants would else be sent with every read.
    """
    if is_short:
        return text(written_out(_of_minutes(subject, measures, is_current, detail, is_at_home)))
    grouped: dict[Moment, list[Measure]] = {}
    for measure in measures:
        grouped.setdefault(measure.flow.moment, []).append(measure)
    names = [measure.column for measure in measures]
    scans = union_all(
        *(
            _scan(subject, moment, mine, names, is_current, detail, is_at_home)
            for moment, mine in grouped.items()
        )
    ).subquery()
    places = [scans.c[place.key] for place in _places(TABLES[subject], detail)]
    # The sum of bigint is numeric, and would be read as Decimals.
    totals = (
        cast(func.coalesce(func.sum(scans.c[name]), 0), BigInteger).label(name) for name in names
    )
    return text(written_out(select(*places, *totals).group_by(*places)))


def in_counties(column: str, *, is_short: bool) -> str:
    """SQL: the county is one of :counties.

    Of a span of minutes all rows are few, whoever asks: read by time, not by 90 counties in each
    month's partition. A plan that is made once for all spans can't know; the sum hides the column
    from the counties' own index.
    """
    return f"{column}{' + 0' if is_short else ''} = any(cast(:counties as int[]))"


def written_out(expression: ClauseElement) -> str:
    """SQL with its constants in it."""
    return str(expression.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def _places(rows: Table, detail: Detail) -> list[Label[int]]:
    county = rows.c.county_id.label("county_id")
    if detail < Detail.TOWNS:
        return [county] if detail else []
    asked_for = f"case when {rows.name}.town_id = any(cast(:towns as int[])) then town_id end"
    return [county, literal_column(asked_for, Integer()).label("town_id")]


def _scan(
    subject: Subject,
    moment: Moment,
    measures: list[Measure],
    names: list[str],
    is_current: bool,
    detail: Detail,
    is_at_home: bool,
) -> Select[*tuple[Any, ...]]:
    """Sums of the measures of one moment by place, null in the columns of the others."""
    rows = TABLES[subject]
    start, end = _bounds(moment, rows)
    as_of = _as_of(is_current)
    mine = {
        measure.column: func.sum(amount_expression(measure.flow.amount, rows)).filter(
            measure_condition(measure, rows, as_of)
        )
        for measure in measures
    }
    values = (
        cast(mine[name] if name in mine else null(), BigInteger).label(name) for name in names
    )
    places = _places(rows, detail)
    return (
        select(*places, *values)
        .where(
            within(moment, rows, start, end), *_booked(rows, is_short=False, is_at_home=is_at_home)
        )
        .group_by(*(place.element for place in places))
    )


def _of_minutes(
    subject: Subject,
    measures: tuple[Measure, ...],
    is_current: bool,
    detail: Detail,
    is_at_home: bool,
) -> Select[*tuple[Any, ...]]:
    """Sums of all the measures by place, from one scan of the rows that have a time in the span."""
    rows = TABLES[subject]
    start, end = _bounds(measures[0].flow.moment, rows)
    as_of = _as_of(is_current)
    times = dict.fromkeys(time for each in measures for time in _column_times(each.flow.moment))
    places = _places(rows, detail)
    values = (
        cast(
            func.coalesce(
                func.sum(amount_expression(measure.flow.amount, rows)).filter(
                    _inside(measure.flow.moment, rows, start, end),
                    measure_condition(measure, rows, as_of),
                ),
                0,
            ),
            BigInteger,
        ).label(measure.column)
        for measure in measures
    )
    return (
        select(*places, *values)
        .where(
            or_(*(_time_range(time, rows, start, end) for time in times)),
            *_booked(rows, is_short=True, is_at_home=is_at_home),
        )
        .group_by(*(place.element for place in places))
    )


def _bounds(moment: Moment, rows: Table) -> list[ColumnElement[Any]]:
    """The parameters `start` and `end`, in the type of the moment's times."""
    column, _ = _column_times(moment)[0]
    kind = Date() if isinstance(rows.c[column].type, Date) else DateTime(timezone=True)
    word = "date" if isinstance(kind, Date) else "timestamptz"
    return [literal_column(f"cast(:{name} as {word})", kind) for name in ("start", "end")]


def _as_of(is_current: bool) -> ColumnElement[datetime] | None:
    if is_current:
        return None
    return literal_column("cast(:as_of as timestamptz)", DateTime(True))


def _booked(rows: Table, *, is_short: bool, is_at_home: bool) -> Iterator[ColumnElement[bool]]:
    yield literal_column(in_counties(f"{rows.name}.county_id", is_short=is_short))
    if is_at_home:
        yield literal_column(f"{rows.name}.home_county_id = any(cast(:homes as int[]))")


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
