"""The same rows from every kind of source: same texts, same order, and from any line on."""

import gzip
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from sqlalchemy import URL, create_engine, text

from dashboard.errors import ImportRefused, MappingError
from data_access.imports.mapping import FileSection, TimeRule
from data_access.imports.sources.opening import open_source
from data_access.imports.sources.rows import ROUNDED, UNCALCULATED, RawChunk, Source, as_text
from data_access.imports.times import read_times

HEADER = ("编号", "名称", "数量")
ROWS = [(f"A{n:03d}", f"名称{n}" if n % 3 else "", n) for n in range(1, 12)]
WANTED = ["编号", "数量"]
EXPECTED = [(number, str(amount)) for number, _, amount in ROWS]


def write_sheet(path: Path) -> Path:
    book = Workbook()
    for row in (HEADER, *ROWS):
        book.active.append(row)
    book.save(path)
    return path


def csv_source(folder: Path) -> Source:
    lines = [",".join(map(str, row)) for row in (HEADER, *ROWS)]
    path = folder / "rows.csv"
    path.write_bytes(gzip.compress("\r\n".join(lines).encode("gb18030")))
    return open_source(path, FileSection(encoding="gb18030"))


def excel_source(folder: Path) -> Source:
    return open_source(write_sheet(folder / "rows.xlsx"), FileSection())


def parquet_source(folder: Path) -> Source:
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    path = folder / "rows.parquet"
    pq.write_table(pa.table(dict(zip(HEADER, columns, strict=True))), path, row_group_size=4)
    return open_source(path, FileSection())


def sqlite_source(folder: Path) -> Source:
    url = f"sqlite:///{folder / 'other.db'}"
    fill(url)
    return open_source("handed_over", FileSection(), from_url=url)


def fill(url: str | URL) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text('create table handed_over ("编号" text, "名称" text, "数量" int)'))
        connection.execute(
            text("insert into handed_over values (:a, :b, :c)"),
            [dict(zip("abc", row, strict=True)) for row in reversed(ROWS)],
        )
    engine.dispose()


@pytest.fixture(params=[csv_source, excel_source, parquet_source, sqlite_source])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    return request.param(tmp_path)


def pairs(chunks: list[RawChunk]) -> list[tuple[str, ...]]:
    return [
        pair
        for chunk in chunks
        for pair in zip(*[chunk.columns[name] for name in WANTED], strict=True)
    ]


def lines(chunks: list[RawChunk]) -> list[int]:
    return [line for chunk in chunks for line in chunk.lines]


def test_rows_come_in_their_order_as_texts(source: Source) -> None:
    assert source.header() == list(HEADER)
    assert pairs(list(source.chunks(WANTED, after_line=0, size=4))) == EXPECTED


def test_reading_goes_on_after_any_chunk(source: Source) -> None:
    whole = list(source.chunks(WANTED, after_line=0, size=3))
    assert [chunk.rows_read for chunk in whole] == [3, 3, 3, 2]
    for stopped, chunk in enumerate(whole):
        rest = list(source.chunks(WANTED, after_line=chunk.last_line, size=3))
        assert pairs(whole[: stopped + 1]) + pairs(rest) == EXPECTED
        assert lines(rest) == lines(whole[stopped + 1 :])


def test_facts_are_of_the_content(source: Source) -> None:
    facts = source.facts(WANTED)
    assert facts == source.facts(WANTED)
    assert facts.lines in (len(ROWS), len(ROWS) + 1)


def test_a_missing_column_is_named(source: Source) -> None:
    with pytest.raises(MappingError, match="没有映射所需的列 颜色"):
        source.facts(["颜色"])


def test_a_query_of_postgresql_is_read_by_its_wanted_columns_only(
    empty_database_url: URL,
) -> None:
    fill(empty_database_url)
    url = empty_database_url.render_as_string(hide_password=False)
    query = 'select "编号", "数量", 1 / ("数量" - "数量") as broken from handed_over'
    source = open_source(query, FileSection(), from_url=url)
    assert source.name == "（查询）"
    # The broken column is never asked for.
    assert pairs(list(source.chunks(WANTED, after_line=0, size=4))) == EXPECTED


def test_a_query_gives_what_was_there_when_it_began(tmp_path: Path) -> None:
    source = sqlite_source(tmp_path)
    before = source.facts(WANTED)
    engine = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with engine.begin() as connection:
        connection.execute(text("delete from handed_over"))
    engine.dispose()
    assert pairs(list(source.chunks(WANTED, after_line=0, size=4))) == EXPECTED
    assert source.facts(WANTED) == before


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("nosuch://host/db", "驱动不可用"),
        ("sqlite:////nowhere/at/all.db", "无法从另一数据库读取 handed_over"),
        ("postgresql+psycopg://user:secret@127.0.0.1:1/db", "无法从另一数据库读取"),
        # Drivers repeat what they take for the host, the port or an option.
        ("postgresql+psycopg://user:pass@secret@127.0.0.1:1/db", "无法从另一数据库读取"),
        ("postgresql+psycopg://user:secret", "地址或驱动不可用"),
        ("postgresql+psycopg://127.0.0.1:1/db?secret=1", "无法从另一数据库读取"),
        ("secret", "地址或驱动不可用"),
    ],
)
def test_a_database_that_cannot_be_read_is_said_without_its_password(
    url: str, expected: str
) -> None:
    with pytest.raises(ImportRefused, match=expected) as refused:
        open_source("handed_over", FileSection(), from_url=url).facts(WANTED)
    assert "secret" not in str(refused.value)


@pytest.fixture
def sheet(tmp_path: Path) -> Iterator[Callable[..., Source]]:
    """``sheet([cells, cells …])`` is a workbook of these rows."""

    def write(rows: list[tuple[object, ...]], **section: object) -> Source:
        book = Workbook()
        book.active.title = "数据"
        for row in rows:
            book.active.append(row)
        book.save(tmp_path / "sheet.xlsx")
        return open_source(tmp_path / "sheet.xlsx", FileSection(**section))

    yield write


def test_cells_of_a_sheet_become_plain_texts(sheet: Callable[..., Source]) -> None:
    at = datetime(2026, 11, 1, 8, 30)
    source = sheet([("a", "b", "c", "d"), (at, 5.0, 0.25, True)])
    (chunk,) = source.chunks(["a", "b", "c", "d"], after_line=0, size=10)
    assert [chunk.columns[name] for name in "abcd"] == [
        ["2026-11-01T08:30:00"],
        ["5"],
        ["0.25"],
        ["true"],
    ]


def test_a_long_number_in_a_number_cell_is_marked(sheet: Callable[..., Source]) -> None:
    source = sheet([("a",), (330102202611010001,), (330102,)])
    (chunk,) = source.chunks(["a"], after_line=0, size=10)
    assert [text.endswith(ROUNDED) for text in chunk.columns["a"]] == [True, False]


def doubles_of_parquet(folder: Path, numbers: list[float]) -> Source:
    pq.write_table(pa.table({"编号": pa.array(numbers, pa.float64())}), folder / "doubles.parquet")
    return open_source(folder / "doubles.parquet", FileSection())


def doubles_of_a_database(folder: Path, numbers: list[float]) -> Source:
    url = f"sqlite:///{folder / 'doubles.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text('create table handed_over ("编号" real)'))
        rows = [{"a": number} for number in numbers]
        connection.execute(text("insert into handed_over values (:a)"), rows)
    engine.dispose()
    return open_source("handed_over", FileSection(), from_url=url)


@pytest.mark.parametrize("written", [doubles_of_parquet, doubles_of_a_database])
def test_a_long_number_kept_as_a_double_is_marked(
    tmp_path: Path, written: Callable[[Path, list[float]], Source]
) -> None:
    numbers = [202601020000000123.0, 330102.0, 0.5]
    chunks = list(written(tmp_path, numbers).chunks(["编号"], after_line=0, size=10))
    texts = {text for chunk in chunks for text in chunk.columns["编号"]}
    assert texts == {f"202601020000000128{ROUNDED}", "330102", "0.5"}


def test_times_of_parquet_that_python_has_not_are_texts(tmp_path: Path) -> None:
    path = tmp_path / "late.parquet"
    columns = {
        "day": pa.array([20_000, 4_000_000, None], pa.date32()),
        "time": pa.array([1_728_000_000, 300_000_000_000, None], pa.timestamp("s")),
    }
    pq.write_table(pa.table(columns), path)
    (chunk,) = open_source(path, FileSection()).chunks(["day", "time"], after_line=0, size=10)
    for name, first in (("day", "2024-10-04T00:00:00"), ("time", "2024-10-04T00:00:00")):
        known, late, none = chunk.columns[name]
        assert (known, none) == (first, "")
        assert late.startswith(("+1", "1"))


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.struct([("a", pa.string())])])
def test_columns_of_several_values_are_refused(tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "nested.parquet"
    pq.write_table(pa.table({"a": pa.array([None], kind), "b": ["1"]}), path)
    with pytest.raises(MappingError, match="列 a 是列表或结构"):
        open_source(path, FileSection()).facts(["a"])
    assert open_source(path, FileSection()).facts(["b"]).lines == 1


def test_a_day_of_a_database_or_of_parquet_is_the_time_at_which_it_begins() -> None:
    texts = [as_text(date(2026, 11, 1))]
    times = read_times("t", texts, TimeRule(format="%d.%m.%Y %H:%M"), "Asia/Shanghai")
    assert times.local.tolist() == [datetime(2026, 11, 1)]


def test_a_number_kept_in_less_than_a_double_is_marked_sooner(tmp_path: Path) -> None:
    columns = {"a": pa.array([20260103.0, 330102.0, None], pa.float32())}
    pq.write_table(pa.table(columns), tmp_path / "floats.parquet")
    source = open_source(tmp_path / "floats.parquet", FileSection())
    (chunk,) = source.chunks(["a"], after_line=0, size=10)
    assert chunk.columns["a"] == [f"20260104{ROUNDED}", "330102", ""]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("2026010200000001234567890123456789"), "2026010200000001234567890123456789"),
        (Decimal("330102.00"), "330102"),
        (Decimal("1E+3"), "1000"),
        (Decimal("100"), "100"),
        (Decimal("0.50"), "0.5"),
        (Decimal("NaN"), ""),
        (202601020000000123, "202601020000000123"),
    ],
)
def test_exact_numbers_keep_all_their_digits(value: object, expected: str) -> None:
    assert as_text(value) == expected


def test_rows_of_a_sheet_are_known_by_the_numbers_excel_shows(
    sheet: Callable[..., Source],
) -> None:
    rows = [("标题",), ("a", "b"), ("1", "x"), (None, None), ("2", "y"), ("3", "z", "more")]
    source = sheet(rows, header_row=2, sheet="数据")
    (chunk,) = source.chunks(["a"], after_line=0, size=10)
    assert (chunk.lines, chunk.malformed) == ([3, 5], [(6, 3)])


def rewritten(path: Path, part: str, pattern: str, replacement: str) -> None:
    """Change one part of a workbook, as other programs write it."""
    with zipfile.ZipFile(path) as stored:
        parts = {name: stored.read(name) for name in stored.namelist()}
    changed = re.sub(pattern, replacement, parts[part].decode())
    assert changed != parts[part].decode()
    with zipfile.ZipFile(path, "w") as stored:
        for name, content in parts.items():
            stored.writestr(name, changed if name == part else content)


@pytest.mark.parametrize("dimension", ["A1", "A1:C3", "A1:XFD1048576"])
def test_the_size_a_sheet_states_is_not_believed(tmp_path: Path, dimension: str) -> None:
    path = write_sheet(tmp_path / "rows.xlsx")
    stated = f'<dimension ref="{dimension}"'
    rewritten(path, "xl/worksheets/sheet1.xml", '<dimension ref="[^"]*"', stated)
    source = open_source(path, FileSection())
    assert pairs(list(source.chunks(WANTED, after_line=0, size=4))) == EXPECTED
    assert source.facts(WANTED).lines == len(ROWS) + 1


def test_a_formula_without_its_result_is_no_empty_cell(tmp_path: Path) -> None:
    book = Workbook()
    for row in (("a", "b"), ("1", "=A2+1"), ("2", "=A3+1"), ("3", None)):
        book.active.append(row)
    path = tmp_path / "formulas.xlsx"
    book.save(path)
    # As Excel keeps a formula that gives an empty text.
    empty = r'<c r="B3" t="str"><f>A3+1</f><v></v></c>'
    rewritten(path, "xl/worksheets/sheet1.xml", r'<c r="B3">.*?</c>', empty)
    (chunk,) = open_source(path, FileSection()).chunks(["b"], after_line=0, size=10)
    assert chunk.columns["b"] == [UNCALCULATED, "", ""]


def test_a_number_shown_with_leading_zeros_keeps_them(tmp_path: Path) -> None:
    book = Workbook()
    for row in (("a",), (123,), (123456789,), (1.5,), ("7",)):
        book.active.append(row)
    for line in range(2, 6):
        book.active.cell(line, 1).number_format = "00000000"
    book.save(tmp_path / "zeros.xlsx")
    source = open_source(tmp_path / "zeros.xlsx", FileSection())
    (chunk,) = source.chunks(["a"], after_line=0, size=10)
    assert chunk.columns["a"] == ["00000123", "123456789", "1.5", "7"]


def test_a_hidden_sheet_and_a_chart_are_passed_over(tmp_path: Path) -> None:
    book = Workbook()
    book.active.sheet_state = "hidden"
    book.create_chartsheet("图", 0)
    book.create_sheet("数据").append(("a",))
    book.save(tmp_path / "sheets.xlsx")
    assert open_source(tmp_path / "sheets.xlsx", FileSection()).header() == ["a"]


def test_a_workbook_without_a_sheet_that_is_shown_is_refused(tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "hidden.xlsx")
    rewritten(path, "xl/workbook.xml", 'state="visible"', 'state="hidden"')
    with pytest.raises(ImportRefused, match="没有可见的工作表"):
        open_source(path, FileSection()).header()
    assert open_source(path, FileSection(sheet="Sheet")).header() == list(HEADER)


def test_a_sheet_that_is_not_there_is_named(sheet: Callable[..., Source]) -> None:
    with pytest.raises(MappingError, match="没有工作表 其他，只有 数据"):
        sheet([("a",)], sheet="其他").header()


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("broken.xlsx", b"PK\x03\x04 and then nothing", "Excel"),
        ("broken.parquet", b"PAR1 and then nothing", "Parquet"),
        ("broken.geojson", b'{"type": "FeatureCollection", "features": [{"a"', "GeoJSON"),
        ("other.json", b'{"type": "Topology"}', "GeoJSON"),
    ],
)
def test_a_file_that_is_cut_short_is_refused(
    tmp_path: Path, name: str, content: bytes, form: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=f"不是完整的 {form} 文件") as refused:
        open_source(path, FileSection()).facts(["a"])
    said = str(refused.value).replace(str(path), "")
    assert not re.search("[A-Za-z]{3}", said.replace(form, "").replace("features", "")), said


def test_a_workbook_is_known_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    write_sheet(tmp_path / "rows.xlsx").rename(tmp_path / "rows.xls")
    source = open_source(tmp_path / "rows.xls", FileSection())
    assert pairs(list(source.chunks(WANTED, after_line=0, size=4))) == EXPECTED


def test_an_archive_that_is_no_workbook_is_refused_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path, "w") as stored:
        stored.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(ImportRefused, match="不是完整的 Excel 文件（不是 Excel 工作簿"):
        open_source(path, FileSection()).header()


@pytest.mark.parametrize("name", ["none.csv", "none.geojson"])
def test_a_file_that_is_not_there_is_said_in_chinese(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImportRefused, match="：没有这个文件或目录。"):
        open_source(tmp_path / name, FileSection()).facts(["a"])


def test_features_are_read_one_by_one_whatever_stands_around_them(tmp_path: Path) -> None:
    path = tmp_path / "lines.geojson"
    feature = '{{"properties": {{"n": {n}, "note": "[]{{}}"}}, "geometry": {{"type": "Point"}}}}'
    features = ", \n".join(feature.format(n=n) for n in range(50))
    path.write_text(f'\ufeff{{"name": "x", "features" : [ {features} ], "crs": null}}', "utf-8")
    source = open_source(path, FileSection())
    assert source.header() == ["n", "note", "geometry"]
    chunks = list(source.chunks(["n", "geometry"], after_line=10, size=7))
    assert [n for chunk in chunks for n in chunk.columns["n"]] == [str(n) for n in range(10, 50)]
    assert chunks[0].lines[0] == 11
    assert chunks[0].columns["geometry"][0] == '{"type":"Point"}'
