"""The street of polled rows: that of their kind, and what one poll adds to it.

Rows of archived months are rejected instead of refusing the whole; deletions, watermark and
heartbeat go into the transaction that publishes.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from data_access.imports.batches import Batch, Layout
from data_access.imports.importing import Published, RefreshRollups, Street
from data_access.imports.mapping import SourceSection
from data_access.imports.sources.rows import RawChunk
from data_access.imports.staging import Taken
from data_access.syncing import deleting, watermarks
from data_access.syncing.plan import Polled
from data_access.syncing.scale import Mark

ARCHIVED = "archived_month"
# Kinds whose publication notes the time of their newest row itself.
DATED = ("incidents", "disputes", "steps")


@dataclass
class PolledStreet:
    """Rows of one poll. `deleted` is known once they are published; `keys_fail` says that the
    keys of the source were refused when they were asked for last.
    """

    inner: Street
    polled: Polled
    gone: set[str]
    mark: Mark | None
    keys_fail: bool = False
    deleted: int = 0

    @property
    def kind(self) -> str:
        return self.inner.kind

    @property
    def source(self) -> SourceSection:
        return self.inner.source

    @property
    def layout(self) -> Layout:
        return self.inner.layout

    @property
    def tables(self) -> tuple[str, ...]:
        return self.inner.tables

    def wanted(self) -> list[str]:
        """Columns that are read; see `importing.Street`."""
        return self.inner.wanted()

    def refuse(self, connection: Connection) -> None:
        """Refuse databases that must not take these rows."""
        self.inner.refuse(connection)

    def prepare(self, connection: Connection) -> None:
        """Read what chunks are understood by."""
        self.inner.prepare(connection)

    def take(self, raw: RawChunk) -> Taken:
        """Understand and check a chunk."""
        return self.inner.take(raw)

    def finish(self, connection: Connection, batch: Batch) -> None:
        """The kind's checks of the whole, then archived months."""
        self.inner.finish(connection, batch)
        if self.kind in deleting.CASES:
            _reject_archived(connection, batch, self.kind, self.polled.key_column)

    def publish(
        self, connection: Connection, batch: Batch, refresh_rollups: RefreshRollups | None
    ) -> Published:
        """Rows, deletions, watermark and heartbeat, all by the caller's transaction."""
        published = self.inner.publish(connection, batch, refresh_rollups)
        self.deleted = deleting.delete(connection, batch, self.kind, self.gone)
        watermarks.move(connection, self.polled, self.mark)
        came = published.inserted + published.updated > 0
        watermarks.note_contact(
            connection,
            self.polled,
            brought_rows=came and self.kind not in DATED,
            keys_fail=self.keys_fail,
        )
        return published

    def titles(self) -> dict[str, str]:
        """Titles of all checks."""
        return self.inner.titles() | {ARCHIVED: "登记月份已归档"}


def _reject_archived(connection: Connection, batch: Batch, kind: str, column: str) -> None:
    """Cases that the trigger of archived months would refuse: not there, and of such a month."""
    connection.execute(
        text(
            f"""
            with archived as (
              delete from {batch.table} s
              where s.registered_month < (select max(before) from archived_months)
                and not exists (
                  select from {kind} i where i.source_id = :source and i.case_no = s.case_no)
              returning s.line, s.case_no
            )
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, line, :check, :column, 1, '该月案件已归档，此行未再写入', case_no
            from archived
            """
        ),
        {"batch": batch.id, "source": batch.source_id, "check": ARCHIVED, "column": column},
    )
