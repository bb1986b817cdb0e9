"""Checksums of whole tables, for tests that say: nothing of this was changed, or all of it came.

Of the rows as JSON, so that neither their order nor that of the columns counts.
"""

from sqlalchemy import Connection, text

from data_access import schema

# What follows from the rows, or is only on its way: an upgrade may fold it or make it anew.
DERIVED = frozenset({"rollups", "rollup_deltas", "outbox", "snapshots", "screen_requests"})


def checksum(connection: Connection, table: str) -> tuple[int, str]:
    """How many rows a table has, and their checksum."""
    row = connection.execute(
        text(
            "select count(*), coalesce(md5(string_agg(h, '' order by h)), '')"
            f" from (select md5(to_jsonb(t)::text) as h from {table} t) hashed"
        )
    ).one()
    return int(row[0]), str(row[1])


def checksums(connection: Connection, *, apart_from: frozenset[str] = frozenset()) -> dict:
    """The checksum of every table of the schema, by name."""
    names = sorted(schema.metadata.tables.keys() - apart_from)
    return {name: checksum(connection, name) for name in names}
