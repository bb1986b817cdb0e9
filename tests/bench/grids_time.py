"""A city's grids: no piece of work on the map may hold the page up while it is moved.

Beside it: all polygons of the city drawn at once, as a map without tiles and slices does.
"""

import random
from collections.abc import Iterable
from contextlib import closing

from playwright.sync_api import Browser
from sqlalchemy import Row, text

from data_access.database import Database
from tests.bench.demo_database import BenchDatabase
from tests.bench.measurement import Beside, Measurement
from tests.bench.running_cockpit import RunningCockpit
from tests.bench.wall_page import PATIENCE_MS, WallPage, open_wall

MOVES = 12
PLAIN_RUNS = 5
AIM_MS, FRAME_AIM_MS = 50.0, 100.0
GRID_CITY = """
select c.code, c.name, count(*) as grids
from regions g join regions c on c.id = g.city_id
where g.level = 'grid' and g.valid_to is null group by c.id order by grids desc, c.id limit 1"""
ARE_ALL_THERE = """grids => {
  const { layers } = cockpit.map.face().grids;
  return layers.reduce((sum, shapes) => sum + shapes.regions.length, 0) >= grids;
}"""
# What is seen while the map moves: our longest slice, the longest task the browser reports (it
# reports those of 50 ms and more), the longest time between two frames.
START = """() => {
  const { slices } = cockpit.map.face();
  const seen = { tasks: [], gap: 0, last: 0, began: performance.now() };
  slices.longest = 0;
  seen.observer = new PerformanceObserver((list) =>
    seen.tasks.push(...list.getEntries().map((entry) => entry.duration)));
  seen.observer.observe({ entryTypes: ["longtask"] });
  const frame = (at) => {
    if (seen.last) seen.gap = Math.max(seen.gap, at - seen.last);
    seen.last = at;
    seen.next = requestAnimationFrame(frame);
  };
  seen.next = requestAnimationFrame(frame);
  // A drag that is let go glides on for a while.
  seen.rest = new Promise((done) => cockpit.map.face().map.once("moveend", done));
  bench.moving = seen;
}"""
STOP = """() => {
  const seen = bench.moving;
  cancelAnimationFrame(seen.next);
  seen.tasks.push(...seen.observer.takeRecords().map((entry) => entry.duration));
  seen.observer.disconnect();
  return {
    slice: cockpit.map.face().slices.longest,
    task: Math.max(0, ...seen.tasks),
    gap: seen.gap,
  };
}"""
ZOOM = """async (by) => {
  const { map, slices, stage } = cockpit.map.face();
  const began = performance.now();
  map.setZoom(map.getZoom() + by, { animate: false });
  do await new Promise(requestAnimationFrame); while (slices.jobs.size || stage.pending);
  return performance.now() - began;
}"""
AT_ONCE = """() => {
  const { grids, stage } = cockpit.map.face();
  const { view } = stage;
  const canvas = document.createElement("canvas");
  canvas.width = view.width * view.ratio;
  canvas.height = view.height * view.ratio;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.scale(view.ratio, view.ratio);
  const began = performance.now();
  for (const shapes of grids.layers) {
    for (let index = 0; index < shapes.regions.length; index += 1) {
      context.beginPath();
      shapes.trace(context, index, view.scale, view.left, view.top);
      context.fillStyle = `hsl(180 40% ${20 + (index % 5) * 12}%)`;
      context.fill("evenodd");
      context.stroke();
    }
  }
  context.getImageData(0, 0, 1, 1);
  return performance.now() - began;
}"""


def measure(
    database: BenchDatabase, cockpit: RunningCockpit, browser: Browser
) -> Iterable[Measurement]:
    """Longest slice, task and gap while dragging; whole redraw after zooming."""
    with closing(Database(database.app_url)) as opened:
        city = _city(opened)
    with open_wall(browser, cockpit.address, f"/wall/{city.code}") as wall:
        wall.page.wait_for_function(ARE_ALL_THERE, arg=city.grids, timeout=PATIENCE_MS)
        wall.settle()
        moves = [_drag(wall) for _ in range(MOVES)]
        zooms = tuple(_zoom(wall, by) for _ in range(MOVES // 2) for by in (1, -1))
        at_once = tuple(float(wall.evaluate(AT_ONCE)) for _ in range(PLAIN_RUNS))
    beside = Beside(what="all drawn at once", samples=at_once)
    about = f"{city.name}, {city.grids:,} grids, 1920 × 1080"
    yield Measurement(
        what="a city's grids, longest slice while dragged",
        unit="ms",
        samples=tuple(move["slice"] for move in moves),
        aim=AIM_MS,
        beside=beside,
        note=f"{about}: the longest of our own pieces of work in a drag across a third of the map"
        " and the redrawing after it. All at once: fill and border of every polygon on one canvas.",
    )
    yield Measurement(
        what="a city's grids, longest task while dragged",
        unit="ms",
        samples=tuple(move["task"] for move in moves),
        aim=AIM_MS,
        note="PerformanceObserver `longtask`, which reports tasks of 50 ms and more, everything on"
        " the page included; 0 stands for none.",
    )
    yield Measurement(
        what="a city's grids, longest time between frames while dragged",
        unit="ms",
        samples=tuple(move["gap"] for move in moves),
        aim=FRAME_AIM_MS,
        note="Painting without GPU on the cores that also serve and feed the wall is in it.",
    )
    yield Measurement(
        what="a city's grids, all anew after zooming",
        unit="ms",
        samples=zooms,
        note="From the change of zoom until the last tile is in its place.",
    )


def _city(database: Database) -> Row[tuple[str, str, int]]:
    """Code, name and number of grids of the city that has most."""
    with database.read() as connection:
        return connection.execute(text(GRID_CITY)).one()


def _drag(wall: WallPage) -> dict[str, float]:
    box = wall.page.locator(".cockpit-map").bounding_box()
    if box is None:
        raise RuntimeError("the wall shows no map")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    side = random.choice((-1, 1))
    wall.evaluate(START)
    wall.page.mouse.move(x, y)
    wall.page.mouse.down()
    wall.page.mouse.move(x + side * box["width"] / 3, y + box["height"] / 8, steps=20)
    wall.page.mouse.up()
    wall.evaluate("bench.moving.rest")
    wall.settle()
    seen: dict[str, float] = wall.evaluate(STOP)
    wall.evaluate("cockpit.map.face().fit()")
    wall.settle()
    return seen


def _zoom(wall: WallPage, by: int) -> float:
    taken = float(wall.evaluate(ZOOM, by))
    wall.settle()
    return taken
