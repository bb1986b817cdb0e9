"""A small invented province for the tests of the live half: two cities, three counties, a source.

Names and figures are invented. Rows are written as a foreign program would: plain SQL, no help.
What gives every panel something to show stands in `tests.working_day`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import shapely
from psycopg import sql
from sqlalchemy import URL, create_engine, text

from data_access.feed import libpq_url
from data_access.migrating import migrate

PROVINCE, EAST, WEST = 1, 2, 3
HARBOUR, HILLS, RIVER = 11, 12, 13
COUNTIES = (HARBOUR, HILLS, RIVER)
SOURCE = 1
SOURCE_CYCLE_SECONDS = 10

_REGIONS = [
    (PROVINCE, "990000", "试验省", "试验", "shiyan", "province", None, None, None),
    (EAST, "990100", "东州市", "东州", "dongzhou", "city", PROVINCE, EAST, None),
    (WEST, "990200", "西州市", "西州", "xizhou", "city", PROVINCE, WEST, None),
    (HARBOUR, "990101", "港口区", "港口", "gangkou", "county", EAST, EAST, HARBOUR),
    (HILLS, "990102", "丘陵县", "丘陵", "qiuling", "county", EAST, EAST, HILLS),
    (RIVER, "990201", "江湾县", "江湾", "jiangwan", "county", WEST, WEST, RIVER),
]
_case_numbers = count(1)
Row = Mapping[str, Any]


def found(url: URL, *, zone: str = "Asia/Shanghai") -> None:
    """Migrate an empty database and write regions and the source into it."""
    migrate(url, zone=zone)
    populate(url)


def populate(url: URL) -> None:
    """Write regions and the source into a migrated database."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for row in _REGIONS:
            connection.execute(
                text(
                    "insert into regions (id, code, name, short_name, pinyin, level, parent_id,"
                    " city_id, county_id, sort_order, valid_from, centre_lon, centre_lat, area_km2)"
                    " values (:id, :code, :name, :short, :pinyin, :level, :parent, :city, :county,"
                    " :id, date '2020-01-01', 120, 29, 1000)"
                ),
                dict(
                    zip(
                        (
                            *("id", "code", "name", "short", "pinyin", "level", "parent", "city"),
                            "county",
                        ),
                        row,
                        strict=True,
                    )
                ),
            )
        connection.execute(
            text(
                "insert into geometry_sets (id, name, origin, datum, checksum)"
                " values (1, '试验', 'invented', 'WGS-84', :checksum)"
            ),
            {"checksum": "0123456789abcdef" * 4},
        )
        for place, county in enumerate(COUNTIES):
            square = shapely.box(119.5 + place * 0.4, 28.8, 119.9 + place * 0.4, 29.2)
            connection.execute(
                text(
                    "insert into region_geometries (set_id, region_id, level, county_id, outline)"
                    " values (1, :county, 'county', :county, :outline)"
                ),
                {"county": county, "outline": shapely.to_wkb(square)},
            )
        connection.execute(
            text(
                "insert into sources (id, key, name, kind, cycle_seconds, last_contact_at, is_live)"
                " values (:id, 'grid', '网格系统', 'incidents', :cycle, now(), true)"
            ),
            {"id": SOURCE, "cycle": SOURCE_CYCLE_SECONDS},
        )
    engine.dispose()


class Writer:
    """A foreign program: commits one statement at a time on a connection of its own."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._connection: psycopg.Connection | None = None

    def add_incident(self, county: int = HARBOUR, *, at: datetime | None = None) -> str:
        """Insert an incident registered now (or then), and report contact; returns its number."""
        number = f"T{next(_case_numbers):08d}"
        at = at or datetime.now(UTC)
        self.execute(
            "insert into incidents (home_county_id, source_id, case_no, registered_month, category,"
            " region_id, county_id, class_code, registered_at) values (%s, %s, %s,"
            " date_trunc('month', %s at time zone 'Asia/Shanghai')::date, 'service', %s, %s, 'x',"
            " %s)",
            (county, SOURCE, number, at, county, county, at),
        )
        return number

    def copy_incidents(self, number: int) -> None:
        """Load incidents registered now by one COPY, as an export of another system would."""
        now = datetime.now(UTC)
        counties = [COUNTIES[place % len(COUNTIES)] for place in range(number)]
        self.copy(
            "incidents",
            [
                {
                    **new_case("C", county, now),
                    "category": "hazard",
                    "registered_at": now,
                }
                for county in counties
            ],
        )

    def copy(self, table: str, rows: Iterable[Row]) -> None:
        """Load rows of the same columns by one COPY."""
        rows = list(rows)
        statement = sql.SQL("copy {} ({}) from stdin").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, rows[0]))
        )
        with (
            psycopg.connect(libpq_url(self.url)) as connection,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            for row in rows:
                copy.write_row(tuple(row.values()))

    def add(self, table: str, row: Row) -> None:
        """Insert one row."""
        columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
        self.execute(f"insert into {table} ({columns}) values ({places})", tuple(row.values()))

    def report_contact(self, *, clock_offset: float = 0) -> None:
        """The source's heartbeat, of a source whose clock is so many seconds ahead."""
        self.execute(
            "update sources set last_contact_at = clock_timestamp() + make_interval(secs => %s)"
            " where id = 1",
            (clock_offset,),
        )

    def execute(self, statement: str, values: tuple = ()) -> None:
        """Run and commit one statement, connecting anew when the server was away meanwhile."""
        if self._connection is not None:
            try:
                self._connection.execute(statement, values)  # type: ignore[call-overload]
                return
            except psycopg.OperationalError:
                self._connection.close()
        self._connection = psycopg.connect(libpq_url(self.url), autocommit=True, connect_timeout=2)
        self._connection.execute(statement, values)  # type: ignore[call-overload]

    def ask(self, statement: str) -> Any:
        """The one value a statement gives."""
        with psycopg.connect(libpq_url(self.url)) as connection:
            row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def new_case(prefix: str, county: int, at: datetime) -> dict[str, Any]:
    """Key, place and time of registration of a new case."""
    return {
        "home_county_id": county,
        "source_id": SOURCE,
        "case_no": f"{prefix}{next(_case_numbers):08d}",
        "registered_month": at.astimezone(ZoneInfo("Asia/Shanghai")).date().replace(day=1),
        "region_id": county,
        "county_id": county,
        "registered_at": at,
    }
