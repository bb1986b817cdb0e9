"""Coordinates that too many rows of a source shared: later, smaller deliveries know them by it.

Of cases that are there, the share is that of all of their source; of few, it tells nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "default_coordinates",
        sa.Column("source_id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("lon", sa.Double(), primary_key=True, autoincrement=False),
        sa.Column("lat", sa.Double(), primary_key=True, autoincrement=False),
        sa.Column("share", sa.Double(), nullable=False),
    )
    op.execute(
        "insert into default_coordinates"
        " select source_id, lon, lat, count(*)::float8 / cases from incidents"
        " join (select source_id, count(*) as cases from incidents group by source_id) s"
        "   using (source_id)"
        " where location_quality = 'default' and lon is not null and lat is not null"
        "   and cases >= 200"
        " group by source_id, lon, lat, cases having count(*) > 10"
    )


def downgrade() -> None:
    op.drop_table("default_coordinates")
