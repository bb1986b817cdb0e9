"""The kind `zone_towns`: the townships that a zone (功能区) manages, a row each.

The zone itself is a region that is no administrative one. A township is managed by one zone at a
time: a row that gives it to a second one is rejected. So are days to come: figures of zones ask
whether a membership is open, and would follow it at once.
"""

from sqlalchemy import Connection, text

from data_access.imports.batches import Batch
from data_access.imports.importing import Published
from data_access.imports.tables import publishing
from data_access.imports.tables.fields import Field, Row, TableCheck, TableKind
from data_access.imports.tables.mapping import TableMapping
from data_access.imports.tables.rejecting import FUTURE, reject, reject_days_to_come

NOT_A_ZONE, TWO_ZONES = "not_a_zone", "two_zones"


def _in_order(row: Row) -> str | None:
    first, last = row.get("valid_from"), row.get("valid_to")
    return "valid_to 应晚于 valid_from" if first and last and last <= first else None


def finish(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """Reject rows of days to come, rows whose zone is none, and those of townships that have a
    zone already: in the database, where the file does not end it, or in a line before.
    """
    reject_days_to_come(connection, batch, mapping)
    rows, has_end = batch.table, "valid_to" in mapping.stated()
    s_is_open, m_is_open = (f"{row}.valid_to is null" if has_end else "true" for row in "sm")
    not_a_zone = "exists (select from regions r where r.id = s.zone and r.is_administrative)"
    key = "(o.zone_id, o.town_id, o.valid_from)"
    ending = f"select from {rows} m where (m.zone, m.town, m.valid_from) = {key}"
    in_the_database = f"""{s_is_open} and exists (
      select from zone_towns o where o.town_id = s.town and o.valid_to is null
      and {key} <> (s.zone, s.town, s.valid_from) and not exists ({ending} and not {m_is_open}))"""
    in_a_line_before = f"""{s_is_open} and exists (
      select from {rows} m where m.town = s.town and m.line < s.line and {m_is_open})"""
    for field, check, reason, condition in (
        ("zone", NOT_A_ZONE, "此区划是行政区，不是功能区", not_a_zone),
        (
            *("town", TWO_ZONES, "库中或文件前面的行里，该乡镇（街道）已属某功能区，且未终止"),
            f"({in_the_database}) or ({in_a_line_before})",
        ),
    ):
        code = f"(select r.code from regions r where r.id = s.{field})"
        reject(connection, batch, mapping, field, check, reason, condition, code)


def publish(connection: Connection, batch: Batch, mapping: TableMapping) -> Published:
    """Publish: memberships that end first, as no township may be in two zones even for a moment."""
    if "valid_to" not in mapping.stated():
        return publishing.publish(connection, batch, TOWNS_OF_ZONES, mapping)
    ended = connection.execute(
        text(
            f"""
            update zone_towns t set valid_to = s.valid_to from {batch.table} s
            where (t.zone_id, t.town_id, t.valid_from) = (s.zone, s.town, s.valid_from)
              and t.valid_to is null and s.valid_to is not null
            """
        )
    ).rowcount
    others = publishing.publish(connection, batch, TOWNS_OF_ZONES, mapping)
    return Published(others.inserted, others.updated + ended, others.unchanged - ended)


TOWNS_OF_ZONES = TableKind(
    name="zone_towns",
    title="功能区所辖乡镇（街道）",
    table="zone_towns",
    fields=(
        Field(
            *("zone", "功能区代码", "region"),
            column="zone_id",
            levels=("county",),
            words=("功能区", "开发区", "zone"),
        ),
        Field(
            *("town", "乡镇（街道）代码", "region"),
            column="town_id",
            levels=("town",),
            words=("乡镇", "街道", "town"),
        ),
        Field("valid_from", "起始日", "date", words=("起始", "启用", "生效", "valid_from")),
        Field(
            *("valid_to", "终止日", "date"),
            required=False,
            words=("终止", "失效", "valid_to"),
        ),
    ),
    key=("zone", "town", "valid_from"),
    dated_by="valid_from",
    checks=(TableCheck("validity", "起止日期颠倒", "valid_to", _in_order),),
    whole_checks={
        FUTURE: "日期还未到",
        NOT_A_ZONE: "不是功能区",
        TWO_ZONES: "乡镇（街道）属两个功能区",
    },
    finish=finish,
    publish=publish,
)
