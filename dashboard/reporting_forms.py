"""The monthly forms: which department hands over which figures, and until when.

A form is a page of the dictionary's reported indicators, each as numerator and denominator. Its
Excel file stands in `data_access.forms`; what was handed in is read in
`data_access.quality_readings`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.errors import UnknownForm
from dashboard.indicators import INDICATOR_BY_KEY, Indicator
from dashboard.work_calendar import WorkCalendar

ONE_DAY = timedelta(days=1)
# A month's figures are due on this working day of the next one.
DUE_WORKDAY = 5
MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class FormFigure:
    """One indicator of a form: what its two cells ask for, in one unit.

    `is_part`: the numerator counts a part of the denominator, so it can't be larger.
    """

    indicator: str
    numerator: str
    denominator: str
    unit: str
    denominator_unit: str | None = None
    is_part: bool = True

    @property
    def about(self) -> Indicator:
        """The dictionary's entry."""
        return INDICATOR_BY_KEY[self.indicator]

    @property
    def units(self) -> tuple[str, str]:
        """Units of numerator and denominator."""
        return self.unit, self.denominator_unit or self.unit


@dataclass(frozen=True, slots=True)
class ReportingForm:
    """A department's monthly form; `code` stands in its number."""

    name: str
    code: str
    department: str
    figures: tuple[FormFigure, ...]


def _per_10k(indicator: str, numerator: str, unit: str) -> FormFigure:
    return FormFigure(indicator, numerator, "常住人口", unit, "人", is_part=False)


FORMS: tuple[ReportingForm, ...] = (
    ReportingForm(
        "雪亮工程",
        "S07",
        "公安部门",
        (
            FormFigure("video_coverage", "有监控的重点部位", "重点部位", "处"),
            FormFigure("video_networked", "联网摄像机", "摄像机", "台"),
            FormFigure("video_intact", "完好摄像机", "摄像机", "台"),
            FormFigure("video_online", "在线摄像机", "联网摄像机", "台"),
        ),
    ),
    ReportingForm(
        "心理服务",
        "S12",
        "卫生健康部门",
        (
            FormFigure("psychology_coverage", "已建站室", "应建站室", "个"),
            FormFigure("psychology_followed", "已跟进", "应跟进", "件"),
        ),
    ),
    ReportingForm(
        "群防群治",
        "S13",
        "政法委",
        (
            _per_10k("volunteer_teams", "组织数", "个"),
            FormFigure("volunteer_coverage", "覆盖村(社区)", "村(社区)", "个"),
        ),
    ),
    ReportingForm(
        "诉源治理",
        "S14",
        "人民法院",
        (
            _per_10k("prosecution_per_10k", "一审民商事、行政收案", "件"),
            _per_10k("litigation_per_10k", "一审民商事收案", "件"),
            FormFigure("pretrial_mediation", "诉前调解成功", "诉前调解", "件"),
        ),
    ),
    ReportingForm(
        "信访积案",
        "S14-2",
        "信访部门",
        (FormFigure("petition_backlog", "已化解积案", "积案", "件"),),
    ),
    ReportingForm(
        "智安小区",
        "S15",
        "公安部门",
        (
            FormFigure("zero_case_estates", "零发案小区", "智安小区", "个"),
            FormFigure("floating_registered", "已登记", "应登记", "人"),
        ),
    ),
    ReportingForm(
        "综治中心建设",
        "S16",
        "政法委",
        (FormFigure("centres_built", "已建成中心", "应建中心", "个"),),
    ),
    ReportingForm(
        "群众安全感",
        "S17",
        "统计部门",
        (FormFigure("safety_survey", "调查中感到安全", "有效样本", "人"),),
    ),
)
FORM_BY_NAME: Mapping[str, ReportingForm] = {form.name: form for form in FORMS}
FIGURE_BY_INDICATOR: Mapping[str, FormFigure] = {
    figure.indicator: figure for form in FORMS for figure in form.figures
}


def form_named(name: str) -> ReportingForm:
    """The form of a name.

    Raises:
        UnknownForm: there is none.
    """
    if name not in FORM_BY_NAME:
        raise UnknownForm(f"没有名为“{name}”的报表；可用的有：{'、'.join(FORM_BY_NAME)}。")
    return FORM_BY_NAME[name]


def month_named(text: str) -> date:
    """First day of the month written as 2026-11.

    Raises:
        UnknownForm: it is not written so.
    """
    if not MONTH.fullmatch(text):
        raise UnknownForm(f"报送月份“{text}”不可用；应写成 2026-11 这样。")
    return date(int(text[:4]), int(text[5:]), 1)


def month_after(month: date) -> date:
    """First day of the next month."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_before(month: date) -> date:
    """First day of the month before."""
    return (month.replace(day=1) - ONE_DAY).replace(day=1)


def due_on(month: date, work_days: WorkCalendar) -> date:
    """Last day to hand in a month's figures: the fifth working day of the next month."""
    day = month_after(month)
    left = DUE_WORKDAY - work_days.is_workday(day)
    while left:
        day += ONE_DAY
        left -= work_days.is_workday(day)
    return day
