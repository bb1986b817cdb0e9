"""The quality report: every part of it read for one region, scope and instant.

Counts only; the rows behind a count stand in `data_access.quality_lists`, the conditions both share
in `data_access.quality_sql`. Imported files have no region: who may not see all sees none of them.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from dashboard.freshness import Source
from dashboard.quality import QualityReport, SourceQuality, health_of
from dashboard.quality_checks import INCIDENTS
from dashboard.scope import Scope
from data_access import (
    facts,
    form_readings,
    quality_completeness,
    quality_imports,
    quality_indicators,
    quality_others,
    quality_places,
    series_readings,
)
from data_access.database import Database, planned_for_this_moment
from data_access.quality_window import place_of, window_of
from data_access.schema import reported_values, rollup_deltas, sources
from data_access.sums import SumReader

READ_SECONDS = 60.0


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
        work_days = series_readings.calendar(connection, zone)
        found = tuple(source_states(connection, as_of))
        with planned_for_this_moment(connection):
            completeness = tuple(
                quality_completeness.completeness(connection, found, place, days, as_of, zone)
            )
            stray = tuple(quality_places.stray_counties(connection, place))
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
            others=quality_others.states(
                connection,
                [county.id for county in place.counties],
                window_of(connection, None, INCIDENTS, days, as_of, zone),
                as_of,
                work_days,
            ),
            files=tuple(quality_imports.files(connection)) if place.is_whole else (),
            findings=tuple(quality_imports.findings(connection)) if place.is_whole else (),
            indicators=indicators,
            outlines=tuple(quality_places.outlines(connection)),
            stray_counties=stray,
            forms=form_readings.states(connection, place.counties, as_of, work_days),
            pending_deltas=connection.scalar(select(func.count()).select_from(rollup_deltas)) or 0,
        )


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
