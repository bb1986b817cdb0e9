"""Writing staged rows of a table kind: new ones inserted, differing ones updated, others untouched.

Only columns that the mapping states are compared or written.
"""

from sqlalchemy import Connection, text

from data_access.imports.batches import Batch
from data_access.imports.importing import Published
from data_access.imports.tables.fields import TableKind
from data_access.imports.tables.mapping import TableMapping

DUPLICATE = "duplicate_row"


def reject_duplicates(
    connection: Connection, batch: Batch, kind: TableKind, mapping: TableMapping
) -> None:
    """Of several rows with one key the first line counts; the others are rejected."""
    key = [name for name in kind.key if name in mapping.stated()]
    shown = " || ' ' || ".join(f"coalesce(s.{name}::text, '')" for name in key)
    same = " and ".join(f"s.{name} is not distinct from f.{name}" for name in key)
    titles = (mapping.columns.get(name, f"{kind.field(name).title}（常量）") for name in key)
    columns = ",".join(dict.fromkeys(titles))
    connection.execute(
        text(
            f"""
            with firsts as (
              select {", ".join(key)}, min(line) as line from {batch.table}
              group by {", ".join(key)} having count(*) > 1
            ), duplicates as (
              delete from {batch.table} s using firsts f where {same} and s.line > f.line
              returning s.line, {shown} as value, f.line as first_line
            )
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, line, :check, :columns, 1,
              '与第 ' || first_line || ' 行是同一行，以首次出现的为准', left(value, 200)
            from duplicates
            """
        ),
        {"batch": batch.id, "check": DUPLICATE, "columns": columns},
    )


def publish(
    connection: Connection, batch: Batch, kind: TableKind, mapping: TableMapping
) -> Published:
    """Publish within the caller's transaction; see `fields.TableKind` for derived columns."""
    stated = [kind.field(name) for name in mapping.stated()]
    columns = {
        field.target: f"coalesce(s.{field.name}, {field.if_empty})"
        for field in stated
        if field.column != ""
    }
    columns |= kind.derived
    if kind.has_source:
        columns["source_id"] = str(batch.source_id)
    keys = [kind.field(name).target for name in kind.key]
    keys += ["source_id"] if kind.has_source else []
    same = " and ".join(f"t.{key} = {columns[key]}" for key in keys)
    total = int(connection.scalar(text(f"select count(*) from {batch.table}")) or 0)
    updated = _update(connection, batch, kind, columns, keys, same)
    inserted = _insert(connection, batch, kind, columns, same)
    return Published(inserted, updated, total - inserted - updated)


def _update(
    connection: Connection,
    batch: Batch,
    kind: TableKind,
    columns: dict[str, str],
    keys: list[str],
    same: str,
) -> int:
    others = {name: value for name, value in columns.items() if name not in keys}
    if not others:
        return 0
    return connection.execute(
        text(
            f"""
            update {kind.table} t set {", ".join(f"{n} = {v}" for n, v in others.items())}
            from {batch.table} s
            where {same} and ({", ".join(f"t.{name}" for name in others)})
              is distinct from ({", ".join(others.values())})
            """
        )
    ).rowcount


def _insert(
    connection: Connection, batch: Batch, kind: TableKind, columns: dict[str, str], same: str
) -> int:
    written = columns | dict(kind.at_first)
    return connection.execute(
        text(
            f"""
            insert into {kind.table} ({", ".join(written)})
            select {", ".join(written.values())} from {batch.table} s
            where not exists (select from {kind.table} t where {same})
            order by s.line
            """
        )
    ).rowcount
