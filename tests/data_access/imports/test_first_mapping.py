"""A first mapping is valid, guesses right on plain files, and writes no personal value."""

from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from dashboard.errors import ImportRefused
from data_access.imports import first_mapping
from data_access.imports.mapping_file import KINDS, load_mapping
from tests.data_access.imports.killable import file_of

FILES = Path(__file__).parent / "examples"
CASES = ("incidents", "disputes")
IDENTITY = "11010519491231002X"


def drafted(kind: str, file: Path, folder: Path) -> str:
    return first_mapping.write(kind, file, folder / "draft.toml").read_text("utf-8")


@pytest.mark.parametrize("kind", CASES)
def test_a_draft_of_cases_can_be_loaded_as_it_is(kind: str, tmp_path: Path) -> None:
    draft = drafted(kind, FILES / f"{kind}.csv", tmp_path)
    mapping = load_mapping(tmp_path / "draft.toml", kind).mapping
    assert mapping.kind == kind
    assert "请核对" in draft


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in CASES])
def test_a_draft_of_a_table_names_the_columns_of_its_example(kind: str, tmp_path: Path) -> None:
    draft = drafted(kind, file_of(kind), tmp_path)
    mapping = load_mapping(tmp_path / "draft.toml", kind).mapping
    example = load_mapping(FILES.parents[3] / "docs" / "examples" / f"{kind}.toml").mapping
    assert mapping.columns == example.columns, draft


def test_encoding_delimiter_times_and_columns_are_guessed(tmp_path: Path) -> None:
    file = tmp_path / "site.csv"
    file.write_bytes(
        "工单号;登记时间;所属区域;事件类型\nA1;2026/11/01 08:00;上城区;路灯\n".encode("gb18030")
    )
    draft = drafted("incidents", file, tmp_path)
    for line in (
        'encoding = "gb18030"',
        'delimiter = ";"',
        'case_no = "工单号"',
        'registered_at = "登记时间"',
        'format = "%Y/%m/%d %H:%M"',
        'column = "所属区域"',
        'columns = ["事件类型"]',
        '"路灯" = "c01"',
    ):
        assert line in draft


def test_utf_16_is_told_by_its_mark_and_headers_of_two_lines_stay_in_comments(
    tmp_path: Path,
) -> None:
    file = tmp_path / "site.csv"
    header = '工单号\t登记时间\t所属区域\t事件类型\t"其他\n说明\x7f"\n'
    file.write_text(f"{header}A1\t2026-11-01\t上城区\t路灯\t1\n", "utf-16")
    draft = drafted("incidents", file, tmp_path)
    assert 'encoding = "utf-16"' in draft
    assert 'delimiter = "\\t"' in draft
    load_mapping(tmp_path / "draft.toml", "incidents")


def test_an_old_workbook_is_refused_and_nothing_written(tmp_path: Path) -> None:
    file = tmp_path / "site.xls"
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    with pytest.raises(ImportRefused, match="另存为"):
        drafted("incidents", file, tmp_path)
    assert not (tmp_path / "draft.toml").exists()


def test_english_headers_are_guessed_too(excerpt: Path, tmp_path: Path) -> None:
    draft = drafted("incidents", excerpt, tmp_path)
    for line in (
        'case_no = "CASE_ENQUIRY_ID"',
        'registered_at = "OPEN_DT"',
        'due_at = "TARGET_DT"',
        'closed_at = "CLOSED_DT"',
        'format = "%m/%d/%Y %I:%M:%S %p"',
        'lon = "LONGITUDE"',
        'lat = "LATITUDE"',
    ):
        assert line in draft


def test_swapped_coordinates_are_told_by_their_values(tmp_path: Path) -> None:
    file = tmp_path / "site.csv"
    file.write_text(
        "编号,登记时间,区划代码,类别,经度,纬度\nA1,2026-11-01,330102,x,30.2,120.1\n", "utf-8"
    )
    draft = drafted("incidents", file, tmp_path)
    assert 'lon = "纬度"' in draft
    assert 'lat = "经度"' in draft


def test_values_of_personal_columns_are_never_written(tmp_path: Path) -> None:
    file = tmp_path / "site.csv"
    file.write_text(
        "编号,登记时间,区划代码,类别,联系人,来源\n"
        f"A1,2026-11-01,330102,路灯,虚构甲,{IDENTITY}\n"
        "A2,2026-11-01,330102,路灯,虚构乙,13800138000\n",
        "utf-8",
    )
    draft = drafted("incidents", file, tmp_path)
    assert not [value for value in (IDENTITY, "13800138000", "虚构甲") if value in draft]
    assert "联系人" in draft
    assert "channel" not in draft


def test_a_title_above_the_header_of_a_sheet_is_passed_over(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["2026年11月网格员力量"])
    sheet.append(["乡镇代码", "日期", "在册网格员数", "在线网格员数", "有上报的网格员数"])
    sheet.append(["330102001", "2026-11-01", 24, 22, 18])
    book.save(tmp_path / "staffing.xlsx")
    draft = drafted("staffing", tmp_path / "staffing.xlsx", tmp_path)
    assert "header_row = 2" in draft
    assert 'town = "乡镇代码"' in draft


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    drafted("staffing", FILES / "staffing.csv", tmp_path)
    with pytest.raises(ImportRefused, match="已存在"):
        drafted("staffing", FILES / "staffing.csv", tmp_path)


def test_an_unknown_kind_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="没有种类 events：应为 regions（区划）、zone_towns"):
        first_mapping.write("events", FILES / "staffing.csv", tmp_path / "draft.toml")


def test_a_draft_of_steps_says_whose_cases_they_are_of(tmp_path: Path) -> None:
    assert "须与案件的来源（案件映射文件的 source.key）相同" in drafted(
        "steps", FILES / "steps.csv", tmp_path
    )


def test_a_draft_of_cases_says_that_codes_may_be_there_already(tmp_path: Path) -> None:
    said = "代码表 incident_class 已在库中时，请把以下代码换成库中的代码"
    assert said in drafted("incidents", FILES / "incidents.csv", tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", ""),
        ("one.csv", "编号\nA1\n"),
        ("twice.csv", "编号,编号\nA1,A2\n"),
        ("program.py", '"""A program."""\n\nimport os\n'),
        ("other.py", "from a import b, c\n\n\ndef f():\n    return b\n"),
    ],
)
def test_what_is_no_table_is_refused_and_nothing_written(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(ImportRefused, match=rf"{name} 不像一张表"):
        drafted("incidents", tmp_path / name, tmp_path)
    assert not (tmp_path / "draft.toml").exists()


def test_a_personal_number_in_a_files_name_is_in_no_drafts_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / f"{IDENTITY} 力量.csv"
    file.write_bytes((FILES / "staffing.csv").read_bytes())
    assert str(first_mapping.write("staffing", file)) == "staffing.toml"


def test_codes_of_grids_are_no_identity_numbers_under_their_heading(tmp_path: Path) -> None:
    """Of 乡 201 all are shaped like numbers of before 1999: 201001 reads as a day."""
    file = tmp_path / "site.csv"
    codes = [f"33990120100100{n}" for n in range(1, 7)]
    rows = "".join(f"A{n},2026-11-01,{code},{code}\n" for n, code in enumerate(codes))
    file.write_text(f"编号,登记时间,所属网格,证件\n{rows}", "utf-8")
    draft = drafted("incidents", file, tmp_path)
    assert 'column = "所属网格"' in draft
    assert "不得导入）：证件\n" in draft
    assert not [code for code in codes if code in draft]
    file.write_text(f"编号,登记时间,所属网格,证件\n{rows}A9,2026-11-01,{IDENTITY},\n", "utf-8")
    (tmp_path / "draft.toml").unlink()
    assert "不得导入）：所属网格、证件" in drafted("incidents", file, tmp_path)


def test_codes_of_grids_are_the_codes_of_a_file_of_regions(tmp_path: Path) -> None:
    file = tmp_path / "site.csv"
    rows = "".join(f"33990100100100{n},第{n}网格,339901001001\n" for n in range(1, 7))
    file.write_text(f"代码,名称,上级代码\n{rows}", "utf-8")
    draft = drafted("regions", file, tmp_path)
    assert 'code = "代码"' in draft
    assert 'parent = "上级代码"' in draft


@pytest.mark.parametrize(
    ("heads", "places", "line"),
    [
        (
            "经度,纬度",
            ("120.16,30.24", "120.18,30.24", "120.90,30.31"),
            "map_centre = [120.2, 30.2]",
        ),
        ("经度,纬度", ("30.24,120.16", "30.24,120.18", ","), "map_centre = [120.2, 30.2]"),
        ("坐标,x", ('"30.24,120.16",', '"30.24,120.18",'), "map_centre = [120.2, 30.2]"),
        ("经度,纬度", ("500000.5,3350000",), "# map_centre = [120.15, 30.28]"),
        ("经度,纬度", (",", ","), "# map_centre = [120.15, 30.28]"),
    ],
)
def test_a_draft_with_coordinates_says_where_the_maps_centre_is(
    tmp_path: Path, heads: str, places: tuple[str, ...], line: str
) -> None:
    file = tmp_path / "site.csv"
    rows = "".join(f"A{n},2026-11-01,330102,x,{place}\n" for n, place in enumerate(places))
    file.write_text(f"编号,登记时间,区划代码,类别,{heads}\n{rows}", "utf-8")
    draft = drafted("incidents", file, tmp_path)
    assert f"\n{line}   # 请核对：地图中心" in draft
    centre = load_mapping(tmp_path / "draft.toml").incidents.database.map_centre
    assert (centre is None) == line.startswith("#")


# Files as sites have handed them over: kind, head, rows, lines of the draft, what is not in it.
SITES = {
    "incidents": (
        "事件编号,上报时间,派遣时间,处置时限,结案时间,所属网格,事件类别,案件状态,基本情况",
        (
            "A1,2026-11-01 08:00,2026-11-01 09:00,2026-11-05 08:00,,339901001001,路灯,处置中,某处",
            "A2,2026-11-01 08:00,,2026-11-05 08:00,2026-11-03 08:00,339901001002,路灯,已结案,某处",
            "A3,2026-11-01 08:00,,2026-11-05 08:00,,339901001002,路灯,待派遣,某处",
        ),
        (
            'dispatched_at = "派遣时间"',
            'due_at = "处置时限"',
            'closed_at = "结案时间"',
            'column = "所属网格"',
            '"处置中" = "accepted"   # 请核对，1 行',
            '"已结案" = "closed"   # 请核对，1 行',
            '"待派遣" = ""   # 请核对：没有认出，不作判断，1 行',
            "# 未映射的列（像个人信息或自由文本，不得导入）：基本情况",
        ),
        ("某处", "centre"),
    ),
    "disputes": (
        "纠纷编号,登记日期,受理日期,调解组织,所属县区,类别,化解层级,调解结果",
        (
            "J1,2026-11-01,2026-11-01,临溪区综治中心,临溪区,邻里,镇级,调解中",
            "J2,2026-11-01,2026-11-01,望山县调委会,望山县,邻里,县级,成功",
        ),
        (
            'registered_at = "登记日期"',
            'accepted_at = "受理日期"',
            'column = "所属县区"',
            '# "临溪区" = ""   # 请核对，1 行',
            "[centre]",
            '"临溪区综治中心" = "临溪区综治中心"   # 1 行',
            '"镇级" = "town"   # 请核对，1 行',
            '# "调解中" = ""   # 请核对：没有认出，1 行',
        ),
        ("location",),
    ),
    "regions": (
        "行政区划代码,行政区划名称,级别,上级区划代码,启用日期",
        (
            "339900,示例市,地级市,,2000-01-01",
            "339981,某市,县级市,339900,2000-01-01",
            "339981101,甲乡,乡,339981,2000-01-01",
        ),
        (
            'name = "行政区划名称"',
            'parent = "上级区划代码"',
            '"地级市" = "city"',
            '"县级市" = "county"',
            '"乡" = "town"',
        ),
        ("is_administrative", "没有认出"),
    ),
    "organisations": (
        "单位编码,单位名称,单位类别,所属区划",
        ("D01,城管局,部门,339900", "Z01,临溪区综治中心,综治中心,339901"),
        ('name = "单位名称"', 'kind = "单位类别"', 'region = "所属区划"'),
        ("constants",),
    ),
    "staffing": (
        "乡镇名称,乡镇代码,日期,在册网格员,在线网格员,上报网格员",
        ("甲乡,339981101,2026-11-01,24,22,20",),
        ('town = "乡镇代码"', "# 文件中其余的列：乡镇名称"),
        ("region.values",),
    ),
    "receptions": (
        "接待编号,接待时间,所属县区,人次,是否受理,登记序号",
        ("R1,2026-11-01 09:00,临溪区,2,已受理,x", "R2,2026-11-01 09:00,望山县,2,未受理,y"),
        (
            'region = "所属县区"',
            "[region.values]",
            '# "望山县" = ""   # 请核对，1 行',
            "[values.is_accepted]",
            '"未受理" = false   # 请核对，1 行',
        ),
        (),
    ),
    "reported": (
        "县区,月份,指标,分子,分母",
        ("339901,2026-10,视频联网率,980,1000",),
        ('region = "县区"',),
        ("region.values",),
    ),
    "steps": (
        "事件编号,环节,时间",
        ("A1,受理,2026-11-01 09:00:00",),
        ('subject = "incident"   # 请核对：案件种类（incident | dispute）',),
        (),
    ),
}


@pytest.mark.parametrize("kind", SITES)
def test_columns_and_words_of_sites_are_known(kind: str, tmp_path: Path) -> None:
    head, rows, lines, absent = SITES[kind]
    (tmp_path / "site.csv").write_text("\n".join((head, *rows)), "utf-8")
    draft = drafted(kind, tmp_path / "site.csv", tmp_path)
    load_mapping(tmp_path / "draft.toml", kind)
    assert not [line for line in lines if f"\n{line}" not in draft], draft
    assert not [word for word in absent if word in draft], draft


def test_a_column_whose_values_do_not_fit_is_left_to_the_operator(tmp_path: Path) -> None:
    file = tmp_path / "site.csv"
    file.write_text(
        "日期,是否工作日,名称\n2026-11-01,加班,甲\n2026-11-02,调休,乙\n2026-11-03,是,丙\n", "utf-8"
    )
    draft = drafted("calendars", file, tmp_path)
    assert 'is_workday = ""   # 请核对：是否工作日' in draft
    assert "# 文件中其余的列：是否工作日" in draft


def test_days_in_cells_of_a_sheet_need_no_format(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["事件编号", "上报时间", "区划代码", "类别"])
    book.active.append(["A1", datetime(2026, 11, 1, 8), "330102", "路灯"])
    book.save(tmp_path / "site.xlsx")
    draft = drafted("incidents", tmp_path / "site.xlsx", tmp_path)
    assert "日期单元格按原样读取，此格式只用于写作文本的时间" in draft


def test_of_names_of_regions_no_address_is_written(tmp_path: Path) -> None:
    file = tmp_path / "site.csv"
    rows = ("A1,2026-11-01,石桥村", "A2,2026-11-01,石桥村3组12号", "A3,2026-11-01,第3网格")
    file.write_text("\n".join(("编号,登记时间,所在社区", *rows)), "utf-8")
    draft = drafted("incidents", file, tmp_path)
    assert '# "石桥村" = ""   # 请核对，1 行' in draft
    assert '# "第3网格" = ""   # 请核对，1 行' in draft
    assert "另有 1 个值不像区划的名称，未写出" in draft
    assert "12号" not in draft
