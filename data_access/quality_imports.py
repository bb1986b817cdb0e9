"""What imports refused and doubted: the newest files, and the reasons of each source's newest."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from dashboard.quality import FindingGroup, ImportedFile

FILES_SHOWN = 12
REASONS_SHOWN = 40


def files(connection: Connection) -> Iterable[ImportedFile]:
    """The newest imports, newest first."""
    rows = connection.execute(
        text(
            "select b.*, coalesce(s.name, '未登记的来源' || b.source_id) as source_name,"
            " exists (select from import_findings f where f.batch_id = b.id) as has_findings"
            " from import_batches b left join sources s on s.id = b.source_id"
            " where b.state <> 'abandoned' order by b.id desc limit :limit"
        ),
        {"limit": FILES_SHOWN},
    )
    for row in rows:
        yield ImportedFile(
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


def findings(connection: Connection) -> Iterable[FindingGroup]:
    """Findings of the newest import of each source, by check, column and reason."""
    rows = connection.execute(
        text(
            "select f.batch_id, coalesce(s.name, '未登记的来源' || b.source_id) as source_name,"
            " f.check_name, f.column_name, f.is_rejection, min(f.reason) as reason, count(*) as n"
            " from import_findings f join (select distinct on (source_id, kind) id, source_id"
            "   from import_batches where state <> 'abandoned'"
            "   order by source_id, kind, id desc) b on b.id = f.batch_id"
            " left join sources s on s.id = b.source_id"
            " group by 1, 2, 3, 4, 5 order by f.is_rejection desc, n desc, 3, 4 limit :limit"
        ),
        {"limit": REASONS_SHOWN},
    )
    for row in rows:
        yield FindingGroup(
            batch_id=row.batch_id,
            source_name=row.source_name,
            check=row.check_name,
            column=row.column_name,
            is_rejection=bool(row.is_rejection),
            reason=row.reason,
            rows=row.n,
        )
