"""Months whose roll-ups were compared with the rows, by checksum."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealed_months",
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column(
            "sealed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
    )


def downgrade() -> None:
    op.drop_table("sealed_months")
