"""The map's region: `layouts.map` given its words, and a snapshot's payload for its canvases."""

from typing import Any

from dash import html

from dashboard.geometry import geometry_url
from dashboard.screens import Screen
from dashboard.snapshot import GridInset, HeatCells, Snapshot
from layouts import ids, wording
from layouts.ids import WallIds
from layouts.map import (
    HEAT_UNIT,
    NOT_REVIEWED,
    STORE_ID,
    TEXT_IDS,
    InsetFace,
    MapFace,
    legend_words,
    wall_map,
)
from layouts.panel_frame import FAILED, NOT_UPDATED, Leaves, merged, text_leaf, zone_of
from layouts.source_clock import data_until

HEAT_CLASSES = "隐患、民生"
NO_OUTLINES = "暂无界线数据"
# Reasons of `Snapshot.left_out` that keep a case off the map; each case has at most one.
OFF_THE_MAP = ("默认坐标", "坐标出界", "无坐标")
CSS_CLASS = "panel-map"
# Parts of a snapshot that the map is drawn from, by the names under which they fail.
PARTS = ("地图着色", "热力", "近7日、近30日热力", "新发事件", "网格层", "地图网格", "未计入")
NOTICE = ids.part(WallIds.MAP, "notice")


def build(screen: Screen, snapshot: Snapshot | None = None) -> html.Section:
    """The region with the map, for the place of the snapshot (its scales depend on the level)."""
    ask = screen.ask
    level = snapshot.place.level if snapshot else "province"
    cell_km = ask.heat.cell_km.get(level, min(ask.heat.limits))
    layers = snapshot.map.heat if snapshot else ()
    shown = next((layer for layer in layers if layer.window == ask.heat_window), None)
    face = MapFace(
        heat_window=_window_words(shown) if shown else HEAT_CLASSES,
        heat_limits=ask.heat.limits.get(cell_km, next(iter(ask.heat.limits.values()))),
        fill_period="近24小时",
        fill_unit="件/万人",
        fill_classes=ask.choropleth_classes,
        ring_name=f"新发{HEAT_CLASSES}",
        grid_classes=ask.inset_classes,
        inset=InsetFace("网格层", "", ""),
    )
    return html.Section(
        [
            wall_map(face),
            html.Div(id=WallIds.VOLUME_NOTE, className="volume-note"),
            html.Div(id=NOTICE, className="map-notice"),
        ],
        id=WallIds.MAP,
        className=CSS_CLASS,
    )


def failed_props() -> Leaves:
    """Leaf props of a map that could not be made: old marks go, the word stands in their place."""
    return {
        WallIds.MAP: {"className": f"{CSS_CLASS} {FAILED.css_class}"},
        NOTICE: {"children": FAILED.notice},
    }


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props: the words beside the map, and the payload of `layouts.map`, under its Store's id.

    Without outlines there is no map to draw on: one sentence stands in its place.
    """
    part = snapshot.map
    zone = zone_of(snapshot)
    until = wording.moment(data_until(snapshot), snapshot.as_of, zone)
    fill = part.choropleth
    attribution = {
        "approved": part.approval_number or NOT_REVIEWED,
        "unapproved": NOT_REVIEWED,
        "none": NO_OUTLINES,
    }[part.outlines]
    texts = {
        "night_rings": _ring_words(screen, snapshot),
        "fill_period": fill.label if fill else "近24小时",
        "fill_unit": fill.unit if fill else "",
        "attribution": attribution,
        "left_out": _unplaced_words(snapshot),
        "stale_title": f"地图停在{until}",
        "stale_gap": "之后无数据",
        "stale_rings": f"圆圈为{until}前",
        "summary": _summary(snapshot),
        **_inset_words(part.inset),
        **_grid_words(part.grids),
    }
    return merged(
        [
            *(text_leaf(TEXT_IDS[name], words) for name, words in texts.items()),
            *(text_leaf(leaf, words) for leaf, words in _scales(snapshot).items()),
            text_leaf(WallIds.VOLUME_NOTE, snapshot.volume_note or ""),
            _state_props(snapshot),
            {STORE_ID: {"data": payload(screen, snapshot)}},
        ]
    )


def _state_props(snapshot: Snapshot) -> Leaves:
    """Without outlines one sentence in place of the map; over old marks, that they are."""
    if snapshot.map.outlines == "none":
        css_class, notice = f"{CSS_CLASS} is-no-outline", _blank_words(snapshot)
    elif any(part in snapshot.failures for part in PARTS):
        css_class, notice = f"{CSS_CLASS} {NOT_UPDATED.css_class}", NOT_UPDATED.notice
    else:
        css_class, notice = CSS_CLASS, ""
    return {WallIds.MAP: {"className": css_class}, NOTICE: {"children": notice}}


def _ring_words(screen: Screen, snapshot: Snapshot) -> str:
    """New events of the last minutes; 未接入 where no source ever delivered any."""
    registered = snapshot.find("incidents_registered", period="today")
    if registered is None or registered.status == "no_data":
        return wording.NO_DATA
    return f"近{screen.ask.new_event_minutes}分钟{len(snapshot.map.points)}件"


def _blank_words(snapshot: Snapshot) -> str:
    """Why there is no map, and how many cases could not have stood on it."""
    sentences = [f"{NO_OUTLINES},不能绘制地图;各项数字不受影响"]
    if cases := sum(snapshot.left_out.get(reason, 0) for reason in OFF_THE_MAP):
        sentences.append(f"其中累计{wording.count(cases)}件无可用坐标")
    return "\n".join(sentences)


def _unplaced_words(snapshot: Snapshot) -> str:
    """How many cases known so far have no point to be drawn at; empty where all have one."""
    cases = sum(snapshot.left_out.get(reason, 0) for reason in OFF_THE_MAP)
    return f"累计{wording.count(cases)}件无可用坐标,未上图" if cases else ""


def payload(screen: Screen, snapshot: Snapshot) -> dict[str, Any]:
    """What the canvases draw, in the form `layouts.map` describes."""
    part, place = snapshot.map, snapshot.place
    checksum = part.geometry_checksum
    drawn: dict[str, Any] = {
        "scope": {"region_id": place.id, "level": place.level},
        "fill": {
            "classes": list(part.choropleth.classes),
            "values": {
                str(region): _printed(value, part.choropleth.unit)
                for region, value in sorted(part.choropleth.values.items())
            },
        }
        if part.choropleth
        else {"classes": [1, 2, 3, 4], "values": {}},
        **_heat(screen, snapshot),
        "points": [
            {
                "id": point.key,
                "lon": point.lon,
                "lat": point.lat,
                "at": point.at.isoformat(),
                "class": wording.CATEGORY_WORDS.get(point.category, point.category),
            }
            for point in part.points
        ],
        "now": snapshot.made_at.isoformat(),
        "inset": _inset(part.inset, checksum),
    }
    if part.grids:
        drawn["grid_values"] = _grid_values(part.grids)
    if checksum:
        towns = geometry_url(place.id, checksum, "towns") if place.level != "province" else None
        drawn["geometry"] = {
            "counties": geometry_url(place.id, checksum, "counties"),
            "towns": towns,
            "grids": [geometry_url(layer.county_id, checksum, "grids") for layer in part.grids],
        }
    return drawn


def _heat(screen: Screen, snapshot: Snapshot) -> dict[str, Any]:
    """All windows, each a part of its own as they change apart, and the one shown unless the
    address asks for another: none over grids."""
    parts: dict[str, Any] = {
        f"heat_{layer.window}": _heat_window(layer) for layer in snapshot.map.heat
    }
    return {"heat_shown": None if snapshot.map.grids else screen.ask.heat_window, **parts}


def _heat_window(layer: HeatCells) -> dict[str, Any]:
    return {
        "label": _window_words(layer),
        "withheld": _withheld_words(layer),
        "cell_km": layer.cell_km,
        "kernel_km": layer.kernel_km,
        "origin": list(layer.origin),
        "cells": [[x, y, round(rate, 2)] for x, y, rate in layer.cells],
        "limits": list(layer.limits),
    }


def _window_words(layer: HeatCells) -> str:
    return f"{layer.window_label} {HEAT_CLASSES}"


def _withheld_words(layer: HeatCells) -> str:
    """What the heat leaves out for being too few in a cell: only in a single county."""
    if layer.cell_minimum <= 1 or not layer.withheld:
        return ""
    withheld = wording.count(layer.withheld)
    return f"{layer.window_label}不足{layer.cell_minimum}件的格未显示,共{withheld}件"


def _printed(value: float | None, unit: str) -> float | None:
    """A value in the unit of the legend: rates are fractions in the snapshot."""
    if value is None:
        return None
    return round(value * 100, 1) if unit == "%" else round(value, 2)


def _grid_values(layers: tuple[GridInset, ...]) -> dict[str, Any]:
    """Each grid with the rate of the patch it was merged into; hidden ones have none."""
    return {
        "limits": list(layers[0].classes),
        "values": {
            str(grid): None if patch.rate is None else round(patch.rate, 2)
            for layer in layers
            for patch in layer.patches
            for grid in patch.grid_ids
        },
    }


def _scales(snapshot: Snapshot) -> dict[str, str]:
    """Words of the legends: the very limits that the canvases draw by."""
    part = snapshot.map
    limits = {
        "heat": part.heat[0].limits if part.heat else (),
        "fill": part.choropleth.classes if part.choropleth else (),
        "grids": part.grids[0].classes if part.grids else (),
    }
    words: dict[str, str] = {}
    for legend, steps in limits.items():
        if steps:
            words |= legend_words(legend, steps)
    return words


def _grid_words(layers: tuple[GridInset, ...]) -> dict[str, str]:
    """Title of the grids' legend: window, and how many grids became how many patches."""
    if not layers:
        return {}
    grids = sum(layer.grid_count for layer in layers)
    patches = sum(len(layer.patches) for layer in layers)
    return {
        "grid_period": f"{layers[0].period_label} {grids:,}个网格并为{patches:,}片",
        "grid_unit": HEAT_UNIT,
    }


def _inset(inset: GridInset | None, checksum: str | None) -> dict[str, Any] | None:
    if inset is None or checksum is None:
        return None
    return {
        "region_id": inset.county_id,
        "grids": geometry_url(inset.county_id, checksum, "grids"),
        "limits": list(inset.classes),
        "patches": [
            {
                "members": list(patch.grid_ids),
                "value": None if patch.rate is None else round(patch.rate, 2),
            }
            for patch in inset.patches
        ],
    }


def _inset_words(inset: GridInset | None) -> dict[str, str]:
    if inset is None:
        return {"inset_title": "网格层", "inset_count": "", "inset_note": ""}
    return {
        "inset_title": f"网格层 {inset.county_name}",
        "inset_count": f"{inset.grid_count:,}个网格并为{len(inset.patches)}片",
        "inset_note": f"{inset.period_label} · 界线为示意",
    }


def _summary(snapshot: Snapshot) -> str:
    fill = snapshot.map.choropleth
    if fill is None:
        return f"{snapshot.place.name}地图,暂无着色数据。"
    known = [value for value in fill.values.values() if value is not None]
    if not known:
        return f"{snapshot.place.name}地图,{fill.label}{fill.unit}无数据。"
    return (
        f"{snapshot.place.name}地图,{len(known)}个区域{fill.label}"
        f"{wording.number(min(known))}至{wording.number(max(known))}{fill.unit}。"
    )
