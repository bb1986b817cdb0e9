"""What an import found: counts per check, and a CSV file with every rejected or doubtful row.

Rows come from `import_findings`, where values about persons are masked already.
"""

import contextlib
import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, exists, func, select

from dashboard.errors import ImportRefused
from dashboard.system_errors import words_of
from data_access import facts
from data_access.imports.batches import Batch
from data_access.schema import import_batches, import_findings

HEADER = ("行号", "列", "检查", "检查代码", "结果", "原因", "值")
# A spreadsheet takes a text that begins so for a formula.
FORMULA_SIGNS = ("=", "+", "@", "\t", "\r")
ROWS_AT_ONCE = 5_000
# Findings carry values of the file: they are kept as long as somebody may correct it by them.
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class CheckCount:
    """How many rows one check met."""

    name: str
    title: str
    rejects: bool
    rows: int


def counts(connection: Connection, batch_id: int, titles: dict[str, str]) -> tuple[CheckCount, ...]:
    """Rows per check of a batch: rejecting checks first, then by number."""
    columns = import_findings.c
    counted = connection.execute(
        select(columns.check_name, columns.is_rejection, func.count())
        .where(columns.batch_id == batch_id)
        .group_by(columns.check_name, columns.is_rejection)
        .order_by(columns.is_rejection.desc(), func.count().desc(), columns.check_name)
    )
    return tuple(
        CheckCount(name, titles.get(name, name), bool(rejects), rows)
        for name, rejects, rows in counted
    )


def write(connection: Connection, batch_id: int, folder: Path, titles: dict[str, str]) -> Path:
    """Write all findings of a batch as CSV (UTF-8 with BOM); returns the file.

    Columns: 行号 (line of the file), 列, 检查 (title), 检查代码 (its name, for programs),
    结果 (拒绝 or 存疑), 原因, 值.

    Raises:
        ImportRefused: the folder cannot be written to.
    """
    path = folder / f"import-{batch_id:06d}-findings.csv"
    unfinished = path.with_suffix(".csv.part")
    try:
        _make(unfinished)
        with unfinished.open("w", encoding="utf-8-sig", newline="") as stored:
            csv.writer(stored).writerows(chain([HEADER], _rows(connection, batch_id, titles)))
        unfinished.replace(path)
    except OSError as error:
        raise _refusal(path, error) from error
    return path


def append(
    connection: Connection,
    batch: Batch,
    kind: str,
    folder: Path,
    titles: dict[str, str],
    now: datetime,
) -> Path:
    """Append the findings of a poll, with the number of its batch, to those of its source, kind and
    local day; returns the file, which is not there before anything was found.

    A poll that met nothing new has been written when it was published.

    Raises:
        ImportRefused: the folder cannot be written to; the file is as it was.
    """
    day = now.astimezone(ZoneInfo(facts.zone_of(connection))).date()
    path = folder / f"poll-{batch.source_id:03d}-{kind}-{day:%Y%m%d}-findings.csv"
    rows = ((batch.id, *row) for row in _rows(connection, batch.id, titles))
    first = None if batch.state == "published" else next(rows, None)
    if first is None:
        return path
    before = 0
    try:
        _make(path)
        before = path.stat().st_size
        header = [] if before else [("批次", *HEADER)]
        with path.open("a", encoding="utf-8-sig", newline="") as stored:
            csv.writer(stored).writerows(chain(header, [first], rows))
    except OSError as error:
        with contextlib.suppress(OSError):
            os.truncate(path, before)
        raise _refusal(path, error) from error
    return path


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Values of the source's rows: for who imports, not for every user of the machine.
    path.touch(mode=0o600)


def _refusal(path: Path, error: OSError) -> ImportRefused:
    return ImportRefused(
        f"无法写入报告 {path}：{words_of(error)}。请检查目录权限和剩余空间；"
        "已读入的行仍在，重新运行即可继续。"
    )


def expire(connection: Connection, now: datetime) -> int:
    """Delete the findings of batches older than `KEPT`, and such batches of polls as well; returns
    the number of findings.

    The numbers of rows of every other import stay in `import_batches`, as does the last published
    batch of each source and kind: by it a repeated file is known.
    """
    columns = import_batches.c
    is_old = func.coalesce(columns.published_at, columns.started_at) < now - KEPT
    findings = connection.execute(
        delete(import_findings).where(
            import_findings.c.batch_id.in_(select(columns.id).where(is_old))
        )
    )
    later = import_batches.alias("later")
    is_followed = exists().where(
        later.c.source_id == columns.source_id,
        later.c.kind == columns.kind,
        later.c.state == "published",
        later.c.id > columns.id,
    )
    is_over = columns.state.in_(("published", "abandoned"))
    connection.execute(delete(import_batches).where(columns.is_poll, is_old, is_over, is_followed))
    return findings.rowcount


def remove_expired_files(folder: Path, now: datetime) -> None:
    """Remove reports in the folder that were written longer ago than `KEPT`.

    One that cannot be removed stays: that is no reason to refuse an import.
    """
    for path in chain(*(folder.glob(f"{kind}-*-findings.csv") for kind in ("import", "poll"))):
        with contextlib.suppress(OSError):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - KEPT:
                path.unlink()


def _rows(
    connection: Connection, batch_id: int, titles: dict[str, str]
) -> Iterator[tuple[object, ...]]:
    """The batch's findings, in the columns of `HEADER`."""
    columns = import_findings.c
    rows = connection.execute(
        select(
            columns.line,
            columns.column_name,
            columns.check_name,
            columns.is_rejection,
            columns.reason,
            columns.value,
        )
        .where(columns.batch_id == batch_id)
        .order_by(columns.line, columns.check_name),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    for line, column, name, rejects, reason, value in rows:
        title = titles.get(name, name)
        result = "拒绝" if rejects else "存疑"
        yield line, column, title, name, result, reason, _as_text(value or "")


def _as_text(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA_SIGNS) else value
