"""Cases that stay in the database whatever their age: what a document rests upon."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_holds",
        sa.Column("hold", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("home_county_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("registered_month", sa.Date(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.PrimaryKeyConstraint(
            *("hold", "subject", "case_no", "source_id", "home_county_id", "registered_month"),
            name=op.f("pk_case_holds"),
        ),
    )


def downgrade() -> None:
    op.drop_table("case_holds")
