"""Lists behind the numbers of what is beside cases: visits, staffing, people, codes, outlines.

A place, a time and few words; never the case of a visit or agreement, nor the figures of a town's
staff.
"""

from typing import Any

from sqlalchemy import Row

from dashboard.errors import UnknownAddress
from dashboard.indicators import INDICATOR_BY_KEY
from dashboard.quality import OTHER_WORDS, OtherRow
from dashboard.quality_checks import INCIDENTS
from data_access import quality_others
from data_access.quality_listing import Asked, Listing
from data_access.quality_window import window_of

_COUNTY = "left join regions r on r.id = o.county_id"
_TOWN = "left join regions r on r.id = o.town_id"
_REGION = "left join regions r on r.id = o.region_id"
_PLACE = "coalesce(r.name, '未知区划')"
# Of each kind: tables that give names, name, time, words.
_SHOWN = {
    "receptions": (_COUNTY, _PLACE, "o.received_at", "o.people || '人次'"),
    "return_visits": (_COUNTY, _PLACE, "o.visited_at", "''"),
    "agreements": (_COUNTY, _PLACE, "o.signed_at", "''"),
    "staffing": (_TOWN, _PLACE, "o.day", "''"),
    "patrols": (_TOWN, _PLACE, "o.day", "''"),
    "organisations": (_REGION, "o.name", "null::date", _PLACE),
    "codes": (
        "left join code_lists l on l.key = o.list_key",
        "o.label",
        "null::date",
        "coalesce(l.name, o.list_key) || ' ' || o.code",
    ),
    "targets": (_REGION, _PLACE, "o.valid_from", "o.indicator"),
}


def others(asked: Asked) -> Listing:
    """Rows of one kind of other data, or the counties that have some.

    Raises:
        UnknownAddress: there is no such kind, or none such that is told by counties.
    """
    kind = asked.address.other or ""
    parameters = _parameters(asked)
    if asked.address.result == "covered":
        if kind not in quality_others.COVERED:
            raise UnknownAddress(f"其他数据中没有按县(市、区)计覆盖的 {kind}。")
        covered = quality_others.COVERED[kind]
        return Listing(
            title=f"有{OTHER_WORDS[kind]}的县(市、区)",
            about=_span(asked, kind),
            columns="r.name, o.at, '' as about",
            rows="from (select d.county_id, max(d.at) as at"
            f" from ({covered}) d group by 1) o join regions r on r.id = o.county_id",
            order="r.code, r.id",
            parameters=parameters,
        )
    if kind not in _SHOWN:
        raise UnknownAddress(f"其他数据中没有 {kind} 的清单。")
    tables, name, at, about = _SHOWN[kind]
    return Listing(
        title=OTHER_WORDS[kind],
        about=_span(asked, kind),
        columns="x.name, x.at, x.about",
        rows=f"from (select {name} as name, {at} as at, {about} as about"
        f" from {quality_others.rows_of(kind, tables)}) x",
        order="x.at desc, x.name, x.about",
        parameters=parameters,
    )


def outlines(asked: Asked) -> Listing:
    """Regions of a set of lines: of one level, or else those whose lines are illustrative."""
    level = asked.address.level
    condition = "r.is_illustrative" if level is None else "g.level = :level"
    return Listing(
        title="界线" if level else "示意的界线",
        about="界线与审图号",
        columns="coalesce(r.name, '未知区划') as name, null::date as at,"
        " case when r.is_illustrative then '示意' else '' end as about",
        rows="from region_geometries g left join regions r on r.id = g.region_id"
        f" where g.set_id = :outline and {condition}",
        order="r.code, g.region_id",
        parameters={"outline": asked.address.outline, "level": level},
    )


def row(found: Row[Any]) -> OtherRow:
    """A row of these lists; an indicator by its title."""
    indicator = INDICATOR_BY_KEY.get(found.about)
    return OtherRow(
        name=found.name, at=found.at, about=indicator.title if indicator else found.about
    )


def _span(asked: Asked, kind: str) -> str:
    return f"近{asked.address.days}天" if kind in quality_others.COMES_DAILY else "全部时间"


def _parameters(asked: Asked) -> dict[str, Any]:
    window = window_of(
        asked.connection, None, INCIDENTS, asked.address.days, asked.as_of, asked.zone
    )
    counties = [county.id for county in asked.place.counties]
    return quality_others.bound(window, counties, asked.zone)
