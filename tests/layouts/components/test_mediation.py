"""化解成效: the two rates, and success by method as dots on an axis that says where it begins."""

from layouts import ids
from layouts.components import mediation
from layouts.ids import WallIds
from layouts.panel_frame import Leaves
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import (
    NO_DATA,
    SCREEN,
    figure_said,
    said,
    share,
    style,
    with_reading,
    words_of,
)

ROWS = [ids.row(WallIds.MEDIATION, place) for place in range(5)]
TICKS = [ids.row(ids.part(WallIds.MEDIATION, "tick"), place) for place in range(4)]
HIDDEN = {"display": "none"}


def axis(leaves: Leaves) -> dict[str, str]:
    """Labels of the axis and where they stand."""
    shown = [tick for tick in TICKS if style(leaves, tick) != HIDDEN]
    return {said(leaves, tick): style(leaves, tick)["left"] for tick in shown}


def test_each_method_has_its_rate_and_its_cases() -> None:
    leaves = mediation.props(SCREEN, samples.wall())
    rows = [
        (figure_said(leaves, ids.part(row, "rate")), figure_said(leaves, ids.part(row, "base")))
        for row in ROWS
    ]
    assert rows == [
        ("95.6%", "29,666件"),
        ("94.1%", "3,827件"),
        ("93.4%", "4,092件"),
        ("89.9%", "2,119件"),
        ("92.1%", "658件"),
    ]


def test_the_methods_are_named_and_one_is_said_to_be_a_part() -> None:
    names = [word for word in words_of(mediation.build(SCREEN)) if "调解" in word or "其" in word]
    assert names == [
        "调解成功率",
        "人民调解",
        "其中行业性专业性",
        "行政调解",
        "司法调解",
        "其他及未登记",
    ]


def test_both_ends_of_the_axis_are_labelled() -> None:
    labels = axis(mediation.props(SCREEN, samples.wall()))
    places = list(labels.values())
    assert (places[0], places[-1]) == ("0%", "100%")
    assert 2 <= len(labels) <= 4
    low, high = SCREEN.rate_window
    assert (next(iter(labels)), list(labels)[-1]) == (f"{low}%", f"{high}%")


def test_a_very_low_rate_widens_the_axis_and_stays_on_it() -> None:
    low = with_reading("mediation_success_rate", facet="judicial", **share(120, 1_000))
    leaves = mediation.props(SCREEN, low)
    labels = axis(leaves)
    assert int(next(iter(labels)).rstrip("%")) <= 12
    assert 2 <= len(labels) <= 4
    left = float(style(leaves, ids.part(ROWS[3], "dot"))["left"].rstrip("%"))
    assert 0 <= left < 10


def test_few_cases_are_a_fraction() -> None:
    few = with_reading("mediation_success_rate", facet="other", **share(7, 9))
    leaves = mediation.props(SCREEN, few)
    assert figure_said(leaves, ids.part(ROWS[4], "rate")) == "7/9"
    assert figure_said(leaves, ids.part(ROWS[4], "base")) == "9件"


def test_a_rate_without_error_range_has_a_dot_only() -> None:
    bare = with_reading("mediation_success_rate", facet="people", interval=None)
    leaves = mediation.props(SCREEN, bare)
    assert style(leaves, ids.part(ROWS[0], "range")) == HIDDEN
    assert style(leaves, ids.part(ROWS[0], "dot")) != HIDDEN


def test_the_dot_stands_within_its_error_range() -> None:
    leaves = mediation.props(SCREEN, samples.wall())
    for row in ROWS:
        at = float(style(leaves, ids.part(row, "dot"))["left"].rstrip("%"))
        span = style(leaves, ids.part(row, "range"))
        left, width = (float(span[name].rstrip("%")) for name in ("left", "width"))
        assert left < at < left + width, row


def test_a_method_that_never_came_leaves_no_mark() -> None:
    leaves = mediation.props(
        SCREEN, with_reading("mediation_success_rate", facet="administrative", **NO_DATA)
    )
    assert figure_said(leaves, ids.part(ROWS[2], "rate")) == "未接入"
    assert style(leaves, ids.part(ROWS[2], "dot")) == HIDDEN
    assert style(leaves, ids.part(ROWS[2], "range")) == HIDDEN


def test_a_month_without_any_mediation_has_no_mean_line() -> None:
    leaves = mediation.props(SCREEN, samples.nothing_happened())
    assert style(leaves, WallIds.MEDIATION_MEAN) == HIDDEN
    assert figure_said(leaves, WallIds.MEDIATION_SUCCESS) == "—"
    assert mediation.state(SCREEN, samples.disputes_missing()).notice == "未接入"


def test_the_resolution_rate_says_of_what_and_when() -> None:
    leaves = mediation.props(SCREEN, samples.wall())
    assert said(leaves, WallIds.MEDIATION_BASE) == "占受理41,260件"
    assert said(leaves, WallIds.MEDIATION_PERIOD) == "11月1—20日"
    assert said(mediation.props(SCREEN, samples.nothing_happened()), WallIds.MEDIATION_BASE) == ""
