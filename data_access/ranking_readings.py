"""The ranking of counties within their groups, as a value of the snapshot.

The method stands in `dashboard.rankings`; here the figures are read and brought together.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from dashboard import periods as spans
from dashboard.indicators import INDICATOR_BY_KEY
from dashboard.periods import Period
from dashboard.rankings import Direction, RankedUnit, UnitRate, rank_changes, rank_units
from dashboard.snapshot import RankedUnit as UnitLine
from dashboard.snapshot import Ranking, RankingGroup
from data_access.indicator_readings import total
from data_access.region_tree import Region, RegionTree
from data_access.schema import ranking_groups, region_ranking_groups
from data_access.sums import SumReader, Sums, Wish, measures_of

RANGE_LEVEL = 0.90
Ranked = dict[str, tuple[RankedUnit, ...]]
# Gives the value kept under a name in a state, counted when there is none yet.
Keep = Callable[[Hashable, Hashable, Callable[[], Ranked]], Ranked]


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
    """Counties in the reader's scope ranked by the cumulative rate: `before` and `month` together.

    Changes of place are against `before`, the months of the year that are over.

    None when there are fewer than two counties to compare. What is as of the past is read from
    the rows: anew every ten minutes, and as soon as its cases add up to something else.
    """
    counties = [county for county in tree.counties(region) if county.id in reader.visible]
    if len(counties) < 2:
        return None
    indicator = INDICATOR_BY_KEY[indicator_key]
    columns = tuple(measures_of([*indicator.numerator, *indicator.denominator]))
    ids = frozenset(county.id for county in counties)

    def wish(period: Period) -> Wish:
        return Wish(columns, period.start, period.end, ids)

    groups = group_of_regions(connection)
    direction = (
        Direction.LOWER_IS_BETTER if indicator.better == "lower" else Direction.HIGHER_IS_BETTER
    )

    def ranked(sums: Sums) -> Ranked:
        rates = [
            _rate(county, groups, sums, indicator.numerator, indicator.denominator)
            for county in sorted(counties, key=lambda county: _group_order(county, groups))
        ]
        return rank_units(rates, direction=direction, min_den=minimum, level=RANGE_LEVEL)

    earlier: Ranked = {}
    if before is None:
        [this_month] = reader.each([wish(month)])
        now = ranked(this_month)
    else:
        # The year is what came before the month, and the month.
        this_month, until_then = reader.each([wish(month), wish(before)])
        now = ranked({county: this_month[county] + until_then[county] for county in ids})
        state = tuple((county, tuple(sorted(until_then[county].items()))) for county in sorted(ids))
        # As of its own end: those cases had no longer to be settled than this month's have had.
        earlier = keep(
            (connection.engine.url, "ranked before", indicator_key, ids, minimum),
            (before, spans.ten_minutes(as_of), state, tuple(groups.items())),
            lambda: ranked(reader.at(before.end).each([wish(before)])[0]),
        )
    changes: dict[str, int | None] = {}
    for code, units in now.items():
        changes.update(rank_changes(units, earlier.get(code, ())))
    names = {str(county.id): county for county in counties}
    return Ranking(
        indicator=indicator_key,
        month_label="当月",
        cumulative_label=cumulative_label,
        minimum_base=minimum,
        groups=tuple(
            RankingGroup(
                code=code,
                name=next((name for known, name in groups.values() if known == code), "未分组"),
                units=tuple(
                    _line(
                        unit,
                        names[unit.code],
                        this_month.get(int(unit.code), Counter()),
                        indicator.numerator,
                        indicator.denominator,
                        changes.get(unit.code),
                    )
                    for unit in units
                ),
            )
            for code, units in now.items()
        ),
        as_of=as_of,
    )


def _group_order(county: Region, groups: Mapping[int, tuple[str, str]]) -> int:
    codes = list(dict.fromkeys(code for code, _ in groups.values()))
    code = groups.get(county.id, ("", ""))[0]
    return codes.index(code) if code in codes else len(codes)


def _rate(
    county: Region,
    groups: Mapping[int, tuple[str, str]],
    sums: Sums,
    numerator: tuple[str, ...],
    denominator: tuple[str, ...],
) -> UnitRate:
    mine = sums.get(county.id, Counter())
    return UnitRate(
        code=str(county.id),
        group=groups.get(county.id, ("ungrouped", ""))[0],
        num=total(mine, numerator),
        den=total(mine, denominator),
    )


def _line(
    unit: RankedUnit,
    county: Region,
    month: Mapping[str, int],
    numerator: tuple[str, ...],
    denominator: tuple[str, ...],
    change: int | None,
) -> UnitLine:
    month_den = total(month, denominator)
    return UnitLine(
        region_id=county.id,
        name=county.name,
        place=unit.rank,
        is_tied=unit.is_tied,
        place_low=unit.rank_range.first if unit.rank_range else None,
        place_high=unit.rank_range.last if unit.rank_range else None,
        value=unit.num / unit.den if unit.den else None,
        interval=(unit.interval.lower, unit.interval.upper) if unit.interval else None,
        numerator=unit.num,
        denominator=unit.den,
        month_value=total(month, numerator) / month_den if month_den else None,
        month_denominator=month_den,
        place_change=change,
    )
