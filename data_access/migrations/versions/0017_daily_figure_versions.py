"""What figures of a day that is over were before a correction or deletion."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "daily_figure_versions",
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("town_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("recorded_to", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("is_deletion", sa.Boolean(), nullable=False),
        sa.Column("was", postgresql.JSONB(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("daily_figure_versions")
