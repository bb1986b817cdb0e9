"""Where and over which time a quality report looks: region, visible counties, last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from dashboard.periods import day_start
from dashboard.quality import SourceQuality
from dashboard.scope import Scope
from data_access import region_tree
from data_access.region_tree import Region, RegionTree


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a report looks: the region and, of its counties, those the scope may see."""

    tree: RegionTree
    region: Region
    counties: tuple[Region, ...]
    # Also the abolished counties that came into them.
    booked: tuple[int, ...]
    is_whole: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Rows registered in [start, end)."""

    start: datetime
    end: datetime


def window_of(
    connection: Connection,
    source: SourceQuality | None,
    subject: str,
    days: int,
    as_of: datetime,
    zone: ZoneInfo,
) -> Window:
    """The last days, today among them; of a source brought as files, the last days it brought."""
    end = as_of
    if source is not None and source.health == "by_hand":
        last = connection.scalar(
            text(
                f"select registered_at from {subject} where source_id = :source"
                # Nothing of it is newer: rows of live sources above need not be passed over.
                " and registered_at <= :newest order by registered_at desc limit 1"
            ),
            {"source": source.id, "newest": min(as_of, source.last_row_at or as_of)},
        )
        end = as_of if last is None else last + timedelta(microseconds=1)
    first = end.astimezone(zone).date() - timedelta(days=days - 1)
    return Window(start=day_start(first, zone), end=end)


def place_of(connection: Connection, code: str | None, scope: Scope | None) -> Place:
    """The region of a code, the root without one, as far as the scope goes.

    Raises:
        UnknownRegion: no region has the code, or there are no regions yet.
    """
    tree = region_tree.load(connection)
    region = tree.find(code) if code else tree.root
    counties = tuple(
        county for county in tree.counties(region) if scope is None or county.id in scope.counties
    )
    return Place(
        tree=tree,
        region=region,
        counties=counties,
        booked=tuple(tree.booked_under(county.id for county in counties)),
        is_whole=len(counties) == sum(len(tree.counties(root)) for root in tree.roots()),
    )
