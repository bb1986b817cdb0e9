"""Monthly partitions of the large tables. Which tables are partitioned stands in the schema."""

from datetime import date, timedelta

from sqlalchemy import Connection, text

PARTITIONED_TABLES = ("incidents", "disputes", "steps", "case_versions")
# Loaders ask for the months of what they load; the rest is made as time goes on.
MONTHS_BACK, MONTHS_AHEAD = 1, 3
# Twenty years: each month takes locks on four tables and their indexes until the transaction ends,
# and a server with usual settings has none left after some thirty-five.
MOST_AT_ONCE = 240


def ensure_months_around(connection: Connection, day: date) -> None:
    """Create the missing partitions for cases registered about a day, and some months on."""
    ensure_months(
        connection,
        day - timedelta(days=31 * MONTHS_BACK),
        day + timedelta(days=31 * MONTHS_AHEAD),
    )


def ensure_months_of(connection: Connection, staged: str) -> None:
    """Create the missing partitions for the months of a staged table (`registered_month`).

    Only of those that occur, and of many the newest: one mistyped year would ask for hundreds.
    Rows of the others go to the default partition.
    """
    connection.execute(
        text(
            "select cockpit_ensure_month(month) from"
            f" (select distinct registered_month as month from {staged}"
            "  where registered_month is not null order by month desc limit :most) months"
        ),
        {"most": MOST_AT_ONCE},
    )


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
