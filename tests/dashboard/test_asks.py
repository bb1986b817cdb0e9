"""What screens ask: defaults that fit together, and scales that cannot be drawn are refused."""

import dataclasses

import pytest
from pydantic import TypeAdapter, ValidationError

from dashboard.asks import Ask, HeatAsk
from dashboard.indicators import INDICATOR_BY_KEY
from dashboard.screens import load_screens

ASKS = {"default": Ask(), **{name: screen.ask for name, screen in load_screens().items()}}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_the_indicators_asked_for_are_in_the_dictionary(ask: Ask) -> None:
    assert INDICATOR_BY_KEY[ask.ranking_indicator].kind == "rate"
    assert ask.choropleth_indicator in INDICATOR_BY_KEY


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_classes_rise(ask: Ask) -> None:
    for classes in (ask.choropleth_classes, ask.inset_classes, *ask.heat.limits.values()):
        assert list(classes) == sorted(set(classes))
        assert classes[0] > 0


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_no_wall_shows_patches_of_one_or_two_cases(ask: Ask) -> None:
    assert ask.patch_minimum >= 3


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_every_level_has_cells_with_kernel_and_limits(ask: Ask) -> None:
    assert set(ask.heat.cell_km) == {"province", "city", "county"}
    for km in ask.heat.cell_km.values():
        assert ask.heat.kernel_km[km] >= km
        assert ask.heat.limits[km]


def test_cells_without_a_scale_are_refused_when_read_and_not_when_drawn() -> None:
    with pytest.raises(ValueError, match="3 公里网格"):
        HeatAsk(cell_km={"province": 3})
    with pytest.raises(ValueError, match="10 公里网格"):
        HeatAsk(cell_km={"province": 10}, kernel_km={10: 12.0})


@pytest.mark.parametrize(
    "limits",
    [(2, 4, 8, 32, 16), (2, 2, 4, 8, 16), (0, 1, 2, 3, 4), (-1, 1, 2, 3, 4), (1, 2, 3, 4), ()],
)
def test_limits_that_do_not_rise_are_refused(limits: tuple[float, ...]) -> None:
    heat = HeatAsk()
    with pytest.raises(ValueError, match="由小到大"):
        dataclasses.replace(heat, limits={**heat.limits, 5: limits})


def test_a_table_of_a_file_becomes_an_ask() -> None:
    ask = TypeAdapter(Ask).validate_python(
        {"ranking_minimum": 50, "heat": {"limits": {km: [1, 2, 3, 4, 5] for km in "521"}}}
    )
    assert ask.ranking_minimum == 50
    assert ask.heat.limits[5] == (1, 2, 3, 4, 5)


@pytest.mark.parametrize("name", ["choropleth_classes", "inset_classes"])
@pytest.mark.parametrize("limits", [(4, 3, 2, 1), (1, 2, 3), (1, 2, 3, 4, 5), (0, 1, 2, 3)])
def test_classes_are_one_less_than_the_colours_and_rise(
    name: str, limits: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match=f"{name}应为由小到大的 4 个正数"):
        Ask(**{name: limits})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("ranking_minimum", -5),
        ("ranking_minimum", 0),
        ("inset_days", 0),
        ("patch_minimum", 2),
        ("new_event_minutes", 0),
        ("ticker_rows", 51),
        ("point_count", 0),
        ("work_item_rows", -1),
        ("band_days", 3),
    ],
)
def test_numbers_no_wall_could_stand_by_are_refused(setting: str, value: int) -> None:
    with pytest.raises(ValidationError, match=setting):
        TypeAdapter(Ask).validate_python({setting: value})


def test_an_ask_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Ask().patch_minimum = 1  # type: ignore[misc]
