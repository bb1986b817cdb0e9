"""Sealed months (封存): what is over, was compared with the rows, and has not changed since.

A seal is a checksum of a month's roll-ups. Comparing a database then recounts only the months that
are not sealed, and sees by the checksum whether somebody has changed the others. A late case or
correction breaks the seal of its month when it is folded; the next comparison seals it again.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, text

from data_access.rollups.keeping import lock

# A month is sealed when the one after it is over too: most late records have come by then.
MONTHS_LATER = 2
_CHECKSUM = """
select md5(concat_ws(' ',
  (select string_agg(r::text, ' ' order by r.region_id, r.day) from rollups r
    where r.day >= :month and r.day < cast(:month as date) + interval '1 month'),
  (select string_agg(m::text, ' ' order by m.region_id) from rollup_months m
    where m.month = :month),
  (select sum(hashtextextended(s::text, 0)) from rollup_spreads s
    where s.day >= :month and s.day < cast(:month as date) + interval '1 month')))"""


def seal(connection: Connection, today: date, again: Sequence[date] = ()) -> list[date]:
    """Seal the months that are over and have no pending deltas; returns those that were not yet.

    To be called after they have been compared with the rows: what is folded since is exact too.
    `again`: sealed months that get a new seal.
    """
    lock(connection)
    connection.execute(
        text("delete from sealed_months where month = any(:again)"), {"again": list(again)}
    )
    months = connection.scalars(
        text(
            "select distinct month from rollup_months where month < :end"
            " and month not in (select month from sealed_months)"
            " and month not in (select date_trunc('month', day)::date from rollup_deltas"
            "   union select date_trunc('month', day)::date from spread_deltas) order by 1"
        ),
        {"end": _months_before(today, MONTHS_LATER - 1)},
    ).all()
    for month in months:
        connection.execute(
            text("insert into sealed_months (month, checksum) values (:month, :checksum)"),
            {"month": month, "checksum": _checksum(connection, month)},
        )
    return list(months)


def broken(connection: Connection) -> list[date]:
    """Sealed months whose roll-ups are not those that were sealed."""
    sealed = connection.execute(
        text("select month, checksum from sealed_months order by month")
    ).all()
    return [row.month for row in sealed if _checksum(connection, row.month) != row.checksum]


def first_unsealed(connection: Connection) -> date | None:
    """The first day of the first month that is not sealed or has deltas pending; None: nothing is
    sealed, so that all there is has to be compared.
    """
    month: date | None = connection.scalar(
        text(
            "select min(month) from (select month from rollup_months"
            "   where month not in (select month from sealed_months)"
            "  union select date_trunc('month', day)::date from rollup_deltas"
            "  union select date_trunc('month', day)::date from spread_deltas) m"
        )
    )
    is_any = connection.scalar(text("select exists (select from sealed_months)"))
    return month if is_any else None


def _checksum(connection: Connection, month: date) -> str:
    return str(connection.scalar(text(_CHECKSUM), {"month": month}))


def _months_before(today: date, number: int) -> date:
    first = today.replace(day=1)
    for _ in range(number):
        first = (first - timedelta(days=1)).replace(day=1)
    return first
