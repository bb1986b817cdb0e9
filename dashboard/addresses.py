"""Address: what the path and query of a page ask for, before any database was asked.

`/wall` is the whole scope, `/wall/330200` one region by code (or id), `?as_of=2015-09-01T12:00` a
moment in the local time of the database's zone. Turning it into a View needs the regions and
the zone: `data_access.snapshots.resolve`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from dashboard.errors import UnknownAddress

DEFAULT_SCREEN = "wall"
# Far enough from the ends of the calendar that every period around a moment exists.
EARLIEST_YEAR, LATEST_YEAR = 1990, 2200
# Spans of the heat layer; the page itself reads which is asked for.
HEAT_WINDOWS = ("2h", "24h", "7d", "30d")


@dataclass(frozen=True, slots=True)
class Address:
    """A screen's name, a region's code and an as-of as written; None where nothing was said."""

    screen: str = DEFAULT_SCREEN
    region_code: str | None = None
    as_of: str | None = None

    @classmethod
    def parse(cls, path: str, query: str = "") -> Self:
        """The address of a path and a query string, with or without its question mark.

        Raises:
            UnknownAddress: more parts than a screen and a region, or a heat of another span.
        """
        parts = [part for part in path.split("/") if part]
        if len(parts) > 2:
            raise UnknownAddress(f"没有页面 {path};应为 /wall 或 /wall/区划代码。")
        screen = parts[0] if parts else DEFAULT_SCREEN
        region = parts[1] if len(parts) == 2 else None
        asked = parse_qs(query.removeprefix("?"))
        heat = asked.get("heat", [None])[0]
        if heat is not None and heat not in HEAT_WINDOWS:
            windows = "、".join(HEAT_WINDOWS)
            raise UnknownAddress(f"没有 heat={heat} 的热力;应为 {windows} 之一。")
        return cls(screen, region, asked.get("as_of", [None])[0])

    def moment(self, zone: ZoneInfo) -> datetime | None:
        """The as-of as an instant; a local time that occurs twice means the first one.

        Raises:
            UnknownAddress: the text is no date or time.
        """
        if self.as_of is None:
            return None
        try:
            # A plus sign of an offset reaches us as a space.
            moment = datetime.fromisoformat(self.as_of.replace(" ", "+"))
        except ValueError as error:
            raise UnknownAddress(
                f"as_of={self.as_of} 不是时刻;应如 ?as_of=2015-09-01T12:00(当地时间)。"
            ) from error
        if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise UnknownAddress(
                f"as_of={self.as_of} 超出范围;应在 {EARLIEST_YEAR}—{LATEST_YEAR} 年之间。"
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)
