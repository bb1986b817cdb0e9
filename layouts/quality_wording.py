"""Words and numbers as the page /quality, its files and `cockpit check` print them. Pure text."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from dashboard import import_kinds
from dashboard.quality import (
    CaseRow,
    CheckCount,
    Completeness,
    FindingGroup,
    FindingRow,
    FormState,
    ImportedFile,
    KindContact,
    ListRow,
    OtherData,
    OtherRow,
    OutlineSet,
    SourceQuality,
    StrayCounty,
)
from dashboard.region_levels import LEVEL_WORDS
from layouts import wording

HEALTH_WORDS = {
    "live": "正常",
    "late": "延迟",
    "stale": "中断",
    "never": "未接入",
    "by_hand": "文件报送",
}
COMPUTABLE_WORDS = {
    "known": "可计算",
    "quiet": "无事件",
    "no_source": "未接入",
    "no_field": "缺字段",
    "no_population": "缺人口",
    "not_reported": "未报送",
}
OTHER_STATES = {
    "good": "正常",
    "quiet": "近来没有",
    "partial": "不全",
    "short": "将用完",
    "never": "未接入",
}
# What figures lack without it.
OTHER_USES = {
    "receptions": "接待批次、人次",
    "return_visits": "满意率",
    "agreements": "司法确认率、履行率",
    "staffing": "网格员在线率、上报率",
    "patrols": "巡查率",
    "population": "每万人事件数、地图着色",
    "calendar": "办结时限、超期工作日、月报期限",
    "organisations": "承办单位的名称",
    "codes": "类别、渠道的名称，敏感类别",
    "targets": "与目标值的对照",
}
STATE_WORDS = {
    "staging": "读入中",
    "staged": "待发布",
    "published": "已发布",
    "refused": "全部拒绝，未导入",
}
SENSITIVE = "敏感类别，仅承办单位可见"
MINUTE, HOUR, DAY = 60, 3600, 86_400


def age(seconds: float | None) -> str:
    """3秒, 4分03秒, 1小时05分, 3天; — where nothing was ever heard."""
    if seconds is None:
        return wording.NOTHING
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole}秒"
    if whole < HOUR:
        return f"{whole // MINUTE}分{whole % MINUTE:02d}秒"
    if whole < 2 * DAY:
        return f"{whole // HOUR}小时{whole % HOUR // MINUTE:02d}分"
    return f"{whole // DAY}天"


def instant(at: datetime | None, zone: ZoneInfo) -> str:
    """11月22日 16:43:57; with the year where it is another: 2015年9月1日 08:00."""
    if at is None:
        return wording.NOTHING
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日 {local:%H:%M:%S}"


def full_instant(at: datetime | None, zone: ZoneInfo) -> str:
    """2026-11-22 16:43, for lists and files."""
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def recent(at: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """16:43:57 of today, else with its day, of another year with that."""
    if at is None:
        return wording.NOTHING
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    day = f"{local.month}月{local.day}日 {local:%H:%M}"
    return day if local.year == today.year else f"{local.year}年{day}"


def day(value: date) -> str:
    """11月6日"""
    return f"{value.month}月{value.day}日"


def month(value: date) -> str:
    """2026年10月"""
    return f"{value.year}年{value.month}月"


def health(source: SourceQuality) -> str:
    """中断 4小时56分: the state, with the age where it is one."""
    words = HEALTH_WORDS[source.health]
    return f"{words} {age(source.age_seconds)}" if source.health in ("late", "stale") else words


def failure(kind: KindContact) -> str | None:
    """连续失败5次：why; None while it does not fail."""
    return f"连续失败{kind.failures:,}次：{kind.last_error}" if kind.last_error else None


def share(count: CheckCount) -> str:
    """99.7%, never rounded up to 100 while something is missing; — where there is nothing."""
    if count.share is None:
        return wording.NOTHING
    if count.missing and count.share > 0.999:
        return "99.9%"
    return f"{wording.percent(count.share)}%"


def newest(item: OtherData) -> str:
    """2026-11-20, of a calendar where it ends."""
    if item.newest is None:
        return wording.NOTHING
    return f"到{item.newest:%Y-%m-%d}" if item.key == "calendar" else f"{item.newest:%Y-%m-%d}"


def covered(item: OtherData) -> str:
    """88/90 counties."""
    return wording.NOTHING if item.covered is None else f"{item.covered[0]}/{item.covered[1]}"


def emptiness(item: Completeness) -> str:
    """Why a source has no rows in the span."""
    return "没有新登记" if item.ever_delivered else "从未送达"


def approval(item: OutlineSet) -> str:
    """The 审图号, or what stands in its place."""
    if item.is_examined:
        return item.approval_number or ""
    return "审图号与界线不符" if item.approval_number else "无审图号"


def shapes(item: OutlineSet) -> str:
    """90个县(市、区)、1,366个乡镇(街道)"""
    return "、".join(shape(level, count) for level, count in item.shapes)


def shape(level: str, count: int) -> str:
    """1,366个乡镇(街道)"""
    return f"{count:,}个{LEVEL_WORDS.get(level, level)}"


def stray(item: StrayCounty) -> str:
    """Where cases of such a county count."""
    if item.is_unknown:
        return "不计入任何区划"
    return f"计入{item.counted_in}" if item.counted_in else "只计入全域"


def deadline(form: FormState) -> str:
    """期限11月6日, with what it means today."""
    return f"{day(form.due_on)}{'已过' if form.is_due else '截止'}"


def reason(item: FindingGroup) -> str:
    """Why lines were refused or doubted; of several sentences of one check the commonest, with the
    number of its lines.
    """
    others = item.rows - item.reason_rows
    if not others:
        return item.reason
    return f"{item.reason}（{item.reason_rows:,}行；另{others:,}行原因不同）"


def list_heads(kind: str) -> tuple[str, ...]:
    """Heads of the columns of a list's rows."""
    if kind == "findings":
        return ("批次", "时间", "行号", "列", "结果", "原因")
    if kind == "batches":
        return ("批次", "文件", "种类", "来源", "开始", "状态", "读入", "拒绝", "存疑")
    if kind in ("others", "outlines"):
        return ("名称或区划", "时间", "说明")
    if kind == "form":
        return ("设区市", "单位", "情况", "缺报指标")
    return ("案件编号", "县(市、区)", "乡镇(街道)", "类别", "登记时间", "办理", "原因")


def list_cells(row: ListRow, zone: ZoneInfo) -> tuple[str, ...]:
    """The cells of one row of a list."""
    if isinstance(row, FindingRow):
        return (
            str(row.batch_id),
            full_instant(row.started_at, zone),
            f"{row.line:,}",
            row.column or wording.NOTHING,
            "拒绝" if row.is_rejection else "存疑",
            row.reason,
        )
    if isinstance(row, CaseRow):
        return (
            row.case_no or SENSITIVE,
            row.county_name,
            row.town_name or wording.NOTHING,
            row.class_label or wording.NOTHING,
            full_instant(row.registered_at, zone),
            "已办结" if row.is_closed else "在办",
            row.reason,
        )
    if isinstance(row, ImportedFile):
        return (
            str(row.id),
            row.file_name,
            import_kinds.in_words(row.kind),
            row.source_name,
            full_instant(row.started_at, zone),
            STATE_WORDS.get(row.state, row.state),
            *(f"{rows:,}" for rows in (row.rows_read, row.rows_rejected, row.rows_doubtful)),
        )
    if isinstance(row, OtherRow):
        at = full_instant(row.at, zone) if isinstance(row.at, datetime) else row.at
        return (row.name, str(at or wording.NOTHING), row.about or wording.NOTHING)
    return (
        row.city_name or wording.NOTHING,
        row.unit_name,
        "未报送" if row.is_missing else "部分报送" if row.lacks else "已报全",
        "、".join(row.lacks) or wording.NOTHING,
    )
