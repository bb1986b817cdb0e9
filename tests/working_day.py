"""What gives every panel of a wall something to show, and what happens on a working day.

`enrich` adds it to the province of `tests.live_province`; `WorkingDay` writes one change after the
other, of all kinds.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import shapely
from sqlalchemy import URL

from dashboard.heat_cells import Origin, cell_of
from tests.live_province import (
    COUNTIES,
    EAST,
    HARBOUR,
    HILLS,
    PROVINCE,
    RIVER,
    SOURCE,
    WEST,
    Row,
    Writer,
    new_case,
)

# How old a case is that is registered late.
LATE = timedelta(minutes=45)
# A county is a square of so many by so many grids.
GRIDS_A_SIDE = 3
GRID_DEGREES = 0.4 / GRIDS_A_SIDE
# Where a database without a fact of its own begins to count cells.
CELL_ORIGIN = Origin(120, 29)


def enrich(url: URL) -> None:
    """Give a populated province residents, grids, targets, and a month of cases of all kinds."""
    now = datetime.now(UTC)
    writer = Writer(url)
    for county in COUNTIES:
        writer.add(
            "population",
            {
                "region_id": county,
                "counted_on": date(2020, 11, 1),
                "residents": 300_000,
                "origin": "invented",
            },
        )
    writer.copy("regions", [_grid(grid) for grid in _GRIDS])
    writer.copy("region_geometries", [_grid_outline(grid) for grid in _GRIDS])
    for indicator, percent in (("mediation_success_rate", 90), ("on_time_rate", 95)):
        writer.add(
            "targets",
            {
                "indicator": indicator,
                "region_id": PROVINCE,
                "valid_from": date(2020, 1, 1),
                "value": percent,
            },
        )
    writer.copy("incidents", [_old_incident(number, now) for number in range(240)])
    writer.copy("disputes", [_old_dispute(number, now) for number in range(120)])
    writer.close()


class WorkingDay:
    """What happens in an enriched province: `change(0)`, `change(1)`, …, one commit each."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._kinds = (
            *(self._register, self._register_near_due, self._end_well, self._register_nowhere),
            *(self._load, self._register_almost_overdue, self._close, self._end_badly),
            *(self._correct, self._delete, self._register_late, self._prolong, self._accept),
            *(self._settle, self._receive, self._close_by_step, self._register_red),
            *(self._register_of_yesterday, self._visit, self._report_contact),
        )

    def change(self, number: int) -> None:
        """Write and commit the change of this number, whose kind and place follow from it."""
        self._kinds[number % len(self._kinds)](number)

    def _register(self, number: int, age: timedelta = timedelta(0), **more: Any) -> None:
        self._writer.add("incidents", _incident(number, datetime.now(UTC) - age, **more))

    def _register_near_due(self, number: int) -> None:
        due = datetime.now(UTC) + timedelta(hours=3)
        self._register(number, category="service", due_at=due)

    def _register_almost_overdue(self, number: int) -> None:
        self._register(number, due_at=datetime.now(UTC) + timedelta(seconds=2))

    def _register_nowhere(self, number: int) -> None:
        nowhere = {"grid_id": None, "location_quality": "none", "cell_x": None, "cell_y": None}
        self._register(number, category="opinion", **nowhere)

    def _register_late(self, number: int) -> None:
        self._register(number, LATE)

    def _register_of_yesterday(self, number: int) -> None:
        # In one county: it will be the busiest.
        self._register(number, timedelta(days=1), grid=_GRIDS[number % GRIDS_A_SIDE**2])

    def _register_red(self, number: int) -> None:
        due = datetime.now(UTC) - timedelta(days=15 + number / 1000)
        self._register(number, timedelta(days=20), due_at=due)

    def _load(self, number: int) -> None:
        now = datetime.now(UTC)
        self._writer.copy("incidents", [_incident(number + n, now) for n in range(6)])

    def _close(self, number: int) -> None:
        self._update(
            "incidents",
            f"closed_at = now(), resolved_level = '{('village', 'town', 'county')[number % 3]}'",
            "closed_at is null and due_at > now()",
            which="min",
        )

    def _close_by_step(self, number: int) -> None:
        self._writer.execute(
            "insert into steps (subject, home_county_id, source_id, case_no, registered_month,"
            " step_no, step, occurred_at) select 'incident', home_county_id, source_id, case_no,"
            " registered_month, 9, 'closed', now() from incidents"
            " where case_no like 'A%%' and closed_at is null order by case_no desc limit 1"
        )

    def _correct(self, number: int) -> None:
        moved = _incident(number, datetime.now(UTC))
        self._update(
            "incidents",
            f"category = 'policy', grid_id = {moved['grid_id']}, cell_x = {moved['cell_x']},"
            f" cell_y = {moved['cell_y']}",
            f"category = 'hazard' and county_id = {moved['county_id']}",
        )

    def _prolong(self, number: int) -> None:
        longest = "(select min(due_at) from incidents where closed_at is null)"
        self._update("incidents", "due_at = now() + interval '2 days'", f"due_at <= {longest}")

    def _delete(self, number: int) -> None:
        self._writer.execute(
            "delete from incidents where case_no = (select min(case_no) from incidents"
            " where case_no like 'A%%' and registered_at > now() - interval '10 minutes')"
        )

    def _accept(self, number: int) -> None:
        self._writer.add("disputes", _dispute(number, datetime.now(UTC)))

    def _settle(self, number: int) -> None:
        self._update(
            "disputes",
            "mediation_started_at = accepted_at, mediation_ended_at = now(),"
            " is_successful = true, resolved_at = now(), method = 'judicial'",
            "mediation_ended_at is null",
        )

    def _end_well(self, number: int) -> None:
        ended = datetime.now(UTC)
        self._writer.add("disputes", _dispute(number, ended, RIVER, ended_at=ended, succeeds=True))

    def _end_badly(self, number: int) -> None:
        ended = datetime.now(UTC)
        failed = _dispute(number, ended, HARBOUR, ended_at=ended, succeeds=False)
        self._writer.add("disputes", failed)

    def _receive(self, number: int) -> None:
        self._writer.add(
            "receptions",
            {
                "source_id": SOURCE,
                "county_id": COUNTIES[number % len(COUNTIES)],
                "received_at": datetime.now(UTC),
                "people": 2,
                "is_accepted": True,
            },
        )

    def _visit(self, number: int) -> None:
        self._update("incidents", "visited_at = now()", "closed_at is not null")

    def _report_contact(self, number: int) -> None:
        self._writer.report_contact()

    def _update(self, table: str, assignments: str, condition: str, *, which: str = "max") -> None:
        """Change one case that `enrich` or a working day has written: the last of them, or the
        first (min).
        """
        case = f"select {which}(case_no) from {table} where case_no like 'A%%' and {condition}"
        self._writer.execute(f"update {table} set {assignments} where case_no = ({case})")


_GRIDS = [(county, place) for county in COUNTIES for place in range(GRIDS_A_SIDE**2)]


def _grid_id(grid: tuple[int, int]) -> int:
    return grid[0] * 100 + grid[1]


def _corner(grid: tuple[int, int]) -> tuple[float, float]:
    """South-west corner of a grid, in degrees."""
    county, place = grid
    row, column = divmod(place, GRIDS_A_SIDE)
    west = 119.5 + COUNTIES.index(county) * 0.4
    return west + column * GRID_DEGREES, 28.8 + row * GRID_DEGREES


def _centre(grid: tuple[int, int]) -> tuple[float, float]:
    west, south = _corner(grid)
    return west + GRID_DEGREES / 2, south + GRID_DEGREES / 2


def _grid(grid: tuple[int, int]) -> Row:
    lon, lat = _centre(grid)
    return {
        "id": _grid_id(grid),
        "name": f"第{grid[1] + 1}网格",
        "short_name": f"第{grid[1] + 1}网格",
        "pinyin": "wangge",
        "level": "grid",
        "parent_id": grid[0],
        "city_id": WEST if grid[0] == RIVER else EAST,
        "county_id": grid[0],
        "valid_from": date(2020, 1, 1),
        "centre_lon": lon,
        "centre_lat": lat,
        "area_km2": 100.0,
    }


def _grid_outline(grid: tuple[int, int]) -> Row:
    west, south = _corner(grid)
    square = shapely.box(west, south, west + GRID_DEGREES, south + GRID_DEGREES)
    return {
        "set_id": 1,
        "region_id": _grid_id(grid),
        "level": "grid",
        "county_id": grid[0],
        "outline": shapely.to_wkb(square),
    }


def _incident(
    number: int, at: datetime, *, grid: tuple[int, int] | None = None, **more: Any
) -> dict[str, Any]:
    """An incident at the centre of a grid."""
    grid = grid or _GRIDS[number * 5 % len(_GRIDS)]
    x, y = cell_of(*_centre(grid), 1, CELL_ORIGIN)
    return {
        **new_case("A", grid[0], at),
        "category": "hazard",
        "grid_id": _grid_id(grid),
        "location_quality": "point",
        "cell_x": int(x),
        "cell_y": int(y),
        "due_at": at + timedelta(days=3),
        "closed_at": None,
        "resolved_level": None,
        **more,
    }


def _old_incident(number: int, now: datetime) -> Row:
    """One of thirty days. One in ten is open, of which some are overdue and some will soon be."""
    at = now - timedelta(days=number / 8, minutes=20)
    is_open = number % 10 == 0
    return _incident(
        number,
        at,
        category=("hazard", "service", "opinion", "other")[number % 4],
        due_at=at + timedelta(days=15 if number % 20 else 6),
        closed_at=None if is_open else at + timedelta(minutes=10),
        resolved_level=None if is_open else ("village", "town", "county")[number % 3],
    )


def _dispute(
    number: int,
    at: datetime,
    county: int | None = None,
    *,
    ended_at: datetime | None = None,
    succeeds: bool | None = None,
) -> Row:
    """A dispute that was accepted and handed on as it was registered, and perhaps mediated."""
    return {
        **new_case("A", county or COUNTIES[number % len(COUNTIES)], at),
        "accepted_at": at,
        "dispatched_at": at,
        "mediation_started_at": at if ended_at else None,
        "method": ("people", "administrative")[number % 2] if ended_at else None,
        "mediation_ended_at": ended_at,
        "is_successful": succeeds,
        "resolved_at": ended_at if succeeds else None,
    }


def _old_dispute(number: int, now: datetime) -> Row:
    """One of the last minutes, forty a county: in the first one most mediations succeed."""
    at = now - timedelta(minutes=10 + number % 40)
    county = COUNTIES[number % len(COUNTIES)]
    share = {HARBOUR: 37, HILLS: 34, RIVER: 28}[county]
    succeeds = number // len(COUNTIES) < share
    return _dispute(number, at, county, ended_at=at + timedelta(minutes=5), succeeds=succeeds)
