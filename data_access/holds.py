"""Holds: cases that stay in the database, whatever their age, since a document rests on them.

A frozen briefing or a review under way names its cases; retention (`data_access.archive_choice`)
passes them over, whole, until the hold is released. A hold says nothing of why or of whom: its name
is a key, no sentence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from dashboard.errors import HoldRefused
from dashboard.system_errors import words_of
from data_access.archive_choice import BY_KEY, KINDS
from data_access.schema import case_holds

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
# As many numbers as are named in a refusal.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold: how many cases it keeps, and since when."""

    name: str
    cases: int
    since: datetime


def case_numbers(file: Path) -> list[str]:
    """The lines of a text file in UTF-8 that are not empty.

    Raises:
        HoldRefused: it cannot be read.
    """
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise HoldRefused(f"读不到文件 {file}（{words_of(error)}）。") from error
    except UnicodeDecodeError as error:
        raise HoldRefused(f"{file} 不是 UTF-8 文本：应每行一个案件编号。") from error
    return [number for line in lines if (number := line.strip())]


def hold(connection: Connection, name: str, case_nos: Sequence[str]) -> int:
    """Keep the cases with these numbers, of every source that has one; returns how many.

    Those that the hold keeps already count too. All or nothing.

    Raises:
        HoldRefused: the name is no key, no number is given, or numbers are of no case that is here.
    """
    if not NAME.fullmatch(name):
        raise HoldRefused(
            f"留存名称 {name} 不合规定：应为小写字母、数字和连字符，至多 40 个字符，"
            "如 briefing-2025-12；不写案由和姓名。"
        )
    wanted = sorted(set(case_nos))
    if not wanted:
        raise HoldRefused("没有案件编号：文件应每行一个编号。")
    found: set[str] = set()
    cases = 0
    for subject, kind in KINDS.items():
        rows = connection.execute(
            text(
                f"with chosen as (select {BY_KEY} from {subject} where case_no = any(:numbers)),"
                f" kept as (insert into case_holds (hold, subject, {BY_KEY})"
                f"   select :hold, '{kind}', {BY_KEY} from chosen on conflict do nothing)"
                " select case_no from chosen"
            ),
            {"hold": name, "numbers": wanted},
        ).all()
        cases += len(rows)
        found.update(row.case_no for row in rows)
    if missing := [number for number in wanted if number not in found]:
        raise HoldRefused(
            f"库中没有编号为 {'、'.join(missing[:NAMED])} 的案件（共 {len(missing):,} 个编号"
            "没有找到，也可能已归档）。一件也没有留存，请核对后重新执行。"
        )
    return cases


def release(connection: Connection, name: str) -> int:
    """Let the cases of a hold go with their months again; returns how many it kept.

    Raises:
        HoldRefused: there is no such hold.
    """
    cases = connection.execute(case_holds.delete().where(case_holds.c.hold == name)).rowcount
    if not cases:
        known = "、".join(hold.name for hold in holds(connection)) or "无"
        raise HoldRefused(f"没有名为 {name} 的留存。现有的留存：{known}。")
    return cases


def holds(connection: Connection) -> list[Hold]:
    """All holds, by name."""
    rows = connection.execute(
        select(case_holds.c.hold, func.count(), func.min(case_holds.c.held_at))
        .group_by(case_holds.c.hold)
        .order_by(case_holds.c.hold)
    )
    return [Hold(*row) for row in rows]
