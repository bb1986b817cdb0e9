"""The quality of the data as values: how fresh, how complete, what was refused, what is missing.

Pure values and the rules that judge them. They are read in `data_access.quality_readings` and
shown alike by the page /quality, by `cockpit check` and by their tables as files. "Unknown" is a
state of its own everywhere: it never counts as good, and nothing happened is not it either.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from dashboard.freshness import RULES, Rules, Source, source_finding

Health = Literal[
    "live",  # 正常
    "late",  # 延迟
    "stale",  # 中断
    "never",  # 未接入: no contact was ever made
    "by_hand",  # brought as files: it can't be late, so it isn't judged
]
Computable = Literal[
    "known",
    "quiet",  # the query worked and nothing to count happened
    "no_source",  # 未接入: no source ever delivered what it counts
    "no_field",  # there are rows, and none carries what the base asks for
    "no_population",
    "not_reported",
]
# What an operator has to do something about.
UNCOMPUTABLE: frozenset[Computable] = frozenset(
    ("no_source", "no_field", "no_population", "not_reported")
)
# Data beside the cases, by key.
OTHER_WORDS = {
    "receptions": "接待",
    "return_visits": "回访",
    "agreements": "调解协议",
    "staffing": "网格员到岗",
    "patrols": "巡查",
    "population": "常住人口",
    "calendar": "工作日历",
    "organisations": "承办单位",
    "codes": "代码表",
    "targets": "目标值",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class KindContact:
    """One kind of rows of a source and when it was heard; `failures` in a row of its polls.

    `last_error` is a sentence without values; what is brought as files has neither.
    """

    kind: str
    health: Health
    age_seconds: float | None
    last_contact_at: datetime | None
    last_error_at: datetime | None = None
    last_error: str | None = None
    failures: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceQuality:
    """A source and how long ago it was heard; `age_seconds` is None for one never heard.

    Of several `kinds` it is judged by the worst that is polled; `last_error` is known while it
    fails.
    """

    id: int
    key: str
    name: str
    kind: str
    health: Health
    cycle_seconds: int
    age_seconds: float | None
    last_contact_at: datetime | None
    last_row_at: datetime | None
    last_error_at: datetime | None
    last_error: str | None = None
    kinds: tuple[KindContact, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckCount:
    """How many rows a check looked at, and how many of them lack what it asks for."""

    check: str
    base: int
    missing: int

    @property
    def share(self) -> float | None:
        """Share of complete rows, None where there was nothing to look at."""
        return 1 - self.missing / self.base if self.base else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Completeness:
    """The rows of one source and subject registered in [start, end), check by check.

    `days` holds each local day's rows and, of those, the rows with at least one gap.
    """

    source_id: int
    source_key: str
    source_name: str
    subject: str
    start: datetime
    end: datetime
    rows: int
    ever_delivered: bool
    checks: tuple[CheckCount, ...]
    days: tuple[tuple[date, int, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedFile:
    """One file or poll on its way or published; at its end `rows_read` are those accepted and those
    rejected.
    """

    id: int
    source_name: str
    kind: str
    file_name: str
    state: str
    started_at: datetime
    published_at: datetime | None
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_doubtful: int
    has_findings: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PolledKind:
    """The polls of one source and kind in the span that brought rows, and these rows.

    A row is counted by every poll that met it: one within the overlap by several. `days` holds of
    each local day with such polls the rows read and those refused or doubtful.
    """

    source_key: str
    source_name: str
    kind: str
    polls: int
    rows_read: int
    rows_rejected: int
    rows_doubtful: int
    days: tuple[tuple[date, int, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingGroup:
    """Lines that one check met in one column, of one source and kind, in the span.

    `reason` is that of most lines, of `reason_rows` of them; `days` holds the lines of each local
    day on which there were some.
    """

    source_key: str
    source_name: str
    kind: str
    is_poll: bool
    check: str
    column: str
    is_rejection: bool
    reason: str
    reason_rows: int
    rows: int
    days: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class ImportTotals:
    """Files that were ever brought; and of the span: batches, files and polls alike, their rows."""

    files: int
    batches: int
    rejected: int
    doubtful: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IndicatorState:
    """Whether an indicator can be computed for the region, and if not, why in one sentence."""

    key: str
    title: str
    state: Computable
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OutlineSet:
    """A set of lines; `is_examined` only where the 审图号 is bound to exactly these lines."""

    id: int
    name: str
    origin: str
    datum: str
    is_examined: bool
    approval_number: str | None
    shapes: tuple[tuple[str, int], ...]
    illustrative: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StrayCounty:
    """Cases booked under a county that is not of today; `counted_in` names where they count."""

    county_id: int
    name: str | None
    subject: str
    cases: int
    counted_in: str | None

    @property
    def is_unknown(self) -> bool:
        """Whether no table of regions knows the county at all."""
        return self.name is None


@dataclass(frozen=True, kw_only=True, slots=True)
class FormState:
    """How far a monthly form was handed in: units by what they reported of it.

    `due_on` is the last day for it; `partial` and `missing` name units. `received_at` is when the
    newest file of it came, None where its figures came another way or not at all.
    """

    form: str
    department: str
    month: date
    due_on: date
    is_due: bool
    units: int
    complete: int
    partial: tuple[str, ...]
    missing: tuple[str, ...]
    received_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherData:
    """Rows that are no cases: how many lately (None: not of a kind that comes daily), the newest.

    `covered` is how many of the region's counties have them, where that can be told.
    """

    key: str
    state: Literal["good", "quiet", "partial", "short", "never"]
    lately: int | None
    newest: date | None
    covered: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseRow:
    """A case that a check names. `case_no` is None for a sensitive one: its unit alone sees it."""

    case_no: str | None
    county_name: str
    town_name: str | None
    class_label: str | None
    registered_at: datetime
    is_closed: bool
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingRow:
    """A line of a file or poll that a check met; its value stays in the import's report."""

    batch_id: int
    started_at: datetime
    line: int
    column: str
    is_rejection: bool
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitRow:
    """A unit that has not reported all of a form: which of its figures are missing."""

    city_name: str
    unit_name: str
    lacks: tuple[str, ...]
    is_missing: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherRow:
    """A row that is no case: its place or name, when it is of, and what it says."""

    name: str
    at: datetime | date | None
    about: str


ListRow = CaseRow | FindingRow | UnitRow | ImportedFile | OtherRow


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityList:
    """One page of the rows behind a number; `total` is the number."""

    title: str
    about: str
    consequence: str
    as_of: datetime
    zone: str
    product_name: str
    is_demo: bool
    region_name: str
    total: int
    page: int
    page_size: int
    rows: tuple[ListRow, ...]

    @property
    def pages(self) -> int:
        """Number of pages, at least one."""
        return max(1, -(-self.total // self.page_size))


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityReport:
    """Everything the page says, at one instant, for one region and scope."""

    as_of: datetime
    zone: str
    product_name: str
    is_demo: bool
    region_name: str
    region_code: str
    is_whole: bool
    days: int
    sources: tuple[SourceQuality, ...]
    completeness: tuple[Completeness, ...]
    others: tuple[OtherData, ...]
    imported: ImportTotals
    files: tuple[ImportedFile, ...]
    polls: tuple[PolledKind, ...]
    findings: tuple[FindingGroup, ...]
    indicators: tuple[IndicatorState, ...]
    outlines: tuple[OutlineSet, ...]
    stray_counties: tuple[StrayCounty, ...]
    forms: tuple[FormState, ...]
    pending_deltas: int

    @property
    def stale(self) -> tuple[SourceQuality, ...]:
        """Sources that are 中断."""
        return tuple(source for source in self.sources if source.health == "stale")

    @property
    def uncomputable(self) -> tuple[IndicatorState, ...]:
        """Indicators that somebody has to do something about."""
        return tuple(item for item in self.indicators if item.state in UNCOMPUTABLE)

    @property
    def overdue_forms(self) -> tuple[FormState, ...]:
        """Forms whose day has passed while units have not reported all of them."""
        return tuple(form for form in self.forms if form.is_due and (form.missing or form.partial))

    @property
    def is_well(self) -> bool:
        """What the exit status of `cockpit check` tells: nothing 中断, all computable."""
        return not self.stale and not self.uncomputable


def health_of(source: Source, now: int, *, has_rows: bool, rules: Rules = RULES) -> Health:
    """State of a source by itself (milliseconds, as in `dashboard.freshness`).

    `has_rows`: whether anything of it is in the database, however it came there.
    """
    if not source["is_live"] and has_rows:
        return "by_hand"
    if source["last_contact_at"] is None:
        return "never"
    if not source["is_live"]:
        return "by_hand"
    state = source_finding(source, now, rules)["state"]
    if state in ("stale", "offline"):
        return "stale"
    return "late" if state == "late" else "live"
