"""What single panels decide: order, scales, which rows, which words."""

from datetime import timedelta

import pytest

from dashboard.snapshot import RankedUnit, Reading
from layouts import ids, wall
from layouts.components import levels, mediation, ranking, system_alarms
from layouts.components.header import place_name, place_parts
from layouts.ids import WallIds
from tests import snapshot_samples as samples
from tests.built_in import built_in_wall


def props() -> dict[str, dict[str, object]]:
    return wall.props(built_in_wall(), samples.wall())


def test_categories_are_sorted_and_other_comes_last() -> None:
    rows = [ids.row(WallIds.CATEGORIES, place) for place in range(6)]
    names = [props()[ids.part(row, "name")]["children"] for row in rows]
    assert names == ["民生服务", "安全隐患", "社情民意", "政策咨询", "矛盾纠纷", "其他"]
    leaders = [row for row in rows if "is-leader" in str(props()[row]["className"])]
    assert leaders == rows[:1]


def test_parts_of_today_add_up_to_today() -> None:
    rows = [ids.row(WallIds.CATEGORIES, place) for place in range(6)]
    values = [props()[ids.part(row, "value")]["children"] for row in rows]
    assert sum(int(str(value).replace(",", "")) for value in values) == 19_190


def test_cities_stand_in_the_order_of_the_data() -> None:
    cells = [ids.row(WallIds.CITIES, place) for place in range(11)]
    names = [props()[ids.part(cell, "name")]["children"] for cell in cells]
    assert names == [name for name, *_ in samples.CITIES]
    assert props()[ids.row(WallIds.CITIES, 11)]["className"] == "city is-unused"


def test_each_step_of_disputes_names_its_base() -> None:
    rows = [ids.row(WallIds.DISPUTES, place) for place in range(4)]
    shares = [props()[ids.part(row, "share")]["children"] for row in rows]
    assert shares == ["", "占受理99.2%", "占分流89.3%", "占调解95.0%"]


def rate(value: float, interval: tuple[float, float] | None = None) -> Reading:
    return samples.reading("mediation_success_rate", value * 1000, base=1000, interval=interval)


@pytest.mark.parametrize(
    ("readings", "ends"),
    [
        ([rate(0.95)], (0.86, 0.98)),
        ([rate(0.95, (0.85, 0.97))], (0.82, 0.98)),
        ([rate(0.5)], (0.5, 0.98)),
        ([rate(1.0)], (0.86, 1.0)),
        ([None], (0.86, 0.98)),
    ],
)
def test_the_axis_of_rates_widens_only_for_what_lies_outside(
    readings: list[Reading | None], ends: tuple[float, float]
) -> None:
    assert mediation.window(readings, (86, 98)) == ends


def test_a_method_without_cases_has_neither_dot_nor_rate() -> None:
    readings = tuple(
        item.model_copy(
            update={"value": None, "numerator": 0, "denominator": 0, "status": "empty_base"}
        )
        if item.facet == "judicial"
        else item
        for item in samples.wall().readings
    )
    leaves = wall.props(built_in_wall(), samples.wall(readings=readings))
    row = ids.row(WallIds.MEDIATION, 3)
    assert leaves[ids.part(row, "rate")]["children"] == "—"
    assert leaves[ids.part(row, "dot")]["style"] == {"display": "none"}


def test_a_narrow_level_has_its_value_above_the_bar() -> None:
    readings = tuple(
        item.model_copy(update={"value": 0.05, "numerator": 50, "denominator": 1000})
        if item.facet == "village"
        else item
        for item in samples.wall().readings
    )
    leaves = levels.props(built_in_wall(), samples.wall(readings=readings))
    assert leaves[WallIds.LEVELS_VILLAGE_LABEL]["children"] == "村(社区) 5.0%"
    assert leaves[WallIds.LEVELS_TOWN_LABEL]["children"] == "乡镇(街道)"


def units(number: int) -> list[RankedUnit]:
    return [
        RankedUnit(
            region_id=at,
            name=f"第{at}县",
            place=at,
            value=0.9,
            numerator=90,
            denominator=100,
            month_value=0.9,
            month_denominator=10,
        )
        for at in range(1, number + 1)
    ]


@pytest.mark.parametrize(
    ("number", "places"),
    [
        (0, [None] * 8),
        (2, [1, 2, None, None, None, None, None, None]),
        (5, [1, 2, 3, None, None, None, 4, 5]),
        (6, [1, 2, 3, None, None, 4, 5, 6]),
        (7, [1, 2, 3, 4, None, 5, 6, 7]),
        (27, [1, 2, 3, 4, 24, 25, 26, 27]),
    ],
)
def test_a_group_shows_both_its_ends(number: int, places: list[int | None]) -> None:
    rows = ranking.shown_rows(units(number))
    assert [row.place if row else None for row in rows] == places


def test_units_with_few_cases_are_named_and_not_ranked() -> None:
    remote = samples.ranking().groups[2]
    words = ranking.foot_words(remote, 900)
    assert words == (
        "件数较少,不参与排名(不足900件):嵊泗县447/471(误差范围82—99%) "
        "云和县475/500(误差范围82—99%) "
        "另有1个"
    )
    leaves = ranking.props(built_in_wall(), samples.wall())
    names = [props["children"] for leaf, props in leaves.items() if leaf.endswith("-name")]
    assert "嵊泗县" not in names


def test_a_group_whose_cases_also_count_elsewhere_says_so() -> None:
    apart = samples.ranking().groups[0].model_copy(update={"is_apart": True})
    assert ranking.foot_words(apart, 900).startswith("另列,数已含在所在县(市、区)")
    found = samples.ranking()
    last = found.model_copy(update={"groups": (apart, *found.groups[1:])})
    leaves = ranking.props(built_in_wall(), samples.wall(ranking=last))
    titles = [props["children"] for leaf, props in leaves.items() if leaf.endswith("-title")]
    assert titles[-1] == f"{apart.name} {len(apart.units)}个,另列"
    assert not any("另列" in title for title in titles[:-1])


def test_a_wall_without_ranking_says_why() -> None:
    empty = ranking.state(built_in_wall(), samples.nothing_happened())
    assert empty.notice == "暂无可排名的单位"
    absent = ranking.state(built_in_wall(), samples.never_delivered())
    assert absent.notice == "未接入"


def test_system_alarms_count_silent_sources_and_failed_parts() -> None:
    fine = system_alarms.system_alarms(samples.wall())
    assert (fine.count, fine.slowest_seconds) == (0, 7)
    silent = samples.sources()[0].model_copy(
        update={"last_contact_at": samples.DAY - timedelta(minutes=10)}
    )
    snapshot = samples.wall(
        sources=(silent, *samples.sources()[1:]), failures={"排名": "排名:超时"}
    )
    alarms = system_alarms.system_alarms(snapshot)
    assert (alarms.silent_sources, alarms.failed_parts, alarms.count) == (1, 1, 2)


def test_the_night_shows_what_must_be_telephoned_about() -> None:
    quiet = wall.props(built_in_wall(), samples.night())
    assert quiet[WallIds.NIGHT_EMERGENCIES_NUMBER]["children"] == "0"
    assert quiet[WallIds.NIGHT_EMERGENCIES_CHECKED]["children"] == "03:12:04 已核查"
    urgent = wall.props(built_in_wall(), samples.night_with_emergency())
    assert urgent[WallIds.NIGHT_EMERGENCIES_NUMBER] == {
        "children": "2",
        "className": "figure-number is-alarm",
    }


def test_a_place_is_named_with_its_parts() -> None:
    province = samples.wall().place
    assert place_name(province) + place_parts(province) == "全省 · 11个设区市、90个县(市、区)"
    city = province.model_copy(
        update={"name": "宁波市", "level": "city", "city_count": 0, "county_count": 10}
    )
    assert place_name(city) + place_parts(city) == "宁波市 · 10个县(市、区)"
    county = city.model_copy(update={"name": "余姚市", "level": "county", "county_count": 1})
    assert place_name(county) + place_parts(county) == "余姚市"


def test_no_card_has_a_colour_when_there_is_none() -> None:
    mark = ids.part(WallIds.SUPERVISION_RED, "mark")
    quiet = wall.props(built_in_wall(), samples.nothing_happened())
    assert quiet[mark]["className"] == "supervision-figure is-red is-quiet"
    assert props()[mark]["className"] == "supervision-figure is-red"
