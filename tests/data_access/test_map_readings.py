"""What the map shows: heat on fixed cells, patches of grids, and nothing sensitive in either."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Connection, insert, text

from dashboard.asks import Ask, HeatAsk
from dashboard.heat_cells import rate_of
from dashboard.indicators import CATEGORIES
from data_access import region_tree, schema
from data_access.database import Database
from data_access.map_readings import WINDOWS, busiest, grid_inset, heat
from tests.case_builder import COUNTIES, NOW, add_regions, grid_of, incident

PROVINCE, CITY, COUNTY = 330000, 330100, 330102
ZONE = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def connection(database: Database):
    with database.write() as connection:
        add_regions(connection)
        connection.execute(
            text("insert into code_lists values ('incident_class', '事件分类', 'test')")
        )
        connection.execute(
            text(
                "insert into codes (list_key, code, label, is_sensitive)"
                " values ('incident_class', '0909', '涉法涉诉', true),"
                " ('incident_class', '0101', '道路破损', false)"
            )
        )
        yield connection


def add(connection: Connection, count: int, first: int = 0, **more: Any) -> None:
    placed = {"location_quality": "point", "cell_x": 0, "cell_y": 0}
    connection.execute(
        insert(schema.incidents), [incident(first + n) | placed | more for n in range(count)]
    )


def uncounted(span: Any, asked: Any, count: Any) -> Any:
    """Keeps nothing."""
    return count()


def uncounted_piece(at: datetime, length: timedelta, count: Any) -> Any:
    """Keeps nothing."""
    return count()


def layers(
    connection: Connection,
    region_id: int = PROVINCE,
    counties=COUNTIES,
    as_of=NOW,
    zone: ZoneInfo = ZONE,
    keep: Any = uncounted,
    is_rolled_up: bool | None = None,
):
    tree = region_tree.load(connection)
    region = tree.by_id[region_id]
    if is_rolled_up is None:
        is_rolled_up = {county.id for county in tree.counties(region)} <= set(counties)
    found = heat(
        connection,
        region,
        counties,
        as_of,
        ask=HeatAsk(),
        origin=(120.0, 29.0),
        zone=zone,
        groups=("live", "slow"),
        keep_days=keep,
        keep_piece=uncounted_piece,
        is_rolled_up=is_rolled_up,
    )
    return {layer.window: layer for layer in found}


def inset(connection: Connection, as_of=NOW, **more: Any):
    tree = region_tree.load(connection)
    return grid_inset(connection, tree.by_id[COUNTY], (COUNTY,), as_of, Ask(**more))


@pytest.mark.parametrize(("region_id", "km"), [(PROVINCE, 5), (CITY, 2), (COUNTY, 1)])
def test_cells_are_as_large_as_the_level_asks(connection, region_id: int, km: int) -> None:
    for n, cell in enumerate((-6, -5, -1, 0, 4, 5)):
        add(connection, 3, first=3 * n, cell_x=cell, cell_y=-cell)
    layer = layers(connection, region_id)["24h"]
    cells = {(cell // km, -cell // km) for cell in (-6, -5, -1, 0, 4, 5)}
    assert layer.cell_km == km
    assert {(x, y) for x, y, _ in layer.cells} == cells
    assert layer.limits == HeatAsk().limits[km]


@pytest.mark.parametrize(("window", "label", "span", "group"), WINDOWS)
def test_a_rate_means_the_same_in_every_window(connection, window, label, span, group) -> None:
    """件/百平方公里·日: as many cases as there are hours in the window."""
    hours = int(span / timedelta(hours=1))
    add(connection, hours, registered_at=NOW - timedelta(minutes=1))
    layer = layers(connection)[window]
    assert layer.cells == ((0, 0, 96.0),)
    assert layer.cells[0][2] == pytest.approx(rate_of([hours], 5, hours / 24)[0])
    assert (layer.counted, layer.window_label, layer.group) == (hours, label, group)


@pytest.mark.parametrize(("window", "label", "span", "group"), WINDOWS)
def test_windows_are_half_open(connection, window, label, span, group) -> None:
    add(connection, 1, registered_at=NOW - span)
    add(connection, 1, first=1, registered_at=NOW - span - timedelta(microseconds=1))
    add(connection, 1, first=2, registered_at=NOW)
    assert layers(connection)[window].counted == 1


@pytest.mark.parametrize(
    ("as_of", "zone"),
    [
        (NOW, ZONE),
        (datetime(2026, 11, 20, tzinfo=ZONE), ZONE),
        # The clock goes back within the 30 days and, at the other instant, within the 7.
        (datetime(2026, 11, 20, 13, 7, tzinfo=NEW_YORK), NEW_YORK),
        (datetime(2026, 11, 1, 0, 30, tzinfo=NEW_YORK), NEW_YORK),
        (datetime(2026, 11, 3, 12, tzinfo=NEW_YORK), NEW_YORK),
    ],
)
def test_whole_days_and_both_ends_are_the_window(connection, as_of, zone) -> None:
    random = np.random.default_rng(7)
    minutes = random.integers(-60, 32 * 24 * 60, 900)
    expected: dict[str, Counter[tuple[int, int]]] = {w.key: Counter() for w in WINDOWS}
    rows = []
    for n, minute in enumerate(minutes.tolist()):
        at, x = as_of - timedelta(minutes=minute), n % 7 * 5
        rows.append(incident(n, registered_at=at, location_quality="point", cell_x=x, cell_y=0))
        for window in WINDOWS:
            if as_of - window.span <= at < as_of:
                expected[window.key][x // 5, 0] += 1
    connection.execute(insert(schema.incidents), rows)
    # Roll-ups know the days of the database's zone only.
    found = layers(connection, as_of=as_of, zone=zone, is_rolled_up=zone == ZONE)
    for window in WINDOWS:
        layer = found[window.key]
        assert layer.counted == sum(expected[window.key].values())
        rates = rate_of(
            [n for _, n in sorted(expected[window.key].items())],
            5,
            window.span.days or window.span / timedelta(days=1),
        )
        assert [rate for *_, rate in layer.cells] == pytest.approx(rates, abs=0.001)


def test_whole_days_are_asked_for_by_their_midnights(connection) -> None:
    asked = []

    def noted(span: Any, more: Any, count: Any) -> Any:
        asked.append((span, more))
        return count()

    layers(connection, keep=noted)
    midnight = NOW.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    month, week = midnight - timedelta(days=29), midnight - timedelta(days=6)
    assert asked == [((month, midnight), (5, week.date(), month.date()))]


def test_cases_without_a_usable_point_are_counted_apart(connection) -> None:
    add(connection, 2)
    for n, quality in enumerate(("default", "outside", "none")):
        add(connection, 1, first=10 + n, location_quality=quality, cell_x=None, cell_y=None)
    layer = layers(connection)["2h"]
    assert (layer.counted, layer.left_out) == (2, 3)
    assert sum(rate for *_, rate in layer.cells) == pytest.approx(96.0)


def test_in_one_county_cells_of_one_or_two_cases_are_withheld_and_the_layer_says_so(
    connection,
) -> None:
    for n in range(1, 5):
        add(connection, n, first=10 * n, cell_x=n)
    add(connection, 1, first=90, cell_x=None, cell_y=None)
    county = layers(connection, COUNTY, (COUNTY,))["24h"]
    assert [(x, y) for x, y, _ in county.cells] == [(3, 0), (4, 0)]
    assert (county.counted, county.withheld, county.left_out) == (7, 3, 1)
    assert county.cell_minimum == 3
    for wider in (CITY, PROVINCE):
        layer = layers(connection, wider)["24h"]
        assert (layer.counted, layer.withheld, layer.cell_minimum) == (10, 0, 1)


MARKS = {"marked": {"is_sensitive": True}, "of a marked class": {"class_code": "0909"}}


@pytest.mark.parametrize("marks", MARKS.values(), ids=MARKS)
def test_sensitive_cases_warm_no_cell_and_fill_no_patch(connection, marks) -> None:
    add(connection, 5, class_code="0101")
    add(connection, 7, first=10, **marks)
    add(connection, 3, first=20, cell_x=None, cell_y=None, **marks)
    for layer in layers(connection).values():
        assert (layer.counted, layer.left_out) == (5, 0)
    found = inset(connection)
    assert sum(patch.events or 0 for patch in found.patches) == 5


def test_only_hazards_and_services_are_on_the_map(connection) -> None:
    for n, category in enumerate(CATEGORIES):
        add(connection, 4, first=10 * n, category=category)
    assert layers(connection)["24h"].counted == 8
    assert sum(patch.events or 0 for patch in inset(connection).patches) == 8


def test_heat_ends_at_the_scope(connection) -> None:
    for n, county in enumerate(COUNTIES):
        add(connection, n + 1, first=10 * n, county_id=county)
    assert layers(connection, counties=COUNTIES[1:2])["24h"].counted == 2
    assert layers(connection, counties=())["24h"].counted == 0


def test_only_the_groups_asked_for_are_read(connection) -> None:
    tree = region_tree.load(connection)
    ask = HeatAsk()
    for group, windows in (("live", ["2h", "24h"]), ("slow", ["7d", "30d"])):
        found = heat(
            connection,
            tree.root,
            COUNTIES,
            NOW,
            ask=ask,
            origin=(120.0, 29.0),
            zone=ZONE,
            groups=(group,),  # type: ignore[arg-type]
            keep_days=uncounted,
            keep_piece=uncounted_piece,
            is_rolled_up=True,
        )
        assert [layer.window for layer in found] == windows


def test_every_grid_of_the_county_is_in_one_patch(connection) -> None:
    add(connection, 2, grid_id=grid_of(COUNTY, 1))
    add(connection, 9, first=10, grid_id=grid_of(COUNTY, 2))
    found = inset(connection)
    assert (found.grid_count, found.county_name, found.period_label) == (2, "县330102", "近30日")
    members = sorted(grid for patch in found.patches for grid in patch.grid_ids)
    assert members == [grid_of(COUNTY, 1), grid_of(COUNTY, 2)]
    assert all(patch.events is None or patch.events >= 3 for patch in found.patches)
    assert sum(patch.events or 0 for patch in found.patches) == 11


def test_a_patch_has_the_rate_of_all_its_ground(connection) -> None:
    """Two grids of 100 km2 with 6 cases in 30 days: 0.1 a day in a hundred square kilometres."""
    add(connection, 6, grid_id=grid_of(COUNTY, 1))
    connection.execute(text("update regions set area_km2 = 50 where level = 'grid'"))
    (busy, calm) = inset(connection).patches
    assert (busy.events, busy.rate) == (6, 0.4)
    assert (calm.events, calm.rate) == (0, 0.0)
    connection.execute(text("update regions set area_km2 = null where level = 'grid'"))
    assert {patch.rate for patch in inset(connection).patches} == {None}


def test_grids_without_a_place_and_former_grids_are_left_out(connection) -> None:
    """A distance to nowhere would fail the whole picture."""
    connection.execute(
        text("update regions set centre_lat = null where id = :id"), {"id": grid_of(COUNTY, 1)}
    )
    assert inset(connection).grid_count == 1
    connection.execute(text("update regions set valid_to = '2026-11-01' where level = 'grid'"))
    assert inset(connection) is None


def test_patches_count_the_days_asked_for(connection) -> None:
    add(connection, 4, registered_at=NOW - timedelta(days=7))
    add(connection, 4, first=10, registered_at=NOW - timedelta(days=7, microseconds=1))
    found = inset(connection, inset_days=7, patch_minimum=1)
    assert sum(patch.events or 0 for patch in found.patches) == 4
    assert found.period_label == "近7日"


def test_a_case_of_another_county_does_not_count_in_this_ones_grid(connection) -> None:
    add(connection, 5, county_id=COUNTIES[1], grid_id=grid_of(COUNTY, 1))
    assert sum(patch.events or 0 for patch in inset(connection).patches) == 0


def test_the_busiest_region_is_the_first_of_equals() -> None:
    assert busiest({3: 5, 1: 5, 2: 4}) == 1
    assert busiest({}) is None


def test_rates_do_not_depend_on_the_order_of_the_rows(connection) -> None:
    random = np.random.default_rng(1)
    for n in range(30):
        x, y = (int(value) for value in random.integers(-9, 9, 2))
        add(connection, 1, first=n, cell_x=x, cell_y=y)
    cells = layers(connection, COUNTY)["24h"].cells
    assert list(cells) == sorted(cells)
