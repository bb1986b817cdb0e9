"""The closed vocabulary, judged by what it says about single rows."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.indicators import DAILY_FLOWS, FLOWS, ROLLED_UP_FLOWS, STOCKS
from dashboard.vocabulary import (
    At,
    Earlier,
    Equals,
    Facet,
    Flow,
    HoursBefore,
    Later,
    Measure,
    Moment,
    Reached,
    Rows,
    Stock,
    Subject,
)

START = datetime(2026, 11, 1)
TIMES = ("registered_at", "due_at", "red_card_at", "closed_at")
HOURS = st.none() | st.integers(0, 400).map(lambda hours: START + timedelta(hours=hours))
ROWS = st.fixed_dictionaries(
    {"registered_at": HOURS.filter(bool), **dict.fromkeys(TIMES[1:], HOURS)}
)


def instant(moment: Moment, row: Mapping[str, Any]) -> datetime | None:
    """The moment of a row, as the docstrings of the vocabulary have it."""
    match moment:
        case At(column):
            return row[column]
        case HoursBefore(inner, hours):
            at = instant(inner, row)
            return None if at is None else at - timedelta(hours=hours)
        case Later(first, second):
            both = [instant(first, row), instant(second, row)]
            return None if None in both else max(both)
        case Earlier(first, second):
            known = [at for at in (instant(first, row), instant(second, row)) if at is not None]
            return min(known) if known else None


@pytest.mark.parametrize("stock", [s for s in STOCKS if not s.where], ids=lambda s: s.key)
@given(row=ROWS, as_of=st.integers(0, 450).map(lambda hours: START + timedelta(hours=hours)))
def test_entries_less_departures_are_the_rows_held(stock: Stock, row, as_of: datetime) -> None:
    """Also for rows that leave before they enter, or never."""
    entered, left = instant(stock.entered, row), instant(stock.left, row)
    is_held = entered is not None and entered < as_of and (left is None or left >= as_of)
    came, went = (
        at is not None and at < as_of
        for at in (
            instant(stock.entries().moment, row),
            instant(stock.departures().moment, row),
        )
    )
    assert came - went == is_held


@given(row=ROWS, as_of=st.integers(0, 450).map(lambda hours: START + timedelta(hours=hours)))
def test_what_is_red_is_overdue_and_what_is_overdue_is_open(row, as_of: datetime) -> None:
    if row["due_at"] and row["red_card_at"]:
        row = row | {"red_card_at": max(row["due_at"], row["red_card_at"])}
    else:
        row = row | {"red_card_at": None}
    held = {}
    for stock in STOCKS:
        if stock.subject is Subject.INCIDENT and not stock.where:
            entered, left = instant(stock.entered, row), instant(stock.left, row)
            held[stock.key] = (
                entered is not None and entered < as_of and (left is None or left >= as_of)
            )
    assert held["red"] <= held["overdue"] <= held["open"]
    assert held["near_due"] <= held["open"]
    assert not (held["near_due"] and held["overdue"])


def test_a_flow_without_facet_is_one_measure_of_its_own_name() -> None:
    flow = Flow(key="closed", subject=Subject.INCIDENT, moment=At("closed_at"))
    assert [measure.column for measure in flow.measures()] == ["closed"]
    assert flow.measures()[0].where == ()


def test_a_facet_makes_one_measure_a_value() -> None:
    flow = Flow(
        key="closed",
        subject=Subject.INCIDENT,
        moment=At("closed_at"),
        where=(Equals("is_sensitive", False),),
        facet=Facet("category", ("hazard", "service")),
    )
    assert [measure.column for measure in flow.measures()] == ["closed__hazard", "closed__service"]
    assert Measure(flow, "hazard").where == (
        Equals("is_sensitive", False),
        Equals("category", "hazard"),
    )


def test_a_flow_is_a_cohort_when_it_asks_what_has_come_about() -> None:
    plain = Flow(key="a", subject=Subject.INCIDENT, moment=At("registered_at"))
    cohort = Flow(
        key="b",
        subject=Subject.INCIDENT,
        moment=At("registered_at"),
        where=(Reached(At("closed_at")),),
    )
    assert (plain.is_cohort, cohort.is_cohort) == (False, True)


def test_an_unknown_time_makes_the_later_unknown_and_is_no_earlier() -> None:
    row = {"a": START, "b": None, "c": START + timedelta(hours=1)}
    assert instant(Later(At("a"), At("b")), row) is None
    assert instant(Earlier(At("a"), At("b")), row) == START
    assert instant(Later(At("a"), At("c")), row) == row["c"]
    assert instant(HoursBefore(At("c"), 1), row) == START


def test_parts_are_values() -> None:
    """They are keys of caches and of groups by moment."""
    assert Later(At("a"), HoursBefore(At("b"), 24)) == Later(At("a"), HoursBefore(At("b"), 24))
    assert len({Rows(), Rows(), Equals("a", True), Equals("a", True)}) == 2
    assert len({*FLOWS, *FLOWS}) == len(FLOWS)


def test_names_of_roll_up_columns_are_names_in_sql() -> None:
    """They go into statements as they are."""
    columns = [m.column for flow in (*ROLLED_UP_FLOWS, *DAILY_FLOWS) for m in flow.measures()]
    assert len(columns) == len(set(columns))
    assert all(name.isidentifier() and name == name.lower() for name in columns)
    assert max(map(len, columns)) < 63
