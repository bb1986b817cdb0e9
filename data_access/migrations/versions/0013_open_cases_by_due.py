"""Open incidents by their limit: the longest overdue of many counties are the first of an index."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index ix_incidents_overdue on incidents (due_at, county_id) where closed_at is null"
    )


def downgrade() -> None:
    op.drop_index("ix_incidents_overdue", table_name="incidents")
