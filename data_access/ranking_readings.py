"""The ranking of counties within their groups, and of zones (功能区) in groups of their own, as a
value of the snapshot.

The method stands in `dashboard.rankings`; here the figures are read and brought together.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from dashboard.indicators import INDICATOR_BY_KEY, ROLLED_UP_FLOWS, Indicator
from dashboard.periods import Period
from dashboard.rankings import Direction, RankedUnit, UnitRate, rank_changes, rank_units
from dashboard.snapshot import RankedUnit as UnitLine
from dashboard.snapshot import Ranking, RankingGroup
from dashboard.vocabulary import Rows
from data_access.indicator_readings import subjects, total
from data_access.region_tree import Region, RegionTree
from data_access.row_sums import MEASURE_BY_COLUMN, SUBJECTS_BY_TOWN
from data_access.schema import ranking_groups, region_ranking_groups
from data_access.sums import SumReader, Sums, Wish, measures_of

RANGE_LEVEL = 0.90
UNGROUPED = ("ungrouped", "未分组")
ZONES = ("zones", "功能区")
Ranked = dict[str, tuple[RankedUnit, ...]]
# Gives the value kept under a name in a state, counted when there is none yet.
Keep = Callable[[tuple[Hashable, ...], Hashable, Callable[[], Ranked]], Ranked]


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is ranked: a county or a zone, in its group of today. Groups of zones stand apart."""

    region: Region
    group: tuple[str, str]
    is_zone: bool = False

    @property
    def key(self) -> str:
        """Of the group: zones and counties are never in one."""
        return f"{'zone' if self.is_zone else 'county'}:{self.group[0]}"


def group_of_regions(connection: Connection) -> dict[int, tuple[str, str]]:
    """(code, name) of the ranking group each region is in today, groups in their order."""
    rows = connection.execute(
        select(region_ranking_groups.c.region_id, ranking_groups.c.code, ranking_groups.c.name)
        .join(ranking_groups, ranking_groups.c.code == region_ranking_groups.c.group_code)
        .where(region_ranking_groups.c.valid_to.is_(None))
        .order_by(ranking_groups.c.sort_order, region_ranking_groups.c.region_id)
    )
    return {row.region_id: (row.code, row.name) for row in rows}


def rank_counties(
    connection: Connection,
    reader: SumReader,
    tree: RegionTree,
    region: Region,
    *,
    indicator_key: str,
    minimum: int,
    month: Period,
    cumulative_label: str,
    before: Period | None,
    as_of: datetime,
    keep: Keep,
) -> Ranking | None:
    """Counties in the reader's scope, and zones all of whose townships lie in it, ranked by the
    cumulative rate: `before` and `month` together.

    Changes of place are against `before`, the months of the year that are over. Cases of a zone
    count in their county as well. Indicators of rows without township have no zones.

    None when there are fewer than two counties to compare. What is as of the past is read from
    the rows, hundreds of thousands of them: as soon as cases of that time come or go. What is done
    with them since does not change it; of outcomes that are told late or corrected `keep` decides.
    """
    indicator = INDICATOR_BY_KEY[indicator_key]
    units = _units(connection, reader, tree, region, indicator)
    if sum(not unit.is_zone for unit in units) < 2:
        return None
    columns = tuple(measures_of([*indicator.numerator, *indicator.denominator]))
    ids = frozenset(unit.region.id for unit in units)

    def wish(period: Period) -> Wish:
        return Wish(columns, period.start, period.end, ids)

    direction = (
        Direction.LOWER_IS_BETTER if indicator.better == "lower" else Direction.HIGHER_IS_BETTER
    )

    def ranked(sums: Sums) -> Ranked:
        rates = [_rate(unit, sums, indicator) for unit in units]
        return rank_units(rates, direction=direction, min_den=minimum, level=RANGE_LEVEL)

    earlier: Ranked = {}
    if before is None:
        [this_month] = reader.each([wish(month)])
        now = ranked(this_month)
    else:
        # The year is what came before the month, and the month.
        begun = _counting_what_began(columns)
        read = tuple(dict.fromkeys((*columns, *begun)))
        this_month, until_then = reader.each(
            [wish(month), Wish(read, before.start, before.end, ids)]
        )
        now = ranked({unit: this_month[unit] + until_then[unit] for unit in ids})
        state = tuple(tuple(until_then[unit][name] for name in begun) for unit in sorted(ids))
        groups = tuple((unit.region.id, unit.key) for unit in units)
        # As of its own end: those cases had no longer to be settled than this month's have had.
        earlier = keep(
            ("ranked before", connection.engine.url, indicator_key, ids, minimum),
            (before, state, groups),
            lambda: ranked(reader.at(before.end).each([wish(before)])[0]),
        )
    return Ranking(
        indicator=indicator_key,
        month_label="当月",
        cumulative_label=cumulative_label,
        minimum_base=minimum,
        groups=_groups(units, now, earlier, this_month, indicator),
        as_of=as_of,
    )


def _counting_what_began(columns: Sequence[str]) -> tuple[str, ...]:
    """Measures that count all whose moment lies in the period, for each of the columns one whose
    outcome may come later; the column itself where there is none, or where it knows no later.
    """
    found = []
    for column in columns:
        flow = MEASURE_BY_COLUMN[column].flow
        whole = [
            other.key
            for other in ROLLED_UP_FLOWS
            if (other.subject, other.moment) == (flow.subject, flow.moment)
            and (other.where, other.facet, other.amount) == ((), None, Rows())
        ]
        found.append(whole[0] if flow.is_cohort and whole else column)
    return tuple(dict.fromkeys(found))


def _units(
    connection: Connection,
    reader: SumReader,
    tree: RegionTree,
    region: Region,
    indicator: Indicator,
) -> list[_Unit]:
    """Counties, then zones, each by the order of their groups and their own."""
    counties = [county for county in tree.counties(region) if county.id in reader.visible]
    zones = []
    if subjects(indicator) <= SUBJECTS_BY_TOWN:
        zones = [tree.by_id[zone.id] for zone in reader.zones]
    group_of = group_of_regions(connection)
    order = {group: place for place, group in enumerate(dict.fromkeys(group_of.values()))}
    of_counties = {group_of.get(county.id) for county in counties}
    units = [_Unit(county, group_of.get(county.id, UNGROUPED)) for county in counties]
    for zone in zones:
        group = group_of.get(zone.id)
        # In a group of counties a zone would be taken for one of them.
        units.append(_Unit(zone, ZONES if group is None or group in of_counties else group, True))
    return sorted(units, key=lambda unit: (unit.is_zone, order.get(unit.group, len(order))))


def _rate(unit: _Unit, sums: Sums, indicator: Indicator) -> UnitRate:
    mine = sums.get(unit.region.id, Counter())
    return UnitRate(
        code=str(unit.region.id),
        group=unit.key,
        num=total(mine, indicator.numerator),
        den=total(mine, indicator.denominator),
    )


def _groups(
    units: Iterable[_Unit], now: Ranked, earlier: Ranked, month: Sums, indicator: Indicator
) -> tuple[RankingGroup, ...]:
    """The groups as the wall shows them, in their order, those of zones last."""
    known = {str(unit.region.id): unit for unit in units}
    groups = []
    for key, ranks in now.items():
        changes = rank_changes(ranks, earlier.get(key, ()))
        of_group = known[ranks[0].code]
        lines = [
            _line(
                rank,
                known[rank.code],
                month.get(int(rank.code), Counter()),
                indicator,
                changes.get(rank.code),
            )
            for rank in ranks
        ]
        code, name = of_group.group
        groups.append(
            RankingGroup(code=code, name=name, units=tuple(lines), is_apart=of_group.is_zone)
        )
    return tuple(groups)


def _line(
    rank: RankedUnit,
    unit: _Unit,
    month: Mapping[str, int],
    indicator: Indicator,
    change: int | None,
) -> UnitLine:
    month_den = total(month, indicator.denominator)
    return UnitLine(
        region_id=unit.region.id,
        # The full names of zones are longer than any line.
        name=unit.region.short_name if unit.is_zone else unit.region.name,
        place=rank.rank,
        is_tied=rank.is_tied,
        place_low=rank.rank_range.first if rank.rank_range else None,
        place_high=rank.rank_range.last if rank.rank_range else None,
        value=rank.num / rank.den if rank.den else None,
        interval=(rank.interval.lower, rank.interval.upper) if rank.interval else None,
        numerator=rank.num,
        denominator=rank.den,
        month_value=total(month, indicator.numerator) / month_den if month_den else None,
        month_denominator=month_den,
        place_change=change,
    )
