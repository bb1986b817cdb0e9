"""Numbers, times and words as the wall prints them (DESIGN §8). Pure text, no components.

Rounding stands in `dashboard.rounding`; which figure stands where, in the panels.
"""

import re
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from dashboard.rounding import round_half_up
from dashboard.snapshot import RankedUnit, Reading

NOTHING = "—"
NO_DATA = "未接入"
FORBIDDEN = "无权限"
SUPPRESSED = "件数较少"
FAILED = "本面板暂不可用"
NOT_UPDATED = "未能更新"

TEN_THOUSAND = 10_000
MILLION = 1_000_000
# 50 or fewer cases: the fraction says more than the percentage.
SMALL_BASE = 50
WEEKDAYS = "一二三四五六日"
# The last three characters, and the number before them, which must not be parted.
NAME_END = re.compile(r"第?\d*\D{0,3}$")
FIRST_WIDE = 0x2E80

CATEGORY_WORDS = {
    "service": "民生服务",
    "hazard": "安全隐患",
    "opinion": "社情民意",
    "policy": "政策咨询",
    "dispute": "矛盾纠纷",
    "other": "其他",
}
METHOD_WORDS = {
    "people": "人民调解",
    "sectoral": "其中行业性专业性",
    "administrative": "行政调解",
    "judicial": "司法调解",
    "other": "其他及未登记",
}
WORK_ITEM_WORDS = {"red": "红牌督办", "yellow": "黄牌督办"}
# Peoples that autonomous counties are named after.
PEOPLES = (
    *("蒙古族", "回族", "藏族", "维吾尔族", "苗族", "彝族", "壮族", "布依族", "朝鲜族"),
    *("满族", "侗族", "瑶族", "白族", "土家族", "哈尼族", "哈萨克族", "哈萨克", "傣族"),
    *("黎族", "傈僳族", "佤族", "畲族", "拉祜族", "水族", "东乡族", "纳西族", "土族", "羌族"),
    *("仫佬族", "仡佬族", "锡伯", "撒拉族", "毛南族", "保安族", "裕固族", "塔吉克", "独龙族"),
    *("怒族", "普米族", "布朗族", "蒙古", "各族"),
)
LEVEL_WORDS = {
    "city": "各市",
    "town": "各乡镇(街道)",
    "village": "各村(社区)",
    "grid": "各网格",
}


def count(value: float | None) -> str:
    """19,190; 万 only above a million (123.4万)."""
    if value is None:
        return NOTHING
    if abs(value) > MILLION:
        return f"{round_half_up(value / TEN_THOUSAND, 1):,}万"
    return f"{round_half_up(value, 0):,}"


def number(value: float | None, decimals: int = 1) -> str:
    """A mean: 10.6."""
    return NOTHING if value is None else f"{round_half_up(value, decimals):,}"


def percent(share: float | None, decimals: int = 1) -> str:
    """A share without the sign: 97.5."""
    return NOTHING if share is None else f"{percent_value(share, decimals):,}"


def percent_value(share: float, decimals: int = 1) -> Decimal:
    """A share in percent as printed; cut first, as 0.285 * 100 is 28.499999999999996."""
    return round_half_up(round(share * 100, 9), decimals)


def share(value: float | None, cases: float | None, base: float | None) -> str:
    """A rate in a column whose head has the sign: 97.5, of a small base the fraction: 7/9."""
    if value is not None and cases is not None and base is not None and 0 < base <= SMALL_BASE:
        return f"{count(cases)}/{count(base)}"
    return percent(value)


def rate(reading: Reading) -> tuple[str, str]:
    """Text and unit of a rate: ("97.5", "%"), of a small base the fraction: ("7/9", "")."""
    if reading.value is None:
        return NOTHING, ""
    text = share(reading.value, reading.numerator, reading.denominator)
    return text, "" if "/" in text else "%"


def base(words: str, reading: Reading | None) -> str:
    """What a rate is a rate of: 应办结571,594件; empty where it isn't known or nothing."""
    if reading is None or not reading.denominator:
        return ""
    return f"{words}{count(reading.denominator)}件"


def growth(reading: Reading | None, decimals: int = 1) -> str:
    """Change of a count against what it is compared with: ▲3.0%, ▼1.2%, 持平.

    Against a small base in cases: ▲2件. Empty where there is nothing to compare with.
    """
    comparison = reading.comparison if reading else None
    if reading is None or reading.value is None or comparison is None or comparison.value is None:
        return ""
    if comparison.value <= SMALL_BASE:
        difference = round(reading.value - comparison.value)
        return _directed(difference, f"{abs(difference):,}件") if difference else "持平"
    printed = percent_value(abs(comparison.change or 0), decimals)
    return _directed(comparison.change or 0, f"{printed:,}%") if printed else "持平"


def _directed(change: float, size: str) -> str:
    return f"{'▲' if change > 0 else '▼'}{size}"


def minutes(at: datetime, zone: ZoneInfo) -> str:
    """14:32"""
    return f"{at.astimezone(zone):%H:%M}"


def seconds(at: datetime, zone: ZoneInfo) -> str:
    """14:32:05"""
    return f"{at.astimezone(zone):%H:%M:%S}"


def date(at: datetime, zone: ZoneInfo) -> str:
    """11月20日 周五"""
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日 周{WEEKDAYS[local.weekday()]}"


def day_and_minutes(at: datetime, zone: ZoneInfo) -> str:
    """11月19日20:00"""
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def moment(at: datetime, today: datetime, zone: ZoneInfo) -> str:
    """14:28, or with the day where it isn't today's: 11月19日14:28."""
    is_today = at.astimezone(zone).date() == today.astimezone(zone).date()
    return minutes(at, zone) if is_today else day_and_minutes(at, zone)


def as_of(at: datetime, today: datetime, zone: ZoneInfo) -> str:
    """截至 14:28"""
    return f"截至 {moment(at, today, zone)}"


def short_county(name: str) -> str:
    """景宁县 for 景宁畲族自治县: the names of peoples are left out, the place's own stays."""
    if not name.endswith("自治县"):
        return name
    own = name.removesuffix("自治县")
    # From the right, as some are named after several: 积石山保安族东乡族撒拉族自治县.
    while (people := next((p for p in PEOPLES if own.endswith(p)), None)) and own != people:
        own = own.removesuffix(people)
    # One named after its people alone: 东乡县.
    return f"{own.removesuffix('族') if own in PEOPLES else own}县"


def name_ends(name: str) -> tuple[str, str]:
    """A name in two: what may give way where there is no room, and the end, which never does.

    Names of places differ at both ends: 温州 乐清市, 波士顿 第12选区, 头门港新区办事处.
    """
    end = NAME_END.search(name)
    at = end.start() if end else 0
    return name[:at], name[at:]


def width(text: str) -> float:
    """How wide a text is, in characters of Chinese; digits and letters are little over half."""
    return sum(1 if ord(character) >= FIRST_WIDE else 0.6 for character in text)


def place(unit: RankedUnit) -> str:
    """1, 并列2; empty without a place."""
    if unit.place is None:
        return ""
    return f"并列{unit.place}" if unit.is_tied else str(unit.place)


def possible_places(unit: RankedUnit) -> str:
    """2—6, or one place."""
    if unit.place_low is None or unit.place_high is None:
        return ""
    if unit.place_low == unit.place_high:
        return str(unit.place_low)
    return f"{unit.place_low}—{unit.place_high}"


def overdue(workdays: int | None) -> str:
    """超期9个工作日; under one day: 已超期."""
    if workdays is None:
        return ""
    return f"超期{workdays}个工作日" if workdays else "已超期"
