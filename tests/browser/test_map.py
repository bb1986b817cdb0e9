"""The map in a real browser: decoding, cells, what is painted where, clicks, and long life."""

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboard.geometry import SCALE
from dashboard.heat_cells import CellRates, smoothed
from tests.browser import map_harness as harness
from tests.geometry_documents import decode_document

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COUNTY_STEPS = ["#17263B", "#1E3049", "#273C58", "#314968", "#3D5879"]
CELL_STEPS = ["#1B2C44", "#29506A", "#3A8088", "#63C7BA", "#D8F5EA"]
PROVINCE = {"region_id": 33, "level": "province"}


class Wall:
    """A page with the map, and short words for what the tests do with it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def update(self, **parts) -> None:
        self.page.evaluate("parts => cockpit.map.update(parts)", parts)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is loading, queued or waiting for a frame."""
        self.page.evaluate(
            """async () => {
              const face = () => cockpit.map.face();
              const busy = () => !face() || !face().stage.view || face().stage.pending
                || face().slices.jobs.size;
              for (let calm = 0; calm < 4; calm = busy() ? 0 : calm + 1) {
                await new Promise((resolve) => setTimeout(resolve, 25));
              }
            }"""
        )

    def pixel(self, layer: str, longitude: float, latitude: float) -> tuple[int, int, int, int]:
        """Colour and opacity of one canvas at a place."""
        return tuple(
            self.page.evaluate(
                """([layer, longitude, latitude]) => {
                  const { stage } = cockpit.map.face();
                  const { left, top, scale, ratio } = stage.view;
                  const { mercatorX, mercatorY } = cockpit.mapParts;
                  const x = (mercatorX(longitude) - left) * scale * ratio;
                  const y = (mercatorY(latitude) - top) * scale * ratio;
                  return [...stage.canvas(layer).getContext("2d").getImageData(x, y, 1, 1).data];
                }""",
                [layer, longitude, latitude],
            )
        )

    def click(self, longitude: float, latitude: float) -> None:
        x, y = self.page.evaluate(
            """([longitude, latitude]) => {
              const { map } = cockpit.map.face();
              const point = map.latLngToContainerPoint([latitude, longitude]);
              const box = map.getContainer().getBoundingClientRect();
              return [box.x + point.x, box.y + point.y];
            }""",
            [longitude, latitude],
        )
        self.page.mouse.click(x, y)


@pytest.fixture(scope="module")
def server() -> Iterator[uvicorn.Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = harness.create_harness().server
    running = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.05)
    running.config.app.state.port = port
    yield running
    running.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(server: uvicorn.Server) -> str:
    return f"http://127.0.0.1:{server.config.app.state.port}/"


def open_wall(browser: Browser, address: str, width: int = 1920, height: int = 1080) -> Wall:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    page.wait_for_selector(".leaflet-container")
    return Wall(page)


@pytest.fixture(scope="module")
def day() -> dict:
    return harness.payload()


@pytest.fixture
def wall(browser: Browser, address: str, day: dict) -> Iterator[Wall]:
    """The province by day, everything painted."""
    wall = open_wall(browser, address)
    wall.update(**day)
    yield wall
    wall.page.close()


def rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def county(code: str):
    return next(row for row in harness.counties() if row.code == code)


def clear_spot(code: str) -> tuple[float, float]:
    """A place in a county as far from its border as can be."""
    import shapely

    point = shapely.maximum_inscribed_circle(harness.outline(county(code))).coords[0]
    return point[0], point[1]


# -- twins -----------------------------------------------------------------------------------


def test_the_browser_decodes_the_same_points_as_python(wall, day):
    url = day["geometry"]["counties"]
    decoded = wall.page.evaluate(
        """async (url) => {
          const shapes = await cockpit.map.face().library.get(url);
          return { steps: [...shapes.steps], names: shapes.regions.map((r) => r.name) };
        }""",
        url,
    )
    rows = decode_document(harness.documents()[url])
    expected = [
        round(degrees * SCALE)
        for row in rows
        for polygon in row.polygons
        for ring in polygon
        for point in ring
        for degrees in point
    ]

    assert decoded["names"] == [row.name for row in rows]
    assert decoded["steps"] == expected


def test_borders_are_sorted_into_coast_city_and_county_lines(wall):
    drawn = wall.page.evaluate(
        """() => Object.fromEntries(Object.entries(cockpit.map.face().counties.sets[0].borders)
          .map(([kind, runs]) => [kind, runs.reduce((sum, run) => sum + run.length / 2 - 1, 0)]))"""
    )
    sides: dict[frozenset, set] = {}
    for row in harness.counties():
        for ring in (ring for polygon in row.polygons for ring in polygon):
            points = [(round(x * SCALE), round(y * SCALE)) for x, y in ring]
            for side in pairwise(points):
                if side[0] != side[1]:
                    sides.setdefault(frozenset(side), set()).add((row.code, row.parent))
    kinds = Counter(
        "outer"
        if len(rows) == 1
        else "within"
        if len({city for _, city in rows}) == 1
        else "between"
        for rows in sides.values()
    )

    assert drawn == dict(kinds)


def test_the_browser_smooths_as_python_does(wall):
    heat = harness.heat()
    field = wall.page.evaluate(
        """(heat) => {
          const steps = cockpit.mapParts.smooth(heat);
          let step = steps.next();
          while (!step.done) step = steps.next();
          return { ...step.value, rate: [...step.value.rate] };
        }""",
        heat,
    )
    ix, iy, rate = (np.array(column) for column in zip(*heat["cells"], strict=True))
    expected = smoothed(CellRates(ix, iy, rate), heat["cell_km"], heat["kernel_km"], field["step"])
    got = np.array(field["rate"]).reshape(field["rows"], field["columns"])

    assert (field["west"], field["south"]) == (expected.west_km, expected.south_km)
    assert got[1:-1, 1:-1] == pytest.approx(expected.rate[1:-1, 1:-1], abs=1e-3)


# -- ground ----------------------------------------------------------------------------------


def test_each_county_wears_the_step_of_its_value(wall, day):
    values = day["fill"]["values"] | {330212: 3.4, 330281: 3.5, 331122: 99.0}
    wall.update(fill=day["fill"] | {"values": values})

    assert wall.pixel("fill", *clear_spot("330212"))[:3] == rgb(COUNTY_STEPS[0])
    assert wall.pixel("fill", *clear_spot("330281"))[:3] == rgb(COUNTY_STEPS[1])
    assert wall.pixel("fill", *clear_spot("331122"))[:3] == rgb(COUNTY_STEPS[4])


def test_a_county_without_data_is_hatched_and_one_at_zero_is_not(wall, day):
    wall.update(fill=day["fill"] | {"values": day["fill"]["values"] | {330212: 0, 330281: None}})
    colours = {
        code: {
            wall.pixel("fill", longitude + dx * 0.004, latitude)[:3]
            for dx in range(10)
            for longitude, latitude in [clear_spot(code)]
        }
        for code in ("330212", "330281")
    }

    assert len(colours["330212"]) == 1
    assert len(colours["330281"]) > 1


def test_a_part_that_is_absent_stays_as_it_was(wall, day):
    before = wall.pixel("fill", *clear_spot("330281"))
    wall.update(points=[], stale=False)

    assert wall.pixel("fill", *clear_spot("330281")) == before


def test_the_scope_fits_into_the_map_at_every_size(wall):
    for width, height in [(1920, 1080), (1280, 720), (2304, 1296)]:
        wall.page.set_viewport_size({"width": width, "height": height})
        wall.page.wait_for_timeout(100)
        wall.settle()
        box, size = wall.page.evaluate(
            """() => {
              const { map, base, stage } = cockpit.map.face();
              const { left, top, scale } = stage.view;
              const pane = map.containerPointToLayerPoint([0, 0]);
              const corner = stage.view.placed.corner.subtract(pane);
              const at = (x, y) => [(x - left) * scale + corner.x, (y - top) * scale + corner.y];
              const [w, n, e, s] = base.box;
              return [[...at(w, n), ...at(e, s)], [map.getSize().x, map.getSize().y]];
            }"""
        )
        assert min(box) > 0
        assert box[2] < size[0] and box[3] < size[1]
        assert max((box[2] - box[0]) / size[0], (box[3] - box[1]) / size[1]) > 0.9


HIDDEN_BEHIND = """() => {
  const { map, base, stage } = cockpit.map.face();
  const frame = map.getContainer().getBoundingClientRect();
  const { left, top, scale } = stage.view;
  const pane = map.containerPointToLayerPoint([0, 0]);
  const corner = stage.view.placed.corner.subtract(pane);
  const boxes = [...document.querySelectorAll(".map-legend, .map-attribution, .map-inset")]
    .map((element) => element.getBoundingClientRect()).filter((box) => box.width);
  let hidden = 0;
  for (let at = 0; at < base.xy.length; at += 2) {
    const x = (base.xy[at] - left) * scale + corner.x + frame.left;
    const y = (base.xy[at + 1] - top) * scale + corner.y + frame.top;
    if (boxes.some((box) => x > box.left && x < box.right && y > box.top && y < box.bottom)) {
      hidden += 1;
    }
  }
  const [w, n, e, s] = base.box;
  return [boxes.length, hidden, (e - w) * scale / frame.width, (s - n) * scale / frame.height];
}"""


@pytest.mark.parametrize(
    ("city", "filled"), [(None, 0.9), (harness.NINGBO, 0.9), (harness.HANGZHOU, 0.75)]
)
def test_the_scope_is_as_large_as_the_legends_let_it_be(wall, city, filled):
    if city:
        urls = {"counties": harness.address(city, "counties"), "towns": None, "grids": []}
        scope = {"region_id": city, "level": "city"}
        wall.update(scope=scope, geometry=urls, inset=None, points=[])
    boxes, hidden, wide, high = wall.page.evaluate(HIDDEN_BEHIND)
    assert boxes >= 3
    assert hidden == 0
    assert max(wide, high) > filled


def test_a_name_gives_way_to_a_ring_and_comes_back(wall, day):
    lon, lat = 119.95, 28.42  # where 丽水 stands
    point = {"id": "x", "lon": lon, "lat": lat, "at": day["now"], "class": "民生服务"}
    distance = """([lon, lat]) => {
      const { labels, stage } = cockpit.map.face();
      const { mercatorX, mercatorY } = cockpit.mapParts;
      const { left, top, scale, unit } = stage.view;
      const name = labels.placed.find(({ text }) => text === "丽水");
      const x = Math.abs(name.x - (mercatorX(lon) - left) * scale);
      const y = Math.abs(name.y - (mercatorY(lat) - top) * scale);
      return [(x - name.width / 2) / unit, (y - name.height / 2) / unit];
    }"""
    wall.update(points=[], now=day["now"])
    assert max(wall.page.evaluate(distance, [lon, lat])) < 0
    wall.update(points=[point], now=day["now"])
    assert max(wall.page.evaluate(distance, [lon, lat])) >= 18
    wall.update(points=[], now=day["now"])
    assert max(wall.page.evaluate(distance, [lon, lat])) < 0


def test_on_a_dense_screen_every_device_pixel_is_drawn(browser, address, day):
    page = browser.new_page(viewport={"width": 960, "height": 540}, device_scale_factor=2)
    page.goto(address)
    page.wait_for_selector(".leaflet-container")
    dense = Wall(page)
    dense.update(**day)
    drawn, shown = page.evaluate(
        """() => { const canvas = document.querySelector(".map-canvas-lines");
          return [canvas.width, parseFloat(canvas.style.width)]; }"""
    )
    page.close()

    assert drawn == pytest.approx(shown * 2, abs=1)


# -- heat ------------------------------------------------------------------------------------

HOT = {
    "label": "近2小时",
    "cell_km": 5,
    "kernel_km": 5,
    "origin": list(harness.ORIGIN),
    "limits": [2, 4, 8, 16, 32],
}
# Cell (-5, 3) lies in 浦江县 and 义乌市, far from the coast; its middle:
HOT_PLACE = (120.5 - 22.5 / (111.32 * np.cos(np.radians(29.2))), 29.2 + 17.5 / 110.57)


def one_hot_cell(rate: float) -> dict:
    return HOT | {"cells": [[-5, 3, rate]]}


def test_heat_shows_the_step_of_the_rate_and_ends_where_the_rate_does(wall):
    wall.update(heat_2h=one_hot_cell(400.0))
    peak = wall.pixel("heat", *HOT_PLACE)

    assert peak == (*rgb("#FAFFFB"), 255)
    assert wall.pixel("heat", HOT_PLACE[0] - 0.3, HOT_PLACE[1])[3] == 0


def test_the_same_rate_has_the_same_colour_however_hot_the_rest_is(wall):
    wall.update(heat_2h=one_hot_cell(40.0))
    alone = wall.pixel("heat", *HOT_PLACE)
    wall.update(heat_2h=HOT | {"cells": [[-5, 3, 40.0], [-20, 12, 9000.0]]})

    assert wall.pixel("heat", *HOT_PLACE) == alone


def test_no_events_leave_no_heat_behind(wall):
    wall.update(heat_2h=one_hot_cell(400.0))
    wall.update(heat_2h=HOT | {"cells": []})

    assert wall.pixel("heat", *HOT_PLACE)[3] == 0


def test_heat_is_grey_when_stale_and_gone_at_night(wall):
    wall.update(heat_2h=one_hot_cell(100.0), stale=True)
    red, green, blue, _ = wall.pixel("heat", *HOT_PLACE)
    assert max(red, green, blue) - min(red, green, blue) < 20

    wall.update(theme="night")
    expect(wall.page.locator(".map-canvas-heat")).to_be_hidden()
    wall.update(theme="day", stale=False)
    expect(wall.page.locator(".map-canvas-heat")).to_be_visible()


def test_heat_stays_on_land(wall):
    longitude, latitude = 122.9, 28.4  # open sea off 台州
    x = (longitude - 120.5) * 111.32 * np.cos(np.radians(29.2))
    y = (latitude - 29.2) * 110.57
    wall.update(heat_2h=HOT | {"cells": [[int(x // 5), int(y // 5), 900.0]]})

    assert wall.pixel("heat", longitude, latitude)[3] == 0


# -- grids -----------------------------------------------------------------------------------


def test_grids_wear_the_steps_of_their_values_and_change_with_them(wall, day):
    grids = harness.grids_of(harness.YINZHOU, 1931)
    place = harness.polygon_centre(grids[100])
    grid_url = day["inset"]["grids"]
    parts = {"geometry": day["geometry"] | {"grids": [grid_url]}, "heat_shown": None}
    steps = []
    for value in (0, 5, 50):
        values = {row.id: value for row in grids}
        wall.update(**parts, grid_values={"limits": [4, 8, 16, 28], "values": values})
        wall.page.evaluate(
            "([lon, lat]) => cockpit.map.face().map.setView([lat, lon], 12, {animate: false})",
            place,
        )
        wall.page.wait_for_timeout(50)
        wall.settle()
        steps.append(wall.pixel("grids", *place)[:3])
        parts = {}

    assert steps == [rgb(CELL_STEPS[0]), rgb(CELL_STEPS[1]), rgb(CELL_STEPS[4])]


def test_ten_thousand_grids_are_drawn_in_many_slices(wall, day):
    """How long a slice takes is measured by `make bench`; here, that the work is cut at all."""
    urls = harness.made_urls("3302")
    for url in urls:
        harness.made_grids(int(url.split("/")[2]))
    wall.page.evaluate(
        """() => { const { slices } = cockpit.map.face(); const turn = slices.turn.bind(slices);
          slices.turns = 0; slices.turn = (time) => { slices.turns += 1; turn(time); }; }"""
    )
    wall.update(geometry=day["geometry"] | {"grids": urls}, heat_shown=None)
    # Nothing is queued while the layers are on their way over the network.
    wall.page.wait_for_function(
        "number => cockpit.map.face().grids.layers.length === number", arg=len(urls)
    )
    wall.settle()
    turns, grids = wall.page.evaluate(
        """() => { const { slices, grids } = cockpit.map.face();
          return [slices.turns, grids.layers.reduce((n, l) => n + l.regions.length, 0)]; }"""
    )

    assert grids > 8000
    assert turns > 10


# -- marks -----------------------------------------------------------------------------------


def new_points(first: int, number: int, at: str = "2025-11-20T14:32:00+08:00") -> list[dict]:
    return [
        {
            "id": f"new {n}",
            "lon": 120 + n % 7 / 10,
            "lat": 29 + n % 5 / 10,
            "at": at,
            "class": "安全隐患",
        }
        for n in range(first, first + number)
    ]


def test_a_ring_stands_on_its_event(wall):
    wall.update(points=[{"id": "a", "lon": 120.1, "lat": 29.3, "class": "安全隐患"}])
    ring, place = wall.page.evaluate(
        """() => { const box = document.querySelector(".map-ring").getBoundingClientRect();
          const { map } = cockpit.map.face();
          const point = map.latLngToContainerPoint([29.3, 120.1]);
          const whole = map.getContainer().getBoundingClientRect();
          return [[box.x, box.y], [whole.x + point.x, whole.y + point.y]]; }"""
    )

    assert ring == pytest.approx(place, abs=1)


def test_at_most_five_new_rings_move_and_old_ones_never(wall):
    wall.update(points=new_points(0, 9), now="2025-11-20T14:32:01+08:00")
    assert wall.page.locator(".map-ring").count() == 9
    assert wall.page.locator(".map-ring.is-new").count() == 5

    wall.update(points=new_points(100, 3), now="2025-11-20T14:32:30+08:00")
    assert wall.page.locator(".map-ring.is-new").count() == 0


def test_rings_come_to_rest_by_themselves(wall):
    wall.update(points=new_points(0, 2), now="2025-11-20T14:32:01+08:00")
    assert wall.page.locator(".map-ring.is-new").count() == 2

    expect(wall.page.locator(".map-ring.is-new")).to_have_count(0, timeout=6000)
    expect(wall.page.locator(".map-ring")).to_have_count(2)


def test_a_ring_goes_after_a_minute_but_stays_while_the_source_is_silent(wall):
    late = "2025-11-20T14:32:59.500+08:00"
    wall.update(points=new_points(0, 1), now=late)
    expect(wall.page.locator(".map-ring")).to_have_count(0, timeout=3000)

    wall.update(points=new_points(5, 1), now=late, stale=True)
    wall.page.wait_for_timeout(900)
    assert wall.page.locator(".map-ring").count() == 1

    wall.update(stale=False)
    assert wall.page.locator(".map-ring").count() == 0


def test_the_words_of_silence_are_shown_only_then(wall):
    note = wall.page.locator(".map-stale-note")
    expect(note).to_be_hidden()
    wall.update(stale=True)
    expect(note).to_be_visible()


def test_a_city_shows_the_legend_of_its_grids_and_none_of_what_it_lacks(wall):
    for shown, hidden in [
        (["map-legend-fill", "map-heat-only", "map-inset"], ["map-legend-grids"]),
        (["map-legend-grids"], ["map-legend-fill", "map-heat-only", "map-inset"]),
    ]:
        for name in shown:
            expect(wall.page.locator(f".{name}")).to_be_visible()
        for name in hidden:
            expect(wall.page.locator(f".{name}")).to_be_hidden()
        wall.update(**harness.city_payload())


def test_borders_of_counties_are_light_in_a_city_and_dark_in_a_province(wall):
    def county_lines() -> int:
        return wall.page.evaluate("() => cockpit.map.face().counties.sets[0].borders.within.length")

    assert county_lines() > 0
    wall.update(**harness.city_payload())
    assert county_lines() == 0


# -- picks, faults, long life ----------------------------------------------------------------


def test_a_click_in_a_province_leads_to_the_city_and_in_a_city_to_the_county(wall):
    wall.click(*clear_spot("330281"))
    expect(wall.page).to_have_url(re.compile(r"/wall/330200$"))

    wall.update(
        scope={"region_id": 3302, "level": "city"},
        geometry={"counties": harness.address(3302, "counties"), "towns": None, "grids": []},
    )
    wall.click(*clear_spot("330281"))
    expect(wall.page).to_have_url(re.compile(r"/wall/330281$"))


def test_a_pick_can_be_given_to_somebody_else(wall):
    wall.page.evaluate(
        "() => { cockpit.map.onPick = (id, code) => { window.picked = [id, code] } }"
    )
    wall.click(*clear_spot("330281"))

    assert wall.page.evaluate("window.picked") == [3302, "330200"]


def test_the_store_feeds_the_map_like_the_direct_door(wall, day):
    values = dict.fromkeys(day["fill"]["values"], 99)
    wall.page.evaluate(
        "(data) => dash_clientside.set_props('wall-map-data', { data })",
        {"fill": day["fill"] | {"values": values}},
    )
    wall.page.wait_for_timeout(300)

    assert wall.pixel("fill", *clear_spot("330281"))[:3] == rgb(COUNTY_STEPS[4])


def test_a_gateway_error_delays_the_outline_but_does_not_lose_it(browser, address, server, day):
    server.config.app.state.faults.append(502)
    wall = open_wall(browser, address)
    wall.page.evaluate("parts => cockpit.map.update(parts)", day)
    wall.page.wait_for_function("() => cockpit.map.face().base", timeout=8000)
    wall.settle()

    assert wall.pixel("fill", *clear_spot("330281"))[3] == 255
    wall.page.close()


def test_nothing_is_asked_of_another_host(browser, address, day):
    page = browser.new_page()
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(address)
    page.wait_for_selector(".leaflet-container")
    Wall(page).update(**day)
    page.close()

    assert hosts == {address.split("/")[2]}


def test_two_thousand_updates_leave_memory_and_elements_as_they_were(wall, day):
    session = wall.page.context.new_cdp_session(wall.page)

    def state() -> tuple[float, int]:
        session.send("HeapProfiler.collectGarbage")
        heap = session.send("Runtime.getHeapUsage")["usedSize"]
        return heap / 1e6, wall.page.evaluate("document.querySelectorAll('*').length")

    def live(first: int, number: int) -> None:
        wall.page.evaluate(
            """async ([day, first, number]) => {
              for (let n = first; n < first + number; n += 1) {
                const points = day.points.map((p) => ({ ...p, id: `${n}-${p.id}` }));
                const values = Object.fromEntries(
                  Object.keys(day.fill.values).map((id, k) => [id, (n + k) % 9]));
                cockpit.map.update({
                  points, now: day.now, heat_2h: day.heat_2h, inset: day.inset,
                  fill: { classes: day.fill.classes, values }, stale: n % 50 === 0,
                });
                if (n % 10 === 0) await new Promise((resolve) => requestAnimationFrame(resolve));
              }
            }""",
            [day, first, number],
        )
        wall.update(stale=False)

    live(0, 200)
    heap, elements = state()
    live(200, 2000)
    heap_after, elements_after = state()

    assert elements_after == elements
    assert heap_after - heap < 2.0
