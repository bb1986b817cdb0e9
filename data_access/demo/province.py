"""What cases happen in: grids with their places, counties, classes, units, calendar.

Read from the reference data of a database, whoever wrote them, and held as arrays. Generation is a
pure function of this, a seed and a day. Not here: the making of regions, lists and organisations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, text

from data_access.demo import grid_places, office_calendar
from data_access.demo.office_calendar import OfficeCalendar

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.bytes_]
UNITS_A_COUNTY = 8
CHANNEL_WEIGHTS: Mapping[str, float] = {
    "patrol": 58,
    "grid": 58,
    "public": 17,
    "hotline": 14,
    "iot": 4,
    "sensor": 4,
    "superior": 3,
    "transfer": 4,
    "department": 4,
}
CHANNELS_WITHOUT_LIST = ("patrol", "public", "hotline", "iot", "superior", "transfer")


@dataclass(frozen=True)
class Classes:
    """Classes of a code list that cases may have, sorted by code."""

    code: Texts
    category: Texts
    is_sensitive: npt.NDArray[np.bool_]

    def of(self, category: str) -> Integers:
        """Indexes of a category's classes."""
        return np.flatnonzero(self.category == category.encode())


@dataclass(frozen=True, eq=False)
class Province:
    """Arrays over grids (`grid_*`), towns (`town_*`) and counties (`county_*`).

    `grid_county`, `grid_town`, `town_county` are indexes into the arrays of the level above;
    `county_units[i]` are ids of the departments of a county, `county_centre` of its centre.
    """

    grid_id: Integers
    grid_town: Integers
    grid_county: Integers
    grid_lon: Floats
    grid_lat: Floats
    grid_radius_km: Floats
    grid_weight: Floats
    town_id: Integers
    town_county: Integers
    town_unit: Integers
    county_id: Integers
    county_city: Integers
    county_lon: Floats
    county_lat: Floats
    county_population: Integers
    county_centre: Integers
    county_units: Integers
    province_id: int
    incident_classes: Classes
    dispute_classes: Classes
    channels: tuple[str, ...]
    platforms: tuple[str, ...]
    calendar: OfficeCalendar
    # Cases and visits as a multiple of the demo's, whose volume is a twentieth of the real one.
    volume: float = 1.0

    @property
    def channel_shares(self) -> Floats:
        """Probability of each channel."""
        weights = np.array([CHANNEL_WEIGHTS.get(channel, 1.0) for channel in self.channels])
        shares: Floats = weights / weights.sum()
        return shares


def read(connection: Connection, until: datetime | None = None) -> Province:
    """The province of a database that `reference_loader.load_reference` filled."""
    places = grid_places.from_database(connection)
    town_county = _index_of(places.town_county, places.county_ids)
    centre, units = _county_units(connection, places.county_ids)
    lon, lat = _centres(connection, places.county_ids)
    return Province(
        grid_id=places.grid_id,
        grid_town=_index_of(places.grid_town, places.town_ids),
        grid_county=_index_of(places.grid_county, places.county_ids),
        grid_lon=places.grid_lon,
        grid_lat=places.grid_lat,
        grid_radius_km=places.grid_radius_km,
        grid_weight=places.grid_weight,
        town_id=places.town_ids,
        town_county=town_county,
        town_unit=_town_units(connection, places.town_ids, centre[town_county]),
        county_id=places.county_ids,
        county_city=places.county_city,
        county_lon=lon,
        county_lat=lat,
        county_population=places.county_population,
        county_centre=centre,
        county_units=units,
        province_id=connection.scalar(
            text("select id from regions where level = 'province' and valid_to is null limit 1")
        )
        or 0,
        incident_classes=_classes(connection, "incident_class"),
        dispute_classes=_classes(connection, "dispute_class"),
        channels=_codes(connection, "channel") or CHANNELS_WITHOUT_LIST,
        platforms=_codes(connection, "platform"),
        calendar=office_calendar.read(connection, _day(until)),
    )


def _day(until: datetime | None) -> date:
    return (until or datetime.now(UTC)).date()


def _centres(connection: Connection, county_id: Integers) -> tuple[Floats, Floats]:
    """Longitude and latitude of a middle point of each county."""
    rows = connection.execute(
        text("select centre_lon, centre_lat from regions where id = any(:ids) order by id"),
        {"ids": county_id.tolist()},
    ).all()
    lon, lat = np.array([tuple(row) for row in rows], dtype=np.float64).T
    return lon, lat


def _index_of(values: Integers, sorted_ids: Integers) -> Integers:
    return np.searchsorted(sorted_ids, values).astype(np.int64)


def _county_units(connection: Connection, county_id: Integers) -> tuple[Integers, Integers]:
    """Ids of centres, and of departments (cycled to a fixed number) by county."""
    rows = connection.execute(
        text(
            "select o.id, o.kind, o.region_id from organisations o"
            " where o.kind in ('department', 'centre') order by o.id"
        )
    ).all()
    centres = {row.region_id: row.id for row in rows if row.kind == "centre"}
    units: dict[int, list[int]] = {}
    for row in rows:
        if row.kind == "department":
            units.setdefault(row.region_id, []).append(row.id)
    centre = np.array([centres.get(int(c), int(c) * 100 + 1) for c in county_id])
    listed = [units.get(int(c)) or [int(c) * 100 + 2] for c in county_id]
    return centre, np.array(
        [[unit[k % len(unit)] for k in range(UNITS_A_COUNTY)] for unit in listed]
    )


def _town_units(connection: Connection, town_id: Integers, otherwise: Integers) -> Integers:
    """Id of the unit that handles a town's cases, the county's centre where it has none."""
    rows = connection.execute(
        text(
            "select region_id, min(id) as id from organisations"
            " where kind in ('platform', 'grid_team', 'centre') group by region_id"
        )
    )
    found = {row.region_id: row.id for row in rows}
    return np.array(
        [found.get(int(t), int(o)) for t, o in zip(town_id, otherwise, strict=True)],
        dtype=np.int64,
    )


def _classes(connection: Connection, list_key: str) -> Classes:
    """Codes of a list that are no heading of others."""
    rows = connection.execute(
        text(
            "select c.code, coalesce(c.category, '') as category, c.is_sensitive from codes c"
            " where c.list_key = :key and not exists (select 1 from codes below"
            "   where below.list_key = c.list_key and below.parent_code = c.code)"
            ' order by c.code collate "C"'
        ),
        {"key": list_key},
    ).all()
    return Classes(
        np.array([row.code.encode() for row in rows], dtype=np.bytes_),
        np.array([row.category.encode() for row in rows], dtype=np.bytes_),
        np.array([row.is_sensitive for row in rows], dtype=np.bool_),
    )


def _codes(connection: Connection, list_key: str) -> tuple[str, ...]:
    return tuple(
        connection.scalars(
            text('select code from codes where list_key = :key order by code collate "C"'),
            {"key": list_key},
        )
    )
