"""All kinds that are tables, by name. The simple ones are declared here and nowhere else."""

from sqlalchemy import Connection, text

from dashboard.work_calendar import FIRST_YEAR, LAST_YEAR
from data_access import red_cards, rollups
from data_access.imports import reference_rows
from data_access.imports.batches import Batch
from data_access.imports.tables.fields import (
    LARGEST_SMALLINT,
    Field,
    Row,
    TableCheck,
    TableKind,
)
from data_access.imports.tables.mapping import TableMapping
from data_access.imports.tables.outlines import OUTLINES
from data_access.imports.tables.regions import REGIONS
from data_access.imports.tables.reported import REPORTED_FIGURES, TARGETS
from data_access.imports.tables.steps import STEPS_OF_CASES
from data_access.imports.tables.zones import TOWNS_OF_ZONES
from data_access.schema.cases import CATEGORIES

ORGANISATION_KINDS = ("department", "centre", "committee", "platform", "grid_team")
LONGEST_LABEL = 40
MOST_CODES = 1_000
TOO_MANY_CODES = "too_many_codes"


def _of_staff(name: str) -> TableCheck:
    def more_than_staff(row: Row) -> str | None:
        most, some = row.get("staff"), row.get(name)
        return f"多于在册 {most} 人" if most is not None and (some or 0) > most else None

    return TableCheck("more_than_staff", "多于在册人数", name, more_than_staff)


def _more_than_due(row: Row) -> str | None:
    due, done = row.get("due"), row.get("done")
    return "完成多于应完成" if due is not None and (done or 0) > due else None


def _no_year_of_ours(row: Row) -> str | None:
    day = row.get("day")
    if day is None or FIRST_YEAR <= day.year <= LAST_YEAR:
        return None
    return f"年份不在 {FIRST_YEAR} 至 {LAST_YEAR} 之间"


def _before_organisations(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    reference_rows.number_organisations_alone(connection)


def _before_calendar(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    red_cards.begin_change(connection)


def _after_calendar(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """Days that no file lists are presumed (推定) by their weekday, as offices hand over only what
    differs; workday_no counts the working days up to each day, over the whole calendar.
    """
    connection.execute(
        text(
            """
            insert into work_calendar (day, is_workday, is_presumed, workday_no)
            select day::date, extract(isodow from day) < 6, true, 0
            from (select date_trunc('year', min(day)::timestamp) as first,
                    date_trunc('year', max(day)::timestamp) + interval '1 year' as beyond
                  from work_calendar) years,
              generate_series(first, beyond - interval '1 day', interval '1 day') as day
            on conflict do nothing
            """
        )
    )
    connection.execute(
        text(
            """
            update work_calendar c set workday_no = n.number
            from (select day, sum(is_workday::int) over (order by day) as number
                  from work_calendar) n
            where n.day = c.day and c.workday_no is distinct from n.number
            """
        )
    )
    red_cards.end_change(connection)


def _reject_long_lists(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """Too many codes are free text: those that come last are rejected."""
    connection.execute(
        text(
            f"""
            with ranked as (
              select line, list_key, row_number() over (partition by list_key order by line)
                + (select count(*) from codes c where c.list_key = s.list_key
                   and c.code not in (select code from {batch.table} o
                                      where o.list_key = s.list_key)) as place
              from {batch.table} s
            ), gone as (
              delete from {batch.table} s using ranked r
              where r.line = s.line and r.place > :most returning s.line, s.list_key
            )
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, line, :check, 'list_key', 1,
              '一个代码表最多 ' || :most || ' 个代码：代码表不能代替自由文本', list_key from gone
            """
        ),
        {"batch": batch.id, "check": TOO_MANY_CODES, "most": MOST_CODES},
    )


def _follow_marks(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """Cases of a class that is sensitive from now on leave the heat with this transaction."""
    rollups.follow_classes(connection)


def _write_lists(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    title = "max(s.list_name)" if "list_name" in mapping.stated() else "cast(null as text)"
    connection.execute(
        text(
            "insert into code_lists (key, name, origin)"
            f" select s.list_key, coalesce({title}, :name), :name from {batch.table} s group by 1"
            " on conflict do nothing"
        ),
        {"name": mapping.source.name},
    )


COUNTY = ("县区", "区县", "县市区", "县（市、区）", "县(市、区)")
REGION = ("区划", "代码", "区域", "region", "code")
TOWN = Field(
    *("town", "乡镇（街道）代码", "region"),
    column="town_id",
    levels=("town",),
    words=("乡镇", "街道", "town", *REGION),
)
DAY = Field("day", "日期", "date", words=("日期", "日", "date", "day"))
STAFF = Field("staff", "在册人数", "integer", minimum=0, words=("在册", "总数", "staff"))
COUNTY_OF_TOWN = {"county_id": "(select r.county_id from regions r where r.id = s.town)"}


def _count(name: str, title: str, *words: str) -> Field:
    return Field(name, title, "integer", minimum=0, words=words)


SIMPLE = (
    TableKind(
        name="organisations",
        title="机构",
        table="organisations",
        fields=(
            Field("code", "机构代码", "code", words=("代码", "编码", "code"), longest=40),
            Field(
                *("name", "机构名称", "name"),
                words=("名称", "单位名称", "机构", "单位", "name"),
                longest=60,
                must_not_be_names=True,
            ),
            Field(
                *("kind", "机构类型", "choice"),
                words=("类型", "类别", "单位类型", "单位类别", "机构类别", "kind"),
                choices=ORGANISATION_KINDS,
            ),
            Field("region", "所属区划代码", "region", column="region_id", words=(*REGION, *COUNTY)),
            Field(
                *("level", "星级", "integer"),
                required=False,
                minimum=0,
                maximum=LARGEST_SMALLINT,
                words=("星级", "level"),
            ),
        ),
        key=("code",),
        at_first={
            "id": "(select coalesce(max(o.id), 0) from organisations o)"
            " + row_number() over (order by s.line)"
        },
        before=_before_organisations,
    ),
    TableKind(
        name="receptions",
        title="接待",
        table="receptions",
        fields=(
            Field("reception_no", "接待编号", "code", words=("编号", "单号", "序号", "no")),
            Field(
                *("region", "区划代码", "region"),
                column="county_id",
                keep="county_id",
                words=(*REGION, *COUNTY),
            ),
            Field("received_at", "接待时间", "instant", words=("接待时间", "时间", "time")),
            Field(
                *("people", "人次", "integer"),
                minimum=1,
                maximum=LARGEST_SMALLINT,
                words=("人次", "人数", "people"),
            ),
            Field("is_accepted", "是否受理", "flag", words=("受理", "accepted")),
            Field(
                *("centre", "中心代码", "organisation"),
                required=False,
                column="centre_id",
                words=("中心", "centre"),
            ),
        ),
        key=("reception_no",),
        dated_by="received_at",
        has_source=True,
    ),
    TableKind(
        name="staffing",
        title="网格员力量",
        table="staffing",
        fields=(
            *(TOWN, DAY, STAFF),
            _count("online", "在线人数", "在线", "online"),
            _count("reporting", "上报人数", "上报", "reporting"),
        ),
        key=("town", "day"),
        dated_by="day",
        checks=(_of_staff("online"), _of_staff("reporting")),
        derived=COUNTY_OF_TOWN,
    ),
    TableKind(
        name="patrols",
        title="巡查走访",
        table="patrols",
        fields=(
            *(TOWN, DAY, STAFF),
            _count("due", "应完成次数", "应", "due"),
            _count("done", "已完成次数", "完成", "已", "done"),
        ),
        key=("town", "day"),
        dated_by="day",
        checks=(TableCheck("more_than_due", "多于应完成", "done", _more_than_due, rejects=False),),
        derived=COUNTY_OF_TOWN,
    ),
    TableKind(
        name="population",
        title="人口",
        table="population",
        fields=(
            Field("region", "区划代码", "region", column="region_id", words=(*REGION, *COUNTY)),
            Field("counted_on", "统计时点", "date", words=("时点", "日期", "date")),
            _count("residents", "常住人口", "常住", "人口", "residents", "population"),
            Field(
                *("registered_floating", "登记流动人口", "integer"),
                required=False,
                minimum=0,
                words=("流动", "floating"),
            ),
            Field("origin", "数据出处", "name", words=("出处", "来源", "origin"), longest=60),
        ),
        key=("region", "counted_on"),
        dated_by="counted_on",
    ),
    TableKind(
        name="calendars",
        title="工作日历",
        table="work_calendar",
        fields=(
            DAY,
            Field("is_workday", "是否工作日", "flag", words=("工作日", "上班", "workday")),
            Field(
                *("label", "节日名称", "name"),
                required=False,
                words=("节日", "名称", "label"),
                longest=20,
            ),
        ),
        key=("day",),
        checks=(TableCheck("unlikely_year", "年份有误", "day", _no_year_of_ours),),
        derived={"is_presumed": "false"},
        at_first={"workday_no": "0"},
        before=_before_calendar,
        after=_after_calendar,
    ),
    TableKind(
        name="codes",
        title="代码表",
        table="codes",
        fields=(
            Field("list_key", "代码表", "code", words=("代码表", "list"), longest=40),
            Field(
                *("list_name", "代码表名称", "name"),
                required=False,
                column="",
                longest=LONGEST_LABEL,
            ),
            Field("code", "代码", "code", words=("代码", "编码", "code"), longest=LONGEST_LABEL),
            Field(
                *("label", "名称", "name"),
                words=("名称", "label"),
                longest=LONGEST_LABEL,
                must_not_be_names=True,
            ),
            Field(*("parent_code", "上级代码", "code"), required=False, words=("上级", "parent")),
            Field(
                *("category", "大类", "choice"),
                required=False,
                words=("大类", "category"),
                choices=CATEGORIES,
            ),
            Field(
                *("is_sensitive", "是否敏感", "flag"),
                required=False,
                words=("敏感",),
                if_empty="false",
            ),
            Field(
                *("sort_order", "排序号", "integer"),
                required=False,
                words=("排序", "sort"),
                if_empty="0",
            ),
        ),
        key=("list_key", "code"),
        whole_checks={TOO_MANY_CODES: "代码过多"},
        finish=_reject_long_lists,
        before=_write_lists,
        after=_follow_marks,
    ),
)
TABLE_KINDS: dict[str, TableKind] = {
    kind.name: kind
    for kind in (
        *(REGIONS, TOWNS_OF_ZONES, OUTLINES, *SIMPLE),
        *(STEPS_OF_CASES, REPORTED_FIGURES, TARGETS),
    )
}
