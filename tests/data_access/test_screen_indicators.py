"""Every indicator that a screen's file may name for map or ranking can be computed for it."""

import dataclasses

from dashboard.asks import Ask
from dashboard.errors import CockpitError
from dashboard.indicators import INDICATOR_BY_KEY
from dashboard.screens import Screen
from dashboard.views import View
from data_access.database import Database
from data_access.snapshotting import compute
from data_access.wall_parts import Kept
from tests.case_builder import COUNTIES, NOW, add_everything


def accepted(setting: str) -> list[str]:
    found = []
    for key in INDICATOR_BY_KEY:
        ask = dataclasses.replace(Ask(), **{setting: key})
        try:
            Screen.model_validate({"name": "wall", "regions": {}, "ask": ask})
        except (ValueError, CockpitError):
            continue
        found.append(key)
    return found


def test_what_a_screen_may_ask_for_can_be_computed(database: Database) -> None:
    with database.write() as connection:
        add_everything(connection, seed=3)
    colours, ranks = accepted("choropleth_indicator"), accepted("ranking_indicator")
    assert set(ranks) < set(colours)
    assert len(ranks) > 8
    kept = Kept()
    for key in colours:
        ask = Ask(
            choropleth_indicator=key,
            ranking_indicator=key if key in ranks else Ask().ranking_indicator,
            ranking_minimum=1,
        )
        made = compute(database, View("wall", 330000), now=NOW, ask=ask, kept=kept)
        assert not made.failures, key
        assert made.map.choropleth is not None
        assert set(made.map.choropleth.values) == set(COUNTIES), key
        assert any(value is not None for value in made.map.choropleth.values.values()), key
        assert made.ranking is not None
        assert any(unit.value is not None for unit in made.ranking.groups[0].units), key
