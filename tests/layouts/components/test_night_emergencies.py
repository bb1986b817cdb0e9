"""待处置紧急事件: the one number of the night."""

from layouts.components import night_emergencies
from layouts.ids import WallIds
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import (
    FORBIDDEN,
    NO_DATA,
    SCREEN,
    classes,
    said,
    with_reading,
    words_of,
)


def test_zero_is_said_to_be_a_checked_zero() -> None:
    leaves = night_emergencies.props(SCREEN, samples.night())
    assert said(leaves, WallIds.NIGHT_EMERGENCIES_NUMBER) == "0"
    assert said(leaves, WallIds.NIGHT_EMERGENCIES_MEANING) == "数据源应答正常,确为0件"
    assert said(leaves, WallIds.NIGHT_EMERGENCIES_ADVICE) == ""
    assert "is-alarm" not in classes(leaves, WallIds.NIGHT_EMERGENCIES_NUMBER)


def test_an_emergency_says_what_to_do_and_whom_to_call() -> None:
    leaves = night_emergencies.props(SCREEN, samples.night_with_emergency())
    assert said(leaves, WallIds.NIGHT_EMERGENCIES_NUMBER) == "2"
    assert said(leaves, WallIds.NIGHT_EMERGENCIES_MEANING) == "2件待处置,请立即电话核实"
    assert said(leaves, WallIds.NIGHT_EMERGENCIES_ADVICE) == SCREEN.duty_phone != ""
    assert "is-alarm" in classes(leaves, WallIds.NIGHT_EMERGENCIES_NUMBER)


def test_the_check_has_the_second_of_the_reading() -> None:
    earlier = samples.NIGHT.replace(minute=10, second=58)
    snapshot = with_reading("emergencies_open", period="now", of=samples.night(), as_of=earlier)
    leaves = night_emergencies.props(SCREEN, snapshot)
    assert said(leaves, WallIds.NIGHT_EMERGENCIES_CHECKED) == "03:10:58 已核查"


def test_missing_and_forbidden_are_never_a_zero() -> None:
    for fields, words in ((NO_DATA, "未接入"), (FORBIDDEN, "无权限")):
        snapshot = with_reading("emergencies_open", period="now", **fields)
        leaves = night_emergencies.props(SCREEN, snapshot)
        assert said(leaves, WallIds.NIGHT_EMERGENCIES_NUMBER) == words
        assert night_emergencies.state(SCREEN, snapshot).notice == words


def test_what_counts_as_an_emergency_is_a_first_report() -> None:
    assert "突发事件(初报,待定级)中尚未办结的" in list(words_of(night_emergencies.build(SCREEN)))
