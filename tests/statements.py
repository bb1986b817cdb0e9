"""Statements on cases, as a database is asked them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from data_access.database import Database
from data_access.distribution import DISTRIBUTED

# Not `extract(epoch from disputes.closed_at - …)`.
TOUCHES = re.compile(rf"\b(?:from|join) ({'|'.join(DISTRIBUTED)})\b(?!\.)", re.IGNORECASE)
# Whether there is any row at all: the first one found answers.
ANY_ROW = re.compile(r"exists \(select \* \s*from", re.IGNORECASE)


@contextmanager
def listening(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Statements of the block on distributed tables, with their values."""
    said: list[tuple[str, Any]] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, values: Any, *more: Any) -> None:
        if TOUCHES.search(statement):
            said.append((statement, values))

    yield said
    event.remove(database.engine, "before_cursor_execute", note)
