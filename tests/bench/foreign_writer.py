"""A foreign program that writes cases: plain psycopg, no help from the cockpit.

What it wrote is deleted when it closes.
"""

import random
from datetime import UTC, datetime
from itertools import count
from types import TracebackType
from typing import Self

import psycopg
from sqlalchemy import URL

from data_access.feed import libpq_url

MARK = "BENCH-"
COLUMNS = (
    *("home_county_id", "source_id", "case_no", "registered_month", "category", "class_code"),
    *("region_id", "county_id", "town_id", "grid_id", "lon", "lat", "location_quality"),
    *("cell_x", "cell_y", "registered_at"),
)
# Places and classes of true rows, so that new ones fall where cases fall.
SAMPLES = """
select home_county_id, source_id, category, class_code, region_id, county_id, town_id, grid_id,
  lon, lat, location_quality, cell_x, cell_y
from incidents
where category in ('service', 'hazard') and location_quality = 'point' and not is_sensitive
  and (%(county)s::int is null or county_id = %(county)s)
order by registered_at desc limit 2000"""
BRING_SOURCES_UP = (
    "update sources set last_contact_at = now() + interval '1 hour', last_error_at = null"
    " where is_live"
)


class ForeignWriter:
    """Commits one statement at a time. ``county`` limits where its cases lie."""

    def __init__(self, url: URL, *, county: int | None = None) -> None:
        self._connection = psycopg.connect(libpq_url(url), autocommit=True)
        self._random = random.Random(7)
        self._numbers = count(1)
        row = self._connection.execute(
            "select coalesce((select value #>> '{}' from database_facts where key = 'zone'),"
            " 'Asia/Shanghai')"
        ).fetchone()
        self._zone = str(row[0]) if row else "Asia/Shanghai"
        self._samples = self._connection.execute(SAMPLES, {"county": county}).fetchall()
        self.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()
        self._connection.close()

    def report_contact(self) -> None:
        """All sources answer, for an hour to come: the bench is not about silent sources."""
        self._connection.execute(BRING_SOURCES_UP)

    def insert(self) -> None:
        """One incident, registered now, in a transaction of its own."""
        places = ", ".join(["%s"] * len(COLUMNS))
        self._connection.execute(
            f"insert into incidents ({', '.join(COLUMNS)}) values ({places})",  # type: ignore[arg-type]
            self._rows(1)[0],
        )

    def copy(self, number: int) -> None:
        """Many incidents by one COPY."""
        statement = f"copy incidents ({', '.join(COLUMNS)}) from stdin"
        rows = self._rows(number)
        with self._connection.cursor().copy(statement) as copy:  # type: ignore[arg-type]
            for row in rows:
                copy.write_row(row)

    def clear(self) -> None:
        """Delete what this or an earlier writer wrote, and the versions that deleting keeps."""
        for table in ("incidents", "case_versions"):
            self._connection.execute(
                f"delete from {table} where case_no like %s",  # type: ignore[arg-type]
                (f"{MARK}%",),
            )

    def _rows(self, number: int) -> list[tuple[object, ...]]:
        now = datetime.now(UTC)
        month = self._month(now)
        rows: list[tuple[object, ...]] = []
        for _ in range(number):
            (county, source, category, class_code, *place) = self._random.choice(self._samples)
            case_no = f"{MARK}{now:%H%M%S%f}-{next(self._numbers)}"
            rows.append((county, source, case_no, month, category, class_code, *place, now))
        return rows

    def _month(self, moment: datetime) -> str:
        row = self._connection.execute(
            "select date_trunc('month', %s at time zone %s)::date", (moment, self._zone)
        ).fetchone()
        if row is None:
            raise RuntimeError("the database gives no month")
        return str(row[0])
