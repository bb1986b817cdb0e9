"""Open cases by the time they came into their step: lists of a county are ordered by it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STEP_AT = (
    "greatest(registered_at, accepted_at, dispatched_at, signed_at, handling_at,"
    " feedback_at, visited_at, archived_at, returned_at)"
)


def upgrade() -> None:
    op.execute(
        f"create index ix_incidents_step_at on incidents (county_id, ({STEP_AT}))"
        " where closed_at is null"
    )


def downgrade() -> None:
    op.drop_index("ix_incidents_step_at", table_name="incidents")
