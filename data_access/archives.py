"""What is archived already: which cases are no longer in the database, and what can't be listed.

How months are archived stands in `data_access.archiving`. Roll-ups keep the archived cases'
figures; what is read from the cases themselves would be too few.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from dashboard.errors import DetailsArchived
from dashboard.periods import day_start
from data_access import facts
from data_access.schema import archived_months

# Name of the constraint in the error that a case of an archived month meets when it comes again.
REFUSED = "refuse_archived_case"


def archived_before(connection: Connection) -> date | None:
    """The first day (of a month, in the database's zone) before which cases may be missing.

    Only cases are missing all of whose times lie before it. None: nothing was ever archived.
    """
    latest: date | None = connection.scalar(select(func.max(archived_months.c.before)))
    return latest


def whole_views_from(before: date) -> date:
    """The first day whose wall can be made anew: it counts rows back to 1 January a year before."""
    return date(before.year + (1 if before == date(before.year, 1, 1) else 2), 1, 1)


def require_details(connection: Connection, start: datetime) -> None:
    """Raise DetailsArchived where cases with times since `start` may be missing."""
    before = archived_before(connection)
    if before is not None and start < day_start(before, _zone(connection)):
        raise DetailsArchived(
            f"明细已归档:{before.year}年{before.month}月以前的案件已移出数据库,汇总数仍在。"
        )


def _zone(connection: Connection) -> ZoneInfo:
    return ZoneInfo(facts.zone_of(connection))
