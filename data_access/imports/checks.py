"""Named checks of the rows of a file of cases: each rejects rows, or accepts them with a doubt.

A check is a name, a Chinese title, what follows from it, and a function that looks at one
understood chunk. Checks that need the whole file are named here too; their statements stand in
`whole_file`. What a doubt does to indicators is decided where they are defined, not here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

import numpy as np

from data_access.imports import personal_data
from data_access.imports.case_mapping import LIMITS, MEDIATION, MILESTONES
from data_access.imports.interpreting import Coded, Interpretation
from data_access.imports.mapping import TimeRule
from data_access.imports.sources.rows import ROUNDED, UNCALCULATED, UNREADABLE, RawChunk
from data_access.imports.times import Mask, Times, is_ahead

PERSONAL = "personal_data"
BESIDE_PERSONAL = "〔同行含个人信息，不显示〕"
LONGEST_CASE_NUMBER = 100
LONGEST_VALUE_SHOWN = 200
# Why a row is rejected, here and of the other kinds.
UNREADABLE_REASON = "含有无法按声明的编码读取的字符"
ROUNDED_REASON = "数字单元格（浮点数）存不下这么多位，末几位已失；请以文本格式保存此列"
AHEAD_REASON = "比现在晚一天以上，还没有发生"
UNCALCULATED_REASON = "公式没有计算结果；请在 Excel 中打开并保存后再导入"


class Hit(NamedTuple):
    """One row a check met: its position in the chunk, the column, why, and the value."""

    row: int
    column: str
    reason: str
    value: str


class Finding(NamedTuple):
    """One line of the report; the value is already masked."""

    line: int
    check: str
    column: str
    rejects: bool
    reason: str
    value: str


@dataclass(frozen=True)
class Check:
    """A named check. With `spoils_times` the case keeps out of durations and rates."""

    name: str
    title: str
    rejects: bool
    spoils_times: bool = False


@dataclass(frozen=True)
class RowCheck(Check):
    """A check that needs no other row."""

    look: Callable[[Interpretation], Iterable[Hit]] = lambda chunk: ()


DUPLICATE = Check("duplicate_case_no", "案件编号重复", rejects=True)
TWO_COUNTIES = Check("two_counties", "同一案件在两个县", rejects=True)
MOVED_COUNTY = Check("moved_county", "案件换了县", rejects=False)
DEFAULT_COORDINATE = Check("default_coordinate", "默认坐标", rejects=False)
MALFORMED = Check("malformed_row", "列数不符", rejects=True)
MERGED = Check("unclosed_quote", "引号未闭合", rejects=True)


def row_checks(times: TimeRule, *, has_unassigned: bool, now: datetime) -> tuple[RowCheck, ...]:
    """The checks of one file, in the order their findings are reported.

    `has_unassigned`: whether the mapping names a region for rows without a known one; if not,
    these rows are rejected. `now`: what has happened lies before it.
    """
    rejects_region = not has_unassigned
    side = times.ambiguous
    return (
        RowCheck(PERSONAL, "含个人信息", True, look=_personal_data),
        RowCheck("unreadable_text", "文字编码有误", True, look=_unreadable_text),
        RowCheck("rounded_number", "数字精度已失", True, look=_rounded_number),
        RowCheck("uncalculated", "公式没有计算结果", True, look=_uncalculated),
        RowCheck("unusable_case_no", "案件编号不可用", True, look=_unusable_case_no),
        RowCheck("missing_registered_at", "缺少登记时间", True, look=_missing_registered_at),
        RowCheck("unreadable_time", "时间格式不符", True, look=_unreadable_time),
        RowCheck(
            *("implausible_time", "时间超出范围", True),
            look=lambda chunk: _implausible(chunk, times, now),
        ),
        RowCheck("missing_region", "缺少区域", rejects_region, look=_missing_region),
        RowCheck("unknown_region", "区域无法识别", rejects_region, look=_unknown_region),
        RowCheck("wrong_level", "区域层级不符", True, look=_wrong_level),
        RowCheck("closed_before_registered", "办结早于登记", False, True, look=_closed_early),
        RowCheck("time_out_of_order", "时间早于登记", False, True, look=_other_times_early),
        RowCheck("steps_out_of_order", "步骤次序有误", False, True, look=_steps_out_of_order),
        RowCheck("status_without_time", "状态与时间不符", False, look=_status_without_time),
        RowCheck("outcome_without_end", "调解未结束而有结果", False, look=_outcome_without_end),
        RowCheck("absent_time", "当地不存在的时间", False, True, look=_absent_time),
        RowCheck("ambiguous_time", "当地出现两次的时间", False, look=lambda c: _ambiguous(c, side)),
        RowCheck("unknown_code", "代码不在对照表", False, look=_unknown_code),
        RowCheck("unreadable_coordinate", "坐标无法识别", False, look=_unreadable_coordinate),
        RowCheck("swapped_coordinate", "经纬度颠倒", False, look=_swapped_coordinate),
        RowCheck("coordinate_outside", "坐标在范围之外", False, look=_coordinate_outside),
        RowCheck("outside_region", "坐标不在所属区域", False, look=_outside_region),
    )


def titles(checks: Iterable[Check]) -> dict[str, str]:
    """Chinese titles by name, of these checks and those of the whole file."""
    whole = (DUPLICATE, TWO_COUNTIES, MOVED_COUNTY, DEFAULT_COORDINATE, MALFORMED, MERGED)
    return {check.name: check.title for check in (*checks, *whole)}


@dataclass
class Judgement:
    """What the checks said of one chunk; the masks have one entry a row."""

    findings: list[Finding]
    is_rejected: Mask
    has_doubtful_times: Mask


def judge(chunk: Interpretation, checks: Iterable[RowCheck]) -> Judgement:
    """Run the checks. Of several hits of one check on one row the first is reported."""
    is_rejected = np.zeros(len(chunk.lines), dtype=bool)
    has_doubtful_times = np.zeros(len(chunk.lines), dtype=bool)
    findings = unusable(chunk.raw)
    words = _columns_of_words(chunk)
    for check in checks:
        first_hits: dict[int, Hit] = {}
        for hit in check.look(chunk):
            first_hits.setdefault(hit.row, hit)
        findings += [
            _finding(check, hit, chunk, hit.column in words) for hit in first_hits.values()
        ]
        rows = list(first_hits)
        is_rejected[rows] |= check.rejects
        has_doubtful_times[rows] |= check.spoils_times
    return Judgement(without_values_beside(findings), is_rejected, has_doubtful_times)


def without_values_beside(findings: list[Finding]) -> list[Finding]:
    """The findings; of rows with personal data no other value is shown: it may be of the person."""
    personal = {finding.line for finding in findings if finding.check == PERSONAL}
    return [
        finding._replace(value=BESIDE_PERSONAL)
        if finding.line in personal and finding.check != PERSONAL and finding.value
        else finding
        for finding in findings
    ]


def unusable(raw: RawChunk) -> list[Finding]:
    """Of rows that have not as many fields as the header, or are several in one."""
    findings = []
    for line, fields in raw.malformed:
        reason = f"该行有 {fields} 个字段，标题行有 {raw.width} 个"
        findings.append(Finding(line, MALFORMED.name, "", True, reason, str(fields)))
    for line, last in raw.merged:
        reason = f"该行的引号没有闭合，直到第 {last} 行的各行并作了一行；请补上或删去引号后再导入"
        findings.append(Finding(line, MERGED.name, "", True, reason, ""))
    return findings


def _finding(check: RowCheck, hit: Hit, chunk: Interpretation, is_word: bool) -> Finding:
    """Mask whatever the check is about: a refused number must not stand in another reason."""
    shown = presentable(hit.value, _registered_on(chunk, hit.row), is_word=is_word)
    return Finding(chunk.lines[hit.row], check.name, hit.column, check.rejects, hit.reason, shown)


def presentable(value: str, registered_on: date | None = None, *, is_word: bool = False) -> str:
    """A value as a report may show it: masked, short, and storable.

    `is_word`: it should be in a code list, or be a number of a case, and is not.
    """
    if ROUNDED in value:
        # Without its last digits an identity number can't be told from others.
        return f"〔数字，末几位已失，不显示，{len(value.replace(ROUNDED, ''))} 个字符〕"
    mask = personal_data.masked_word if is_word else personal_data.masked
    masked = mask(value.replace(UNCALCULATED, ""), registered_on)
    return masked.replace("\x00", "\ufffd")[:LONGEST_VALUE_SHOWN]


def _registered_on(chunk: Interpretation, row: int) -> date | None:
    local = chunk.times["registered_at"].local[row].astype("datetime64[s]").item()
    return local.date() if isinstance(local, datetime) else None


def _hits(mask: Mask, column: str, reason: str, text: list[str]) -> Iterator[Hit]:
    for row in np.flatnonzero(mask):
        yield Hit(int(row), column, reason, text[row])


def _coded(chunk: Interpretation) -> list[Coded]:
    """Columns whose texts are looked up in a list."""
    rules = (chunk.region, chunk.classes, chunk.channel, chunk.holder, chunk.centre, chunk.status)
    return [coded for coded in (*rules, *chunk.choices.values()) if coded is not None]


def _columns_of_words(chunk: Interpretation) -> set[str]:
    """Columns that hold no free text by rights: looked up in a list, or the cases' numbers."""
    return {coded.column for coded in _coded(chunk)} | {chunk.case_column}


def _personal_data(chunk: Interpretation) -> Iterator[Hit]:
    """Texts that were understood as times, degrees or listed codes are none of a person's."""
    words = _columns_of_words(chunk)
    for column, rows in chunk.unexplained.items():
        texts = chunk.texts[column]
        unlisted = range(len(texts)) if rows is None else rows
        if column in words and (kind := personal_data.look_like(texts[row] for row in unlisted)):
            reason = f"此列未列入对照表的值像是{kind}，不得入库；确是代码的，请列入映射文件的对照表"
            if column == chunk.case_column:
                reason = f"此列像是{kind}，不得作为案件编号入库"
            yield from (Hit(row, column, reason, texts[row]) for row in unlisted if texts[row])
        suspects = personal_data.suspects(texts if rows is None else [texts[row] for row in rows])
        if not suspects:
            continue
        for row in unlisted:
            text = texts[row]
            if text in suspects and (
                kind := personal_data.found_in(text, _registered_on(chunk, row))
            ):
                yield Hit(row, column, f"含有{kind}，不得入库", text)


def _unreadable_text(chunk: Interpretation) -> Iterator[Hit]:
    return _signed(chunk, UNREADABLE, UNREADABLE_REASON)


def _rounded_number(chunk: Interpretation) -> Iterator[Hit]:
    return _signed(chunk, (ROUNDED,), ROUNDED_REASON)


def _uncalculated(chunk: Interpretation) -> Iterator[Hit]:
    return _signed(chunk, (UNCALCULATED,), UNCALCULATED_REASON)


def _signed(chunk: Interpretation, signs: tuple[str, ...], reason: str) -> Iterator[Hit]:
    """Texts in which the source has put one of its signs."""
    for column, texts in chunk.texts.items():
        if chunk.is_clean or not any(sign in chunk.joined(column) for sign in signs):
            continue
        for row, text in enumerate(texts):
            if any(sign in text for sign in signs):
                yield Hit(row, column, reason, text)


def _unusable_case_no(chunk: Interpretation) -> Iterator[Hit]:
    lengths = [len(case_no) for case_no in chunk.case_no]
    shortest, longest = min(lengths, default=0), max(lengths, default=0)
    is_plain = "".join(chunk.case_no).isprintable()
    if 0 < shortest <= longest <= LONGEST_CASE_NUMBER and is_plain:
        return
    for row, case_no in enumerate(chunk.case_no):
        if not case_no:
            yield Hit(row, chunk.case_column, "案件编号为空", "")
        elif len(case_no) > LONGEST_CASE_NUMBER:
            yield Hit(row, chunk.case_column, f"案件编号超过 {LONGEST_CASE_NUMBER} 个字符", case_no)
        elif not case_no.rstrip(ROUNDED + UNCALCULATED).isprintable():
            reason = "案件编号含有换行、制表符等看不见的字符，请去掉后再导入"
            yield Hit(row, chunk.case_column, reason, case_no)


def _missing_registered_at(chunk: Interpretation) -> Iterator[Hit]:
    times = chunk.times["registered_at"]
    is_missing = np.isnat(times.local) & ~times.is_unreadable
    return _hits(is_missing, times.column, "登记时间为空", times.text)


def _unreadable_time(chunk: Interpretation) -> Iterator[Hit]:
    for times in chunk.times.values():
        reason = "与映射文件 times.format 的格式不符"
        yield from _hits(times.is_unreadable, times.column, reason, times.text)


def _implausible(chunk: Interpretation, rule: TimeRule, now: datetime) -> Iterator[Hit]:
    earliest, latest = np.datetime64(rule.earliest, "us"), np.datetime64(rule.latest, "us")
    reason = f"不在 {rule.earliest:%Y-%m-%d} 至 {rule.latest:%Y-%m-%d} 之间"
    for name, times in chunk.times.items():
        is_implausible = (times.local < earliest) | (times.local >= latest)
        yield from _hits(is_implausible, times.column, reason, times.text)
        if name not in LIMITS:
            yield from _hits(is_ahead(times, now), times.column, AHEAD_REASON, times.text)


def _missing_region(chunk: Interpretation) -> Iterator[Hit]:
    region = chunk.region
    return _hits(region.is_unknown & region.is_empty, region.column, "区域为空", region.text)


def _unknown_region(chunk: Interpretation) -> Iterator[Hit]:
    region = chunk.region
    is_unknown = region.is_unknown & ~region.is_empty
    return _hits(is_unknown, region.column, "区域不在区划表中", region.text)


def _wrong_level(chunk: Interpretation) -> Iterator[Hit]:
    region, reason = chunk.region, "区域在县（市、区）以上，应为县（市、区）或其下的区域"
    return _hits(chunk.is_above_county, region.column, reason, region.text)


def _before_registered(chunk: Interpretation, times: Times) -> Mask:
    return np.asarray(times.instant < chunk.times["registered_at"].instant)


def _closed_early(chunk: Interpretation) -> Iterator[Hit]:
    if times := chunk.times.get("closed_at"):
        is_early = _before_registered(chunk, times)
        yield from _hits(is_early, times.column, "办结时间早于登记时间", times.text)


def _other_times_early(chunk: Interpretation) -> Iterator[Hit]:
    for name in (*MILESTONES, *LIMITS, *MEDIATION):
        times = chunk.times.get(name)
        if times and name not in ("registered_at", "closed_at"):
            is_early = _before_registered(chunk, times)
            yield from _hits(is_early, times.column, "时间早于登记时间", times.text)


def _steps_out_of_order(chunk: Interpretation) -> Iterator[Hit]:
    """A step before the last one that precedes it; those before registration are found apart."""
    registered = chunk.times["registered_at"].instant
    for order in (MILESTONES, MEDIATION):
        latest = registered
        for name in order:
            times = chunk.times.get(name)
            if times is None or name == "registered_at":
                continue
            # Comparisons with NaT are false, so a step that is not given doubts none.
            is_early = (times.instant < latest) & (times.instant >= registered)
            yield from _hits(is_early, times.column, "时间早于前面的步骤", times.text)
            latest = np.fmax(latest, times.instant)


def _status_without_time(chunk: Interpretation) -> Iterator[Hit]:
    if status := chunk.status:
        for step in dict.fromkeys(code for code in status.codes if code):
            times = chunk.times.get(f"{step}_at")
            if times is None:
                continue
            is_step = status.where(lambda code, step=step: code == step)  # type: ignore[misc]
            reason = f"状态为此，但 {times.column} 为空"
            yield from _hits(is_step & np.isnat(times.local), status.column, reason, status.text)


def _outcome_without_end(chunk: Interpretation) -> Iterator[Hit]:
    if outcome := chunk.choices.get("is_successful"):
        has_outcome = outcome.where(lambda code: code is not None)
        ended = chunk.times.get("mediation_ended_at")
        is_open = np.ones(len(has_outcome), dtype=bool) if ended is None else np.isnat(ended.local)
        reason = "没有调解结束时间，结果不计"
        yield from _hits(has_outcome & is_open, outcome.column, reason, outcome.text)


def _absent_time(chunk: Interpretation) -> Iterator[Hit]:
    for times in chunk.times.values():
        reason = "当地时钟拨快时跳过的时间，按拨快前的时差读取（晚一小时）"
        yield from _hits(times.is_absent, times.column, reason, times.text)


def _ambiguous(chunk: Interpretation, side: Literal["earlier", "later"]) -> Iterator[Hit]:
    taken = "较早的一次（拨慢前）" if side == "earlier" else "较晚的一次（拨慢后）"
    reason = f"当地时钟拨慢时出现两次的时间，取{taken}"
    for times in chunk.times.values():
        yield from _hits(times.is_ambiguous, times.column, reason, times.text)


def _unknown_code(chunk: Interpretation) -> Iterator[Hit]:
    known: list[tuple[Coded | None, str]] = [
        (chunk.classes, "按默认类别计"),
        (chunk.channel, "按默认渠道计"),
        (chunk.holder, "不计承办单位"),
        (chunk.centre, "不计调解中心"),
        (chunk.status, "不作判断"),
        *((coded, _consequence(coded)) for coded in chunk.choices.values()),
    ]
    for coded, consequence in known:
        if coded:
            reason = f"对照表中没有此值，{consequence}"
            yield from _hits(coded.is_unknown, coded.column, reason, coded.text)


def _consequence(choice: Coded) -> str:
    """What unlisted values of a choice become: its default, if it has one."""
    has_default = (choice.is_unknown & choice.where(lambda code: code is not None)).any()
    return "按默认值计" if has_default else "按空白计"


def _unreadable_coordinate(chunk: Interpretation) -> Iterator[Hit]:
    if found := chunk.locations:
        reason = "不是有效的经纬度，不上图"
        yield from _hits(found.is_unreadable, found.columns, reason, found.text)


def _swapped_coordinate(chunk: Interpretation) -> Iterator[Hit]:
    if found := chunk.locations:
        reason = "经度与纬度互换后才在范围之内，不上图；请检查 location 的 lon、lat 或 order"
        yield from _hits(found.is_swapped, found.columns, reason, found.text)


def _outside_region(chunk: Interpretation) -> Iterator[Hit]:
    if found := chunk.locations:
        reason = "在所属区域的界线之外，不上图"
        yield from _hits(found.is_elsewhere, found.columns, reason, found.text)


def _coordinate_outside(chunk: Interpretation) -> Iterator[Hit]:
    if found := chunk.locations:
        reason = "在映射文件 location.bounds 之外，不上图"
        yield from _hits(found.is_outside, found.columns, reason, found.text)
