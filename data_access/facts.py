"""Facts of a database: zone, product name, whether the data are invented … One JSON value a key."""

from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from data_access.schema import database_facts

DEFAULT_ZONE = "Asia/Shanghai"


def read(connection: Connection, key: str) -> Any:
    """The fact's value, None when it was never written."""
    return connection.scalar(select(database_facts.c.value).where(database_facts.c.key == key))


def zone_of(connection: Connection) -> str:
    """The database's zone, an IANA name."""
    return str(read(connection, "zone") or DEFAULT_ZONE)


def is_demo(connection: Connection) -> bool:
    """Whether the database holds invented data."""
    return bool(read(connection, "is_demo"))


def read_all(connection: Connection) -> dict[str, Any]:
    """All facts by key."""
    return {row.key: row.value for row in connection.execute(select(database_facts))}


def write(connection: Connection, key: str, value: Any) -> None:
    """Set a fact."""
    statement = insert(database_facts).values(key=key, value=value)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["key"], set_={"value": statement.excluded.value}
        )
    )
