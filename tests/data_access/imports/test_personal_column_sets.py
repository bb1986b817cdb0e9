"""Thirty-nine labelled column sets with personal data are refused, thirty-nine innocent ones pass.

A set is a column of a file: its header, what the mapping takes it for, and its values. All values
are invented. Refused means: the mapping is not accepted, or every row with such a value is
rejected; and the values stand nowhere afterwards, in no table, no report and no message.
"""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from sqlalchemy import URL, create_engine, text

from dashboard.errors import ImportRefused
from data_access.database import Database
from data_access.imports.command import import_rows
from data_access.imports.importing import ImportOutcome
from data_access.imports.personal_data import CHECK_CHARACTERS, WEIGHTS


def identity(digits: str) -> str:
    total = sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True))
    return digits + CHECK_CHARACTERS[total % 11]


class ColumnSet(NamedTuple):
    label: str
    header: str
    role: str
    values: tuple[str, ...]


IDS = tuple(identity(f"33010219{year}0307{serial}") for year, serial in ((90, 451), (85, 123)))
GROUPED = tuple(f"{number[:6]} {number[6:14]} {number[14:]}" for number in IDS)
WIDE = tuple(
    number.translate(str.maketrans("0123456789", "０１２３４５６７８９")) for number in IDS
)
NAMES = ("赵虚构", "钱虚构", "孙某某", "李四")
NARRATIVES = (
    "赵虚构家与钱虚构家因宅基地界址纠纷互殴",
    "孙某某反映楼上漏水，要求赔偿",
    "李四称邻居夜间施工，多次劝阻无效",
    "钱虚构来访；要求落实政策",
)

PERSONAL = (
    # By their numbers, under headers that say nothing.
    ColumnSet("identity numbers as case numbers", "编号", "case_no", IDS),
    ColumnSet("identity numbers in groups", "编号", "case_no", GROUPED),
    ColumnSet("identity numbers full-width", "编号", "case_no", WIDE),
    ColumnSet(
        "identity numbers of 15 digits", "编号", "case_no", ("330102900307451", "330102850307123")
    ),
    ColumnSet("identity numbers as channel", "渠道", "channel", IDS),
    ColumnSet("identity numbers as holder", "承办", "holder", IDS),
    ColumnSet("identity numbers as class", "类别", "class", IDS),
    ColumnSet("identity numbers as status", "状态", "status", IDS),
    ColumnSet("identity numbers as region", "区域", "region", IDS),
    ColumnSet(
        "mobile numbers as case numbers", "流水号", "case_no", ("13800138000", "139 1234 5678")
    ),
    ColumnSet("mobile numbers as channel", "来源", "channel", ("13800138000", "13912345678")),
    ColumnSet(
        "mobile numbers beside names", "渠道", "channel", ("钱某13800138000", "孙某 13912345678")
    ),
    ColumnSet("landlines as holder", "承办", "holder", ("0571-87051234", "(0571)87051235")),
    ColumnSet("plate numbers as case numbers", "编号", "case_no", ("浙A12345", "浙AD12346")),
    ColumnSet("plate numbers with a dot", "渠道", "channel", ("浙A·12345", "沪C·8K123")),
    ColumnSet(
        "free text with numbers",
        "类别",
        "class",
        ("孙某（13800138000）反映漏水", "来电139-1234-5678"),
    ),
    ColumnSet("identity numbers as an organisation's code", "代码", "organisation_code", IDS),
    ColumnSet(
        "telephones as an organisation's name",
        "名称",
        "organisation_name",
        ("调解室0571-87051234",) * 2,
    ),
    ColumnSet("identity numbers as a reception's number", "编号", "reception_no", IDS),
    ColumnSet("identity numbers as a code", "代码", "code", IDS),
    ColumnSet(
        "identity and mobile numbers joined",
        "编号",
        "case_no",
        tuple(f"{number}13800138000" for number in IDS),
    ),
    ColumnSet(
        "mobile numbers after letters", "账户", "channel", ("sip13800138000", "A13912345678")
    ),
    ColumnSet("mobile numbers with dots", "编号", "case_no", ("138.0013.8000", "139_1234_5678")),
    # By their shape, all of them together.
    ColumnSet(
        "names as organisations",
        "名称",
        "organisation_name",
        NAMES,
    ),
    ColumnSet("names as labels of codes", "名称", "label", NAMES),
    ColumnSet("names as case numbers", "编号", "case_no", NAMES),
    ColumnSet("names as class", "类别", "class", NAMES),
    ColumnSet("names as holder", "承办", "holder", NAMES),
    ColumnSet("names as region", "区域", "region", NAMES),
    ColumnSet("free text without numbers", "类别", "class", NARRATIVES),
    ColumnSet("free text as labels of codes", "名称", "label", NARRATIVES[1:]),
    # By their headers, whatever the values are.
    ColumnSet("header 姓名", "当事人姓名", "channel", ("甲", "乙")),
    ColumnSet("header 身份证", "身份证号", "case_no", ("X1", "X2")),
    ColumnSet("header 联系电话", "联系电话", "case_no", ("X1", "X2")),
    ColumnSet("header 住址", "家庭住址", "class", ("甲", "乙")),
    ColumnSet("header 事件简述", "事件简述", "class", ("甲", "乙")),
    ColumnSet("header 备注", "备注", "class", ("甲", "乙")),
    ColumnSet("header reporter_name", "reporter_name", "holder", ("A", "B")),
    ColumnSet("header phoneNumber", "phoneNumber", "case_no", ("X1", "X2")),
)
INNOCENT = (
    ColumnSet(
        "case numbers of 18 digits",
        "案件编号",
        "case_no",
        ("330102202611010001", "330102202611010012"),
    ),
    ColumnSet(
        "case numbers with a broken checksum",
        "编号",
        "case_no",
        (IDS[0][:-1] + "Y", IDS[1][:-2] + "00Z"),
    ),
    ColumnSet(
        "case numbers of 17 digits", "编号", "case_no", ("33010220261101001", "33010220261101002")
    ),
    ColumnSet(
        "case numbers of 20 digits",
        "编号",
        "case_no",
        ("33010220261101000001", "33010220261101000002"),
    ),
    ColumnSet(
        "case numbers with letters", "工单号", "case_no", ("SJ-2026-000123", "SJ-2026-000124")
    ),
    ColumnSet(
        "case numbers of letters and a day", "编号", "case_no", ("SJ15060100123", "SJ19123100124")
    ),
    ColumnSet(
        "case numbers of letters and an area", "编号", "case_no", ("HB13018300123", "S14010500124")
    ),
    ColumnSet("numbers with dots", "编号", "case_no", ("131.12345678", "2026.1101.0001")),
    ColumnSet("case numbers of 11 digits", "编号", "case_no", ("20261101001", "20261101002")),
    ColumnSet("case numbers of 12 digits", "编号", "case_no", ("101001242404", "101001242405")),
    ColumnSet(
        "court numbers", "案号", "case_no", ("（2026）浙0102民初123号", "（2026）浙0102民初124号")
    ),
    ColumnSet("times as numbers", "编号", "case_no", ("20261101083000", "20261101083001")),
    ColumnSet("area code and day", "编号", "case_no", ("0571-20261101-01", "0571-20261101-02")),
    ColumnSet(
        "unified social credit codes",
        "编号",
        "case_no",
        ("91330100799655058B", "12330100470116099X"),
    ),
    ColumnSet(
        "coordinates as text", "编号", "case_no", ("120.153576,30.287459", "120.153577,30.287460")
    ),
    ColumnSet(
        "uuids",
        "id",
        "case_no",
        ("0b1f2c3d-1111-4a4a-8b8b-1234567890ab", "0b1f2c3d-2222-4a4a-8b8b-1234567890ac"),
    ),
    ColumnSet("hotline as channel", "来源渠道", "channel", ("12345", "110")),
    ColumnSet("channels in words", "事件来源", "channel", ("网格员巡查", "群众上报")),
    ColumnSet("departments as holder", "承办单位", "holder", ("城市管理局", "应急管理局")),
    ColumnSet(
        "departments with street names",
        "责任单位",
        "holder",
        ("王家桥街道办事处", "马塘镇人民政府"),
    ),
    ColumnSet("classes", "事件类别", "class", ("路灯不亮", "邻里纠纷")),
    ColumnSet(
        "classes that begin like names",
        "纠纷类别",
        "class",
        ("高空抛物", "金融借贷", "毛坯房", "方言"),
    ),
    ColumnSet(
        "classes with long names",
        "纠纷类别",
        "class",
        ("城镇房屋征收与补偿纠纷", "农村土地承包经营权流转纠纷", "历史遗留问题（其他）"),
    ),
    ColumnSet(
        "classes in English",
        "TYPE",
        "class",
        ("Request for Snow Plowing (Emergency Responder)", "Improper Storage of Trash (Barrels)"),
    ),
    ColumnSet("places that begin like names", "地段", "class", ("高架桥", "石材厂", "马路")),
    ColumnSet("status words", "案件状态", "status", ("办理中", "已办结")),
    ColumnSet("region codes", "网格编码", "region", ("330102", "330106")),
    ColumnSet("dotted region codes", "所属区划", "region", ("330102", "330102")),
    ColumnSet("organisation codes", "机构代码", "organisation_code", ("330102-C", "D01")),
    ColumnSet(
        "organisation names",
        "机构名称",
        "organisation_name",
        ("城管局", "信访局", "安监局", "司法所"),
    ),
    ColumnSet(
        "committees named after streets",
        "单位名称",
        "organisation_name",
        ("王家桥调委会", "马塘社区", "石桥村", "高桥镇"),
    ),
    ColumnSet(
        "labels of codes", "类别名称", "label", ("毒品", "黄赌毒", "金融借贷纠纷", "高空抛物")
    ),
    ColumnSet("labels with numbers", "名称", "label", ("12345热线", "110联动", "96345")),
    ColumnSet(
        "long names of organisations",
        "机构名称",
        "organisation_name",
        ("杭州市上城区社会矛盾纠纷调处化解中心", "杭州市西湖区综合行政执法局北山中队", "司法所"),
    ),
    ColumnSet(
        "case numbers in Chinese",
        "编号",
        "case_no",
        ("上城矛调字第2026000001号", "上城矛调字第2026000002号", "上城矛调字第2026000003号"),
    ),
    ColumnSet("case numbers of 60 characters", "编号", "case_no", ("A" * 60, "B" * 60, "C" * 60)),
    ColumnSet("codes with dots", "代码", "code", ("01.02", "A-07")),
    ColumnSet(
        "reception numbers", "接待编号", "reception_no", ("330102202611010001", "R20261101002")
    ),
    ColumnSet("counts of people beside", "来访人次", "people", ("2", "13")),
)

CASES = """
kind = "incidents"
[source]
key = "{key}"
name = "测试来源"
[database]
zone = "Asia/Shanghai"
map_centre = [120.15, 30.28]
[regions]
root = {{ code = "330100", name = "示例市" }}
children = [{{ code = "330102", name = "上城区" }}, {{ code = "330106", name = "西湖区" }}]
[columns]
case_no = "{case_no}"
registered_at = "登记时间"
[times]
format = "%Y-%m-%d %H:%M:%S"
[region]
column = "{region}"
{more}
[classes]
list_key = "incident_class"
name = "事件类别"
columns = ["{classes}"]
default = "other"
codes = {{ other = {{ label = "其他", category = "other" }} }}
values = {{ }}
"""
TABLES = """
kind = "{kind}"
[source]
key = "{key}"
name = "测试来源"
[columns]
{columns}
[constants]
{constants}
[times]
format = "%Y-%m-%d %H:%M:%S"
"""
PLAIN = {"case_no": "NO", "region": "CODE", "classes": "KIND"}
# Role -> kind, other columns with a value, constants.
TABLE_ROLES = {
    "organisation_code": (
        "organisations",
        "code",
        {"name": "某某局{n}"},
        'kind = "department"\nregion = "330102"',
    ),
    "organisation_name": (
        "organisations",
        "name",
        {"code": "K{key}{n}"},
        'kind = "department"\nregion = "330102"',
    ),
    "code": ("codes", "code", {"label": "第{n}类"}, 'list_key = "{key}"'),
    "label": ("codes", "label", {"code": "c{n}"}, 'list_key = "{key}"'),
    "reception_no": (
        "receptions",
        "reception_no",
        {},
        'region = "330102"\nreceived_at = "2026-11-01 09:00:00"\npeople = 1\nis_accepted = true',
    ),
    "people": (
        "receptions",
        "people",
        {"reception_no": "R{key}{n}"},
        'region = "330102"\nreceived_at = "2026-11-01 09:00:00"\nis_accepted = true',
    ),
}


@pytest.fixture(scope="module")
def site(postgres: Callable[[str], URL], migrated_template: str) -> Iterator[Database]:
    """One database for all sets, with two counties."""
    name = f"test_{uuid4().hex[:12]}"
    admin = create_engine(postgres("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name} template {migrated_template}"))
    database = Database(postgres(name))
    with database.write() as connection:
        connection.execute(
            text(
                "insert into regions (id, code, name, short_name, pinyin, level, parent_id,"
                " city_id, county_id, valid_from) values"
                " (1, '330100', '示例市', '示例', 'shi', 'city', null, 1, null, '2000-01-01'),"
                " (2, '330102', '上城区', '上城', 'shang', 'county', 1, 1, 2, '2000-01-01'),"
                " (3, '330106', '西湖区', '西湖', 'xi', 'county', 1, 1, 3, '2000-01-01')"
            )
        )
        connection.execute(
            text("update database_facts set value = '\"Asia/Shanghai\"' where key = 'zone'")
        )
    yield database
    database.close()
    with admin.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()


def files_of(given: ColumnSet, folder: Path) -> tuple[str, Path, Path]:
    """Kind, file and mapping that read the set."""
    key = f"s{uuid4().hex[:8]}"
    if given.role in TABLE_ROLES:
        kind, field, others, constants = TABLE_ROLES[given.role]
        names = {field: given.header} | {name: f"C_{name}" for name in others}
        rows = [
            {given.header: value}
            | {f"C_{name}": shape.format(n=n, key=key) for name, shape in others.items()}
            for n, value in enumerate(given.values)
        ]
        columns = "\n".join(f'{name} = "{header}"' for name, header in names.items())
        mapping = TABLES.format(
            kind=kind, key=key, columns=columns, constants=constants.format(key=key)
        )
    else:
        kind = "incidents"
        names = PLAIN | ({given.role: given.header} if given.role in PLAIN else {})
        more = ""
        if given.role == "class":
            names["classes"] = given.header
        elif given.role == "channel":
            more = f'[channel]\ncolumn = "{given.header}"\ndefault = "其他"\nvalues = {{ }}'
        elif given.role == "holder":
            more = (
                f'[holder]\ncolumn = "{given.header}"\nvalues = {{ "城市管理局" = "城市管理局" }}'
            )
        elif given.role == "status":
            more = f'[status]\ncolumn = "{given.header}"\nvalues = {{ "办理中" = "" }}'
        rows = [
            {"NO": f"{key}-{n}", "CODE": "330102", "KIND": "其他"}
            | {"登记时间": "2026-11-01 08:00:00", given.header: value}
            for n, value in enumerate(given.values)
        ]
        mapping = CASES.format(key=key, more=more, **names)
    header = list(rows[0])
    lines = ["\t".join(header), *("\t".join(row[name] for name in header) for row in rows)]
    (folder / "rows.csv").write_text("\n".join(lines), "utf-8")
    (folder / "mapping.toml").write_text(mapping + '[file]\ndelimiter = "\\t"\n', "utf-8")
    return kind, folder / "rows.csv", folder / "mapping.toml"


def imported(given: ColumnSet, site: Database, folder: Path) -> ImportOutcome:
    kind, file, mapping = files_of(given, folder)
    return import_rows(site, kind, file, mapping, report_folder=folder / "reports")


def everything_kept(site: Database, folder: Path) -> str:
    """All rows of all tables, staging included, and all reports, as text."""
    with site.read() as connection:
        tables = connection.scalars(
            text(
                "select schemaname || '.' || tablename from pg_tables"
                " where schemaname in ('public', 'import_staging')"
            )
        ).all()
        kept = [
            str(row)
            for table in tables
            for row in connection.scalars(text(f"select t::text from {table} t"))
        ]
    kept += [path.read_text("utf-8-sig") for path in (folder / "reports").glob("*")]
    return "\n".join(kept)


def test_there_are_as_many_of_each() -> None:
    assert len(PERSONAL) == len(INNOCENT) == 39
    assert len({given.label for given in (*PERSONAL, *INNOCENT)}) == 78


@pytest.mark.parametrize("given", PERSONAL, ids=lambda given: given.label)
def test_a_personal_column_is_refused_and_stands_nowhere(
    given: ColumnSet,
    site: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    message = ""
    try:
        outcome = imported(given, site, tmp_path)
    except ImportRefused as refused:
        message = str(refused)
        assert given.header in message
    else:
        assert outcome.rows_accepted == 0, outcome.checks
        found = {check.name: check.rows for check in outcome.checks}
        assert found["personal_data"] == len(given.values)
    said = capfd.readouterr()
    everything = everything_kept(site, tmp_path) + message + caplog.text + said.out + said.err
    if len(given.values[0]) > 2:  # single letters stand everywhere
        assert not [value for value in given.values if value in everything]


@pytest.mark.parametrize("given", INNOCENT, ids=lambda given: given.label)
def test_an_innocent_column_passes(given: ColumnSet, site: Database, tmp_path: Path) -> None:
    outcome = imported(given, site, tmp_path)
    assert "personal_data" not in {check.name for check in outcome.checks}
    assert outcome.rows_accepted == len(given.values), outcome.checks


@pytest.mark.parametrize(
    ("row", "hidden"),
    [
        pytest.param({"NO": IDS[0], "KIND": "赵虚构"}, "赵虚构", id="name as class"),
        pytest.param({"NO": IDS[0], "CODE": "钱虚构"}, "钱虚构", id="name as region"),
        pytest.param({"KIND": IDS[0], "NO": "孙某某" * 40}, "孙某某", id="name in a long number"),
    ],
)
def test_of_a_row_with_personal_data_no_other_value_is_shown(
    row: dict[str, str], hidden: str, site: Database, tmp_path: Path
) -> None:
    """A single name can't be told by its shape; beside a number it is not shown either."""
    key = f"s{uuid4().hex[:8]}"
    values = {"NO": f"{key}-1", "登记时间": "2026-11-01 08:00:00", "CODE": "330102"} | row
    header = ("NO", "登记时间", "CODE", "KIND")
    lines = [",".join(header), ",".join(values.get(name, "其他") for name in header)]
    (tmp_path / "rows.csv").write_text("\n".join(lines), "utf-8")
    (tmp_path / "mapping.toml").write_text(CASES.format(key=key, more="", **PLAIN), "utf-8")
    outcome = import_rows(
        site,
        "incidents",
        tmp_path / "rows.csv",
        tmp_path / "mapping.toml",
        report_folder=tmp_path / "reports",
    )
    found = {check.name: check.rows for check in outcome.checks}
    assert found.pop("personal_data") == 1
    assert found, "the other value is found fault with too"
    everything = everything_kept(site, tmp_path)
    assert hidden not in everything
    assert "同行含个人信息，不显示" in everything


def test_a_single_name_or_sentence_is_masked(site: Database, tmp_path: Path) -> None:
    """Too few to tell what the column holds: the rows count, what they say is not shown."""
    given = ColumnSet("one of each", "类别", "class", (NAMES[0], NARRATIVES[0], "某某大队"))
    outcome = imported(given, site, tmp_path)
    assert outcome.rows_accepted == 3
    everything = everything_kept(site, tmp_path)
    assert NAMES[0] not in everything
    assert NARRATIVES[0] not in everything
    assert "〔人名，已遮蔽，3 个字符〕" in everything
    assert "某某大队" in everything
