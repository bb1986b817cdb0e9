"""Lists behind the numbers of imports: refused and doubtful lines, and files or polls themselves.

Imported files belong to no region: who may not see all sees none of them.
"""

from typing import Any

from sqlalchemy import text

from dashboard import import_kinds
from dashboard.errors import UnknownAddress
from dashboard.quality_checks import INCIDENTS
from data_access.quality_imports import BATCH_COLUMNS, BATCHES, DELIVERED_AS, IN_SPAN, IS_KEPT
from data_access.quality_listing import Asked, Listing
from data_access.quality_window import window_of

_TITLES = {"rejected": "拒绝的行", "doubtful": "存疑的行"}
_BROUGHT = {"files": "文件", "polls": "轮询", "all": "文件和轮询"}
_KEPT_LINES = {
    "rejected": "having bool_or(f.is_rejection = 1)",
    "doubtful": "having not bool_or(f.is_rejection = 1)",
}


def findings(asked: Asked) -> Listing:
    """Lines of one file, or of all files or polls of the span."""
    address = asked.address
    _require_all(asked)
    about, batches, parameters = _one_batch(asked) if address.batch else _batches(asked)
    conditions = [batches]
    for name, column in (("check", "check_name"), ("column", "column_name")):
        value = getattr(address, name)
        if value is not None:
            conditions.append(f"f.{column} = :{name}")
            parameters[name] = value
    # A line met by several checks is one row, as it is one in the number of refused lines.
    lines = (
        "select f.batch_id, min(b.started_at) as started_at, f.line,"
        " string_agg(distinct nullif(f.column_name, ''), '、') as column_name,"
        " max(f.is_rejection) as is_rejection, string_agg(distinct f.reason, '；') as reason"
        " from import_findings f join import_batches b on b.id = f.batch_id"
        f" where {' and '.join(conditions)}"
        f" group by f.batch_id, f.line {_KEPT_LINES.get(address.result or '', '')}"
    )
    return Listing(
        title=_TITLES.get(address.result or "", "拒绝与存疑的行"),
        about=about,
        consequence="原来的值只在导入时的检查报告里，90天后删除",
        columns="l.batch_id, l.started_at, l.line, l.column_name, l.is_rejection, l.reason",
        rows=f"from ({lines}) l",
        order="l.batch_id desc, l.line",
        parameters=parameters,
    )


def batches(asked: Asked) -> Listing:
    """Files that were ever brought, or the polls of the span that brought rows."""
    _require_all(asked)
    about, condition, parameters = _batches(asked)
    if asked.address.imports == "files":
        about = "全部时间"
        condition = f"{IS_KEPT} and not b.is_poll and b.started_at <= :end"
        parameters = {"end": asked.as_of}
    return Listing(
        title=f"导入的{_BROUGHT[asked.address.imports or 'all']}",
        about=about,
        columns=BATCH_COLUMNS,
        rows=f"{BATCHES} where {condition}",
        order="b.id desc",
        parameters=parameters,
    )


def _one_batch(asked: Asked) -> tuple[str, str, dict[str, Any]]:
    """In words, as a condition on `b` and its parameters: the file asked for."""
    batch = asked.address.batch
    file_name = asked.connection.scalar(
        text("select file_name from import_batches where id = :id"), {"id": batch}
    )
    if file_name is None:
        raise UnknownAddress(f"没有第 {batch} 批导入。")
    return f"第{batch}批 · {file_name}", "b.id = :batch", {"batch": batch}


def _batches(asked: Asked) -> tuple[str, str, dict[str, Any]]:
    """The same: what was read in the span, of one source and kind where the address names them."""
    address = asked.address
    source, source_id = asked.source(), asked.source_id()
    window = window_of(asked.connection, None, INCIDENTS, address.days, asked.as_of, asked.zone)
    brought = address.imports or "all"
    conditions = [IN_SPAN, DELIVERED_AS[brought]]
    parameters: dict[str, Any] = {"start": window.start, "end": window.end}
    if source_id is not None:
        conditions.append("b.source_id = :source")
        parameters["source"] = source_id
    if address.delivered is not None:
        conditions.append("b.kind = :delivered")
        parameters["delivered"] = address.delivered
    words = (
        source.name if source else address.source or "全部来源",
        import_kinds.in_words(address.delivered) if address.delivered else "各类数据",
        f"近{address.days}天读入的{_BROUGHT[brought]}",
    )
    return " · ".join(words), " and ".join(conditions), parameters


def _require_all(asked: Asked) -> None:
    if not asked.place.is_whole:
        raise UnknownAddress("导入的文件不分区划，只在全域的 /quality 查看。")
