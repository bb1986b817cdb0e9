"""Monthly forms that were handed in, and which of them a reported value came from.

The unit that reports is a department of a region; no person is kept.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_submissions",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("layout_version", sa.SmallInteger(), nullable=False),
        sa.Column("layout_sha256", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("values_written", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_form_submissions_region_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_submissions")),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_form_submissions_file_sha256")),
    )
    op.add_column("reported_values", sa.Column("submission_id", sa.Integer()))
    op.create_foreign_key(
        op.f("fk_reported_values_submission_id"),
        "reported_values",
        "form_submissions",
        ["submission_id"],
        ["id"],
    )


def downgrade() -> None:
    op.drop_constraint("fk_reported_values_submission_id", "reported_values", type_="foreignkey")
    op.drop_column("reported_values", "submission_id")
    op.drop_table("form_submissions")
