"""What a window of time brings, however long nothing came."""

from datetime import UTC, date, datetime, timedelta

from data_access.demo.changes import Window, instant
from data_access.demo.province import Province

BEGUN = datetime(2026, 5, 9, 5, 0, 13, tzinfo=UTC)


def test_days_of_which_every_case_is_settled_bring_nothing_and_no_warning(
    small_province: Province,
) -> None:
    """Warnings are errors here; an operator would see them on the terminal."""
    window = Window(small_province, 7, date(2026, 5, 8))
    assert window.changes(instant(BEGUN), instant(BEGUN + timedelta(seconds=60))).incidents
    after = BEGUN + timedelta(days=110)
    for _ in range(3):
        later = window.changes(instant(after), instant(after + timedelta(seconds=1)))
        assert all(len(cases) for cases in (*later.incidents, *later.disputes))
        after += timedelta(seconds=1)
