"""Rows that cases refer to, created from a mapping where the database lacks them.

Facts of the database, work calendar, regions, source, organisations and class codes. Written by
the publishing transaction only, so nothing of them is seen before the cases are. What exists is
never changed here: it is somebody's data.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pypinyin import lazy_pinyin
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from dashboard.errors import ImportRefused
from dashboard.heat_cells import Origin
from data_access import facts, migrating, red_cards
from data_access.calendar_rows import calendar_rows
from data_access.imports.batches import NEW_SOURCES
from data_access.imports.case_mapping import CaseMapping, ClassRule, HolderRule
from data_access.imports.mapping import (
    MOST_CODES,
    CalendarSection,
    DatabaseSection,
    RegionEntry,
    RegionTree,
    SourceSection,
)
from data_access.schema import (
    code_lists,
    codes,
    incidents,
    organisations,
    regions,
    sources,
    work_calendar,
)
from data_access.schema.regions import LEVELS

# Of codes that a refusal names.
MOST_SHOWN = 10
# One import at a time may number new organisations.
ORGANISATIONS_LOCK = 7_301_013


def known_region_codes(connection: Connection, mapping: CaseMapping) -> frozenset[str]:
    """Codes that a case's region may have: the database's, or those the mapping will create.

    Raises:
        ImportRefused: the database has no regions and the mapping describes none, or has regions
            but not the one for unassigned cases.
    """
    existing = connection.scalars(select(regions.c.code).where(regions.c.code.is_not(None))).all()
    if existing:
        known = frozenset(map(str, existing))
    elif mapping.regions:
        known = frozenset(child.code for child in mapping.regions.children)
    else:
        raise ImportRefused(
            "数据库中没有区划，映射文件也没有 [regions] 一节。"
            "请先导入区划，或在映射文件中写明要建立的区划。"
        )
    unassigned = mapping.region.unassigned
    if unassigned and unassigned not in known:
        raise ImportRefused(
            f"映射文件的键 region.unassigned 指向区划 {unassigned}，数据库中没有。"
            "请改为已有的区划代码，或删去此键（区域不明的行将被拒绝）。"
        )
    return known


def codes_without_county(connection: Connection, mapping: CaseMapping) -> frozenset[str]:
    """Codes of regions that lie in no county and are none: no case can be booked there.

    Raises:
        ImportRefused: the region for unassigned cases is one of them.
    """
    lacking = frozenset(
        connection.scalars(
            select(regions.c.code)
            .where(regions.c.code.is_not(None))
            .group_by(regions.c.code)
            .having(func.bool_and(regions.c.county_id.is_(None)))
        )
    )
    tree = mapping.regions
    has_regions = connection.scalar(select(func.count()).select_from(regions))
    if tree and tree.children_level == "city" and not has_regions:
        lacking = frozenset(child.code for child in tree.children)
    unassigned = mapping.region.unassigned
    if unassigned in lacking:
        raise ImportRefused(
            f"映射文件的键 region.unassigned 指向区划 {unassigned}，它在县（市、区）以上，"
            "案件记不到县。请改为县（市、区）或其下的区划代码，或删去此键（区域不明的行将被拒绝）。"
        )
    return lacking


def refuse_foreign_database(connection: Connection, section: DatabaseSection | None) -> None:
    """Refuse to mix real cases with invented ones, or two zones.

    Raises:
        ImportRefused: the database holds demo data, or has another zone and cases in it.
    """
    if facts.is_demo(connection):
        raise ImportRefused(
            "此数据库存放的是演示数据，不得混入真实案件。"
            "请用 COCKPIT_DATABASE_URL 指定另一个数据库。"
        )
    zone = facts.read(connection, "zone")
    if section and zone not in (None, section.zone) and not _is_empty(connection):
        raise ImportRefused(
            f"数据库的时区是 {zone}，映射文件的键 database.zone 是 {section.zone}。"
            "一个数据库只有一个时区，请改用另一个数据库。"
        )


def refuse_doubled_codes(connection: Connection, rule: ClassRule) -> None:
    """Refuse a mapping whose new codes bear labels that the list has under other codes: its cases
    would be counted apart from those, and not be sensitive where those are.

    Raises:
        ImportRefused: names the new codes and those of the database.
    """
    listed = select(codes.c.code, codes.c.label).where(codes.c.list_key == rule.list_key)
    known = {row.code: row.label for row in connection.execute(listed)}
    code_of = {label: code for code, label in known.items()}
    doubled = [
        f"{entry.label}（写作 {code}，库中是 {code_of[entry.label]}）"
        for code, entry in rule.codes.items()
        if code not in known and entry.label in code_of
    ]
    if doubled:
        shown = "、".join(doubled[:MOST_SHOWN]) + ("等" if len(doubled) > MOST_SHOWN else "")
        raise ImportRefused(
            f"代码表 {rule.list_key} 中已有同名的类别：{shown}。请把映射文件 classes 一节的代码改为"
            "库中的代码；确是另一类的，请改用不同的名称。"
        )


def heat_origin(connection: Connection, mapping: CaseMapping) -> Origin:
    """Origin of the heat cells: the database's, or else the mapping's map centre.

    Raises:
        ImportRefused: coordinates are mapped, but neither says where the cells begin.
    """
    kept = facts.read(connection, "heat_origin")
    if kept:
        return Origin(*map(float, kept))
    if mapping.database.map_centre:
        return Origin(*mapping.database.map_centre)
    if mapping.location is None:
        return Origin(0.0, 0.0)
    raise ImportRefused(
        "映射文件有 [location]，而库中还没有地图中心。"
        "请在映射文件的 [database] 一节写明 map_centre = [经度, 纬度]。"
    )


def ensure(connection: Connection, mapping: CaseMapping, source_id: int) -> None:
    """Create what is missing of everything that the mapping describes."""
    ensure_database(connection, mapping.database)
    if mapping.regions and not connection.scalar(select(func.count()).select_from(regions)):
        connection.execute(insert(regions), list(_region_rows(mapping.regions, mapping)))
    ensure_source(connection, mapping.source, mapping.kind, source_id)
    for rule in (mapping.holder, mapping.centre):
        if rule:
            _ensure_organisations(connection, rule)
    _ensure_codes(connection, mapping)


def ensure_database(connection: Connection, section: DatabaseSection) -> None:
    """Facts and work calendar, where the database has none."""
    _ensure_facts(connection, section)
    if section.calendar:
        _ensure_calendar(connection, section.calendar)


def _is_empty(connection: Connection) -> bool:
    counted = (connection.scalar(select(func.count()).select_from(t)) for t in (regions, incidents))
    return not any(counted)


def _ensure_facts(connection: Connection, section: DatabaseSection) -> None:
    if facts.read(connection, "zone") != section.zone:
        # Triggers and roll-ups are compiled for a zone: an empty database gets them anew.
        migrating.settle(connection, section.zone)
    wanted = {
        "product_name": section.product_name,
        "county_word": section.county_word,
        "heat_origin": list(section.map_centre) if section.map_centre else None,
        "is_demo": False,
    }
    for key, value in wanted.items():
        if value is not None and facts.read(connection, key) is None:
            facts.write(connection, key, value)


def _ensure_calendar(connection: Connection, section: CalendarSection) -> None:
    if connection.scalar(select(func.count()).select_from(work_calendar)):
        return
    rows = calendar_rows(section.first_year, section.last_year, is_official=section.rule == "china")
    # Cases may be there before any calendar: by presumed days, until now.
    red_cards.begin_change(connection)
    connection.execute(insert(work_calendar), list(rows))
    red_cards.end_change(connection)


def _region_rows(tree: RegionTree, mapping: CaseMapping) -> Iterator[dict[str, Any]]:
    """The root with id 1 and its children in the order of the mapping."""
    root_id = 1
    centre = mapping.database.map_centre or (None, None)
    yield {
        **_region_row(root_id, tree.root, tree.root_level, None, tree),
        "city_id": root_id if tree.root_level == "city" else None,
        "centre_lon": centre[0],
        "centre_lat": centre[1],
    }
    for child_id, child in enumerate(tree.children, start=root_id + 1):
        is_city = tree.children_level == "city"
        yield {
            **_region_row(child_id, child, tree.children_level, root_id, tree),
            "city_id": child_id if is_city else root_id,
            "centre_lon": None,
            "centre_lat": None,
        }


def _region_row(
    region_id: int, entry: RegionEntry, level: str, parent_id: int | None, tree: RegionTree
) -> dict[str, Any]:
    return {
        "id": region_id,
        "code": entry.code,
        "name": entry.name,
        "short_name": entry.short_name or entry.name,
        "pinyin": " ".join(lazy_pinyin(entry.name)),
        "level": level,
        "parent_id": parent_id,
        "county_id": region_id if level == LEVELS[2] else None,
        "sort_order": region_id,
        "valid_from": tree.valid_from,
    }


def ensure_source(
    connection: Connection, section: SourceSection, kind: str, source_id: int
) -> None:
    """The source's row, with the number that was kept for it."""
    connection.execute(
        upsert(sources)
        .values(
            id=source_id,
            key=section.key,
            name=section.name,
            kind=kind,
            cycle_seconds=section.cycle_seconds,
            is_live=section.is_live,
        )
        .on_conflict_do_nothing(index_elements=["key"])
    )
    connection.execute(text(f"delete from {NEW_SOURCES} where key = :key"), {"key": section.key})


def number_organisations_alone(connection: Connection) -> None:
    """Have others that bring new organisations wait for the end of this transaction.

    Not a sequence, which would not wait: it leaves gaps wherever an import is killed, so that one
    which goes on would not write the same rows as one that was never disturbed. First imports wait
    for each other mostly all the same, for a code list (渠道) that both bring; later ones bring no
    organisation and wait for none.
    """
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ORGANISATIONS_LOCK})


def _ensure_organisations(connection: Connection, rule: HolderRule) -> None:
    if not _new_organisations(connection, rule):
        return
    number_organisations_alone(connection)
    root_id = connection.scalar(
        select(regions.c.id).where(regions.c.parent_id.is_(None)).order_by(regions.c.id).limit(1)
    )
    last_id = connection.scalar(select(func.coalesce(func.max(organisations.c.id), 0))) or 0
    # Those that another import has brought meanwhile are new no more.
    new = _new_organisations(connection, rule)
    for organisation_id, (code, name) in enumerate(new.items(), start=last_id + 1):
        connection.execute(
            insert(organisations).values(
                id=organisation_id, code=code, name=name, kind=rule.kind, region_id=root_id
            )
        )


def _new_organisations(connection: Connection, rule: HolderRule) -> dict[str, str]:
    """Names by the codes that the database lacks."""
    known = set(connection.scalars(select(organisations.c.code)))
    named = {f"{rule.code_prefix}{value}": name for value, name in sorted(rule.values.items())}
    return {code: name for code, name in named.items() if code not in known}


def _ensure_codes(connection: Connection, mapping: CaseMapping) -> None:
    rule = mapping.classes
    entries = {code: entry.model_dump() for code, entry in rule.codes.items()}
    _ensure_list(connection, mapping, rule.list_key, rule.name, entries)
    if mapping.channel:
        labels = dict.fromkeys([*mapping.channel.values.values(), mapping.channel.default])
        # A channel's label is its code: a wall prints no channel that no list holds.
        entries = {label: {"label": label} for label in labels}
        _ensure_list(connection, mapping, "channel", "渠道", entries)
    kept = connection.scalar(
        select(func.count()).select_from(codes).where(codes.c.list_key == rule.list_key)
    )
    if (kept or 0) > MOST_CODES:
        raise ImportRefused(
            f"代码表 {rule.list_key} 连同此次导入共有 {kept} 个代码，最多 {MOST_CODES} 个："
            "代码表不能代替自由文本。请在映射文件的 classes 一节归并代码后重试。"
        )


def _ensure_list(
    connection: Connection,
    mapping: CaseMapping,
    key: str,
    name: str,
    entries: Mapping[str, Mapping[str, Any]],
) -> None:
    connection.execute(
        upsert(code_lists)
        .values(key=key, name=name, origin=mapping.source.name)
        .on_conflict_do_nothing()
    )
    for order, (code, entry) in enumerate(entries.items()):
        connection.execute(
            upsert(codes)
            .values(list_key=key, code=code, sort_order=order, **entry)
            .on_conflict_do_nothing()
        )
