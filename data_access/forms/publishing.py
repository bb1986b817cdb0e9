"""Puts a filled form into the database: new values, the sums they add up to, and their trace.

All forms that are handed over together are one transaction. A value that is as it was
is not written again; another one is a new version (`reported_values.recorded_at`), and the old one
stays. The same file again changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, text, update

from dashboard.errors import ImportRefused, UnknownRegion
from dashboard.reporting_forms import ReportingForm, due_on, month_after
from data_access import facts, region_tree, series_readings
from data_access.database import Database
from data_access.forms.reading import FilledForm
from data_access.forms.sheet import TRACE_SHEET, FormSheet, Unit
from data_access.imports.batches import NUMBERING_LOCK
from data_access.region_tree import Region, RegionTree
from data_access.schema import (
    form_submissions,
    import_batches,
    reported_values,
    sources,
)

# One form at a time: the sums of two forms would each lack the other's figures.
FORMS_LOCK = 7_301_020
REPORTED_KIND = "reported"
SOURCE_KEY, SOURCE_NAME = "monthly_forms", "部门月报"
DAY_SECONDS = 86_400

# Numerator and denominator by (indicator, region).
Pairs = dict[tuple[str, int], tuple[float, float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Handed:
    """What became of a form: pairs read, left empty, new, changed, and sums written above them.

    `is_repeat`: this very file was handed in before, and nothing was done.
    """

    form: str
    month: date
    region_name: str
    department: str
    read: int
    blank: int
    new: int
    changed: int
    sums: int
    is_repeat: bool

    def in_words(self) -> str:
        """心理服务 2026年10月 浙江省卫生健康部门：读到180组，新报178，更正2 …"""
        about = f"{self.form} {self.month.year}年{self.month.month}月 {self.region_name}"
        if self.is_repeat:
            return f"{about}{self.department}：此文件此前已导入，未作改动。"
        return (
            f"{about}{self.department}：读到{self.read}组，新报{self.new}，更正{self.changed}，"
            f"未变{self.read - self.new - self.changed}；留空{self.blank}组；"
            f"上级合计更新{self.sums}项。"
        )


def sheet_for(
    connection: Connection, form: ReportingForm, month: date, region_code: str | None
) -> tuple[FormSheet, date]:
    """The form of a month for a region (None: the root) and the day it is due.

    Raises:
        UnknownRegion: no region has the code, or there are no regions yet.
    """
    tree = region_tree.load(connection)
    region = tree.find(region_code) if region_code else tree.root
    zone = ZoneInfo(facts.zone_of(connection))
    units = tuple(
        Unit(_code(county), tree.place_of(county.id)[0], county.name)
        for county in tree.counties(region)
    )
    sheet = FormSheet(
        form=form,
        month=month,
        region_code=_code(region),
        region_name=region.name,
        units=units,
        is_demo=facts.is_demo(connection),
    )
    return sheet, due_on(month, series_readings.calendar(connection, zone))


def publish_all(database: Database, forms: Iterable[FilledForm], now: datetime) -> list[Handed]:
    """Write several forms, in their order: all of them, or none.

    Raises:
        ImportRefused: as for `publish`, with the file's name.
    """
    with database.write() as connection:
        return [_published(connection, form, now) for form in forms]


def _published(connection: Connection, form: FilledForm, now: datetime) -> Handed:
    try:
        return publish(connection, form, now)
    except ImportRefused as error:
        raise ImportRefused(f"{form.file_name}：{error}") from error


def publish(connection: Connection, filled: FilledForm, now: datetime) -> Handed:
    """Write what the form reports, within the caller's transaction.

    Raises:
        ImportRefused: invented figures for a real database or the other way round, the month has
            not ended, or a unit is none of this database's.
    """
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": FORMS_LOCK})
    sheet = filled.sheet
    _require_alike(connection, sheet)
    tree = region_tree.load(connection)
    _require_ended(connection, sheet, now)
    region = _region(tree, sheet.region_code, sheet)
    _require_name(region, sheet)
    units = {unit: _unit(tree, region, unit, sheet) for unit in sheet.units}
    if _was_handed_in(connection, filled.file_sha256):
        return _outcome(filled, 0, 0, 0, is_repeat=True)
    given: Pairs = {
        (figure.indicator, units[figure.unit].id): (figure.numerator, figure.denominator)
        for figure in filled.figures
    }
    before = _newest(connection, sheet, {unit.id for unit in units.values()})
    changes = {key: pair for key, pair in given.items() if before.get(key) != pair}
    submission = _submission(connection, filled, region, len(changes))
    source = _source_id(connection)
    # Not the transaction's: a further form in it corrects this one, and its sums.
    at = connection.scalars(select(func.clock_timestamp())).one()
    trace = {"source_id": source, "submission_id": submission, "recorded_at": at}
    _write(connection, sheet, changes, trace)
    sums = _sums_above(connection, tree, sheet, units.values())
    _write(connection, sheet, sums, trace)
    connection.execute(
        update(sources)
        .where(sources.c.id == source)
        .values(last_contact_at=func.now(), last_row_at=func.now())
    )
    changed = sum(key in before for key in changes)
    return _outcome(filled, len(changes) - changed, changed, len(sums), is_repeat=False)


def _code(region: Region) -> str:
    return region.code or str(region.id)


def _require_alike(connection: Connection, sheet: FormSheet) -> None:
    """Refuse to mix invented and real figures."""
    is_demo = facts.is_demo(connection)
    if sheet.is_demo and not is_demo:
        raise ImportRefused(
            f"表 {sheet.number} 是由演示数据库生成的表样，不得导入正式数据库；未作任何改动。"
            "请在正式数据库上用 cockpit template 重新生成表样后填报。"
        )
    if is_demo and not sheet.is_demo:
        raise ImportRefused(
            f"此数据库存放的是演示数据，不得混入真实数字：表 {sheet.number} 不是由它生成的表样；"
            "未作任何改动。请用 COCKPIT_DATABASE_URL 指定另一个数据库。"
        )


def _require_ended(connection: Connection, sheet: FormSheet, now: datetime) -> None:
    zone = ZoneInfo(facts.zone_of(connection))
    end = month_after(sheet.month)
    if now.astimezone(zone).date() < end:
        raise ImportRefused(
            f"{sheet.title}的月份还没有结束，数还会变。请在{end.year}年{end.month}月{end.day}日"
            "以后导入；未作任何改动。"
        )


def _region(tree: RegionTree, code: str, sheet: FormSheet) -> Region:
    try:
        return tree.find(code)
    except UnknownRegion as error:
        raise ImportRefused(
            f"表 {sheet.number} 的区划代码 {code} 不在本库现行区划中。请重新生成表样后填报。"
        ) from error


def _require_name(region: Region, sheet: FormSheet) -> None:
    if region.name != sheet.region_name:
        raise ImportRefused(
            f"表 {sheet.number} 的区划名称（“{TRACE_SHEET}”B6）应为“{region.name}”。"
            "请重新生成表样后填报；未作任何改动。"
        )


def _unit(tree: RegionTree, region: Region, unit: Unit, sheet: FormSheet) -> Region:
    found = _region(tree, unit.code, sheet)
    if found.level != "county" or found not in tree.counties(region):
        raise ImportRefused(
            f"表 {sheet.number} 的单位 {unit.name}（{unit.code}）不在{region.name}的县(市、区)中。"
            "请重新生成表样后填报。"
        )
    return found


def _was_handed_in(connection: Connection, sha256: str) -> bool:
    found = select(form_submissions.c.id).where(form_submissions.c.file_sha256 == sha256)
    return connection.scalar(found) is not None


def _newest(connection: Connection, sheet: FormSheet, region_ids: Iterable[int]) -> Pairs:
    """Newest version of every figure of the form for the month."""
    rows = connection.execute(
        text(
            "select distinct on (indicator, region_id)"
            " indicator, region_id, numerator, denominator from reported_values"
            " where indicator = any(:indicators) and region_id = any(:ids)"
            " and period_start = :start and period_end = :end"
            " order by indicator, region_id, recorded_at desc"
        ),
        {
            "indicators": [figure.indicator for figure in sheet.form.figures],
            "ids": sorted(region_ids),
            "start": sheet.month,
            "end": month_after(sheet.month),
        },
    )
    return {
        (row.indicator, row.region_id): (row.numerator, row.denominator)
        for row in rows
        if row.numerator is not None and row.denominator is not None
    }


def _sums_above(
    connection: Connection, tree: RegionTree, sheet: FormSheet, units: Iterable[Region]
) -> Pairs:
    """Sums of the cities and the province over their units that have reported, where they changed.

    A unit that has not reported is in neither numerator nor denominator.
    """
    above = {region_id for unit in units for region_id in tree.path(unit.id)[1:]}
    parts = {
        region_id: [county.id for county in tree.counties(tree.by_id[region_id])]
        for region_id in above
    }
    reported = _newest(connection, sheet, {unit for ids in parts.values() for unit in ids})
    before = _newest(connection, sheet, above)
    sums: Pairs = {}
    for figure in sheet.form.figures:
        for region_id, ids in parts.items():
            pairs = [
                reported[figure.indicator, unit]
                for unit in ids
                if (figure.indicator, unit) in reported
            ]
            key = (figure.indicator, region_id)
            total = (sum(n for n, _ in pairs), sum(d for _, d in pairs))
            if pairs and before.get(key) != total:
                sums[key] = total
    return sums


def _write(
    connection: Connection, sheet: FormSheet, pairs: Pairs, trace: Mapping[str, object]
) -> None:
    rows: Sequence[dict[str, object]] = [
        {
            "indicator": indicator,
            "region_id": region_id,
            "period_start": sheet.month,
            "period_end": month_after(sheet.month),
            "numerator": numerator,
            "denominator": denominator,
            **trace,
        }
        for (indicator, region_id), (numerator, denominator) in pairs.items()
    ]
    if rows:
        connection.execute(insert(reported_values), rows)


def _submission(connection: Connection, filled: FilledForm, region: Region, written: int) -> int:
    sheet = filled.sheet
    number: int = connection.execute(
        insert(form_submissions)
        .values(
            form=sheet.form.name,
            department=sheet.form.department,
            region_id=region.id,
            period_start=sheet.month,
            period_end=month_after(sheet.month),
            layout_version=sheet.version,
            layout_sha256=sheet.checksum(),
            file_sha256=filled.file_sha256,
            values_written=written,
        )
        .returning(form_submissions.c.id)
    ).scalar_one()
    return number


def _source_id(connection: Connection) -> int:
    """The source of monthly figures: the database's own, or a new one."""
    known: int | None = connection.scalar(
        select(func.min(sources.c.id)).where(sources.c.kind == REPORTED_KIND)
    )
    if known is not None:
        return known
    # Imports keep numbers for sources that they have not written yet.
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": NUMBERING_LOCK})
    taken = [
        connection.scalar(select(func.coalesce(func.max(column), 0))) or 0
        for column in (sources.c.id, import_batches.c.source_id)
    ]
    if connection.scalar(text("select to_regclass('import_staging.new_sources')")) is not None:
        kept = text("select coalesce(max(id), 0) from import_staging.new_sources")
        taken.append(connection.scalar(kept) or 0)
    number = max(taken) + 1
    connection.execute(
        insert(sources).values(
            id=number,
            key=SOURCE_KEY,
            name=SOURCE_NAME,
            kind=REPORTED_KIND,
            cycle_seconds=DAY_SECONDS,
            is_live=False,
        )
    )
    return number


def _outcome(filled: FilledForm, new: int, changed: int, sums: int, *, is_repeat: bool) -> Handed:
    sheet = filled.sheet
    return Handed(
        form=sheet.form.name,
        month=sheet.month,
        region_name=sheet.region_name,
        department=sheet.form.department,
        read=len(filled.figures),
        blank=filled.blank,
        new=new,
        changed=changed,
        sums=sums,
        is_repeat=is_repeat,
    )
