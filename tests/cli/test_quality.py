"""`cockpit check`, `cockpit template` and `cockpit import form` as an operator meets them."""

import csv
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import URL, text

import cli
from data_access import facts
from data_access.database import Database
from tests.case_builder import add_everything
from tests.cli.test_commands import cockpit_database, run, said_by_main
from tests.data_access.forms.filling import fill

__all__ = ["cockpit_database"]
PAIR = {"D8": 20, "E8": 19}


@pytest.fixture
def province(cockpit_database: URL) -> URL:
    run("db", "migrate")
    with closing(Database(cockpit_database)) as database, database.write() as connection:
        add_everything(connection, seed=2, count=40)
        connection.execute(text("update sources set last_contact_at = now()"))
    return cockpit_database


def test_a_database_of_another_schema_is_not_checked(
    cockpit_database: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (("check",), ("template", "all", "2026-11"), ("db", "rebuild")):
        assert "cockpit db migrate" in said_by_main(monkeypatch, capsys, *command)


def test_what_is_wrong_is_named_with_status_1_and_written_to_a_file(
    province: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "质量.csv"
    said = said_by_main(monkeypatch, capsys, "check", "--csv", str(file))
    assert "项指标不能计算" in said
    assert "视频完好率" in said
    assert "Traceback" not in said
    with file.open(encoding="utf-8-sig", newline="") as stored:
        parts = {row[0] for row in csv.reader(stored)}
    assert {"来源", "指标", "完整", "月报"} <= parts


@pytest.mark.parametrize("columns", [None, "80"])
def test_no_sentence_is_cut_where_there_is_no_terminal(
    province: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    columns: str | None,
) -> None:
    file = tmp_path / "质量.csv"
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.argv", ["cockpit", "check", "--csv", str(file)])
    with pytest.raises(SystemExit):
        cli.main()
    printed = capsys.readouterr().out
    assert "…" not in printed
    with file.open(encoding="utf-8-sig", newline="") as stored:
        forms = [row[-1] for row in csv.reader(stored) if row[0] == "月报"]
    # On one line where nothing says how wide the page is.
    assert forms
    assert columns or all(sentence in printed for sentence in forms)


def test_a_stale_source_is_named(
    province: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Database(province)) as database, database.write() as connection:
        connection.execute(text("update sources set last_contact_at = now() - interval '1 hour'"))
    assert "1个来源中断（网格系统）" in said_by_main(monkeypatch, capsys, "check")


def test_a_form_goes_out_and_comes_back(province: URL, tmp_path: Path) -> None:
    written = run("template", "心理服务", "2026-10", "--out", str(tmp_path))
    assert "4个单位" in written.output
    file = tmp_path / "心理服务-2026-10-浙江省.xlsx"
    handed = run("import", "form", str(fill(file, PAIR)))
    assert "新报1" in handed.output
    assert "此前已导入" in run("import-form", str(file)).output


def test_files_of_a_demo_say_so(
    province: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with closing(Database(province)) as database, database.write() as connection:
        facts.write(connection, "is_demo", True)
    file = tmp_path / "质量.csv"
    said = said_by_main(monkeypatch, capsys, "check", "--csv", str(file))
    assert "（演示数据）" in said
    with file.open(encoding="utf-8-sig", newline="") as stored:
        assert {row["数据"] for row in csv.DictReader(stored)} == {"演示数据"}
    run("template", "心理服务", "2026-10", "--out", str(tmp_path))
    book = load_workbook(tmp_path / "演示数据-心理服务-2026-10-浙江省.xlsx")
    assert book["填报"]["A1"].value.startswith("演示数据")
    backup = run("db", "backup", str(tmp_path / "demo.backup"))
    assert "演示数据" in backup.output


def test_all_forms_are_written_at_once(province: URL, tmp_path: Path) -> None:
    run("template", "all", "2026-11", "--region", "330100", "--out", str(tmp_path))
    assert len(list(tmp_path.glob("*-2026-11-杭州市.xlsx"))) == 8


def test_a_form_that_is_there_already_is_not_written_over(
    province: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("template", "心理服务", "2026-10", "--out", str(tmp_path))
    file = fill(tmp_path / "心理服务-2026-10-浙江省.xlsx", PAIR)
    filled = file.read_bytes()
    for forms in ("心理服务", "all"):
        said = said_by_main(
            monkeypatch, capsys, "template", forms, "2026-10", "--out", str(tmp_path)
        )
        assert f"{file} 已存在" in said
        assert "--out" in said
        assert file.read_bytes() == filled
        assert list(tmp_path.iterdir()) == [file]


def test_one_wrong_file_keeps_all_from_being_imported(
    province: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("template", "all", "2026-10", "--out", str(tmp_path))
    good = fill(tmp_path / "信访积案-2026-10-浙江省.xlsx", PAIR)
    bad = fill(tmp_path / "心理服务-2026-10-浙江省.xlsx", {"D8": 1})
    said = said_by_main(monkeypatch, capsys, "import-form", str(good), str(bad))
    assert "心理服务-2026-10-浙江省.xlsx" in said
    assert "E8" in said
    with closing(Database(province)) as database, database.read() as connection:
        assert connection.scalar(text("select count(*) from form_submissions")) == 0


def test_one_file_that_the_database_refuses_keeps_all_out(
    province: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for month in ("2026-10", "2099-01"):
        run("template", "心理服务", month, "--out", str(tmp_path))
    good = fill(tmp_path / "心理服务-2026-10-浙江省.xlsx", PAIR)
    future = fill(tmp_path / "心理服务-2099-01-浙江省.xlsx", PAIR)
    said = said_by_main(monkeypatch, capsys, "import-form", str(good), str(future))
    assert said.startswith(f"{future.name}：")
    assert "新报" not in said
    with closing(Database(province)) as database, database.read() as connection:
        for table in ("form_submissions", "reported_values"):
            assert connection.scalar(text(f"select count(*) from {table}")) == 0


def test_forms_handed_over_together_correct_each_other(province: URL, tmp_path: Path) -> None:
    run("template", "心理服务", "2026-10", "--out", str(tmp_path))
    first = fill(tmp_path / "心理服务-2026-10-浙江省.xlsx", PAIR)
    second = fill(first, {"E8": 18, "D9": 20, "E9": 10}, to=tmp_path / "更正.xlsx")
    output = run("import-form", str(first), str(second)).output
    assert "新报1，更正0" in output
    assert "新报1，更正1" in output
    with closing(Database(province)) as database, database.read() as connection:
        versions = text(
            "select numerator from reported_values where region_id = 330000"
            " and indicator = 'psychology_coverage' order by recorded_at"
        )
        assert connection.scalars(versions).all() == [19, 28]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("天气", "2026-10"), "心理服务"),
        (("心理服务", "10月"), "2026-11"),
        (("心理服务", "2026-10", "--region", "999999"), "999999"),
    ],
)
def test_a_form_that_is_none_is_named(
    province: URL,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    word: str,
) -> None:
    assert word in said_by_main(monkeypatch, capsys, "template", *arguments)
