"""红牌 of cases: five working days after the limit, by the work calendar when they were written.

A trigger (`live_schema`) and the bulk import set `red_card_at`. Here: moving it for cases that are
there when the calendar changes, within the same transaction, and once more for cases that were
being written meanwhile by the calendar as it was. A 红牌 that its source brought itself stays. Days
overdue and 黄牌 are no part of this: they are told from `due_at` and the calendar when read.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from data_access import facts

RED_CARD_WORKDAYS = 5
# Without a calendar for the day: five working days are a week where nothing is known.
RED_CARD_PRESUMED = "7 days"
TABLES = ("incidents", "disputes")
# Fact that holds what moved lately: lists of day of the limit, day of the 红牌 before and now, each
# with its time and the number of the transaction that first followed it.
_FACT = "red_card_moves"
# At last a change is forgotten whoever is still writing.
_KEPT = timedelta(days=1)

_DAYS = f"""
select due.day, later.day as red from work_calendar due
left join work_calendar later
  on later.workday_no = due.workday_no + {RED_CARD_WORKDAYS} and later.is_workday"""


def begin_change(connection: Connection) -> None:
    """Note the calendar as it is, before this transaction changes it; others who change it wait."""
    connection.execute(text("lock table work_calendar in share row exclusive mode"))
    connection.execute(text(f"create temporary table red_days_before on commit drop as {_DAYS}"))


def end_change(connection: Connection) -> int:
    """Move the 红牌 of cases by the calendar as it is now; returns how many moved."""
    moves = connection.execute(
        text(
            "select day, b.red as was, n.red as becomes from red_days_before b"
            f" full join ({_DAYS}) n using (day) where b.red is distinct from n.red"
        )
    ).all()
    connection.execute(text("drop table red_days_before"))
    if not moves:
        return 0
    told = [
        {name: value.isoformat() if value else None for name, value in move._mapping.items()}
        for move in moves
    ]
    kept = _changes(connection)
    at = connection.execute(text("select clock_timestamp()")).scalar_one()
    facts.write(connection, _FACT, [*kept, {"at": at.isoformat(), "moves": told}])
    return _move(connection, told)


def follow(connection: Connection) -> int:
    """Move the 红牌 of cases that were written by an earlier calendar and committed after it had
    changed; returns how many moved.

    A change is forgotten by a later pass that sees all who may have known the calendar before it,
    or when it is a day old. One that is just being made is not waited for.
    """
    changes = _changes(connection, "skip locked")
    if not changes:
        return 0
    # Whoever is open is asked before cases are looked for: who has ended is then seen.
    now, this, oldest_open = connection.execute(
        text(
            "select now(), pg_current_xact_id()::text::bigint,"
            " pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        )
    ).one()
    moved = _move(connection, _to_the_last(changes))
    left = [
        # Who began before the change was seen, also while it was being made, has a lower number.
        {"seen_by": this, **change}
        for change in changes
        if datetime.fromisoformat(change["at"]) >= now - _KEPT
        and change.get("seen_by", this) >= oldest_open
    ]
    if not left:
        connection.execute(text("delete from database_facts where key = :key"), {"key": _FACT})
    elif left != changes:
        facts.write(connection, _FACT, left)
    return moved


def _changes(connection: Connection, when_locked: str = "") -> list[dict[str, Any]]:
    """The changes that are kept, oldest first, locked: they are written anew as a whole."""
    asked = f"select value from database_facts where key = :key for update {when_locked}"
    return connection.scalar(text(asked), {"key": _FACT}) or []


def _to_the_last(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """From each 红牌 that a day of the limit ever had to its last one, whatever was between."""
    moves = [move for change in changes for move in change["moves"]]
    last = {move["day"]: move["becomes"] for move in moves}
    befores = dict.fromkeys((move["day"], move["was"]) for move in moves)
    return [
        {"day": day, "was": was, "becomes": last[day]} for day, was in befores if was != last[day]
    ]


def _move(connection: Connection, moves: list[dict[str, Any]]) -> int:
    """Of each case whose limit is on a day that moved and whose 红牌 was set by the old day."""
    zone = facts.zone_of(connection)
    local_time = f"(c.due_at at time zone '{zone}')::time"

    def at(day: str) -> str:
        return (
            f"case when {day} is null then c.due_at + interval '{RED_CARD_PRESUMED}'"
            f" else ({day} + {local_time}) at time zone '{zone}' end"
        )

    return sum(
        connection.execute(
            text(
                f"update {table} c set red_card_at = {at('m.becomes')}"
                " from jsonb_to_recordset(cast(:moves as jsonb))"
                "   as m (day date, was date, becomes date)"
                f" where c.due_at >= m.day::timestamp at time zone '{zone}'"
                f" and c.due_at < (m.day + 1)::timestamp at time zone '{zone}'"
                f" and c.red_card_at = {at('m.was')}"
                # A day that was presumed may be right.
                f" and c.red_card_at is distinct from {at('m.becomes')}"
            ),
            {"moves": json.dumps(moves)},
        ).rowcount
        for table in TABLES
    )
