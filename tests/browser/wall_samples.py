"""Further samples for the eye and the browser: places and rankings the day's picture has not.

Not here: what panels say of them (`tests/layouts`), nor how they are shown (`wall_harness`).
"""

from datetime import timedelta

from dashboard.snapshot import MapRegion, RankedUnit, RankingGroup, Reading, Snapshot
from layouts.components.map_region import PARTS as MAP_PARTS
from layouts.wall import PARTS
from tests import snapshot_samples as samples

HANGZHOU = (
    *("上城区", "拱墅区", "西湖区", "滨江区", "萧山区", "余杭区", "临平区", "钱塘区"),
    *("富阳区", "临安区", "桐庐县", "淳安县", "建德市"),
)
TOWNS = ("大陈岛街道", "城关镇", "前所街道", "头门港新区办事处")
MANY_TOWNS = 72


def thirteen_counties() -> Snapshot:
    """A city of thirteen counties, as many as fit the strip at once."""
    return _of_parts("county", HANGZHOU)


def many_towns() -> Snapshot:
    """More towns than the strip has cells for, with long names."""
    return _of_parts("town", [TOWNS[at % len(TOWNS)] for at in range(MANY_TOWNS)])


def many_groups() -> Snapshot:
    """Ten ranking groups, one of them apart, all with bases of at most fifty cases."""
    known = samples.ranking()
    names = ("主城区", "县(市)", "山区海岛县", "市直部门", "经济开发区", "乡镇(街道)", "行业组织")
    groups = [
        RankingGroup(code=f"g{at}", name=name, units=tuple(map(_small, known.groups[at % 3].units)))
        for at, name in enumerate((*names, "其他单位", "派出机构"))
    ]
    apart = RankingGroup(code="zone", name="功能区", units=known.groups[0].units[:4], is_apart=True)
    return samples.wall(ranking=known.model_copy(update={"groups": (apart, *groups)}))


def long_names() -> Snapshot:
    """Places whose names are longer than three characters, and differ at their ends; classes as
    long as hotlines have them, overdue by two digits of days; a county of many grids.
    """
    drawn = samples.map_part()
    assert drawn.inset is not None
    inset = drawn.inset.model_copy(update={"grid_count": 8_230, "patches": drawn.inset.patches * 4})
    names = ("第12选区", "第22选区", "三亚市天涯区", "头门港新区办事处", "第1选区")
    classes = (
        *("道路与人行道养护", "电动自行车违停", "食品与公共卫生", "国有土地上房屋征收"),
        "交通安全隐患",
    )
    named = zip(samples.work_items(), names, classes, strict=True)
    cities = ("", "波士顿市", "阿坝藏族羌族自治州", "海口市", "")
    news = zip(samples.ticker(), names, cities, strict=False)
    return samples.wall(
        map=drawn.model_copy(update={"inset": inset}),
        work_items=tuple(
            item.model_copy(
                update={"county_name": name, "class_label": label, "overdue_workdays": 23}
            )
            for item, name, label in named
        ),
        ticker=tuple(
            item.model_copy(update={"county_name": name, "city_name": city})
            for item, name, city in news
        ),
    )


def every_part_failed() -> Snapshot:
    """The day's picture kept, while none of its parts can be computed."""
    parts = {part for names in PARTS.values() for part in names} | set(MAP_PARTS)
    return samples.wall(failures={part: f"{part}未能更新" for part in sorted(parts)})


def _small(unit: RankedUnit) -> RankedUnit:
    return unit.model_copy(
        update={"numerator": 43, "denominator": 46, "month_value": 0.75, "month_denominator": 48}
    )


def _of_parts(level: str, names: tuple[str, ...] | list[str]) -> Snapshot:
    wall = samples.wall()
    owner = wall.place.id
    parts = [
        MapRegion(
            id=owner * 1_000 + at,
            code=None,
            name=name,
            short_name=name,
            level=level,
            parent_id=owner,
            centre=None,
        )
        for at, name in enumerate(names)
    ]
    city = next(
        r
        for r in wall.readings
        if r.indicator == "incidents_registered" and r.region_id != owner and r.period == "today"
    )
    readings: list[Reading] = [
        city.model_copy(update={"region_id": part.id, "value": float(9_876 - 131 * at)})
        for at, part in enumerate(parts)
    ]
    place = wall.place.model_copy(update={"child_level": level})
    own = tuple(region for region in wall.regions if region.id == owner)
    return samples.wall(place=place, regions=(*own, *parts), readings=(*wall.readings, *readings))


def silent_since(minutes: int) -> Snapshot:
    """The day's wall when all its sources were last heard so many minutes ago."""
    heard = samples.DAY - timedelta(minutes=minutes)
    sources = tuple(
        source.model_copy(update={"last_contact_at": heard}) for source in samples.sources()
    )
    # Nothing came after it.
    ticker = tuple(
        item.model_copy(update={"at": item.at - timedelta(minutes=minutes)})
        for item in samples.ticker()
    )
    return samples.wall(sources=sources, ticker=ticker)


def silent_for_four_minutes() -> Snapshot:
    """Old enough to be called stale."""
    return silent_since(4)


def without_permission() -> Snapshot:
    """A scope that may see incidents and not disputes."""
    hidden = ("dispute", "mediation", "reception", "confirmation", "performance")
    denied = {
        "value": None,
        "numerator": None,
        "denominator": None,
        "interval": None,
        "comparison": None,
        "status": "forbidden",
    }
    readings = tuple(
        reading.model_copy(update=denied) if reading.indicator.startswith(hidden) else reading
        for reading in samples.wall().readings
    )
    return samples.wall(readings=readings)
