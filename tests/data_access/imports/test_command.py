"""`cockpit import` as typed: a draft of a mapping, a file, a table of another database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, text
from typer.testing import CliRunner, Result

import cli
from dashboard.errors import ImportRefused, MappingError
from data_access import rollups
from data_access.database import Database
from data_access.imports import reference_rows
from data_access.imports.command import import_rows

MAPPINGS = Path(__file__).parents[3] / "docs" / "examples"
FILES = Path(__file__).parent / "examples"


@pytest.fixture
def cockpit(
    database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """``cockpit("import", …)`` on a database of one's own, in a folder of one's own."""
    monkeypatch.setenv("COCKPIT_DATABASE_URL", database_url.render_as_string(hide_password=False))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli.app, [*map(str, words)], catch_exceptions=False)


def test_a_draft_is_written_where_one_works(cockpit: Callable[..., Result], tmp_path: Path) -> None:
    result = cockpit("import", "--init", "staffing", FILES / "staffing.csv")
    assert result.exit_code == 0
    assert 'kind = "staffing"' in (tmp_path / "staffing.toml").read_text("utf-8")


def test_a_kind_is_imported_and_its_report_named(
    cockpit: Callable[..., Result], rows_of: Callable[..., list[Any]]
) -> None:
    words = ("import", "regions", FILES / "regions.csv", "--mapping", MAPPINGS / "regions.toml")
    result = cockpit(*words)
    assert result.exit_code == 0
    assert "上级区域无法识别" in result.stdout
    assert "findings.csv" in result.stdout
    assert rows_of("select count(*) from regions") == [(10,)]
    patrols = ("import", "patrols", FILES / "patrols.csv", "--mapping", MAPPINGS / "patrols.toml")
    assert "未作改动" not in cockpit(*patrols).stdout
    assert "未作改动" in cockpit(*patrols).stdout


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("regions", "regions.csv"), ImportRefused, "--mapping"),
        (("--init", "events", "x.csv"), ImportRefused, "没有种类 events"),
        (
            ("事件", "x.csv", "--mapping", MAPPINGS / "regions.toml"),
            ImportRefused,
            "没有种类 事件：.*incidents（事件）",
        ),
        (("steps", "t", "--from-url", "postgresql://a:b@h/c"), ImportRefused, "--from-url-env"),
        (("patrols", "x.csv", "--mapping", MAPPINGS / "regions.toml"), MappingError, "patrols"),
        (("regions", "x.csv", "--mapping", MAPPINGS / "regions.toml"), ImportRefused, "x.csv"),
    ],
)
def test_what_is_missing_is_named(
    words: tuple[Any, ...],
    error: type[Exception],
    said: str,
    cockpit: Callable[..., Result],
) -> None:
    with pytest.raises(error, match=said):
        cockpit("import", *words)


@pytest.fixture
def elsewhere(empty_database_url: URL) -> Iterator[URL]:
    """A PostgreSQL database of another system with a table of cases and persons."""
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "create table ledger (no text, reporter text, opened timestamptz,"
                " closed timestamptz, ward text, kind text)"
            )
        )
        connection.execute(
            text(
                "insert into ledger select 'L' || n, '赵虚构', timestamptz '2015-06-01 09:00-04'"
                " + n * interval '1 hour', case when n % 2 = 0 then"
                " timestamptz '2015-06-03 09:00-04' + n * interval '1 hour' end,"
                " 'Ward ' || 1 + n % 22, 'Street Lights' from generate_series(1, 50) n"
            )
        )
    engine.dispose()
    yield empty_database_url


def test_a_table_of_another_database_is_imported_without_what_is_not_named(
    cockpit: Callable[..., Result],
    elsewhere: URL,
    boston_mapping: Path,
    tmp_path: Path,
    rows_of: Callable[..., list[Any]],
    database_url: URL,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mapping = boston_mapping.read_text("utf-8")
    for old, new in {
        '"CASE_ENQUIRY_ID"': '"no"',
        '"OPEN_DT"': '"opened"',
        'due_at = "TARGET_DT"': "",
        '"CLOSED_DT"': '"closed"',
        '["TYPE", "REASON"]': '["kind"]',
        "[classes.values.TYPE]": "[classes.values.kind]",
        "[classes.values.REASON]": "",
        '"Source"': '"kind"',
        '"Department"': '"kind"',
    }.items():
        mapping = mapping.replace(old, new)
    begin, end = mapping.index("[location]"), mapping.index("[region]")
    (tmp_path / "ledger.toml").write_text(mapping[:begin] + mapping[end:], "utf-8")
    url = elsewhere.render_as_string(hide_password=False)
    monkeypatch.setenv("LEDGER_URL", url)
    named = ("--from-url-env", "LEDGER_URL")
    words = ("import", "incidents", "ledger", "--mapping", "ledger.toml", *named)
    assert cockpit(*words).exit_code == 0
    cases = rows_of(
        "select registered_at, closed_at from incidents where case_no = 'L2'"
        " and registered_at = '2015-06-01 11:00-04' and closed_at = '2015-06-03 11:00-04'"
    )
    assert len(cases) == 1
    assert rows_of("select count(*), count(closed_at) from incidents") == [(50, 25)]
    assert rows_of("select file_name from import_batches") == [("ledger",)]
    assert "未作改动" in cockpit(*words).stdout
    # What was corrected over there is corrected here.
    engine = create_engine(elsewhere)
    with engine.begin() as connection:
        connection.execute(
            text("update ledger set closed = opened + interval '1 day' where no = 'L1'")
        )
    engine.dispose()
    assert cockpit(*words).exit_code == 0
    assert rows_of("select count(*), count(closed_at) from incidents") == [(50, 26)]
    database = Database(database_url)
    with database.read() as connection:
        assert rollups.differences(connection) == 0
    database.close()


def test_disputes_are_corrected_and_their_roll_ups_stay_exact(
    database_url: URL, tmp_path: Path, rows_of: Callable[..., list[Any]]
) -> None:
    database = Database(database_url)

    def load(kind: str, file: Path) -> Any:
        mapping = MAPPINGS / f"{kind}.toml"
        return import_rows(database, kind, file, mapping, report_folder=tmp_path)

    for kind in ("regions", "organisations", "disputes"):
        load(kind, FILES / f"{kind}.csv")
    later = tmp_path / "later.csv"
    content = (FILES / "disputes.csv").read_text("utf-8")
    later.write_text(content.replace("人民调解,否,成功", "行政调解,否,不成功"), "utf-8")
    outcome = load("disputes", later)
    assert (outcome.inserted, outcome.updated, outcome.unchanged) == (0, 1, 2)
    assert rows_of(
        "select method, is_successful, o.code from disputes"
        " join organisations o on o.id = centre_id where case_no = 'JF20261101001'"
    ) == [("administrative", False, "330102-C")]
    assert rows_of("select count(*) from case_versions where subject = 'dispute'") == [(1,)]
    with database.read() as connection:
        assert rollups.differences(connection) == 0
    database.close()


def test_organisations_wait_for_those_that_another_import_is_numbering(
    database_url: URL, tmp_path: Path, rows_of: Callable[..., list[Any]]
) -> None:
    database = Database(database_url)

    def load(kind: str) -> Any:
        mapping = MAPPINGS / f"{kind}.toml"
        return import_rows(database, kind, FILES / f"{kind}.csv", mapping, report_folder=tmp_path)

    load("regions")
    with ThreadPoolExecutor(1) as others, database.write() as connection:
        reference_rows.number_organisations_alone(connection)
        connection.execute(text("insert into organisations values (1, 'X', '甲局', 'centre', 1)"))
        other = others.submit(load, "organisations")
        with pytest.raises(TimeoutError):
            other.result(2)
        connection.commit()
        assert other.result().inserted == 3
    assert rows_of("select min(id), max(id) from organisations") == [(1, 4)]
    database.close()


@pytest.mark.parametrize("place", ["330102", "330102001"], ids=["county", "town of the county"])
def test_a_county_that_began_anew_under_its_code_is_no_other_one(
    database_url: URL, tmp_path: Path, place: str
) -> None:
    """Cases of before are the former county's, and each cumulative file brings them again."""
    database = Database(database_url)

    def load(kind: str, content: str) -> Any:
        file = tmp_path / f"{kind}.csv"
        file.write_text(content, "utf-8")
        mapping = MAPPINGS / f"{kind}.toml"
        return import_rows(database, kind, file, mapping, report_folder=tmp_path)

    regions = (FILES / "regions.csv").read_text("utf-8")
    disputes = (FILES / "disputes.csv").read_text("utf-8")
    disputes = disputes.replace("2026-11", "2025-11").replace("330102001,330102-C", f"{place},")
    load("regions", regions)
    load("disputes", disputes)
    anew = [
        regions.splitlines()[0],
        "330102,新上城区,上城,县,330100,2026-04-01,330102,合并,",
        "330102001,清波街道,清波,乡镇,330102,2026-04-01,330102001,划转,",
    ]
    assert load("regions", "\n".join(anew)).rows_accepted == 2
    outcome = load("disputes", disputes.replace("成功", "不成功", 1))
    assert outcome.rows_accepted
    assert "moved_county" not in {check.name for check in outcome.checks}
    database.close()


def test_a_case_that_names_another_county_is_said(
    database_url: URL, tmp_path: Path, rows_of: Callable[..., list[Any]]
) -> None:
    database = Database(database_url)
    for kind in ("regions", "organisations", "disputes"):
        mapping = MAPPINGS / f"{kind}.toml"
        import_rows(database, kind, FILES / f"{kind}.csv", mapping, report_folder=tmp_path)
    later = tmp_path / "later.csv"
    content = (FILES / "disputes.csv").read_text("utf-8")
    later.write_text(content.replace("330102001,330102-C", "330106001,330102-C"), "utf-8")
    outcome = import_rows(
        database, "disputes", later, MAPPINGS / "disputes.toml", report_folder=tmp_path
    )
    assert {check.name: check.rows for check in outcome.checks}["moved_county"] == 1
    assert rows_of(
        "select h.code, c.code from disputes join regions h on h.id = home_county_id"
        " join regions c on c.id = disputes.county_id where case_no = 'JF20261101001'"
    ) == [("330102", "330106")]
    database.close()
