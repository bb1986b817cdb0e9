"""Snapshot: the immutable, numbered value from which every screen and file is made.

Shapes, the canonical JSON form and its hash stand here. How the values are computed
(`data_access.snapshotting`) and how they look (`layouts`) do not. Regions are `regions.id`;
instants are kept in UTC; rates are fractions (0.975), never percent; durations are hours.
"""

import hashlib
from datetime import UTC
from typing import Annotated, Literal, Self

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

FORMAT = 1
COUNTY_WORD = "县(市、区)"

Status = Literal[
    "known",
    "empty_base",  # the denominator is 0: blank, never 0
    "no_data",  # the source never delivered: 未接入
    "suppressed",  # too few to show
    "forbidden",  # the scope denies it: 无权限
]
Group = Literal["live", "slow"]
# Kept in UTC, so that one moment has one text, whatever zone a server or a screen thinks in.
Instant = Annotated[AwareDatetime, AfterValidator(lambda instant: instant.astimezone(UTC))]


class Value(BaseModel):
    """Base of all parts: frozen, no surprises."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Period(Value):
    """Half-open span of a reading with its printed name, e.g. 11月1—20日."""

    key: str
    label: str
    start: Instant
    end: Instant


class Comparison(Value):
    """The same figure of another period, e.g. 较昨日同时段. `change` is relative for a count
    (0.03 = +3 %) and the difference of the printed values for a rate (percentage points)."""

    label: str
    value: float | None
    change: float | None


class Reading(Value):
    """One figure: value with numerator and denominator, interval (95 %, Wilson), comparison."""

    indicator: str
    facet: str | None = None
    region_id: int
    period: str
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    interval: tuple[float, float] | None = None
    comparison: Comparison | None = None
    status: Status = "known"
    group: Group
    as_of: Instant


class Target(Value):
    """What the region's figure is held to over the whole of a period (考核目标).

    In the units of readings: a fraction for a rate. Never another region's or another period's.
    """

    indicator: str
    region_id: int
    period: str
    value: float


class SlotPoint(Value):
    """A point of a series; the band (10-90 % and median of comparable days) may be absent."""

    at: Instant
    value: float | None
    low: float | None = None
    median: float | None = None
    high: float | None = None


class Series(Value):
    """Values in time: `today_trend` (half-hours of the local day), `last_30_days`, sparklines."""

    key: str
    indicator: str
    unit: str
    points: tuple[SlotPoint, ...]
    band_days: int | None = None
    group: Group
    as_of: Instant


class RankedUnit(Value):
    """A unit in a ranking. `place` is None below the threshold (件数较少) and without base."""

    region_id: int
    name: str
    place: int | None
    is_tied: bool = False
    place_low: int | None = None
    place_high: int | None = None
    value: float | None
    # 95 %, of `value`
    interval: tuple[float, float] | None = None
    numerator: int
    denominator: int
    month_value: float | None
    month_denominator: int
    # Places won (+) or lost (-) against last month; None: not ranked then.
    place_change: int | None = None


class RankingGroup(Value):
    """Units that are compared with each other. Sorted by place; few-case units last."""

    code: str
    name: str
    units: tuple[RankedUnit, ...]
    is_apart: bool = False  # 功能区: their cases also count in a county


class Ranking(Value):
    """Groups ranked by one indicator; printed value decides ties; ranges of places at 90 %."""

    indicator: str
    month_label: str
    cumulative_label: str
    minimum_base: int
    groups: tuple[RankingGroup, ...]
    group: Group = "slow"
    as_of: Instant


class HeatCells(Value):
    """Smoothed rate on metric cells, 件/百平方公里·日, for one window."""

    window: Literal["2h", "24h", "7d", "30d"]
    window_label: str
    cell_km: int
    kernel_km: float
    origin: tuple[float, float]
    limits: tuple[float, ...]
    # (cell x, cell y, rate) of every cell with an event, not smoothed.
    cells: tuple[tuple[int, int, float], ...]
    counted: int
    # Cases of the window without a usable point: counted, kept off the layer.
    left_out: int
    # Cells with fewer cases are not shown (one county only); their cases are no part of `counted`.
    cell_minimum: int = 1
    withheld: int = 0
    group: Group
    as_of: Instant


class MapPoint(Value):
    """A new hazard or service incident, at the centre of its grid, to the minute."""

    key: str
    lon: float
    lat: float
    at: Instant
    category: str


class GridPatch(Value):
    """Grids merged so that no shown patch has fewer than the minimum of events."""

    grid_ids: tuple[int, ...]
    events: int | None
    rate: float | None


class GridInset(Value):
    """The grid layer of one county: how many grids became how many patches."""

    county_id: int
    county_name: str
    period_label: str
    grid_count: int
    patches: tuple[GridPatch, ...]
    classes: tuple[float, ...]
    as_of: Instant


class Choropleth(Value):
    """Fill of the map's regions by an indicator; None = no data (hatched)."""

    indicator: str
    label: str
    unit: str
    classes: tuple[float, ...]
    values: dict[int, float | None]
    group: Group
    as_of: Instant


class MapRegion(Value):
    """A region that the map draws or the screen lists."""

    id: int
    code: str | None
    name: str
    short_name: str
    level: str
    parent_id: int | None
    centre: tuple[float, float] | None


class MapPart(Value):
    """What the map shows beyond static outlines."""

    outlines: Literal["approved", "unapproved", "none"]
    approval_number: str | None
    # Checksum of the geometry set: part of the outlines' address, so they can be cached for ever.
    geometry_checksum: str | None
    choropleth: Choropleth | None
    heat: tuple[HeatCells, ...]
    points: tuple[MapPoint, ...]
    inset: GridInset | None
    # The grid layer of each county, from city level down; at province level there is the inset.
    grids: tuple[GridInset, ...] = ()


class WorkItem(Value):
    """A case that needs a hand: 黄牌 or 红牌督办. Place to the county, class, how long."""

    kind: Literal["red", "yellow"]
    county_name: str
    class_label: str
    overdue_workdays: int | None
    registered_at: Instant


class TickerItem(Value):
    """A new hazard or service incident in words; to the minute, place to the county."""

    at: Instant
    city_name: str
    county_name: str
    category: str
    channel: str


class SourceState(Value):
    """Contact with one source. Late and stale are counted in its own cycles."""

    key: str
    name: str
    cycle_seconds: int
    last_contact_at: Instant | None
    last_row_at: Instant | None
    last_error_at: Instant | None
    is_live: bool


class Place(Value):
    """The scope's own region and how many regions it holds, for titles."""

    id: int
    code: str | None
    name: str
    level: str
    child_level: str | None
    city_count: int
    county_count: int
    # What regions of the county level are called here.
    county_word: str = COUNTY_WORD


class Snapshot(Value):
    """Everything a screen of one view shows. See the module's docstring for units."""

    format: int = FORMAT
    number: int
    view: str
    product_name: str
    zone: str
    is_demo: bool
    # Said on screen where the data is a share of the real volume (演示数据).
    volume_note: str | None
    as_of: Instant
    known_at: Instant
    made_at: Instant
    # False for a replayed moment (as_of in the past): nothing will change any more.
    is_live: bool
    place: Place
    regions: tuple[MapRegion, ...]
    periods: tuple[Period, ...]
    readings: tuple[Reading, ...]
    targets: tuple[Target, ...] = ()
    series: tuple[Series, ...]
    ranking: Ranking | None
    map: MapPart
    work_items: tuple[WorkItem, ...]
    ticker: tuple[TickerItem, ...]
    sources: tuple[SourceState, ...]
    # What was counted but left out of an indicator or layer, by reason, e.g. 办结早于受理 197.
    left_out: dict[str, int]
    # Parts that could not be computed this time, by name, with one Chinese sentence each.
    failures: dict[str, str]

    def find(
        self,
        indicator: str,
        *,
        period: str | None = None,
        facet: str | None = None,
        region_id: int | None = None,
    ) -> Reading | None:
        """The reading with these marks (the scope's own region by default), or None."""
        wanted = self.place.id if region_id is None else region_id
        for reading in self.readings:
            if (
                reading.indicator == indicator
                and reading.facet == facet
                and reading.region_id == wanted
                and (period is None or reading.period == period)
            ):
                return reading
        return None

    def target_of(self, reading: Reading) -> Target | None:
        """The target of the reading's own indicator, region and period; a facet has none."""
        marks = (reading.indicator, reading.region_id, reading.period)
        for target in self.targets:
            if (target.indicator, target.region_id, target.period) == marks:
                return target if reading.facet is None else None
        return None

    def series_of(self, key: str) -> Series | None:
        """The series with this key, or None."""
        return next((series for series in self.series if series.key == key), None)

    def period(self, key: str) -> Period | None:
        """The period with this key, or None."""
        return next((period for period in self.periods if period.key == key), None)

    def to_json(self) -> bytes:
        """Canonical JSON: sorted keys, no spaces, UTC instants."""
        return orjson.dumps(
            self.model_dump(mode="python"),
            option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z,
        )

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """The snapshot that `to_json` wrote."""
        return cls.model_validate(orjson.loads(body))

    def sha256(self) -> str:
        """Hash of what the snapshot says, apart from its number and the time it was made."""
        said = self.model_copy(update={"number": 0, "made_at": self.as_of})
        return hashlib.sha256(said.to_json()).hexdigest()
