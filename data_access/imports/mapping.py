"""What a file to import means, as a typed value read from TOML: the sections of every kind.

Here: the shape of these sections; docs/data-formats.md describes every key for operators. What
cases have beside them stands in `case_mapping`, what simple tables have in `tables.mapping`. Not
here: reading the file and explaining its errors (`mapping_file`), and anything that looks at data
or a database.
"""

import io
import re
from datetime import UTC, date, datetime
from string import Formatter
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from dashboard.work_calendar import FIRST_YEAR, LAST_YEAR
from data_access.imports.personal_data import found_in
from data_access.schema.regions import LEVELS

# Free text must not come in through a code list, so neither many entries nor long ones.
MOST_CODES = 1_000
LONGEST_LABEL = 40
# Seconds that the database can hold: 68 years.
LONGEST_CYCLE = 2**31 - 1
# Of a region, as `template` may fill it up.
LONGEST_CODE = 40
# A format is tried on it: the first of a month, so that formats of months are days as well.
SOME_DAY = datetime(2026, 11, 1, 13, 30, tzinfo=UTC)

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
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("应为 IANA 时区名，例如 Asia/Shanghai") from error
    return name


def _known_encoding(name: str) -> str:
    try:
        # As files are read: codecs of bytes (base64) or of host names (idna) fail here.
        io.TextIOWrapper(io.BytesIO(), encoding=name, errors="replace").read()
    except (LookupError, UnicodeError, ValueError) as error:
        raise ValueError("应为编码名，例如 utf-8-sig、gb18030") from error
    return name


def _usable_delimiter(sign: str) -> str:
    if sign in '"\r\n\0':
        raise ValueError('应为一个分隔列的字符，例如 "," 或 "\\t"')
    return sign


def _valid_pattern(pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        place = f"第 {error.pos + 1} 个字符处有误" if error.pos is not None else "有误"
        raise ValueError(f"应为正则表达式（{place}）") from error
    if "code" not in compiled.groupindex:
        raise ValueError("应为带命名组 (?P<code>…) 的正则表达式")
    return pattern


def _time_format(pattern: str) -> str:
    """A format that reads the day it has written; others fail where a file is read by them."""
    try:
        read = datetime.strptime(SOME_DAY.strftime(pattern), pattern)
        pd.to_datetime([SOME_DAY.strftime(pattern)], format=pattern)
    except (ValueError, NotImplementedError, re.error):
        read = datetime.min
    if read.date() != SOME_DAY.date():
        raise ValueError("应为含年月日的 strptime 格式，例如 %Y-%m-%d %H:%M:%S")
    return pattern


ZoneName = Annotated[str, AfterValidator(_known_zone)]
Pattern = Annotated[str, AfterValidator(_valid_pattern)]
TimeFormat = Annotated[str, AfterValidator(_time_format)]
Datum = Literal["WGS-84", "CGCS2000", "GCJ-02", "BD-09"]


class Section(BaseModel):
    """A table of a mapping: unknown keys are refused, so a misspelt one is found."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourceSection(Section):
    """The row of `sources` the cases belong to; `key` is part of every case's key."""

    key: Text
    name: Text
    cycle_seconds: Annotated[int, Field(gt=0, le=LONGEST_CYCLE)] = 86_400
    is_live: bool = False


class CalendarSection(Section):
    """Work calendar for a database without one; official holidays are known for China only."""

    rule: Literal["weekdays", "china"] = "weekdays"
    first_year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    last_year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_year < self.first_year:
            raise ValueError("last_year 应不早于 first_year")
        return self


class DatabaseSection(Section):
    """Facts of the database: written when it has none, otherwise `zone` must agree."""

    zone: ZoneName
    product_name: Text | None = None
    county_word: Text | None = None
    map_centre: Point | None = None
    calendar: CalendarSection | None = None


class RegionEntry(Section):
    code: Text
    name: Text
    short_name: Text | None = None


class RegionTree(Section):
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


class RegionSpelling(Section):
    """How a region is written: a value listed is its code; else the first pattern that matches
    the whole value gives `code`, which `template` completes (`"ward-{code:0>2}"`). What matches
    none is unknown.
    """

    values: dict[str, Text] = Field(default_factory=dict)
    patterns: list[Pattern] = Field(default_factory=lambda: ["(?P<code>.+)"], min_length=1)
    template: Text = "{code}"

    @field_validator("template")
    @classmethod
    def _usable(cls, template: str) -> str:
        try:
            fields = [(name, spec or "") for _, name, spec, _ in Formatter().parse(template)]
            if {name for name, _ in fields if name is not None} != {"code"}:
                raise ValueError(template)
            for _, spec in fields:
                # A width from the value, or one of gigabytes.
                if "{" in spec or any(int(n) > LONGEST_CODE for n in re.findall(r"\d+", spec)):
                    raise ValueError(template)
            template.format(code="1")
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError("应为含 {code} 的模板，例如 ward-{code:0>2}") from error
        return template


class RegionRule(RegionSpelling):
    """The column of a case's region."""

    column: Text
    # Code of the region for empty or unknown values; without it such rows are rejected.
    unassigned: Text | None = None


class FileSection(Section):
    """How a file is to be read; what the form of the file does not need is passed over."""

    encoding: Annotated[str, AfterValidator(_known_encoding)] = "utf-8-sig"
    delimiter: Annotated[
        str, Field(min_length=1, max_length=1), AfterValidator(_usable_delimiter)
    ] = ","
    # Of an Excel file: the sheet (the first without it) and the row of the header.
    sheet: Text | None = None
    header_row: Annotated[int, Field(ge=1)] = 1


class TimeRule(Section):
    """How local times are written, and which of the two is meant when the clock goes back."""

    format: TimeFormat
    ambiguous: Literal["earlier", "later"] = "earlier"
    earliest: datetime = datetime(1990, 1, 1)
    latest: datetime = datetime(2100, 1, 1)
