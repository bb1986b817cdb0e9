"""Files are read in chunks, and every row knows its line whatever stands in between."""

import gzip
import re
from pathlib import Path

import pytest

from dashboard.errors import ImportRefused, MappingError
from data_access.imports.sources.delimited import DelimitedFile
from data_access.imports.sources.rows import RawChunk, SourceFacts

CONTENT = 'no,text\r\n1,plain\r\n2,"two\r\nlines"\r\n\r\n3,too,many\r\n4,end\r\n5,last'


def read_all(path: Path, *, after_line: int = 0, size: int = 100) -> list[RawChunk]:
    return list(DelimitedFile(path).chunks(["no", "text"], after_line=after_line, size=size))


def file_facts(path: Path) -> SourceFacts:
    return DelimitedFile(path).facts(["no"])


def numbers(chunks: list[RawChunk]) -> list[tuple[int, str]]:
    return [pair for raw in chunks for pair in zip(raw.lines, raw.columns["no"], strict=True)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_bytes(CONTENT.encode())
    return path


def test_rows_know_the_line_on_which_they_begin(path: Path) -> None:
    assert numbers(read_all(path)) == [(2, "1"), (3, "2"), (7, "4"), (8, "5")]


def test_rows_of_another_width_are_kept_apart_and_blank_lines_are_no_rows(path: Path) -> None:
    (chunk,) = read_all(path)
    assert chunk.malformed == [(6, 3)]
    assert chunk.rows_read == 5


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_reading_goes_on_after_any_chunk_as_if_it_had_not_stopped(path: Path, size: int) -> None:
    whole = read_all(path, size=size)
    for stopped, chunk in enumerate(whole):
        rest = read_all(path, after_line=chunk.last_line, size=size)
        assert numbers(whole[: stopped + 1]) + numbers(rest) == numbers(whole)
        assert [m for c in rest for m in c.malformed] == [
            m for c in whole[stopped + 1 :] for m in c.malformed
        ]


def test_gzip_is_known_by_its_content_not_its_name(tmp_path: Path, path: Path) -> None:
    packed = tmp_path / "packed.csv"
    packed.write_bytes(gzip.compress(CONTENT.encode()))
    assert numbers(read_all(packed)) == numbers(read_all(path))
    assert file_facts(packed).lines == file_facts(path).lines == 8


def test_a_gzip_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(CONTENT.encode() * 500)[:-20])
    with pytest.raises(ImportRefused, match=r"packed\.csv\.gz 不是完整的 gzip"):
        file_facts(packed)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('1,a\n2,"b\n3,c\n4,d\n', 3),
        ('1,a\n2,"b', 3),
        ('1,"a\nb"\n2,"b\n3,c', 4),
        ('1,"' + "x" * 200_000, 2),
    ],
)
def test_a_quote_without_end_is_refused_with_its_line(
    tmp_path: Path, content: str, line: int
) -> None:
    path = tmp_path / "open.csv"
    path.write_text(f"no,text\n{content}", "utf-8")
    for size in (1, 2, 100):
        with pytest.raises(ImportRefused, match=f"第 {line} 行起的引号"):
            read_all(path, size=size)


def test_a_header_without_the_end_of_a_quote_is_refused_without_what_follows(
    tmp_path: Path,
) -> None:
    path = tmp_path / "open.csv"
    path.write_text('no,"text\n1,secret\n', "utf-8")
    with pytest.raises(ImportRefused, match="第 1 行起的引号") as refused:
        file_facts(path)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("size", [1, 2, 100])
def test_rows_that_an_open_quote_has_merged_are_kept_apart(tmp_path: Path, size: int) -> None:
    path = tmp_path / "merged.csv"
    # Closed by a quote that opens a cell; then, in a column that is read, by one that ends a cell.
    merged = '2,"b,x\n3,c,y\n4,"d",z\n', '6,"f,x\n7,g",z\n'
    path.write_text(f'no,text,more\n1,a,x\n{merged[0]}5,e,x\n{merged[1]}8,"h\nh",x\n', "utf-8")
    chunks = read_all(path, size=size)
    assert numbers(chunks) == [(2, "1"), (6, "5"), (9, "8")]
    assert [lines for chunk in chunks for lines in chunk.merged] == [(3, 5), (7, 8)]
    assert sum(chunk.rows_read for chunk in chunks) == 5


def test_a_text_of_several_lines_in_a_column_that_is_not_read_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "text.csv"
    path.write_text('no,text\n1,"a, b\nc, d"\n', "utf-8")
    (chunk,) = DelimitedFile(path).chunks(["no"], after_line=0, size=10)
    assert (chunk.columns["no"], chunk.merged) == (["1"], [])


def test_a_quote_within_a_line_is_no_open_one(tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    path.write_text('no,text\n1,"a"b\n2,c"d\n3,"e ""f"""\n', "utf-8")
    (chunk,) = read_all(path)
    assert chunk.columns["text"] == ["ab", 'c"d', 'e "f"']


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "marked.csv"
    path.write_text('\ufeff"no","text"\n"1","a"\n', "utf-8")
    for encoding in ("utf-8-sig", "utf-8", "UTF8"):
        assert DelimitedFile(path, encoding=encoding).header() == ["no", "text"]


def test_blank_lines_above_the_header_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "blank.csv"
    path.write_text("\n,\n  \nno,text\n1,a\n", "utf-8")
    assert DelimitedFile(path).header() == ["no", "text"]
    assert numbers(read_all(path)) == [(5, "1")]


def test_a_missing_column_is_named_beside_those_that_are_there(path: Path) -> None:
    with pytest.raises(MappingError, match="没有映射所需的列 colour；文件的列为：no、text"):
        list(DelimitedFile(path).chunks(["no", "colour"], after_line=0, size=10))


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("no,text,no\n1,a,2\n", "utf-8")
    with pytest.raises(MappingError, match="no 出现多次"):
        read_all(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_other_encodings_and_delimiters_are_read(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "site.csv"
    # Of utf-8-sig and utf-16 with a byte order mark, which must not stand in the header.
    path.write_bytes(f"no{delimiter}text\n1{delimiter}路灯\n".encode(encoding))
    stored = DelimitedFile(path, encoding=encoding, delimiter=delimiter)
    assert stored.header() == ["no", "text"]
    (chunk,) = stored.chunks(["text"], after_line=0, size=10)
    assert chunk.columns["text"] == ["路灯"]


def test_a_file_that_is_not_of_its_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("no,text\n1,a\n", "utf-8")
    with pytest.raises(ImportRefused, match=r"plain\.csv 不能按编码 utf-16 读取"):
        DelimitedFile(path, encoding="utf-16").facts(["no"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, r"旧版 Excel（\.xls）.*另存为 \.xlsx"),
        ("no,text\n1,a\n".encode("utf-16"), 'UTF-16 编码.*file.encoding = "utf-16"'),
        ("no,text\n1,a\n".encode("utf-16-le"), "不是文字的内容"),
        (b"\n<HTML><table><tr><td>no</td></tr></table>", r"网页或 XML 形式的表格.*另存为 \.xlsx"),
        (b"\x7fELF\x02\x00\x00\n", "不是文字的内容"),
    ],
)
def test_what_is_no_text_of_the_encoding_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=said) as refused:
        file_facts(path)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("written", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("stated", [("utf-8-sig", ","), ("gb18030", ";"), ("utf-16", "\t")])
def test_a_wrong_encoding_or_delimiter_is_told_by_the_header(
    tmp_path: Path, written: str, delimiter: str, stated: tuple[str, str]
) -> None:
    path = tmp_path / "site.csv"
    path.write_bytes(delimiter.join(("编号", "登记时间", "所属网格\n")).encode(written))
    stored = DelimitedFile(path, encoding=stated[0], delimiter=stated[1])
    try:
        found = stored.facts(["编号", "所属网格"])
    except ImportRefused as refused:
        assert re.search(r"file\.encoding|UTF-16", str(refused))
        assert (delimiter, written) != (stated[1], stated[0].removesuffix("-sig"))
    else:
        assert found.lines


def test_the_reading_that_has_the_columns_is_named(tmp_path: Path) -> None:
    path = tmp_path / "site.csv"
    path.write_bytes("编号|登记时间|所属网格\n".encode("gb18030"))
    with pytest.raises(MappingError, match="按编码 gb18030、分隔符为竖线可以"):
        DelimitedFile(path).facts(["编号", "所属网格"])


@pytest.mark.parametrize("stated", ["utf-8", "utf-8-sig", "UTF8"])
def test_utf_8_is_called_so_in_messages(tmp_path: Path, stated: str) -> None:
    path = tmp_path / "site.csv"
    path.write_bytes("编号,所属网格\n".encode("gb18030"))
    with pytest.raises(MappingError, match="按映射文件写的编码（utf-8）和分隔符"):
        DelimitedFile(path, encoding=stated).facts(["编号", "所属网格"])
    path.write_text("编号|所属网格\n", "utf-8")
    with pytest.raises(MappingError, match="按编码 utf-8、分隔符为竖线可以"):
        DelimitedFile(path, encoding=stated).facts(["编号", "所属网格"])


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="无法读取文件"):
        file_facts(tmp_path / "nowhere.csv")
