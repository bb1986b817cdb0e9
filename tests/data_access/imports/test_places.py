"""Places of cases: order, datum, bounds, and the outline of the region they are said to be in."""

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import URL

from data_access.database import Database
from data_access.imports import datums
from data_access.imports.command import import_rows
from data_access.imports.interpreting import TEXTS_REMEMBERED, region_reader
from data_access.imports.mapping import RegionSpelling

MAPPINGS = Path(__file__).parents[3] / "docs" / "examples"
FILES = Path(__file__).parent / "examples"
INSIDE = (120.17, 30.25)  # 上城区 of the example outlines, WGS-84
BESIDE = (120.10, 30.25)  # 西湖区
HEADER = (
    "事件编号,上报时间,受理时间,交办时间,签收时间,办结时限,办结时间,网格编码,坐标,状态,来源,承办单位代码,"
    "办结层级,小类,大类"
)

Importer = Callable[..., dict[str, int]]


def test_texts_that_are_no_regions_do_not_fill_the_memory() -> None:
    """A column of case numbers mapped by mistake."""
    read = region_reader(RegionSpelling(), {"330102"})
    tracemalloc.start()
    for number in range(3 * TEXTS_REMEMBERED):
        assert read(f"{number:018d}") is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read("330102") == "330102"
    assert peak < 300 * TEXTS_REMEMBERED


@pytest.fixture
def site(database_url: URL, tmp_path: Path) -> Iterator[Database]:
    """A database with the regions and outlines of the examples."""
    database = Database(database_url)
    for kind, name in (("regions", "regions.csv"), ("outlines", "outlines.geojson")):
        import_rows(database, kind, FILES / name, MAPPINGS / f"{kind}.toml", report_folder=tmp_path)
    yield database
    database.close()


@pytest.fixture
def imported(site: Database, tmp_path: Path) -> Importer:
    """``imported("120.1,30.2", …)`` imports a case at each place; returns rows per check."""

    def run(*places: str, region: str = "330102", **replaced: str) -> dict[str, int]:
        mapping = (MAPPINGS / "incidents.toml").read_text("utf-8").replace("gb18030", "utf-8")
        mapping = mapping.replace("defaults = [[120.155, 30.274]]", "")
        for old, new in replaced.items():
            mapping = mapping.replace(f"{old} = ", f"{old}_ = ").replace(
                "[location]", f"[location]\n{old} = {new}"
            )
            mapping = "\n".join(
                line for line in mapping.splitlines() if not line.startswith(f"{old}_ = ")
            )
        (tmp_path / "mapping.toml").write_text(mapping, "utf-8")
        lines = [
            f'C{n},2026-11-01 08:00:00,,,,,,{region},"{place}",,群众上报,D01,,路灯不亮,'
            for n, place in enumerate(places)
        ]
        (tmp_path / "cases.csv").write_text("\n".join([HEADER, *lines]), "utf-8")
        outcome = import_rows(
            site,
            "incidents",
            tmp_path / "cases.csv",
            tmp_path / "mapping.toml",
            report_folder=tmp_path,
        )
        assert outcome.rows_rejected == 0
        return {check.name: check.rows for check in outcome.checks}

    return run


def in_datum(place: tuple[float, float], datum: str) -> str:
    lon, lat = np.array([place[0]]), np.array([place[1]])
    if datum in ("GCJ-02", "BD-09"):
        lon, lat = datums.gcj02(lon, lat)
    if datum == "BD-09":
        lon, lat = datums.bd09(lon, lat)
    return f"{lon[0]:.7f},{lat[0]:.7f}"


@pytest.mark.parametrize("datum", ["WGS-84", "CGCS2000", "GCJ-02", "BD-09"])
def test_every_datum_comes_to_the_same_place(
    datum: str, imported: Importer, rows_of: Callable[..., list[Any]]
) -> None:
    assert imported(in_datum(INSIDE, datum), datum=f'"{datum}"') == {}
    ((lon, lat, quality, cell),) = rows_of(
        "select lon, lat, location_quality, cell_x from incidents"
    )
    assert (lon, lat) == pytest.approx(INSIDE, abs=2e-7)
    assert quality == "point"
    assert cell is not None


def test_a_point_outside_its_region_is_doubted_and_kept_off_the_map(
    imported: Importer, rows_of: Callable[..., list[Any]]
) -> None:
    places = [in_datum(place, "GCJ-02") for place in (INSIDE, BESIDE)]
    assert imported(*places) == {"outside_region": 1}
    assert rows_of("select location_quality, cell_x is null from incidents order by case_no") == [
        ("point", False),
        ("outside", True),
    ]


def test_a_point_just_beyond_the_border_is_within_its_tolerance(imported: Importer) -> None:
    beyond = in_datum((120.15 - 0.001, 30.25), "GCJ-02")  # a hundred metres
    assert imported(beyond) == {}
    assert imported(beyond, border_metres="10.0") == {"outside_region": 1}


def test_a_grid_without_outline_is_asked_of_the_county_around_it(imported: Importer) -> None:
    places = [in_datum(place, "GCJ-02") for place in (INSIDE, BESIDE)]
    assert imported(*places, region="330102001001001") == {"outside_region": 1}


def test_swapped_coordinates_are_told_from_those_that_are_elsewhere(imported: Importer) -> None:
    assert imported("30.25,120.17", "10.5,20.5") == {
        "swapped_coordinate": 1,
        "coordinate_outside": 1,
    }


def test_the_other_order_is_a_setting(imported: Importer) -> None:
    assert imported("30.25,120.17", order='"lat,lon"') == {}


@pytest.mark.parametrize("place", ["(120.17, 30.25)", "120.17，30.25", "120.17 30.25"])
def test_pairs_are_read_however_they_are_separated(place: str, imported: Importer) -> None:
    assert imported(place) == {}


@pytest.mark.parametrize("place", ["120.17", "三,四", "500,600", "120.17,30.25,7"])
def test_what_is_no_pair_of_degrees_is_said(place: str, imported: Importer) -> None:
    assert imported(place) == {"unreadable_coordinate": 1}
