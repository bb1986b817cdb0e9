"""The quality report: every part of it read for one region, scope and instant.

Counts only; the rows behind a count stand in `data_access.quality_lists`, the conditions both share
in `data_access.quality_sql`. Imported files have no region: who may not see all sees none of them.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from dashboard.quality import ImportTotals, QualityReport
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
    quality_sources,
    series_readings,
)
from data_access.database import Database, planned_for_this_moment
from data_access.quality_window import place_of, window_of
from data_access.schema import rollup_deltas
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
        found = tuple(quality_sources.states(connection, as_of, tells_errors=place.is_whole))
        span = window_of(connection, None, INCIDENTS, days, as_of, zone)
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
                span,
                as_of,
                work_days,
            ),
            imported=quality_imports.totals(connection, span)
            if place.is_whole
            else ImportTotals(0, 0, 0, 0),
            files=tuple(quality_imports.files(connection, span)) if place.is_whole else (),
            polls=tuple(quality_imports.polls(connection, found, span, zone))
            if place.is_whole
            else (),
            findings=tuple(quality_imports.findings(connection, found, span, zone))
            if place.is_whole
            else (),
            indicators=indicators,
            outlines=tuple(quality_places.outlines(connection)),
            stray_counties=stray,
            forms=form_readings.states(connection, place.counties, as_of, work_days),
            pending_deltas=connection.scalar(select(func.count()).select_from(rollup_deltas)) or 0,
        )
