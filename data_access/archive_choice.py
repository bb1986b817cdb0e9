"""Which cases of a month may leave the database, and what of each table goes with them.

A case goes when it is closed, in no stock any more, and every one of its times, those of its steps
and of what followed it lie before the limit; unless it is held (`data_access.holds`). What is done
with them stands in `data_access.archiving`.
"""

from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, DateTime, Table, and_, or_, text
from sqlalchemy.dialects import postgresql

from dashboard.indicators import STOCKS
from dashboard.vocabulary import Stock, Subject
from data_access.compiling import TABLES, condition_expression, moment_expression
from data_access.schema import agreements

KEY = ("home_county_id", "source_id", "case_no", "registered_month")
BY_KEY = ", ".join(KEY)
KINDS = {Subject.INCIDENT: "incident", Subject.DISPUTE: "dispute"}
# Recorded late is no reason to stay: what was imported years after is of its own time.
NOT_A_TIME_OF_THE_CASE = "recorded_at"
# The cases that go, for the time of one month.
GOING = "archiving_cases"
OF_A_GOING_CASE = f"exists (select from {GOING} g where {{subject}} and {{same}})"
SAME_CASE = " and ".join(f"g.{name} = t.{name}" for name in KEY)
# What goes of each table `t`.
PARTS = {
    table: OF_A_GOING_CASE.format(subject=subject, same=SAME_CASE)
    for table, subject in {
        "incidents": "g.subject = 'incident'",
        "disputes": "g.subject = 'dispute'",
        "steps": "g.subject = t.subject",
        "case_versions": "g.subject = t.subject",
        "case_doubts": "true",
    }.items()
}


def choose(connection: Connection, month: date, limit: datetime) -> int:
    """Fill GOING with what goes of a month; returns how many cases that are.

    Cases that were deleted go as well, when their last version is old enough: steps and versions
    are all that is left of them.
    """
    connection.execute(
        text(
            f"create temp table {GOING} (subject text, home_county_id integer,"
            " source_id smallint, case_no text, registered_month date)"
        )
    )
    values = {"month": month, "limit": limit}
    cases = 0
    for subject, kind in KINDS.items():
        cases += connection.execute(
            text(
                f"insert into {GOING} select '{kind}', {BY_KEY} from {subject} t"
                f" where t.registered_month = :month and {_goes(subject, kind)}"
            ),
            values,
        ).rowcount
        connection.execute(
            text(
                f"insert into {GOING} select '{kind}', {BY_KEY} from case_versions g"
                f" where subject = '{kind}' and registered_month = :month"
                f" and not exists (select from {subject} t where {SAME_CASE})"
                f" group by {BY_KEY} having max(recorded_to) < :limit"
            ),
            values,
        )
    connection.execute(text(f"create index on {GOING} ({BY_KEY})"))
    connection.execute(text(f"analyze {GOING}"))
    return cases


def is_one_held(connection: Connection) -> bool:
    """Whether a case that was chosen has been held since."""
    held = OF_A_GOING_CASE.format(subject="g.subject = t.subject", same=SAME_CASE)
    return bool(connection.scalar(text(f"select exists (select from case_holds t where {held})")))


def _goes(subject: Subject, kind: str) -> str:
    """Condition on a case `t`: closed, in no stock, not held, and all its times before :limit."""
    keeping = {
        "steps": "g.occurred_at >= :limit and g.subject",
        "return_visits": "g.visited_at >= :limit and g.subject",
        "case_holds": "g.subject",
    }
    agreed = ", ".join(f"g.{name}" for name in _times(agreements))
    conditions = [
        "t.closed_at is not null",
        f"greatest({', '.join(f't.{name}' for name in _times(TABLES[subject]))}) < :limit",
        f"({_in_a_stock(subject)}) is not true",
        *(
            f"not exists (select from {table} g where {SAME_CASE} and {condition} = '{kind}')"
            for table, condition in keeping.items()
        ),
        f"not exists (select from agreements g where {SAME_CASE} and greatest({agreed}) >= :limit)",
    ]
    return " and ".join(conditions)


def _times(table: Table) -> list[str]:
    return [
        column.name
        for column in table.columns
        if isinstance(column.type, DateTime) and column.name != NOT_A_TIME_OF_THE_CASE
    ]


def _in_a_stock(subject: Subject) -> str:
    """Condition on a case `t`: it has entered a stock and not left it."""
    rows = TABLES[subject].alias("t")

    def held(stock: Stock) -> ColumnElement[bool]:
        return and_(
            moment_expression(stock.entered, rows).is_not(None),
            moment_expression(stock.left, rows).is_(None),
            *(condition_expression(part, rows, None) for part in stock.where),
        )

    mine = or_(*(held(stock) for stock in STOCKS if stock.subject is subject))
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(mine.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
