"""Sample snapshots: the figures of the design pictures, and the same wall in other conditions.

Every figure is invented. `wall()` is the minute of the day picture (14:32), the others differ from
it as their names say. Nothing here reads a database.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.snapshot import (
    Choropleth,
    Comparison,
    GridInset,
    GridPatch,
    Group,
    HeatCells,
    MapPart,
    MapPoint,
    MapRegion,
    Period,
    Place,
    RankedUnit,
    Ranking,
    RankingGroup,
    Reading,
    Series,
    SlotPoint,
    Snapshot,
    SourceState,
    Target,
    TickerItem,
    WorkItem,
)

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 11, 20, 14, 32, 5, tzinfo=ZONE)
NIGHT = datetime(2026, 11, 20, 3, 12, 4, tzinfo=ZONE)
SLOW = datetime(2026, 11, 20, 14, 0, tzinfo=ZONE)
PROVINCE = 33

CITIES = (
    ("杭州", 3766, -0.01, 120.15, 30.27),
    ("宁波", 2746, 0.07, 121.55, 29.87),
    ("温州", 2773, -0.06, 120.70, 28.00),
    ("嘉兴", 1559, 0.06, 120.75, 30.75),
    ("湖州", 1094, 0.05, 120.09, 30.89),
    ("绍兴", 1444, 0.09, 120.58, 30.00),
    ("金华", 1973, 0.03, 119.65, 29.08),
    ("衢州", 681, 0.11, 118.87, 28.97),
    ("舟山", 319, -0.05, 122.20, 29.99),
    ("台州", 2210, 0.08, 121.42, 28.66),
    ("丽水", 625, 0.10, 119.92, 28.47),
)
CATEGORIES = {
    "service": 6809,
    "hazard": 4804,
    "opinion": 2615,
    "policy": 1918,
    "dispute": 1498,
    "other": 1546,
}
# Succeeded and mediated by method; sectoral is a part of people's mediation.
METHODS = {
    "people": (28369, 29666),
    "sectoral": (3601, 3827),
    "administrative": (3822, 4092),
    "judicial": (1905, 2119),
    "other": (606, 658),
}
URBAN = (
    *(
        "上城区",
        "拱墅区",
        "西湖区",
        "滨江区",
        "萧山区",
        "余杭区",
        "临平区",
        "钱塘区",
        "富阳区",
        "海曙区",
    ),
    *(
        "江北区",
        "北仑区",
        "镇海区",
        "鄞州区",
        "奉化区",
        "鹿城区",
        "龙湾区",
        "瓯海区",
        "洞头区",
        "南湖区",
    ),
    *(
        "秀洲区",
        "吴兴区",
        "南浔区",
        "越城区",
        "柯桥区",
        "上虞区",
        "婺城区",
        "金东区",
        "椒江区",
        "黄岩区",
    ),
    *("路桥区",),
)
COUNTIES = (
    *(
        "义乌市",
        "安吉县",
        "东阳市",
        "德清县",
        "长兴县",
        "嘉善县",
        "海盐县",
        "诸暨市",
        "嵊州市",
        "新昌县",
    ),
    *(
        "永康市",
        "浦江县",
        "慈溪市",
        "象山县",
        "宁海县",
        "瑞安市",
        "乐清市",
        "龙港市",
        "永嘉县",
        "平阳县",
    ),
    *(
        "苍南县",
        "临海市",
        "海宁市",
        "余姚市",
        "兰溪市",
        "桐乡市",
        "平湖市",
    ),
)
REMOTE = (
    *(
        "龙游县",
        "天台县",
        "定海区",
        "仙居县",
        "三门县",
        "玉环市",
        "温岭市",
        "淳安县",
        "建德市",
        "桐庐县",
    ),
    *(
        "文成县",
        "泰顺县",
        "磐安县",
        "武义县",
        "柯城区",
        "江山市",
        "常山县",
        "开化县",
        "莲都区",
        "龙泉市",
    ),
    *(
        "缙云县",
        "遂昌县",
        "松阳县",
        "庆元县",
        "岱山县",
        "临安区",
        "衢江区",
        "青田县",
        "普陀区",
    ),
)
# What a province may have six figures of on one wall.
SIX_FIGURES = (
    "incidents_registered",
    "incidents_closed",
    "incidents_open",
    "receptions",
    "reception_people",
    "disputes_accepted",
)
# Overdue cases are few of many.
FEW_FIGURES = {
    "incidents_overdue": 6_418.0,
    "incidents_red": 418.0,
    "incidents_yellow": 2_418.0,
    "red_new": 218.0,
    "yellow_new": 418.0,
}
FEW = (("嵊泗县", 471), ("云和县", 500), ("景宁畲族自治县", 699))


def reading(
    indicator: str,
    value: float | None,
    *,
    period: str = "month",
    facet: str | None = None,
    region_id: int = PROVINCE,
    base: float | None = None,
    group: Group = "slow",
    **more: Any,
) -> Reading:
    """A reading; with a `base` the value is a numerator and the rate is computed."""
    rate = value if base is None or value is None else (value / base if base else None)
    return Reading(
        indicator=indicator,
        facet=facet,
        region_id=region_id,
        period=period,
        value=rate,
        numerator=value if base is not None else None,
        denominator=base,
        group=group,
        as_of=more.pop("as_of", DAY if group == "live" else SLOW),
        **more,
    )


def wall(**changes: Any) -> Snapshot:
    """The day picture; keyword arguments replace whole parts."""
    parts: dict[str, Any] = {
        "number": 41,
        "view": "wall:33",
        "product_name": "浙江省综治中心数字驾驶舱",
        "zone": "Asia/Shanghai",
        "is_demo": True,
        "volume_note": "约为实际业务量的1/20",
        "as_of": DAY,
        "known_at": DAY,
        "made_at": DAY + timedelta(seconds=1),
        "is_live": True,
        "place": Place(
            id=PROVINCE,
            code="330000",
            name="浙江省",
            level="province",
            child_level="city",
            city_count=11,
            county_count=90,
        ),
        "regions": _regions(),
        "periods": _periods(DAY),
        "readings": (*live_readings(), *slow_readings()),
        "series": series(),
        "ranking": ranking(),
        "map": map_part(),
        "work_items": work_items(),
        "ticker": ticker(),
        "sources": sources(),
        "left_out": {},
        "failures": {},
    }
    return Snapshot(**{**parts, **changes})


def with_targets() -> Snapshot:
    """The day picture with a target for each rate: reached, missed, and reached by a tie."""
    return wall(
        targets=(
            target("on_time_rate", 0.95),
            target("mean_handling_hours", 10.0, period="last_30_days"),
            target("dispute_resolution_rate", 0.9),
            target("mediation_success_rate", 0.95),
            target("disputes_dispatched", 0.98),
            target("performance_rate", 0.96),
            target("resolved_in_town_rate", 0.95),
        )
    )


def target(
    indicator: str, value: float, *, period: str = "month", region_id: int = PROVINCE
) -> Target:
    """A target of the province for the month."""
    return Target(indicator=indicator, region_id=region_id, period=period, value=value)


def six_figures() -> Snapshot:
    """Everything as wide as it gets: 132,418 today, rates of 100.0 %, the longest names."""
    readings = []
    for item in wall().readings:
        if item.value is None:
            readings.append(item)
        elif item.denominator is None:
            readings.append(item.model_copy(update={"value": _widest(item)}))
        else:
            full = {"value": 1.0, "numerator": 32_418.0, "denominator": 32_418.0, "interval": None}
            readings.append(item.model_copy(update=full))
    items = tuple(
        WorkItem(
            kind="red",
            county_name="景宁畲族自治县",
            class_label="农村土地承包经营权纠纷",
            overdue_workdays=128,
            registered_at=DAY - timedelta(days=200),
        )
        for _ in range(8)
    )
    news = tuple(
        TickerItem(
            at=DAY,
            city_name="丽水市",
            county_name="景宁畲族自治县",
            category="hazard",
            channel="物联网感知",
        )
        for _ in range(8)
    )
    wide = tuple(_widest_group(group) for group in ranking().groups)
    full_targets = tuple(
        item.model_copy(update={"value": 132.4 if item.period == "last_30_days" else 1.0})
        for item in (*with_targets().targets, target("confirmation_rate", 1.0))
    )
    heat = map_part().heat[0].model_copy(update={"cell_minimum": 3, "withheld": 2_418})
    return wall(
        map=map_part().model_copy(update={"heat": (heat,)}),
        left_out={"时间存疑": 32_418, "无办结时限": 832_418, "默认坐标": 832_418},
        readings=tuple(readings),
        targets=full_targets,
        work_items=items,
        ticker=news,
        ranking=ranking().model_copy(update={"groups": wide}),
    )


def nothing_happened() -> Snapshot:
    """The query worked and found nothing: zeros, no rows, empty bases without a rate."""
    readings = [
        item.model_copy(
            update={
                "value": 0.0
                if item.denominator is None and item.period != "last_30_days"
                else None,
                "numerator": 0.0 if item.denominator is not None else None,
                "denominator": 0.0 if item.denominator is not None else None,
                "interval": None,
                "comparison": None,
                "status": "known"
                if item.denominator is None and item.period != "last_30_days"
                else "empty_base",
            }
        )
        for item in wall().readings
    ]
    quiet = tuple(
        line.model_copy(
            update={
                "points": tuple(
                    point.model_copy(update={"value": None if point.value is None else 0.0})
                    for point in line.points
                )
                if line.indicator == "incidents_registered"
                else ()
            }
        )
        for line in series()
    )
    return wall(readings=tuple(readings), series=quiet, work_items=(), ticker=(), ranking=None)


def never_delivered() -> Snapshot:
    """No source ever delivered anything: 未接入 everywhere."""
    readings = [
        item.model_copy(
            update={
                "value": None,
                "numerator": None,
                "denominator": None,
                "interval": None,
                "comparison": None,
                "status": "no_data",
            }
        )
        for item in wall().readings
    ]
    return wall(
        readings=tuple(readings),
        series=(),
        work_items=(),
        ticker=(),
        ranking=None,
        sources=(),
        map=map_part().model_copy(
            update={"choropleth": None, "heat": (), "points": (), "inset": None}
        ),
    )


def disputes_missing() -> Snapshot:
    """One source is missing: incidents are there, disputes were never delivered."""
    gone = {"value": None, "numerator": None, "denominator": None, "interval": None}
    keys = ("receptions", "reception_people", "disputes_", "dispute_", "mediation_", "confirm")
    readings = tuple(
        item.model_copy(update={**gone, "comparison": None, "status": "no_data"})
        if item.indicator.startswith(keys) or item.indicator == "performance_rate"
        else item
        for item in wall().readings
    )
    return wall(readings=readings, ranking=None)


def night() -> Snapshot:
    """03:12, nothing urgent."""
    readings = tuple(
        item.model_copy(update={"as_of": NIGHT}) if item.group == "live" else item
        for item in (*live_readings(today=1_204, closed=1_150), *slow_readings())
    )
    return wall(
        as_of=NIGHT,
        known_at=NIGHT,
        made_at=NIGHT + timedelta(seconds=1),
        readings=readings,
        periods=_periods(NIGHT),
        series=(trend(NIGHT), last_day(NIGHT), *series()[2:]),
        sources=sources(NIGHT),
    )


def night_with_emergency() -> Snapshot:
    """03:12 with two emergencies waiting."""
    quiet = night()
    readings = tuple(
        item.model_copy(update={"value": 2.0}) if item.indicator == "emergencies_open" else item
        for item in quiet.readings
    )
    return quiet.model_copy(update={"readings": readings})


def live_readings(today: int = 19_190, closed: int = 18_183) -> tuple[Reading, ...]:
    """Counts of today and the shift, stocks, counts of the cities."""
    against = "较昨日同时段"
    readings = [
        reading(
            "incidents_registered",
            today,
            period="today",
            group="live",
            comparison=Comparison(label=against, value=18_632, change=558 / 18_632),
        ),
        reading("incidents_closed", closed, period="today", group="live"),
        reading("red_new", 6, period="today", group="live"),
        reading("yellow_new", 47, period="today", group="live"),
        reading("incidents_open", 14_201, period="now", group="live"),
        reading("incidents_overdue", 891, period="now", group="live"),
        reading("incidents_near_due", 1_741, period="now", group="live"),
        reading("incidents_red", 150, period="now", group="live"),
        reading("incidents_yellow", 741, period="now", group="live"),
        reading("emergencies_open", 0, period="now", group="live"),
        reading("incidents_registered", 3_950, period="shift", group="live"),
        reading("incidents_closed", 3_745, period="shift", group="live"),
        reading("red_new", 0, period="shift", group="live"),
        reading("incidents_registered", 31_709, period="last_24_hours", group="live"),
    ]
    readings += [
        reading("incidents_registered", count, period="today", facet=facet, group="live")
        for facet, count in CATEGORIES.items()
    ]
    readings += [
        reading(
            "incidents_registered",
            count,
            period="today",
            region_id=_city_id(at),
            group="live",
            comparison=Comparison(label=against, value=round(count / (1 + change)), change=change),
        )
        for at, (_, count, change, *_) in enumerate(CITIES)
    ]
    return tuple(readings)


def slow_readings() -> tuple[Reading, ...]:
    """Rates, means, disputes."""
    succeeded = sum(num for key, (num, _) in METHODS.items() if key != "sectoral")
    mediated = sum(den for key, (_, den) in METHODS.items() if key != "sectoral")
    return (
        reading("on_time_rate", 557_304, base=571_594),
        reading("mean_handling_hours", 10.6, period="last_30_days"),
        reading("receptions", 46_318),
        reading("reception_people", 73_905),
        reading("disputes_accepted", 41_260),
        reading("disputes_dispatched", 40_922, base=41_260),
        reading("disputes_mediated", mediated, base=40_922),
        reading("disputes_succeeded", succeeded, base=mediated),
        reading("dispute_resolution_rate", 34_700, base=41_260),
        reading("mediation_success_rate", succeeded, base=mediated, interval=(0.9475, 0.952)),
        *(
            reading(
                "mediation_success_rate", num, base=den, facet=facet, interval=_wilson(num, den)
            )
            for facet, (num, den) in METHODS.items()
        ),
        reading("confirmation_rate", 4_273, base=21_050),
        reading("performance_rate", 25_167, base=26_408),
        reading("resolution_level", 381_000, base=616_505, facet="village"),
        reading("resolution_level", 216_393, base=616_505, facet="town"),
        reading("resolution_level", 19_112, base=616_505, facet="county"),
        reading("resolved_in_town_rate", 597_393, base=616_505),
    )


def series() -> tuple[Series, ...]:
    """All series of the day picture."""
    return (
        trend(DAY),
        last_day(DAY),
        _daily("last_30_days", "incidents_registered", "件", _thirty_counts()),
        _daily("on_time_spark", "on_time_rate", "%", _wavy(0.966, 0.975)),
        _daily("handling_spark", "mean_handling_hours", "小时", _wavy(12.9, 10.5)),
    )


def trend(at: datetime) -> Series:
    """件/半小时 of the day, up to the last finished half-hour."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    finished = at.hour * 2 + at.minute // 30
    points = [
        _slot(midnight + slot * timedelta(minutes=30), known=slot < finished) for slot in range(48)
    ]
    return _trend_series("today_trend", points, at)


def last_day(at: datetime) -> Series:
    """件/半小时 of the 48 half-hours that ended last."""
    end = at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
    points = [_slot(end - back * timedelta(minutes=30), known=True) for back in range(48, 0, -1)]
    return _trend_series("last_24_hours", points, at)


def ranking() -> Ranking:
    """Three groups of 31, 27 and 29 + 3 units."""
    return Ranking(
        indicator="mediation_success_rate",
        month_label="当月",
        cumulative_label="1—11月",
        minimum_base=900,
        groups=(
            RankingGroup(code="urban", name="主城区", units=_units(URBAN, 97.0, 90.8)),
            RankingGroup(code="county", name="县(市)", units=_units(COUNTIES, 97.2, 93.6)),
            RankingGroup(
                code="remote",
                name="山区海岛县",
                units=(*_units(REMOTE, 97.6, 92.5), *_few_units()),
            ),
        ),
        as_of=SLOW,
    )


def map_part() -> MapPart:
    """County fill, heat of two hours, two points; no geometry is stored."""
    counties = {region.id: 3.0 + region.id % 7 * 0.7 for region in _regions() if region.id > 9999}
    return MapPart(
        outlines="unapproved",
        approval_number=None,
        geometry_checksum=None,
        choropleth=Choropleth(
            indicator="incidents_per_10k",
            label="近24小时",
            unit="件/万人",
            classes=(3.5, 4.5, 5.5, 6.5),
            values=counties,
            group="live",
            as_of=DAY,
        ),
        heat=(
            HeatCells(
                window="2h",
                window_label="近2小时",
                cell_km=5,
                kernel_km=6.0,
                origin=(120.0, 29.0),
                limits=(2, 4, 8, 16, 32),
                cells=((3, 28, 41.5), (4, 28, 30.2), (-8, -3, 12.0)),
                counted=2431,
                left_out=12,
                group="live",
                as_of=DAY,
            ),
        ),
        points=(
            MapPoint(key="a", lon=120.76, lat=30.75, at=DAY, category="hazard"),
            MapPoint(key="b", lon=119.50, lat=28.40, at=DAY, category="service"),
        ),
        inset=GridInset(
            county_id=330212,
            county_name="鄞州区",
            period_label="近30日",
            grid_count=1931,
            patches=tuple(GridPatch(grid_ids=(n,), events=5, rate=9.0) for n in range(84)),
            classes=(2, 8, 32, 128),
            as_of=SLOW,
        ),
    )


def work_items() -> tuple[WorkItem, ...]:
    """The list of the day picture, longest overdue first."""
    rows = (
        ("red", "路桥区", "劳动人事争议", 9),
        ("red", "龙湾区", "消防隐患", 7),
        ("yellow", "钱塘区", "物业管理", 3),
        ("yellow", "瓯海区", "邻里纠纷", 2),
        ("yellow", "长兴县", "土地承包", 1),
    )
    return tuple(
        WorkItem(
            kind=kind,
            county_name=county,
            class_label=label,
            overdue_workdays=days,
            registered_at=DAY - timedelta(days=days + 10),
        )
        for kind, county, label, days in rows
    )


def ticker() -> tuple[TickerItem, ...]:
    """New hazard and service incidents."""
    rows = (
        (31, "温州市", "乐清市", "hazard", "网格巡查"),
        (31, "宁波市", "鄞州区", "service", "群众上报"),
        (31, "杭州市", "拱墅区", "service", "12345"),
        (30, "金华市", "义乌市", "hazard", "物联网感知"),
        (30, "嘉兴市", "南湖区", "service", "群众上报"),
        (30, "衢州市", "龙游县", "hazard", "网格巡查"),
    )
    return tuple(
        TickerItem(
            at=DAY.replace(minute=minute, second=0),
            city_name=city,
            county_name=county,
            category=category,
            channel=channel,
        )
        for minute, city, county, category, channel in rows
    )


def sources(at: datetime = DAY) -> tuple[SourceState, ...]:
    """Seven sources, all in contact."""
    return tuple(
        SourceState(
            key=f"source-{n}",
            name=f"数据接口{n}",
            cycle_seconds=60,
            last_contact_at=at - timedelta(seconds=n),
            last_row_at=at - timedelta(seconds=n),
            last_error_at=None,
            is_live=True,
        )
        for n in range(7)
    )


def _city_id(at: int) -> int:
    return 3301 + at


def _regions() -> tuple[MapRegion, ...]:
    province = MapRegion(
        id=PROVINCE,
        code="330000",
        name="浙江省",
        short_name="浙江",
        level="province",
        parent_id=None,
        centre=(120.1, 29.2),
    )
    cities = tuple(
        MapRegion(
            id=_city_id(at),
            code=f"33{at + 1:02d}00",
            name=f"{name}市",
            short_name=name,
            level="city",
            parent_id=PROVINCE,
            centre=(lon, lat),
        )
        for at, (name, _, _, lon, lat) in enumerate(CITIES)
    )
    yinzhou = MapRegion(
        id=330212,
        code="330212",
        name="鄞州区",
        short_name="鄞州",
        level="county",
        parent_id=3302,
        centre=(121.55, 29.8),
    )
    return (province, *cities, yinzhou)


def _periods(at: datetime) -> tuple[Period, ...]:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    shift = midnight.replace(hour=20)
    shift = shift if shift <= at else shift - timedelta(days=1)
    spans = (
        ("today", "今日", midnight),
        ("month", "11月1—20日", midnight.replace(day=1)),
        ("year", "1—11月", midnight.replace(month=1, day=1)),
        ("last_30_days", "10月21日—11月19日", midnight - timedelta(days=30)),
        ("last_24_hours", "近24小时", at - timedelta(hours=24)),
        ("shift", "本班次", shift),
    )
    return tuple(Period(key=key, label=label, start=start, end=at) for key, label, start in spans)


def _slot(at: datetime, *, known: bool) -> SlotPoint:
    hour = at.hour + at.minute / 60
    usual = (
        120
        + 1450 * math.exp(-(((hour - 9.6) / 1.9) ** 2))
        + 1180 * math.exp(-(((hour - 15.3) / 2.3) ** 2))
        + 520 * math.exp(-(((hour - 20.3) / 1.9) ** 2))
    )
    wobble = 1 + 0.05 * math.sin(hour * 2.1)
    return SlotPoint(
        at=at,
        value=float(round(usual * wobble)) if known else None,
        low=round(usual * 0.9, 1),
        median=round(usual, 1),
        high=round(usual * 1.1, 1),
    )


def _trend_series(key: str, points: Iterable[SlotPoint], at: datetime) -> Series:
    return Series(
        key=key,
        indicator="incidents_registered",
        unit="件/半小时",
        points=tuple(points),
        band_days=60,
        group="live",
        as_of=at,
    )


def _daily(key: str, indicator: str, unit: str, values: list[float]) -> Series:
    first = datetime(2026, 10, 21, tzinfo=ZONE)
    return Series(
        key=key,
        indicator=indicator,
        unit=unit,
        points=tuple(
            SlotPoint(at=first + timedelta(days=day), value=value)
            for day, value in enumerate(values)
        ),
        group="slow",
        as_of=SLOW,
    )


def _thirty_counts() -> list[float]:
    first = datetime(2026, 10, 21, tzinfo=ZONE)
    counts = []
    for day in range(30):
        weekend = (first + timedelta(days=day)).weekday() >= 5
        counts.append(float((25_100 if weekend else 32_000) + (day * 997) % 1900))
    return [*counts[:-1], 31_642.0]


def _wavy(start: float, end: float) -> list[float]:
    return [
        start + (end - start) * day / 29 + (end - start) * 0.12 * math.sin(day * 1.9)
        for day in range(30)
    ]


def _units(names: tuple[str, ...], best: float, worst: float) -> tuple[RankedUnit, ...]:
    step = (best - worst) / (len(names) - 1)
    printed = [round(best - at * step, 1) for at in range(len(names))]
    printed[1] = printed[2]
    printed[-3] = printed[-2]
    return tuple(
        RankedUnit(
            region_id=50_000 + at,
            name=name,
            place=1 + printed.index(printed[at]),
            is_tied=printed.count(printed[at]) > 1,
            place_low=max(1, at - 2),
            place_high=min(len(names), at + 6),
            value=printed[at] / 100,
            numerator=round(1600 * printed[at] / 100),
            denominator=1600,
            month_value=(printed[at] - 0.6) / 100,
            month_denominator=140,
            place_change=(0, 1, -2)[at % 3],
        )
        for at, name in enumerate(names)
    )


def _few_units() -> tuple[RankedUnit, ...]:
    return tuple(
        RankedUnit(
            region_id=60_000 + at,
            name=name,
            place=None,
            value=0.95,
            interval=(0.8234, 0.9918),
            numerator=round(cases * 0.95),
            denominator=cases,
            month_value=0.95,
            month_denominator=40,
        )
        for at, (name, cases) in enumerate(FEW)
    )


def _widest(item: Reading) -> float | None:
    if item.indicator == "mean_handling_hours":
        return 132.4
    if item.indicator == "emergencies_open":
        return 12.0
    if item.indicator in FEW_FIGURES:
        return FEW_FIGURES[item.indicator]
    is_total = item.facet is None and item.region_id == PROVINCE
    return 132_418.0 if is_total and item.indicator in SIX_FIGURES else 32_418.0


def _widest_group(group: RankingGroup) -> RankingGroup:
    units = tuple(
        unit.model_copy(
            update={
                "name": "景宁畲族自治县",
                "is_tied": unit.place is not None,
                "place": None if unit.place is None else max(10, unit.place),
                "value": 1.0,
                "month_value": 1.0,
                "place_change": -28,
                "place_low": 10,
                "place_high": 31,
            }
        )
        for unit in group.units
    )
    return group.model_copy(update={"units": units})


def _wilson(num: int, den: int) -> tuple[float, float]:
    share = num / den
    spread = 1.96 * math.sqrt(share * (1 - share) / den)
    return share - spread, share + spread
