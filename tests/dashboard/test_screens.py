"""Screens read from TOML: the built-in one, and what is said when a file is wrong."""

import dataclasses
from pathlib import Path

import pytest

from dashboard.asks import Ask
from dashboard.errors import ScreenConfigError
from dashboard.indicators import INDICATOR_BY_KEY
from dashboard.screens import BUILT_IN, PANEL_NAMES, load_screens
from tests.built_in import built_in_wall


def screen_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "screens.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_built_in_wall_shows_every_panel_once() -> None:
    assert sorted(built_in_wall().regions.panels()) == sorted(PANEL_NAMES)


def test_the_built_in_file_repeats_the_defaults_of_what_is_asked() -> None:
    assert built_in_wall().ask == Ask()


def test_a_file_may_hold_several_screens(tmp_path: Path) -> None:
    path = screen_file(
        tmp_path,
        '[wall]\nregions.left = ["today"]\n[duty]\nregions.centre = ["map"]\nduty_phone = "拨8000"',
    )
    screens = load_screens(path)
    assert list(screens) == ["wall", "duty"]
    assert screens["duty"].duty_phone == "拨8000"
    assert screens["duty"].regions.panels() == ("map",)


def test_a_screen_may_name_the_region_that_it_shows(tmp_path: Path) -> None:
    path = screen_file(tmp_path, '[wall]\nregion = "330100"\nregions.left = ["today"]')
    assert load_screens(path)["wall"].region == "330100"
    assert built_in_wall().region is None


def test_thresholds_come_from_the_file(tmp_path: Path) -> None:
    path = screen_file(
        tmp_path,
        '[wall]\nregions.left = ["today"]\n[wall.ask]\nranking_minimum = 900\n'
        "[wall.ask.heat]\ncell_km = { city = 5 }\nlimits = { 5 = [1, 2, 3, 4, 5] }",
    )
    ask = load_screens(path)["wall"].ask
    assert ask.ranking_minimum == 900
    assert ask.heat.limits == {5: (1, 2, 3, 4, 5)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "没有任何大屏"),
        ("[wall\n", "不是有效的 TOML:第 1 行第 6 个字符处有误（多为引号"),
        ("wall = 3", "应为一个表"),
        (
            '[hall]\nregions.left = ["today"]',
            r"没有名为 wall 的大屏.*请把其中一个大屏改名为 \[wall\]",
        ),
        ('[wall]\nregions.left = ["todya"]', "todya"),
        ('[wall]\nregions.left = ["today"]\nregions.right = ["today"]', "不能放两次"),
        ('[wall]\nregions.left = ["today"]\nduty_fone = "1"', "duty_fone"),
        ('[wall]\nregions.left = ["today"]\nnight_hours = [22, 24]', "0—23"),
        ('[wall]\nregions.left = ["today"]\nrate_window = [98, 86]', "由小到大"),
        ('[wall]\nregions.left = ["today"]\n[wall.ask]\nranking_min = 9', "ranking_min"),
        (
            '[wall]\nregions.left = ["today"]\n[wall.ask]\nranking_indicator = "happiness"',
            "happiness",
        ),
        ('[wall]\nregions.left = ["today"]\n[wall.ask]\nranking_minimum = "many"', "many"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    path = screen_file(tmp_path, text)
    with pytest.raises(ScreenConfigError, match=named) as refused:
        load_screens(path)
    assert str(path) in str(refused.value)


def asking(tmp_path: Path, setting: str, key: str) -> Path:
    return screen_file(
        tmp_path, f'[wall]\nregions.left = ["today"]\n[wall.ask]\n{setting} = "{key}"'
    )


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("median_handling_hours", "处置时长中位数是中位数"),
        ("video_intact", "视频完好率是部门报送的数"),
        ("staff_online_rate", "网格员在线率是按日登记的数"),
        ("patrol_rate", "巡查率是按日登记的数"),
        ("resolution_level", "是分项列出的数"),
        ("happiness", "不是指标的键"),
    ],
)
@pytest.mark.parametrize("setting", ["choropleth_indicator", "ranking_indicator"])
def test_an_indicator_that_has_no_sum_of_each_county_is_refused(
    tmp_path: Path, setting: str, key: str, what: str
) -> None:
    path = asking(tmp_path, setting, key)
    with pytest.raises(ScreenConfigError) as refused:
        load_screens(path)
    said = str(refused.value)
    for part in (str(path), "[wall]", f'ask.{setting} = "{key}"', what, "应为", "请改正"):
        assert part in said
    assert "写的是" not in said


@pytest.mark.parametrize("key", ["incidents_per_10k", "mean_handling_hours"])
def test_only_rates_are_ranked(tmp_path: Path, key: str) -> None:
    with pytest.raises(ScreenConfigError, match="由案件汇总得出的比率"):
        load_screens(asking(tmp_path, "ranking_indicator", key))
    assert load_screens(asking(tmp_path, "choropleth_indicator", key))


@pytest.mark.parametrize(
    ("key", "what"), [("incidents_registered", "是件数"), ("incidents_open", "是存量")]
)
def test_counts_are_not_coloured(tmp_path: Path, key: str, what: str) -> None:
    with pytest.raises(ScreenConfigError, match=f"{what}.*件数不上色"):
        load_screens(asking(tmp_path, "choropleth_indicator", key))


def test_a_rate_that_is_neither_good_nor_bad_is_not_ranked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unjudged = dataclasses.replace(INDICATOR_BY_KEY["return_rate"], better="neither")
    monkeypatch.setitem(INDICATOR_BY_KEY, "return_rate", unjudged)
    with pytest.raises(ScreenConfigError, match="是比率,高低不分好坏,不能用在这里"):
        load_screens(asking(tmp_path, "ranking_indicator", "return_rate"))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("duty_phone = 110", "duty_phone:应为文字,写在引号里(写的是 110)"),
        ("region = 330100", "region:应为文字,写在引号里(写的是 330100)"),
        ('night_hours = ["ten", 6]', "night_hours.0:应为整数(写的是 'ten')"),
        ("night_hours = [22]", "night_hours.1:没有写"),
        ("night_hours = [22, 6, 7]", "night_hours:项数不应多于 2(写的是 [22, 6, 7])"),
        ("night_hours = 22", "night_hours:应为一列,写在方括号里(写的是 22)"),
        ("ask = 3", "ask 应为一个表(写的是 3)"),
        ('ask.ranking_minimum = "many"', "ask.ranking_minimum:应为整数(写的是 'many')"),
        ("ask.choropleth_classes = 3", "ask.choropleth_classes:应为一列"),
        ('ask.choropleth_classes = ["a"]', "ask.choropleth_classes.0:应为数(写的是 'a')"),
        (
            'ask.heat_window = "3h"',
            "ask.heat_window:应为 '2h'、'24h'、'7d'、'30d' 之一(写的是 '3h')",
        ),
        ("ask.heat = 5", "ask.heat:应为一个表(写的是 5)"),
        (
            "ask.heat = { cell_km = {}, limits = { 5 = [4, 2] } }",
            "heat.limits 的 5 公里一行应为由小到大的 5 个正数",
        ),
    ],
)
def test_what_is_wrong_with_a_setting_is_said_in_chinese(
    tmp_path: Path, lines: str, said: str
) -> None:
    path = screen_file(tmp_path, f'[wall]\nregions.left = ["today"]\n{lines}')
    with pytest.raises(ScreenConfigError) as refused:
        load_screens(path)
    assert said in str(refused.value)
    assert "nput should" not in str(refused.value)


def test_regions_that_were_left_out_are_named(tmp_path: Path) -> None:
    with pytest.raises(ScreenConfigError, match="有误:regions:没有写。"):
        load_screens(screen_file(tmp_path, '[wall]\nduty_phone = "8000"'))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScreenConfigError, match="COCKPIT_SCREENS"):
        load_screens(tmp_path / "absent.toml")


def test_the_built_in_file_is_part_of_the_package() -> None:
    assert BUILT_IN.parent.name == "screens"
    assert BUILT_IN.is_file()
