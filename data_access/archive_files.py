"""Files of an archived month: one a table, CSV with a header in gzip, and a manifest.

CSV, because it can be read without this program, in ten years, and COPY brings it back. Which
rows go into them stands in `data_access.archiving`. Of a demo the files' names and the manifest say
so, and no column: COPY would not bring it back.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any, cast

import psycopg
from sqlalchemy import Connection

from dashboard import demo_mark
from dashboard.errors import ArchiveRefused
from dashboard.system_errors import words_of

MANIFEST = "manifest.json"
GZIP_LEVEL = 6


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One file: a table's rows; `sha256` is that of the file as it lies there."""

    table: str
    name: str
    rows: int
    sha256: str


def unused(folder: Path) -> Path:
    """The folder, or the first of its names with a number that is not there: none is written over,
    since the rows in it may be nowhere else.
    """
    numbered = (folder.with_name(f"{folder.name}-{number}") for number in count(2))
    return next(place for place in chain([folder], numbered) if not place.exists())


def export(
    connection: Connection, table: str, query: str, folder: Path, *, is_demo: bool
) -> ArchivedFile:
    """Write the rows of a query into `<folder>/<table>.csv.gz`, on the disk when this returns.

    Of a demo the name begins with 演示数据.

    Raises:
        ArchiveRefused: the folder can't be written to.
    """
    file = folder / demo_mark.file_name(f"{table}.csv.gz", is_demo=is_demo)
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Cases are in it: for who archives, not for every user of the machine.
        file.touch(mode=0o600)
        # Without a time of writing in the header, equal rows are equal files.
        with file.open("wb") as raw, gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as packed:
            with driver.cursor() as cursor:
                copy_out = f"copy ({query}) to stdout (format csv, header)"
                with cursor.copy(copy_out.encode()) as copy:
                    for block in copy:
                        packed.write(block)
                rows = cursor.rowcount
            packed.close()
            raw.flush()
            _settle(raw.fileno())
        return ArchivedFile(table, file.name, rows, _sha256(file))
    except OSError as error:
        raise ArchiveRefused(
            f"无法写入归档文件 {file}：{words_of(error)}。数据未作任何改动。"
        ) from error


def write_manifest(
    folder: Path, before: date, kept: int, files: Sequence[ArchivedFile], *, is_demo: bool
) -> None:
    """Write what the folder holds; its name is the month's."""
    said = {
        **({"data": demo_mark.DEMO} if is_demo else {}),
        "month": folder.name,
        "before": f"{before:%Y-%m}",
        "archived_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cases_that_stay": kept,
        "files": [asdict(file) for file in files],
    }
    with (folder / MANIFEST).open("w", encoding="utf-8") as manifest:
        json.dump(said, manifest, ensure_ascii=False, indent=1)
        manifest.flush()
        _settle(manifest.fileno())


def _settle(descriptor: int) -> None:
    """The rows leave the database next: what was written must not be in memory only."""
    os.fsync(descriptor)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
