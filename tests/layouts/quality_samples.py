"""Quality reports for the layouts: everything in order, everything wrong, nothing known."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from dashboard.quality import (
    CheckCount,
    Completeness,
    FindingGroup,
    FormState,
    ImportedFile,
    ImportTotals,
    IndicatorState,
    KindContact,
    OtherData,
    OutlineSet,
    PolledKind,
    QualityReport,
    SourceQuality,
    StrayCounty,
)
from dashboard.quality_checks import checks_of

AS_OF = datetime(2026, 11, 20, 6, 32, 5, tzinfo=UTC)


def source(health: str = "live", **more: Any) -> SourceQuality:
    return SourceQuality(
        **{
            "id": 1,
            "key": "grid",
            "name": "网格系统",
            "kind": "incidents",
            "health": health,
            "cycle_seconds": 5,
            "age_seconds": 3.0,
            "last_contact_at": AS_OF - timedelta(seconds=3),
            "last_row_at": AS_OF - timedelta(seconds=9),
            "last_error_at": None,
        }
        | more
    )


def two_kinds() -> SourceQuality:
    """One source of which one kind fails and the other goes on."""
    return source(
        "stale",
        last_error_at=AS_OF,
        last_error="来源没有应答。",
        kinds=(
            KindContact(kind="incidents", health="live", age_seconds=3.0, last_contact_at=AS_OF),
            KindContact(
                kind="steps",
                health="stale",
                age_seconds=400.0,
                last_contact_at=AS_OF - timedelta(seconds=400),
                last_error_at=AS_OF,
                last_error="来源没有应答。",
                failures=5,
            ),
        ),
    )


def completeness(missing: int = 0, rows: int = 1_200, **more: Any) -> Completeness:
    return Completeness(
        **{
            "source_id": 1,
            "source_key": "grid",
            "source_name": "网格系统",
            "subject": "incidents",
            "start": AS_OF - timedelta(days=7),
            "end": AS_OF,
            "rows": rows,
            "ever_delivered": True,
            "checks": tuple(
                CheckCount(check.key, rows, missing if check.key == "no_point" else 0)
                for check in checks_of("incidents")
            ),
            "days": ((date(2026, 11, 19), rows, missing),) if rows else (),
        }
        | more
    )


def form(month: int, missing: tuple[str, ...] = (), partial: tuple[str, ...] = ()) -> FormState:
    return FormState(
        form="心理服务",
        department="卫生健康部门",
        month=date(2026, month, 1),
        due_on=date(2026, 11, 6) if month == 10 else date(2026, 12, 7),
        is_due=month == 10,
        units=90,
        complete=90 - len(missing) - len(partial),
        partial=partial,
        missing=missing,
        received_at=AS_OF - timedelta(days=12) if month == 10 else None,
    )


def report(**parts: Any) -> QualityReport:
    """Everything in order."""
    return QualityReport(
        **{
            "as_of": AS_OF,
            "zone": "Asia/Shanghai",
            "product_name": "综治中心数字驾驶舱",
            "is_demo": True,
            "region_name": "浙江省",
            "region_code": "330000",
            "is_whole": True,
            "days": 7,
            "sources": (source(),),
            "completeness": (completeness(),),
            "others": (other(),),
            "imported": ImportTotals(0, 0, 0, 0),
            "files": (),
            "polls": (),
            "findings": (),
            "indicators": (indicator("known", ""),),
            "outlines": (outlines(is_examined=True, approval_number="GS(2026)1号"),),
            "stray_counties": (),
            "forms": (form(10), form(11)),
            "pending_deltas": 0,
        }
        | parts
    )


def indicator(state: str, reason: str, title: str = "按期办结率") -> IndicatorState:
    return IndicatorState(key=title, title=title, state=state, reason=reason)  # type: ignore[arg-type]


def outlines(**more: Any) -> OutlineSet:
    return OutlineSet(
        **{
            "id": 1,
            "name": "全省界线",
            "origin": "测绘部门",
            "datum": "CGCS2000",
            "is_examined": False,
            "approval_number": None,
            "shapes": (("county", 90), ("town", 1_366)),
            "illustrative": 1_366,
        }
        | more
    )


def file(**more: Any) -> ImportedFile:
    return ImportedFile(
        **{
            "id": 12,
            "source_name": "历史台账",
            "kind": "incidents",
            "file_name": "一月.csv",
            "state": "published",
            "started_at": AS_OF,
            "published_at": AS_OF,
            "rows_read": 20_000,
            "rows_accepted": 19_900,
            "rows_rejected": 100,
            "rows_doubtful": 1_900,
            "has_findings": True,
        }
        | more
    )


def other(key: str = "receptions", state: str = "good", **more: Any) -> OtherData:
    return OtherData(
        **{"key": key, "state": state, "lately": 7, "newest": date(2026, 11, 20)} | more
    )


def everything_wrong() -> QualityReport:
    """A fault in every part."""
    return report(
        sources=(
            source("stale", age_seconds=17_776.0),
            source("late", key="hotline", name="热线", age_seconds=15.0),
            source("never", key="new", name="新系统", age_seconds=None, last_contact_at=None),
            source("by_hand", key="old", name="历史台账", age_seconds=9e6),
        ),
        completeness=(completeness(37), completeness(0, rows=0, source_name="热线")),
        others=(
            other(state="quiet", lately=0),
            other("staffing", "partial", covered=(88, 90)),
            other("calendar", "short", lately=None),
            other("targets", "never", lately=0, newest=None),
        ),
        files=(file(), file(id=11, state="staging", rows_rejected=0, rows_doubtful=0)),
        imported=ImportTotals(files=17, batches=3, rejected=112, doubtful=1_900),
        polls=(
            PolledKind(
                source_key="grid",
                source_name="网格系统",
                kind="steps",
                polls=2,
                rows_read=300,
                rows_rejected=12,
                rows_doubtful=0,
                days=((date(2026, 11, 20), 300, 12),),
            ),
        ),
        findings=(
            FindingGroup(
                source_key="old",
                source_name="历史台账",
                kind="incidents",
                is_poll=False,
                check="personal_data",
                column="联系",
                is_rejection=True,
                reason="含有手机号，不得入库",
                reason_rows=100,
                rows=100,
                days=((date(2026, 11, 20), 100),),
            ),
        ),
        indicators=(
            indicator("no_field", "近30日有事件1,200条，没有一条可作分母"),
            indicator("quiet", "近30日没有接待", "接待批次"),
            indicator("not_reported", "从未报送", "视频完好率"),
            indicator("not_reported", "从未报送", "视频在线率"),
        ),
        outlines=(outlines(), outlines(name="旧界线", approval_number="GS(2020)1号")),
        stray_counties=(
            StrayCounty(county_id=4711, name=None, subject="incidents", cases=3, counted_in=None),
            StrayCounty(
                county_id=330198, name="旧县", subject="disputes", cases=5, counted_in="上城区"
            ),
        ),
        forms=(form(10, ("海宁市", "临安区"), ("玉环市",)), form(11, ("海宁市",))),
        pending_deltas=7,
    )


def nothing_known() -> QualityReport:
    """A database in which nobody has put anything."""
    return report(
        is_demo=False, sources=(), completeness=(), indicators=(), outlines=(), pending_deltas=0
    )
