"""The closed vocabulary in words: what exactly a flow or a stock counts, for the dictionary.

Column names stay as they are, so that a reader finds them in the database. Which flows there are
stands in `dashboard.indicators`.
"""

from typing import assert_never

from dashboard.vocabulary import (
    Amount,
    At,
    AtLeast,
    Condition,
    Earlier,
    Equals,
    Flow,
    HoursBefore,
    Known,
    Later,
    Moment,
    NotAfter,
    Reached,
    Rows,
    Seconds,
    StillOpen,
    Stock,
    Subject,
    SumOf,
    Unknown,
)

SUBJECTS: dict[Subject, str] = {
    Subject.INCIDENT: "事件",
    Subject.DISPUTE: "矛盾纠纷",
    Subject.RECEPTION: "接待",
    Subject.RETURN_VISIT: "回访",
    Subject.AGREEMENT: "调解协议",
    Subject.STAFFING: "乡镇(街道)每日人员",
    Subject.PATROL: "乡镇(街道)每日巡查",
}


def subject_words(subject: Subject) -> str:
    """The subject and its table."""
    return f"{SUBJECTS[subject]} `{subject.value}`"


def moment_words(moment: Moment) -> str:
    """Which instant places a row in time."""
    match moment:
        case At(column):
            return f"`{column}`"
        case HoursBefore(of, hours):
            return f"{moment_words(of)} 前 {hours} 小时"
        case Later(first, second):
            return f"{moment_words(first)} 与 {moment_words(second)} 之较晚者"
        case Earlier(first, second):
            return f"{moment_words(first)} 与 {moment_words(second)} 之较早者"
        case _:
            assert_never(moment)


def condition_words(condition: Condition) -> str:
    """One condition on a row."""
    match condition:
        case Equals(column, value):
            return f"`{column}` = {_literal(value)}"
        case Known(column):
            return f"`{column}` 不为空"
        case Unknown(column):
            return f"`{column}` 为空"
        case Reached(moment):
            return f"{moment_words(moment)} ≤ 统计时刻"
        case NotAfter(moment, limit):
            return f"{moment_words(moment)} ≤ {moment_words(limit)}"
        case StillOpen(moment, limit):
            return f"{moment_words(moment)} 为空或晚于 {moment_words(limit)}"
        case AtLeast(column, minimum):
            return f"`{column}` ≥ {minimum}"
        case _:
            assert_never(condition)


def amount_words(amount: Amount) -> str:
    """What each row adds."""
    match amount:
        case Rows():
            return "1"
        case Seconds(since, until):
            return f"{moment_words(until)} − {moment_words(since)}（秒）"
        case SumOf(column):
            return f"`{column}`"
        case _:
            assert_never(amount)


def conditions_words(conditions: tuple[Condition, ...]) -> str:
    """All conditions, which hold together; a dash where there is none."""
    return "；".join(condition_words(condition) for condition in conditions) or "—"


def flow_words(flow: Flow) -> tuple[str, str, str, str, str]:
    """Subject, moment, conditions, amount, and the facet with its values."""
    facet = "—"
    if flow.facet:
        facet = f"`{flow.facet.column}`：{'、'.join(flow.facet.values)}"
    return (
        subject_words(flow.subject),
        moment_words(flow.moment),
        conditions_words(flow.where),
        amount_words(flow.amount),
        facet,
    )


def stock_words(stock: Stock) -> tuple[str, str, str, str]:
    """Subject, moment of entry, moment of departure, conditions."""
    return (
        subject_words(stock.subject),
        moment_words(stock.entered),
        moment_words(stock.left),
        conditions_words(stock.where),
    )


def _literal(value: str | bool) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return value
