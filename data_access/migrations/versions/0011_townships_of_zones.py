"""Which townships a zone (功能区) manages; deltas of roll-ups tell the township."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SUMS = ("rollup_deltas", "rollup_archive")


def upgrade() -> None:
    op.create_table(
        "zone_towns",
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column("town_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "valid_to is null or valid_to > valid_from", name=op.f("ck_zone_towns_validity")
        ),
        sa.CheckConstraint("zone_id <> town_id", name=op.f("ck_zone_towns_two_regions")),
        sa.ForeignKeyConstraint(["zone_id"], ["regions.id"], name=op.f("fk_zone_towns_zone_id")),
        sa.ForeignKeyConstraint(["town_id"], ["regions.id"], name=op.f("fk_zone_towns_town_id")),
        sa.PrimaryKeyConstraint("zone_id", "town_id", "valid_from", name=op.f("pk_zone_towns")),
    )
    op.create_index(
        "uq_zone_towns_town_id",
        "zone_towns",
        ["town_id"],
        unique=True,
        postgresql_where=sa.text("valid_to is null"),
    )
    for table in SUMS:
        op.add_column(table, sa.Column("town_id", sa.Integer()))


def downgrade() -> None:
    for table in SUMS:
        op.drop_column(table, "town_id")
    op.drop_table("zone_towns")
