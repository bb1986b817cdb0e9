"""Rows that their source took back: which they are, and removing them.

Of a case the delete trigger keeps the version; its steps stay, as they did happen, and are its own
when it comes again (`imports.publishing`).
"""

from collections.abc import Mapping, Set
from datetime import datetime

from sqlalchemy import Connection, text

from dashboard.errors import SourceUnavailable
from data_access.imports.batches import Batch

# Kind -> column of the number that the source gives a row, and of the time it is of.
KEYS: Mapping[str, tuple[str, str]] = {
    "incidents": ("case_no", "registered_at"),
    "disputes": ("case_no", "registered_at"),
    "receptions": ("reception_no", "received_at"),
}
CASES = ("incidents", "disputes")
# So few may always go.
FEW = 10


def known_keys(connection: Connection, kind: str, source_key: str, since: datetime) -> set[str]:
    """Our keys of the source's rows since a moment."""
    key, at = KEYS[kind]
    rows = connection.execute(
        text(
            f"select t.{key} from {kind} t join sources s on s.id = t.source_id"
            f" where s.key = :source and t.{at} >= :since"
        ),
        {"source": source_key, "since": since},
    )
    return set(rows.scalars())


def missing(ours: Set[str], theirs: Set[str], most: float) -> set[str]:
    """Our keys that the source no longer has.

    Raises:
        SourceUnavailable: they are more than the share `most` of ours; none is to be deleted.
    """
    gone = set(ours - theirs)
    if len(gone) > max(FEW, most * len(ours)):
        raise SourceUnavailable(
            f"来源的 keys 查询缺少 {len(gone):,} 个已入库的编号（共 {len(ours):,} 个），"
            f"多于 keys.most 允许的 {most:.0%}，"
            "未删除任何行。请核对来源；确应删除时调大 keys.most。"
        )
    return gone


def delete(connection: Connection, batch: Batch, kind: str, gone: Set[str]) -> int:
    """Delete rows by their keys, but for those that the batch brings; returns their number."""
    if not gone:
        return 0
    key, _ = KEYS[kind]
    which = (
        f"t.source_id = :source and t.{key} = any(:gone)"
        f" and not exists (select from {batch.table} s where s.{key} = t.{key})"
    )
    bound = {"source": batch.source_id, "gone": sorted(gone)}
    if kind in CASES:
        connection.execute(text(f"delete from case_doubts t where {which}"), bound)
    return connection.execute(text(f"delete from {kind} t where {which}"), bound).rowcount
