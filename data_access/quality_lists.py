"""The rows behind the numbers of a quality report: a page of them, or all for a file.

Never a person and never the value that was refused: of a file the line, the column and the reason,
of a case its number, place and class. A sensitive case keeps its place in the list, so that the
list is as long as its number, and hides what it is about.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text

from dashboard.errors import UnknownAddress
from dashboard.quality import CaseRow, FindingRow, ListRow, QualityList, UnitRow
from dashboard.quality_addresses import QualityAddress
from dashboard.quality_checks import CHECK_BY_KEY, SUBJECT_WORDS, reason_in_words
from dashboard.reporting_forms import form_named, month_named
from dashboard.scope import Scope
from data_access import (
    facts,
    form_readings,
    quality_import_lists,
    quality_imports,
    quality_other_lists,
    quality_sources,
    quality_sql,
)
from data_access.database import Database, planned_for_this_moment
from data_access.quality_listing import Asked, Listing
from data_access.quality_readings import READ_SECONDS
from data_access.quality_window import place_of, window_of

PAGE_SIZE = 50
ROWS_AT_ONCE = 1_000
# A file for a spreadsheet; more rows than one can hold are asked for by region or by day.
MOST_ROWS_OF_A_FILE = 200_000


def read(
    database: Database, address: QualityAddress, *, now: datetime, scope: Scope | None = None
) -> QualityList:
    """The page of the list that an address asks for.

    Raises:
        UnknownAddress: the address names nothing of this database, or nothing of this scope.
        UnknownRegion, DatabaseUnavailable, DataUnavailable.
    """
    with _asked(database, address, now, scope) as asked:
        if address.kind == "form":
            title, about, units = _units(asked)
            first = (address.page - 1) * PAGE_SIZE
            rows: tuple[ListRow, ...] = tuple(units[first : first + PAGE_SIZE])
            return _list(asked, title, about, "", len(units), rows)
        listing = _listing(asked)
        total = asked.connection.scalar(text(f"select count(*) {listing.rows}"), listing.parameters)
        found = asked.connection.execute(
            text(
                f"select {listing.columns} {listing.rows} order by {listing.order}"
                " limit :limit offset :offset"
            ),
            listing.parameters | {"limit": PAGE_SIZE, "offset": (address.page - 1) * PAGE_SIZE},
        )
        rows = tuple(_row(row) for row in found)
        return _list(asked, listing.title, listing.about, listing.consequence, total or 0, rows)


def every(
    database: Database, address: QualityAddress, *, now: datetime, scope: Scope | None = None
) -> Iterator[ListRow]:
    """All rows of the list, at most `MOST_ROWS_OF_A_FILE`, read as they are taken.

    Raises as `read` does, at the first row.
    """
    with _asked(database, address, now, scope) as asked:
        if address.kind == "form":
            yield from _units(asked)[2]
            return
        listing = _listing(asked)
        found = asked.connection.execute(
            text(f"select {listing.columns} {listing.rows} order by {listing.order} limit :limit"),
            listing.parameters | {"limit": MOST_ROWS_OF_A_FILE},
            execution_options={"yield_per": ROWS_AT_ONCE},
        )
        for row in found:
            yield _row(row)


@contextmanager
def _asked(
    database: Database, address: QualityAddress, now: datetime, scope: Scope | None
) -> Iterator[Asked]:
    as_of = min(address.as_of or now, now).astimezone(UTC)
    with (
        database.read(timeout_seconds=READ_SECONDS) as connection,
        planned_for_this_moment(connection),
    ):
        place = place_of(connection, address.region, scope)
        found = quality_sources.states(connection, as_of, tells_errors=place.is_whole)
        yield Asked(
            connection=connection,
            address=address,
            place=place,
            as_of=as_of,
            zone=ZoneInfo(facts.zone_of(connection)),
            sources={source.key: source for source in found},
        )


def _list(
    asked: Asked,
    title: str,
    about: str,
    consequence: str,
    total: int,
    rows: tuple[ListRow, ...],
) -> QualityList:
    known = facts.read_all(asked.connection)
    return QualityList(
        title=title,
        about=about,
        consequence=consequence,
        as_of=asked.as_of,
        zone=asked.zone.key,
        product_name=known.get("product_name", "综治中心数字驾驶舱"),
        is_demo=bool(known.get("is_demo", False)),
        region_name=asked.place.region.name,
        total=total,
        page=asked.address.page,
        page_size=PAGE_SIZE,
        rows=rows,
    )


def _listing(asked: Asked) -> Listing:
    kinds: dict[str, Callable[[Asked], Listing]] = {
        "cases": _cases,
        "county": _cases_of_county,
        "findings": quality_import_lists.findings,
        "batches": quality_import_lists.batches,
        "others": quality_other_lists.others,
        "outlines": quality_other_lists.outlines,
    }
    return kinds[asked.address.kind](asked)


def _cases(asked: Asked) -> Listing:
    """Cases that a check names, of one source or of all."""
    address = asked.address
    check, subject = CHECK_BY_KEY[address.check or ""], address.subject or ""
    if subject not in check.subjects:
        raise UnknownAddress(f"{SUBJECT_WORDS[subject]}没有“{check.title}”这项检查。")
    source, source_id = asked.source(), asked.source_id()
    window = window_of(asked.connection, source, subject, address.days, asked.as_of, asked.zone)
    parameters: dict[str, Any] = {
        "start": window.start,
        "end": window.end,
        "counties": list(asked.place.booked),
        "zone": asked.zone.key,
    }
    only = ""
    if source_id is not None:
        only = " and i.source_id = :source"
        parameters["source"] = source_id
    last = window.end.astimezone(asked.zone)
    first = window.start.astimezone(asked.zone)
    return Listing(
        title=check.title,
        about=f"{source.name if source else '全部来源'} · {SUBJECT_WORDS[subject]}"
        f" · {first.month}月{first.day}日—{last.month}月{last.day}日登记",
        consequence=check.consequence,
        columns=_case_columns(subject, quality_sql.reason(check.key, subject)),
        rows=f"{_with_words(subject)}{only} and {quality_sql.missing(check.key, subject)}",
        order=_NEWEST_FIRST,
        parameters=parameters,
    )


def _cases_of_county(asked: Asked) -> Listing:
    """Cases booked under a county that is none of today's."""
    address = asked.address
    subject, county = address.subject or "", address.county or 0
    if county not in asked.place.booked and not asked.place.is_whole:
        raise UnknownAddress(f"区划编号 {county} 不在本页的数据范围内。")
    ended = asked.place.tree.abolished.get(county)
    return Listing(
        title=f"登记在{ended.name if ended else f'未知区划{county}'}的{SUBJECT_WORDS[subject]}",
        about="全部时间",
        columns=_case_columns(subject, "'stray'"),
        rows=_with_words(subject, "where i.county_id = :county"),
        order=_NEWEST_FIRST,
        parameters={"county": county},
    )


def _units(asked: Asked) -> tuple[str, str, list[ListRow]]:
    """Units that have not reported all of a form, or that have, in the province's order."""
    form = form_named(asked.address.form or "")
    month = month_named(asked.address.month or "")
    counties = asked.place.counties
    found = form_readings.handed_in(
        asked.connection, [county.id for county in counties], [month], asked.as_of
    )
    rows: list[ListRow] = []
    for county in counties:
        lacks = form_readings.lacking(form, month, county.id, found)
        is_missing = len(lacks) == len(form.figures)
        state = ("missing" if is_missing else "partial") if lacks else "complete"
        if asked.address.result == state or (lacks and asked.address.result is None):
            rows.append(
                UnitRow(
                    city_name=asked.place.tree.place_of(county.id)[0],
                    unit_name=county.name,
                    lacks=lacks,
                    is_missing=is_missing,
                )
            )
    about = f"{form.department} · {month.year}年{month.month}月 · {len(counties)}个单位应报"
    what = {"missing": "未报送", "partial": "部分报送", "complete": "已报全"}.get(
        asked.address.result or "", "未报全"
    )
    return f"{form.name}月报{what}的单位", about, rows


_NEWEST_FIRST = "i.registered_at desc, i.home_county_id, i.source_id, i.case_no, i.registered_month"


def _case_columns(subject: str, reason: str) -> str:
    class_list = quality_sql.CLASS_LISTS[subject]
    return (
        "i.case_no, i.county_id, c.name as county_name, t.name as town_name,"
        " k.label as class_label, i.registered_at, i.closed_at is not null as is_closed,"
        " (i.is_sensitive or coalesce(i.class_code, '') = any (array(select code from codes"
        f" where list_key = '{class_list}' and is_sensitive))) as is_hidden,"
        f" {reason} as reason_code"
    )


def _with_words(subject: str, where: str | None = None) -> str:
    """FROM and WHERE with the tables that give names."""
    found = quality_sql.rows_between(subject)
    tables, _, conditions = found.partition(" where ")
    class_list = quality_sql.CLASS_LISTS[subject]
    return (
        f"{tables} left join regions c on c.id = i.county_id"
        " left join regions t on t.id = i.town_id"
        f" left join codes k on k.list_key = '{class_list}' and k.code = i.class_code"
        f" {where or f'where {conditions}'}"
    )


def _row(row: Row[Any]) -> ListRow:
    known = row._mapping
    if "has_findings" in known:
        return quality_imports.batch_of(row)
    if "about" in known:
        return quality_other_lists.row(row)
    if "line" in known:
        return FindingRow(
            batch_id=row.batch_id,
            started_at=row.started_at,
            line=row.line,
            column=row.column_name or "",
            is_rejection=bool(row.is_rejection),
            reason=row.reason,
        )
    return CaseRow(
        case_no=None if row.is_hidden else row.case_no,
        county_name=row.county_name or f"未知区划{row.county_id}",
        town_name=None if row.is_hidden else row.town_name,
        class_label=None if row.is_hidden else row.class_label,
        registered_at=row.registered_at,
        is_closed=row.is_closed,
        reason=reason_in_words(row.reason_code),
    )
