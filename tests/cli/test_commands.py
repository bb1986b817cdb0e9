"""The `cockpit` command as an operator meets it: what is said, where, and with which status."""

import csv
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, text
from typer.testing import CliRunner, Result

import cli
from cli import quality
from cli.terminal import embedded_folder, progress_bars
from data_access import migrating, service
from data_access.database import Database
from tests.case_builder import add_regions
from tests.conftest import run_outside_a_transaction
from tests.data_access.imports.conftest import BOSTON_MAPPING, SOUND_ROW, numbered

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, arguments, catch_exceptions=False)


@pytest.fixture
def cockpit_database(empty_database_url: URL, monkeypatch: pytest.MonkeyPatch) -> URL:
    address = empty_database_url.render_as_string(hide_password=False)
    monkeypatch.setenv("COCKPIT_DATABASE_URL", address)
    return empty_database_url


def said_by_main(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> str:
    """What `cockpit …` says on stderr when it fails; it has left with status 1 then."""
    monkeypatch.setattr(sys, "argv", ["cockpit", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
    written = capsys.readouterr()
    assert "Traceback" not in written.err + written.out
    return written.err


def test_what_is_wrong_is_one_sentence_on_stderr_with_status_1() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "serve"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"COCKPIT_PORT": "80x", "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("设置有误：COCKPIT_PORT=80x（应为 1—65535 的整数）。")


def test_a_port_in_use_is_named_with_another_one_to_take(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(service, "PORT_PATIENCE_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("COCKPIT_PORT", str(port))
        said = said_by_main(monkeypatch, capsys, "demo")
    assert f"端口 {port} 已被" in said
    assert "COCKPIT_PORT=" in said


def test_a_process_started_alone_says_who_starts_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COCKPIT_DATABASE_URL", raising=False)
    assert "cockpit demo" in said_by_main(monkeypatch, capsys, "snapshotter")


def test_the_years_that_walls_compare_are_not_archived(
    cockpit_database: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("db", "migrate")
    assert "没有可归档的案件" in run("db", "archive", "--before", "2020-01").output
    said = said_by_main(monkeypatch, capsys, "db", "archive", "--before", "2999-01")
    assert "今年和去年的明细须留在库中" in said


def test_cases_are_held_by_number_and_what_is_not_here_is_said(
    cockpit_database: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("db", "migrate")
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("A-1\nA-2\n", "utf-8")
    said = said_by_main(monkeypatch, capsys, "db", "hold", "review-7", str(numbers))
    assert "库中没有编号为 A-1、A-2 的案件" in said
    assert "现有的留存：无" in said_by_main(monkeypatch, capsys, "db", "release", "review-7")
    assert "留存的案件" in run("db", "holds").output


def test_a_database_is_backed_up_and_restored_into_an_empty_one(
    cockpit_database: URL,
    postgres: Callable[[str], URL],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "monday.dump"
    run("db", "migrate")
    with closing(Database(cockpit_database)) as database, database.write() as connection:
        add_regions(connection)
    assert "已备份到" in run("db", "backup", str(file)).output
    assert "不是空的" in said_by_main(monkeypatch, capsys, "db", "restore", str(file))
    name = f"test_{uuid4().hex[:12]}"
    run_outside_a_transaction(postgres("postgres"), f"create database {name} template template0")
    try:
        address = postgres(name).render_as_string(hide_password=False)
        monkeypatch.setenv("COCKPIT_DATABASE_URL", address)
        assert "恢复" in run("db", "restore", str(file)).output
        assert "结构版本" in run("db", "status").output
        assert "完全一致" in run("db", "verify").output
    finally:
        run_outside_a_transaction(postgres("postgres"), f"drop database {name} with (force)")


def test_times_are_told_in_the_zone_of_the_database(cockpit_database: URL) -> None:
    run("db", "migrate", "--zone", "Asia/Shanghai")
    with closing(Database(cockpit_database)) as database, database.write() as connection:
        add_regions(connection)
        connection.execute(
            text("update sources set last_contact_at = '2026-11-23 09:56:05+00' where id = 1")
        )
        connection.execute(
            text(
                "insert into case_holds (hold, subject, case_no, source_id, home_county_id,"
                " registered_month, held_at) values"
                " ('review-7', 'incident', 'A-1', 1, 330102, '2026-11-01', '2026-11-23 17:30+00')"
            )
        )
    assert "2026-11-24 01:30" in run("db", "holds").output
    said = run("db", "status").output
    assert "2026-11-23 17:56:05" in said
    assert "UTC" not in said


def test_the_folder_of_an_embedded_database_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("COCKPIT_DATABASE_URL", "postgresql:///cockpit")
    assert embedded_folder("main") is None
    monkeypatch.delenv("COCKPIT_DATABASE_URL")
    assert embedded_folder("main") == tmp_path


def test_without_citus_nothing_is_distributed(
    cockpit_database: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("db", "migrate")
    said = said_by_main(monkeypatch, capsys, "db", "distribute")
    assert "没有安装 Citus 扩展" in said
    assert "未作任何改动" in said


def test_asking_for_the_state_of_a_database_that_is_not_there_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COCKPIT_DATABASE_URL", raising=False)
    monkeypatch.setenv("COCKPIT_DATA_FOLDER", str(tmp_path / "none"))
    said = said_by_main(monkeypatch, capsys, "db", "status")
    assert "内嵌数据库 main 还没有建立" in said
    assert "cockpit db migrate" in said
    assert not (tmp_path / "none").exists()


def test_an_empty_database_is_migrated_and_then_agrees_with_its_rows(
    cockpit_database: URL,
) -> None:
    before = run("db", "status")
    assert "空" in before.stdout
    made = run("db", "migrate", "--zone", "America/New_York")
    assert made.exit_code == 0
    assert re.search(r"已建立数据库结构（版本 \d+，时区 America/New_York）", made.output)
    assert "已是最新" in run("db", "migrate").output
    after = run("db", "status")
    assert "America/New_York" in after.stdout
    assert run("db", "verify").exit_code == 0


def test_an_older_database_is_told_to_have_been_upgraded(cockpit_database: URL) -> None:
    run("db", "migrate")
    migrating.downgrade(cockpit_database, "0016")
    assert "数据库结构已由版本 0016 升级到" in run("db", "migrate").output


def test_rollups_that_differ_are_named_and_set_right(
    cockpit_database: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("db", "migrate")
    with closing(Database(cockpit_database)) as database, database.write() as connection:
        add_regions(connection)
        connection.execute(
            text("insert into rollups (region_id, day, closed) values (330000, '2026-02-02', 7)")
        )
    said = said_by_main(monkeypatch, capsys, "db", "verify")
    assert "如区划330000 2026-02-02 closed 汇总7、明细0" in said
    assert "cockpit db verify --repair" in said
    assert "已改正 1 处汇总" in run("db", "verify", "--repair").output
    assert "完全一致" in run("db", "verify").output


def test_an_unmigrated_database_is_not_imported_into(
    cockpit_database: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("import", "incidents", "cases.csv", "--mapping", "mapping.toml")
    assert "cockpit db migrate" in said_by_main(monkeypatch, capsys, *arguments)


def test_a_missing_mapping_is_named(
    cockpit_database: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("db", "migrate")
    arguments = ("import", "incidents", "cases.csv", "--mapping", "nowhere.toml")
    assert "nowhere.toml" in said_by_main(monkeypatch, capsys, *arguments)


def test_an_import_says_what_became_of_the_rows(
    cockpit_database: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("db", "migrate", "--zone", "America/New_York")

    def arguments(*rows: dict[str, str]) -> tuple[str, ...]:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
        with file.open("w", encoding="utf-8", newline="") as stored:
            writer = csv.DictWriter(stored, list(SOUND_ROW))
            writer.writeheader()
            writer.writerows(rows)
        mapping = ("--mapping", str(BOSTON_MAPPING), "--reports", str(tmp_path / "reports"))
        return ("import", "incidents", str(file), *mapping)

    first, second = numbered(2)
    sound = run(*arguments(first, second))
    assert counts_of(sound) == ("2", "2", "2", "0", "0", "0")
    assert "被拒绝的行" not in sound.output
    changed = first | {"CLOSED_DT": "06/09/2015 08:00:00 AM"}
    third = numbered(3)[2]
    said = run(*arguments(changed, second, third, third))
    assert counts_of(said) == ("4", "3", "1", "1", "1", "1")
    assert "被拒绝的行也可能另有存疑之处，各项检查都计入。\n" in said.output
    assert "没有数据行" in run(*arguments()).output
    unread = third | {"OPEN_DT": "gestern"}
    assert "没有一行可以接受" in said_by_main(monkeypatch, capsys, *arguments(unread))


def counts_of(said: Result) -> tuple[str, ...]:
    """读入, 接受, 新增, 有改动, 未变, 拒绝."""
    assert said.exit_code == 0, said.output
    lines = re.findall(r"│[\s　]*(\S+)\s*│\s*(\d+)\s*│", said.output)
    found = dict(lines)
    return tuple(found[word] for word in ("读入", "接受", "新增", "有改动", "未变", "拒绝"))


def test_the_dictionary_page_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "indicators.md"
    monkeypatch.setattr(quality, "INDICATOR_PAGE", page)
    assert run("indicators").exit_code == 0
    assert page.read_text(encoding="utf-8").startswith("# 指标字典")


def test_each_step_gets_one_bar_that_is_left_when_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_bars() as report:
        for done in range(3):
            report("读入", done, 2)
        report("发布", 1, 1)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.strip()]
    assert [line.split()[0] for line in lines] == ["读入", "发布"]
    assert all("100%" in line for line in lines)
