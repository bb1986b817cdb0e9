"""矛盾纠纷化解: one batch from 受理 to 成功, each share with its base."""

from layouts import ids
from layouts.components import disputes
from layouts.ids import WallIds
from layouts.panel_frame import Leaves, PanelState
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import (
    EMPTY_BASE,
    NO_DATA,
    SCREEN,
    figure_said,
    said,
    share,
    style,
    with_reading,
)

STEPS = [ids.row(WallIds.DISPUTES, place) for place in range(4)]
AGREEMENTS = [ids.row(ids.part(WallIds.DISPUTES, "agreement"), place) for place in range(2)]


def column(leaves: Leaves, what: str) -> list[str]:
    return [said(leaves, ids.part(step, what)) for step in STEPS]


def test_receptions_are_batches_and_people() -> None:
    leaves = disputes.props(SCREEN, samples.wall())
    assert figure_said(leaves, WallIds.DISPUTES_RECEPTIONS) == "46,318批次"
    assert figure_said(leaves, WallIds.DISPUTES_PEOPLE) == "73,905人次"


def test_the_steps_count_cases_and_their_bars_are_of_the_accepted() -> None:
    leaves = disputes.props(SCREEN, samples.wall())
    assert column(leaves, "value") == ["41,260", "40,922", "36,535", "34,702"]
    widths = [style(leaves, ids.part(step, "bar"))["width"] for step in STEPS]
    assert widths == ["100%", "99.18%", "88.55%", "84.11%"]


def test_a_step_of_few_cases_has_its_fraction() -> None:
    snapshot = with_reading("disputes_mediated", **share(7, 9))
    leaves = disputes.props(SCREEN, snapshot)
    assert (column(leaves, "value")[2], column(leaves, "share")[2]) == ("7", "占分流7/9")


def test_agreements_are_told_with_what_they_are_of() -> None:
    leaves = disputes.props(SCREEN, samples.wall())
    lines = [
        (
            figure_said(leaves, ids.part(row, "value")),
            said(leaves, ids.part(row, "base")),
            figure_said(leaves, ids.part(row, "rate")),
        )
        for row in AGREEMENTS
    ]
    assert lines == [
        ("4,273件", "/ 可申请司法确认的协议 21,050", "20.3%"),
        ("25,167件", "/ 已到履行期限的协议 26,408", "95.3%"),
    ]


def test_of_an_empty_base_there_are_none_and_no_share() -> None:
    leaves = disputes.props(SCREEN, with_reading("disputes_succeeded", **EMPTY_BASE))
    assert (column(leaves, "value")[3], column(leaves, "share")[3]) == ("0", "")
    assert "成功0件" in said(leaves, f"{WallIds.DISPUTES}-summary")
    assert style(leaves, ids.part(STEPS[3], "bar")) == {"width": "0%"}


def test_agreements_of_an_empty_base_are_none_with_a_dash_for_the_rate() -> None:
    leaves = disputes.props(SCREEN, with_reading("confirmation_rate", **EMPTY_BASE))
    row = AGREEMENTS[0]
    assert figure_said(leaves, ids.part(row, "value")) == "0件"
    assert said(leaves, ids.part(row, "base")).endswith(" 0")
    assert figure_said(leaves, ids.part(row, "rate")) == "—"


def test_a_month_without_cases_has_no_bar_at_all() -> None:
    leaves = disputes.props(SCREEN, samples.nothing_happened())
    assert column(leaves, "value")[0] == "0"
    assert {style(leaves, ids.part(step, "bar"))["width"] for step in STEPS} == {"0%"}


def test_receptions_that_never_came_leave_the_cases() -> None:
    snapshot = with_reading("receptions", **NO_DATA)
    leaves = disputes.props(SCREEN, snapshot)
    assert figure_said(leaves, WallIds.DISPUTES_RECEPTIONS) == "未接入"
    assert column(leaves, "value")[0] == "41,260"
    assert disputes.state(SCREEN, snapshot) == PanelState()
    assert disputes.state(SCREEN, samples.disputes_missing()).notice == "未接入"


def test_the_batch_is_named_with_the_minute_of_its_figures_not_of_the_wall() -> None:
    leaves = disputes.props(SCREEN, samples.wall(as_of=samples.DAY.replace(minute=59)))
    assert said(leaves, WallIds.DISPUTES_PERIOD) == "11月1—20日同批案件,截至14:00"
    assert said(disputes.props(SCREEN, samples.wall(periods=())), WallIds.DISPUTES_PERIOD) == ""
