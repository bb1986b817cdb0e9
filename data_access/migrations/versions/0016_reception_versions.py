"""What receptions were before a correction or deletion, as cases have it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reception_versions",
        sa.Column("reception_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("is_deletion", sa.Boolean(), nullable=False),
        sa.Column("was", postgresql.JSONB(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("reception_versions")
