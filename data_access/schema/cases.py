"""Cases (一案一码): incidents, disputes, their steps and versions, and what follows a case.

A case's key (home_county_id, source_id, case_no, registered_month) is fixed at first sight:
home_county_id is the distribution key, registered_month the partition key. The responsible county
and town, and the present holder, are other columns and may change.

Steps are append-only and are the record of the nine-step workflow. The times on the case row are
the times of these steps, written by the trigger on `steps` or, in bulk, by the loader.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

from data_access.schema.base import instant, metadata

CATEGORIES = ("service", "hazard", "opinion", "policy", "dispute", "other")
METHODS = ("people", "administrative", "judicial", "other")
RESOLUTION_LEVELS = ("village", "town", "county")
STEPS = (
    "registered",  # 登记
    "accepted",  # 受理
    "dispatched",  # 分流交办
    "signed",  # 签收
    "handling",  # 办理
    "feedback",  # 反馈
    "closed",  # 办结
    "visited",  # 回访
    "archived",  # 结案归档
)
BRANCHES = ("returned", "extended", "joint", "escalated")  # 退回, 延期, 协同, 上报


_STEP_TIMES = (
    *("registered_at", "accepted_at", "dispatched_at", "signed_at", "handling_at"),
    *("feedback_at", "visited_at", "archived_at", "returned_at"),
)
# Since when an open case is in its step, in SQL about a row `i`: the newest of its times.
STEP_AT = f"greatest({', '.join(f'i.{time}' for time in _STEP_TIMES)})"


def _key_columns() -> list[Column[Any]]:
    return [
        Column("home_county_id", Integer, primary_key=True),
        Column("source_id", SmallInteger, primary_key=True),
        Column("case_no", Text, primary_key=True),
        Column("registered_month", Date, primary_key=True),
    ]


def _case_key() -> list[SchemaItem]:
    """The key of cases, by number first: sources name a case by it and know nothing of the rest."""
    own = [Column(column.name, column.type, nullable=False) for column in _key_columns()]
    key = ("case_no", "source_id", "home_county_id", "registered_month")
    return [*own, PrimaryKeyConstraint(*key)]


def _workflow_columns() -> list[SchemaItem]:
    """What incidents and disputes share: responsibility, the times of the steps, limits."""
    return [
        # Lowest region as registered (grid, village, town or county).
        Column("region_id", Integer, nullable=False),
        Column("county_id", Integer, nullable=False),
        Column("town_id", Integer),
        Column("holder_id", Integer),
        Column("class_code", Text),
        Column("channel", Text),
        Column("platform", Text),
        instant("registered_at", required=True),
        instant("accepted_at"),
        instant("dispatched_at"),
        # 签收时限
        instant("sign_due_at"),
        instant("signed_at"),
        instant("handling_at"),
        instant("feedback_at"),
        # 办结时限; an approved 延期 moves it.
        instant("due_at"),
        # 红牌: the limit plus five working days, kept by a trigger from the work calendar.
        instant("red_card_at"),
        instant("closed_at"),
        instant("visited_at"),
        instant("archived_at"),
        # First 退回, and how often.
        instant("returned_at"),
        Column("return_count", SmallInteger, nullable=False, server_default="0"),
        Column("extension_count", SmallInteger, nullable=False, server_default="0"),
        Column("joint_count", SmallInteger, nullable=False, server_default="0"),
        # Level that solved it: village (村), town (镇), county (县级及以上).
        Column("resolved_level", Text),
        # Result of a valid return visit; null: none, or not valid.
        Column("is_satisfied", Boolean),
        # Times that can't be true (closed before opened ...): counted, never in durations or rates.
        Column("has_doubtful_times", Boolean, nullable=False, server_default="false"),
        Column("is_sensitive", Boolean, nullable=False, server_default="false"),
        Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        # 推定: the source gives no recording time, so recorded = occurred was assumed.
        Column("is_recorded_presumed", Boolean, nullable=False, server_default="false"),
        CheckConstraint(f"resolved_level in {RESOLUTION_LEVELS!r}", name="resolved_level"),
        CheckConstraint("extract(day from registered_month) = 1", name="registered_month"),
    ]


def _time_indexes(table: str, times: tuple[str, ...]) -> list[Index]:
    """One index per moment that an indicator may use as its cohort time."""
    return [
        Index(f"ix_{table}_county_id_registered_at", "county_id", "registered_at"),
        # With the county: many counties' cases of a short span are one search a month, not 90.
        Index(f"ix_{table}_registered_at_county_id", "registered_at", "county_id"),
        Index(
            f"ix_{table}_open", "county_id", "due_at", postgresql_where=text("closed_at is null")
        ),
        *(Index(f"ix_{table}_{time}", time) for time in times),
    ]


incidents = Table(
    "incidents",
    metadata,
    *_case_key(),
    Column("category", Text, nullable=False),
    # 突发事件 (初报, 待定级)
    Column("is_emergency", Boolean, nullable=False, server_default="false"),
    Column("grid_id", Integer),
    Column("lon", Double),
    Column("lat", Double),
    # point: usable; default: a coordinate many cases share; outside: not in its region; none.
    Column("location_quality", Text, nullable=False, server_default="none"),
    # Metric 1-km cell of the point (dashboard.heat_cells), null unless location_quality = point.
    Column("cell_x", SmallInteger),
    Column("cell_y", SmallInteger),
    *_workflow_columns(),
    CheckConstraint(f"category in {CATEGORIES!r}", name="category"),
    CheckConstraint(
        "location_quality in ('point','default','outside','none')", name="location_quality"
    ),
    *_time_indexes(
        "incidents",
        ("dispatched_at", "sign_due_at", "due_at", "red_card_at", "recorded_at"),
    ),
    Index(
        "ix_incidents_step_at",
        "county_id",
        text(STEP_AT.replace("i.", "")),
        postgresql_where=text("closed_at is null"),
    ),
    # The longest overdue of any counties are its first entries.
    Index(
        "ix_incidents_overdue",
        "due_at",
        "county_id",
        postgresql_where=text("closed_at is null"),
    ),
    # With the county: the durations of a month's closings are read for one county as for all.
    Index("ix_incidents_closed_at_county_id", "closed_at", "county_id"),
    postgresql_partition_by="RANGE (registered_month)",
)

disputes = Table(
    "disputes",
    metadata,
    *_case_key(),
    # 人民调解, 行政调解, 司法调解, 其他
    Column("method", Text),
    # 其中行业性专业性 (a part of 人民调解)
    Column("is_sectoral", Boolean, nullable=False, server_default="false"),
    Column("centre_id", Integer),
    instant("mediation_started_at"),
    instant("mediation_ended_at"),
    # Result of a mediation that ended; null while it has not.
    Column("is_successful", Boolean),
    # 化解
    instant("resolved_at"),
    *_workflow_columns(),
    CheckConstraint(f"method in {METHODS!r}", name="method"),
    CheckConstraint(
        "is_successful is null or mediation_ended_at is not null", name="outcome_after_end"
    ),
    *_time_indexes("disputes", ("accepted_at", "due_at", "closed_at", "mediation_ended_at")),
    postgresql_partition_by="RANGE (registered_month)",
)

steps = Table(
    "steps",
    metadata,
    Column("subject", Text, primary_key=True),
    *_key_columns(),
    Column("step_no", SmallInteger, primary_key=True),
    Column("step", Text, nullable=False),
    # Holder after the step.
    Column("holder_id", Integer),
    instant("occurred_at", required=True),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("subject in ('incident','dispute')", name="subject"),
    CheckConstraint(f"step in {STEPS + BRANCHES!r}", name="step"),
    postgresql_partition_by="RANGE (registered_month)",
)

# The row as it was before a correction or deletion; written by trigger, never updated.
case_versions = Table(
    "case_versions",
    metadata,
    Column("subject", Text, primary_key=True),
    *_key_columns(),
    instant("recorded_from", required=True),
    Column("recorded_to", DateTime(timezone=True), primary_key=True),
    Column("is_deletion", Boolean, nullable=False),
    Column("was", JSONB, nullable=False),
    # Of deleted cases that come again, which their source knows by number.
    Index("ix_case_versions_deleted", "case_no", postgresql_where=text("is_deletion")),
    postgresql_partition_by="RANGE (registered_month)",
)

# 接待: one row a visit (批次) with the number of people who came (人次).
receptions = Table(
    "receptions",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("source_id", SmallInteger, nullable=False),
    Column("county_id", Integer, nullable=False),
    Column("centre_id", Integer),
    instant("received_at", required=True),
    Column("people", SmallInteger, nullable=False),
    Column("is_accepted", Boolean, nullable=False),
    # Number that the source gives the reception; none where rows are written as they happen.
    Column("reception_no", Text),
    CheckConstraint("people > 0", name="people"),
    Index("ix_receptions_received_at", "received_at", "county_id"),
    Index("uq_receptions_reception_no", "county_id", "source_id", "reception_no", unique=True),
)

# The reception as it was before a correction or deletion; written by trigger, never updated.
reception_versions = Table(
    "reception_versions",
    metadata,
    Column("reception_id", Integer, primary_key=True),
    Column("recorded_to", DateTime(timezone=True), primary_key=True),
    Column("is_deletion", Boolean, nullable=False),
    Column("was", JSONB, nullable=False),
)

return_visits = Table(
    "return_visits",
    metadata,
    Column("id", BigInteger, Identity()),
    Column("subject", Text, nullable=False),
    Column("home_county_id", Integer, nullable=False),
    Column("source_id", SmallInteger, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("registered_month", Date, nullable=False),
    Column("county_id", Integer, nullable=False),
    instant("visited_at", required=True),
    Column("is_valid", Boolean, nullable=False),
    Column("is_satisfied", Boolean),
    PrimaryKeyConstraint("home_county_id", "id"),
    CheckConstraint("not is_valid or is_satisfied is not null", name="valid_has_answer"),
    Index("ix_return_visits_visited_at", "visited_at", "county_id"),
)

# 调解协议: judicial confirmation (司法确认) and performance (履行), each on its own base.
agreements = Table(
    "agreements",
    metadata,
    *_key_columns(),
    Column("county_id", Integer, nullable=False),
    Column("method", Text),
    instant("signed_at", required=True),
    # 可申请司法确认
    Column("is_confirmable", Boolean, nullable=False),
    instant("confirmed_at"),
    instant("performance_due_at"),
    instant("performed_at"),
    Index("ix_agreements_signed_at", "signed_at", "county_id"),
    Index("ix_agreements_performance_due_at", "performance_due_at", "county_id"),
)
