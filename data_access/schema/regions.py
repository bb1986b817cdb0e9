"""Regions with identity, validity and lineage; zones; outlines; organisations; ranking groups."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from data_access.schema.base import metadata

LEVELS = ("province", "city", "county", "town", "village", "grid")

regions = Table(
    "regions",
    metadata,
    Column("id", Integer, primary_key=True),
    # 6 (GB/T 2260), 9, 12 or 15 digits; null for special zones (功能区), which have no such code.
    Column("code", Text),
    Column("name", Text, nullable=False),
    Column("short_name", Text, nullable=False),
    Column("pinyin", Text, nullable=False),
    Column("level", Text, nullable=False),
    # False for 功能区, whose cases also count in an administrative county.
    Column("is_administrative", Boolean, nullable=False, server_default="true"),
    Column("parent_id", Integer, ForeignKey("regions.id")),
    # Ancestors as they are today (现行区划); a region is its own ancestor at its level.
    Column("city_id", Integer),
    Column("county_id", Integer),
    Column("town_id", Integer),
    Column("sort_order", Integer, nullable=False, server_default="0"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("centre_lon", Double),
    Column("centre_lat", Double),
    Column("area_km2", Double),
    # True where the outline is invented by subdivision (示意).
    Column("is_illustrative", Boolean, nullable=False, server_default="false"),
    CheckConstraint(f"level in {LEVELS!r}", name="level"),
    CheckConstraint("valid_to is null or valid_to > valid_from", name="validity"),
    UniqueConstraint("code", "valid_from"),
    Index("ix_regions_parent_id", "parent_id"),
    Index("ix_regions_county_id_level", "county_id", "level"),
)

region_lineage = Table(
    "region_lineage",
    metadata,
    Column("predecessor_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("successor_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("effective_on", Date, primary_key=True),
    Column("kind", Text, nullable=False),
    CheckConstraint("kind in ('renamed','recoded','merged','split','moved')", name="kind"),
)

# 功能区: the whole townships that each manages. Their cases count in their county as well.
zone_towns = Table(
    "zone_towns",
    metadata,
    Column("zone_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("town_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    CheckConstraint("valid_to is null or valid_to > valid_from", name="validity"),
    CheckConstraint("zone_id <> town_id", name="two_regions"),
    # A township is managed by one zone at a time.
    Index(
        "uq_zone_towns_town_id",
        "town_id",
        unique=True,
        postgresql_where=text("valid_to is null"),
    ),
)

ranking_groups = Table(
    "ranking_groups",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sort_order", Integer, nullable=False),
)

region_ranking_groups = Table(
    "region_ranking_groups",
    metadata,
    Column("region_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("group_code", Text, ForeignKey("ranking_groups.code"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
)

# One set of lines, as examined: a 审图号 belongs to exactly these lines, hence to the checksum.
geometry_sets = Table(
    "geometry_sets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("datum", Text, nullable=False),
    Column("checksum", Text, nullable=False, unique=True),
    Column("approval_number", Text),
    Column("approved_checksum", Text),
    CheckConstraint("datum in ('WGS-84','CGCS2000','GCJ-02','BD-09')", name="datum"),
)

region_geometries = Table(
    "region_geometries",
    metadata,
    Column("set_id", Integer, ForeignKey("geometry_sets.id"), primary_key=True),
    Column("region_id", Integer, ForeignKey("regions.id"), primary_key=True),
    Column("level", Text, nullable=False),
    Column("county_id", Integer),
    # Well-known binary of a (multi)polygon in the set's datum: PostGIS is not assumed.
    Column("outline", LargeBinary, nullable=False),
    Index("ix_region_geometries_county_id_level", "county_id", "level"),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    # department (部门), centre (综治中心), committee (调委会), platform (平台), grid_team
    Column("kind", Text, nullable=False),
    Column("region_id", Integer, ForeignKey("regions.id"), nullable=False),
    Column("level", SmallInteger),
)
