"""Retention: closed cases of old months are written to files and leave the database, whole.

A case goes with its steps and versions when it is closed, in no stock any more, and every one of
its times lies before the limit; any other case of the month stays with all that is its own, and
so does one that is held (`data_access.holds`). Here:
the order of it, and taking away. Which cases may go stands in `data_access.archive_choice`, the
files in `data_access.archive_files`, what an archived month means for readers in
`data_access.archives`, for roll-ups in `data_access.archived_sums`.

Two transactions a month. The first exports and counts, without locks. The second sees that nothing
of the month has changed since, and puts a partition with what stays in place of the old one, which
is dropped: no row is deleted, so no trigger counts it out of the roll-ups, tells the outbox or
keeps a version.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import URL, Connection, NullPool, create_engine, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from dashboard.errors import ArchiveRefused
from dashboard.periods import day_start, next_month
from data_access import archive_files, archived_sums, facts, rollups
from data_access.archive_choice import KINDS, PARTS, choose, is_one_held
from data_access.archive_files import ArchivedFile
from data_access.archives import archived_before
from data_access.partitions import PARTITIONED_TABLES
from data_access.schema import archived_months

# Less than a writer waits before it looks for a deadlock: we are the ones to give way.
LOCK_MILLISECONDS = 500
LOCK_TRIES, LOCK_PAUSE_SECONDS = 20, 0.5


@dataclass(frozen=True, slots=True)
class ArchivedMonth:
    """What was archived of the cases registered in a month, and how many of them stay."""

    month: date
    cases: int
    kept: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The cases of a month to go, and the state of the tables they were chosen in."""

    found: ArchivedMonth
    files: tuple[ArchivedFile, ...]
    rows: dict[str, int]
    oldest_writer: str


def archive(
    url: URL, before: date, folder: Path, *, today: date, tell: Callable[[ArchivedMonth], None]
) -> int:
    """Archive what is closed of every month before the first day of `before`.

    Args:
        folder: where a folder like `before-2025-01/2024-11` is made for each month.
        tell: called after each month.

    Returns the number of cases archived. After an interruption the same call goes on.

    Raises:
        ArchiveRefused: too late a limit, roll-ups that are not exact, or a month that is being
            written to.
    """
    require_old_enough(before, today)
    # A connection a month: what is noted for the time of one ends with it.
    engine = create_engine(url, hide_parameters=True, poolclass=NullPool)
    total = 0
    try:
        with engine.begin() as connection:
            _require_exact_rollups(connection)
            zone = ZoneInfo(facts.zone_of(connection))
            months = _months(connection, before)
        for month in months:
            with engine.connect() as connection:
                found = _archive_month(connection, month, before, day_start(before, zone), folder)
            if found.cases:
                total += found.cases
                tell(found)
    finally:
        engine.dispose()
    return total


def require_old_enough(before: date, today: date) -> None:
    """Raise ArchiveRefused unless this year's and last year's cases stay: walls compare them."""
    latest = date(today.year - 1, 1, 1)
    if before > latest:
        raise ArchiveRefused(
            "今年和去年的明细须留在库中(大屏要与去年同期比较)："
            f"最晚可用 --before {latest:%Y-%m}，未作任何改动。"
        )


def _require_exact_rollups(connection: Connection) -> None:
    if rollups.differences(connection):
        raise ArchiveRefused(
            "汇总与明细不符：归档以后不能再由明细核对，请先执行 cockpit db verify --repair。"
        )


def _months(connection: Connection, before: date) -> Sequence[date]:
    of_table = "select registered_month from {} where registered_month < :before"
    statement = " union ".join(of_table.format(table) for table in KINDS)
    return connection.scalars(text(f"{statement} order by 1"), {"before": before}).all()


def _archive_month(
    connection: Connection, month: date, before: date, limit: datetime, folder: Path
) -> ArchivedMonth:
    place = archive_files.unused(folder / f"before-{before:%Y-%m}" / f"{month:%Y-%m}")
    connection.execution_options(isolation_level="REPEATABLE READ")
    with connection.begin():
        is_demo = facts.is_demo(connection)
        choice = _choose_and_export(connection, month, limit, place, is_demo=is_demo)
    connection.execution_options(isolation_level="READ COMMITTED")
    if choice.found.cases:
        kept, files = choice.found.kept, choice.files
        archive_files.write_manifest(place, before, kept, files, is_demo=is_demo)
        try:
            _take_away(connection, choice, before, place)
        except BaseException:
            # Otherwise files of rows that are still here would lie beside those that count.
            shutil.rmtree(place, ignore_errors=True)
            raise
    return choice.found


def _choose_and_export(
    connection: Connection, month: date, limit: datetime, place: Path, *, is_demo: bool
) -> Choice:
    oldest_writer = text("select pg_snapshot_xmin(pg_current_snapshot())::xid::text")
    seen = str(connection.scalar(oldest_writer))
    rows = _rows_of(connection, month)
    cases = choose(connection, month, limit)
    found = ArchivedMonth(month, cases, rows["incidents"] + rows["disputes"] - cases)
    files: tuple[ArchivedFile, ...] = ()
    if cases:
        archived_sums.count(connection, month, {table: PARTS[table] for table in KINDS})
        connection.execute(text("set local timezone = 'UTC'"))
        files = tuple(
            archive_files.export(
                connection,
                table,
                f"select t.* from {table} t where t.registered_month = '{month}' and {going}",
                place,
                is_demo=is_demo,
            )
            for table, going in PARTS.items()
        )
    return Choice(found, files, rows, seen)


def _rows_of(connection: Connection, month: date) -> dict[str, int]:
    return {
        table: connection.scalar(
            text(f"select count(*) from {table} where registered_month = :month"), {"month": month}
        )
        or 0
        for table in PARTITIONED_TABLES
    }


# Taking away


def _take_away(connection: Connection, choice: Choice, before: date, place: Path) -> None:
    month = choice.found.month
    _lock(connection)
    try:
        if _has_changed(connection, choice):
            raise ArchiveRefused(
                f"{month:%Y-%m} 的案件在导出期间有改动，该月未作归档。请稍后重新执行。"
            )
        archived_sums.keep(connection)
        exported = {file.table: file.rows for file in choice.files}
        for table in PARTITIONED_TABLES:
            gone = _exchange(connection, table, month)
            if gone != exported[table]:
                raise ArchiveRefused(
                    f"{month:%Y-%m} 的 {table} 导出 {exported[table]} 行、移出 {gone} 行，"
                    "该月未作归档。请检查磁盘后重新执行。"
                )
        connection.execute(text(f"delete from case_doubts t where {PARTS['case_doubts']}"))
        _refuse_new_ones(connection, max(before, archived_before(connection) or before))
        _note(connection, choice.found, before, place)
        connection.commit()
    finally:
        connection.rollback()


def _lock(connection: Connection) -> None:
    """Have the tables to ourselves, in a transaction that has begun.

    Raises:
        ArchiveRefused: somebody works in them without a pause.
    """
    for _ in range(LOCK_TRIES):
        with suppress(OperationalError):
            connection.execute(text(f"set local lock_timeout = {LOCK_MILLISECONDS}"))
            tables = ", ".join((*PARTITIONED_TABLES, "case_holds"))
            connection.execute(text(f"lock table {tables} in access exclusive mode"))
            return
        connection.rollback()
        time.sleep(LOCK_PAUSE_SECONDS)
    raise ArchiveRefused("案件表一直有长时间的读写，归档未能开始。请在闲时重新执行。")


def _has_changed(connection: Connection, choice: Choice) -> bool:
    """Whether a row of the month came, went or was written since it was exported, or is held."""
    month = choice.found.month
    if _rows_of(connection, month) != choice.rows or is_one_held(connection):
        return True
    return any(
        connection.scalar(
            text(
                f"select exists (select from {table} where registered_month = :month"
                " and age(xmin) <= age(cast(:seen as xid)))"
            ),
            {"month": month, "seen": choice.oldest_writer},
        )
        for table in PARTITIONED_TABLES
    )


def _exchange(connection: Connection, table: str, month: date) -> int:
    """Put what stays in place of the month's partition; returns how many rows are gone.

    The new one is filled before it is a partition: until then it has no triggers.
    """
    part = f"{table}_{month:%Y%m}"
    bounds = f"for values from ('{month}') to ('{next_month(month)}')"
    if connection.scalar(text("select to_regclass(:part)"), {"part": part}) is None:
        part, bounds = f"{table}_default", "default"
    before = connection.scalar(text(f"select count(*) from {part}")) or 0
    connection.execute(text(f"create table {part}_stays (like {part} including all)"))
    stay = connection.execute(
        text(f"insert into {part}_stays select t.* from {part} t where not {PARTS[table]}")
    ).rowcount
    connection.execute(text(f"alter table {table} detach partition {part}"))
    connection.execute(text(f"drop table {part}"))
    if stay or bounds == "default":
        connection.execute(text(f"alter table {part}_stays rename to {part}"))
        connection.execute(text(f"alter table {table} attach partition {part} {bounds}"))
    else:
        connection.execute(text(f"drop table {part}_stays"))
    return before - stay


def _note(connection: Connection, found: ArchivedMonth, before: date, place: Path) -> None:
    statement = insert(archived_months).values(
        registered_month=found.month,
        before=before,
        cases=found.cases,
        kept=found.kept,
        folder=str(place),
    )
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["registered_month", "before"],
            set_={
                "archived_at": func.now(),
                "cases": archived_months.c.cases + new.cases,
                "kept": new.kept,
                "folder": archived_months.c.folder + "\n" + new.folder,
            },
        )
    )


def _refuse_new_ones(connection: Connection, before: date) -> None:
    """A case that comes again after it was archived would be counted twice."""
    for table in (*KINDS, "steps"):
        connection.execute(text(f"drop trigger if exists refuse_archived on {table}"))
        connection.execute(
            text(
                f"create trigger refuse_archived before insert on {table} for each row"
                f" when (new.registered_month < date '{before}')"
                f" execute function refuse_archived_case('{table}')"
            )
        )
