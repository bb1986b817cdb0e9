"""Months whose closed cases were archived, and the refusal of new cases in them.

The triggers that call the function are made by the archiving itself, which knows the month.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Called with the name of the table that has the cases, since the trigger fires on its partitions.
# A case that stayed may still be written (an upsert is an insert first); an archived one that came
# again would be counted twice.
REFUSE_ARCHIVED = """
create function refuse_archived_case() returns trigger language plpgsql
set search_path = public, pg_temp as $$
declare
  cases text := tg_argv[0];
  stayed boolean;
begin
  if cases = 'steps' then
    cases := case new.subject when 'dispute' then 'disputes' else 'incidents' end;
  end if;
  execute format(
    'select exists (select 1 from %I where home_county_id = $1 and source_id = $2'
    ' and case_no = $3 and registered_month = $4)', cases
  ) into stayed using new.home_county_id, new.source_id, new.case_no, new.registered_month;
  if not stayed then
    raise exception '% 年 % 月的案件已归档，不能再写入案件 %',
      extract(year from new.registered_month), extract(month from new.registered_month), new.case_no
      using errcode = 'check_violation', table = cases, constraint = 'refuse_archived_case';
  end if;
  return new;
end $$"""


def upgrade() -> None:
    op.create_table(
        "archived_months",
        sa.Column("registered_month", sa.Date(), nullable=False),
        sa.Column("before", sa.Date(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), server_default=sa.text("now()")),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("registered_month", "before", name=op.f("pk_archived_months")),
    )
    op.execute(REFUSE_ARCHIVED)


def downgrade() -> None:
    op.execute("drop function refuse_archived_case() cascade")
    op.drop_table("archived_months")
