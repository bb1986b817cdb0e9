"""The index on the registration time knows the county, as that on the closing time does.

Many counties' cases of a short span were looked up county by county in every month's partition:
22 ms of a province's live figures.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("incidents", "disputes")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(
            f"ix_{table}_registered_at_county_id", table, ["registered_at", "county_id"]
        )
        op.drop_index(f"ix_{table}_registered_at", table_name=table)


def downgrade() -> None:
    for table in TABLES:
        op.create_index(f"ix_{table}_registered_at", table, ["registered_at"])
        op.drop_index(f"ix_{table}_registered_at_county_id", table_name=table)
