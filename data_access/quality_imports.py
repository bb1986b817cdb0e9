"""What imports refused and doubted: the newest files, the polls of the span by day, the reasons.

Files are few and looked at one by one; polls are as many as minutes and only their sums are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from dashboard.quality import (
    FindingGroup,
    ImportedFile,
    ImportTotals,
    PolledKind,
    SourceQuality,
)
from data_access.quality_window import Window

FILES_SHOWN = 12
# Of a batch `b`: not the ones given up, whose rows were never seen.
IS_KEPT = "b.state <> 'abandoned'"
IN_SPAN = f"{IS_KEPT} and b.started_at >= :start and b.started_at <= :end"
BATCHES = "from import_batches b left join sources s on s.id = b.source_id"
BATCH_COLUMNS = (
    "b.*, coalesce(s.name, '未登记的来源' || b.source_id) as source_name,"
    " exists (select from import_findings f where f.batch_id = b.id) as has_findings"
)
DELIVERED_AS = {"files": "not b.is_poll", "polls": "b.is_poll", "all": "true"}
# What findings are counted by.
_GROUP = "source_id, kind, is_poll, check_name, column_name, is_rejection"
_DAY = "(b.started_at at time zone :zone)::date"


def totals(connection: Connection, window: Window) -> ImportTotals:
    """How much was brought at all, and in the span."""
    row = connection.execute(
        text(
            f"select count(*) filter (where not b.is_poll) as files,"
            f" count(*) filter (where {IN_SPAN}) as batches,"
            f" coalesce(sum(b.rows_rejected) filter (where {IN_SPAN}), 0) as rejected,"
            f" coalesce(sum(b.rows_doubtful) filter (where {IN_SPAN}), 0) as doubtful"
            f" from import_batches b where {IS_KEPT} and b.started_at <= :end"
        ),
        {"start": window.start, "end": window.end},
    ).one()
    return ImportTotals(row.files, row.batches, int(row.rejected), int(row.doubtful))


def files(connection: Connection, window: Window) -> Iterable[ImportedFile]:
    """The newest files, whatever their age, newest first."""
    rows = connection.execute(
        text(
            f"select {BATCH_COLUMNS} {BATCHES}"
            f" where {IS_KEPT} and not b.is_poll and b.started_at <= :end"
            " order by b.id desc limit :limit"
        ),
        {"limit": FILES_SHOWN, "end": window.end},
    )
    for row in rows:
        yield batch_of(row)


def batch_of(row: Row[Any]) -> ImportedFile:
    """A row of `BATCH_COLUMNS`."""
    return ImportedFile(
        id=row.id,
        source_name=row.source_name,
        kind=row.kind,
        file_name=row.file_name,
        state=row.state,
        started_at=row.started_at,
        published_at=row.published_at,
        rows_read=row.rows_read,
        rows_accepted=row.rows_accepted,
        rows_rejected=row.rows_rejected,
        rows_doubtful=row.rows_doubtful,
        has_findings=row.has_findings,
    )


def polls(
    connection: Connection, found: Sequence[SourceQuality], window: Window, zone: ZoneInfo
) -> Iterable[PolledKind]:
    """The polls of the span that brought rows, summed by source and kind."""
    rows = connection.execute(
        text(
            f"select b.source_id, b.kind, {_DAY} as day, count(*) as polls,"
            " sum(b.rows_read)::bigint as rows_read, sum(b.rows_rejected)::bigint as rejected,"
            f" sum(b.rows_doubtful)::bigint as doubtful from import_batches b where {IN_SPAN}"
            " and b.is_poll group by 1, 2, 3 order by 1, 2, 3"
        ),
        _bound(window, zone),
    )
    by_kind = defaultdict(list)
    for row in rows:
        by_kind[row.source_id, row.kind].append(row)
    names = _names(found)
    for (source_id, kind), days in by_kind.items():
        key, name = names.get(source_id, _unknown(source_id))
        yield PolledKind(
            source_key=key,
            source_name=name,
            kind=kind,
            polls=sum(day.polls for day in days),
            rows_read=sum(day.rows_read for day in days),
            rows_rejected=sum(day.rejected for day in days),
            rows_doubtful=sum(day.doubtful for day in days),
            days=tuple((day.day, day.rows_read, day.rejected + day.doubtful) for day in days),
        )


def findings(
    connection: Connection, found: Sequence[SourceQuality], window: Window, zone: ZoneInfo
) -> Iterable[FindingGroup]:
    """Findings of the span by source, kind, check and column: refusals first, then by number."""
    rows = connection.execute(
        text(
            f"with counted as materialized (select {_GROUP}, {_DAY} as day, reason, count(*) as n"
            " from import_findings f join import_batches b on b.id = f.batch_id"
            f" where {IN_SPAN} group by {_GROUP}, day, reason"
            f"), commonest as (select distinct on ({_GROUP}) {_GROUP}, reason,"
            "  sum(n)::bigint as reason_rows from counted"
            f" group by {_GROUP}, reason order by {_GROUP}, reason_rows desc, reason"
            f") select {_GROUP}, day, m.reason, reason_rows, sum(n)::bigint as n"
            f" from counted join commonest m using ({_GROUP})"
            f" group by {_GROUP}, day, m.reason, reason_rows order by {_GROUP}, day"
        ),
        _bound(window, zone),
    )
    by_group = defaultdict(list)
    for row in rows:
        by_group[row[:6]].append(row)
    names = _names(found)
    groups = []
    for (source_id, kind, is_poll, check, column, is_rejection), days in by_group.items():
        key, name = names.get(source_id, _unknown(source_id))
        counted: tuple[tuple[date, int], ...] = tuple((day.day, day.n) for day in days)
        groups.append(
            FindingGroup(
                source_key=key,
                source_name=name,
                kind=kind,
                is_poll=is_poll,
                check=check,
                column=column,
                is_rejection=bool(is_rejection),
                reason=days[0].reason,
                reason_rows=days[0].reason_rows,
                rows=sum(n for _, n in counted),
                days=counted,
            )
        )
    return sorted(groups, key=lambda group: (not group.is_rejection, -group.rows))


def _bound(window: Window, zone: ZoneInfo) -> dict[str, Any]:
    return {"start": window.start, "end": window.end, "zone": zone.key}


def _names(found: Sequence[SourceQuality]) -> dict[int, tuple[str, str]]:
    return {source.id: (source.key, source.name) for source in found}


def _unknown(source_id: int) -> tuple[str, str]:
    return str(source_id), f"未登记的来源{source_id}"
