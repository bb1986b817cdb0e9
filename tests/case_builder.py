"""A small province and random cases in it, for tests that need rows and not a story.

Everything follows from a seed. The cases are unkind on purpose: closed before registered, without
limit, due in the future, returned, sensitive, without place.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, text

from dashboard.indicators import CATEGORIES, METHODS, RESOLUTION_LEVELS
from dashboard.vocabulary import Measure, Rows, Seconds, SumOf
from data_access import schema

NOW = datetime(2026, 11, 20, 6, 32, tzinfo=UTC)
COUNTIES = (330102, 330106, 330203, 330212)
CITIES = {330100: "杭州市", 330200: "宁波市"}


def add_regions(connection: Connection) -> None:
    """One province, two cities, four counties and a town with two grids in each."""
    connection.execute(insert(schema.regions), [_region(330000, "浙江省", "province", None)])
    connection.execute(
        insert(schema.regions),
        [_region(city, name, "city", 330000, city_id=city) for city, name in CITIES.items()],
    )
    connection.execute(
        insert(schema.regions),
        [
            _region(county, f"县{county}", "county", county // 100 * 100, county_id=county)
            | {"city_id": county // 100 * 100}
            for county in COUNTIES
        ],
    )
    for level, factor, parents in (("town", 1000, COUNTIES),):
        connection.execute(
            insert(schema.regions),
            [
                _region(parent * factor + 1, f"镇{parent}", level, parent, county_id=parent)
                for parent in parents
            ],
        )
    connection.execute(
        insert(schema.regions),
        [
            _region(grid_of(county, n), f"第0{n}网格", "grid", county * 1000 + 1, county_id=county)
            for county in COUNTIES
            for n in (1, 2)
        ],
    )
    connection.execute(
        insert(schema.population),
        [
            {
                "region_id": county,
                "counted_on": "2020-11-01",
                "residents": 500_000,
                "origin": "test",
            }
            for county in COUNTIES
        ],
    )
    connection.execute(
        insert(schema.sources),
        [
            {
                "id": 1,
                "key": "grid",
                "name": "网格系统",
                "kind": "incidents",
                "cycle_seconds": 5,
                "last_contact_at": NOW,
            }
        ],
    )


def add_zone(connection: Connection, *towns: int, zone_id: int = 900_001) -> int:
    """A zone (功能区) that manages these towns; returns its id."""
    connection.execute(
        insert(schema.regions),
        [
            _region(zone_id, f"示例高新技术产业开发区{zone_id}", "county", 330100, city_id=330100)
            | {"code": None, "short_name": f"高新区{zone_id}", "is_administrative": False}
        ],
    )
    list_towns(connection, zone_id, *towns)
    return zone_id


def list_towns(connection: Connection, zone_id: int, *towns: int) -> None:
    """Let a zone manage further towns."""
    if towns:
        connection.execute(
            insert(schema.zone_towns),
            [{"zone_id": zone_id, "town_id": town, "valid_from": "2020-01-01"} for town in towns],
        )


def put_into_towns(connection: Connection) -> None:
    """About half of the cases get the town of their county; the town of the others isn't known."""
    for table in ("incidents", "disputes"):
        connection.execute(
            text(
                f"update {table} set town_id = county_id * 1000 + 1"
                " where substr(md5(case_no), 1, 1) < '8'"
            )
        )


def grid_of(county: int, n: int) -> int:
    """Id of a county's n-th grid."""
    return county * 10 + n


def incident(number: int, **values: Any) -> dict[str, Any]:
    """An incident with plain defaults: registered an hour before NOW in the first county."""
    registered = values.get("registered_at", NOW - timedelta(hours=1))
    county = values.get("county_id", COUNTIES[0])
    return {
        "home_county_id": county,
        "source_id": 1,
        "case_no": f"T{number:07d}",
        "registered_month": _month(registered),
        "category": "service",
        "region_id": grid_of(county, 1),
        "grid_id": grid_of(county, 1),
        "county_id": county,
        "registered_at": registered,
        "recorded_at": registered,
    } | values


def random_incidents(
    random: np.random.Generator, count: int, first: int = 0
) -> list[dict[str, Any]]:
    """Incidents of the last 70 days in all states."""
    return [incident(first + n, **_incident_values(random)) for n in range(count)]


def random_disputes(random: np.random.Generator, count: int) -> list[dict[str, Any]]:
    """Disputes of the last 70 days in all states."""
    return [_dispute(random, n) for n in range(count)]


def amount_of(measure: Measure, row: Any) -> int:
    """What a row adds to a measure, worked out in Python."""
    match measure.flow.amount:
        case Rows():
            return 1
        case Seconds(since, until):
            span = getattr(row, until.column) - getattr(row, since.column)
            return span // timedelta(seconds=1)
        case SumOf(column):
            return getattr(row, column)


def add_everything(connection: Connection, seed: int, count: int = 300) -> None:
    """Regions and random rows of every subject."""
    random = np.random.default_rng(seed)
    add_regions(connection)
    connection.execute(insert(schema.incidents), random_incidents(random, count))
    connection.execute(insert(schema.disputes), random_disputes(random, count))
    connection.execute(insert(schema.receptions), [_reception(random) for _ in range(count)])
    connection.execute(insert(schema.return_visits), [_visit(random, n) for n in range(count)])
    connection.execute(insert(schema.agreements), [_agreement(random, n) for n in range(count)])
    today = NOW.date()
    days = [today - timedelta(days=n) for n in range(3)]
    connection.execute(
        insert(schema.staffing),
        [
            {
                "town_id": county * 1000 + 1,
                "day": day,
                "county_id": county,
                # The first county's town is too small to be shown.
                "staff": 4 if county == COUNTIES[0] else 9,
                "online": 3,
                "reporting": 2,
            }
            for county in COUNTIES
            for day in days
        ],
    )
    connection.execute(
        insert(schema.patrols),
        [
            {
                "town_id": county * 1000 + 1,
                "day": day,
                "county_id": county,
                "staff": 4 if county == COUNTIES[0] else 9,
                "due": 10,
                "done": 7,
            }
            for county in COUNTIES
            for day in days
        ],
    )


def _region(
    region_id: int, name: str, level: str, parent: int | None, **ancestors: int
) -> dict[str, Any]:
    return {
        "id": region_id,
        "code": str(region_id),
        "name": name,
        "short_name": name,
        "pinyin": name,
        "level": level,
        "parent_id": parent,
        "valid_from": "2000-01-01",
        "centre_lon": 120.0 + region_id % 7 / 10,
        "centre_lat": 30.0,
        "area_km2": 100.0,
        "city_id": None,
        "county_id": None,
    } | ancestors


def _month(instant: datetime) -> Any:
    return (instant + timedelta(hours=8)).date().replace(day=1)


def _workflow(random: np.random.Generator, registered: datetime) -> dict[str, Any]:
    def after(hours: float, share: float) -> datetime | None:
        at = registered + timedelta(hours=float(random.exponential(hours)))
        return at if random.random() < share and at < NOW else None

    closed = after(30, 0.85)
    if random.random() < 0.03:
        closed = registered - timedelta(hours=2)
    county = int(random.choice(COUNTIES))
    return {
        "registered_at": registered,
        "home_county_id": county,
        "county_id": county,
        "registered_month": _month(registered),
        "recorded_at": registered,
        "accepted_at": after(1, 0.95),
        "dispatched_at": after(2, 0.95),
        "sign_due_at": registered + timedelta(hours=4),
        "signed_at": after(3, 0.9),
        "due_at": registered + timedelta(hours=float(random.choice([24, 72, 240])))
        if random.random() < 0.8
        else None,
        "closed_at": closed,
        "visited_at": after(60, 0.6),
        "returned_at": after(10, 0.1),
        "resolved_level": str(random.choice(RESOLUTION_LEVELS)) if closed else None,
        "has_doubtful_times": closed is not None and closed < registered,
        "is_sensitive": bool(random.random() < 0.05),
    }


def _registered(random: np.random.Generator) -> datetime:
    return NOW - timedelta(hours=float(random.exponential(240)) % 1680)


def _incident_values(random: np.random.Generator) -> dict[str, Any]:
    values = _workflow(random, _registered(random))
    placed = random.random() < 0.8
    return values | {
        "category": str(random.choice(CATEGORIES)),
        "is_emergency": bool(random.random() < 0.05),
        "region_id": grid_of(values["county_id"], 1),
        "grid_id": grid_of(values["county_id"], int(random.integers(1, 3))),
        "location_quality": "point" if placed else str(random.choice(["default", "none"])),
        "cell_x": int(random.integers(-20, 20)) if placed else None,
        "cell_y": int(random.integers(-20, 20)) if placed else None,
    }


def _dispute(random: np.random.Generator, number: int) -> dict[str, Any]:
    registered = _registered(random)
    values = _workflow(random, registered)
    started = values["dispatched_at"]
    ended = None
    if started is not None:
        ended = started + timedelta(days=float(random.exponential(6)))
        ended = ended if ended < NOW else None
        if number % 37 == 0:  # as a foreign writer may write it, not marked doubtful
            ended = started - timedelta(hours=5)
    succeeded = bool(random.random() < 0.9) if ended else None
    known = values | {
        "source_id": 1,
        "case_no": f"D{number:07d}",
        "region_id": values["county_id"],
        "method": str(random.choice(METHODS)) if started else None,
        "is_sectoral": bool(random.random() < 0.2),
        "mediation_started_at": started,
        "mediation_ended_at": ended,
        "is_successful": succeeded,
        "resolved_at": ended if succeeded else None,
    }
    return known | _gaps_of_dispute(number)


def _gaps_of_dispute(number: int) -> dict[str, Any]:
    """What sources leave out of some: that it was handed on, by which method, how it went."""
    gaps: dict[str, Any] = {"dispatched_at": None} if number % 11 == 0 else {}
    if number % 13 == 0:
        gaps["method"] = None
    if number % 17 == 0:
        gaps |= {"is_successful": None, "resolved_at": None}
    return gaps


def _reception(random: np.random.Generator) -> dict[str, Any]:
    return {
        "source_id": 1,
        "county_id": int(random.choice(COUNTIES)),
        "received_at": _registered(random),
        "people": int(random.integers(1, 6)),
        "is_accepted": True,
    }


def _visit(random: np.random.Generator, number: int) -> dict[str, Any]:
    county = int(random.choice(COUNTIES))
    visited = _registered(random)
    valid = bool(random.random() < 0.9)
    return {
        "subject": "incident",
        "home_county_id": county,
        "source_id": 1,
        "case_no": f"T{number:07d}",
        "registered_month": _month(visited),
        "county_id": county,
        "visited_at": visited,
        "is_valid": valid,
        "is_satisfied": bool(random.random() < 0.95) if valid else None,
    }


def _agreement(random: np.random.Generator, number: int) -> dict[str, Any]:
    county = int(random.choice(COUNTIES))
    signed = _registered(random)
    confirmed = signed + timedelta(days=float(random.exponential(20)))
    performed = signed + timedelta(days=float(random.exponential(20)))
    return {
        "home_county_id": county,
        "source_id": 1,
        "case_no": f"D{number:07d}",
        "registered_month": _month(signed),
        "county_id": county,
        "signed_at": signed,
        "is_confirmable": bool(random.random() < 0.6),
        "confirmed_at": confirmed if confirmed < NOW else None,
        "performance_due_at": signed + timedelta(days=30),
        "performed_at": performed if performed < NOW else None,
    }
