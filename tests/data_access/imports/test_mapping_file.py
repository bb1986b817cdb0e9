"""A mapping is read whole or refused with file, key and what was expected."""

import re
from pathlib import Path

import pytest

from dashboard.errors import MappingError
from data_access.imports.mapping import MOST_CODES
from data_access.imports.mapping_file import load_mapping


def test_the_example_mapping_reads_only_the_columns_it_names(boston_mapping: Path) -> None:
    mapping = load_mapping(boston_mapping).incidents
    assert mapping.file_columns() == [
        "CASE_ENQUIRY_ID",
        "OPEN_DT",
        "CLOSED_DT",
        "TARGET_DT",
        "ward",
        "TYPE",
        "REASON",
        "Source",
        "Department",
        "LONGITUDE",
        "LATITUDE",
    ]
    assert mapping.regions is not None
    assert len(mapping.regions.children) == 23


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ('case_no = "CASE_ENQUIRY_ID"', "", "columns.case_no", "必填"),
        ('case_no = "CASE_ENQUIRY_ID"', "case_no = 5", "columns.case_no", "应为文本"),
        ('due_at = "TARGET_DT"', 'deu_at = "TARGET_DT"', "columns.deu_at", "没有这个键"),
        ('kind = "incidents"', 'kind = "events"', "kind", "disputes（矛盾纠纷）"),
        ('zone = "America/New_York"', 'zone = "Boston"', "database.zone", "IANA"),
        ('rule = "weekdays"', 'rule = "none"', "database.calendar.rule", "'weekdays'、'china'"),
        ("last_year = 2020", "last_year = 2001", "database.calendar", "last_year"),
        ("(?P<code>[0-9]{1,2})", "[0-9]{1,2}", "region.patterns.0", "(?P<code>"),
        ('template = "BOS-{code:0>2}"', 'template = "{ward}"', "region.template", "{code}"),
        ('unassigned = "BOS-00"', 'unassigned = "BOS-99"', "顶层", "region.unassigned"),
        ('code = "BOS-02"', 'code = "BOS-01"', "regions", "各不相同"),
        ('"Street Lights" = "street-lights"', '"Street Lights" = "lamp"', "classes", "lamp"),
        (
            'label = "路灯", category = "service"',
            'label = "路灯", category = "light"',
            "classes.codes.street-lights.category",
            "service",
        ),
        (
            "cycle_seconds = 86400",
            "cycle_seconds = 9999999999",
            "source.cycle_seconds",
            "应不大于 2147483647",
        ),
        ("default_share = 0.05", "default_share = 5", "location.default_share", "应不大于 1"),
        (
            "map_centre = [-71.08, 42.32]",
            "map_centre = [42.32, -271.08]",
            "database.map_centre.1",
            "不小于 -90",
        ),
        ('encoding = "utf-8-sig"', 'encoding = "gb99"', "file.encoding", "gb18030"),
        ('delimiter = ","', 'delimiter = ",,"', "file.delimiter", "应为一个字符"),
        ('delimiter = ","', 'delimiter = ""', "file.delimiter", "应为非空文本"),
        ('delimiter = ","', 'delimiter = "\\n"', "file.delimiter", "应为一个分隔列的字符"),
        ('delimiter = ","', "delimiter = '\"'", "file.delimiter", "应为一个分隔列的字符"),
        ('label = "路灯"', f'label = "{"长" * 41}"', "street-lights.label", "不超过 40 个字符"),
        ('label = "路灯"', 'label = "13800138000"', "street-lights.label", "不得含手机号"),
        ('"PWDx" = "', f'"{"x" * 41}" = "', "holder.values", "不超过 40 个字符"),
        *(
            ('format = "%m/%d/%Y %I:%M:%S %p"', f'format = "{wrong}"', "times.format", "strptime")
            for wrong in ("MM/DD", "%Y-%Q", "%d%", "%Y-%m-%d %Y", "%H:%M", "")
        ),
        *(
            ("bounds = [", f"bounds = {wrong} # [", "location.bounds", "西、南、东、北")
            for wrong in ("[-70.0, 42.0, -71.0, 43.0]", "[-71.0, 43.0, -70.0, 42.0]")
        ),
        ("(?P<code>[0-9]{1,2})", "(?P<code>[0-9", "region.patterns.0", "个字符处有误"),
        ('zone = "America/New_York"', 'zone = "America"', "database.zone", "IANA"),
        *(
            ('encoding = "utf-8-sig"', f'encoding = "{wrong}"', "file.encoding", "gb18030")
            for wrong in ("rot13", "base64", "idna", "undefined", "hex")
        ),
        *(
            ('template = "BOS-{code:0>2}"', f'template = "{wrong}"', "region.template", "{code}")
            for wrong in ("{code.x}", "{code:>99999999999}", "{code:{code}}", "BOS", "{")
        ),
    ],
)
def test_a_wrong_key_is_named_with_what_was_expected(
    tmp_path: Path, boston_mapping: Path, old: str, new: str, key: str, expected: str
) -> None:
    content = boston_mapping.read_text("utf-8")
    assert old in content
    path = tmp_path / "wrong.toml"
    path.write_text(content.replace(old, new, 1), "utf-8")
    with pytest.raises(MappingError) as refused:
        load_mapping(path)
    message = str(refused.value)
    assert "wrong.toml" in message
    assert key in message
    assert expected in message


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text('kind = "incidents"', "utf-8")
    with pytest.raises(MappingError) as refused:
        load_mapping(path)
    for key in ("source", "database", "columns", "times", "region", "classes"):
        assert f"键 {key}：此键必填" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"kind = ", "文件末尾有误"),
        (b"a = 1\na = 2\n", "第 2 行第 6 个字符处有误"),
        (b'a = "x', "文件末尾有误"),
        (b"a = 1\nb = '\xff\xfe'", "第 2 行不是 UTF-8"),
    ],
)
def test_a_file_that_is_no_toml_is_refused_with_the_place(
    tmp_path: Path, content: bytes, place: str
) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(MappingError, match=rf"broken\.toml 不是有效的 TOML：({place})"):
        load_mapping(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"无法读取映射文件 .*nowhere\.toml：没有这个文件"):
        load_mapping(tmp_path / "nowhere.toml")


def test_a_code_list_as_long_as_free_text_is_refused(tmp_path: Path, boston_mapping: Path) -> None:
    content = boston_mapping.read_text("utf-8")
    many = "\n".join(f'"value {n}" = "名称{n}"' for n in range(MOST_CODES))
    path = tmp_path / "long.toml"
    path.write_text(content.replace("[holder.values]", f"[holder.values]\n{many}", 1), "utf-8")
    with pytest.raises(MappingError) as refused:
        load_mapping(path)
    assert "键 holder.values：最多 1000 项" in str(refused.value)
    assert "归并" in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('name = "', 'name = "张三 13812345678', "source.name"),
        ('platform = "', 'platform = "13812345678 ', "platform"),
        ("[region]", '[region]\nvalues = { "张三 11010519491231002X" = "1" }', "region.values"),
        ("[region]", '[region]\nvalues = { "1" = "张三 11010519491231002X" }', "region.values.1"),
        ('"Lead" = "', '"张三13812345678" = "', "classes.values.TYPE"),
        ('"Lead" = "', '"Lead" = "13812345678 ', "classes.values.TYPE.Lead"),
    ],
)
def test_a_personal_number_anywhere_in_a_mapping_is_refused_and_not_repeated(
    tmp_path: Path, boston_mapping: Path, old: str, new: str, key: str
) -> None:
    content = boston_mapping.read_text("utf-8")
    assert old in content
    path = tmp_path / "wrong.toml"
    path.write_text(content.replace(old, new, 1), "utf-8")
    with pytest.raises(MappingError) as refused:
        load_mapping(path)
    message = str(refused.value)
    assert re.search(rf"键 {re.escape(key)}：(键名中)?不得含(手机号|身份证号)", message)
    for part in ("张三", "13812345678", "11010519491231002X"):
        assert part not in message


def test_codes_of_grids_are_no_identity_numbers(tmp_path: Path, boston_mapping: Path) -> None:
    path = tmp_path / "grids.toml"
    grids = '[region]\nvalues = { "清河坊一网格" = "330102001001001", "330102001001002" = "1" }'
    content = boston_mapping.read_text("utf-8")
    path.write_text(content.replace("[region]", grids, 1), "utf-8")
    assert "330102001001002" in load_mapping(path).incidents.region.values


def test_a_value_of_a_choice_may_be_mapped_to_unknown_and_to_nothing_else(tmp_path: Path) -> None:
    content = (Path(__file__).parents[3] / "docs" / "examples" / "disputes.toml").read_text("utf-8")
    path = tmp_path / "disputes.toml"
    path.write_text(content.replace('"不成功" = false', '"调解中" = ""'), "utf-8")
    assert load_mapping(path).mapping.choices["is_successful"].meanings() == {True}
    path.write_text(content.replace('"不成功" = false', '"调解中" = "open"'), "utf-8")
    with pytest.raises(MappingError, match="应为 true、false 之一，或为空文本（未知）"):
        load_mapping(path)
