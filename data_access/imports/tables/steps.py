"""The kind `steps`: what happened to known cases, one row a step.

A step whose case is not there is rejected, so cases are imported before their steps. A step that is
known already (same case, step and time) changes nothing; steps are never changed or removed.
"""

from sqlalchemy import Connection, text

from data_access.imports import personal_data, staging
from data_access.imports.batches import Batch
from data_access.imports.checks import Finding
from data_access.imports.importing import Published
from data_access.imports.tables.fields import Field, TableKind
from data_access.imports.tables.mapping import TableMapping
from data_access.schema.cases import BRANCHES, STEPS

UNKNOWN_CASE, BEFORE_REGISTERED = "unknown_case", "time_out_of_order"
TABLES = {"incident": "incidents", "dispute": "disputes"}
KEY = "home_county_id, source_id, case_no, registered_month"
ROWS_AT_ONCE = 5_000
IS_FRESH = """not exists (
  select from steps t
  where t.subject = s.subject and t.home_county_id = s.home_county_id
    and t.source_id = s.case_source_id and t.case_no = s.case_no
    and t.registered_month = s.registered_month
    and t.step = s.step and t.occurred_at = s.occurred_at)"""


def finish(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """Reject steps of cases that are not there, doubt those before their case was registered."""
    has_source = "case_source" in mapping.stated()
    source = "s.case_source" if has_source else ":source"
    for subject, table in TABLES.items():
        connection.execute(
            text(
                f"""
                update {batch.table} s set home_county_id = c.home_county_id,
                  case_source_id = c.source_id, registered_month = c.registered_month,
                  is_early = s.occurred_at < c.registered_at
                from {table} c join sources o on o.id = c.source_id
                where s.subject = '{subject}' and c.case_no = s.case_no and o.key = {source}
                """
            ),
            {} if has_source else {"source": mapping.source.key},
        )
    _reject_unknown(connection, batch, mapping)
    connection.execute(
        text(
            "insert into import_findings"
            " (batch_id, line, check_name, column_name, is_rejection, reason, value)"
            " select :batch, line, :check, :column, 0, '时间早于案件登记时间', occurred_at::text"
            f" from {batch.table} where is_early"
        ),
        {
            "batch": batch.id,
            "check": BEFORE_REGISTERED,
            "column": mapping.columns.get("occurred_at", "occurred_at"),
        },
    )


def _reject_unknown(connection: Connection, batch: Batch, mapping: TableMapping) -> None:
    """In pieces: with a wrong `source.key` they are all rows of the file."""
    column, reason = mapping.columns.get("case_no", "case_no"), _unknown(mapping)
    lost = connection.execute(
        text(f"select line, case_no from {batch.table} where home_county_id is null"),
        execution_options={"stream_results": True},
    )
    for rows in lost.partitions(ROWS_AT_ONCE):
        # A number of no case may be a person's.
        staging.write_findings(
            connection,
            batch,
            (
                Finding(
                    line, UNKNOWN_CASE, column, True, reason, personal_data.masked_word(case_no)
                )
                for line, case_no in rows
            ),
        )
    connection.execute(text(f"delete from {batch.table} where home_county_id is null"))


def _unknown(mapping: TableMapping) -> str:
    """Why a case may not be found: numbers are those of one source."""
    if "case_source" in mapping.stated():
        return "case_source 所指的来源没有此案件；请先导入案件，并核对来源的代号"
    return (
        f"来源 {mapping.source.key} 没有此案件；请先导入案件，"
        "source.key 须与案件的来源相同，或另写 case_source"
    )


def publish(connection: Connection, batch: Batch, mapping: TableMapping) -> Published:
    """Append what is new, numbered after what the case has, in the order of time and file.

    A case with a new step before its registration keeps out of durations from then on; one that
    was met before is judged when its case is read (`imports.publishing`).
    """
    total = int(connection.scalar(text(f"select count(*) from {batch.table}")) or 0)
    for subject, table in TABLES.items():
        connection.execute(
            text(
                f"""
                update {table} c set has_doubtful_times = true
                from {batch.table} s
                where s.is_early and s.subject = '{subject}' and not c.has_doubtful_times
                  and c.home_county_id = s.home_county_id and c.source_id = s.case_source_id
                  and c.case_no = s.case_no and c.registered_month = s.registered_month
                  and {IS_FRESH}
                """
            )
        )
    recorded = "s.recorded_at" if "recorded_at" in mapping.stated() else "null"
    holder = "s.holder" if "holder" in mapping.stated() else "null"
    inserted = connection.execute(
        text(
            f"""
            with fresh as (
              select s.* from {batch.table} s where {IS_FRESH}
            ), taken as (
              select f.subject, f.home_county_id, f.case_source_id, f.case_no, f.registered_month,
                coalesce(max(t.step_no), 0) as last_no
              from (select distinct subject, home_county_id, case_source_id, case_no,
                      registered_month from fresh) f
              left join steps t on t.subject = f.subject and t.home_county_id = f.home_county_id
                and t.source_id = f.case_source_id and t.case_no = f.case_no
                and t.registered_month = f.registered_month
              group by 1, 2, 3, 4, 5
            )
            insert into steps (subject, {KEY}, step_no, step, holder_id, occurred_at, recorded_at)
            select s.subject, s.home_county_id, s.case_source_id, s.case_no, s.registered_month,
              k.last_no + row_number() over (
                partition by s.subject, s.home_county_id, s.case_source_id, s.case_no,
                  s.registered_month
                order by s.occurred_at, s.line),
              s.step, {holder}, s.occurred_at, coalesce({recorded}, s.occurred_at)
            from fresh s
            join taken k using (subject, home_county_id, case_source_id, case_no, registered_month)
            """
        )
    ).rowcount
    connection.execute(
        text(
            "update sources set last_row_at ="
            f" greatest(last_row_at, (select max(occurred_at) from {batch.table}))"
            " where id = :source"
        ),
        {"source": batch.source_id},
    )
    return Published(inserted, 0, total - inserted, inserted)


STEPS_OF_CASES = TableKind(
    name="steps",
    title="案件步骤",
    table="steps",
    fields=(
        Field("subject", "案件种类", "choice", choices=tuple(TABLES)),
        # Whether a number is a case's is decided by looking for the case.
        Field("case_no", "案件编号", "code", words=("编号", "单号", "case"), is_scanned=False),
        Field(
            "step",
            "步骤",
            "choice",
            words=("步骤", "环节", "状态", "step"),
            choices=STEPS + BRANCHES,
        ),
        Field("occurred_at", "发生时间", "instant", words=("时间", "日期", "time", "date")),
        Field("recorded_at", "录入时间", "instant", required=False, words=("录入", "recorded")),
        Field("holder", "承办单位代码", "organisation", required=False, words=("单位", "部门")),
        Field("case_source", "案件来源", "code", required=False, words=("来源",)),
    ),
    key=("subject", "case_no", "step", "occurred_at"),
    computed={
        "home_county_id": ("integer", lambda row: None),
        "case_source_id": ("smallint", lambda row: None),
        "registered_month": ("date", lambda row: None),
        "is_early": ("boolean", lambda row: None),
    },
    whole_checks={UNKNOWN_CASE: "案件无法识别", BEFORE_REGISTERED: "时间早于登记"},
    finish=finish,
    publish=publish,
)
