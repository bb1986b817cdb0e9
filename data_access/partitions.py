"""Monthly partitions of the large tables. Which tables are partitioned stands in the schema."""

import time
from datetime import date, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

PARTITIONED_TABLES = ("incidents", "disputes", "steps", "case_versions")
# Loaders ask for the months of what they load; the rest is made as time goes on.
MONTHS_BACK, MONTHS_AHEAD = 1, 3
# Twenty years: mistyped ones would ask for hundreds of tables, which every reader has to open.
MOST_AT_ONCE = 240
# Everybody queues up behind who waits for a table alone: briefly, and again after a pause.
LOCK_MILLISECONDS = 500
LOCK_TRIES, LOCK_PAUSE_SECONDS = 20, 0.5
LOCK_NOT_AVAILABLE = "55P03"


def ensure_months_around(connection: Connection, day: date) -> None:
    """Create the missing partitions for cases registered about a day, and some months on."""
    ensure_months(
        connection,
        day - timedelta(days=31 * MONTHS_BACK),
        day + timedelta(days=31 * MONTHS_AHEAD),
    )


def ensure_months_of(connection: Connection, staged: str) -> date | None:
    """Create the missing partitions for the months of a staged table (`registered_month`).

    Only of those that occur, and of many the newest: one mistyped year would ask for hundreds.
    Rows of the others go to the default partition.

    Each is a transaction of its own, on a connection that is in none: everybody who reads or
    writes waits for a new partition until its transaction ends. Where its rows never come, an
    empty month does no harm.

    Returns the month that could not be made since somebody reads or writes without a pause; None
    where all are there.
    """
    with connection.begin():
        months = connection.scalars(
            text(
                f"select distinct registered_month as month from {staged}"
                " where registered_month is not null order by month desc limit :most"
            ),
            {"most": MOST_AT_ONCE},
        ).all()
    return next((month for month in months if not _is_made(connection, month)), None)


def _is_made(connection: Connection, month: date) -> bool:
    for attempt in range(LOCK_TRIES):
        if attempt:
            time.sleep(LOCK_PAUSE_SECONDS)
        try:
            with connection.begin():
                connection.execute(text(f"set local lock_timeout = {LOCK_MILLISECONDS}"))
                connection.execute(text("select cockpit_ensure_month(:month)"), {"month": month})
                return True
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
    return False


def ensure_months(connection: Connection, first: date, last: date) -> None:
    """Create the missing partitions for the months from `first` to `last`, both included.

    Rows of a month without partition go to the default partition, where they work as well, only
    slower; a month whose rows are already there is left in it.
    """
    connection.execute(
        text(
            "select cockpit_ensure_month(m::date) from generate_series(:first, :last, '1 month') m"
        ).bindparams(first=first.replace(day=1), last=last.replace(day=1))
    )
