"""The quality report: every part of it read for one region, scope and instant.

Counts only; the rows behind a count stand in `data_access.quality_lists`, the conditions both share
in `data_access.quality_sql`. Imported files have no region: who may not see all sees none of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, select, text

from dashboard.freshness import Source
from dashboard.periods import day_start
from dashboard.quality import (
    CheckCount,
    Completeness,
    FindingGroup,
    ImportedFile,
    OutlineSet,
    QualityReport,
    SourceQuality,
    StrayCounty,
    health_of,
)
from dashboard.quality_checks import BOTH, checks_of
from dashboard.scope import Scope
from data_access import (
    facts,
    form_readings,
    quality_indicators,
    quality_sql,
    region_tree,
    series_readings,
)
from data_access.database import Database, planned_for_this_moment
from data_access.region_tree import Region, RegionTree
from data_access.schema import reported_values, rollup_deltas, sources
from data_access.sums import SumReader

FILES_SHOWN = 12
REASONS_SHOWN = 40
READ_SECONDS = 60.0


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


def read(
    database: Database,
    region_code: str | None,
    *,
    days: int,
    now: datetime,
    scope: Scope | None = None,
) -> QualityReport:
    """The report of a region (None: the root); `scope` None stands for all its counties.

    Raises:
        UnknownRegion, DatabaseUnavailable, DataUnavailable.
    """
    as_of = now.astimezone(UTC)
    with database.read(timeout_seconds=READ_SECONDS) as connection:
        known = facts.read_all(connection)
        zone = ZoneInfo(known.get("zone", facts.DEFAULT_ZONE))
        place = place_of(connection, region_code, scope)
        found = tuple(source_states(connection, as_of))
        with planned_for_this_moment(connection):
            completeness = tuple(_completeness(connection, found, place, days, as_of, zone))
            stray = tuple(_stray_counties(connection, place))
        indicators = quality_indicators.states(
            connection,
            SumReader(
                connection,
                tree=place.tree,
                region=place.region,
                scope=Scope(counties=frozenset(county.id for county in place.counties)),
                as_of=as_of,
                is_current=True,
                zone=zone,
            ),
            place.region,
            place.counties,
            as_of,
            zone,
        )
        return QualityReport(
            as_of=as_of,
            zone=zone.key,
            product_name=known.get("product_name", "综治中心数字驾驶舱"),
            is_demo=bool(known.get("is_demo", False)),
            region_name=place.region.name,
            region_code=place.region.code or str(place.region.id),
            is_whole=place.is_whole,
            days=days,
            sources=found,
            completeness=completeness,
            files=tuple(_files(connection)) if place.is_whole else (),
            findings=tuple(_findings(connection)) if place.is_whole else (),
            indicators=indicators,
            outlines=tuple(_outlines(connection)),
            stray_counties=stray,
            forms=form_readings.states(
                connection, place.counties, as_of, series_readings.calendar(connection, zone)
            ),
            pending_deltas=connection.scalar(select(func.count()).select_from(rollup_deltas)) or 0,
        )


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
                " and registered_at < :as_of order by registered_at desc limit 1"
            ),
            {"source": source.id, "as_of": as_of},
        )
        end = as_of if last is None else last + timedelta(microseconds=1)
    first = end.astimezone(zone).date() - timedelta(days=days - 1)
    return Window(start=day_start(first, zone), end=end)


def source_states(connection: Connection, as_of: datetime) -> Iterable[SourceQuality]:
    """All sources, judged one by one, in order of their id."""
    # Monthly figures may be written by a program that knows nothing of heartbeats.
    reported = {
        row.source_id: row.newest
        for row in connection.execute(
            select(
                reported_values.c.source_id,
                func.max(reported_values.c.recorded_at).label("newest"),
            )
            .where(reported_values.c.recorded_at < as_of)
            .group_by(reported_values.c.source_id)
        )
    }
    for row in connection.execute(select(sources).order_by(sources.c.id)):
        contact = row.last_contact_at
        last_row_at = row.last_row_at or reported.get(row.id)
        known = Source(
            key=row.key,
            name=row.name,
            cycle_ms=row.cycle_seconds * 1000,
            last_contact_at=_milliseconds(contact),
            last_error_at=_milliseconds(row.last_error_at),
            is_live=row.is_live,
        )
        yield SourceQuality(
            id=row.id,
            key=row.key,
            name=row.name,
            kind=row.kind,
            health=health_of(known, _milliseconds(as_of) or 0, has_rows=last_row_at is not None),
            cycle_seconds=row.cycle_seconds,
            age_seconds=None if contact is None else max(0.0, (as_of - contact).total_seconds()),
            last_contact_at=contact,
            last_row_at=last_row_at,
            last_error_at=row.last_error_at,
        )


def _milliseconds(instant: datetime | None) -> int | None:
    return None if instant is None else round(instant.timestamp() * 1000)


def _completeness(
    connection: Connection,
    found: Sequence[SourceQuality],
    place: Place,
    days: int,
    as_of: datetime,
    zone: ZoneInfo,
) -> Iterable[Completeness]:
    """By source and subject: those with rows, and those that are known to deliver the subject."""
    by_hand = {source.id: source for source in found if source.health == "by_hand"}
    names = {source.id: source for source in found}
    for subject in BOTH:
        common = window_of(connection, None, subject, days, as_of, zone)
        read_rows = _rows_by_day(connection, subject, place, common, zone)
        counted = {key: rows for key, rows in read_rows.items() if key not in by_hand}
        windows = dict.fromkeys((source.id for source in found), common)
        for source in by_hand.values():
            if source.kind != subject:
                continue
            own = window_of(connection, source, subject, days, as_of, zone)
            windows[source.id] = own
            counted.update(_rows_by_day(connection, subject, place, own, zone, source.id))
        for source in found:
            if source.kind == subject:
                counted.setdefault(source.id, [])
        for source_id in sorted(counted):
            window = windows.get(source_id, common)
            known = names.get(source_id)
            yield _summed(subject, source_id, known, window, counted[source_id])


def _rows_by_day(
    connection: Connection,
    subject: str,
    place: Place,
    window: Window,
    zone: ZoneInfo,
    source_id: int | None = None,
) -> dict[int, list[Row[Any]]]:
    """One row a source and local day: rows, rows with a gap, and both counts of every check."""
    counts = [
        f"count(*) filter (where {condition}) as {check.key}__{what}"
        for check in checks_of(subject)
        for what, condition in (
            ("base", quality_sql.base(check.key)),
            ("missing", quality_sql.missing(check.key, subject)),
        )
    ]
    only = " and i.source_id = :source" if source_id is not None else ""
    statement = text(
        f"select i.source_id, {quality_sql.LOCAL_DAY} as day, count(*) as n,"
        f" count(*) filter (where {quality_sql.any_gap(subject)}) as gaps, {', '.join(counts)}"
        f"{quality_sql.rows_between(subject)}{only} group by 1, 2 order by 1, 2"
    )
    parameters: dict[str, Any] = {
        "start": window.start,
        "end": window.end,
        "counties": list(place.booked),
        "zone": zone.key,
    }
    if source_id is not None:
        parameters["source"] = source_id
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(statement, parameters):
        found[row.source_id].append(row)
    return found


def _summed(
    subject: str,
    source_id: int,
    source: SourceQuality | None,
    window: Window,
    rows: Sequence[Row[Any]],
) -> Completeness:
    checks = tuple(
        CheckCount(
            check.key,
            sum(row._mapping[f"{check.key}__base"] for row in rows),
            sum(row._mapping[f"{check.key}__missing"] for row in rows),
        )
        for check in checks_of(subject)
    )
    days: list[tuple[date, int, int]] = [(row.day, row.n, row.gaps) for row in rows]
    return Completeness(
        source_id=source_id,
        source_key=source.key if source else str(source_id),
        source_name=source.name if source else f"未登记的来源{source_id}",
        subject=subject,
        start=window.start,
        end=window.end,
        rows=sum(row.n for row in rows),
        ever_delivered=bool(rows) or (source is not None and source.last_row_at is not None),
        checks=checks,
        days=tuple(days),
    )


def _stray_counties(connection: Connection, place: Place) -> Iterable[StrayCounty]:
    """Cases booked under counties that are abolished, or (seen by who sees all) unknown."""
    today = {county.id for root in place.tree.roots() for county in place.tree.counties(root)}
    for subject in BOTH:
        # One probe of the index a county: there are a hundred of them in millions of rows.
        found = connection.scalars(
            text(
                "with recursive met (id) as ("
                f" (select county_id from {subject} order by county_id limit 1)"
                " union all select (select county_id from"
                f" {subject} where county_id > met.id order by county_id limit 1)"
                " from met where met.id is not null)"
                " select id from met where id is not null"
            )
        ).all()
        for county_id in found:
            ended = place.tree.abolished.get(county_id)
            is_visible = county_id in place.booked or place.is_whole
            if county_id in today or not is_visible:
                continue
            cases = connection.scalar(
                text(f"select count(*) from {subject} where county_id = :id"), {"id": county_id}
            )
            heir = place.tree.by_id.get(ended.counted_in[0]) if ended and ended.counted_in else None
            yield StrayCounty(
                county_id=county_id,
                name=ended.name if ended else _name(connection, county_id),
                subject=subject,
                cases=cases or 0,
                counted_in=heir.name if heir else None,
            )


def _name(connection: Connection, region_id: int) -> str | None:
    name: str | None = connection.scalar(
        text("select name from regions where id = :id"), {"id": region_id}
    )
    return name


def _files(connection: Connection) -> Iterable[ImportedFile]:
    """The newest imports, newest first."""
    rows = connection.execute(
        text(
            "select b.*, coalesce(s.name, '未登记的来源' || b.source_id) as source_name,"
            " exists (select from import_findings f where f.batch_id = b.id) as has_findings"
            " from import_batches b left join sources s on s.id = b.source_id"
            " where b.state <> 'abandoned' order by b.id desc limit :limit"
        ),
        {"limit": FILES_SHOWN},
    )
    for row in rows:
        yield ImportedFile(
            id=row.id,
            source_name=row.source_name,
            kind=row.kind,
            file_name=row.file_name,
            state=row.state,
            started_at=row.started_at,
            published_at=row.published_at,
            rows_read=row.rows_read,
            rows_accepted=row.rows_accepted,
            rows_rejected=row.rows_rejected,
            rows_doubtful=row.rows_doubtful,
            has_findings=row.has_findings,
        )


def _findings(connection: Connection) -> Iterable[FindingGroup]:
    """Findings of the newest import of each source, by check, column and reason."""
    rows = connection.execute(
        text(
            "select f.batch_id, coalesce(s.name, '未登记的来源' || b.source_id) as source_name,"
            " f.check_name, f.column_name, f.is_rejection, min(f.reason) as reason, count(*) as n"
            " from import_findings f join (select distinct on (source_id, kind) id, source_id"
            "   from import_batches where state <> 'abandoned'"
            "   order by source_id, kind, id desc) b on b.id = f.batch_id"
            " left join sources s on s.id = b.source_id"
            " group by 1, 2, 3, 4, 5 order by f.is_rejection desc, n desc, 3, 4 limit :limit"
        ),
        {"limit": REASONS_SHOWN},
    )
    for row in rows:
        yield FindingGroup(
            batch_id=row.batch_id,
            source_name=row.source_name,
            check=row.check_name,
            column=row.column_name,
            is_rejection=bool(row.is_rejection),
            reason=row.reason,
            rows=row.n,
        )


def _outlines(connection: Connection) -> Iterable[OutlineSet]:
    """The sets of lines, by what they draw; a number given to other lines is none."""
    shapes: dict[int, list[tuple[str, int]]] = defaultdict(list)
    illustrative: dict[int, int] = defaultdict(int)
    for row in connection.execute(
        text(
            "select g.set_id, g.level, count(*) as n,"
            " count(*) filter (where r.is_illustrative) as drawn"
            " from region_geometries g left join regions r on r.id = g.region_id"
            " group by 1, 2 order by 1, array_position("
            " array['province', 'city', 'county', 'town', 'village', 'grid'], g.level)"
        )
    ):
        shapes[row.set_id].append((row.level, row.n))
        illustrative[row.set_id] += row.drawn
    for row in connection.execute(text("select * from geometry_sets order by id")):
        is_examined = row.approval_number is not None and row.approved_checksum == row.checksum
        yield OutlineSet(
            name=row.name,
            origin=row.origin,
            datum=row.datum,
            is_examined=is_examined,
            approval_number=row.approval_number,
            shapes=tuple(shapes[row.id]),
            illustrative=illustrative[row.id],
        )
