"""One poll of one source, from the question to the commit.

Killed at any moment, nothing is lost and nothing doubled: rows, deletions and the watermark become
visible by one transaction, and until then the next poll asks the same again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboard.errors import SourceUnavailable
from data_access import facts
from data_access.database import Database
from data_access.imports import importing
from data_access.imports.command import street_of
from data_access.imports.importing import ImportOutcome
from data_access.syncing import deleting, polled_rows, watermarks
from data_access.syncing.plan import Polled
from data_access.syncing.polled_rows import Answer
from data_access.syncing.scale import Scale
from data_access.syncing.street import PolledStreet

# The source is asked for keys of a longer window than is compared: its clock may be of another
# zone, and its limit is not quite ours.
KEYS_MARGIN = timedelta(days=1)


@dataclass(frozen=True)
class PollOutcome:
    """What a poll changed, in rows. `read` are met again within the overlap, mostly unchanged."""

    read: int
    inserted: int
    updated: int
    deleted: int
    rejected: int
    # Of rows that were not met before.
    report: Path | None = None

    @property
    def is_quiet(self) -> bool:
        """Nothing changed, and nothing was found that had not been told."""
        return not (self.inserted or self.updated or self.deleted or self.report)

    def in_words(self) -> str:
        """For the operator."""
        found = f"；检查报告：{self.report}" if self.report else ""
        return (
            f"读到 {self.read:,} 行，新增 {self.inserted:,}，更正 {self.updated:,}，"
            f"删除 {self.deleted:,}，拒绝 {self.rejected:,}{found}"
        )


class KeysRefused(SourceUnavailable):
    """The rows of a poll came, but nothing is deleted by its keys; `outcome` tells of the rows."""

    def __init__(self, reason: str, outcome: PollOutcome) -> None:
        super().__init__(reason)
        self.outcome = outcome


def poll(
    database: Database,
    polled: Polled,
    *,
    with_keys: bool,
    now: datetime,
    report_folder: Path,
    keys_fail: bool = False,
) -> PollOutcome:
    """Read what is new since the last poll, and publish it; `with_keys` looks for lost rows too.

    `keys_fail` says that they were refused when they were asked for last, by another poll.

    Raises:
        SourceUnavailable: the source did not answer.
        KeysRefused: after its rows were published; it does not answer what keys it has, or lacks
            more than may be deleted.
        ImportRefused, DatabaseUnavailable, DataUnavailable: as `importing.run` says.
    """
    scale = Scale(polled.section.watermark)
    with database.read() as connection:
        last = watermarks.read(connection, polled)
        waiting = watermarks.waiting_batch(connection, polled)
        section = polled.loaded.mapping.database
        zone = section.zone if section else facts.read(connection, "zone") or facts.DEFAULT_ZONE
    since = _keys_since(polled, now, zone) if with_keys else None
    after = None if last is None else scale.overlapped(last)
    answer = polled_rows.ask(polled, after, since)
    answer.occasion = str(waiting or "")
    mark = None if answer.newest is None else scale.not_after(answer.newest, now, zone)
    refused = answer.keys_refused
    try:
        answer.gone |= _missing(database, polled, now, answer.keys)
    except SourceUnavailable as error:
        # Nothing is deleted, and that is said; the rows that came are good all the same.
        refused = error
    street = PolledStreet(
        *(street_of(polled.loaded.mapping), polled, answer.gone, mark),
        keys_fail=keys_fail or refused is not None,
    )
    outcome = _publish(database, answer, street, report_folder)
    if refused:
        raise KeysRefused(str(refused), outcome) from refused
    return outcome


def _keys_since(polled: Polled, now: datetime, zone: str) -> datetime | None:
    """The local time since which the source is asked for its keys."""
    if polled.section.keys is None:
        return None
    since = now - timedelta(days=polled.section.keys.days) - KEYS_MARGIN
    return since.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _missing(
    database: Database, polled: Polled, now: datetime, theirs: set[str] | None
) -> set[str]:
    keys = polled.section.keys
    if keys is None or theirs is None:
        return set()
    with database.read() as connection:
        since = now - timedelta(days=keys.days)
        ours = deleting.known_keys(connection, polled.section.kind, polled.source_key, since)
    return deleting.missing(ours, theirs, keys.most)


def _publish(
    database: Database, answer: Answer, street: PolledStreet, report_folder: Path
) -> PollOutcome:
    polled = street.polled
    outcome: ImportOutcome | None = None
    if answer.count or answer.gone:
        outcome = importing.run(
            database.engine,
            answer.source(),
            street,
            polled.loaded.sha256,
            report_folder=report_folder,
            is_poll=True,
        )
    if outcome is None or outcome.is_repeat:
        with database.write() as connection:
            watermarks.move(connection, polled, street.mark)
            watermarks.note_contact(connection, polled, keys_fail=street.keys_fail)
        return PollOutcome(answer.count, 0, 0, 0, outcome.rows_rejected if outcome else 0)
    return PollOutcome(
        *(answer.count, outcome.inserted, outcome.updated, street.deleted, outcome.rows_rejected),
        report=outcome.report if outcome.checks else None,
    )
