"""Addresses of the page /quality: what a path and a query ask for, and the way back to text.

`/quality` is the whole scope, `/quality/330100` one region. `?days=7` is how far back rows are
looked at; a list of rows is asked for by what its number was about, with the number's as-of.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Self, TypeVar
from urllib.parse import parse_qs, quote, urlencode

from dashboard.errors import UnknownAddress
from dashboard.quality_checks import CHECK_BY_KEY, SUBJECT_WORDS

NAME = "quality"
DAYS = (1, 7, 30)
DEFAULT_DAYS = 7
LARGEST = 2**31 - 1
RESULTS = ("rejected", "doubtful", "all", "missing", "partial", "complete", "covered")
DELIVERIES = ("files", "polls", "all")
LISTED_BY = (
    *("source", "subject", "check", "county"),
    *("batch", "imports", "delivered", "column", "result", "form", "month"),
    *("other", "outline", "level"),
)
T = TypeVar("T")

Kind = Literal["report", "cases", "county", "findings", "batches", "form", "others", "outlines"]

# Lists of rows that grow: they hold what their number counted when it was read.
AS_OF_KINDS: tuple[Kind, ...] = ("cases", "county", "findings", "batches", "others")


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityAddress:
    """What is asked for; `kind` follows from which of the fields are given.

    cases: `check` of `subject` from `source`; county: cases booked under the id `county`;
    findings: lines of the file `batch`, or of all `imports` (files, polls, all) of the span, of
    one `source`, one kind `delivered`, one `check` and `column`, one `result` (rejected, doubtful)
    if given; batches: these files or polls themselves, where neither check nor result is given;
    form: `month` of `form` (2026-10), of one `result` (missing, partial, complete) if given;
    others: rows of `other`, or the counties that have some (`result` covered); outlines: regions
    of the set `outline`, of one `level`, else the illustrative ones.
    """

    region: str | None = None
    days: int = DEFAULT_DAYS
    as_of: datetime | None = None
    source: str | None = None
    subject: str | None = None
    check: str | None = None
    county: int | None = None
    batch: int | None = None
    column: str | None = None
    result: str | None = None
    form: str | None = None
    month: str | None = None
    imports: str | None = None
    delivered: str | None = None
    other: str | None = None
    outline: int | None = None
    level: str | None = None
    page: int = 1

    @property
    def kind(self) -> Kind:
        """Which page this is."""
        if self.batch is not None:
            return "findings"
        if self.imports is not None:
            return "batches" if self.check is None and self.result is None else "findings"
        if self.form is not None:
            return "form"
        if self.other is not None:
            return "others"
        if self.outline is not None:
            return "outlines"
        if self.county is not None:
            return "county"
        return "cases" if self.check is not None else "report"

    @classmethod
    def parse(cls, path: str, query: str = "") -> Self:
        """The address of a path and a query string, with or without its question mark.

        Raises:
            UnknownAddress: more parts than a region, or a value that is none.
        """
        parts = [part for part in path.split("/") if part]
        if not parts or parts[0] != NAME or len(parts) > 2:
            raise UnknownAddress(f"没有页面 {path}；应为 /{NAME} 或 /{NAME}/区划代码。")
        given = {key: values[-1] for key, values in parse_qs(query.removeprefix("?"), True).items()}
        address = cls(
            region=parts[1] if len(parts) == 2 else None,
            days=_read(given, "days", int, DEFAULT_DAYS, "1、7 或 30", lambda n: n in DAYS),
            as_of=_read(given, "as_of", _instant, None, "带时区的时刻"),
            source=given.get("source"),
            subject=_read(
                given, "subject", str, None, "incidents 或 disputes", SUBJECT_WORDS.__contains__
            ),
            check=given.get("check"),
            county=_read(given, "county", int, None, "区划编号", _is_number),
            batch=_read(given, "batch", int, None, "导入批次号", _is_number),
            column=given.get("column"),
            result=_read(
                given,
                "result",
                str,
                None,
                "、".join(RESULTS),
                RESULTS.__contains__,
            ),
            imports=_read(
                given, "imports", str, None, "、".join(DELIVERIES), DELIVERIES.__contains__
            ),
            delivered=given.get("delivered"),
            other=given.get("other"),
            outline=_read(given, "outline", int, None, "界线编号", _is_number),
            level=given.get("level"),
            form=given.get("form"),
            month=given.get("month"),
            page=_read(given, "page", int, 1, "从 1 起的页码", _is_number),
        )
        address.require_sense()
        return address

    def require_sense(self) -> None:
        """Raise UnknownAddress where a list lacks what it is a list of."""
        if self.kind == "cases" and (self.check not in CHECK_BY_KEY or self.subject is None):
            raise UnknownAddress(f"没有名为 {self.check} 的检查，或未写明 subject=incidents。")
        if self.kind == "county" and self.subject is None:
            raise UnknownAddress("未写明 subject=incidents 或 subject=disputes。")
        if self.kind == "form" and self.month is None:
            raise UnknownAddress("未写明报送月份，如 month=2026-10。")

    def href(self, suffix: str = "") -> str:
        """The address as text; `suffix` goes behind the path (".csv")."""
        path = f"/{NAME}{suffix}" if self.region is None else f"/{NAME}{suffix}/{self.region}"
        given: dict[str, Any] = {
            name: value for name in LISTED_BY if (value := getattr(self, name)) is not None
        }
        if self.days != DEFAULT_DAYS:
            given["days"] = self.days
        if self.as_of is not None and self.kind in AS_OF_KINDS and self.batch is None:
            given["as_of"] = self.as_of.isoformat()
        if self.page > 1:
            given["page"] = self.page
        return path + (f"?{urlencode(given, quote_via=quote)}" if given else "")

    def to(self, **changes: Any) -> Self:
        """The same region and span, asking for something else."""
        plain = type(self)(region=self.region, days=self.days, as_of=self.as_of)
        return replace(plain, **changes)

    def turned_to(self, page: int) -> Self:
        """Another page of the same list."""
        return replace(self, page=page)


def _read(
    given: dict[str, str],
    name: str,
    convert: Callable[[str], T],
    default: T | None,
    expected: str,
    fits: Callable[[T], bool] = lambda value: True,
) -> Any:
    text = given.get(name)
    if text is None:
        return default
    try:
        value = convert(text)
    except ValueError:
        pass
    else:
        if fits(value):
            return value
    raise UnknownAddress(f"{name}={text} 不可用；应为{expected}。")


def _is_number(value: int) -> bool:
    return 1 <= value <= LARGEST


def _instant(text: str) -> datetime:
    # A plus sign of an offset reaches us as a space.
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    if moment.tzinfo is None or not 1990 <= moment.year <= 2200:
        raise ValueError(text)
    return moment
