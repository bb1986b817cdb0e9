"""Lists of cases: 督办 and the newest."""

from dashboard.snapshot import TickerItem, WorkItem
from data_access import case_lists
from data_access.wall_parts.work import Work


def work_items(work: Work) -> tuple[WorkItem, ...]:
    return case_lists.work_items(
        work.connection,
        work.tree,
        work.booked,
        work.as_of,
        work_days=work.work_days,
        limit=work.ask.work_item_rows,
    )


def ticker(work: Work) -> tuple[TickerItem, ...]:
    return case_lists.newest(
        work.connection, work.tree, work.booked, work.as_of, work.ask.ticker_rows
    )
