"""What a field of a table kind may be, and what a kind is: declarations without behaviour."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection

if TYPE_CHECKING:
    from data_access.imports.batches import Batch
    from data_access.imports.importing import Published
    from data_access.imports.tables.mapping import TableMapping

FieldType = Literal[
    "code",  # a short text, stored as it stands
    "name",  # an official name: short, without personal numbers
    "choice",  # one of `choices`, by way of the mapping's values
    "integer",
    "number",
    "flag",
    "date",
    "instant",
    "region",  # code of a region -> its id, of the version of the day
    "organisation",  # code of an organisation -> its id
    "outline",  # GeoJSON text of a polygon -> well-known binary
]
SQL_TYPES: Mapping[FieldType, str] = {
    "code": "text",
    "name": "text",
    "choice": "text",
    "integer": "bigint",
    "number": "double precision",
    "flag": "boolean",
    "date": "date",
    "instant": "timestamptz",
    "region": "integer",
    "organisation": "integer",
    "outline": "bytea",
}
LARGEST_SMALLINT = 2**15 - 1


@dataclass(frozen=True)
class Field:
    """One field; `words` are parts of headers by which a first mapping guesses its column."""

    name: str
    title: str
    type: FieldType
    required: bool = True
    words: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    # Of a region: levels that are taken, and which of its ids is kept.
    levels: tuple[str, ...] = ()
    keep: Literal["id", "county_id"] = "id"
    minimum: float | None = None
    # The largest number that the column holds, where that is less than any whole number read.
    maximum: float | None = None
    # Of a number: whether it may bear a percent sign.
    may_be_percent: bool = False
    longest: int = 100
    # What stands in the table where the value is empty.
    if_empty: str = "null"
    # Column of the table; none where only the kind's own code uses the field.
    column: str | None = None
    # False where what looks like a personal number is decided by the kind's own code.
    is_scanned: bool = True
    # True where names of persons could be handed over instead of those of things.
    must_not_be_names: bool = False
    # A grid's code has 15 digits, like an identity number of before 1999.
    may_have_15_digits: bool = False

    @property
    def target(self) -> str:
        """Column of the table."""
        return self.column or self.name


class Row(Mapping[str, Any]):
    """Typed values of one row by field, as the checks of a kind see it."""

    def __init__(self, columns: Mapping[str, list[Any]], at: int) -> None:
        self._columns = columns
        self._at = at

    def __getitem__(self, name: str) -> Any:
        return self._columns[name][self._at]

    def __iter__(self) -> Any:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or the default where the field is not mapped or empty."""
        column = self._columns.get(name)
        return default if column is None or column[self._at] is None else column[self._at]


@dataclass(frozen=True)
class TableCheck:
    """A named check of one row: `look` gives the reason, or None where nothing is wrong."""

    name: str
    title: str
    field: str
    look: Callable[[Row], str | None]
    rejects: bool = True


# Statements of a kind on the staged batch.
OnBatch = Callable[[Connection, "Batch", "TableMapping"], None]
Publish = Callable[[Connection, "Batch", "TableMapping"], "Published"]


@dataclass(frozen=True)
class TableKind:
    """A kind of rows: its fields, what makes two rows the same, and what is not like the others.

    `derived` are columns of the table by SQL over the staged row `s`; `at_first` such that are
    written once. `dated_by` is the date by which the version of a region is chosen, and the day on
    which a number of 18 digits may be one of the site's own.
    """

    name: str
    title: str
    table: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    dated_by: str | None = None
    has_source: bool = False
    checks: tuple[TableCheck, ...] = ()
    derived: Mapping[str, str] = field(default_factory=dict)
    at_first: Mapping[str, str] = field(default_factory=dict)
    # Staged columns that are computed from a row: name -> (SQL type, function).
    computed: Mapping[str, tuple[str, Callable[[Row], Any]]] = field(default_factory=dict)
    # Chinese titles of the checks of `finish`.
    whole_checks: Mapping[str, str] = field(default_factory=dict)
    finish: OnBatch | None = None
    # Within the publishing transaction, about the rows.
    before: OnBatch | None = None
    after: OnBatch | None = None
    publish: Publish | None = None

    def field(self, name: str) -> Field:
        """The field of a name; KeyError where there is none."""
        return {known.name: known for known in self.fields}[name]
