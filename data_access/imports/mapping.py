"""What a file to import means, as a typed value read from TOML.

Here: the shape of a mapping and what may stand in it; docs/data-formats.md describes every key for
operators. Not here: reading the file and explaining its errors (`mapping_file`), and anything that
looks at data or a database.
"""

import codecs
import re
from datetime import date, datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from data_access.imports.personal_data import found_in
from data_access.schema.cases import CATEGORIES
from data_access.schema.regions import LEVELS

# Times of a case in the order of the workflow; the column of the case is `<step>_at`.
MILESTONES = (
    "registered_at",
    "accepted_at",
    "dispatched_at",
    "signed_at",
    "handling_at",
    "feedback_at",
    "closed_at",
    "visited_at",
    "archived_at",
)
LIMITS = ("sign_due_at", "due_at")
TIMES = (*MILESTONES, *LIMITS, "recorded_at")

# Free text must not come in through a code list, so neither many entries nor long ones.
MOST_CODES = 1_000
LONGEST_LABEL = 40

Text = Annotated[str, Field(min_length=1)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
# TOML knows arrays only, so tuples are read leniently.
Point = Annotated[tuple[Longitude, Latitude], Field(strict=False)]
Box = Annotated[tuple[Longitude, Latitude, Longitude, Latitude], Field(strict=False)]


def _impersonal_label(text: str) -> str:
    if len(text) > LONGEST_LABEL:
        raise ValueError(f"应为不超过 {LONGEST_LABEL} 个字符的名称（写了 {len(text)} 个）")
    if kind := found_in(text):
        raise ValueError(f"应为类别或单位的名称，不得含{kind}")
    return text


# What is stored of a code list: codes, labels, names of organisations.
Label = Annotated[Text, AfterValidator(_impersonal_label)]
Labels = Annotated[dict[Label, Label], Field(max_length=MOST_CODES)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("应为 IANA 时区名，例如 Asia/Shanghai") from error
    return name


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError as error:
        raise ValueError("应为编码名，例如 utf-8-sig、gb18030") from error
    return name


def _valid_pattern(pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"应为正则表达式（{error}）") from error
    if "code" not in compiled.groupindex:
        raise ValueError("应为带命名组 (?P<code>…) 的正则表达式")
    return pattern


def _known_category(category: str) -> str:
    if category not in CATEGORIES:
        raise ValueError(f"应为 {'、'.join(CATEGORIES)} 之一")
    return category


Category = Annotated[str, AfterValidator(_known_category)]
ZoneName = Annotated[str, AfterValidator(_known_zone)]
Pattern = Annotated[str, AfterValidator(_valid_pattern)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourceSection(_Section):
    """The row of `sources` the cases belong to; `key` is part of every case's key."""

    key: Text
    name: Text
    cycle_seconds: Annotated[int, Field(gt=0)] = 86_400
    is_live: bool = False


class CalendarSection(_Section):
    """Work calendar for a database without one; official holidays are known for China only."""

    rule: Literal["weekdays", "china"] = "weekdays"
    first_year: Annotated[int, Field(ge=1950, le=2150)]
    last_year: Annotated[int, Field(ge=1950, le=2150)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_year < self.first_year:
            raise ValueError("last_year 应不早于 first_year")
        return self


class DatabaseSection(_Section):
    """Facts of the database: written when it has none, otherwise `zone` must agree."""

    zone: ZoneName
    product_name: Text | None = None
    map_centre: Point | None = None
    calendar: CalendarSection | None = None


class RegionEntry(_Section):
    code: Text
    name: Text
    short_name: Text | None = None


class RegionTree(_Section):
    """Two levels of regions to create in a database that has none.

    `unassigned` names the child that takes cases whose region is empty or unknown.
    """

    root: RegionEntry
    root_level: Literal["province", "city"] = "city"
    children_level: Literal["city", "county"] = "county"
    children: Annotated[list[RegionEntry], Field(min_length=1)]
    valid_from: date = date(2000, 1, 1)

    @model_validator(mode="after")
    def _levels_and_codes(self) -> Self:
        if LEVELS.index(self.children_level) != LEVELS.index(self.root_level) + 1:
            raise ValueError("children_level 应为 root_level 的下一级")
        codes = [self.root.code, *(child.code for child in self.children)]
        if len(set(codes)) < len(codes):
            raise ValueError("children 中的 code 应各不相同")
        return self


class RegionRule(_Section):
    """How a column's spelling becomes `regions.code`.

    The first pattern that matches the whole value gives `code`, which `template` completes
    (`"ward-{code:0>2}"`). What matches none is unknown.
    """

    column: Text
    patterns: list[Pattern] = Field(default_factory=lambda: ["(?P<code>.+)"], min_length=1)
    template: Text = "{code}"
    # Code of the region for empty or unknown values; without it such rows are rejected.
    unassigned: Text | None = None

    @field_validator("template")
    @classmethod
    def _usable(cls, template: str) -> str:
        try:
            template.format(code="1")
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError("应为含 {code} 的模板，例如 ward-{code:0>2}") from error
        return template


class ClassCode(_Section):
    """One code of the class list; `category` is the main category it counts in."""

    label: Label
    category: Category
    is_sensitive: bool = False


class ClassRule(_Section):
    """How type columns become a class: the first column whose value stands in its table wins."""

    list_key: Text
    name: Label
    columns: Annotated[list[Text], Field(min_length=1)]
    default: Text
    codes: Annotated[dict[Label, ClassCode], Field(max_length=MOST_CODES)]
    values: dict[str, dict[str, str]]

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        used = {code for table in self.values.values() for code in table.values()}
        missing = sorted((used | {self.default}) - self.codes.keys())
        if missing:
            raise ValueError(f"codes 应定义所有用到的代码，缺少 {'、'.join(missing)}")
        if not self.values.keys() <= set(self.columns):
            raise ValueError("values 的表名应出现在 columns 中")
        return self


class ValueRule(_Section):
    """A code translation of one column; unlisted values get `default` and are doubtful."""

    column: Text
    values: Annotated[dict[str, Label], Field(max_length=MOST_CODES)]
    default: Label


class HolderRule(_Section):
    """Which organisation holds the case: value of the column -> name, created where missing.

    Its `organisations.code` is the prefix and the value. Unlisted values hold nothing and are
    doubtful: a name that nobody checked may be a person's.
    """

    column: Text
    code_prefix: Text
    values: Labels
    kind: Literal["department", "centre", "committee", "platform", "grid_team"] = "department"


class LocationRule(_Section):
    """Coordinate columns in WGS-84 degrees, and which coordinates are no real places."""

    lon: Text
    lat: Text
    # West, south, east, north: points outside are kept off every map.
    bounds: Box | None = None
    defaults: list[Point] = Field(default_factory=list)
    # A coordinate that more than this share of the rows (and more than ten) carry is a default one.
    default_share: Annotated[float, Field(gt=0, le=1)] = 0.05


class FileSection(_Section):
    encoding: Annotated[str, AfterValidator(_known_encoding)] = "utf-8-sig"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","


class TimeRule(_Section):
    """How local times are written, and which of the two is meant when the clock goes back."""

    format: Text
    ambiguous: Literal["earlier", "later"] = "earlier"
    earliest: datetime = datetime(1990, 1, 1)
    latest: datetime = datetime(2100, 1, 1)

    @field_validator("format")
    @classmethod
    def _is_used(cls, pattern: str) -> str:
        if "%" not in pattern:
            raise ValueError("应为 strptime 格式，例如 %Y-%m-%d %H:%M:%S")
        return pattern


class ColumnSection(_Section):
    """Columns of the file by the name of what they hold; only what is named is ever read."""

    case_no: Text
    registered_at: Text
    accepted_at: Text | None = None
    dispatched_at: Text | None = None
    signed_at: Text | None = None
    handling_at: Text | None = None
    feedback_at: Text | None = None
    closed_at: Text | None = None
    visited_at: Text | None = None
    archived_at: Text | None = None
    sign_due_at: Text | None = None
    due_at: Text | None = None
    recorded_at: Text | None = None

    def times(self) -> dict[str, str]:
        """Mapped times: field of the case -> column of the file."""
        named: dict[str, str | None] = {time: getattr(self, time) for time in TIMES}
        return {time: column for time, column in named.items() if column is not None}


class IncidentMapping(_Section):
    """A mapping of kind `incidents`."""

    kind: Literal["incidents"]
    source: SourceSection
    database: DatabaseSection
    regions: RegionTree | None = None
    file: FileSection = FileSection()
    columns: ColumnSection
    times: TimeRule
    region: RegionRule
    classes: ClassRule
    channel: ValueRule | None = None
    holder: HolderRule | None = None
    location: LocationRule | None = None
    platform: Text | None = None

    @model_validator(mode="after")
    def _unassigned_exists(self) -> Self:
        if self.regions and self.region.unassigned:
            codes = {child.code for child in self.regions.children}
            if self.region.unassigned not in codes:
                raise ValueError("region.unassigned 应为 regions.children 中的一个 code")
        return self

    def file_columns(self) -> list[str]:
        """Columns that are read, each once, in the order they are named."""
        named = [self.columns.case_no, *self.columns.times().values(), self.region.column]
        named += self.classes.columns
        named += [rule.column for rule in (self.channel, self.holder) if rule]
        if self.location:
            named += [self.location.lon, self.location.lat]
        return list(dict.fromkeys(named))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.database.zone)
