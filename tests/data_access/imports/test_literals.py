"""Numbers and days are read as people mean them, or not at all."""

from datetime import date

import numpy as np
import pytest

from data_access.imports.mapping import TimeRule
from data_access.imports.tables.literals import Percent, day_of, number_of
from data_access.imports.times import read_times


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234567", 1234567),
        ("1,234,567", 1234567),
        ("1，234，567.5", 1234567.5),
        ("-12", -12),
        (".5", 0.5),
        ("0.000012", 0.000012),
        ("1.2e-05", 0.000012),
        ("１２３", 123),
    ],
)
def test_numbers_are_read_with_groups_of_three_or_without(text: str, expected: float) -> None:
    assert number_of(text) == expected
    assert not isinstance(number_of(text), Percent)


@pytest.mark.parametrize("text", ["95%", "95.0％"])
def test_a_percent_sign_is_kept_in_mind(text: str) -> None:
    assert number_of(text) == 95
    assert isinstance(number_of(text), Percent)


@pytest.mark.parametrize(
    "text",
    ["1,2,3", "12,34", "1,2345", "0,123", ",123", "1_000", "1 000", "nan", "inf", "%", ".", "1,"],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="不是数字"):
        number_of(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01", date(2026, 11, 1)),
        ("2026/11/1", date(2026, 11, 1)),
        ("2026.1.5", date(2026, 1, 5)),
        ("20261101", date(2026, 11, 1)),
        ("2026年11月1日", date(2026, 11, 1)),
        ("2026-11", date(2026, 11, 1)),
        ("2026/1", date(2026, 1, 1)),
        ("202611", date(2026, 11, 1)),
        ("202612", date(2026, 12, 1)),
        ("2026年1月", date(2026, 1, 1)),
        ("2026-11-01T00:00:00", date(2026, 11, 1)),
        ("2026-11-01 08:30:00", date(2026, 11, 1)),
    ],
)
def test_days_and_months_are_read(text: str, expected: date) -> None:
    assert day_of(text, []) == expected


@pytest.mark.parametrize(
    "text",
    ["46024", "2026111", "202613", "20261131", "2026-13-01", "2026-11/01", "2026-W01", "2026", ""],
)
@pytest.mark.parametrize("formats", [[], ["%Y%m%d"]])
def test_what_is_no_day_is_never_another_day(text: str, formats: list[str]) -> None:
    with pytest.raises(ValueError, match=r"不是日期|没有这一天"):
        day_of(text, formats)


def test_further_formats_come_first() -> None:
    assert day_of("1/11/2026", ["%d/%m/%Y"]) == date(2026, 11, 1)
    assert day_of("202611", ["%Y%m%d"]) == date(2026, 11, 1)
    assert day_of("01112026", ["%d%m%Y"]) == date(2026, 11, 1)


def test_without_signs_between_only_the_full_width_is_a_time() -> None:
    texts = ["20261108083000", "2026118083000", "202611", "2026-11-08T08:30:00"]
    times = read_times("t", texts, TimeRule(format="%Y%m%d%H%M%S"), "Asia/Shanghai")
    assert times.is_unreadable.tolist() == [False, True, True, False]
    assert times.local[0] == times.local[3] == np.datetime64("2026-11-08T08:30")
