"""Heat of 100,000 incidents: counting into cells, JSON, and drawing in the browser.

Beside it: every incident's point sent as it is and drawn as a circle of its own.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson
from playwright.sync_api import Browser
from sqlalchemy import Connection, text

from dashboard.asks import HeatAsk
from dashboard.snapshot import HeatCells
from data_access import facts, map_readings, region_tree
from data_access.database import Database
from tests.bench.demo_database import BenchDatabase
from tests.bench.measurement import Beside, Measurement, timed
from tests.bench.running_cockpit import RunningCockpit
from tests.bench.wall_page import WallPage, open_wall

INCIDENTS = 100_000
RUNS = 10
PLAIN_RUNS = 3
# True cases moved into the window, within a transaction that is rolled back: as many as lack.
FILL_WINDOW = """
insert into incidents (home_county_id, source_id, case_no, registered_month, category, region_id,
  county_id, lon, lat, location_quality, cell_x, cell_y, registered_at)
select home_county_id, source_id, 'BENCH-HEAT-' || n, date_trunc('month', at)::date, category,
  region_id, county_id, lon, lat, location_quality, cell_x, cell_y, at
from (
  select i.*, row_number() over (order by random()) as n,
    cast(:now as timestamptz) - random() * interval '29 days' as at
  from incidents i where category in ('service', 'hazard') and location_quality = 'point'
    and not is_sensitive
) i where n <= :lacking"""
COUNT_WINDOW = """
select count(*) from incidents where category in ('service', 'hazard') and not is_sensitive
  and location_quality = 'point' and registered_at >= :now - interval '30 days'
  and registered_at < :now"""
PLAIN_POINTS = """
select lon, lat from incidents where category in ('service', 'hazard') and not is_sensitive
  and location_quality = 'point' and registered_at >= :now - interval '30 days'
  and registered_at < :now"""
# Milliseconds from the text's arrival to the painted frame.
DRAW_CELLS = """async (text) => {
  const began = performance.now();
  await cockpit.map.face().heat.setData(JSON.parse(text));
  await new Promise((done) => bench.afterPaint(done));
  return performance.now() - began;
}"""
DRAW_POINTS = """async (text) => {
  const { map } = cockpit.map.face();
  const renderer = L.canvas();
  const began = performance.now();
  const group = L.layerGroup(JSON.parse(text).map(([longitude, latitude]) =>
    L.circleMarker([latitude, longitude], { renderer, radius: 2, stroke: false })));
  group.addTo(map);
  await new Promise((done) => bench.afterPaint(done));
  const taken = performance.now() - began;
  group.remove();
  renderer.remove();
  return taken;
}"""


def measure(
    database: BenchDatabase, cockpit: RunningCockpit, browser: Browser
) -> Iterable[Measurement]:
    """The three steps one by one; each with the plain way's beside it."""
    with closing(Database(database.url)) as opened, _window(opened) as (connection, now):
        yield _reading(connection, now)
        cells = _cells(connection, now)
        points = [tuple(row) for row in connection.execute(text(PLAIN_POINTS), {"now": now})]
    as_sent = _as_sent(cells)
    yield Measurement(
        what="heat of 100,000 incidents, JSON",
        unit="ms",
        samples=timed(lambda: orjson.dumps(as_sent), RUNS),
        beside=Beside(what="all points", samples=timed(lambda: orjson.dumps(points), PLAIN_RUNS)),
        note=f"{len(cells.cells):,} cells of {cells.cell_km} km,"
        f" {len(orjson.dumps(as_sent)) / 1000:,.0f} kB; all points are"
        f" {len(orjson.dumps(points)) / 1000:,.0f} kB.",
    )
    with open_wall(browser, cockpit.address) as wall:
        yield _drawing(wall, orjson.dumps(as_sent).decode(), orjson.dumps(points).decode())


@contextmanager
def _window(database: Database) -> Iterator[tuple[Connection, datetime]]:
    """A connection that sees 100,000 incidents with a point in the last thirty days."""
    now = datetime.now(UTC)
    with database.engine.connect() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        present = connection.scalar(text(COUNT_WINDOW), {"now": now}) or 0
        lacking = max(0, INCIDENTS - int(present))
        connection.execute(text(FILL_WINDOW), {"now": now, "lacking": lacking})
        connection.execute(text("analyze incidents"))
        yield connection, now
        connection.rollback()


def _reading(connection: Connection, now: datetime) -> Measurement:
    def plain() -> None:
        connection.execute(text(PLAIN_POINTS), {"now": now}).all()

    return Measurement(
        what="heat of 100,000 incidents, SQL",
        unit="ms",
        samples=timed(lambda: _cells(connection, now), RUNS),
        beside=Beside(what="all points", samples=timed(plain, PLAIN_RUNS)),
        note="The province's 30 days, filled up to 100,000 incidents in a transaction that is"
        " rolled back; counted into cells and made rates.",
    )


def _cells(connection: Connection, now: datetime) -> HeatCells:
    tree = region_tree.load(connection)
    origin = facts.read(connection, "heat_origin") or (120.0, 29.0)
    layers = map_readings.heat(
        connection,
        tree.root,
        [county.id for county in tree.counties(tree.root)],
        now,
        ask=HeatAsk(),
        origin=tuple(origin),
        zone=ZoneInfo(facts.read(connection, "zone") or facts.DEFAULT_ZONE),
        groups=("slow",),
        # Nothing is kept: the 30 days are counted anew each time.
        keep_days=lambda span, asked, count: count(),
        keep_piece=lambda at, length, count: count(),
        is_rolled_up=True,
    )
    return next(layer for layer in layers if layer.window == "30d")


def _as_sent(cells: HeatCells) -> dict[str, object]:
    """The map's payload: see ``layouts.map``."""
    return {
        "cell_km": cells.cell_km,
        "kernel_km": cells.kernel_km,
        "origin": cells.origin,
        "cells": cells.cells,
        "limits": cells.limits,
    }


def _drawing(wall: WallPage, cells: str, points: str) -> Measurement:
    def draw(script: str, payload: str) -> float:
        taken = float(wall.evaluate(script, payload))
        wall.settle()
        return taken

    wall.evaluate("cockpit.map.face().stage.show('heat', true)")
    draw(DRAW_CELLS, cells)
    return Measurement(
        what="heat of 100,000 incidents, drawn",
        unit="ms",
        samples=tuple(draw(DRAW_CELLS, cells) for _ in range(RUNS)),
        beside=Beside(
            what="a circle a point on Leaflet's canvas",
            samples=tuple(draw(DRAW_POINTS, points) for _ in range(PLAIN_RUNS)),
        ),
        note="From JSON text in the browser to the painted frame, smoothed and contoured, in"
        " slices of about 10 ms beside the page's own work.",
    )
