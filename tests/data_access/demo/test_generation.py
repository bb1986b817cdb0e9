"""A demo database is made anew when its rows are another generator's."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from data_access import facts
from data_access.demo import generation, loader

BEGUN = datetime(2026, 5, 9, 5, 0, 13, tzinfo=UTC)


def test_a_demo_of_another_generator_is_dropped_and_said(
    demo_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def tell(step: str, done: int, total: int) -> None:
        del done, total
        said.append(step)

    def left() -> int:
        with demo_engine.connect() as connection:
            return sum(
                connection.scalar(text(f"select count(*) from {table}")) or 0
                for table in ("regions", "incidents", "staffing", "rollups")
            )

    loader.fill(demo_engine, seed=7, until=BEGUN, since_days=1, progress=lambda *_: None)
    with demo_engine.begin() as connection:
        facts.write(connection, "is_demo", True)
    generation.drop_other_versions(demo_engine.url, tell)
    assert left() > 0
    assert said == []
    monkeypatch.setattr(generation, "generator_version", lambda: "another")
    generation.drop_other_versions(demo_engine.url, tell)
    assert left() == 0
    assert "另一版本" in said[0]
    with demo_engine.begin() as connection:
        assert facts.read(connection, "zone") == "Asia/Shanghai"
        assert facts.read(connection, generation.FILL) is None


def test_a_database_that_is_no_demo_is_never_dropped(
    demo_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "generator_version", lambda: "another")
    generation.drop_other_versions(demo_engine.url, lambda *_: None)
    with demo_engine.begin() as connection:
        assert connection.scalar(text("select count(*) from regions"))


def test_what_a_generator_says_of_itself_makes_it_no_other_version() -> None:
    source = '"""Doc."""\n\n\ndef drawn(n: int) -> int:\n    """Doc."""\n    return n + 1  # why\n'
    same = "def drawn(n: int) -> int:\n    'Other doc.'\n    # another reason\n    return (n + 1)\n"
    assert generation.statements(source) == generation.statements(same)
    assert generation.statements(source) != generation.statements(source.replace("n + 1", "n + 2"))
    assert generation.statements('def only():\n    """Doc."""\n')
