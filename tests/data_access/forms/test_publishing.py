"""What a form writes: values with their trace, sums above them, versions of corrections."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from dashboard.errors import ImportRefused
from dashboard.reporting_forms import form_named
from dashboard.work_calendar import WorkCalendar
from data_access import facts, form_readings, region_tree, reported_readings
from data_access.database import Database
from data_access.forms import publishing, writing
from data_access.forms.publishing import Handed
from data_access.forms.reading import read
from data_access.forms.sheet import FILLED_SHEET, TRACE_SHEET
from tests.case_builder import COUNTIES
from tests.data_access.forms.filling import change, fill

NOW = datetime(2026, 11, 3, 2, tzinfo=UTC)
LATER = datetime(2999, 1, 1, tzinfo=UTC)
OCTOBER = date(2026, 10, 1)
ALL_FOUR = {
    f"{column}{row}": value
    for row in range(8, 12)
    for column, value in (("D", 20), ("E", 5 + row), ("G", 40), ("H", 30))
}


def hand_in(database: Database, file: Path, now: datetime = NOW) -> Handed:
    filled = read(file)
    with database.write() as connection:
        return publishing.publish(connection, filled, now)


def newest(database: Database, region: int, indicator: str = "psychology_coverage"):
    with database.read() as connection:
        found = reported_readings.read(connection, [region], LATER)
    return next((item.numerator, item.denominator) for item in found if item.indicator == indicator)


def count(database: Database, table: str) -> int:
    with database.read() as connection:
        return connection.scalar(text(f"select count(*) from {table}")) or 0


def test_a_form_writes_its_units_and_the_sums_above_them(province: Database, form: Path) -> None:
    handed = hand_in(province, fill(form, ALL_FOUR))
    # Two cities and the province, of two indicators each.
    assert (handed.read, handed.new, handed.changed, handed.sums) == (8, 8, 0, 6)
    assert newest(province, COUNTIES[0]) == (13, 20)
    assert newest(province, 330100) == (13 + 14, 40)
    assert newest(province, 330000) == (13 + 14 + 15 + 16, 80)


def test_every_value_leads_to_the_form_it_came_with(province: Database, form: Path) -> None:
    hand_in(province, fill(form, ALL_FOUR))
    with province.read() as connection:
        row = connection.execute(
            text(
                "select s.*, (select count(*) from reported_values v where v.submission_id = s.id)"
                " as values from form_submissions s"
            )
        ).one()
        source = connection.execute(text("select * from sources where kind = 'reported'")).one()
    assert (row.form, row.department, row.region_id) == ("心理服务", "卫生健康部门", 330000)
    assert (row.period_start, row.period_end) == (date(2026, 10, 1), date(2026, 11, 1))
    assert row.file_sha256 == read(form).file_sha256
    assert row.layout_sha256 == read(form).sheet.checksum()
    assert (row.values_written, row.values) == (8, 14)
    assert source.last_contact_at is not None
    assert not source.is_live


def test_who_has_handed_in_and_when_is_known_from_then_on(province: Database, form: Path) -> None:
    three = {cell: value for cell, value in ALL_FOUR.items() if cell[1:] != "11"}
    hand_in(province, fill(form, three))
    with province.write() as connection:
        for table, column in (
            ("reported_values", "recorded_at"),
            ("form_submissions", "received_at"),
        ):
            connection.execute(text(f"update {table} set {column} = :now"), {"now": NOW})
    with province.read() as connection:
        tree = region_tree.load(connection)
        counties = tree.counties(tree.root)
        work_days = WorkCalendar(ZoneInfo("Asia/Shanghai"))
        before, after = (
            next(
                state
                for state in form_readings.states(connection, counties, at, work_days)
                if (state.form, state.month) == ("心理服务", date(2026, 10, 1))
            )
            for at in (NOW, NOW + timedelta(seconds=1))
        )
    assert (before.complete, before.received_at) == (0, None)
    assert (after.complete, after.received_at) == (3, NOW)
    assert after.missing == (f"县{COUNTIES[3]}",)


def test_the_same_file_again_changes_nothing(province: Database, form: Path) -> None:
    hand_in(province, fill(form, ALL_FOUR))
    before = count(province, "reported_values"), count(province, "form_submissions")
    handed = hand_in(province, form)
    assert handed.is_repeat
    assert "未作改动" in handed.in_words()
    assert (count(province, "reported_values"), count(province, "form_submissions")) == before


def test_a_correction_is_a_new_version_and_the_old_one_stays(
    province: Database, form: Path, tmp_path: Path
) -> None:
    hand_in(province, fill(form, ALL_FOUR))
    with province.read() as connection:
        first_at = connection.scalar(text("select max(recorded_at) from reported_values"))
    corrected = fill(form, {"E8": 5}, to=tmp_path / "更正.xlsx")
    handed = hand_in(province, corrected)
    # The unit, its city and the province.
    assert (handed.new, handed.changed, handed.sums) == (0, 1, 2)
    assert newest(province, COUNTIES[0]) == (5, 20)
    assert newest(province, 330100) == (5 + 14, 40)
    assert newest(province, COUNTIES[1]) == (14, 20)
    with province.read() as connection:
        versions = connection.scalars(
            text(
                "select numerator from reported_values where region_id = :county and indicator ="
                " 'psychology_coverage' order by recorded_at"
            ),
            {"county": COUNTIES[0]},
        ).all()
        assert versions == [13, 5]
        newer = text("select count(*) from reported_values where recorded_at > :first")
        assert connection.scalar(newer, {"first": first_at}) == 3


def demo_form(province: Database, folder: Path) -> Path:
    """心理服务 of October, written and filled in a demo that the province is from now on."""
    with province.write() as connection:
        facts.write(connection, "is_demo", True)
        sheet, due = publishing.sheet_for(connection, form_named("心理服务"), OCTOBER, None)
    return fill(writing.write(sheet, due, folder), ALL_FOUR)


def test_a_demos_form_comes_back_into_the_demo(province: Database, tmp_path: Path) -> None:
    file = demo_form(province, tmp_path)
    assert "演示数据" in file.name
    assert hand_in(province, file).new == 8


def test_a_demos_form_is_refused_by_a_real_database(province: Database, tmp_path: Path) -> None:
    file = demo_form(province, tmp_path)
    with province.write() as connection:
        facts.write(connection, "is_demo", False)
    with pytest.raises(ImportRefused, match="由演示数据库生成的表样，不得导入正式数据库"):
        hand_in(province, file)
    # Without the mark the layout's checksum is another.
    trace = {"A10": None, "B10": None}
    with pytest.raises(ImportRefused, match="被改动过"):
        hand_in(province, change(file, TRACE_SHEET, trace))
    assert count(province, "reported_values") == 0


def test_a_real_form_is_refused_by_a_demo(province: Database, form: Path) -> None:
    with province.write() as connection:
        facts.write(connection, "is_demo", True)
    with pytest.raises(ImportRefused, match="演示数据，不得混入真实数字"):
        hand_in(province, fill(form, ALL_FOUR))


def test_what_is_left_blank_keeps_what_was_reported_before(
    province: Database, form: Path, tmp_path: Path
) -> None:
    hand_in(province, fill(form, ALL_FOUR))
    blank = fill(form, {"D8": None, "E8": None}, to=tmp_path / "空.xlsx")
    handed = hand_in(province, blank)
    assert (handed.changed, handed.sums, handed.blank) == (0, 0, 1)
    assert newest(province, COUNTIES[0]) == (13, 20)


def test_forms_of_single_cities_add_up_as_they_come(province: Database, tmp_path: Path) -> None:
    files = []
    for city in ("330100", "330200"):
        with province.read() as connection:
            sheet, due = publishing.sheet_for(
                connection, form_named("信访积案"), date(2026, 10, 1), city
            )
        assert len(sheet.units) == 2
        files.append(fill(writing.write(sheet, due, tmp_path), {"D8": 10, "E8": 4}))
    hand_in(province, files[0])
    assert newest(province, 330000, "petition_backlog") == (4, 10)
    hand_in(province, files[1])
    assert newest(province, 330000, "petition_backlog") == (8, 20)
    assert newest(province, 330100, "petition_backlog") == (4, 10)


def test_a_month_that_has_not_ended_is_refused(province: Database, form: Path) -> None:
    with pytest.raises(ImportRefused, match="2026年11月1日"):
        hand_in(province, fill(form, ALL_FOUR), datetime(2026, 10, 31, 15, 59, tzinfo=UTC))
    # Midnight in the database's zone.
    hand_in(province, form, datetime(2026, 10, 31, 16, 0, tzinfo=UTC))


def test_a_unit_that_is_no_more_is_refused_and_nothing_is_written(
    province: Database, form: Path
) -> None:
    fill(form, ALL_FOUR)
    with province.write() as connection:
        connection.execute(
            text("update regions set valid_to = date '2026-10-15' where id = :county"),
            {"county": COUNTIES[3]},
        )
    with pytest.raises(ImportRefused, match=str(COUNTIES[3])):
        hand_in(province, form)
    assert count(province, "reported_values") == count(province, "form_submissions") == 0


def test_a_form_of_another_place_is_refused(province: Database, form: Path) -> None:
    fill(form, ALL_FOUR)
    sheet = read(form).sheet
    moved = type(sheet)(
        form=sheet.form,
        month=sheet.month,
        region_code="330200",
        region_name="宁波市",
        units=sheet.units,
    )
    trace = moved.trace()
    change(form, TRACE_SHEET, {f"B{row}": value for row, value in enumerate(trace.values(), 1)})
    heading = f"报送部门：宁波市{moved.form.department}　　表号：{moved.number}"
    with pytest.raises(ImportRefused, match="不在宁波市"):
        hand_in(province, fill(form, {"A2": heading}))


def test_a_region_of_another_name_is_refused_and_its_name_not_repeated(
    province: Database, form: Path
) -> None:
    heading = str(load_workbook(form)[FILLED_SHEET]["A2"].value)
    change(form, TRACE_SHEET, {"B6": "张三"})
    fill(form, {"A2": heading.replace("浙江省", "张三", 1)})
    with pytest.raises(ImportRefused, match="应为“浙江省”") as refused:
        hand_in(province, form)
    assert "张三" not in str(refused.value)
    assert count(province, "form_submissions") == 0


def test_an_existing_source_of_monthly_figures_is_used(province: Database, form: Path) -> None:
    with province.write() as connection:
        connection.execute(
            text(
                "insert into sources (id, key, name, kind, cycle_seconds, is_live)"
                " values (9, 'reports', '部门月报', 'reported', 86400, false)"
            )
        )
    hand_in(province, fill(form, ALL_FOUR))
    with province.read() as connection:
        assert connection.scalars(text("select distinct source_id from reported_values")).all() == [
            9
        ]


def test_a_new_source_takes_a_number_that_no_import_keeps(province: Database, form: Path) -> None:
    with province.write() as connection:
        connection.execute(
            text(
                "insert into import_batches (kind, source_id, file_name, file_sha256,"
                " mapping_sha256, state) values ('incidents', 12, 'x', 'x', 'x', 'staging')"
            )
        )
    hand_in(province, fill(form, ALL_FOUR))
    with province.read() as connection:
        number = connection.scalar(text("select id from sources where kind = 'reported'"))
    assert number == 13
