"""Several machines: which table lies where when the database is a Citus cluster (docs/scale.md).

Here: the three kinds of tables with the reason of each, and declaring them. Not here: anything a
single PostgreSQL needs.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from dashboard.errors import DistributionRefused
from data_access import case_homes, live_schema, schema
from data_access.case_homes import HOME as DISTRIBUTION_COLUMN

# A case and all that is its own lie on one machine: that of the county where it began.
DISTRIBUTED = (
    *("incidents", "disputes", "steps", "case_versions"),
    *("return_visits", "agreements", "case_doubts"),
)
# Whole on every machine: small, seldom written, joined with cases or referred to.
REFERENCE: Mapping[str, str] = {
    "regions": "joined with cases for the place of a point; other tables refer to it",
    "region_lineage": "refers to regions",
    "zone_towns": "refers to regions",
    "ranking_groups": "referred to by region_ranking_groups",
    "region_ranking_groups": "refers to regions",
    "organisations": "holders of cases; refers to regions",
    "sources": "referred to by code_mappings and reported_values",
    "code_lists": "referred to by codes",
    "codes": "joined with cases for labels and for what is sensitive",
    "code_mappings": "refers to sources and code_lists",
    "work_calendar": "looked up for the red card of each case",
    "case_holds": "looked up for each case that may leave the database",
    "database_facts": "the zone and the limits, asked for beside cases",
}
_BY_DAY = "a row a town and day, or fewer: grows with places and days, not with cases"
_SUMS = "sums: their size does not depend on the number of cases"
_OWN = "the cockpit's own, written by one process"
# On the coordinator alone: never joined with cases.
LOCAL: Mapping[str, str] = {
    "receptions": "no case of theirs; the county may be corrected, a distribution column may not",
    "reception_versions": "beside the receptions",
    "daily_figure_versions": "beside the figures of a day",
    **dict.fromkeys(("staffing", "patrols", "reported_values", "population", "targets"), _BY_DAY),
    "default_coordinates": "asked by imports only, beside their staged rows",
    **dict.fromkeys(("geometry_sets", "region_geometries"), "outlines, read one county at a time"),
    **dict.fromkeys(("rollups", "rollup_months", "rollup_slots", "rollup_spreads"), _SUMS),
    **dict.fromkeys(("rollup_archive", "sealed_months"), _SUMS),
    **dict.fromkeys(("rollup_deltas", "spread_deltas"), "on the way into roll-ups; folded there"),
    **dict.fromkeys(("outbox", "snapshots", "screen_requests", "archived_months"), _OWN),
    **dict.fromkeys(("import_batches", "import_findings", "form_submissions"), _OWN),
    **dict.fromkeys(("sync_watermarks", "sync_contacts"), _OWN),
}


def distribute(connection: Connection, *, drop_triggers: bool) -> list[str]:
    """Declare all reference and distributed tables; returns their names in order.

    Args:
        drop_triggers: whether the triggers may go, which a distributed table can't have; without
            them changes reach roll-ups and screens by `rollups.rebuild` only.

    Raises:
        DistributionRefused: no Citus, or triggers that may not go. Nothing was changed.
    """
    _require_citus(connection)
    if not drop_triggers:
        raise DistributionRefused(
            "Citus 的分布表不能有触发器：分布以后，新的变化不再自动进入汇总和大屏，"
            "须由 cockpit db rebuild 重算（见 docs/scale.md）。未作任何改动；确要继续，"
            "请加 --drop-triggers。"
        )
    live_schema.uninstall(connection)
    connection.execute(text("drop function if exists refuse_archived_case() cascade"))
    declared = [table.name for table in schema.metadata.sorted_tables if table.name in REFERENCE]
    for table in declared:
        connection.execute(text("select create_reference_table(:table)"), {"table": table})
    for table in DISTRIBUTED:
        connection.execute(
            text("select create_distributed_table(:table, :column, colocate_with => :beside)"),
            {
                "table": table,
                "column": DISTRIBUTION_COLUMN,
                "beside": "none" if table == DISTRIBUTED[0] else DISTRIBUTED[0],
            },
        )
    case_homes.note_moves(connection)
    return [*declared, *DISTRIBUTED]


def _require_citus(connection: Connection) -> None:
    known = "select exists (select from pg_proc where proname = 'create_distributed_table')"
    if connection.scalar(text(known)):
        return
    name = connection.engine.url.database
    available = connection.scalar(
        text("select exists (select from pg_available_extensions where name = 'citus')")
    )
    if available:
        raise DistributionRefused(
            f"数据库 {name} 还没有启用 Citus：请由超级用户在库中执行 create extension citus，"
            "并加入各工作节点，再重新执行。未作任何改动。"
        )
    raise DistributionRefused(
        f"数据库 {name} 所在的 PostgreSQL 没有安装 Citus 扩展（内嵌数据库也没有）。"
        "一台服务器用不着它：何时需要、怎样安装见 docs/scale.md。未作任何改动。"
    )
