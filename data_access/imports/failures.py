"""What a failure of the database means to who imports: a sentence with what to do.

The server's own words are quoted where they help, but only their first line: the others may hold
values of rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError

from dashboard.errors import CockpitError, DatabaseUnavailable, DataUnavailable, ImportRefused
from data_access.archives import REFUSED

# SQLSTATE -> what to do about it.
_REMEDIES = {
    "42P01": "数据库缺少所需的表，请先运行 cockpit db migrate",
    "42501": "数据库用户权限不足，请以库的所有者运行",
}
# SQLSTATE -> what happened, and what to do before the command is run again.
_PASSING = {
    "53100": ("数据库的磁盘已满", "腾出空间，再"),
    "53200": ("数据库的内存不足", "等其他任务结束后"),
    "40P01": ("与其他写入互相等待（死锁），已撤销", ""),
    "40001": ("与其他写入冲突，已撤销", ""),
    "55P03": ("等待其他写入超过限时", ""),
    "57014": ("操作被取消或超过限时", ""),
}
# Class 08, and what a server says that ends sessions; without any state there was no answer.
_LOST = ("08", "57P")


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn failures of the database while rows of that name are imported into sentences.

    Raises:
        ImportRefused: the database, its user or the rows have to be put right first.
        DatabaseUnavailable, DataUnavailable: the same command may be run again.
    """
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        # COPY goes past SQLAlchemy.
        cause = error.orig if isinstance(error, DBAPIError) else error
        found = _in_words(name, cause) if isinstance(cause, psycopg.Error) else None
        if found is None:
            raise
        raise found from error


def _in_words(name: str, cause: psycopg.Error) -> CockpitError | None:
    """The error to raise, or None for a fault of the program."""
    state, words = cause.sqlstate or "", str(cause).strip().partition("\n")[0]
    match cause:
        case psycopg.ProgrammingError() if state in _REMEDIES:
            return ImportRefused(f"{_REMEDIES[state]}（原话：{words}）。")
        case psycopg.IntegrityError() if cause.diag.constraint_name == REFUSED:
            return ImportRefused(
                f"{cause.diag.message_primary}：{name} 没有任何行可见。"
                "请从中去掉已归档的月份，再重新导入；归档的案件仍在归档文件里。"
            )
        case psycopg.DataError():
            # Its words would repeat the value.
            return ImportRefused(
                f"{name} 中有库里存不下的值（{state}），没有任何行可见。"
                "请查找其中过大的数、过多的步骤，改正后再导入；来源同步的，请在来源中改正。"
            )
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return _passing(name, state, words)
    return None


def _passing(name: str, state: str, words: str) -> DataUnavailable:
    is_lost = not state or state.startswith(_LOST)
    happened, first = (
        ("数据库连接中断", "在数据库恢复后")
        if is_lost
        else _PASSING.get(state, ("数据库出错", "按原话排除原因后"))
    )
    kind = DatabaseUnavailable if is_lost else DataUnavailable
    return kind(
        f"导入 {name} 时{happened}。请{first}重新运行同一命令，即从中断处继续；"
        f"尚无任何行可见（原话：{words}）。"
    )
