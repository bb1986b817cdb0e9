"""States of sources, shares of fields, and what makes a report good or bad."""

from datetime import UTC, datetime

import pytest

from dashboard.freshness import Source
from dashboard.quality import (
    CheckCount,
    ImportTotals,
    IndicatorState,
    QualityReport,
    SourceQuality,
    health_of,
)

NOW = 1_000_000_000
AS_OF = datetime(2026, 11, 20, 6, 32, tzinfo=UTC)


def source(age_seconds: float | None, *, is_live: bool = True) -> Source:
    return Source(
        key="grid",
        name="网格系统",
        cycle_ms=10_000,
        last_contact_at=None if age_seconds is None else NOW - round(age_seconds * 1000),
        last_error_at=None,
        is_live=is_live,
    )


@pytest.mark.parametrize(
    ("age", "health"),
    [(0, "live"), (20, "live"), (21, "late"), (40, "late"), (41, "stale"), (90_000, "stale")],
)
def test_a_source_is_late_after_two_cycles_and_stale_after_four(age: float, health: str) -> None:
    assert health_of(source(age), NOW, has_rows=True) == health


def test_a_source_never_heard_is_not_good_even_where_rows_of_it_exist() -> None:
    assert health_of(source(None), NOW, has_rows=True) == "never"
    assert health_of(source(None, is_live=False), NOW, has_rows=False) == "never"


def test_a_source_brought_as_files_is_not_judged() -> None:
    assert health_of(source(9e6, is_live=False), NOW, has_rows=True) == "by_hand"
    assert health_of(source(None, is_live=False), NOW, has_rows=True) == "by_hand"


def test_the_share_of_nothing_is_unknown() -> None:
    assert CheckCount("no_limit", 0, 0).share is None
    assert CheckCount("no_limit", 4, 1).share == 0.75


def quality_report(**parts) -> QualityReport:
    return QualityReport(
        **{
            "as_of": AS_OF,
            "zone": "Asia/Shanghai",
            "product_name": "综治中心数字驾驶舱",
            "is_demo": False,
            "region_name": "浙江省",
            "region_code": "330000",
            "is_whole": True,
            "days": 7,
            "sources": (),
            "completeness": (),
            "others": (),
            "imported": ImportTotals(0, 0, 0, 0),
            "files": (),
            "polls": (),
            "findings": (),
            "indicators": (),
            "outlines": (),
            "stray_counties": (),
            "forms": (),
            "pending_deltas": 0,
        }
        | parts
    )


def heard(health: str) -> SourceQuality:
    return SourceQuality(
        id=1,
        key="grid",
        name="网格系统",
        kind="incidents",
        health=health,  # type: ignore[arg-type]
        cycle_seconds=10,
        age_seconds=1.0,
        last_contact_at=AS_OF,
        last_row_at=AS_OF,
        last_error_at=None,
    )


def indicator(state: str) -> IndicatorState:
    return IndicatorState(key="receptions", title="接待", state=state, reason="")  # type: ignore[arg-type]


@pytest.mark.parametrize("health", ["live", "late", "by_hand", "never"])
def test_only_a_stale_source_makes_the_check_fail(health: str) -> None:
    assert quality_report(sources=(heard(health),)).is_well
    assert not quality_report(sources=(heard(health), heard("stale"))).is_well


@pytest.mark.parametrize("state", ["no_source", "no_field", "no_population", "not_reported"])
def test_an_indicator_that_lacks_something_makes_the_check_fail(state: str) -> None:
    assert not quality_report(indicators=(indicator(state),)).is_well


@pytest.mark.parametrize("state", ["known", "quiet"])
def test_nothing_happened_is_no_failure(state: str) -> None:
    assert quality_report(indicators=(indicator(state),)).is_well
