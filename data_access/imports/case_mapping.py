"""What a file of cases means: incidents and disputes share all but a few columns.

Here: the shape of these mappings. The sections that every kind has stand in `mapping`; reading the
file and explaining its errors in `mapping_file`.
"""

from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import AfterValidator, Field, field_validator, model_validator

from data_access.imports import datums
from data_access.imports.mapping import (
    MOST_CODES,
    Box,
    DatabaseSection,
    Datum,
    FileSection,
    Label,
    Labels,
    Point,
    RegionRule,
    RegionTree,
    Section,
    SourceSection,
    Text,
    TimeRule,
)
from data_access.imports.personal_data import look_like_names
from data_access.schema.cases import CATEGORIES, METHODS, RESOLUTION_LEVELS, STEPS

# Times of a case in the order of the workflow; the column of the case is `<step>_at`.
MILESTONES = tuple(f"{step}_at" for step in STEPS)
LIMITS = ("sign_due_at", "due_at")
# Times of a dispute that are no steps of the workflow.
MEDIATION = ("mediation_started_at", "mediation_ended_at", "resolved_at")
TIMES = (*MILESTONES, *LIMITS, *MEDIATION, "recorded_at")
FLAG = (True, False)
# Degrees within which two coordinates are the same: a centimetre.
SAME_PLACE = 1e-7
# Fields with few values -> the values that the database takes.
INCIDENT_CHOICES: dict[str, tuple[str | bool, ...]] = {
    "resolved_level": RESOLUTION_LEVELS,
    "is_satisfied": FLAG,
    "is_emergency": FLAG,
}
DISPUTE_CHOICES: dict[str, tuple[str | bool, ...]] = {
    "resolved_level": RESOLUTION_LEVELS,
    "is_satisfied": FLAG,
    "method": METHODS,
    "is_sectoral": FLAG,
    "is_successful": FLAG,
}


def _known_category(category: str) -> str:
    if category not in CATEGORIES:
        raise ValueError(f"应为 {'、'.join(CATEGORIES)} 之一")
    return category


def _known_step(step: str) -> str:
    if step and step not in STEPS:
        raise ValueError(f"应为 {'、'.join(STEPS)} 之一，或为空文本（不对应步骤）")
    return step


Category = Annotated[str, AfterValidator(_known_category)]


class ClassCode(Section):
    """One code of the class list; `category` is the main category it counts in."""

    label: Label
    category: Category = "dispute"
    is_sensitive: bool = False


class ClassRule(Section):
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


class ValueRule(Section):
    """A code translation of one column; unlisted values get `default` and are doubtful."""

    column: Text
    values: Annotated[dict[str, Label], Field(max_length=MOST_CODES)]
    default: Label


class Choice(Section):
    """A column with few meanings; empty is unknown, and so is what the table gives an empty text
    (调解中 is no result yet). Unlisted values get `default`, doubtful.
    """

    column: Text
    values: Annotated[dict[str, str | bool], Field(max_length=MOST_CODES)]
    default: str | bool | None = None

    def table(self) -> dict[str, str | bool | None]:
        """Value of the file -> what it becomes, None for unknown."""
        return {text: None if value == "" else value for text, value in self.values.items()}

    def meanings(self) -> set[str | bool]:
        """Every value that the column may become."""
        return {value for value in (*self.table().values(), self.default) if value is not None}


class StatusRule(Section):
    """The site's own status: value -> step that the case must have reached, "" for no step."""

    column: Text
    values: Annotated[dict[str, Annotated[str, AfterValidator(_known_step)]], Field(min_length=1)]


class HolderRule(Section):
    """Which organisation holds the case: value of the column -> name, created where missing.

    Its `organisations.code` is the prefix and the value. Unlisted values hold nothing and are
    doubtful: a name that nobody checked may be a person's.
    """

    column: Text
    code_prefix: Text = ""
    values: Labels
    kind: Literal["department", "centre", "committee", "platform", "grid_team"] = "department"

    @field_validator("values")
    @classmethod
    def _are_no_persons(cls, values: dict[str, str]) -> dict[str, str]:
        if look_like_names(list(values.values())):
            raise ValueError("应为单位的名称，像是人名")
        return values


class LocationRule(Section):
    """Coordinates in degrees, in one column or two, and which of them are no real places."""

    lon: Text | None = None
    lat: Text | None = None
    # Both in one column, as "120.15,30.28".
    point: Text | None = None
    order: Literal["lon,lat", "lat,lon"] = "lon,lat"
    datum: Datum = "WGS-84"
    # West, south, east, north (WGS-84): points outside are kept off every map.
    bounds: Box | None = None
    # In the datum of the file.
    defaults: list[Point] = Field(default_factory=list)
    # A coordinate that more than this share of the rows (and more than ten) carry is a default one.
    default_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    # How far outside its region's outline a point may lie before it is doubted.
    border_metres: Annotated[float, Field(ge=0)] = 200.0

    @model_validator(mode="after")
    def _one_or_two(self) -> Self:
        if (self.point is None) == (self.lon is None) or (self.lon is None) != (self.lat is None):
            raise ValueError("应写 lon 和 lat 两列，或只写 point 一列")
        return self

    @field_validator("bounds")
    @classmethod
    def _in_order(cls, bounds: Box | None) -> Box | None:
        if bounds and not (bounds[0] < bounds[2] and bounds[1] < bounds[3]):
            raise ValueError("应依次为西、南、东、北：西小于东，南小于北")
        return bounds

    def defaults_in_wgs84(self) -> list[tuple[float, float]]:
        """The coordinates that are no places, converted as those of the rows are."""
        named = np.array(self.defaults, dtype=np.float64).reshape(-1, 2)
        lons, lats = datums.to_wgs84(named[:, 0], named[:, 1], self.datum)
        return list(zip(lons.tolist(), lats.tolist(), strict=True))

    def columns(self) -> list[str]:
        """The columns that are read."""
        return [name for name in (self.lon, self.lat, self.point) if name]


class ColumnSection(Section):
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
        named: dict[str, str | None] = {time: getattr(self, time, None) for time in TIMES}
        return {time: column for time, column in named.items() if column is not None}


class DisputeColumns(ColumnSection):
    """As for incidents, with the times of the mediation."""

    mediation_started_at: Text | None = None
    mediation_ended_at: Text | None = None
    resolved_at: Text | None = None


class CaseMapping(Section):
    """What mappings of incidents and of disputes share."""

    # The table, and what `steps.subject` says of it.
    table: ClassVar[str]
    subject: ClassVar[str]
    allowed_choices: ClassVar[dict[str, tuple[str | bool, ...]]]

    kind: str
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
    status: StatusRule | None = None
    choices: dict[str, Choice] = Field(default_factory=dict)
    # Of incidents only: a dispute is never put on a map.
    location: LocationRule | None = None
    # 调解中心, of disputes only.
    centre: HolderRule | None = None
    platform: Text | None = None

    @model_validator(mode="after")
    def _unassigned_exists(self) -> Self:
        if self.regions and self.region.unassigned:
            codes = {child.code for child in self.regions.children}
            if self.region.unassigned not in codes:
                raise ValueError("region.unassigned 应为 regions.children 中的一个 code")
        return self

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        for field, choice in self.choices.items():
            allowed = self.allowed_choices.get(field)
            if allowed is None:
                raise ValueError(
                    f"choices.{field} 没有这个键，可用 {'、'.join(self.allowed_choices)}"
                )
            if not choice.meanings() <= set(allowed):
                shown = "、".join("true" if v is True else str(v).lower() for v in allowed)
                raise ValueError(
                    f"choices.{field}.values 的值应为 {shown} 之一，或为空文本（未知）"
                )
        return self

    def file_columns(self) -> list[str]:
        """Columns that are read, each once, in the order they are named."""
        named = [self.columns.case_no, *self.columns.times().values(), self.region.column]
        named += self.classes.columns
        rules = (self.channel, self.holder, self.status, self.centre, *self.choices.values())
        named += [rule.column for rule in rules if rule]
        if self.location:
            named += self.location.columns()
        return list(dict.fromkeys(named))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.database.zone)


class IncidentMapping(CaseMapping):
    """A mapping of kind `incidents`."""

    table: ClassVar[str] = "incidents"
    subject: ClassVar[str] = "incident"
    allowed_choices: ClassVar[dict[str, tuple[str | bool, ...]]] = INCIDENT_CHOICES

    kind: Literal["incidents"]

    @model_validator(mode="after")
    def _without_centre(self) -> Self:
        if self.centre:
            raise ValueError("centre 只用于 disputes，请删除")
        return self


class DisputeMapping(CaseMapping):
    """A mapping of kind `disputes`."""

    table: ClassVar[str] = "disputes"
    subject: ClassVar[str] = "dispute"
    allowed_choices: ClassVar[dict[str, tuple[str | bool, ...]]] = DISPUTE_CHOICES

    kind: Literal["disputes"]
    columns: DisputeColumns

    @model_validator(mode="after")
    def _without_location(self) -> Self:
        if self.location:
            raise ValueError("location 不用于 disputes：矛盾纠纷不上地图，请删除")
        return self
