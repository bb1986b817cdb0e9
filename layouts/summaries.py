"""One sentence for each chart, for who hears the page instead of seeing it (DESIGN §9).

Words only: where a sentence stands is the panels' affair (`panel_frame.summary`). A chart without
data has an empty sentence; its panel says why.
"""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from dashboard.snapshot import RankingGroup, Reading, Series, SlotPoint
from layouts import wording

DAYS = 30


def half_hours(name: str, series: Series, zone: ZoneInfo) -> str:
    """今日走势:14:00起的半小时1,021件,常态917—1,121件;最高09:30起的半小时1,420件。"""
    known = _known(series)
    if not known:
        return ""
    last, peak = known[-1][0], max(known, key=lambda item: item[1])[0]
    usual = (
        f",常态{wording.count(last.low)}—{wording.count(last.high)}件"
        if last.low is not None and last.high is not None
        else ""
    )
    return f"{name}:{_slot(last, zone)}{usual};最高{_slot(peak, zone)}。"


def days(name: str, series: Series, zone: ZoneInfo) -> str:
    """近30日每日上报:最少25,100件(10月24日 周六),最多…,昨日31,642件。"""
    known = _known(series)
    if not known:
        return ""
    least, most = (choose(known, key=lambda item: item[1])[0] for choose in (min, max))
    ends = ",".join(
        f"{word}{wording.count(point.value)}件({wording.date(point.at, zone)})"
        for word, point in (("最少", least), ("最多", most))
    )
    return f"{name}:{ends},最近一日{wording.count(known[-1][1])}件。"


def course(name: str, series: Series | None, *, unit: str, base: str) -> str:
    """按期办结率近30日由96.6%到97.5%,有应办结的22日。 Days without a base have no rate."""
    known = _known(series) if series is not None else []
    if len(known) < 2:
        return ""
    printed = wording.percent if unit == "%" else wording.number
    first, last = (printed(known[at][1]) for at in (0, -1))
    days = f",有{base}的{len(known)}日" if len(known) < DAYS else ""
    return f"{name}近30日由{first}{unit}到{last}{unit}{days}。"


def left_out(reasons: Mapping[str, int]) -> str:
    """累计未计入:时间存疑197件、无办结时限12件。 The most first."""
    most = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{reason}{wording.count(cases)}件" for reason, cases in most if cases]
    return f"累计未计入:{'、'.join(parts)}。" if parts else ""


def counts(name: str, readings: Mapping[str, Reading | None]) -> str:
    """今日上报按类别:民生服务6,809件,安全隐患4,804件。"""
    parts = [
        f"{label}{wording.count(reading.value)}件"
        for label, reading in readings.items()
        if reading is not None and reading.value is not None
    ]
    return f"{name}:{','.join(parts)}。" if parts else ""


def rates(name: str, readings: Mapping[str, Reading | None]) -> str:
    """调解成功率:人民调解95.6%,误差范围(95%)95.3—95.8;司法调解…"""
    parts = [
        f"{label}{''.join(wording.rate(reading))}{_error_range(reading)}"
        for label, reading in readings.items()
        if reading is not None and reading.value is not None
    ]
    return f"{name}:{';'.join(parts)}。" if parts else ""


def leaders(name: str, groups: Iterable[RankingGroup]) -> str:
    """调解成功率排名:主城区31个,首位上城区97.0%;县(市)…"""
    parts = []
    for group in groups:
        first = next((unit for unit in group.units if unit.place is not None), None)
        lead = f",首位{first.name}{wording.percent(first.value)}%" if first else ""
        parts.append(f"{group.name}{len(group.units)}个{lead}")
    return f"{name}排名:{';'.join(parts)}。" if parts else ""


def _known(series: Series) -> list[tuple[SlotPoint, float]]:
    return [(point, point.value) for point in series.points if point.value is not None]


def _slot(point: SlotPoint, zone: ZoneInfo) -> str:
    return f"{wording.minutes(point.at, zone)}起的半小时{wording.count(point.value)}件"


def _error_range(reading: Reading) -> str:
    if reading.interval is None:
        return ""
    low, high = (wording.percent(end) for end in reading.interval)
    return f",误差范围(95%){low}—{high}"
