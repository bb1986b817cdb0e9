"""Holds: what is kept and named, and what is refused with nothing kept."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, text

from dashboard.errors import HoldRefused
from data_access import schema
from data_access.database import Database
from data_access.holds import case_numbers, hold, holds, release
from tests.case_builder import add_regions, incident


@pytest.fixture
def filled(database: Database) -> Database:
    """Three incidents; the first one's number is a dispute's too."""
    with database.write() as connection:
        add_regions(connection)
        cases = [incident(number) for number in (1, 2, 3)]
        connection.execute(insert(schema.incidents), cases)
        wanted = {column.name for column in schema.disputes.columns}
        dispute = {name: value for name, value in cases[0].items() if name in wanted}
        connection.execute(insert(schema.disputes), [dispute])
    return database


def kept(connection: Connection) -> set[tuple[str, str, str]]:
    rows = connection.execute(text("select hold, subject, case_no from case_holds"))
    return {(row.hold, row.subject, row.case_no) for row in rows}


def test_every_case_with_the_number_is_held_and_again_changes_nothing(filled: Database) -> None:
    expected = {
        ("briefing-2025-12", "incident", "T0000001"),
        ("briefing-2025-12", "dispute", "T0000001"),
        ("briefing-2025-12", "incident", "T0000002"),
    }
    with filled.write() as connection:
        assert hold(connection, "briefing-2025-12", ["T0000001", "T0000002", "T0000001"]) == 3
        assert kept(connection) == expected
        assert hold(connection, "briefing-2025-12", ["T0000002"]) == 1
        assert kept(connection) == expected


def test_one_case_may_be_held_twice_and_is_until_both_are_released(filled: Database) -> None:
    with filled.write() as connection:
        hold(connection, "briefing-2025-12", ["T0000002", "T0000003"])
        hold(connection, "review-7", ["T0000003"])
        assert [(each.name, each.cases) for each in holds(connection)] == [
            ("briefing-2025-12", 2),
            ("review-7", 1),
        ]
        assert release(connection, "briefing-2025-12") == 2
        assert kept(connection) == {("review-7", "incident", "T0000003")}
        with pytest.raises(
            HoldRefused, match="没有名为 briefing-2025-12 的留存。现有的留存：review-7"
        ):
            release(connection, "briefing-2025-12")


def test_a_number_that_is_not_here_is_named_and_nothing_is_held(filled: Database) -> None:
    with (
        pytest.raises(HoldRefused, match="没有编号为 T0000009 的案件（共 1 个"),
        filled.write() as connection,
    ):
        hold(connection, "review-7", ["T0000001", "T0000009"])
    with filled.read() as connection:
        assert kept(connection) == set()


@pytest.mark.parametrize("name", ["", "张三上访", "Review 7", "-7", "a" * 41, "review-7\n"])
def test_a_name_that_could_tell_of_somebody_is_refused(filled: Database, name: str) -> None:
    with pytest.raises(HoldRefused, match="不合规定"), filled.write() as connection:
        hold(connection, name, ["T0000001"])


def test_a_hold_of_nothing_is_refused(filled: Database) -> None:
    with pytest.raises(HoldRefused, match="没有案件编号"), filled.write() as connection:
        hold(connection, "review-7", [])


def test_numbers_stand_in_a_file_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "cases.txt"
    file.write_bytes("\ufeffT0000001\r\n\r\n  T0000002 \n".encode())
    assert case_numbers(file) == ["T0000001", "T0000002"]
    file.write_bytes("编号".encode("gb18030"))
    with pytest.raises(HoldRefused, match="不是 UTF-8 文本"):
        case_numbers(file)
    with pytest.raises(HoldRefused, match="读不到文件"):
        case_numbers(tmp_path / "none.txt")
