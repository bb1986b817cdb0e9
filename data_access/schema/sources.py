"""Where rows come from, and the code lists that give their values a meaning."""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Identity,
    Integer,
    SmallInteger,
    Table,
    Text,
)

from data_access.schema.base import instant, metadata

sources = Table(
    "sources",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    # What it delivers: incidents, disputes, reported figures ...
    Column("kind", Text, nullable=False),
    # Seconds between two contacts when all is well; late and stale are counted in cycles.
    Column("cycle_seconds", Integer, nullable=False),
    # The heartbeat: last successful contact, whether or not it brought rows. Of a source that is
    # polled the newest of all kinds; each kind's own stands in sync_contacts.
    instant("last_contact_at"),
    instant("last_row_at"),
    instant("last_error_at"),
    Column("last_error", Text),
    Column("is_demo", Boolean, nullable=False, server_default="false"),
    # False for a file imported once: its age is shown, but it can't be late.
    Column("is_live", Boolean, nullable=False, server_default="true"),
)

# Coordinates that are no places, as too many rows of one delivery shared them: a poll of some
# minutes is too small to tell them by their share.
default_coordinates = Table(
    "default_coordinates",
    metadata,
    Column("source_id", SmallInteger, primary_key=True),
    Column("lon", Double, primary_key=True),
    Column("lat", Double, primary_key=True),
    # The largest of a delivery's rows; a mapping that allows more takes them for places again.
    Column("share", Double, nullable=False),
)

code_lists = Table(
    "code_lists",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("origin", Text, nullable=False),
)

codes = Table(
    "codes",
    metadata,
    Column("list_key", Text, ForeignKey("code_lists.key"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("parent_code", Text),
    Column("label", Text, nullable=False),
    # Main category (大类) the class counts in: see dashboard.indicators.CATEGORIES.
    Column("category", Text),
    # 涉法涉诉, 涉组织涉纪检, 涉民族宗教, 群体性, 信访: no map below county, no ticker, no ranking.
    Column("is_sensitive", Boolean, nullable=False, server_default="false"),
    Column("sort_order", Integer, nullable=False, server_default="0"),
)

code_mappings = Table(
    "code_mappings",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("source_id", SmallInteger, ForeignKey("sources.id"), nullable=False),
    Column("list_key", Text, ForeignKey("code_lists.key"), nullable=False),
    Column("source_value", Text, nullable=False),
    Column("code", Text, nullable=False),
)
