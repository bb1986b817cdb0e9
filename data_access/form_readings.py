"""How far the monthly forms were handed in: which unit has reported which figure of which month.

A unit is a county; a month's figure counts as reported when its newest version holds numerator
and denominator. What is expected of a form stands in `dashboard.reporting_forms`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, text

from dashboard.quality import FormState
from dashboard.reporting_forms import FORMS, ReportingForm, due_on, month_after, month_before
from dashboard.work_calendar import WorkCalendar
from data_access.region_tree import Region

# Indicators reported, by month and region.
HandedIn = dict[tuple[date, int], set[str]]


def states(
    connection: Connection,
    counties: Sequence[Region],
    as_of: datetime,
    work_days: WorkCalendar,
) -> tuple[FormState, ...]:
    """Every form of the month that runs and of the one before, the latter first."""
    today = as_of.astimezone(work_days.zone).date()
    this_month = today.replace(day=1)
    months = (month_before(this_month), this_month)
    found = handed_in(connection, [county.id for county in counties], months, as_of)
    received = _received(connection, counties, months, as_of)
    return tuple(
        _state(form, month, counties, found, work_days, today, received.get((form.name, month)))
        for month in months
        for form in FORMS
    )


def handed_in(
    connection: Connection, region_ids: Iterable[int], months: Iterable[date], as_of: datetime
) -> HandedIn:
    """What the regions had reported of whole months by the instant."""
    months = list(months)
    rows = connection.execute(
        text(
            "select distinct on (indicator, region_id, period_start)"
            " indicator, region_id, period_start, period_end, numerator, denominator"
            " from reported_values"
            " where region_id = any(:ids) and period_start = any(:starts)"
            " and period_end = any(:ends) and recorded_at < :as_of"
            " order by indicator, region_id, period_start, recorded_at desc"
        ),
        {
            "ids": sorted(region_ids),
            "starts": months,
            "ends": [month_after(month) for month in months],
            "as_of": as_of,
        },
    )
    found: HandedIn = defaultdict(set)
    for row in rows:
        is_whole_month = row.period_end == month_after(row.period_start)
        if is_whole_month and row.numerator is not None and row.denominator is not None:
            found[row.period_start, row.region_id].add(row.indicator)
    return found


def _received(
    connection: Connection, counties: Sequence[Region], months: Iterable[date], as_of: datetime
) -> dict[tuple[str, date], datetime]:
    """When the newest file of a form and month came that reported on one of these counties."""
    rows = connection.execute(
        text(
            "select s.form, s.period_start, max(s.received_at) as at from form_submissions s"
            " where s.period_start = any(:months) and s.received_at < :as_of"
            " and exists (select from reported_values v"
            "  where v.submission_id = s.id and v.region_id = any(:ids))"
            " group by 1, 2"
        ),
        {"months": list(months), "as_of": as_of, "ids": [county.id for county in counties]},
    )
    return {(row.form, row.period_start): row.at for row in rows}


def lacking(form: ReportingForm, month: date, region_id: int, found: HandedIn) -> tuple[str, ...]:
    """Titles of the form's figures that the unit has not reported for the month."""
    reported = found.get((month, region_id), set())
    return tuple(figure.about.title for figure in form.figures if figure.indicator not in reported)


def _state(
    form: ReportingForm,
    month: date,
    counties: Sequence[Region],
    found: HandedIn,
    work_days: WorkCalendar,
    today: date,
    received_at: datetime | None,
) -> FormState:
    gaps = {county.name: lacking(form, month, county.id, found) for county in counties}
    due = due_on(month, work_days)
    missing = tuple(name for name, lacks in gaps.items() if len(lacks) == len(form.figures))
    partial = tuple(name for name, lacks in gaps.items() if lacks and name not in missing)
    return FormState(
        form=form.name,
        department=form.department,
        month=month,
        due_on=due,
        is_due=today > due,
        units=len(counties),
        complete=len(counties) - len(missing) - len(partial),
        partial=partial,
        missing=missing,
        received_at=received_at,
    )
