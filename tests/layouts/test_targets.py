"""Targets beside rates: words that the printed values bear out, marks where the target is."""

import pytest

from dashboard.snapshot import Snapshot
from layouts import ids, targets, wall
from layouts.components import disputes, levels, mediation, rates
from layouts.ids import WallIds
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import (
    EMPTY_BASE,
    FORBIDDEN,
    NO_DATA,
    SCREEN,
    said,
    share,
    style,
    with_reading,
)

ON_TIME = ids.part(WallIds.RATES_ON_TIME, "target")
HANDLING = ids.part(WallIds.RATES_HANDLING, "target")


def held_to(snapshot: Snapshot, indicator: str, value: float, **more: object) -> Snapshot:
    """The snapshot with this one target."""
    target = samples.target(indicator, value, **more)  # type: ignore[arg-type]
    return snapshot.model_copy(update={"targets": (target,)})


@pytest.mark.parametrize(
    ("cases", "base", "target", "words"),
    [
        (960, 1000, 0.95, "已达目标95.0%"),
        (949, 1000, 0.95, "未达目标95.0%"),
        # Printed alike is reached, whatever lies behind the decimal; and the other way round.
        (94_951, 100_000, 0.95, "已达目标95.0%"),
        (94_949, 100_000, 0.95, "未达目标95.0%"),
        (94_960, 100_000, 0.9504, "已达目标95.0%"),
        # Of few cases the fraction is printed, and counts.
        (19, 20, 0.95, "已达目标95.0%"),
        (37, 39, 0.95, "未达目标95.0%"),
    ],
)
def test_a_rate_is_held_to_its_target_as_both_are_printed(
    cases: int, base: int, target: float, words: str
) -> None:
    snapshot = held_to(with_reading("on_time_rate", **share(cases, base)), "on_time_rate", target)
    assert said(rates.props(SCREEN, snapshot), ON_TIME) == words


@pytest.mark.parametrize(
    ("hours", "words"),
    [(10.04, "已达目标10.0小时"), (10.06, "未达目标10.0小时"), (3.0, "已达目标10.0小时")],
)
def test_of_a_time_the_lower_one_reaches_the_target(hours: float, words: str) -> None:
    faster = with_reading("mean_handling_hours", period="last_30_days", value=hours)
    snapshot = held_to(faster, "mean_handling_hours", 10.0, period="last_30_days")
    assert said(rates.props(SCREEN, snapshot), HANDLING) == words


def test_where_neither_is_better_nothing_is_judged() -> None:
    snapshot = held_to(samples.wall(), "disputes_dispatched", 0.98)
    dispatched = snapshot.find("disputes_dispatched", period="month")
    assert targets.words(snapshot, dispatched) == "目标98.0%"


def test_the_targets_of_steps_and_agreements_stand_in_one_line() -> None:
    words = disputes.target_words(samples.with_targets())
    assert words == "目标:分流98.0% · 已履行96.0%"
    assert disputes.target_words(samples.wall()) == ""


def test_a_target_of_another_region_or_period_is_not_shown() -> None:
    for more in ({"region_id": 3301}, {"period": "last_30_days"}):
        snapshot = held_to(samples.wall(), "on_time_rate", 0.95, **more)
        assert said(rates.props(SCREEN, snapshot), ON_TIME) == ""


@pytest.mark.parametrize("blank", [EMPTY_BASE, NO_DATA, FORBIDDEN])
def test_what_is_blank_is_held_to_nothing(blank: dict[str, object]) -> None:
    snapshot = held_to(with_reading("on_time_rate", **blank), "on_time_rate", 0.95)
    leaves = rates.props(SCREEN, snapshot)
    assert said(leaves, ON_TIME) == ""
    assert "目标" not in said(leaves, f"{WallIds.RATES}-summary")


def test_without_targets_the_wall_speaks_of_none() -> None:
    assert "目标" not in str(wall.props(SCREEN, samples.wall()))


def test_the_two_rates_of_disputes_have_each_its_own() -> None:
    leaves = mediation.props(SCREEN, samples.with_targets())
    of = {
        name: said(leaves, ids.part(leaf, "target"))
        for name, leaf in (
            ("化解率", WallIds.MEDIATION_RESOLUTION),
            ("调解成功率", WallIds.MEDIATION_SUCCESS),
        )
    }
    assert of == {"化解率": "未达目标90.0%", "调解成功率": "已达目标95.0%"}


def test_a_method_is_not_held_to_the_target_of_all() -> None:
    snapshot = samples.with_targets()
    judicial = snapshot.find("mediation_success_rate", period="month", facet="judicial")
    assert targets.words(snapshot, judicial) == ""


def test_the_mark_stands_on_the_bar_where_the_target_is() -> None:
    leaves = levels.props(SCREEN, samples.with_targets())
    assert style(leaves, ids.part(WallIds.LEVELS_LOCAL, "mark")) == {"left": "95%"}
    assert said(leaves, ids.part(WallIds.LEVELS_LOCAL, "target")) == "目标95.0%"


def test_a_mark_of_a_step_is_of_the_steps_own_base_on_the_bar_of_all() -> None:
    snapshot = held_to(samples.wall(), "disputes_mediated", 0.5)
    leaves = disputes.props(SCREEN, snapshot)
    marks = [
        style(leaves, ids.part(ids.row(WallIds.DISPUTES, place), "mark")) for place in range(4)
    ]
    # Half of the 40,922 dispatched, on a bar that is 41,260 long.
    assert marks == [targets.NO_MARK, targets.NO_MARK, {"left": "49.59%"}, targets.NO_MARK]


def test_a_month_without_cases_has_no_mark() -> None:
    empty = samples.nothing_happened().model_copy(
        update={"targets": samples.with_targets().targets}
    )
    leaves = wall.props(SCREEN, empty)
    marks = {
        leaf: props["style"]
        for leaf, props in leaves.items()
        if leaf.endswith("-mark") and "style" in props
    }
    assert len(marks) == 5
    assert set(map(str, marks.values())) == {str(targets.NO_MARK)}


def test_who_hears_the_wall_is_told_figure_and_target() -> None:
    leaves = wall.props(SCREEN, samples.with_targets())
    told = {
        panel: said(leaves, f"{panel}-summary")
        for panel in (WallIds.RATES, WallIds.MEDIATION, WallIds.DISPUTES, WallIds.LEVELS)
    }
    assert (
        "按期办结率97.5%,已达目标95.0%;平均办理用时10.6小时,未达目标10.0小时。"
        in told[WallIds.RATES]
    )
    assert "化解率84.1%,未达目标90.0%;调解成功率95.0%,已达目标95.0%。" in told[WallIds.MEDIATION]
    assert "分流99.2%,目标98.0%;已履行95.3%,未达目标96.0%。" in told[WallIds.DISPUTES]
    assert told[WallIds.LEVELS].endswith("乡镇(街道)及以下化解96.9%,已达目标95.0%。")
