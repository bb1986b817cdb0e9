"""What an import says and drafts repeats nothing of a person: headers, names of files, values."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from sqlalchemy import URL, create_engine, text

from dashboard.errors import ImportRefused, MappingError
from data_access.database import Database
from data_access.imports import first_mapping
from data_access.imports.command import import_rows
from data_access.imports.importing import ImportOutcome
from data_access.imports.mapping import FileSection
from data_access.imports.sources.opening import open_source
from tests.data_access.imports.killable import FILES, MAPPINGS

FIRST_ROW = ("张三", "13812345678", "11010519491231002X", "路灯不亮")
SECOND_ROW = ("李四", "13912345678", "330102199003074511", "路灯不亮")


def as_text(folder: Path) -> Path:
    path = folder / "rows.csv"
    path.write_text("\n".join(map(",".join, (FIRST_ROW, SECOND_ROW))), "utf-8")
    return path


def as_workbook(folder: Path) -> Path:
    book = Workbook()
    for row in (FIRST_ROW, SECOND_ROW):
        book.active.append(row)
    book.save(folder / "rows.xlsx")
    return folder / "rows.xlsx"


def as_parquet(folder: Path) -> Path:
    path = folder / "rows.parquet"
    columns = zip(FIRST_ROW, SECOND_ROW, strict=True)
    pq.write_table(pa.table({name: [cell] for name, cell in columns}), path)
    return path


def says_nothing_of_anybody(said: str) -> bool:
    return not [cell for cell in (*FIRST_ROW, *SECOND_ROW) if cell in said]


@pytest.mark.parametrize("written", [as_text, as_workbook, as_parquet])
def test_a_first_row_of_data_is_not_shown_as_headings(
    written: Callable[[Path], Path], tmp_path: Path
) -> None:
    file = written(tmp_path)
    with pytest.raises(MappingError, match="标题行含有手机号、身份证号，像是数据") as refused:
        open_source(file, FileSection()).facts(["编号"])
    assert says_nothing_of_anybody(str(refused.value))
    assert "加上一行列名" in str(refused.value)


@pytest.mark.parametrize("written", [as_text, as_workbook, as_parquet])
def test_no_mapping_is_drafted_from_a_first_row_of_data(
    written: Callable[[Path], Path], tmp_path: Path
) -> None:
    draft = tmp_path / "draft.toml"
    with pytest.raises(ImportRefused, match="像是数据") as refused:
        first_mapping.write("incidents", written(tmp_path), draft)
    assert says_nothing_of_anybody(str(refused.value))
    assert not draft.exists()


def test_another_databases_words_are_not_repeated(empty_database_url: URL) -> None:
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("create table handed_over (name text)"))
        connection.execute(text("insert into handed_over values ('王芳11010519491231002X')"))
    engine.dispose()
    url = empty_database_url.render_as_string(hide_password=False)
    for query, expected in (
        ("select name::int as number from handed_over", "类型或格式不符，错误码 22P02"),
        ("select number from handed_over", "没有所读的列，错误码 42703"),
        ("nowhere", "没有这个表或视图，错误码 42P01"),
        ("select number from", "查询的写法有误，错误码 42601"),
    ):
        with pytest.raises(ImportRefused, match=expected) as refused:
            open_source(query, FileSection(), from_url=url).facts(["number"])
        said = str(refused.value)
        assert not [word for word in ("王芳", "11010519491231002X", "invalid") if word in said]


def test_a_personal_number_in_a_files_name_is_stored_nowhere(
    database_url: URL, tmp_path: Path
) -> None:
    file = tmp_path / "11010519491231002X 张三.csv"
    file.write_bytes((FILES / "regions.csv").read_bytes())
    database = Database(database_url)
    import_rows(database, "regions", file, MAPPINGS / "regions.toml", report_folder=tmp_path)
    with database.read() as connection:
        names = connection.scalars(text("select file_name from import_batches")).all()
    database.close()
    assert names == ["〔身份证号，已遮蔽，25 个字符〕"]


def test_a_draft_holds_no_name_though_it_is_the_only_one_of_its_column(tmp_path: Path) -> None:
    file = tmp_path / "site.csv"
    file.write_text(
        "编号,登记时间,区划代码,事件类别,承办单位,来源渠道,案件状态,化解层级\n"
        "A1,2026-11-01,330102,王芳,李大力,王小明家,赵敏,村\n"
        "A2,2026-11-01,330102,路灯不亮,城管局,网格员巡查,办理中,村\n",
        "utf-8",
    )
    draft = first_mapping.write("incidents", file, tmp_path / "draft.toml").read_text("utf-8")
    assert not [name for name in ("王芳", "李大力", "王小明", "赵敏") if name in draft]
    assert draft.count("另有 1 个值像人名或含个人信息，未写出") == 4
    for code in ("路灯不亮", "城管局", "网格员巡查", "办理中", "村"):
        assert f'"{code}" = ' in draft


COUNTS = """
kind = "staffing"
[source]
key = "staffing-source"
name = "网格员力量"
[columns]
town = "乡镇代码"
day = "日期"
staff = "在册网格员"
online = "在线网格员（人）"
reporting = "上报网格员"
"""
COUNTS_HEAD = "乡镇代码,日期,在册网格员,在线网格员（人）,上报网格员\n"


def counted(database_url: URL, folder: Path, rows: str, mapping: str = COUNTS) -> ImportOutcome:
    (folder / "rows.csv").write_text(COUNTS_HEAD + rows, "utf-8")
    (folder / "mapping.toml").write_text(mapping, "utf-8")
    database = Database(database_url)
    with closing(database):
        load = partial(import_rows, database, report_folder=folder)
        load("regions", FILES / "regions.csv", MAPPINGS / "regions.toml")
        return load("staffing", folder / "rows.csv", folder / "mapping.toml")


def test_people_are_counted_under_their_own_heading_and_names_there_are_not_shown(
    database_url: URL, tmp_path: Path
) -> None:
    rows = "330102001,2026-11-01,24,22,18\n330102002,2026-11-01,虚构甲,娄某,赵虚构\n"
    outcome = counted(database_url, tmp_path, rows)
    assert (outcome.rows_accepted, outcome.rows_rejected) == (1, 1)
    report = outcome.report.read_text("utf-8-sig")
    assert "〔列名像个人信息，已遮蔽，3 个字符〕" in report
    assert not [name for name in ("虚构甲", "娄某", "赵虚构") if name in report]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('reporting = "上报网格员"', 'reporting = "上报网格员电话"'),
        ('reporting = "上报网格员"', 'reporting = "网格员编号"'),
        ('reporting = "上报网格员"', 'reporting = "姓名（网格员）"'),
        ('day = "日期"', 'day = "在册网格员"'),
    ],
)
def test_people_are_counted_by_numbers_and_under_no_other_heading(
    database_url: URL, tmp_path: Path, old: str, new: str
) -> None:
    with pytest.raises(MappingError, match=r"网格员.*是个人信息或自由文本"):
        counted(database_url, tmp_path, "", COUNTS.replace(old, new))


def test_a_draft_takes_people_for_counted_where_there_are_numbers(tmp_path: Path) -> None:
    file, draft = tmp_path / "site.csv", tmp_path / "draft.toml"
    file.write_text(COUNTS_HEAD + "330102001,2026-11-01,24,22,虚构甲\n", "utf-8")
    written = first_mapping.write("staffing", file, draft).read_text("utf-8")
    assert 'staff = "在册网格员"' in written
    assert 'online = "在线网格员（人）"' in written
    assert "不得导入）：上报网格员" in written
    assert "虚构甲" not in written
    draft.unlink()
    assert "在册网格员、" in first_mapping.write("incidents", file, draft).read_text("utf-8")
