"""Rows for the tests of quality: sources of every state, cases with gaps, a file with findings."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, text

from data_access import facts, schema
from tests.case_builder import COUNTIES, NOW, add_regions, incident

GRID, HOTLINE, MEDIATION, OLD_FILE, MONTHLY, NEVER = 1, 2, 3, 4, 5, 6
CLASS = "A01"
SENSITIVE_CLASS = "E05"


def found(connection: Connection) -> None:
    """Regions, code lists and one source of every state; source 1 comes with the regions."""
    add_regions(connection)
    add_lists_and_sources(connection)


def add_lists_and_sources(connection: Connection) -> None:
    """What `found` has beside the regions and what comes with them."""
    facts.write(connection, "zone", "Asia/Shanghai")
    connection.execute(
        insert(schema.code_lists),
        [
            {"key": key, "name": key, "origin": "test"}
            for key in ("incident_class", "dispute_class")
        ],
    )
    connection.execute(
        insert(schema.codes),
        [
            {"list_key": "incident_class", "code": CLASS, "label": "供水"},
            {"list_key": "dispute_class", "code": "02", "label": "邻里"},
        ],
    )
    connection.execute(
        insert(schema.codes),
        {
            "list_key": "incident_class",
            "code": SENSITIVE_CLASS,
            "label": "群体性",
            "is_sensitive": True,
        },
    )
    for row in (
        source(HOTLINE, "hotline", last_contact_at=NOW - timedelta(seconds=15)),
        source(MEDIATION, "mediation", "disputes", last_contact_at=NOW - timedelta(hours=2)),
        source(OLD_FILE, "old_file", is_live=False, last_contact_at=NOW - timedelta(days=90)),
        source(MONTHLY, "monthly", "reported", is_live=False),
        source(NEVER, "never"),
    ):
        connection.execute(insert(schema.sources), row)


def source(source_id: int, key: str, kind: str = "incidents", **more: Any) -> dict[str, Any]:
    """A source with a cycle of five seconds."""
    return {
        "id": source_id,
        "key": key,
        "name": f"来源{key}",
        "kind": kind,
        "cycle_seconds": 5,
        **more,
    }


def whole_incident(number: int, **values: Any) -> dict[str, Any]:
    """An incident that lacks nothing."""
    county = values.get("county_id", COUNTIES[0])
    registered = values.get("registered_at", NOW - timedelta(hours=1))
    return incident(
        number,
        **{
            "class_code": CLASS,
            "town_id": county * 1000 + 1,
            "holder_id": 1,
            "due_at": registered + timedelta(days=3),
            "location_quality": "point",
            "lon": 120.0,
            "lat": 30.0,
        }
        | values,
    )


def add(connection: Connection, *cases: dict[str, Any]) -> None:
    """Insert incidents, each with its own columns."""
    for case in cases:
        connection.execute(insert(schema.incidents), case)


def add_file(
    connection: Connection,
    findings: list[tuple[int, str, str, int, str]],
    kind: str = "incidents",
    **more: Any,
) -> int:
    """A published file of 100 rows with findings (line, check, column, is_rejection, reason)."""
    rejected = {line for line, _, _, is_rejection, _ in findings if is_rejection}
    doubtful = {line for line, *_ in findings} - rejected
    batch = connection.execute(
        insert(schema.import_batches)
        .values(
            {
                "kind": kind,
                "source_id": OLD_FILE,
                "file_name": "一月.csv",
                "file_sha256": "a",
                "mapping_sha256": "b",
                "state": "published",
                "started_at": NOW - timedelta(hours=1),
                "published_at": NOW - timedelta(hours=1),
                "rows_read": 100,
                "rows_accepted": 100 - len(rejected),
                "rows_rejected": len(rejected),
                "rows_doubtful": len(doubtful),
            }
            | more
        )
        .returning(schema.import_batches.c.id)
    ).scalar_one()
    if not findings:
        return int(batch)
    connection.execute(
        insert(schema.import_findings),
        [
            {
                "batch_id": batch,
                "line": line,
                "check_name": check,
                "column_name": column,
                "is_rejection": is_rejection,
                "reason": reason,
                "value": "138********",
            }
            for line, check, column, is_rejection, reason in findings
        ],
    )
    return int(batch)


def add_failing_kind(connection: Connection) -> None:
    """Source 1 polled for incidents, which come, and steps, which fail."""
    rows = [
        {"kind": "incidents", "last_contact_at": NOW},
        {
            "kind": "steps",
            "last_contact_at": NOW - timedelta(hours=1),
            "last_error_at": NOW,
            "last_error": "来源数据库没有应答，或不接受所写的表、列、查询（其错误代码 42P01）。"
            "请检查网络、地址、账号的读取权限；恢复后自动继续。",
            "failures": 5,
        },
    ]
    for row in rows:
        connection.execute(insert(schema.sync_contacts).values(source_key="grid", **row))


def report_value(connection: Connection, indicator: str, region: int, **more: Any) -> None:
    """A department's figure of October 2026."""
    connection.execute(
        insert(schema.reported_values).values(
            **{
                "indicator": indicator,
                "region_id": region,
                "period_start": "2026-10-01",
                "period_end": "2026-11-01",
                "recorded_at": text("timestamptz '2026-11-05 02:00Z'"),
                "numerator": 9,
                "denominator": 10,
                "source_id": MONTHLY,
            }
            | more
        )
    )
