"""The classes of incidents that are left out of heat: those that were sensitive (敏感类别) when the
roll-ups were made.

They are noted beside the roll-ups, and everything that reads or folds asks the note, not the code
list: what is kept and what is pending then always leave out the same. `follow` brings note and
roll-ups up to the code list, in the transaction of whoever changed it or at the next fold.
"""

from sqlalchemy import Connection

from data_access import facts
from data_access.sensitive_classes import sensitive_classes

_FACT = "rollup_hidden_classes"
# Condition on a class's code; null is shown.
IS_SHOWN = (
    "coalesce({}, '') <> all (coalesce("
    "(select array(select jsonb_array_elements_text(value)) from database_facts"
    f" where key = '{_FACT}'), '{{{{}}}}'))"
)


def changed(connection: Connection) -> tuple[list[str], list[str]]:
    """Classes to be hidden and classes to be shown that are not yet."""
    known = set(noted(connection))
    marked = set(sensitive_classes(connection))
    return sorted(marked - known), sorted(known - marked)


def note(connection: Connection, classes: list[str]) -> None:
    """The roll-ups leave out these."""
    facts.write(connection, _FACT, classes)


def noted(connection: Connection) -> list[str]:
    """The classes that the roll-ups leave out."""
    return list(facts.read(connection, _FACT) or ())
