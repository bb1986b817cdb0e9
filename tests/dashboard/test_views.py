"""Views and their keys: one view, one key, however it was written."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.views import View

ZONES = [UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")]
INSTANTS = st.datetimes(
    datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from(ZONES)
)
VIEWS = st.builds(
    View,
    st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True),
    st.integers(0, 10**9),
    st.none() | INSTANTS,
)


@given(VIEWS)
def test_a_view_is_found_again_by_its_key(view: View) -> None:
    assert View.parse(view.key()) == view
    assert hash(View.parse(view.key())) == hash(view)


@given(INSTANTS, st.sampled_from(ZONES))
def test_the_zone_in_which_a_moment_is_written_makes_no_other_view(at, zone) -> None:
    """Also in the hour that the clock runs through twice, which Python calls never equal."""
    one, other = View("wall", 1, at), View("wall", 1, at.astimezone(zone))
    assert one == other
    assert one.key() == other.key()


def test_both_hours_of_an_autumn_night_are_views_of_their_own() -> None:
    zone = ZoneInfo("America/New_York")
    first = datetime(2015, 11, 1, 1, 30, tzinfo=zone)
    assert View("wall", 1, first).key() == "wall:1@2015-11-01T05:30:00+00:00"
    assert View("wall", 1, first.replace(fold=1)).key() == "wall:1@2015-11-01T06:30:00+00:00"


def test_a_live_view_has_a_short_key() -> None:
    assert View("wall", 330200).key() == "wall:330200"


@pytest.mark.parametrize(
    "text",
    [
        *("", "wall", "wall:", ":330200", "wall:abc", "wall:330200@yesterday"),
        *("wall:330200@2015-09-01T16:00:00", "wall:1:2", "wall 330200", "wall:@2015-09-01"),
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        View.parse(text)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        View("wall", 1, datetime(2026, 11, 20))


def test_views_of_other_moments_are_other_views() -> None:
    at = datetime(2026, 11, 20, tzinfo=timezone(timedelta(hours=8)))
    views = {View("wall", 1), View("wall", 2), View("night", 1), View("wall", 1, at)}
    assert len({view.key() for view in views}) == len(views) == 4
