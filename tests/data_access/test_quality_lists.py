"""A number and its list agree, for every check; lists hold no value and no person."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import insert, text

from dashboard.errors import UnknownAddress
from dashboard.quality import CaseRow, FindingRow, UnitRow
from dashboard.quality_addresses import QualityAddress
from dashboard.quality_checks import checks_of
from dashboard.scope import Scope
from data_access import quality_lists, quality_readings, schema
from data_access.database import Database
from tests.case_builder import COUNTIES, NOW, random_disputes, random_incidents
from tests.data_access import quality_samples as samples
from tests.data_access.quality_samples import whole_incident

ALL = QualityAddress()


def listed(database: Database, address: QualityAddress, **more):
    return quality_lists.read(database, address, now=NOW, **more)


def every(database: Database, address: QualityAddress, **more):
    return list(quality_lists.every(database, address, now=NOW, **more))


@pytest.fixture
def known(database: Database) -> Database:
    with database.write() as connection:
        samples.found(connection)
    return database


def test_every_number_of_every_check_is_as_long_as_its_list(known: Database) -> None:
    random = np.random.default_rng(11)
    with known.write() as connection:
        connection.execute(insert(schema.incidents), random_incidents(random, 150))
        connection.execute(insert(schema.disputes), random_disputes(random, 150))
        connection.execute(text("update incidents set source_id = 2 where case_no > 'T0000100'"))
    report = quality_readings.read(known, None, days=30, now=NOW)
    compared = 0
    for item in report.completeness:
        for count in item.checks:
            address = QualityAddress(days=30).to(
                source=item.source_key, subject=item.subject, check=count.check
            )
            assert listed(known, address).total == count.missing, count
            assert len(every(known, address)) == count.missing
            compared += count.missing > 0
        gaps = sum(gap for _, _, gap in item.days)
        for check, number in (("all", item.rows), ("any_gap", gaps)):
            whole = QualityAddress(days=30).to(
                source=item.source_key, subject=item.subject, check=check
            )
            assert listed(known, whole).total == number
            assert len(every(known, whole)) == number
    assert compared >= 8


def test_a_list_says_why_each_case_is_on_it(known: Database) -> None:
    with known.write() as connection:
        samples.add(
            connection,
            whole_incident(1, location_quality="default"),
            whole_incident(2, location_quality="outside"),
            whole_incident(3, location_quality="none"),
            whole_incident(4),
        )
    found = listed(known, ALL.to(subject="incidents", check="no_point"))
    assert [row.reason for row in found.rows] == [
        "默认坐标，多案共用",
        "坐标在本区划之外",
        "无坐标",
    ]
    assert found.consequence == "不计入热力图"


def test_the_list_of_all_gaps_names_what_each_case_lacks(known: Database) -> None:
    with known.write() as connection:
        samples.add(
            connection,
            whole_incident(1, due_at=None, grid_id=None),
            whole_incident(2, town_id=None),
            whole_incident(3),
        )
    gaps = listed(known, ALL.to(subject="incidents", check="any_gap"))
    assert {row.case_no: row.reason for row in gaps.rows} == {
        "T0000001": "缺办结时限、网格",
        "T0000002": "缺乡镇(街道)",
    }
    whole = listed(known, ALL.to(subject="incidents", check="all"))
    assert {row.case_no: row.reason for row in whole.rows}["T0000003"] == "完整"


def test_a_sensitive_case_keeps_its_place_and_hides_what_it_is_about(known: Database) -> None:
    with known.write() as connection:
        samples.add(
            connection,
            whole_incident(1, due_at=None, is_sensitive=True),
            whole_incident(2, due_at=None, class_code=samples.SENSITIVE_CLASS),
            whole_incident(3, due_at=None),
        )
    found = listed(known, ALL.to(subject="incidents", check="no_limit"))
    rows = [row for row in found.rows if isinstance(row, CaseRow)]
    assert found.total == 3
    assert [row.case_no for row in rows] == [None, None, "T0000003"]
    assert [row.class_label for row in rows] == [None, None, "供水"]
    assert [row.town_name for row in rows[:2]] == [None, None]
    assert all(row.county_name for row in rows)


def test_pages_are_of_fifty_and_together_hold_every_row_once(known: Database) -> None:
    with known.write() as connection:
        samples.add(connection, *(whole_incident(n, due_at=None) for n in range(120)))
    address = ALL.to(subject="incidents", check="no_limit", source="grid")
    pages = [listed(known, address.turned_to(page)) for page in (1, 2, 3, 4)]
    assert [len(page.rows) for page in pages] == [50, 50, 20, 0]
    assert {page.total for page in pages} == {120}
    assert pages[0].pages == 3
    numbers = [row.case_no for page in pages for row in page.rows if isinstance(row, CaseRow)]
    assert len(set(numbers)) == 120
    assert numbers == [row.case_no for row in every(known, address)]


def test_a_list_holds_what_its_number_counted_when_it_was_read(known: Database) -> None:
    with known.write() as connection:
        samples.add(connection, whole_incident(1, due_at=None))
        samples.add(
            connection,
            whole_incident(2, due_at=None, registered_at=NOW - timedelta(minutes=1)),
        )
    address = ALL.to(subject="incidents", check="no_limit", as_of=NOW - timedelta(minutes=30))
    assert listed(known, address).total == 1


def test_lines_of_a_file_are_listed_once_with_all_their_reasons(known: Database) -> None:
    with known.write() as connection:
        batch = samples.add_file(
            connection,
            [
                (3, "unknown_region", "区", 1, "区域不在区划表中"),
                (3, "personal_data", "联系", 1, "含有手机号，不得入库"),
                (4, "time_out_of_order", "办结", 0, "时间早于登记时间"),
                (4, "default_coordinate", "经度", 0, "默认坐标"),
                (5, "malformed_row", "", 1, "该行有 3 个字段"),
            ],
        )
        row = connection.execute(text("select * from import_batches")).one()
    rejected = listed(known, ALL.to(batch=batch, result="rejected"))
    doubtful = listed(known, ALL.to(batch=batch, result="doubtful"))
    assert (rejected.total, doubtful.total) == (row.rows_rejected, row.rows_doubtful) == (2, 1)
    assert listed(known, ALL.to(batch=batch)).total == 3
    assert rejected.rows[0] == FindingRow(
        batch_id=batch,
        started_at=NOW - timedelta(hours=1),
        line=3,
        column="区、联系",
        is_rejection=True,
        reason="区域不在区划表中；含有手机号，不得入库",
    )
    one = listed(known, ALL.to(batch=batch, check="personal_data", column="联系"))
    assert (one.total, one.rows[0].reason) == (1, "含有手机号，不得入库")


def test_the_refused_value_stands_in_no_list(known: Database) -> None:
    with known.write() as connection:
        batch = samples.add_file(connection, [(3, "personal_data", "联系", 1, "含有手机号")])
    assert "138" not in repr(listed(known, ALL.to(batch=batch)))


def test_cases_of_an_unknown_county_are_listed_for_who_sees_all(known: Database) -> None:
    with known.write() as connection:
        samples.add(connection, whole_incident(1, county_id=4711), whole_incident(2))
    address = ALL.to(county=4711, subject="incidents")
    found = listed(known, address)
    assert (found.total, found.rows[0].county_name) == (1, "未知区划4711")
    with pytest.raises(UnknownAddress, match="4711"):
        listed(known, address, scope=Scope(counties=frozenset({COUNTIES[0]})))


def test_a_scope_bounds_every_list(known: Database) -> None:
    with known.write() as connection:
        samples.add(
            connection,
            whole_incident(1, due_at=None),
            whole_incident(2, due_at=None, county_id=COUNTIES[1]),
        )
        batch = samples.add_file(connection, [(3, "personal_data", "联系", 1, "含有手机号")])
    mine = Scope(counties=frozenset({COUNTIES[1]}))
    address = ALL.to(subject="incidents", check="no_limit")
    assert listed(known, address, scope=mine).total == 1
    assert [row.case_no for row in every(known, address, scope=mine)] == ["T0000002"]
    with pytest.raises(UnknownAddress, match="全域"):
        listed(known, ALL.to(batch=batch), scope=mine)


def test_units_that_did_not_report_are_listed_with_what_they_lack(known: Database) -> None:
    with known.write() as connection:
        for county in COUNTIES[:2]:
            samples.report_value(connection, "psychology_coverage", county)
        samples.report_value(connection, "psychology_followed", COUNTIES[0])
    found = listed(known, ALL.to(form="心理服务", month="2026-10"))
    assert found.total == 3
    assert found.rows[0] == UnitRow(
        city_name="杭州市",
        unit_name=f"县{COUNTIES[1]}",
        lacks=("心理服务跟进率",),
        is_missing=False,
    )
    assert [row.is_missing for row in found.rows] == [False, True, True]
    of_month = {"form": "心理服务", "month": "2026-10"}
    assert listed(known, ALL.to(**of_month, result="partial")).total == 1
    assert listed(known, ALL.to(**of_month, result="missing")).total == 2


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"source": "nowhere", "subject": "incidents", "check": "no_limit"}, "nowhere"),
        ({"subject": "disputes", "check": "no_point"}, "矛盾纠纷"),
        ({"batch": 4711}, "4711"),
    ],
)
def test_a_list_of_nothing_is_explained(known: Database, changes: dict, word: str) -> None:
    with pytest.raises(UnknownAddress, match=word):
        listed(known, ALL.to(**changes))


def test_every_check_has_a_condition_and_every_reason_words(known: Database) -> None:
    for subject in ("incidents", "disputes"):
        for check in checks_of(subject):
            assert listed(known, ALL.to(subject=subject, check=check.key)).total == 0
