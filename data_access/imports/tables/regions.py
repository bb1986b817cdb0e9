"""The kind `regions`: identity beyond the code, parents by code, ancestors as they are today."""

from typing import Any

from pypinyin import lazy_pinyin
from sqlalchemy import Connection, text

from data_access.imports.batches import Batch
from data_access.imports.importing import Published
from data_access.imports.tables.fields import Field, Row, TableCheck, TableKind
from data_access.imports.tables.mapping import TableMapping
from data_access.imports.tables.rejecting import FUTURE, reject, reject_days_to_come
from data_access.schema.regions import LEVELS

LINEAGE = ("renamed", "recoded", "merged", "split", "moved")
UNKNOWN_PARENT, WRONG_PARENT = "unknown_parent", "wrong_parent"
CHANGED_LEVEL, FORMER_VERSION = "changed_level", "former_version"
MOST_LEVELS = len(LEVELS)
# Code, line and level of the rows of the file that came so far, whatever becomes of them here.
HANDED = "handed_regions"
# What a code looks like: a reason is shown where values are not.
CODE = "^[0-9A-Za-z]{1,12}$"
_SAME = "r.code = s.code and r.valid_from = s.valid_from"
# Columns of the table that a file may state.
OPTIONAL = (
    *("short_name", "valid_to", "is_administrative", "is_illustrative", "sort_order"),
    *("area_km2", "centre_lon", "centre_lat"),
)


def _pinyin(row: Row) -> str:
    return " ".join(lazy_pinyin(row["name"])) if row.get("name") else ""


def _in_order(row: Row) -> str | None:
    first, last = row.get("valid_from"), row.get("valid_to")
    return "valid_to 应晚于 valid_from" if first and last and last <= first else None


def _has_lineage(row: Row) -> str | None:
    if row.get("predecessor") and not row.get("lineage"):
        return "写了前身，也应写 lineage（如 renamed、merged、split）"
    return None


def finish(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """Reject days to come, codes that change their level, versions before the one that is there,
    and regions whose parent is neither in the file nor in the database, and so on down.
    """
    _remember(connection, batch)
    but = "（被拒绝的行不算在内）" if _has_unread_rows(connection, batch) else ""
    reject_days_to_come(connection, batch, mapping)
    _reject_changed_levels(connection, batch, mapping)
    _reject_former_versions(connection, batch, mapping)
    if "parent" not in mapping.stated():
        return
    for _ in range(MOST_LEVELS):
        if not _reject_orphans(connection, batch, mapping, but):
            return


def _remember(connection: Connection, batch: Batch) -> None:
    connection.execute(
        text(
            f"create temporary table {HANDED} on commit drop as"
            f" select code, min(line) as line, min({_rank('level')}) as rank"
            f" from {batch.table} group by code"
        )
    )


def _has_unread_rows(connection: Connection, batch: Batch) -> bool:
    """Whether rows of the file are rejected before any is compared with others."""
    unread = (
        "select exists (select from import_findings where batch_id = :batch and is_rejection = 1)"
    )
    return bool(connection.scalar(text(unread), {"batch": batch.id}))


def _rank(column: str) -> str:
    """1 for a province … 6 for a grid, as SQL."""
    levels = ", ".join(f"'{level}'" for level in LEVELS)
    return f"array_position(array[{levels}], {column})"


def _reject_changed_levels(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """What is below a region, and the cases booked in it, rest on its level."""
    other = "o.code = s.code and o.level <> s.level"
    for where, condition in (
        ("库中", f"exists (select from regions o where {other})"),
        ("文件中", f"exists (select from {batch.table} o where {other} and o.line < s.line)"),
    ):
        reason = f"{where}此代码是另一层级；层级有变的区域请用新代码，并以前身代码相连"
        reject(connection, batch, mapping, "level", CHANGED_LEVEL, reason, condition, "s.level")


def _reject_former_versions(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """New versions that begin before one in the database, and don't say that they end by then."""
    has_end = "valid_to" in mapping.stated()
    overlaps = "(s.valid_to is null or s.valid_to > o.valid_from)" if has_end else "true"
    condition = f"""
      exists (select from regions o where o.code = s.code and o.valid_from > s.valid_from
        and {overlaps})
      and not exists (select from regions r where {_SAME})"""
    reason = "库中此代码已有更晚启用的版本；补录以前的版本须写明终止日，不晚于其后版本的起始日"
    day = "s.valid_from::text"
    reject(connection, batch, mapping, "valid_from", FORMER_VERSION, reason, condition, day)


# Of a rejected row `g`: its parent's code, and what to do where nothing stands above it.
_SHOWN = f"case when g.parent ~ '{CODE}' then ' ' || g.parent || ' ' else '' end"
_TOP = f"""
  case when g.rank = (select min(rank) from {HANDED})
      and not exists (select from regions r where {_rank("r.level")} < g.rank)
    then '；最高一级的上级请留空' else '' end"""


def _reject_orphans(connection: Connection, batch: Batch, mapping: TableMapping, but: str) -> int:
    """Reject regions without a parent above them; `but` is what a reason says of rejected rows.

    Returns how many there were.
    """
    return connection.execute(
        text(
            f"""
            with parents as (
              select code, level from regions union all select code, level from {batch.table}
            ), judged as (
              select s.line, s.code, s.parent, {_rank("s.level")} as rank,
                count(p.code) = 0 as is_unknown,
                coalesce(bool_or({_rank("p.level")} < {_rank("s.level")}), false) as is_above
              from {batch.table} s
              left join parents p on p.code = s.parent and p.code <> s.code
              where s.parent is not null
              group by s.line, s.code, s.parent, s.level
            ), gone as (
              delete from {batch.table} s using judged j
              where j.line = s.line and not j.is_above
              returning j.*
            )
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, g.line, case when is_unknown then :unknown else :wrong end, :column, 1,
              case when not is_unknown then '上级区域的层级不高于本区域'
                when h.line is not null
                  then '上级区域' || {_SHOWN} || '在第 ' || h.line || ' 行被拒绝，请先改正该行'
                else '文件和区划表中都没有上级区域' || rtrim({_SHOWN}) || :but || {_TOP} end,
              left(g.parent, 200)
            from gone g left join {HANDED} h on h.code = g.parent and h.code <> g.code
            """
        ),
        {
            "batch": batch.id,
            "unknown": UNKNOWN_PARENT,
            "wrong": WRONG_PARENT,
            "but": but,
            "column": mapping.columns.get("parent", "parent"),
        },
    ).rowcount


def publish(connection: Connection, batch: Batch, mapping: TableMapping) -> Published:
    """New versions of codes are new regions; the version before ends where the new one begins."""
    stated = [name for name in OPTIONAL if name in mapping.stated()]
    values = {name: f"s.{name}" for name in stated}
    values |= {"name": "s.name", "pinyin": "s.pinyin", "level": "s.level"}
    values["short_name"] = "coalesce(s.short_name, s.name)" if "short_name" in stated else "s.name"
    for flag, default in (("is_administrative", "true"), ("is_illustrative", "false")):
        if flag in stated:
            values[flag] = f"coalesce(s.{flag}, {default})"
    if "sort_order" in stated:
        values["sort_order"] = "coalesce(s.sort_order, 0)"
    total = _count(connection, batch)
    first = int(connection.scalar(text("select coalesce(max(id), 0) from regions")) or 0)
    inserted = _insert(connection, batch, values, first)
    updated = _update(connection, batch, values)
    if "parent" in mapping.stated():
        updated += _set_parents(connection, batch, first)
    _end_former_versions(connection, batch)
    _set_ancestors(connection)
    if "predecessor" in mapping.stated():
        _set_lineage(connection, batch)
    return Published(inserted, updated, max(total - inserted - updated, 0))


def _count(connection: Connection, batch: Batch) -> int:
    return int(connection.scalar(text(f"select count(*) from {batch.table}")) or 0)


def _insert(connection: Connection, batch: Batch, values: dict[str, str], first: int) -> int:
    return connection.execute(
        text(
            f"""
            insert into regions (id, code, valid_from, {", ".join(values)})
            select :first + row_number() over (order by s.line), s.code, s.valid_from,
              {", ".join(values.values())}
            from {batch.table} s
            where not exists (select from regions r where {_SAME})
            order by s.line
            """
        ),
        {"first": first},
    ).rowcount


def _update(connection: Connection, batch: Batch, values: dict[str, str]) -> int:
    return connection.execute(
        text(
            f"""
            update regions r set {", ".join(f"{name} = {value}" for name, value in values.items())}
            from {batch.table} s
            where {_SAME} and ({", ".join(f"r.{name}" for name in values)})
              is distinct from ({", ".join(values.values())})
            """
        )
    ).rowcount


def _set_parents(connection: Connection, batch: Batch, first: int) -> int:
    """The version of the parent that is valid when the region begins, or else its latest.

    Returns how many regions that were there before got another parent.
    """
    moved = connection.execute(
        text(
            f"""
            update regions r set parent_id = found.parent_id
            from (
              select distinct on (s.line) s.code, s.valid_from, p.id as parent_id
              from {batch.table} s
              left join regions p on p.code = s.parent
              order by s.line,
                (p.valid_from <= s.valid_from
                 and s.valid_from < coalesce(p.valid_to, 'infinity')) desc nulls last,
                p.valid_from desc nulls last
            ) found
            where r.code = found.code and r.valid_from = found.valid_from
              and r.parent_id is distinct from found.parent_id
            returning r.id
            """
        )
    ).scalars()
    return sum(region_id <= first for region_id in moved)


def _end_former_versions(connection: Connection, batch: Batch) -> None:
    """Each version of the codes ends where its next one begins, or before."""
    connection.execute(
        text(
            f"""
            update regions r set valid_to = v.next
            from (
              select id, lead(valid_from) over (partition by code order by valid_from) as next
              from regions where code in (select code from {batch.table})
            ) v
            where r.id = v.id and (r.valid_to is null or r.valid_to > v.next)
              and v.next is not null
            """
        )
    )


def _set_ancestors(connection: Connection) -> None:
    """City, county and town of every region, by the parents of today."""
    kept = ", ".join(
        f"case when level = '{level}' then id else {{above}}{level}_id end as {level}_id"
        for level in ("city", "county", "town")
    )
    root = kept.replace("{above}city_id", "null::int").replace("{above}county_id", "null::int")
    root = root.replace("{above}town_id", "null::int")
    below = ", ".join(
        f"case when r.level = '{level}' then r.id else t.{level}_id end"
        for level in ("city", "county", "town")
    )
    connection.execute(
        text(
            f"""
            with recursive tree (id, city_id, county_id, town_id) as (
              select id, {root} from regions where parent_id is null
              union all
              select r.id, {below} from regions r join tree t on r.parent_id = t.id
            )
            update regions r set city_id = t.city_id, county_id = t.county_id, town_id = t.town_id
            from tree t
            where t.id = r.id and (r.city_id, r.county_id, r.town_id)
              is distinct from (t.city_id, t.county_id, t.town_id)
            """
        )
    )


def _set_lineage(connection: Connection, batch: Batch) -> None:
    """The predecessor is the last version of its code that began earlier."""
    connection.execute(
        text(
            f"""
            insert into region_lineage (predecessor_id, successor_id, effective_on, kind)
            select distinct on (s.line) before.id, r.id, s.valid_from, s.lineage
            from {batch.table} s
            join regions r on {_SAME}
            join regions before on before.code = s.predecessor and before.id <> r.id
              and before.valid_from < s.valid_from
            where s.lineage is not null
            order by s.line, before.valid_from desc
            on conflict do nothing
            """
        )
    )


def _fields() -> tuple[Field, ...]:
    def optional(name: str, title: str, type: Any, *words: str, **options: Any) -> Field:
        return Field(name, title, type, required=False, words=words, **options)

    code: dict[str, Any] = {"longest": 20, "may_have_15_digits": True}
    return (
        Field(
            *("code", "区划代码", "code"),
            words=("代码", "编码", "code"),
            longest=20,
            may_have_15_digits=True,
        ),
        Field("name", "名称", "name", words=("名称", "全称", "name"), longest=60),
        Field("level", "层级", "choice", words=("层级", "级别", "level"), choices=LEVELS),
        Field("valid_from", "起始日", "date", words=("起始", "启用", "生效", "valid_from")),
        optional("parent", "上级代码", "code", *("上级", "父", "parent"), **code),
        optional("valid_to", "终止日", "date", "终止", "失效", "valid_to"),
        optional("short_name", "简称", "name", "简称", "short", longest=40),
        optional("sort_order", "排序号", "integer", "排序", "顺序", "sort"),
        optional("is_administrative", "是否行政区", "flag", "行政区", "administrative"),
        optional("is_illustrative", "界线是否示意", "flag", "示意", "illustrative"),
        optional("area_km2", "面积（平方公里）", "number", "面积", "area", minimum=0),
        optional("centre_lon", "中心经度", "number", "经度", "lon"),
        optional("centre_lat", "中心纬度", "number", "纬度", "lat"),
        optional("predecessor", "前身代码", "code", *("前身", "原代码"), **code),
        optional("lineage", "沿革", "choice", "沿革", "变更", choices=LINEAGE),
    )


REGIONS = TableKind(
    name="regions",
    title="区划",
    table="regions",
    fields=_fields(),
    key=("code", "valid_from"),
    dated_by="valid_from",
    checks=(
        TableCheck("validity", "起止日期颠倒", "valid_to", _in_order),
        TableCheck("no_lineage", "缺少沿革", "predecessor", _has_lineage),
    ),
    computed={"pinyin": ("text", _pinyin)},
    whole_checks={
        FUTURE: "日期还未到",
        CHANGED_LEVEL: "层级与同一代码不符",
        FORMER_VERSION: "早于已有的版本",
        UNKNOWN_PARENT: "上级区域无法识别",
        WRONG_PARENT: "上级区域层级不符",
    },
    finish=finish,
    publish=publish,
)
