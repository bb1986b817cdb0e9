import pytest

from dashboard.quality_checks import (
    ALL_ROWS,
    ANY_GAP,
    BOTH,
    CASE_CHECKS,
    CHECK_BY_KEY,
    checks_of,
)


def test_keys_are_unique_and_every_check_looks_at_something() -> None:
    assert len(CHECK_BY_KEY) == len((*CASE_CHECKS, ALL_ROWS, ANY_GAP))
    assert all(set(check.subjects) <= set(BOTH) and check.subjects for check in CASE_CHECKS)


@pytest.mark.parametrize("subject", BOTH)
def test_a_subject_has_only_its_own_checks(subject: str) -> None:
    assert all(subject in check.subjects for check in checks_of(subject))


def test_disputes_have_no_point_and_incidents_no_method() -> None:
    assert "no_point" not in {check.key for check in checks_of("disputes")}
    assert "no_method" not in {check.key for check in checks_of("incidents")}
