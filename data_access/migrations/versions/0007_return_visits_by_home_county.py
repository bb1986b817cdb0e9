"""A return visit's key begins with the home county, as that of its case does.

Every unique key of a distributed table has to contain the column it is distributed by, and numbers
that several nodes give out need eight bytes (docs/scale.md).
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("pk_return_visits", "return_visits")
    op.alter_column("return_visits", "id", type_=sa.BigInteger(), existing_type=sa.Integer())
    op.create_primary_key("pk_return_visits", "return_visits", ["home_county_id", "id"])


def downgrade() -> None:
    op.drop_constraint("pk_return_visits", "return_visits")
    op.alter_column("return_visits", "id", type_=sa.Integer(), existing_type=sa.BigInteger())
    op.create_primary_key("pk_return_visits", "return_visits", ["id"])
