"""How complete the cases of each source are: counts of every check, by local day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from dashboard.quality import CheckCount, Completeness, SourceQuality
from dashboard.quality_checks import BOTH, checks_of
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
    """One row a source and local day: rows, rows with a gap, and both counts of every check."""
    counts = [
        f"count(*) filter (where {condition}) as {check.key}__{what}"
        for check in checks_of(subject)
        for what, condition in (
            ("base", quality_sql.base(check.key)),
            ("missing", quality_sql.missing(check.key, subject)),
        )
    ]
    only = " and i.source_id = :source" if source_id is not None else ""
    statement = text(
        f"select i.source_id, {quality_sql.LOCAL_DAY} as day, count(*) as n,"
        f" count(*) filter (where {quality_sql.any_gap(subject)}) as gaps, {', '.join(counts)}"
        f"{quality_sql.rows_between(subject)}{only} group by 1, 2 order by 1, 2"
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
            sum(row._mapping[f"{check.key}__base"] for row in rows),
            sum(row._mapping[f"{check.key}__missing"] for row in rows),
        )
        for check in checks_of(subject)
    )
    days: list[tuple[date, int, int]] = [(row.day, row.n, row.gaps) for row in rows]
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
