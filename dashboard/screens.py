"""Screens as data: which panels stand where, whose limits hold, when it is night.

The TOML files are read and checked here; the built-in one is `dashboard/screens/wall.toml`. How a
panel looks stands in `layouts.components`, what its figures are in `dashboard.indicators`.
"""

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import ErrorDetails

from dashboard import toml_errors
from dashboard.addresses import DEFAULT_SCREEN
from dashboard.asks import Ask
from dashboard.errors import ScreenConfigError
from dashboard.indicators import DAILY_FLOWS, INDICATOR_BY_KEY, Indicator
from dashboard.system_errors import words_of

BUILT_IN = Path(__file__).with_name("screens") / "wall.toml"

PanelName = Literal[
    "today",
    "rates",
    "trend",
    "thirty_days",
    "categories",
    "map",
    "cities",
    "disputes",
    "mediation",
    "levels",
    "ranking",
    "supervision",
    "latest",
    "night_emergencies",
    "night_shift",
    "night_trend",
    "night_handover",
]
PANEL_NAMES: tuple[str, ...] = get_args(PanelName)


class Regions(BaseModel):
    """Panels by the part of the screen they stand in, in their order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    left: tuple[PanelName, ...] = ()
    centre: tuple[PanelName, ...] = ()
    right: tuple[PanelName, ...] = ()
    bottom: tuple[PanelName, ...] = ()
    night_left: tuple[PanelName, ...] = ()
    night_right: tuple[PanelName, ...] = ()

    def panels(self) -> tuple[PanelName, ...]:
        """All panels, region by region."""
        regions: Iterable[tuple[PanelName, ...]] = (
            self.left,
            self.centre,
            self.right,
            self.bottom,
            self.night_left,
            self.night_right,
        )
        return tuple(name for region in regions for name in region)


class Screen(BaseModel):
    """One screen. `rate_window` is in percent, `night_hours` are local hours [from, to).

    `region` is the code of what an address without a code shows, None: the whole scope.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    regions: Regions
    region: str | None = None
    night_hours: tuple[int, int] = (22, 6)
    duty_phone: str = ""
    duty_lines: tuple[str, ...] = ()
    rate_window: tuple[int, int] = (86, 98)
    ask: Ask = Ask()

    @model_validator(mode="after")
    def _check(self) -> Self:
        panels = self.regions.panels()
        if repeated := sorted({name for name in panels if panels.count(name) > 1}):
            raise ValueError(f"面板 {'、'.join(repeated)} 不能放两次")
        low, high = self.rate_window
        if not 0 <= low < high <= 100:
            raise ValueError("rate_window 应为 0—100 之间由小到大的两个数")
        if not all(0 <= hour <= 23 for hour in self.night_hours):
            raise ValueError("night_hours 应为两个 0—23 的整点")
        _check_indicator("choropleth_indicator", self.ask.choropleth_indicator, _can_colour)
        _check_indicator("ranking_indicator", self.ask.ranking_indicator, _can_rank)
        return self


# What a county's value of an indicator is made of, in words; and what each setting can take.
KIND_WORDS = {
    "count": "件数",
    "stock": "存量",
    "rate": "比率",
    "mean": "平均值",
    "median": "中位数",
    "per_10k": "每万人件数",
    "reported": "部门报送的数",
}
EXPECTED = {
    "choropleth_indicator": "incidents_per_10k,或由案件汇总得出的比率、平均值(件数不上色)",
    "ranking_indicator": "高低有好坏之分、由案件汇总得出的比率,例如 mediation_success_rate",
}
DAILY = frozenset(flow.key for flow in DAILY_FLOWS)


def _check_indicator(setting: str, key: str, is_fit: Callable[[Indicator], bool]) -> None:
    indicator = INDICATOR_BY_KEY.get(key)
    if indicator is not None and is_fit(indicator):
        return
    fault = "不是指标的键"
    if indicator is not None:
        unjudged = ",高低不分好坏" if _is_unjudged_rate(indicator) else ""
        fault = f"{indicator.title}是{_kind_in_words(indicator)}{unjudged},不能用在这里"
    raise ValueError(
        f'ask.{setting} = "{key}":{fault};应为{EXPECTED[setting]}(键见 docs/indicators.md)'
    )


def _kind_in_words(indicator: Indicator) -> str:
    if not DAILY.isdisjoint(indicator.numerator):
        return "按日登记的数"
    if indicator.facets and not indicator.numerator:
        return "分项列出的数"
    return KIND_WORDS[indicator.kind]


def _is_summed(indicator: Indicator) -> bool:
    """Whether each county has one value of it, from sums that roll-ups keep."""
    return bool(indicator.numerator) and DAILY.isdisjoint(indicator.numerator)


def _is_unjudged_rate(indicator: Indicator) -> bool:
    return indicator.kind == "rate" and indicator.better == "neither"


def _can_colour(indicator: Indicator) -> bool:
    if indicator.key == "incidents_per_10k":
        return True
    return _is_summed(indicator) and indicator.kind in ("rate", "mean")


def _can_rank(indicator: Indicator) -> bool:
    return _is_summed(indicator) and indicator.kind == "rate" and not _is_unjudged_rate(indicator)


def load_screens(path: Path | None = None) -> dict[str, Screen]:
    """The screens of a file by name, or the built-in ones.

    Raises:
        ScreenConfigError: the file can't be read, or names what does not exist.
    """
    file = path or BUILT_IN
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScreenConfigError(
            f"大屏配置文件 {file} 读不出来({words_of(error)})。请检查 COCKPIT_SCREENS 与文件权限。"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScreenConfigError(
            f"大屏配置文件 {file} 不是有效的 TOML:{toml_errors.words_of(error)}。请改正后重试。"
        ) from error
    if not tables:
        raise ScreenConfigError(f"大屏配置文件 {file} 里没有任何大屏。请至少写一个,例如 [wall]。")
    if DEFAULT_SCREEN not in tables:
        raise ScreenConfigError(
            f"大屏配置文件 {file} 里没有名为 {DEFAULT_SCREEN} 的大屏,启动与监控都以它为准。"
            f"请把其中一个大屏改名为 [{DEFAULT_SCREEN}]。"
        )
    return {name: _screen(file, name, table) for name, table in tables.items()}


def _screen(file: Path, name: str, table: Any) -> Screen:
    if not isinstance(table, dict):
        raise ScreenConfigError(f"大屏配置文件 {file} 的 {name} 应为一个表,例如 [{name}]。")
    try:
        ask = _ask(table.get("ask", {}))
        return Screen.model_validate({**table, "name": name, "ask": ask})
    except (ValidationError, ValueError) as error:
        raise ScreenConfigError(
            f"大屏配置文件 {file} 的 [{name}] 有误:{_explained(error)}。请改正后重试。"
        ) from error


def _ask(table: Any) -> Ask:
    if not isinstance(table, dict):
        raise ValueError(f"ask 应为一个表(写的是 {_short(table)})")
    unknown = sorted(set(table) - set(Ask.__dataclass_fields__))
    if unknown:
        raise ValueError(f"ask 里不认识 {'、'.join(unknown)}")
    try:
        return TypeAdapter(Ask).validate_python(table)
    except ValidationError as error:
        raise ValueError(_explained(error, "ask.")) from error


# What pydantic's kinds of error mean to who writes the file; the first prefix that fits counts.
REASONS = {
    "missing": "没有写",
    "extra_forbidden": "没有这个设置",
    "unexpected_keyword_argument": "没有这个设置",
    "int": "应为整数",
    "float": "应为数",
    "finite_number": "应为有限的数",
    "string_pattern_mismatch": "应由小写字母、数字和连字符组成,以字母开头",
    "string": "应为文字,写在引号里",
    "bool": "应为 true 或 false",
    "tuple": "应为一列,写在方括号里",
    "list": "应为一列,写在方括号里",
    "dict": "应为一个表",
    "model": "应为一个表",
    "dataclass": "应为一个表",
}
BOUNDS = {
    "greater_than_equal": ("ge", "不应小于"),
    "greater_than": ("gt", "应大于"),
    "less_than_equal": ("le", "不应大于"),
    "less_than": ("lt", "应小于"),
    "too_short": ("min_length", "项数不应少于"),
    "too_long": ("max_length", "项数不应多于"),
}


def _explained(error: ValueError, within: str = "") -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    return ";".join(_problem_explained(problem, within) for problem in error.errors())


def _problem_explained(problem: ErrorDetails, within: str) -> str:
    if problem["type"] == "value_error":
        # One of our own sentences, which names its setting.
        return str(problem["ctx"]["error"])
    setting = within + ".".join(str(part) for part in problem["loc"])
    written = "" if problem["type"] == "missing" else f"(写的是 {_short(problem['input'])})"
    return f"{setting}:{_reason(problem)}{written}"


def _reason(problem: ErrorDetails) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "literal_error" and problem["loc"][0] == "regions":
        return f"没有这个面板,可用的有 {'、'.join(PANEL_NAMES)}"
    if kind == "literal_error":
        return f"应为 {context['expected'].replace(' or ', '、').replace(', ', '、')} 之一"
    if kind in BOUNDS:
        key, words = BOUNDS[kind]
        return f"{words} {context[key]}"
    return next((words for start, words in REASONS.items() if kind.startswith(start)), "写法不对")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
