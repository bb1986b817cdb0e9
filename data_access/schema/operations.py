"""What the cockpit keeps for itself: facts of the database, imports, feed, roll-ups, snapshots."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from data_access.schema.base import instant, metadata

# One row a fact: zone, product name, whether the data are invented, hash of the compiled flows ...
database_facts = Table(
    "database_facts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSONB, nullable=False),
)

import_batches = Table(
    "import_batches",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source_id", SmallInteger, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    Column("mapping_sha256", Text, nullable=False),
    # staging, staged, published
    Column("state", Text, nullable=False),
    Column("staged_through_line", BigInteger, nullable=False, server_default="0"),
    Column("rows_read", BigInteger, nullable=False, server_default="0"),
    Column("rows_accepted", BigInteger, nullable=False, server_default="0"),
    Column("rows_rejected", BigInteger, nullable=False, server_default="0"),
    Column("rows_doubtful", BigInteger, nullable=False, server_default="0"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    instant("published_at"),
    # Of a source that is polled: as many as minutes, so they expire.
    Column("is_poll", Boolean, nullable=False, server_default="false"),
)

# How far a source that is polled has been read: see `data_access.syncing`.
sync_watermarks = Table(
    "sync_watermarks",
    metadata,
    Column("source_key", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    # Of the question and the mapping: another question begins anew.
    Column("asked_sha256", Text, nullable=False),
    Column("watermark", Text, nullable=False),
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# When each kind of a source that is polled was heard, and how it failed since.
sync_contacts = Table(
    "sync_contacts",
    metadata,
    Column("source_key", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    instant("last_contact_at"),
    instant("last_error_at"),
    Column("last_error", Text),
    # In a row, since the last contact.
    Column("failures", Integer, nullable=False, server_default="0"),
)

# Why a row was rejected or is doubtful. `value` is masked where the check is about persons.
import_findings = Table(
    "import_findings",
    metadata,
    Column("batch_id", Integer, primary_key=True),
    Column("line", BigInteger, primary_key=True),
    Column("check_name", Text, primary_key=True),
    Column("column_name", Text, nullable=False),
    Column("is_rejection", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("value", Text),
)

# Accepted cases that carry a doubt, so that a screen can count what it left out.
case_doubts = Table(
    "case_doubts",
    metadata,
    Column("home_county_id", Integer, primary_key=True),
    Column("source_id", SmallInteger, primary_key=True),
    Column("case_no", Text, primary_key=True),
    Column("registered_month", Date, primary_key=True),
    Column("check_name", Text, primary_key=True),
)

# Months whose closed cases were archived: those registered in the month, all of whose times lie
# before the first day of `before`. `kept` cases of the month are still there.
archived_months = Table(
    "archived_months",
    metadata,
    Column("registered_month", Date, primary_key=True),
    Column("before", Date, primary_key=True),
    Column("archived_at", DateTime(timezone=True), server_default=func.now()),
    Column("cases", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("folder", Text, nullable=False),
)

# Cases that stay whatever their age: see `data_access.holds`. The case's key stands in it.
case_holds = Table(
    "case_holds",
    metadata,
    Column("hold", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("case_no", Text, primary_key=True),
    Column("source_id", SmallInteger, primary_key=True),
    Column("home_county_id", Integer, primary_key=True),
    Column("registered_month", Date, primary_key=True),
    Column("held_at", DateTime(timezone=True), server_default=func.now()),
)

# The feed: one row per statement and county that changed something. NOTIFY is only a hint.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("county_id", Integer, nullable=False),
    Column("committed_hint_at", DateTime(timezone=True), server_default=func.clock_timestamp()),
)

# Roll-ups (`data_access.rollups`). Their tables of sums have a column a measure, added by
# `ensure_columns`, because the dictionary of indicators is data, not schema.

# Appended by writers, folded into the others by one worker, read with them until then.
rollup_deltas = Table(
    "rollup_deltas",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("county_id", Integer, nullable=False),
    # Null where the case has none or its table tells none: then it counts in no zone.
    Column("town_id", Integer),
    Column("day", Date, nullable=False),
    # Null where slots are no longer kept.
    instant("slot"),
    Index("ix_rollup_deltas_county_id", "county_id"),
)

# One row a region (county and above, and 功能区) and local day.
rollups = Table(
    "rollups",
    metadata,
    Column("region_id", Integer, primary_key=True),
    Column("day", Date, primary_key=True),
)

# The days added up: the first day of the month stands for it.
rollup_months = Table(
    "rollup_months",
    metadata,
    Column("region_id", Integer, primary_key=True),
    Column("month", Date, primary_key=True),
)

# Quarters of an hour of the last months, for what is no whole day.
rollup_slots = Table(
    "rollup_slots",
    metadata,
    Column("region_id", Integer, primary_key=True),
    Column("slot", DateTime(timezone=True), primary_key=True),
)

# Months whose roll-ups were compared with the rows: see `data_access.rollups.sealing`.
sealed_months = Table(
    "sealed_months",
    metadata,
    Column("month", Date, primary_key=True),
    Column("checksum", Text, nullable=False),
    Column("sealed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# What cases that were archived add to the days, by the month they were registered in.
rollup_archive = Table(
    "rollup_archive",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("registered_month", Date, nullable=False),
    Column("county_id", Integer, nullable=False),
    # Of towns that a zone (功能区) had at the time; else null.
    Column("town_id", Integer),
    Column("day", Date, nullable=False),
    # Null where slots were no longer kept.
    instant("slot"),
)

# Numbers of cases by place or duration: see `data_access.rollups.spreads`.
rollup_spreads = Table(
    "rollup_spreads",
    metadata,
    Column("spread", Text, primary_key=True),
    Column("region_id", Integer, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("x", Integer, primary_key=True),
    Column("y", Integer, primary_key=True),
    Column("amount", Integer, nullable=False),
)

# Appended by writers, folded into `rollup_spreads`.
spread_deltas = Table(
    "spread_deltas",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("spread", Text, nullable=False),
    Column("county_id", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("x", Integer, nullable=False),
    Column("y", Integer, nullable=False),
    # Of a case that its class may hide; which classes do is asked when the delta is read.
    Column("class_code", Text),
    Column("amount", Integer, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("view", Text, nullable=False),
    instant("as_of", required=True),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("sha256", Text, nullable=False),
    Column("compute_ms", Integer, nullable=False),
    # Canonical JSON, gzip.
    Column("body", LargeBinary, nullable=False),
    Index("ix_snapshots_view_number", "view", "number"),
)

# Views that some screen is showing: the snapshotter computes these and no others.
screen_requests = Table(
    "screen_requests",
    metadata,
    Column("view", Text, primary_key=True),
    Column("wanted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
