"""A province of two counties, three towns and twelve grids for the tests of the demo's cases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
import shapely
from sqlalchemy import URL, Connection, Engine, create_engine, insert

from dashboard.heat_cells import KM_PER_DEGREE_LATITUDE
from data_access import schema
from data_access.demo import code_lists, figures, province, work_days
from data_access.demo.grid_places import KM_PER_LONGITUDE
from data_access.demo.office_calendar import from_rows
from data_access.demo.province import Province
from data_access.migrating import migrate

PROVINCE, CITY, COUNTIES, TOWNS = 330000, 330100, (330102, 330105), (1001, 1002, 1003)
GRIDS_A_TOWN = 4
WIDE_COUNTIES, WIDE_SIDE, WIDE_STEP_KM = 20, 10, 1.5
FIRST_DAY = date(2020, 1, 1)
KM = 0.009  # degrees


def region(region_id: int, level: str, lon: float, lat: float, **more: int) -> dict[str, object]:
    return {
        "id": region_id,
        "code": str(region_id),
        "name": f"{level} {region_id}",
        "short_name": str(region_id),
        "pinyin": str(region_id),
        "level": level,
        "valid_from": FIRST_DAY,
        "centre_lon": lon,
        "centre_lat": lat,
        "area_km2": 1.0,
        "parent_id": None,
        "city_id": None,
        "county_id": None,
        "town_id": None,
        **more,
    }


def small_regions() -> Iterator[dict[str, object]]:
    yield region(PROVINCE, "province", 120.2, 30.2)
    yield region(CITY, "city", 120.2, 30.2, parent_id=PROVINCE, city_id=CITY)
    for k, county in enumerate(COUNTIES):
        yield region(
            county, "county", 120.1 + k, 30.1, parent_id=CITY, city_id=CITY, county_id=county
        )
    for k, town in enumerate(TOWNS):
        county = COUNTIES[k // 2]
        above = {"city_id": CITY, "county_id": county}
        yield region(town, "town", 120.1 + k / 10, 30.1, parent_id=county, town_id=town, **above)
        for n in range(GRIDS_A_TOWN):
            yield region(
                3000 + GRIDS_A_TOWN * k + n,
                "grid",
                120.1 + k / 10 + n * KM,
                30.1,
                parent_id=town,
                town_id=town,
                **above,
            )


def write_reference(connection: Connection) -> None:
    regions = list(small_regions())
    connection.execute(insert(schema.regions), regions)
    connection.execute(
        insert(schema.geometry_sets).values(
            id=1, name="test", origin="test", datum="WGS-84", checksum="test"
        )
    )
    connection.execute(
        insert(schema.region_geometries),
        [
            {
                "set_id": 1,
                "region_id": grid["id"],
                "level": "grid",
                "county_id": grid["county_id"],
                "outline": shapely.to_wkb(
                    shapely.Point(grid["centre_lon"], grid["centre_lat"]).buffer(KM / 2)
                ),
            }
            for grid in regions
            if grid["level"] == "grid"
        ],
    )
    connection.execute(
        insert(schema.population),
        [
            {"region_id": county, "counted_on": FIRST_DAY, "residents": people, "origin": "test"}
            for county, people in zip(COUNTIES, (600_000, 300_000), strict=True)
        ],
    )
    connection.execute(insert(schema.work_calendar), list(work_days.rows()))
    connection.execute(insert(schema.code_lists), list(code_lists.list_rows()))
    connection.execute(insert(schema.codes), list(code_lists.code_rows()))
    connection.execute(insert(schema.sources), list(figures.sources()))


@pytest.fixture
def demo_engine(empty_database_url: URL) -> Iterator[Engine]:
    """A migrated database with the small province's reference rows and no case."""
    migrate(empty_database_url, zone="Asia/Shanghai")
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        write_reference(connection)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def small_province() -> Province:
    """The same province without a database."""
    grids = [row for row in small_regions() if row["level"] == "grid"]
    town_county = np.array([0, 0, 1])
    classes = code_lists.entries("incident_class")
    disputes = [e for e in code_lists.entries("dispute_class") if len(e.code) == 4]
    return Province(
        grid_id=np.array([grid["id"] for grid in grids]),
        grid_town=np.repeat(np.arange(3), GRIDS_A_TOWN),
        grid_county=np.repeat(town_county, GRIDS_A_TOWN),
        grid_lon=np.array([grid["centre_lon"] for grid in grids]),
        grid_lat=np.array([grid["centre_lat"] for grid in grids]),
        grid_radius_km=np.full(len(grids), 0.4),
        grid_weight=np.linspace(1.0, 2.0, len(grids)),
        town_id=np.array(TOWNS),
        town_county=town_county,
        town_unit=np.array(TOWNS),
        county_id=np.array(COUNTIES),
        county_city=np.array([CITY, CITY]),
        county_lon=np.array([120.1, 121.1]),
        county_lat=np.array([30.1, 30.1]),
        county_population=np.array([600_000, 300_000]),
        county_centre=np.array(COUNTIES) * 100 + 1,
        county_units=np.array(COUNTIES)[:, None] * 100 + 2 + np.arange(8),
        province_id=PROVINCE,
        incident_classes=_classes(classes),
        dispute_classes=_classes(disputes),
        channels=province.CHANNELS_WITHOUT_LIST,
        platforms=(),
        calendar=from_rows(
            ((row["day"], row["is_workday"], row["label"]) for row in work_days.rows()),
            date(2026, 1, 1) + timedelta(days=1),
        ),
    )


@pytest.fixture(scope="session")
def wide_province(small_province: Province) -> Province:
    """Twenty counties as large as one another, each a square of 100 grids; ten times the cases.

    A hot spot is 4 to 9 of the 2,000 grids, with some 8 to 17 cases of its category on a usual day.
    """
    county = np.arange(WIDE_COUNTIES)
    county_id = COUNTIES[0] + county
    county_lon = 119.0 + 0.3 * county
    grid_county, place = np.divmod(np.arange(WIDE_COUNTIES * WIDE_SIDE**2), WIDE_SIDE**2)
    column, row = np.divmod(place, WIDE_SIDE)
    return replace(
        small_province,
        grid_id=3000 + np.arange(len(place)),
        grid_town=grid_county,
        grid_county=grid_county,
        grid_lon=county_lon[grid_county] + column * WIDE_STEP_KM / KM_PER_LONGITUDE,
        grid_lat=30.0 + row * WIDE_STEP_KM / KM_PER_DEGREE_LATITUDE,
        grid_radius_km=np.full(len(place), 0.4),
        grid_weight=np.ones(len(place)),
        town_id=1001 + county,
        town_county=county,
        town_unit=1001 + county,
        county_id=county_id,
        county_city=np.full(WIDE_COUNTIES, CITY),
        county_lon=county_lon,
        county_lat=np.full(WIDE_COUNTIES, 30.0),
        county_population=np.full(WIDE_COUNTIES, 300_000),
        county_centre=county_id * 100 + 1,
        county_units=county_id[:, None] * 100 + 2 + np.arange(8),
        volume=10.0,
    )


def _classes(entries: object) -> province.Classes:
    listed = sorted(entries, key=lambda entry: entry.code)  # type: ignore[call-overload]
    return province.Classes(
        np.array([entry.code.encode() for entry in listed]),
        np.array([(entry.category or "").encode() for entry in listed]),
        np.array([entry.is_sensitive for entry in listed]),
    )
