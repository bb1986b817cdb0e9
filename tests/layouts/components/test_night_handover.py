"""交班需跟踪 and 系统告警: what the next shift is told."""

from datetime import timedelta

from layouts import ids
from layouts.components import night_handover
from layouts.ids import WallIds
from tests import snapshot_samples as samples
from tests.layouts.wall_leaves import SCREEN, classes, figure_said, said, words_of


def test_the_case_longest_overdue_stands_first() -> None:
    leaves = night_handover.props(SCREEN, samples.night())
    row = ids.row(WallIds.NIGHT_HANDOVER, 0)
    words = [said(leaves, ids.part(row, what)) for what in ("kind", "county", "class", "how")]
    assert words == ["红牌督办", "路桥区", "劳动人事争议", "超期9个工作日"]
    assert said(leaves, ids.part(ids.row(WallIds.NIGHT_HANDOVER, 1), "how")) == "超期7个工作日"


def test_all_well_is_said_with_the_slowest_source() -> None:
    leaves = night_handover.props(SCREEN, samples.night())
    assert figure_said(leaves, WallIds.NIGHT_ALARMS) == "0个"
    assert said(leaves, WallIds.NIGHT_ALARMS_SOURCES) == "数据接口 7/7,最慢延迟7秒"
    assert said(leaves, WallIds.NIGHT_ALARMS_PARTS) == "未能更新的部分:无"


def test_silent_sources_are_counted_out() -> None:
    silent = tuple(
        source.model_copy(update={"last_contact_at": samples.NIGHT - timedelta(hours=1)})
        for source in samples.sources(samples.NIGHT)
    )
    leaves = night_handover.props(
        SCREEN, samples.night().model_copy(update={"sources": silent[:2]})
    )
    assert said(leaves, WallIds.NIGHT_ALARMS_SOURCES) == "数据接口 0/2"
    assert figure_said(leaves, WallIds.NIGHT_ALARMS) == "2个"
    assert "is-alarm" in classes(leaves, WallIds.NIGHT_ALARMS)


def test_parts_that_failed_are_named() -> None:
    snapshot = samples.wall(failures={"排名": "超时", "热力": "超时"})
    leaves = night_handover.props(SCREEN, snapshot)
    assert said(leaves, WallIds.NIGHT_ALARMS_PARTS) == "未能更新的部分:排名、热力"


def test_of_many_parts_that_failed_two_are_named() -> None:
    words = night_handover.part_words(["排名", "热力", "督办"])
    assert words == "未能更新的部分:排名、热力等3个"


def test_without_sources_nothing_is_claimed_of_them() -> None:
    leaves = night_handover.props(SCREEN, samples.never_delivered())
    assert said(leaves, WallIds.NIGHT_ALARMS_SOURCES) == "数据接口 未接入"


def test_the_lines_of_duty_are_those_of_the_screens_file() -> None:
    screen = SCREEN.model_copy(update={"duty_lines": ("带班电话 8000",)})
    assert "带班电话 8000" in list(words_of(night_handover.build(screen)))
