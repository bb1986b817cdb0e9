"""Files are read in chunks, and every row knows its line whatever stands in between."""

import gzip
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


def test_a_quote_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    path.write_text('no,text\n1,"' + "x" * 200_000, "utf-8")
    with pytest.raises(ImportRefused, match="引号未闭合"):
        read_all(path)


def test_a_missing_column_is_named_beside_those_that_are_there(path: Path) -> None:
    with pytest.raises(MappingError, match="没有映射所需的列 colour；文件的列为：no、text"):
        list(DelimitedFile(path).chunks(["no", "colour"], after_line=0, size=10))


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("no,text,no\n1,a,2\n", "utf-8")
    with pytest.raises(MappingError, match="no 出现多次"):
        read_all(path)


def test_other_encodings_and_delimiters_are_read(tmp_path: Path) -> None:
    path = tmp_path / "site.csv"
    path.write_bytes("no;text\n1;路灯\n".encode("gb18030"))
    stored = DelimitedFile(path, encoding="gb18030", delimiter=";")
    (chunk,) = stored.chunks(["text"], after_line=0, size=10)
    assert chunk.columns["text"] == ["路灯"]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="无法读取文件"):
        file_facts(tmp_path / "nowhere.csv")
