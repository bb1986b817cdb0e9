"""The kind `reported`: figures that departments hand over by month, as definitions say.

A figure that differs from the one at hand becomes a further row, recorded later: what was known
before stays. Guarded figures (心理 …) are refused where they are too fine. What a monthly form
refuses in a cell (`data_access.forms.reading`) is rejected here in a row.
"""

from datetime import date, timedelta

from sqlalchemy import Connection, text

from dashboard.indicators import (
    GUARDED_BASE,
    GUARDED_DAYS,
    GUARDED_LEVELS,
    INDICATOR_BY_KEY,
    INDICATORS,
    REPORTED,
)
from dashboard.reporting_forms import FIGURE_BY_INDICATOR
from data_access.imports.batches import Batch
from data_access.imports.importing import Published
from data_access.imports.tables.fields import Field, Row, TableCheck, TableKind
from data_access.imports.tables.literals import Percent
from data_access.imports.tables.mapping import TableMapping
from data_access.imports.tables.publishing import DUPLICATE
from data_access.imports.tables.rejecting import FUTURE, local_today, reject

GUARDED = frozenset(indicator.key for indicator in REPORTED if indicator.is_guarded)
KEY = ("indicator", "region_id", "period_start", "period_end")
# Figures recorded so soon after a time are corrections under that time.
CORRECTIONS = "interval '1 millisecond'"


def period_end(row: Row) -> date | None:
    """The day after the period: after its last day, or after the month of its first.

    Of one that ends with the calendar (9999-12-31, for none) that day itself: it has not ended.
    """
    first: date | None = row.get("period_start")
    last: date | None = row.get("last_day")
    if first is None:
        return None
    try:
        if last is not None:
            return last + timedelta(days=1)
        return (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    except OverflowError:
        return date.max


def _guarded(row: Row) -> str | None:
    if row.get("indicator") not in GUARDED or row.get("region") is None:
        return None
    end, first = period_end(row), row.get("period_start")
    if row["region"].level not in GUARDED_LEVELS:
        return "此指标只收县（市、区）及以上"
    if end and first and (end - first).days < GUARDED_DAYS:
        return "此指标只收一个月及以上"
    base = row.get("denominator")
    if base is not None and base < GUARDED_BASE:
        return f"此指标的分母小于 {GUARDED_BASE}"
    return None


def _ends_after_it_begins(row: Row) -> str | None:
    first, last = row.get("period_start"), row.get("last_day")
    return "last_day 早于 period_start" if first and last and last < first else None


def _begins_a_month(row: Row) -> str | None:
    first = row.get("period_start")
    if first and first.day != 1 and row.get("last_day") is None:
        return "没有截止日时，应为月份或当月1日"
    return None


def _part(row: Row) -> str | None:
    figure = FIGURE_BY_INDICATOR.get(row.get("indicator", ""))
    base, part = row.get("denominator"), row.get("numerator")
    if figure is None or base is None or part is None:
        return None
    return "分子不能大于分母" if figure.is_part and part > base else None


def _base(row: Row) -> str | None:
    if row.get("denominator") == 0 and row.get("numerator", 0) > 0:
        return "分母为 0 时分子也应为 0"
    return None


def finish(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """Reject periods that have not ended, as their figures may still change, and those that come
    twice: as a month, and from its first to its last day.
    """
    of_another = "(o.indicator, o.region, o.period_start, o.period_end)"
    of_the_row = "(s.indicator, s.region, s.period_start, s.period_end)"
    reject(
        connection,
        batch,
        mapping,
        "period_start",
        DUPLICATE,
        "与前面的行是同一指标、区划和期间，以首次出现的为准",
        f"exists (select from {batch.table} o where {of_another} = {of_the_row}"
        " and o.line < s.line)",
        "s.period_start::text",
    )
    reject(
        connection,
        batch,
        mapping,
        "last_day" if "last_day" in mapping.stated() else "period_start",
        FUTURE,
        "期间还没有结束，数还会变；请在结束以后导入",
        f"s.period_end > {local_today(connection)}",
        "s.period_start::text",
    )


def _target_unit(row: Row) -> str | None:
    """A target stands in the unit its indicator is printed in: a spreadsheet's 95% is 0.95."""
    indicator, value = INDICATOR_BY_KEY.get(row.get("indicator", "")), row.get("value")
    if indicator is None or value is None:
        return None
    if value < 0:
        return "目标值小于 0"
    if indicator.unit != "%":
        return "此指标不是比率，目标值不应带百分号" if isinstance(value, Percent) else None
    if value > 100:
        return "比率的目标值大于 100（%）"
    if indicator.better == "higher" and 0 < value <= 1:
        return "比率的目标值以百分数计：95% 写作 95，不写 0.95"
    return None


def publish(connection: Connection, batch: Batch, mapping: TableMapping) -> Published:
    """A row for every figure that is new or differs from the latest one recorded.

    A correction under the time of the figure that it corrects (报送时间 is often the day of the
    first report) comes just after that one: both are kept, it is the latest of that time, and what
    is reported later stays later.
    """
    stated = "s.recorded_at" if "recorded_at" in mapping.stated() else "cast(null as timestamptz)"
    of_the_figure = (
        "(v.indicator, v.region_id, v.period_start, v.period_end)"
        " = (s.indicator, s.region, s.period_start, s.period_end)"
    )
    total = int(connection.scalar(text(f"select count(*) from {batch.table}")) or 0)
    was_there = connection.scalars(
        text(
            f"""
            with compared as (
              select s.*, {stated} as stated, l.recorded_at as latest_at, n.recorded_at as near_at,
                case when n.recorded_at is null
                  then (l.numerator, l.denominator) is distinct from (s.numerator, s.denominator)
                  else (n.numerator, n.denominator) is distinct from (s.numerator, s.denominator)
                end as differs
              from {batch.table} s
              left join lateral (
                select * from reported_values v where {of_the_figure}
                order by v.recorded_at desc limit 1
              ) l on true
              left join lateral (
                select * from reported_values v where {of_the_figure}
                  and v.recorded_at >= {stated} and v.recorded_at < {stated} + {CORRECTIONS}
                order by v.recorded_at desc limit 1
              ) n on true
            ), written as (
              insert into reported_values
                ({", ".join(KEY)}, recorded_at, numerator, denominator, source_id)
              select indicator, region, period_start, period_end,
                coalesce(near_at + interval '1 microsecond', stated,
                  greatest(now(), latest_at + interval '1 microsecond')),
                numerator, denominator, :source
              from compared where latest_at is null or differs
              on conflict do nothing
              returning 1
            )
            select latest_at is not null from compared where latest_at is null or differs
            """
        ),
        {"source": batch.source_id},
    ).all()
    updated = sum(was_there)
    inserted = len(was_there) - updated
    return Published(inserted, updated, total - inserted - updated)


INDICATOR = Field(
    "indicator",
    "指标",
    "choice",
    words=("指标", "indicator"),
    choices=tuple(indicator.key for indicator in REPORTED),
)
REPORTED_FIGURES = TableKind(
    name="reported",
    title="部门上报指标",
    table="reported_values",
    fields=(
        INDICATOR,
        Field(
            "region", "区划代码", "region", words=("区划", "代码", "地区", "县区", "区县", "region")
        ),
        Field(
            "period_start", "月份或起始日", "date", words=("月份", "月", "起始", "month", "period")
        ),
        Field("last_day", "截止日（含）", "date", required=False, words=("截止", "终止", "end")),
        Field("numerator", "分子", "integer", minimum=0, words=("分子", "完成", "numerator")),
        Field("denominator", "分母", "integer", minimum=0, words=("分母", "应", "denominator")),
        Field("recorded_at", "报送时间", "instant", required=False, words=("报送", "recorded")),
    ),
    key=("indicator", "region", "period_start", "last_day"),
    dated_by="period_start",
    checks=(
        TableCheck("guarded_figure", "受保护指标过细", "indicator", _guarded),
        TableCheck("period", "起止日期颠倒", "last_day", _ends_after_it_begins),
        TableCheck("mid_month", "起始日不是月初", "period_start", _begins_a_month),
        TableCheck("part_above_whole", "分子大于分母", "numerator", _part),
        TableCheck("empty_base", "分母为零", "denominator", _base),
    ),
    whole_checks={FUTURE: "期间还没有结束"},
    finish=finish,
    computed={"period_end": ("date", period_end)},
    publish=publish,
)
TARGETS = TableKind(
    name="targets",
    title="指标目标值",
    table="targets",
    fields=(
        Field(
            "indicator",
            "指标",
            "choice",
            words=("指标", "indicator"),
            choices=tuple(indicator.key for indicator in (*INDICATORS, *REPORTED)),
        ),
        Field("region", "区划代码", "region", column="region_id", words=("区划", "代码", "region")),
        Field("valid_from", "起始日", "date", words=("起始", "生效", "from")),
        Field(
            *("value", "目标值", "number"),
            words=("目标", "target", "value"),
            may_be_percent=True,
        ),
    ),
    key=("indicator", "region", "valid_from"),
    dated_by="valid_from",
    checks=(TableCheck("target_unit", "目标值的单位", "value", _target_unit),),
)
