"""A table kind on its street: chunks are read field by field, checked, and staged."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from data_access import facts
from data_access.imports import personal_data, reference_rows
from data_access.imports.batches import Batch, Layout
from data_access.imports.checks import (
    MALFORMED,
    MERGED,
    PERSONAL,
    ROUNDED_REASON,
    UNCALCULATED_REASON,
    UNREADABLE_REASON,
    Finding,
    presentable,
    unusable,
    without_values_beside,
)
from data_access.imports.importing import Published, RefreshRollups
from data_access.imports.mapping import SourceSection
from data_access.imports.personal_columns import is_personal
from data_access.imports.sources.rows import ROUNDED, UNCALCULATED, UNREADABLE, RawChunk, as_text
from data_access.imports.staging import Taken, copy_lines
from data_access.imports.tables import publishing
from data_access.imports.tables.fields import SQL_TYPES, Field, Row, TableKind
from data_access.imports.tables.mapping import TableMapping
from data_access.imports.tables.reading import (
    Known,
    ReadColumn,
    RegionVersion,
    copy_text,
    read_field,
)

# Checks that every field may meet; whether they reject hangs on whether the field is required.
TITLES = {
    MALFORMED.name: MALFORMED.title,
    MERGED.name: MERGED.title,
    PERSONAL: "含个人信息",
    "unreadable_text": "文字编码有误",
    "rounded_number": "数字精度已失",
    "uncalculated": "公式没有计算结果",
    "missing_value": "缺少必填值",
    "unreadable_value": "值无法识别",
    "out_of_range": "值超出范围",
    "too_long": "文字过长",
    "unknown_code": "代码不在对照表",
    "unknown_region": "区域无法识别",
    "wrong_level": "区域层级不符",
    "unknown_organisation": "机构无法识别",
    "broken_outline": "界线无效",
    "absent_time": "当地不存在的时间",
    "ambiguous_time": "当地出现两次的时间",
    "duplicate_row": "同一行重复",
}
SIGNED = (
    ("rounded_number", (ROUNDED,), ROUNDED_REASON),
    ("uncalculated", (UNCALCULATED,), UNCALCULATED_REASON),
    ("unreadable_text", UNREADABLE, UNREADABLE_REASON),
)
# Those about a word that should be in a list.
OF_LISTS = ("unknown_code", "unknown_region", "unknown_organisation")


class TableStreet:
    """Rows of a table kind under one mapping; `now` (with zone): as of cases."""

    def __init__(self, kind: TableKind, mapping: TableMapping, now: datetime) -> None:
        self._kind = kind
        self._mapping = mapping
        self._now = now
        self._known = Known(zone=facts.DEFAULT_ZONE, now=now)
        stated = mapping.stated()
        # The day that chooses regions is read before the regions.
        self._fields = sorted(
            (field for field in kind.fields if field.name in stated),
            key=lambda field: field.name != kind.dated_by,
        )

    @property
    def kind(self) -> str:
        return self._kind.name

    @property
    def source(self) -> SourceSection:
        return self._mapping.source

    @property
    def layout(self) -> Layout:
        computed = {name: kind for name, (kind, _) in self._kind.computed.items()}
        return {field.name: SQL_TYPES[field.type] for field in self._fields} | computed

    @property
    def tables(self) -> tuple[str, ...]:
        return (self._kind.table,)

    def wanted(self) -> list[str]:
        """Columns that are read; see `importing.Street`."""
        return self._mapping.file_columns()

    def refuse(self, connection: Connection) -> None:
        """Refuse demo databases and those of another zone."""
        reference_rows.refuse_foreign_database(connection, self._mapping.database)

    def prepare(self, connection: Connection) -> None:
        """Read the regions and organisations that rows may name."""
        section = self._mapping.database
        zone = section.zone if section else facts.read(connection, "zone")
        types = {field.type for field in self._fields}
        self._known = Known(
            zone=str(zone or facts.DEFAULT_ZONE),
            now=self._now,
            regions=_regions(connection) if "region" in types else {},
            organisations=_organisations(connection) if "organisation" in types else {},
        )

    def take(self, raw: RawChunk) -> Taken:
        """Understand and check a chunk; see `importing.Street`."""
        texts = raw.trimmed()
        count = len(raw.lines)
        days: list[date | None] = [None] * count
        read: list[ReadColumn] = []
        for field in self._fields:
            given = self._texts(field, texts, count)
            read.append(read_field(field, given, days, self._mapping, self._known))
            if field.name == self._kind.dated_by:
                days = [_as_day(value) for value in read[-1].values]
        findings = unusable(raw)
        is_rejected = np.zeros(count, dtype=bool)
        values = {column.field.name: column.values for column in read}
        found = [*self._of_fields(read, days), *self._of_kind(values, read, count)]
        for row, finding in found:
            is_rejected[row] |= finding.rejects
            findings.append(finding._replace(line=raw.lines[row]))
        return Taken(
            ("line", *self.layout),
            copy_lines(self._lines(raw, read, values, is_rejected)),
            "text",
            without_values_beside(_first_of_each(findings)),
            int(is_rejected.sum()) + raw.rows_unusable,
        )

    def finish(self, connection: Connection, batch: Batch) -> None:
        """Duplicates by key, and the kind's own checks of the whole."""
        if self._kind.key:
            publishing.reject_duplicates(connection, batch, self._kind, self._mapping)
        if self._kind.finish:
            self._kind.finish(connection, batch, self._mapping)

    def publish(
        self, connection: Connection, batch: Batch, refresh_rollups: RefreshRollups | None
    ) -> Published:
        """Make the rows visible; roll-ups follow by the triggers of the tables."""
        if self._mapping.database:
            reference_rows.ensure_database(connection, self._mapping.database)
        reference_rows.ensure_source(
            connection, self._mapping.source, self._kind.name, batch.source_id
        )
        if self._kind.before:
            self._kind.before(connection, batch, self._mapping)
        if self._kind.publish:
            published = self._kind.publish(connection, batch, self._mapping)
        else:
            published = publishing.publish(connection, batch, self._kind, self._mapping)
        if self._kind.after:
            self._kind.after(connection, batch, self._mapping)
        return published

    def titles(self) -> dict[str, str]:
        """Titles of all checks of this kind."""
        own = {check.name: check.title for check in self._kind.checks}
        return TITLES | own | dict(self._kind.whole_checks)

    def _texts(self, field: Field, texts: dict[str, list[str]], count: int) -> list[str]:
        column = self._mapping.columns.get(field.name)
        if column is not None:
            return texts[column]
        return [as_text(self._mapping.constants[field.name])] * count

    def _of_fields(
        self, read: list[ReadColumn], days: list[date | None]
    ) -> Iterator[tuple[int, Finding]]:
        for column in read:
            yield from _texts_found(column, days)
            for row, why in column.unusable.items():
                rejects = column.field.required
                reason = why.reason if rejects else f"{why.reason}，此值不计"
                yield row, _finding(why.check, column, rejects, reason, row)
            if column.field.required:
                for row, value in enumerate(column.values):
                    if value is None and row not in column.unusable:
                        yield row, _finding("missing_value", column, True, "必填的值为空", row)
            if column.times is not None:
                for row in np.flatnonzero(column.times.is_absent).tolist():
                    reason = "当地时钟拨快时跳过的时间，按拨快前的时差读取（晚一小时）"
                    yield row, _finding("absent_time", column, False, reason, row)
                for row in np.flatnonzero(column.times.is_ambiguous).tolist():
                    reason = "当地时钟拨慢时出现两次的时间"
                    yield row, _finding("ambiguous_time", column, False, reason, row)

    def _of_kind(
        self, values: dict[str, list[Any]], read: list[ReadColumn], count: int
    ) -> Iterator[tuple[int, Finding]]:
        columns = {column.field.name: column for column in read}
        for check in self._kind.checks:
            if check.field not in columns:
                continue
            for row in range(count):
                reason = check.look(Row(values, row))
                if reason:
                    column = columns[check.field]
                    yield row, _finding(check.name, column, check.rejects, reason, row)

    def _lines(
        self,
        raw: RawChunk,
        read: list[ReadColumn],
        values: dict[str, list[Any]],
        is_rejected: Any,
    ) -> Iterator[str]:
        columns = [column.copied for column in read]
        computed = [function for _, function in self._kind.computed.values()]
        for row, line in enumerate(raw.lines):
            if is_rejected[row]:
                continue
            own = [copy_text(function(Row(values, row))) for function in computed]
            yield "\t".join((str(line), *(column[row] for column in columns), *own))


def _texts_found(column: ReadColumn, days: list[date | None]) -> Iterator[tuple[int, Finding]]:
    """Personal numbers in the texts of a field, and signs that their source has put there."""
    if column.field.type == "outline":
        return
    texts = column.texts
    joined = "\n".join(set(texts))
    if column.field.must_not_be_names and (kind := personal_data.no_names(texts)):
        for row in range(len(texts)):
            reason = f"此列像是{kind}，不得入库"
            found = _finding(PERSONAL, column, True, reason, row)
            yield row, found._replace(value=f"〔像{kind}，已遮蔽〕")
        return
    if column.field.is_scanned and personal_data.might_hold_any(texts):
        for row, text_ in enumerate(texts):
            if _is_own_code(column, row):
                continue
            if kind := personal_data.found_in(text_, days[row]):
                reason = f"含有{kind}，不得入库"
                yield row, _finding(PERSONAL, column, True, reason, row)
    for check, signs, reason in SIGNED:
        if any(sign in joined for sign in signs):
            for row, text_ in enumerate(texts):
                if any(sign in text_ for sign in signs):
                    yield row, _finding(check, column, True, reason, row)


def _is_own_code(column: ReadColumn, row: int) -> bool:
    """A region's code: one that is known, or a new one of 15 digits."""
    if column.field.type == "region":
        return column.values[row] is not None
    text = column.texts[row]
    return column.field.may_have_15_digits and len(text) == 15 and text.isdigit()


def _finding(check: str, column: ReadColumn, rejects: bool, reason: str, row: int) -> Finding:
    return Finding(0, check, column.column, rejects, reason, _shown(check, column, row))


def _shown(check: str, column: ReadColumn, row: int) -> str:
    text_ = column.texts[row]
    if column.field.type == "outline":
        return ""
    if text_ and is_personal(column.column):
        # A number of people by its field: what is found fault with may be a name.
        return f"〔列名像个人信息，已遮蔽，{len(text_)} 个字符〕"
    return presentable(text_, is_word=check in OF_LISTS)


def _first_of_each(findings: list[Finding]) -> list[Finding]:
    """Of several findings of one check on one line the first."""
    first: dict[tuple[int, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.line, finding.check), finding)
    return list(first.values())


def _as_day(value: Any) -> date | None:
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[D]").item()  # type: ignore[no-any-return]
    return value if isinstance(value, date) else None


def _regions(connection: Connection) -> dict[str, list[RegionVersion]]:
    rows = connection.execute(
        text(
            "select code, valid_from, id, level, county_id from regions"
            " where code is not null order by valid_from, id"
        )
    )
    found: dict[str, list[RegionVersion]] = {}
    for row in rows:
        version = RegionVersion(row.valid_from, row.id, row.level, row.county_id)
        found.setdefault(row.code, []).append(version)
    return found


def _organisations(connection: Connection) -> dict[str, int]:
    rows = connection.execute(text("select code, id from organisations"))
    return {row.code: row.id for row in rows}
