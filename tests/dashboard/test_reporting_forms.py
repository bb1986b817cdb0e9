"""Every reported figure stands on one form, with the words of the dictionary."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from dashboard.errors import UnknownForm
from dashboard.indicators import REPORTED
from dashboard.reporting_forms import (
    FORMS,
    due_on,
    form_named,
    month_after,
    month_before,
    month_named,
)
from dashboard.work_calendar import WorkCalendar, official_days

ZONE = ZoneInfo("Asia/Shanghai")
FIGURES = [figure for form in FORMS for figure in form.figures]


def test_every_reported_indicator_is_on_exactly_one_form() -> None:
    assert sorted(figure.indicator for figure in FIGURES) == sorted(i.key for i in REPORTED)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.indicator)
def test_a_form_asks_in_the_words_of_the_dictionary(figure) -> None:
    part, _, base = figure.about.definition.partition(" ÷ ")
    assert part.endswith(figure.numerator)
    people = "万人" if figure.denominator == "常住人口" else figure.denominator
    assert base.startswith(people)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.indicator)
def test_a_share_is_a_part_of_its_base_and_a_rate_of_people_is_not(figure) -> None:
    assert figure.is_part == (figure.about.unit == "%")


def test_names_and_codes_of_forms_are_unique() -> None:
    assert len({form.name for form in FORMS}) == len({form.code for form in FORMS}) == len(FORMS)


def test_an_unknown_form_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownForm, match=r"天气.*心理服务"):
        form_named("天气")


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "202611", "11-2026", "2026-11-01", ""])
def test_a_month_is_written_in_one_way(text: str) -> None:
    with pytest.raises(UnknownForm, match="2026-11"):
        month_named(text)


def test_months_follow_each_other_over_the_year() -> None:
    assert month_after(date(2026, 12, 1)) == date(2027, 1, 1)
    assert month_before(date(2027, 1, 1)) == date(2026, 12, 1)
    assert month_named("2026-11") == date(2026, 11, 1)


def test_the_deadline_is_the_fifth_working_day_by_the_calendar() -> None:
    """October 2026 begins with the holidays: 1-7 October and the exchanged Saturday after."""
    official = WorkCalendar.from_rows(official_days(2026, 2026), ZONE)
    weekdays = WorkCalendar(ZONE)
    assert due_on(date(2026, 10, 1), weekdays) == date(2026, 11, 6)
    assert due_on(date(2026, 9, 1), weekdays) == date(2026, 10, 7)
    assert due_on(date(2026, 9, 1), official) > date(2026, 10, 12)
