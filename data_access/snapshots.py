"""Stored snapshots and the requests of screens for them.

Written by the snapshotter only, read by whoever shows or exports. How a snapshot is computed
stands in `data_access.snapshotting`; who is told about a new one, in `data_access.feed`.
"""

import gzip
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from dashboard.addresses import Address
from dashboard.errors import UnknownAddress, UnknownRegion
from dashboard.periods import day_start
from dashboard.snapshot import Snapshot
from dashboard.views import View
from data_access import facts, region_tree
from data_access.archives import archived_before, whole_views_from
from data_access.database import Database
from data_access.live_schema import CHANGES_CHANNEL
from data_access.region_tree import Region, RegionTree
from data_access.schema import screen_requests, snapshots

SNAPSHOTS_CHANNEL = "cockpit_snapshots"
REQUEST_SECONDS = 60
# Level 1: a third larger than level 9, eight times as quick, and this is on the way to the screen.
GZIP_LEVEL = 1
# Everything of the last minutes stays, then one a minute, then one an hour, then nothing.
KEEP_ALL = timedelta(minutes=10)
KEEP_MINUTES = timedelta(days=30)
KEEP_HOURS = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Stored:
    """A snapshot's bytes as they lie in the table."""

    number: int
    body: bytes

    def open(self) -> Snapshot:
        """The snapshot itself."""
        return Snapshot.from_json(gzip.decompress(self.body))


def store(connection: Connection, snapshot: Snapshot, compute_ms: int) -> Snapshot:
    """Give the snapshot its number, keep it, and tell the web workers; returns it numbered.

    Numbers rise, but not without gaps.
    """
    number = connection.scalar(text("select nextval(pg_get_serial_sequence('snapshots','number'))"))
    numbered = snapshot.model_copy(update={"number": number})
    connection.execute(
        insert(snapshots).values(
            number=number,
            view=numbered.view,
            as_of=numbered.as_of,
            made_at=numbered.made_at,
            sha256=numbered.sha256(),
            compute_ms=compute_ms,
            body=gzip.compress(numbered.to_json(), GZIP_LEVEL),
        )
    )
    connection.execute(select(func.pg_notify(SNAPSHOTS_CHANNEL, numbered.view)))
    return numbered


def newest(connection: Connection, view_key: str) -> Stored | None:
    """The newest snapshot of a view, None when there is none yet."""
    row = connection.execute(
        select(snapshots.c.number, snapshots.c.body)
        .where(snapshots.c.view == view_key)
        .order_by(snapshots.c.number.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Stored(row.number, bytes(row.body))


def request(connection: Connection, view_keys: Collection[str]) -> None:
    """Say that screens are showing these views, and wake the snapshotter."""
    for key in sorted(view_keys):
        statement = upsert(screen_requests).values(view=key)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["view"], set_={"wanted_at": func.clock_timestamp()}
            )
        )
    connection.execute(select(func.pg_notify(CHANGES_CHANNEL, "")))


def requested(connection: Connection) -> list[View]:
    """Views that some screen has asked for within the last minute; others are forgotten."""
    limit = func.clock_timestamp() - timedelta(seconds=REQUEST_SECONDS)
    keys = connection.scalars(
        select(screen_requests.c.view)
        .where(screen_requests.c.wanted_at >= limit)
        .order_by(screen_requests.c.view)
    )
    return [view for key in keys if (view := _parsed(key)) is not None]


def resolve(database: Database, address: Address, home: str | None = None) -> View:
    """The view of an address; without a code it shows `home`, the region its screen's file names.

    Raises:
        UnknownAddress, UnknownRegion: it names nothing of this database.
        DatabaseUnavailable, DataUnavailable.
    """
    with database.read(timeout_seconds=3) as connection:
        zone = ZoneInfo(facts.zone_of(connection))
        tree = region_tree.load(connection)
        before = archived_before(connection)
    region = (
        tree.find(address.region_code)
        if address.region_code
        else home_region(tree, address.screen, home)
    )
    moment = address.moment(zone)
    if moment is not None and before is not None:
        _require_whole(moment, before, zone)
    if moment is not None and moment > datetime.now(UTC):
        raise UnknownAddress(f"as_of={address.as_of} 尚未到来;请给出已过去的时刻。")
    return View(address.screen, region.id, moment)


def _require_whole(moment: datetime, before: date, zone: ZoneInfo) -> None:
    """Raise UnknownAddress for a moment whose wall would count cases that were archived."""
    first = whole_views_from(before)
    if moment < day_start(first, zone):
        raise UnknownAddress(
            f"明细已归档:{before.year}年{before.month}月以前的案件已移出数据库,"
            f"{first.year}年以前的大屏不能再现;请给出此后的时刻。"
        )


def home_region(tree: RegionTree, screen: str, code: str | None) -> Region:
    """The region with the code that a screen's file names, the whole scope when it names none.

    Raises:
        UnknownRegion: no region has this code, or there are no regions yet.
    """
    if code is None:
        return tree.root
    try:
        return tree.find(code)
    except UnknownRegion as error:
        raise UnknownRegion(
            f'大屏配置文件 [{screen}] 的 region = "{code}" 不是本库的区划代码;'
            "请改成库中设区市或县(市、区)的代码,或删去这一行以显示全域。"
        ) from error


def prune(connection: Connection, now: datetime) -> int:
    """Drop what is kept too finely or too long; returns how many went."""
    dropped = connection.execute(
        delete(snapshots).where(snapshots.c.made_at < now - KEEP_HOURS)
    ).rowcount
    dropped += _thin(connection, "minute", now - KEEP_MINUTES, now - KEEP_ALL)
    return dropped + _thin(connection, "hour", now - KEEP_HOURS, now - KEEP_MINUTES)


def forget_requests(connection: Connection) -> None:
    """Delete requests that have run out."""
    limit = func.clock_timestamp() - timedelta(seconds=REQUEST_SECONDS * 10)
    connection.execute(delete(screen_requests).where(screen_requests.c.wanted_at < limit))


def _thin(connection: Connection, unit: str, start: datetime, end: datetime) -> int:
    """Keep the first snapshot of each view and unit between two instants."""
    statement = text(
        """
delete from snapshots where number in (
  select number from (
    select number, row_number() over (
      partition by view, date_trunc(:unit, made_at) order by number) as place
    from snapshots where made_at >= :start and made_at < :end
  ) ranked where place > 1
)"""
    )
    return connection.execute(statement, {"unit": unit, "start": start, "end": end}).rowcount


def _parsed(key: str) -> View | None:
    """A request may come from an older or newer program: what isn't understood is passed over."""
    try:
        return View.parse(key)
    except (ValueError, UnknownAddress):
        return None
