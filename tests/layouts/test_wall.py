"""The page as a whole: leaf props only, for nodes that exist, and one failure fails one panel."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash.development.base_component import Component

from dashboard.screens import Screen
from dashboard.snapshot import Snapshot
from layouts import wall
from layouts.components import disputes, header, map_region
from layouts.ids import HeaderIds, WallIds
from layouts.map import STORE_ID
from tests import snapshot_samples as samples
from tests.built_in import built_in_wall
from tests.layouts.wall_leaves import words_of

ROOT = Path(__file__).parents[2]

SAMPLES: tuple[Callable[[], Snapshot], ...] = (
    samples.wall,
    samples.six_figures,
    samples.nothing_happened,
    samples.never_delivered,
    samples.disputes_missing,
    samples.night,
    samples.night_with_emergency,
)
every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__name__)
LEAF_PROPS = {"children", "className", "style", "figure", "data", "data-demo"}


def nodes(page: Component) -> list[Component]:
    return [page, *(node for node in page._traverse() if isinstance(node, Component))]


def by_id(page: Component) -> dict[str, Component]:
    return {node.id: node for node in nodes(page) if getattr(node, "id", None)}


@every_sample
def test_props_are_leaves_of_nodes_on_the_page(sample: Callable[[], Snapshot]) -> None:
    page = by_id(wall.build(built_in_wall()))
    for leaf, props in wall.props(built_in_wall(), sample()).items():
        assert leaf in page, f"no node {leaf}"
        assert set(props) <= LEAF_PROPS, leaf
        assert isinstance(props.get("children", ""), str), leaf


@every_sample
def test_props_are_stable_json(sample: Callable[[], Snapshot]) -> None:
    first = wall.props(built_in_wall(), sample())
    again = wall.props(built_in_wall(), Snapshot.from_json(sample().to_json()))
    assert json.dumps(first, sort_keys=True) == json.dumps(again, sort_keys=True)
    assert all(type(leaf) is str for leaf in first)


def test_no_id_stands_twice_on_the_page() -> None:
    found = [node.id for node in nodes(wall.build(built_in_wall())) if getattr(node, "id", None)]
    assert len(found) == len(set(found))


@every_sample
def test_the_page_is_built_with_its_first_values(sample: Callable[[], Snapshot]) -> None:
    page = by_id(wall.build(built_in_wall(), sample()))
    for leaf, props in wall.props(built_in_wall(), sample()).items():
        if leaf == STORE_ID:
            # The payload comes by the stream; a Store with no data holds Dash up for seconds.
            assert page[leaf].data == {}
            continue
        if leaf not in page:
            assert "is-unused" in props["className"], leaf
            continue
        for name, value in props.items():
            assert getattr(page[leaf], name) == value, leaf


def test_a_page_has_no_more_parts_than_its_place_needs() -> None:
    page = by_id(wall.build(built_in_wall(), samples.wall()))
    groups, cities = len(samples.wall().ranking.groups), samples.wall().place.city_count
    assert len([leaf for leaf in page if re.fullmatch(r"wall-ranking-page-\d+", leaf)]) == groups
    assert len([leaf for leaf in page if re.fullmatch(r"wall-cities-row-\d+", leaf)]) == cities
    frame = by_id(wall.build(built_in_wall()))
    assert len(frame) > 1.5 * len(page), "without a snapshot there is room for any place"


def test_a_list_of_which_nothing_is_used_yet_keeps_all_its_parts() -> None:
    """What failed, or had no data, when the page was built may come later."""
    page = by_id(wall.build(built_in_wall(), samples.wall(ranking=None)))
    frame = by_id(wall.build(built_in_wall()))
    ranking = [leaf for leaf in frame if leaf.startswith("wall-ranking")]
    assert [leaf for leaf in ranking if leaf not in page] == []


def test_whatever_comes_next_every_prop_of_a_shown_row_is_said_again() -> None:
    """Rows are reused: what one snapshot sets, the next must not leave behind on a shown row."""
    before = wall.props(built_in_wall(), samples.nothing_happened())
    after = wall.props(built_in_wall(), samples.wall())
    for leaf, props in before.items():
        shown = after.get(leaf)
        assert shown is not None, f"{leaf} keeps {props} of the snapshot before"
        assert set(props) <= set(shown), leaf


def text(props: dict[str, dict[str, Any]], leaf: str) -> str:
    return str(props[leaf]["children"])


def test_the_figures_of_the_picture() -> None:
    props = wall.props(built_in_wall(), samples.wall())
    wanted = {
        WallIds.TODAY_NUMBER: "19,190",
        WallIds.TODAY_CHANGE: "▲3.0%",
        WallIds.TODAY_CLOSED: "18,183",
        WallIds.TODAY_OPEN: "14,201",
        WallIds.RATES_ON_TIME: "97.5",
        WallIds.RATES_HANDLING: "10.6",
        WallIds.DISPUTES_PERIOD: "11月1—20日同批案件,截至14:00",
        WallIds.DISPUTES_RECEPTIONS: "46,318",
        WallIds.MEDIATION_RESOLUTION: "84.1",
        WallIds.MEDIATION_SUCCESS: "95.0",
        WallIds.LEVELS_LOCAL: "96.9",
        WallIds.SUPERVISION_NEW: "今日新增红牌6、黄牌47",
        WallIds.RANKING_MEASURE: "调解成功率(%)",
        WallIds.RANKING_CUMULATIVE: "1—11月",
    }
    assert {leaf: text(props, leaf) for leaf in wanted} == wanted


def test_demo_data_and_their_share_are_said() -> None:
    props = wall.props(built_in_wall(), samples.wall())
    assert props[WallIds.ROOT]["data-demo"] == "true"
    assert text(props, WallIds.VOLUME_NOTE) == "约为实际业务量的1/20"
    real = samples.wall(is_demo=False, volume_note=None)
    assert wall.props(built_in_wall(), real)[WallIds.ROOT]["data-demo"] == "false"


def test_never_delivered_and_nothing_happened_never_look_alike() -> None:
    absent = wall.props(built_in_wall(), samples.never_delivered())
    quiet = wall.props(built_in_wall(), samples.nothing_happened())
    assert "is-no-data" in absent[WallIds.TODAY]["className"]
    assert text(absent, f"{WallIds.TODAY}-notice") == "未接入"
    assert "is-no-data" not in quiet[WallIds.TODAY]["className"]
    assert text(quiet, WallIds.TODAY_NUMBER) == "0"
    assert text(quiet, WallIds.TODAY_CHANGE) == "14:32核查"
    assert text(quiet, WallIds.SUPERVISION_NONE) == "14:32核查,无督办事项"
    assert text(quiet, WallIds.LATEST_NONE) == "14:32核查,无新事件"
    assert text(quiet, WallIds.RATES_ON_TIME) == "—"


def test_a_missing_source_empties_its_own_panels_only() -> None:
    props = wall.props(built_in_wall(), samples.disputes_missing())
    assert "is-no-data" in props[WallIds.DISPUTES]["className"]
    assert "is-no-data" in props[WallIds.MEDIATION]["className"]
    assert "is-no-data" not in props[WallIds.LEVELS]["className"]


def test_a_figure_the_scope_denies_says_so() -> None:
    readings = tuple(
        item.model_copy(update={"value": None, "numerator": None, "status": "forbidden"})
        if item.indicator == "on_time_rate"
        else item
        for item in samples.wall().readings
    )
    props = wall.props(built_in_wall(), samples.wall(readings=readings))
    assert text(props, WallIds.RATES_ON_TIME) == "无权限"
    assert text(props, WallIds.RATES_HANDLING) == "10.6"


def test_one_failing_panel_does_not_take_the_others_along(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(screen: Screen, snapshot: Snapshot) -> None:
        raise ZeroDivisionError("a fault of this panel")

    panel = wall.PANELS["disputes"]
    assert panel.props is disputes.props
    fields = {name: getattr(panel, name) for name in ("id", "kind", "is_live", "build", "state")}
    monkeypatch.setitem(wall.PANELS, "disputes", type(panel)(**fields, props=broken))
    with caplog.at_level(logging.ERROR):
        props = wall.props(built_in_wall(), samples.wall())
    assert "is-failed" in props[WallIds.DISPUTES]["className"]
    assert text(props, f"{WallIds.DISPUTES}-notice") == "本面板暂不可用"
    assert text(props, WallIds.TODAY_NUMBER) == "19,190"
    assert "a fault of this panel" in caplog.text
    well = wall.props(built_in_wall(), samples.wall(readings=samples.wall().readings))
    assert "is-failed" in well[WallIds.DISPUTES]["className"]


def test_a_panel_without_its_readings_is_unavailable_not_zero() -> None:
    props = wall.props(built_in_wall(), samples.wall(readings=()))
    assert "is-failed" in props[WallIds.TODAY]["className"]
    assert WallIds.TODAY_NUMBER not in props


def test_live_panels_say_until_when_the_data_are_complete() -> None:
    silent = tuple(
        source.model_copy(update={"last_contact_at": samples.DAY.replace(minute=28)})
        for source in samples.sources()
    )
    props = wall.props(built_in_wall(), samples.wall(sources=silent))
    assert text(props, f"{WallIds.TODAY}-asof") == "截至 14:28"
    assert f"{WallIds.DISPUTES}-asof" not in props


def test_panels_that_the_screen_leaves_out_are_not_on_the_page() -> None:
    screen = Screen.model_validate({"name": "small", "regions": {"left": ["today"]}})
    page = by_id(wall.build(screen, samples.wall()))
    assert WallIds.TODAY in page
    assert WallIds.RANKING not in page
    assert WallIds.RANKING not in wall.props(screen, samples.wall())


def test_every_panel_a_screen_may_name_exists() -> None:
    assert {*wall.PANELS, wall.MAP} == set(built_in_wall().regions.panels())


# Words that the trade reads otherwise, or not at all.
FORBIDDEN_WORDS = re.compile(
    "逾期|红灯|异常高|升温|重大事件|常值|迟到|失明|画面|县区|镇街|样本不足|得分|不出乡镇|好转|变差"
    "|仅见|同比|环比|(?<!常态)区间|km²|None|nan|undefined"
)


@every_sample
def test_no_word_of_the_wall_is_one_the_trade_does_not_use(
    sample: Callable[[], Snapshot],
) -> None:
    page = list(words_of(wall.build(built_in_wall(), sample())))
    assert len(page) > 200
    assert [words for words in page if FORBIDDEN_WORDS.search(words)] == []


@every_sample
def test_no_time_span_is_written_with_a_colon(sample: Callable[[], Snapshot]) -> None:
    words = " ".join(words_of(wall.build(built_in_wall(), sample())))
    found = re.findall(r"(?:已登记|延迟|超期|用时)\S{0,4}\d:\d\d", words)
    assert found == []


def test_six_figures_are_written_out_and_full_rates_have_their_decimal() -> None:
    props = wall.props(built_in_wall(), samples.six_figures())
    assert text(props, WallIds.TODAY_NUMBER) == "132,418"
    assert text(props, WallIds.DISPUTES_RECEPTIONS) == "132,418"
    for leaf in (
        WallIds.RATES_ON_TIME,
        WallIds.MEDIATION_SUCCESS,
        WallIds.MEDIATION_RESOLUTION,
        WallIds.LEVELS_LOCAL,
    ):
        assert text(props, leaf) + text(props, f"{leaf}-unit") == "100.0%"
    in_ten_thousands = [
        leaf for leaf, leaves in props.items() if re.search(r"\d万", leaves.get("children", ""))
    ]
    assert in_ten_thousands == []


@every_sample
def test_every_number_from_a_thousand_on_has_its_commas(sample: Callable[[], Snapshot]) -> None:
    props = wall.props(built_in_wall(), sample())
    # 12345 is the name of a hotline, a channel of cases.
    numbers = [leaf for leaf in props if not leaf.endswith("-channel")]
    bare = r"(?<![\d,.])\d{4,}(?![\d,])"
    assert [leaf for leaf in numbers if re.search(bare, props[leaf].get("children", ""))] == []


def failing(screen: Screen, snapshot: Snapshot | None) -> Any:
    raise ZeroDivisionError("a fault of this panel")


@pytest.mark.parametrize("part", ["props", "state"])
@pytest.mark.parametrize("name", wall.PANELS)
def test_whichever_panel_fails_says_so_and_all_others_stay_as_they_are(
    name: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = wall.props(built_in_wall(), samples.wall())
    panel = wall.PANELS[name]
    monkeypatch.setitem(wall.PANELS, name, replace(panel, **{part: failing}))
    props = wall.props(built_in_wall(), samples.wall())
    assert "is-failed" in props[panel.id]["className"].split()
    assert text(props, f"{panel.id}-notice") == "本面板暂不可用"
    assert [leaf for leaf in props if "is-failed" in str(props[leaf].get("className"))] == [
        panel.id
    ]
    own = {str(panel.id)} | {leaf for leaf in whole if leaf.startswith(f"{panel.id}-")}
    own |= {leaf for leaf in whole if name == "night_handover" and "night-alarms" in leaf}
    assert {leaf: props[leaf] for leaf in whole if leaf not in own} == {
        leaf: whole[leaf] for leaf in whole if leaf not in own
    }


def others_of(leaves: dict[str, dict[str, Any]], *own: str) -> dict[str, dict[str, Any]]:
    return {leaf: props for leaf, props in leaves.items() if not leaf.startswith(own)}


def test_a_failing_map_says_so_and_leaves_the_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = wall.props(built_in_wall(), samples.wall())
    monkeypatch.setattr(map_region, "props", failing)
    props = wall.props(built_in_wall(), samples.wall())
    assert "is-failed" in props[WallIds.MAP]["className"].split()
    assert text(props, f"{WallIds.MAP}-notice") == "本面板暂不可用"
    own = ("wall-map", WallIds.VOLUME_NOTE)
    assert others_of(props, *own) == others_of(whole, *own)
    assert "is-failed" not in whole[WallIds.MAP]["className"]
    assert text(whole, f"{WallIds.MAP}-notice") == ""


def test_a_map_that_cannot_be_built_for_its_place_is_built_for_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build = map_region.build

    def fussy(screen: Screen, snapshot: Snapshot | None = None) -> Component:
        return failing(screen, snapshot) if snapshot else build(screen)

    monkeypatch.setattr(map_region, "build", fussy)
    page = by_id(wall.build(built_in_wall(), samples.wall()))
    assert page[WallIds.TODAY_NUMBER].children == "19,190"
    assert WallIds.MAP in page


def test_a_failing_header_says_so_and_leaves_the_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = wall.props(built_in_wall(), samples.wall())
    monkeypatch.setattr(header, "props", lambda snapshot: failing(built_in_wall(), snapshot))
    props = wall.props(built_in_wall(), samples.wall())
    assert text(props, HeaderIds.PLACE) == "页眉暂不可用"
    assert props[HeaderIds.PLACE]["className"] == "is-failed"
    assert whole[HeaderIds.PLACE]["className"] == ""
    assert others_of(props, "header-") == others_of(whole, "header-")


def test_counties_are_called_what_the_database_says() -> None:
    place = samples.wall().place.model_copy(update={"county_word": "选区", "child_level": "county"})
    said = str(wall.props(built_in_wall(), samples.wall(place=place)))
    assert "县(市、区)" not in said
    for words in ("90个选区", "各选区今日上报", "选区排名"):
        assert words in said


def parts_computed() -> set[str]:
    """Names under which parts of a snapshot fail, as `data_access.snapshotting` says them."""
    source = (ROOT / "data_access" / "snapshotting.py").read_text("utf-8")
    return set(re.findall(r'\bpart\(\s*"([^"]+)"', source))


def test_every_part_that_can_fail_is_some_panels() -> None:
    drawn = {part for parts in wall.PARTS.values() for part in parts} | set(map_region.PARTS)
    assert drawn == parts_computed()
    assert set(wall.PARTS) == set(wall.PANELS)


@pytest.mark.parametrize("part", sorted(parts_computed()))
def test_a_panel_says_that_a_part_of_it_fails_and_keeps_its_figures(part: str) -> None:
    screen = built_in_wall()
    failing = wall.props(screen, samples.wall(failures={part: f"{part}未能更新"}))
    usual = wall.props(screen, samples.wall())
    wanted = {wall.PANELS[name].id for name, parts in wall.PARTS.items() if part in parts}
    wanted |= {WallIds.MAP} if part in map_region.PARTS else set()
    marked = {leaf for leaf in failing if "is-not-updated" in failing[leaf].get("className", "")}
    assert marked == wanted
    for panel in wanted:
        assert failing[f"{panel}-notice"]["children"] == "未能更新"
    numbers = [leaf for leaf in usual if "figure-number" in usual[leaf].get("className", "")]
    alarms = {WallIds.SUPERVISION_ALARMS, WallIds.NIGHT_ALARMS}
    changed = {leaf for leaf in numbers if failing[leaf] != usual[leaf]}
    assert changed <= alarms


def test_a_panel_that_is_hatched_stays_so_when_its_part_fails() -> None:
    never = samples.never_delivered().model_copy(update={"failures": {"比率与纠纷": "x"}})
    assert wall.props(built_in_wall(), never)[WallIds.DISPUTES]["className"].endswith("is-no-data")
