"""Comparing a live database's roll-ups with its rows, and sealing the months that are over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import text

from data_access import rollups
from data_access.database import Database
from data_access.rollups import WrongFigure

# Recounting a year of a province takes minutes.
TIMEOUT_SECONDS = 3600.0
# Figures named when roll-ups differ from the rows.
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison found; `since` is the first day compared row by row, None: all."""

    differences: int
    repaired: int
    examples: Sequence[WrongFigure]
    broken: Sequence[date]
    since: date | None


def verify(database: Database, *, repair: bool = False, whole: bool = False) -> Verdict:
    """Compare, set right what differs when asked to, and seal what is exact and over.

    Writers go on meanwhile; folding waits while it is sealed. `whole`: sealed months are compared
    row by row too.
    """
    verdict = _compared(database, whole)
    if verdict.differences:
        # Archiving exchanges partitions, whose rows a transaction begun before does not see.
        verdict = _compared(database, whole)
    with database.write() as connection:
        connection.execute(text("set local statement_timeout = 0"))
        if verdict.differences and repair:
            repaired = rollups.repair(connection, verdict.since)
            return replace(verdict, repaired=repaired)
        if not verdict.differences:
            today = connection.scalar(text("select current_date")) or date.min
            rollups.seal(connection, today, again=verdict.broken)
    return verdict


def _compared(database: Database, whole: bool) -> Verdict:
    with database.read(timeout_seconds=TIMEOUT_SECONDS) as connection:
        broken = rollups.broken(connection)
        first = rollups.first_unsealed(connection)
        since = None if whole or first is None else min([first, *broken])
        differences = rollups.differences(connection, since)
        examples = rollups.examples(connection, EXAMPLES, since) if differences else []
    return Verdict(differences, 0, examples, broken, since)
