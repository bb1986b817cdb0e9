"""Roll-ups by month and quarter of an hour, over places and durations, and of archived cases.

At a province's real volume the part of today and a year of days took longer to add up than a
screen may wait; heat and medians were read from the rows. Deltas have a column a measure now.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SUMS = ("rollup_months", "rollup_slots", "rollup_archive")
SPREADS = ("rollup_spreads", "spread_deltas")


def upgrade() -> None:
    _clear_deltas()
    op.drop_column("rollup_deltas", "measure")
    op.drop_column("rollup_deltas", "amount")
    op.add_column("rollup_deltas", sa.Column("slot", sa.DateTime(timezone=True)))
    op.create_table("rollup_months", *_key(region_id=sa.Integer(), month=sa.Date()))
    op.create_table("rollup_slots", *_key(region_id=sa.Integer(), slot=sa.DateTime(timezone=True)))
    op.create_table(
        "rollup_archive",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("registered_month", sa.Date(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "rollup_spreads",
        *_key(
            spread=sa.Text(), region_id=sa.Integer(), day=sa.Date(), x=sa.Integer(), y=sa.Integer()
        ),
        sa.Column("amount", sa.Integer(), nullable=False),
    )
    op.create_table(
        "spread_deltas",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("spread", sa.Text(), nullable=False),
        *(
            sa.Column(name, kind, nullable=False)
            for name, kind in (
                ("county_id", sa.Integer()),
                ("day", sa.Date()),
                ("x", sa.Integer()),
                ("y", sa.Integer()),
                ("amount", sa.Integer()),
            )
        ),
    )


def downgrade() -> None:
    for table in (*SPREADS, *SUMS):
        op.drop_table(table)
    _clear_deltas()
    op.drop_column("rollup_deltas", "slot")
    op.add_column("rollup_deltas", sa.Column("measure", sa.Text(), nullable=False))
    op.add_column("rollup_deltas", sa.Column("amount", sa.BigInteger(), nullable=False))


def _clear_deltas() -> None:
    """Their columns change; `migrate` counts the rows anew. The dictionary's columns go too."""
    op.execute("delete from rollup_deltas")
    columns = sa.inspect(op.get_bind()).get_columns("rollup_deltas")
    own = {"id", "county_id", "day", "slot", "measure", "amount"}
    for column in columns:
        if column["name"] not in own:
            op.drop_column("rollup_deltas", column["name"])


def _key(**columns: sa.types.TypeEngine[Any]) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, primary_key=True) for name, kind in columns.items()]
