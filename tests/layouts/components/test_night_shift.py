"""本班次: what came in and was closed since it began."""

from layouts.components import night_shift
from layouts.ids import WallIds
from layouts.panel_frame import PanelState
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import NO_DATA, SCREEN, figure_said, said, with_reading


def test_the_shift_has_its_beginning_with_the_day() -> None:
    leaves = night_shift.props(SCREEN, samples.night())
    assert said(leaves, WallIds.NIGHT_SHIFT_SINCE) == "11月19日20:00起"
    nameless = samples.night().model_copy(update={"periods": ()})
    assert said(night_shift.props(SCREEN, nameless), WallIds.NIGHT_SHIFT_SINCE) == ""


def test_its_figures_are_cases_and_none_is_a_zero() -> None:
    leaves = night_shift.props(SCREEN, samples.night())
    assert figure_said(leaves, WallIds.NIGHT_SHIFT_REGISTERED) == "3,950件"
    assert figure_said(leaves, WallIds.NIGHT_SHIFT_CLOSED) == "3,745件"
    assert figure_said(leaves, WallIds.NIGHT_SHIFT_RED) == "0件"


def test_a_figure_that_never_came_leaves_the_others() -> None:
    snapshot = with_reading("incidents_closed", period="shift", of=samples.night(), **NO_DATA)
    leaves = night_shift.props(SCREEN, snapshot)
    assert figure_said(leaves, WallIds.NIGHT_SHIFT_CLOSED) == "未接入"
    assert figure_said(leaves, WallIds.NIGHT_SHIFT_REGISTERED) == "3,950件"
    assert night_shift.state(SCREEN, snapshot) == PanelState()
    assert night_shift.state(SCREEN, samples.never_delivered()).notice == "未接入"
