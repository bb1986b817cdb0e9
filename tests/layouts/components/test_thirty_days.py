"""近30日: in which unit the bars stand, and yesterday's number."""

import pytest

from dashboard.snapshot import Snapshot
from layouts.components import thirty_days
from layouts.ids import WallIds
from layouts.panel_frame import NothingToShow
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import SCREEN, said, without_series


def month(*last: float | None, usual: float) -> Snapshot:
    series = samples.series()[2]
    assert series.key == "last_30_days"
    values = [usual] * (len(series.points) - len(last)) + list(last)
    points = tuple(
        point.model_copy(update={"value": value})
        for point, value in zip(series.points, values, strict=True)
    )
    return samples.wall(series=(series.model_copy(update={"points": points}),))


def test_large_days_are_bars_of_ten_thousands_and_yesterday_stays_exact() -> None:
    leaves = thirty_days.props(SCREEN, samples.wall())
    assert said(leaves, WallIds.THIRTY_DAYS_UNIT) == "万件"
    assert said(leaves, WallIds.THIRTY_DAYS_LAST) == "31,642"


@pytest.mark.parametrize(
    ("highest", "unit"), [(19_999.0, "件"), (20_000.0, "万件"), (0.0, "件"), (7.0, "件")]
)
def test_small_places_have_bars_of_cases(highest: float, unit: str) -> None:
    leaves = thirty_days.props(SCREEN, month(usual=highest))
    assert said(leaves, WallIds.THIRTY_DAYS_UNIT) == unit


@pytest.mark.parametrize(("yesterday", "words"), [(0.0, "0"), (None, "—")])
def test_a_day_without_cases_and_a_day_not_known_read_differently(
    yesterday: float | None, words: str
) -> None:
    leaves = thirty_days.props(SCREEN, month(yesterday, usual=210.0))
    assert said(leaves, WallIds.THIRTY_DAYS_LAST) == words
    assert leaves[WallIds.THIRTY_DAYS_CHART]["figure"]["data"][0]["y"][-1] == yesterday


def test_without_a_series_the_panel_says_why() -> None:
    assert thirty_days.state(SCREEN, samples.never_delivered()).notice == "未接入"
    with pytest.raises(NothingToShow):
        thirty_days.state(SCREEN, without_series("last_30_days"))
