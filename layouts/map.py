"""The map of the wall: the dl.Map component, its legends, and the contract with the browser.

Here: components built from the values given, once per page load. Not here: reading data, and
everything that moves: a tick never returns a component of this module, it sends a payload.

The payload
-----------
``window.cockpit.map.update(payload)`` takes it; the live stream brings it there. On a page without
a stream ``APPLY`` does the same, a clientside function with the data of the Store ``STORE_ID`` as
input and any output that may stay as it is. Every part is optional; a part that is absent stays as
it was, a part that is there replaces the whole of it::

    {
      "scope": {"region_id": 33, "level": "province"},      # province | city | county
      "geometry": {"counties": url, "towns": url | null, "grids": [url, ...]},
      "fill": {"classes": [3.5, 4.5, 5.5, 6.5],             # rising limits: one less than steps
               "values": {region_id: number | null}},       # absent or null: hatched, no data
      "heat_2h": {"label": "近2小时 隐患、民生",             # also heat_24h, heat_7d, heat_30d
                  "withheld": "近2小时不足3件的格未显示,共12件",  # empty where nothing is
                  "cell_km": 5, "kernel_km": 5,             # standard deviation of the kernel
                  "origin": [lon0, lat0],                   # of the database, never of the view
                  "cells": [[ix, iy, rate], ...],           # 件/百平方公里·日, cells with events
                  "limits": [2, 4, 8, 16, 32]} | null,
      "heat_shown": "2h" | null,                            # ?heat=7d in the address goes first
      "points": [{"id", "lon", "lat", "at", "class"}, ...], # rings; oldest first
      "now": "2025-11-20T14:32:08+08:00",                   # the server's time, with the points
      "grid_values": {"limits": [l1, l2, l3, l4], "values": {grid_id: number | null}},
      "labels": [{"text", "lon", "lat"}, ...],              # most important first
      "inset": {"region_id", "grids": url, "limits": [l1, l2, l3, l4],
                "patches": [{"members": [grid_id, ...], "value": number | null}, ...]} | null,
      "theme": "day" | "night",
      "stale": true | false
    }

- Layers are addressed by ``dashboard.geometry.geometry_url`` and never change under one address.
  ``counties`` holds the counties of the scope and, as regions without outline, their cities: names
  and codes of cities come from them, and borders between cities are found by ``parent``. Towns
  have lines, and a fill where ``fill.values`` knows them. Grids cover the fill.
- Cells: ``dashboard.heat_cells``. Heat isn't drawn at night, is grey when stale, and ends at the
  outline of the scope.
- A ring leaves when its event is 60 s old or no longer in ``points``; while stale it stays, hollow.
  Of several new events five move. Rings of events over 4 s old on arrival don't move.
- Without ``labels`` the cities of a province or the counties of a city are named.
- A pick calls ``window.cockpit.map.onPick(region_id, code)``: by default the ``pathname`` of
  ``wall-location`` becomes ``/wall/<code>``; in a province the city is picked, else the region.
- The view is the outline of the scope, as large as it can be without standing behind a legend
  (``assets/map_fit.js``). Names stand where no ring does; ``--map-label`` is their size.

Words beside the map are leaves with ids (see ``TEXT_IDS``), set by the live client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import dash_leaflet as dl
from dash import ClientsideFunction, dcc, html

MAP_ID: Final = "wall-map"
STORE_ID: Final = "wall-map-data"
LOCATION_ID: Final = "wall-location"
STAGE_ID: Final = "wall-map-stage"
INSET_CANVAS_ID: Final = "wall-map-inset"
APPLY: Final = ClientsideFunction(namespace="cockpit_map", function_name="apply")

TEXT_IDS: Final = {
    "night_rings": "wall-map-night-rings",
    "fill_period": "wall-map-fill-period",
    "fill_unit": "wall-map-fill-unit",
    "grid_period": "wall-map-grid-period",
    "grid_unit": "wall-map-grid-unit",
    "attribution": "wall-map-attribution",
    "left_out": "wall-map-left-out",
    "inset_title": "wall-map-inset-title",
    "inset_count": "wall-map-inset-count",
    "inset_note": "wall-map-inset-note",
    "stale_title": "wall-map-stale-title",
    "stale_gap": "wall-map-stale-gap",
    "stale_rings": "wall-map-stale-rings",
    "summary": "wall-map-summary",
}
"""Leaf text by meaning: ``set_props(id, {children: text})`` changes it."""

NOT_REVIEWED: Final = "内部使用 未经地图审核"
HEAT_UNIT: Final = "件/百平方公里·日"


@dataclass(frozen=True, slots=True)
class MapFace:
    """What stands on the map's face when the page is built.

    ``fill_classes`` are the limits between the five county steps, ``heat_limits`` the lower limits
    of the five heat steps, both in the units printed beside them. ``grid_classes`` are those of
    the grid cells, empty where no scope of the page shows grids; while grids are shown their legend
    stands in place of the fill's. ``attribution`` is the 审图号 bound to these very outlines, or
    ``NOT_REVIEWED``. ``inset`` is None where no grid inset is shown. ``summary`` says in a
    sentence, for those who hear the page, what the map shows.
    """

    heat_window: str
    heat_limits: Sequence[float]
    fill_period: str
    fill_unit: str
    fill_classes: Sequence[float]
    ring_name: str = "新发隐患、民生"
    heat_unit: str = HEAT_UNIT
    grid_classes: Sequence[float] = ()
    grid_unit: str = HEAT_UNIT
    attribution: str = NOT_REVIEWED
    summary: str = ""
    inset: InsetFace | None = None


@dataclass(frozen=True, slots=True)
class InsetFace:
    """The words of the grid inset: 网格层 and county, how many grids became how many cells."""

    title: str
    count: str
    note: str


def wall_map(face: MapFace) -> html.Div:
    """Return the map region: map, legends, inset, attribution, the note of a silent source."""
    children = [
        html.P(face.summary, id=TEXT_IDS["summary"], className="map-summary"),
        leaflet_map(),
        heat_legend(face),
        class_legend(
            "fill",
            (TEXT_IDS["fill_period"], face.fill_period),
            (TEXT_IDS["fill_unit"], face.fill_unit),
            "county",
            face.fill_classes,
        ),
        html.Div(face.attribution, id=TEXT_IDS["attribution"], className="map-attribution"),
        stale_note(),
        dcc.Store(id=STORE_ID, data={}),
    ]
    if face.grid_classes:
        period = (TEXT_IDS["grid_period"], face.fill_period)
        unit = (TEXT_IDS["grid_unit"], face.grid_unit)
        children.append(class_legend("grids", period, unit, "cell", face.grid_classes))
    if face.inset is not None:
        children.append(grid_inset(face.inset))
    return html.Div(children, id=STAGE_ID, className="map-stage")


def leaflet_map() -> dl.Map:
    """Return the bare Leaflet map: no tiles, no controls, nothing sent back to the server.

    It has no view yet; ``assets/map.js`` fits it to the scope once the outline has come.
    """
    return dl.Map(
        id=MAP_ID,
        className="cockpit-map",
        zoomControl=False,
        attributionControl=False,
        trackViewport=False,
        preferCanvas=True,
        zoomSnap=0,
        zoomDelta=0.5,
        minZoom=4,
        maxZoom=17,
        boxZoom=False,
        doubleClickZoom=False,
        keyboard=True,
        scrollWheelZoom=True,
        children=[],
    )


def heat_legend(face: MapFace) -> html.Div:
    """Return the legend of heat and rings; at night, a count of rings instead of heat."""
    steps = [
        html.Div(
            [
                html.Span(className=f"map-swatch map-swatch-heat-{step}"),
                html.Span(printed(limit), id=step_id("heat", step)),
            ],
            className="map-heat-step",
        )
        for step, limit in enumerate(face.heat_limits, start=1)
    ]
    heat = html.Div(
        [
            html.Div(face.heat_window, className="map-heat-window"),
            html.Div(face.heat_unit),
            html.Div(steps, className="map-heat-steps"),
            html.Div(className="map-legend-note map-heat-withheld"),
        ],
        className="map-day-only map-heat-only",
    )
    return html.Div([heat, _night_count(), _ring_key(face)], className="map-legend map-legend-heat")


def class_legend(
    name: str,
    period: tuple[str, str],
    unit: tuple[str, str],
    ramp: str,
    limits: Sequence[float],
) -> html.Div:
    """Return a legend of steps, the highest on top, the hatch for no data below.

    ``period`` and ``unit`` are (id, words) of the two lines of its title; ``ramp`` is county or
    cell.
    """
    steps = enumerate(class_words(limits), start=1)
    rows = [_step_row(f"{ramp}-{step}", words, step_id(name, step)) for step, words in steps]
    title = [html.Div(words, id=id_) for id_, words in (period, unit)]
    return html.Div(
        [*title, *reversed(rows), _step_row("hatch", "无数据")],
        className=f"map-legend map-legend-{name}",
    )


def grid_inset(inset: InsetFace) -> html.Div:
    """Return the panel of the grid inset with its empty canvas."""
    return html.Div(
        [
            html.Div(inset.title, id=TEXT_IDS["inset_title"], className="map-inset-title"),
            html.Canvas(id=INSET_CANVAS_ID, className="map-inset-canvas"),
            html.Div(inset.count, id=TEXT_IDS["inset_count"], className="map-inset-note"),
            html.Div(inset.note, id=TEXT_IDS["inset_note"], className="map-inset-note"),
        ],
        className="map-inset",
    )


def stale_note() -> html.Div:
    """Return the note that silence is not the absence of events; shown only while stale."""
    return html.Div(
        [
            html.Div(id=TEXT_IDS["stale_title"], className="map-stale-title"),
            html.Div(id=TEXT_IDS["stale_gap"]),
            html.Div("不等于没有事件"),
            html.Div(id=TEXT_IDS["stale_rings"], className="map-legend-note"),
        ],
        className="map-stale-note",
    )


def class_words(limits: Sequence[float]) -> list[str]:
    """Return the words of the steps between rising limits, lowest first.

    ``[3.5, 4.5]`` gives 不足3.5, 3.5—4.5, 4.5及以上.
    """
    between = [f"{printed(low)}—{printed(high)}" for low, high in pairwise(limits)]
    return [f"不足{printed(limits[0])}", *between, f"{printed(limits[-1])}及以上"]


def step_id(legend: str, step: int) -> str:
    """Return the id of the words at a step of a legend (heat, fill, grids), counted from 1."""
    return f"wall-map-{legend}-step-{step}"


def legend_words(legend: str, limits: Sequence[float]) -> dict[str, str]:
    """Return the words of a legend's steps by id: a scale belongs to the data, not to the page."""
    words = [printed(limit) for limit in limits] if legend == "heat" else class_words(limits)
    return {step_id(legend, step): text for step, text in enumerate(words, start=1)}


def printed(number: float) -> str:
    """Return a limit as it is printed: no needless decimals."""
    return f"{number:g}"


def _night_count() -> html.Div:
    return html.Div(
        html.Div([html.B("新发事件 "), html.Span(id=TEXT_IDS["night_rings"])]),
        className="map-night-only",
    )


def _ring_key(face: MapFace) -> html.Div:
    ring = html.Span([html.I(), html.I()], className="map-key-ring")
    return html.Div(
        [
            html.Div([ring, html.Span(face.ring_name)], className="map-key"),
            html.Div("点位为网格中心", className="map-legend-note"),
            html.Div(id=TEXT_IDS["left_out"], className="map-legend-note"),
        ],
        className="map-key-rings map-day-only",
    )


def _step_row(swatch: str, words: str, words_id: str | None = None) -> html.Div:
    named = html.Span(words, id=words_id) if words_id else html.Span(words)
    return html.Div(
        [html.Span(className=f"map-swatch map-swatch-{swatch}"), named],
        className="map-fill-step",
    )
