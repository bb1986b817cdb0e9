"""Times of a fixed width are read as `strptime` reads them, or left to it."""

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.imports import fixed_width

FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y%m%d%H%M%S",
    "%d/%m/%Y %H:%M",
    "%Y/%m/%d",
)


@given(
    st.sampled_from(FORMATS),
    st.lists(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)), min_size=1),
)
def test_what_strftime_writes_is_read_as_strptime_reads_it(
    pattern: str, times: list[datetime]
) -> None:
    texts = [time.strftime(pattern) for time in times]
    found = fixed_width.read(texts, pattern)
    assert found is not None
    assert found.tolist() == [datetime.strptime(text, pattern) for text in texts]


@given(st.lists(st.text("0123456789-: APMapm", min_size=18, max_size=20), min_size=1))
def test_nothing_is_read_that_strptime_refuses(texts: list[str]) -> None:
    pattern = "%Y-%m-%d %H:%M:%S"
    found = fixed_width.read(texts, pattern)
    assert found is not None
    for text, time in zip(texts, found, strict=True):
        if not np.isnat(time):
            assert time.item() == datetime.strptime(text, pattern)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-02-29 08:00:00", "2026-13-01 08:00:00", "2026-00-01 08:00:00"),
        *("2026-11-31 08:00:00", "2026-11-01 24:00:00", "2026-11-01 08:60:00"),
        *("2026-11-01T08:00:00", "2026-11-01 8:00:00", "２026-11-01 08:00:00", ""),
    ],
)
def test_what_is_no_such_time_is_left(text: str) -> None:
    found = fixed_width.read([text, "2024-02-29 23:59:59"], "%Y-%m-%d %H:%M:%S")
    assert found is not None
    assert np.isnat(found[0])


def test_noon_and_midnight_of_twelve_hours() -> None:
    found = fixed_width.read(["11/01/2026 12:00 AM", "11/01/2026 12:00 pm"], "%m/%d/%Y %I:%M %p")
    assert found is not None
    assert [time.hour for time in found.tolist()] == [0, 12]


@pytest.mark.parametrize(
    "pattern", ["%Y-%m-%d %H:%M:%S.%f", "%b %d %Y", "%H:%M", "%Y年%m月%d日", "%Y-%m-%d %I"]
)
def test_other_formats_are_left_to_others(pattern: str) -> None:
    assert fixed_width.read(["2026-11-01"], pattern) is None
