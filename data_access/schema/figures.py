"""Figures that are not cases: population, staffing, patrols, targets, calendar, reported values."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from data_access.schema.base import metadata

population = Table(
    "population",
    metadata,
    # The region version the figure was counted for: a census is never joined by code alone.
    Column("region_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("counted_on", Date, primary_key=True),
    Column("residents", Integer, nullable=False),
    Column("registered_floating", Integer),
    Column("origin", Text, nullable=False),
)

# 网格员 per township and day: a grid's figure would be one worker's, so there is none.
staffing = Table(
    "staffing",
    metadata,
    Column("town_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("county_id", Integer, nullable=False),
    Column("staff", Integer, nullable=False),
    Column("online", Integer, nullable=False),
    Column("reporting", Integer, nullable=False),
    CheckConstraint("online <= staff and reporting <= staff", name="within_staff"),
    Index("ix_staffing_day_county_id", "day", "county_id"),
)

# `staff` is that of the day, here too: a rate of fewer than five would be one worker's, and the two
# tables may come from different systems.
patrols = Table(
    "patrols",
    metadata,
    Column("town_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("county_id", Integer, nullable=False),
    Column("staff", Integer, nullable=False),
    Column("due", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Index("ix_patrols_day_county_id", "day", "county_id"),
)

# A row of `staffing` or `patrols` as it was before a correction or deletion, of a day that was
# over: within its day a row changes with every poll. Written by trigger, never updated.
daily_figure_versions = Table(
    "daily_figure_versions",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("town_id", Integer, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("recorded_to", DateTime(timezone=True), primary_key=True),
    Column("is_deletion", Boolean, nullable=False),
    Column("was", JSONB, nullable=False),
)

# Valid until the next one of the same indicator and region; `value` in the unit that
# docs/indicators.md names: 95 for 95 %.
targets = Table(
    "targets",
    metadata,
    Column("indicator", Text, primary_key=True),
    Column("region_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("value", Double, nullable=False),
)

# workday_no counts working days up to and including the day, so a difference is a span.
work_calendar = Table(
    "work_calendar",
    metadata,
    Column("day", Date, primary_key=True),
    Column("is_workday", Boolean, nullable=False),
    Column("workday_no", Integer, nullable=False),
    Column("label", Text),
    # True where no official calendar was known and the weekday rule was used (推定).
    Column("is_presumed", Boolean, nullable=False, server_default="false"),
)

# A monthly form as it was handed in: by which department of which region, which file, when.
form_submissions = Table(
    "form_submissions",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("form", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("region_id", Integer, ForeignKey("regions.id"), nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("layout_version", SmallInteger, nullable=False),
    Column("layout_sha256", Text, nullable=False),
    Column("file_sha256", Text, nullable=False, unique=True),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # 0: a correction that changed nothing.
    Column("values_written", Integer, nullable=False),
)

# A correction is a new row: the newest of an indicator, region and period counts.
reported_values = Table(
    "reported_values",
    metadata,
    Column("indicator", Text, primary_key=True),
    Column("region_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("period_end", Date, primary_key=True),
    Column("recorded_at", DateTime(timezone=True), primary_key=True, server_default=func.now()),
    Column("numerator", Double),
    Column("denominator", Double),
    Column("source_id", SmallInteger, ForeignKey("sources.id"), nullable=False),
    # The form it came with, or whose figures it adds up; null for values of another program.
    Column("submission_id", Integer, ForeignKey("form_submissions.id")),
)
