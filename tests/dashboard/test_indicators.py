"""The dictionary: complete, unambiguous, and about columns that exist."""

from collections import Counter

import pytest

from dashboard.indicators import (
    CATEGORIES,
    DAILY_FLOWS,
    FLOWS,
    INDICATOR_BY_KEY,
    INDICATORS,
    METHODS,
    MINIMUM_STAFF,
    POINT_CATEGORIES,
    REPORTED,
    RESOLUTION_LEVELS,
    ROLLED_UP_FLOWS,
    SOUND_TIMES,
    STOCK_BY_KEY,
    STOCKS,
    Indicator,
)
from dashboard.vocabulary import (
    AtLeast,
    Condition,
    Earlier,
    Equals,
    Known,
    Measure,
    NotAfter,
    Reached,
    Seconds,
    Subject,
)

# What the wall was asked to have at least.
ASKED_FOR = {
    *("incidents_registered", "incidents_closed", "incidents_open", "incidents_near_due"),
    *("incidents_overdue", "closing_rate", "on_time_rate", "sign_rate", "mean_handling_hours"),
    *("median_handling_hours", "return_rate", "resolution_level", "resolved_in_town_rate"),
    *("visit_rate", "satisfaction_rate", "incidents_per_10k", "receptions", "disputes_accepted"),
    *("dispute_resolution_rate", "mediation_success_rate", "confirmation_rate"),
    *("performance_rate", "mean_mediation_days", "staff_online_rate", "patrol_rate"),
    "reporting_rate",
}
FLOW_BY_KEY = {flow.key: flow for flow in (*ROLLED_UP_FLOWS, *DAILY_FLOWS)}
MEASURES = {measure.column: measure for flow in FLOW_BY_KEY.values() for measure in flow.measures()}


def parts(indicator: Indicator) -> list[str]:
    """Names of measures and stocks it is made of."""
    found = [*indicator.numerator, *indicator.denominator]
    for _, numerator, denominator in indicator.facets:
        found += [*numerator, *denominator]
    return found


def test_everything_asked_for_is_defined() -> None:
    assert set(INDICATOR_BY_KEY) >= ASKED_FOR


def test_keys_and_titles_name_one_indicator_each() -> None:
    for names in (
        [item.key for item in INDICATORS + REPORTED],
        [item.title for item in INDICATORS + REPORTED],
        [flow.key for flow in ROLLED_UP_FLOWS + DAILY_FLOWS],
        [stock.key for stock in STOCKS],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_no_stock_has_the_name_of_a_measure() -> None:
    """A name alone says whether it is counted over a period or held at an instant."""
    assert not set(STOCK_BY_KEY) & set(MEASURES)


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda item: item.key)
def test_an_indicator_is_made_of_what_is_defined(indicator: Indicator) -> None:
    assert {name.removeprefix("-") for name in parts(indicator)} <= {*MEASURES, *STOCK_BY_KEY}
    assert parts(indicator)


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda item: item.key)
def test_its_kind_fits_its_parts(indicator: Indicator) -> None:
    has_base = bool(indicator.denominator) or any(base for _, _, base in indicator.facets)
    assert has_base == (indicator.kind in ("rate", "mean", "median"))
    if indicator.kind == "stock":
        assert {name.removeprefix("-") for name in indicator.numerator} <= set(STOCK_BY_KEY)
    else:
        assert not {*parts(indicator)} & set(STOCK_BY_KEY)
    assert (indicator.unit == "%") == (indicator.kind == "rate")


@pytest.mark.parametrize("indicator", INDICATORS + REPORTED, ids=lambda item: item.key)
def test_it_says_what_it_is_and_where_that_comes_from(indicator: Indicator) -> None:
    assert indicator.title and indicator.unit and indicator.source
    assert indicator.definition.endswith("。") or indicator.kind == "reported"


@pytest.mark.parametrize(
    "indicator", [item for item in INDICATORS if item.kind == "rate"], ids=lambda item: item.key
)
def test_a_rate_compares_rows_of_one_subject_at_one_moment(indicator: Indicator) -> None:
    """Numerator and denominator count the same cases: a rate is a share of a cohort."""
    pairs = [(indicator.numerator, indicator.denominator)]
    pairs += [(numerator, denominator) for _, numerator, denominator in indicator.facets]
    for numerator, denominator in pairs:
        counted = [MEASURES[name] for name in numerator]
        base = [MEASURES[name] for name in denominator]
        assert len({(one.flow.subject, one.flow.moment) for one in counted + base}) <= 1
        for one in counted:
            assert any(is_within(one, whole) for whole in base), one.column


def is_within(one: Measure, whole: Measure) -> bool:
    """Whether all rows of the one are among those of the whole."""
    return all(implied(condition, one.where) for condition in whole.where)


def implied(condition: Condition, where: tuple[Condition, ...]) -> bool:
    """Whether rows of which all these hold fulfil the condition as well."""
    match condition:
        case Known(column):
            ways = [it for it in where if isinstance(it, Equals) and it.column == column]
            return condition in where or bool(ways)
        case Reached(Earlier(first, second)):
            return condition in where or {Reached(first), Reached(second)} & set(where) != set()
        case _:
            return condition in where


def test_the_on_time_rate_counts_cases_that_are_still_open() -> None:
    """Its base are the limits that have passed, not the cases that were closed."""
    due, met = FLOW_BY_KEY["due"], FLOW_BY_KEY["due_met"]
    assert due.moment == met.moment
    assert not any(isinstance(condition, Reached) for condition in due.where)
    assert set(due.where) < set(met.where)


@pytest.mark.parametrize(
    "indicator",
    [item for item in INDICATORS if item.kind in ("rate", "mean", "median")],
    ids=lambda item: item.key,
)
def test_doubtful_times_are_in_no_duration_and_no_rate_of_incidents(indicator: Indicator) -> None:
    """Of a dispute, how it ended is known whatever its times; how long it took is not."""
    for name in parts(indicator):
        flow = MEASURES[name].flow
        if flow.subject is Subject.INCIDENT or indicator.kind == "mean":
            assert SOUND_TIMES in flow.where, name


def test_no_duration_is_negative() -> None:
    """Rows of foreign writers may be out of order without being marked."""
    timed = [flow for flow in FLOWS if isinstance(flow.amount, Seconds)]
    assert {flow.key for flow in timed} == {"closed_seconds", "d_ended_seconds"}
    for flow in timed:
        assert NotAfter(flow.amount.since, flow.amount.until) in flow.where, flow.key


def test_staff_are_counted_from_five_up() -> None:
    """A figure of fewer is nearly that of one worker."""
    for flow in DAILY_FLOWS:
        assert flow.subject in (Subject.STAFFING, Subject.PATROL)
        assert AtLeast("staff", MINIMUM_STAFF) in flow.where, flow.key
    assert MINIMUM_STAFF == 5


def test_facets_have_all_values_of_their_lists() -> None:
    by_category = {facet for facet, *_ in INDICATOR_BY_KEY["incidents_registered"].facets}
    by_level = {facet for facet, *_ in INDICATOR_BY_KEY["resolution_level"].facets}
    by_method = {facet for facet, *_ in INDICATOR_BY_KEY["mediation_success_rate"].facets}
    assert by_category == set(CATEGORIES)
    assert by_level == set(RESOLUTION_LEVELS)
    assert by_method == {*METHODS, "sectoral"}


def test_disputes_and_what_is_private_are_never_points() -> None:
    assert set(POINT_CATEGORIES) == {"hazard", "service"}
    assert set(POINT_CATEGORIES) <= set(CATEGORIES)


def test_every_flow_serves_an_indicator_or_says_what_is_left_out() -> None:
    used = {name.removeprefix("-") for item in INDICATORS for name in parts(item)}
    idle = {
        flow.key for flow in FLOWS if not any(measure.column in used for measure in flow.measures())
    }
    assert idle <= {"registered_doubtful", "registered_unlimited", "registered_placed"}
