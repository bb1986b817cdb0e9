"""类别: shares of today, who leads, and where 其他 stands."""

from layouts import ids
from layouts.components import categories
from layouts.ids import WallIds
from layouts.panel_frame import Leaves, PanelState
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import NO_DATA, SCREEN, classes, said, style, with_reading

ROWS = [ids.row(WallIds.CATEGORIES, place) for place in range(6)]


def column(leaves: Leaves, what: str) -> list[str]:
    return [said(leaves, ids.part(row, what)) for row in ROWS]


def test_counts_have_commas_and_their_share_of_the_day() -> None:
    leaves = categories.props(SCREEN, samples.wall())
    assert column(leaves, "value") == ["6,809", "4,804", "2,615", "1,918", "1,498", "1,546"]
    assert column(leaves, "share") == ["35.5%", "25.0%", "13.6%", "10.0%", "7.8%", "8.1%"]


def test_other_stays_last_even_when_it_is_the_largest() -> None:
    snapshot = with_reading("incidents_registered", period="today", facet="other", value=9_000.0)
    leaves = categories.props(SCREEN, snapshot)
    assert column(leaves, "name")[-1] == "其他"
    assert [row for row in ROWS if "is-leader" in classes(leaves, row)] == [ROWS[-1]]
    assert style(leaves, ids.part(ROWS[-1], "bar")) == {"width": "100%"}


def test_of_two_equal_categories_one_leads() -> None:
    snapshot = with_reading("incidents_registered", period="today", facet="hazard", value=6_809.0)
    leaves = categories.props(SCREEN, snapshot)
    assert [row for row in ROWS if "is-leader" in classes(leaves, row)] == [ROWS[0]]
    assert column(leaves, "value")[:2] == ["6,809", "6,809"]


def test_a_day_without_cases_has_zeros_no_shares_and_no_leader() -> None:
    leaves = categories.props(SCREEN, samples.nothing_happened())
    assert column(leaves, "value") == ["0"] * 6
    assert column(leaves, "share") == [""] * 6
    assert not [row for row in ROWS if "is-leader" in classes(leaves, row)]
    assert style(leaves, ids.part(ROWS[0], "bar")) == {"width": "0%"}


def test_one_category_that_never_came_leaves_the_others() -> None:
    snapshot = with_reading("incidents_registered", period="today", facet="policy", **NO_DATA)
    leaves = categories.props(SCREEN, snapshot)
    named = dict(zip(column(leaves, "name"), column(leaves, "value"), strict=True))
    assert (named["政策咨询"], named["民生服务"]) == ("未接入", "6,809")
    assert categories.state(SCREEN, snapshot) == PanelState()
