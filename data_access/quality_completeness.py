"""How complete the cases of each source are: counts of every check, by local day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from dashboard.quality import CheckCount, Completeness, SourceQuality
from dashboard.quality_checks import BOTH
from data_access import quality_sql
from data_access.quality_window import Place, Window, window_of


def completeness(
    connection: Connection,
    found: Sequence[SourceQuality],
    place: Place,
    days: int,
    as_of: datetime,
    zone: ZoneInfo,
) -> Iterable[Completeness]:
    """By source and subject: those with rows, and those that are known to deliver the subject."""
    by_hand = {source.id: source for source in found if source.health == "by_hand"}
    names = {source.id: source for source in found}
    delivered = _delivered(connection, found)
    for subject in BOTH:
        common = window_of(connection, None, subject, days, as_of, zone)
        read_rows = _rows_by_day(connection, subject, place, common, zone)
        counted = {key: rows for key, rows in read_rows.items() if key not in by_hand}
        windows = dict.fromkeys((source.id for source in found), common)
        for source in by_hand.values():
            if (source.id, subject) not in delivered:
                continue
            own = window_of(connection, source, subject, days, as_of, zone)
            windows[source.id] = own
            counted.update(_rows_by_day(connection, subject, place, own, zone, source.id))
        for source in found:
            if (source.id, subject) in delivered:
                counted.setdefault(source.id, [])
        for source_id in sorted(counted):
            window = windows.get(source_id, common)
            known = names.get(source_id)
            yield _summed(subject, source_id, known, window, counted[source_id])


def _delivered(connection: Connection, found: Sequence[SourceQuality]) -> set[tuple[int, str]]:
    """Which source is known to deliver what: as it is registered, and as its files were."""
    of_files = connection.execute(
        text("select distinct source_id, kind from import_batches where state = 'published'")
    )
    return {(source.id, source.kind) for source in found} | {
        (row.source_id, row.kind) for row in of_files
    }


def _rows_by_day(
    connection: Connection,
    subject: str,
    place: Place,
    window: Window,
    zone: ZoneInfo,
    source_id: int | None = None,
) -> dict[int, list[Row[Any]]]:
    """How many rows (`n`) there are by source, local day and signs of the checks, days in order.

    A row's conditions are worked out once; counting by each of them took half as long again.
    """
    only = " and i.source_id = :source" if source_id is not None else ""
    statement = text(
        f"select i.source_id, {quality_sql.LOCAL_DAY} as day,"
        f" {quality_sql.bases_met(subject)} as looked_at,"
        f" {quality_sql.checks_missed(subject)} as named, count(*) as n"
        f"{quality_sql.rows_between(subject)}{only} group by 1, 2, 3, 4 order by 1, 2"
    )
    parameters: dict[str, Any] = {
        "start": window.start,
        "end": window.end,
        "counties": list(place.booked),
        "zone": zone.key,
    }
    if source_id is not None:
        parameters["source"] = source_id
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(statement, parameters):
        found[row.source_id].append(row)
    return found


def _summed(
    subject: str,
    source_id: int,
    source: SourceQuality | None,
    window: Window,
    rows: Sequence[Row[Any]],
) -> Completeness:
    checks = tuple(
        CheckCount(
            check.key,
            sum(row.n for row in rows if row.looked_at & bit),
            sum(row.n for row in rows if row.named & bit),
        )
        for check, bit in quality_sql.bits(subject)
    )
    of_days = [(day, list(same)) for day, same in groupby(rows, key=attrgetter("day"))]
    days: list[tuple[date, int, int]] = [
        (day, sum(row.n for row in same), sum(row.n for row in same if row.named))
        for day, same in of_days
    ]
    return Completeness(
        source_id=source_id,
        source_key=source.key if source else str(source_id),
        source_name=source.name if source else f"未登记的来源{source_id}",
        subject=subject,
        start=window.start,
        end=window.end,
        rows=sum(row.n for row in rows),
        ever_delivered=bool(rows) or (source is not None and source.last_row_at is not None),
        checks=checks,
        days=tuple(days),
    )
