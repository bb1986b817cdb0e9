"""What a fill says of corrected cases is what the triggers say when they are written live."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from data_access.demo import loader, province
from data_access.demo.changes import Window

SEED = 7
BEGUN = datetime(2026, 5, 9, 5, 0, tzinfo=UTC)
DAYS = 6


def fill(engine: Engine, until: datetime, days: int) -> None:
    loader.fill(engine, seed=SEED, until=until, since_days=days, progress=lambda *_: None)


def test_corrected_cases_of_the_past_have_their_earlier_versions(demo_engine: Engine) -> None:
    fill(demo_engine, BEGUN, DAYS)
    with demo_engine.begin() as connection:
        rows = connection.execute(
            text(
                "select v.recorded_from, v.recorded_to, v.was, i.class_code, i.due_at::text"
                " from case_versions v"
                " join incidents i using (home_county_id, source_id, case_no, registered_month)"
            )
        ).all()
        in_default = connection.scalar(text("select count(*) from case_versions_default"))
        disputes = connection.scalar(
            text("select count(*) from case_versions where subject = 'dispute'")
        )
    assert len(rows) > 100
    assert in_default == 0
    assert disputes is not None
    for row in rows:
        assert row.recorded_from < row.recorded_to <= BEGUN
        before = (row.was["class_code"], datetime.fromisoformat(row.was["due_at"]))
        assert before != (row.class_code, datetime.fromisoformat(row.due_at))
    assert any(row.was["class_code"] != row.class_code for row in rows)


def corrections(engine: Engine) -> set[tuple[str, datetime]]:
    """Numbers of the corrected cases, and when they were (live: by the server's clock)."""
    with engine.begin() as connection:
        rows = connection.execute(text("select case_no, recorded_to from case_versions"))
        return {(row.case_no, row.recorded_to) for row in rows}


def numbers(corrected: set[tuple[str, datetime]]) -> set[str]:
    return {number for number, _ in corrected}


def test_a_fill_knows_the_corrections_that_live_writing_leaves(demo_engine: Engine) -> None:
    until = BEGUN + timedelta(hours=10)
    fill(demo_engine, BEGUN, DAYS)
    before = corrections(demo_engine)
    with demo_engine.begin() as connection:
        window = Window(province.read(connection, until), SEED, BEGUN.date() - timedelta(days=DAYS))
    loader.catch_up(demo_engine, window, BEGUN, until)
    written = numbers(corrections(demo_engine) - before)
    fill(demo_engine, until, DAYS)
    after = corrections(demo_engine)
    assert before < after
    filled = numbers(after - before)
    # Live, what was registered and corrected within one stretch is written once, as corrected.
    assert written <= filled
    assert len(written) > 5
    assert len(filled - written) < len(filled) / 2
