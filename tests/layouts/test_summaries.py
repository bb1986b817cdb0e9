"""Each chart in one sentence: what it says, and that it says nothing of what is not known."""

import pytest

from layouts import ids, summaries, wall
from layouts.ids import WallIds
from layouts.panel_frame import zone_of
from tests import snapshot_samples as samples
from tests.built_in import built_in_wall
from tests.layouts.wall_leaves import said

CHARTS = (
    *(WallIds.TREND, WallIds.THIRTY_DAYS, WallIds.NIGHT_TREND, WallIds.RATES, WallIds.CATEGORIES),
    *(WallIds.CITIES, WallIds.DISPUTES, WallIds.MEDIATION, WallIds.LEVELS, WallIds.RANKING),
)
ZONE = zone_of(samples.wall())


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_is_said_in_a_sentence(chart: WallIds) -> None:
    leaves = wall.props(built_in_wall(), samples.wall())
    sentence = said(leaves, ids.part(chart, "summary"))
    assert sentence.count("。") in (1, 2)
    assert sentence.endswith("。")


@pytest.mark.parametrize(
    ("chart", "sentence"),
    [
        (
            WallIds.RATES,
            "按期办结率近30日由96.6%到97.4%。平均办理用时(平均处置时长)近30日由12.9小时到10.8小时。",
        ),
        (WallIds.LEVELS, "分级化解:村(社区)61.8%;乡镇(街道)35.1%;县级及以上3.1%。"),
        (
            WallIds.DISPUTES,
            "矛盾纠纷同批案件:受理41,260件,分流40,922件,调解36,535件,成功34,702件。",
        ),
    ],
)
def test_a_sentence_has_the_figures_of_its_chart(chart: WallIds, sentence: str) -> None:
    assert said(wall.props(built_in_wall(), samples.wall()), ids.part(chart, "summary")) == sentence


def test_a_rate_is_said_with_its_error_range() -> None:
    leaves = wall.props(built_in_wall(), samples.wall())
    sentence = said(leaves, ids.part(WallIds.MEDIATION, "summary"))
    assert sentence.startswith("调解成功率:人民调解95.6%,误差范围(95%)95.4—95.9;")


def test_a_rate_of_fewer_days_says_of_how_many() -> None:
    series = samples.wall().series_of("on_time_spark")
    assert series is not None
    workdays = series.model_copy(update={"points": series.points[:22]})
    sentence = summaries.course("按期办结率", workdays, unit="%", base="应办结")
    assert sentence.endswith("%,有应办结的22日。")


def test_the_course_of_a_day_names_its_last_and_its_highest_half_hour() -> None:
    series = samples.wall().series_of("today_trend")
    assert series is not None
    known = [point.value for point in series.points if point.value is not None]
    sentence = summaries.half_hours("今日走势", series, ZONE)
    assert sentence.startswith(f"今日走势:14:00起的半小时{known[-1]:,.0f}件,常态")
    assert f"起的半小时{max(known):,.0f}件。" in sentence


def test_what_is_not_known_has_no_sentence() -> None:
    series = samples.wall().series_of("today_trend")
    assert series is not None
    points = tuple(point.model_copy(update={"value": None}) for point in series.points)
    unknown = series.model_copy(update={"points": points})
    assert summaries.half_hours("今日走势", unknown, ZONE) == ""
    assert summaries.days("近30日", unknown, ZONE) == ""
    assert summaries.course("按期办结率", None, unit="%", base="应办结") == ""
    assert summaries.counts("类别", {"其他": None}) == ""
    assert summaries.rates("成功率", {"其他": None}) == ""
    leaves = wall.props(built_in_wall(), samples.never_delivered())
    assert said(leaves, ids.part(WallIds.TREND, "summary")) == ""
