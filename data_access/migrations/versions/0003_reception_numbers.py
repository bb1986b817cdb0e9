"""A reception (接待) keeps the number that its source gives it.

Without one, a file of receptions that is handed over again could not be told from new ones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("receptions", sa.Column("reception_no", sa.Text()))
    op.create_index(
        "uq_receptions_reception_no",
        "receptions",
        ["county_id", "source_id", "reception_no"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_index("uq_receptions_reception_no", table_name="receptions")
    op.drop_column("receptions", "reception_no")
