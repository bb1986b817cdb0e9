"""The governance database: tables, monthly partitions, roles.

A frozen record: later changes of `data_access.schema` come as migrations of their own. Triggers
are compiled from the dictionary and installed by `data_access.live_schema` after the migrations.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


PARTITIONED = ("incidents", "disputes", "steps", "case_versions")

# A month whose rows already lie in the default partition stays there.
# As its owner, since months come while the app runs, whose role may not create tables.
ENSURE_MONTH = """
create function cockpit_ensure_month(month date) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  parent text;
  part text;
  occupied boolean;
begin
  foreach parent in array array['incidents', 'disputes', 'steps', 'case_versions'] loop
    part := parent || '_' || to_char(month, 'YYYYMM');
    if to_regclass(part) is null then
      execute format(
        'select exists (select 1 from %I where registered_month = %L)',
        parent || '_default', month
      ) into occupied;
      if not occupied then
        execute format(
          'create table %I partition of %I for values from (%L) to (%L)',
          part, parent, month, (month + interval '1 month')::date
        );
      end if;
    end if;
  end loop;
end $$"""

# Roles belong to the server, not to the database: another database may have made them, now or
# at this very moment. They have no password; a server that asks for one lets nobody in as them
# until the operator sets it.
ROLES = ("cockpit_owner", "cockpit_app", "cockpit_reader")
CREATE_ROLE = """
do $$ begin
  if not exists (select 1 from pg_roles where rolname = '{role}') then
    create role {role} login nosuperuser nocreatedb nocreaterole nobypassrls;
  end if;
exception when duplicate_object or unique_violation then null;
end $$"""
GRANTS = (
    "grant usage on schema public to cockpit_owner, cockpit_app, cockpit_reader",
    "grant create on schema public to cockpit_owner",
    "grant all on all tables in schema public to cockpit_owner",
    "grant select, insert, update, delete on all tables in schema public to cockpit_app",
    "grant usage on all sequences in schema public to cockpit_app",
    "grant select on all tables in schema public to cockpit_reader",
    "revoke execute on function cockpit_ensure_month(date) from public",
    "grant execute on function cockpit_ensure_month(date) to cockpit_owner, cockpit_app",
    "alter default privileges in schema public"
    " grant select, insert, update, delete on tables to cockpit_app",
    "alter default privileges in schema public grant select on tables to cockpit_reader",
)


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("home_county_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("registered_month", sa.Date(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_confirmable", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("performance_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("performed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "home_county_id", "source_id", "case_no", "registered_month", name=op.f("pk_agreements")
        ),
    )
    op.create_index(
        "ix_agreements_performance_due_at",
        "agreements",
        ["performance_due_at", "county_id"],
        unique=False,
    )
    op.create_index(
        "ix_agreements_signed_at", "agreements", ["signed_at", "county_id"], unique=False
    )
    op.create_table(
        "case_doubts",
        sa.Column("home_county_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("registered_month", sa.Date(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "home_county_id",
            "source_id",
            "case_no",
            "registered_month",
            "check_name",
            name=op.f("pk_case_doubts"),
        ),
    )
    op.create_table(
        "case_versions",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("home_county_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("registered_month", sa.Date(), nullable=False),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_deletion", sa.Boolean(), nullable=False),
        sa.Column("was", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint(
            "subject",
            "home_county_id",
            "source_id",
            "case_no",
            "registered_month",
            "recorded_to",
            name=op.f("pk_case_versions"),
        ),
        postgresql_partition_by="RANGE (registered_month)",
    )
    op.create_table(
        "code_lists",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_code_lists")),
    )
    op.create_table(
        "database_facts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_database_facts")),
    )
    op.create_table(
        "disputes",
        sa.Column("home_county_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("registered_month", sa.Date(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("is_sectoral", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=True),
        sa.Column("mediation_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mediation_ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_successful", sa.Boolean(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("town_id", sa.Integer(), nullable=True),
        sa.Column("holder_id", sa.Integer(), nullable=True),
        sa.Column("class_code", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handling_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("feedback_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("red_card_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("extension_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("joint_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("resolved_level", sa.Text(), nullable=True),
        sa.Column("is_satisfied", sa.Boolean(), nullable=True),
        sa.Column("has_doubtful_times", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_sensitive", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("is_recorded_presumed", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "method in ('people', 'administrative', 'judicial', 'other')",
            name=op.f("ck_disputes_method"),
        ),
        sa.CheckConstraint(
            "resolved_level in ('village', 'town', 'county')",
            name=op.f("ck_disputes_resolved_level"),
        ),
        sa.CheckConstraint(
            "extract(day from registered_month) = 1", name=op.f("ck_disputes_registered_month")
        ),
        sa.CheckConstraint(
            "is_successful is null or mediation_ended_at is not null",
            name=op.f("ck_disputes_outcome_after_end"),
        ),
        sa.PrimaryKeyConstraint(
            "home_county_id", "source_id", "case_no", "registered_month", name=op.f("pk_disputes")
        ),
        postgresql_partition_by="RANGE (registered_month)",
    )
    op.create_index("ix_disputes_accepted_at", "disputes", ["accepted_at"], unique=False)
    op.create_index("ix_disputes_closed_at", "disputes", ["closed_at"], unique=False)
    op.create_index(
        "ix_disputes_county_id_registered_at",
        "disputes",
        ["county_id", "registered_at"],
        unique=False,
    )
    op.create_index("ix_disputes_due_at", "disputes", ["due_at"], unique=False)
    op.create_index(
        "ix_disputes_mediation_ended_at", "disputes", ["mediation_ended_at"], unique=False
    )
    op.create_index(
        "ix_disputes_open",
        "disputes",
        ["county_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index("ix_disputes_registered_at", "disputes", ["registered_at"], unique=False)
    op.create_table(
        "geometry_sets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("datum", sa.Text(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("approval_number", sa.Text(), nullable=True),
        sa.Column("approved_checksum", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "datum in ('WGS-84','CGCS2000','GCJ-02','BD-09')", name=op.f("ck_geometry_sets_datum")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_geometry_sets")),
        sa.UniqueConstraint("checksum", name=op.f("uq_geometry_sets_checksum")),
    )
    op.create_table(
        "import_batches",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("mapping_sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("staged_through_line", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows_read", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows_accepted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows_rejected", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows_doubtful", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batches")),
    )
    op.create_table(
        "import_findings",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("is_rejection", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", "line", "check_name", name=op.f("pk_import_findings")),
    )
    op.create_table(
        "incidents",
        sa.Column("home_county_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("registered_month", sa.Date(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("is_emergency", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("location_quality", sa.Text(), server_default="none", nullable=False),
        sa.Column("cell_x", sa.SmallInteger(), nullable=True),
        sa.Column("cell_y", sa.SmallInteger(), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("town_id", sa.Integer(), nullable=True),
        sa.Column("holder_id", sa.Integer(), nullable=True),
        sa.Column("class_code", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handling_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("feedback_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("red_card_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("extension_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("joint_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("resolved_level", sa.Text(), nullable=True),
        sa.Column("is_satisfied", sa.Boolean(), nullable=True),
        sa.Column("has_doubtful_times", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_sensitive", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("is_recorded_presumed", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "category in ('service', 'hazard', 'opinion', 'policy', 'dispute', 'other')",
            name=op.f("ck_incidents_category"),
        ),
        sa.CheckConstraint(
            "location_quality in ('point','default','outside','none')",
            name=op.f("ck_incidents_location_quality"),
        ),
        sa.CheckConstraint(
            "resolved_level in ('village', 'town', 'county')",
            name=op.f("ck_incidents_resolved_level"),
        ),
        sa.CheckConstraint(
            "extract(day from registered_month) = 1", name=op.f("ck_incidents_registered_month")
        ),
        sa.PrimaryKeyConstraint(
            "home_county_id", "source_id", "case_no", "registered_month", name=op.f("pk_incidents")
        ),
        postgresql_partition_by="RANGE (registered_month)",
    )
    op.create_index(
        "ix_incidents_closed_at_county_id", "incidents", ["closed_at", "county_id"], unique=False
    )
    op.create_index(
        "ix_incidents_county_id_registered_at",
        "incidents",
        ["county_id", "registered_at"],
        unique=False,
    )
    op.create_index(
        "ix_incidents_dispatched_at",
        "incidents",
        ["dispatched_at"],
        unique=False,
    )
    op.create_index("ix_incidents_due_at", "incidents", ["due_at"], unique=False)
    op.create_index(
        "ix_incidents_open",
        "incidents",
        ["county_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index("ix_incidents_recorded_at", "incidents", ["recorded_at"], unique=False)
    op.create_index(
        "ix_incidents_red_card_at",
        "incidents",
        ["red_card_at"],
        unique=False,
    )
    op.create_index("ix_incidents_registered_at", "incidents", ["registered_at"], unique=False)
    op.create_index(
        "ix_incidents_sign_due_at",
        "incidents",
        ["sign_due_at"],
        unique=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column(
            "committed_hint_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "ranking_groups",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_ranking_groups")),
    )
    op.create_table(
        "receptions",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people", sa.SmallInteger(), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        sa.CheckConstraint("people > 0", name=op.f("ck_receptions_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receptions")),
    )
    op.create_index(
        "ix_receptions_received_at", "receptions", ["received_at", "county_id"], unique=False
    )
    op.create_table(
        "regions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("is_administrative", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("city_id", sa.Integer(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=True),
        sa.Column("town_id", sa.Integer(), nullable=True),
        sa.Column("sort_order", sa.Integer(), server_default="0", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("centre_lon", sa.Double(), nullable=True),
        sa.Column("centre_lat", sa.Double(), nullable=True),
        sa.Column("area_km2", sa.Double(), nullable=True),
        sa.Column("is_illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "level in ('province', 'city', 'county', 'town', 'village', 'grid')",
            name=op.f("ck_regions_level"),
        ),
        sa.CheckConstraint(
            "valid_to is null or valid_to > valid_from", name=op.f("ck_regions_validity")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["regions.id"], name=op.f("fk_regions_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_regions_code_valid_from")),
    )
    op.create_index("ix_regions_county_id_level", "regions", ["county_id", "level"], unique=False)
    op.create_index("ix_regions_parent_id", "regions", ["parent_id"], unique=False)
    op.create_table(
        "return_visits",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("home_county_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("registered_month", sa.Date(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_valid", sa.Boolean(), nullable=False),
        sa.Column("is_satisfied", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "not is_valid or is_satisfied is not null",
            name=op.f("ck_return_visits_valid_has_answer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_visits")),
    )
    op.create_index(
        "ix_return_visits_visited_at", "return_visits", ["visited_at", "county_id"], unique=False
    )
    op.create_table(
        "rollup_deltas",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollup_deltas")),
    )
    op.create_index("ix_rollup_deltas_county_id", "rollup_deltas", ["county_id"], unique=False)
    op.create_table(
        "rollups",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("region_id", "day", name=op.f("pk_rollups")),
    )
    op.create_table(
        "screen_requests",
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column(
            "wanted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("view", name=op.f("pk_screen_requests")),
    )
    op.create_table(
        "snapshots",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("compute_ms", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_snapshots")),
    )
    op.create_index("ix_snapshots_view_number", "snapshots", ["view", "number"], unique=False)
    op.create_table(
        "sources",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cycle_seconds", sa.Integer(), nullable=False),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_row_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_live", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("key", name=op.f("uq_sources_key")),
    )
    op.create_table(
        "steps",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("home_county_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("registered_month", sa.Date(), nullable=False),
        sa.Column("step_no", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "step in ('registered', 'accepted', 'dispatched', 'signed', 'handling', 'feedback', 'closed', 'visited', 'archived', 'returned', 'extended', 'joint', 'escalated')",
            name=op.f("ck_steps_step"),
        ),
        sa.CheckConstraint("subject in ('incident','dispute')", name=op.f("ck_steps_subject")),
        sa.PrimaryKeyConstraint(
            "subject",
            "home_county_id",
            "source_id",
            "case_no",
            "registered_month",
            "step_no",
            name=op.f("pk_steps"),
        ),
        postgresql_partition_by="RANGE (registered_month)",
    )
    op.create_table(
        "work_calendar",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("workday_no", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("is_presumed", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_work_calendar")),
    )
    op.create_table(
        "code_mappings",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("list_key", sa.Text(), nullable=False),
        sa.Column("source_value", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_key"], ["code_lists.key"], name=op.f("fk_code_mappings_list_key")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_code_mappings_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_mappings")),
    )
    op.create_table(
        "codes",
        sa.Column("list_key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("is_sensitive", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("sort_order", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["list_key"], ["code_lists.key"], name=op.f("fk_codes_list_key")),
        sa.PrimaryKeyConstraint("list_key", "code", name=op.f("pk_codes")),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_organisations_region_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("code", name=op.f("uq_organisations_code")),
    )
    op.create_table(
        "patrols",
        sa.Column("town_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["town_id"], ["regions.id"], name=op.f("fk_patrols_town_id")),
        sa.PrimaryKeyConstraint("town_id", "day", name=op.f("pk_patrols")),
    )
    op.create_index("ix_patrols_day_county_id", "patrols", ["day", "county_id"], unique=False)
    op.create_table(
        "population",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("residents", sa.Integer(), nullable=False),
        sa.Column("registered_floating", sa.Integer(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_population_region_id")
        ),
        sa.PrimaryKeyConstraint("region_id", "counted_on", name=op.f("pk_population")),
    )
    op.create_table(
        "region_geometries",
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=True),
        sa.Column("outline", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_region_geometries_region_id")
        ),
        sa.ForeignKeyConstraint(
            ["set_id"], ["geometry_sets.id"], name=op.f("fk_region_geometries_set_id")
        ),
        sa.PrimaryKeyConstraint("set_id", "region_id", name=op.f("pk_region_geometries")),
    )
    op.create_index(
        "ix_region_geometries_county_id_level",
        "region_geometries",
        ["county_id", "level"],
        unique=False,
    )
    op.create_table(
        "region_lineage",
        sa.Column("predecessor_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind in ('renamed','recoded','merged','split','moved')",
            name=op.f("ck_region_lineage_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["regions.id"], name=op.f("fk_region_lineage_predecessor_id")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["regions.id"], name=op.f("fk_region_lineage_successor_id")
        ),
        sa.PrimaryKeyConstraint(
            "predecessor_id", "successor_id", "effective_on", name=op.f("pk_region_lineage")
        ),
    )
    op.create_table(
        "region_ranking_groups",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_code"],
            ["ranking_groups.code"],
            name=op.f("fk_region_ranking_groups_group_code"),
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_region_ranking_groups_region_id")
        ),
        sa.PrimaryKeyConstraint(
            "region_id", "group_code", "valid_from", name=op.f("pk_region_ranking_groups")
        ),
    )
    op.create_table(
        "reported_values",
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("numerator", sa.Double(), nullable=True),
        sa.Column("denominator", sa.Double(), nullable=True),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_reported_values_region_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_reported_values_source_id")
        ),
        sa.PrimaryKeyConstraint(
            "indicator",
            "region_id",
            "period_start",
            "period_end",
            "recorded_at",
            name=op.f("pk_reported_values"),
        ),
    )
    op.create_table(
        "staffing",
        sa.Column("town_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("online", sa.Integer(), nullable=False),
        sa.Column("reporting", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "online <= staff and reporting <= staff", name=op.f("ck_staffing_within_staff")
        ),
        sa.ForeignKeyConstraint(["town_id"], ["regions.id"], name=op.f("fk_staffing_town_id")),
        sa.PrimaryKeyConstraint("town_id", "day", name=op.f("pk_staffing")),
    )
    op.create_index("ix_staffing_day_county_id", "staffing", ["day", "county_id"], unique=False)
    op.create_table(
        "targets",
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_targets_region_id")),
        sa.PrimaryKeyConstraint("indicator", "region_id", "valid_from", name=op.f("pk_targets")),
    )
    for table in PARTITIONED:
        op.execute(f"create table {table}_default partition of {table} default")
    op.execute(ENSURE_MONTH)
    for role in ROLES:
        op.execute(CREATE_ROLE.format(role=role))
    for statement in GRANTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop function cockpit_ensure_month(date)")
    op.drop_table("targets")
    op.drop_index("ix_staffing_day_county_id", table_name="staffing")
    op.drop_table("staffing")
    op.drop_table("reported_values")
    op.drop_table("region_ranking_groups")
    op.drop_table("region_lineage")
    op.drop_index("ix_region_geometries_county_id_level", table_name="region_geometries")
    op.drop_table("region_geometries")
    op.drop_table("population")
    op.drop_index("ix_patrols_day_county_id", table_name="patrols")
    op.drop_table("patrols")
    op.drop_table("organisations")
    op.drop_table("codes")
    op.drop_table("code_mappings")
    op.drop_table("work_calendar")
    op.drop_table("steps")
    op.drop_table("sources")
    op.drop_index("ix_snapshots_view_number", table_name="snapshots")
    op.drop_table("snapshots")
    op.drop_table("screen_requests")
    op.drop_table("rollups")
    op.drop_index("ix_rollup_deltas_county_id", table_name="rollup_deltas")
    op.drop_table("rollup_deltas")
    op.drop_index("ix_return_visits_visited_at", table_name="return_visits")
    op.drop_table("return_visits")
    op.drop_index("ix_regions_parent_id", table_name="regions")
    op.drop_index("ix_regions_county_id_level", table_name="regions")
    op.drop_table("regions")
    op.drop_index("ix_receptions_received_at", table_name="receptions")
    op.drop_table("receptions")
    op.drop_table("ranking_groups")
    op.drop_table("outbox")
    op.drop_index(
        "ix_incidents_sign_due_at",
        table_name="incidents",
    )
    op.drop_index("ix_incidents_registered_at", table_name="incidents")
    op.drop_index(
        "ix_incidents_red_card_at",
        table_name="incidents",
    )
    op.drop_index("ix_incidents_recorded_at", table_name="incidents")
    op.drop_index(
        "ix_incidents_open", table_name="incidents", postgresql_where=sa.text("closed_at is null")
    )
    op.drop_index("ix_incidents_due_at", table_name="incidents")
    op.drop_index(
        "ix_incidents_dispatched_at",
        table_name="incidents",
    )
    op.drop_index("ix_incidents_county_id_registered_at", table_name="incidents")
    op.drop_index("ix_incidents_closed_at_county_id", table_name="incidents")
    op.drop_table("incidents")
    op.drop_table("import_findings")
    op.drop_table("import_batches")
    op.drop_table("geometry_sets")
    op.drop_index("ix_disputes_registered_at", table_name="disputes")
    op.drop_index(
        "ix_disputes_open", table_name="disputes", postgresql_where=sa.text("closed_at is null")
    )
    op.drop_index("ix_disputes_mediation_ended_at", table_name="disputes")
    op.drop_index("ix_disputes_due_at", table_name="disputes")
    op.drop_index("ix_disputes_county_id_registered_at", table_name="disputes")
    op.drop_index("ix_disputes_closed_at", table_name="disputes")
    op.drop_index("ix_disputes_accepted_at", table_name="disputes")
    op.drop_table("disputes")
    op.drop_table("database_facts")
    op.drop_table("code_lists")
    op.drop_table("case_versions")
    op.drop_table("case_doubts")
    op.drop_index("ix_agreements_signed_at", table_name="agreements")
    op.drop_index("ix_agreements_performance_due_at", table_name="agreements")
    op.drop_table("agreements")
