"""Importing incidents: everything counted, nothing half, corrections kept, all of it repeatable."""

import csv
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import URL, Connection, Engine, create_engine, text

from dashboard.errors import DatabaseUnavailable, ImportRefused, MappingError
from dashboard.heat_cells import Origin, cell_of
from dashboard.work_calendar import WorkCalendar
from data_access import facts, rollups
from data_access.imports import batches, publishing, report
from data_access.imports.batches import Batch
from data_access.imports.incidents import ImportOutcome, import_incidents
from data_access.imports.mapping import MOST_CODES
from data_access.imports.mapping_file import load_mapping
from data_access.migrating import migrate
from tests.work_limits import workdays_later

ZONE = ZoneInfo("America/New_York")
EXCERPT_ROWS = 60

Rows = Callable[..., list[dict[str, str]]]
Writer = Callable[..., Path]
Reader = Callable[..., list[Any]]
Importer = Callable[..., ImportOutcome]


@pytest.fixture
def imported(engine: Engine, boston_mapping: Path, tmp_path: Path) -> Importer:
    """``imported(file)`` imports it by the example mapping."""

    def run(file: Path, **options: Any) -> ImportOutcome:
        folder = tmp_path / "reports"
        mapping = options.pop("mapping", boston_mapping)
        return import_incidents(engine, file, mapping, report_folder=folder, **options)

    return run


def found(outcome: ImportOutcome) -> dict[str, int]:
    return {check.name: check.rows for check in outcome.checks}


def contents(rows_of: Reader) -> dict[str, list[Any]]:
    """All that an import writes, without the hours at which it ran."""
    return {
        name: rows_of(statement)
        for name, statement in {
            "incidents": "select i::text from incidents i order by 1",
            "steps": "select s::text from steps s order by 1",
            "doubts": "select d::text from case_doubts d order by 1",
            "findings": "select line, check_name, reason, value from import_findings order by 1, 2",
            "regions": "select r::text from regions r order by 1",
            "organisations": "select o::text from organisations o order by 1",
            "codes": "select c::text from codes c order by 1",
            "sources": "select id, key, name, last_row_at from sources",
        }.items()
    }


def test_every_row_of_the_excerpt_is_accounted_for(imported: Importer, excerpt: Path) -> None:
    outcome = imported(excerpt)
    assert (outcome.rows_read, outcome.rows_accepted, outcome.rows_rejected) == (
        EXCERPT_ROWS,
        EXCERPT_ROWS,
        0,
    )
    assert found(outcome) == {
        "ambiguous_time": 1,
        "closed_before_registered": 2,
        "default_coordinate": 2,
        "missing_region": 2,
        "unknown_code": 1,
    }
    assert outcome.rows_doubtful == 6
    assert (outcome.inserted, outcome.updated, outcome.unchanged) == (EXCERPT_ROWS, 0, 0)


def test_rows_read_are_accepted_or_rejected_always(
    imported: Importer, sound_rows: Rows, write_csv: Writer
) -> None:
    rows = sound_rows(12)
    rows[2]["OPEN_DT"] = ""
    rows[3]["CASE_ENQUIRY_ID"] = ""
    rows[4]["CASE_ENQUIRY_ID"] = rows[0]["CASE_ENQUIRY_ID"]
    rows[5]["ward"] = ""
    path = write_csv(rows)
    with path.open("a", encoding="utf-8") as stored:
        stored.write("too,short\n")
        stored.write('1,"open,here\n2,"closed\n')
    outcome = imported(path, rows_a_chunk=5)
    assert (outcome.rows_read, outcome.rows_accepted, outcome.rows_rejected) == (14, 9, 5)
    assert found(outcome) == {
        "duplicate_case_no": 1,
        "malformed_row": 1,
        "unclosed_quote": 1,
        "missing_registered_at": 1,
        "unusable_case_no": 1,
        "missing_region": 1,
    }


def test_cases_of_regions_that_are_all_cities_are_rejected(
    imported: Importer, sound_rows: Rows, write_csv: Writer, boston_mapping: Path, tmp_path: Path
) -> None:
    mapping = tmp_path / "cities.toml"
    text = boston_mapping.read_text("utf-8").replace('"city"', '"province"')
    text = text.replace('"county"', '"city"').replace("unassigned = ", "# ")
    mapping.write_text(text, "utf-8")
    outcome = imported(write_csv(sound_rows(2)), mapping=mapping)
    assert (outcome.rows_accepted, found(outcome)) == (0, {"wrong_level": 2})


def test_two_months_far_apart_make_no_others(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    rows = sound_rows(3, TARGET_DT="", CLOSED_DT="")
    rows[0]["OPEN_DT"] = "06/01/2012 09:00:00 AM"
    rows[1]["OPEN_DT"] = "06/01/2062 09:00:00 AM"
    outcome = imported(write_csv(rows))
    assert (outcome.inserted, found(outcome)) == (2, {"implausible_time": 1})
    tables = rows_of("select relname from pg_class where relname ~ '^incidents_20(1|6)[0-9]{3}$'")
    assert {name for (name,) in tables} == {"incidents_201206", "incidents_201506"}


def test_a_file_without_rows_changes_nothing(
    imported: Importer, write_csv: Writer, rows_of: Reader
) -> None:
    outcome = imported(write_csv([]))
    assert (outcome.rows_read, outcome.inserted) == (0, 0)
    assert rows_of("select count(*) from incidents") == [(0,)]


def test_a_case_carries_what_the_file_says(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    imported(write_csv(sound_rows(1)))
    (case,) = rows_of(
        "select i.*, r.name as region, h.name as county, o.name as holder"
        " from incidents i join regions r on r.id = i.region_id"
        " join regions h on h.id = i.home_county_id join organisations o on o.id = i.holder_id"
    )
    registered = datetime(2015, 6, 1, 13, 0, tzinfo=UTC)
    assert case.registered_at == case.recorded_at == registered
    assert case.is_recorded_presumed
    assert case.due_at == datetime(2015, 6, 5, 12, 30, tzinfo=UTC)
    assert case.closed_at == datetime(2015, 6, 3, 14, 0, tzinfo=UTC)
    assert case.red_card_at == datetime(2015, 6, 12, 12, 30, tzinfo=UTC)
    assert case.registered_month == date(2015, 6, 1)
    assert (case.region, case.county, case.holder) == ("第5选区", "第5选区", "公共工程局")
    assert (case.category, case.class_code, case.channel) == (
        "service",
        "street-lights",
        "热线电话",
    )
    assert (case.location_quality, case.lon, case.lat) == ("point", -71.0711, 42.3001)
    cell = cell_of(case.lon, case.lat, 1.0, Origin(-71.08, 42.32))
    assert (case.cell_x, case.cell_y) == (int(cell[0]), int(cell[1]))


def test_a_case_at_the_turn_of_a_month_belongs_to_its_local_month(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    imported(write_csv(sound_rows(1, OPEN_DT="05/31/2015 11:30:00 PM")))
    assert rows_of("select registered_month from incidents") == [(date(2015, 5, 1),)]


def test_the_steps_that_the_file_knows_are_written(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    rows = sound_rows(2)
    rows[1]["CLOSED_DT"] = ""
    outcome = imported(write_csv(rows))
    steps = rows_of(
        "select s.case_no, step_no, step, occurred_at, s.recorded_at, o.name"
        " from steps s join organisations o on o.id = s.holder_id order by 1, 2"
    )
    first, second = (row["CASE_ENQUIRY_ID"] for row in rows)
    opened = datetime(2015, 6, 1, 13, tzinfo=UTC)
    closed = datetime(2015, 6, 3, 14, tzinfo=UTC)
    assert steps == [
        (first, 1, "registered", opened, opened, "公共工程局"),
        (first, 2, "closed", closed, closed, "公共工程局"),
        (second, 1, "registered", opened, opened, "公共工程局"),
    ]
    assert outcome.steps == 3


def test_red_cards_agree_with_the_work_calendar(
    imported: Importer, excerpt: Path, rows_of: Reader
) -> None:
    imported(excerpt)
    calendar = WorkCalendar(ZONE)
    cases = rows_of("select due_at, red_card_at from incidents where due_at is not null")
    assert len(cases) > 40
    for due_at, red_card_at in cases:
        assert red_card_at == workdays_later(calendar, due_at, 5)


def test_regions_facts_and_calendar_come_from_the_mapping(
    imported: Importer, excerpt: Path, engine: Engine, rows_of: Reader
) -> None:
    imported(excerpt)
    root, *wards = rows_of("select id, level, name, parent_id, city_id, county_id from regions")
    assert tuple(root) == (1, "city", "波士顿", None, 1, None)
    assert len(wards) == 23
    assert {(w.level, w.parent_id, w.city_id, w.county_id == w.id) for w in wards} == {
        ("county", 1, 1, True)
    }
    with engine.connect() as connection:
        known = facts.read_all(connection)
    assert known["zone"] == "America/New_York"
    assert known["heat_origin"] == [-71.08, 42.32]
    assert known["is_demo"] is False
    assert "波士顿" in known["product_name"]
    assert known["county_word"] == "选区"
    ((days, presumed),) = rows_of("select count(*), bool_and(is_presumed) from work_calendar")
    assert (days, presumed) == (2557, True)


def test_an_empty_database_takes_the_zone_of_its_first_mapping(
    empty_database_url: URL, excerpt: Path, boston_mapping: Path, tmp_path: Path
) -> None:
    migrate(empty_database_url, zone="Asia/Shanghai")
    engine = create_engine(empty_database_url)
    import_incidents(engine, excerpt, boston_mapping, report_folder=tmp_path)
    with engine.connect() as connection:
        assert facts.read(connection, "zone") == "America/New_York"
        assert rollups.differences(connection) == 0
    engine.dispose()


def test_default_coordinates_are_kept_off_the_heat(
    imported: Importer, excerpt: Path, rows_of: Reader
) -> None:
    imported(excerpt)
    qualities = rows_of(
        "select location_quality, count(*), count(cell_x), count(lon) from incidents"
        " group by 1 order by 1"
    )
    assert qualities == [("default", 2, 0, 2), ("point", 58, 58, 58)]


def test_a_coordinate_that_too_many_rows_share_is_a_default_one(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    rows = sound_rows(40)
    for row in rows[:11]:
        row["LATITUDE"] = "42.2999"
    outcome = imported(write_csv(rows))
    assert found(outcome) == {"default_coordinate": 11}
    assert rows_of("select count(*) from incidents where location_quality = 'default'") == [(11,)]


def test_a_small_file_meets_the_default_coordinates_of_those_before(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    rows = sound_rows(203)
    for row in (*rows[:11], *rows[200:202]):
        row["LATITUDE"] = "42.2999"
    imported(write_csv(rows[:200], "first.csv"))
    outcome = imported(write_csv([*rows[:2], *rows[200:]], "second.csv"))
    assert (outcome.inserted, outcome.updated, outcome.unchanged) == (3, 0, 2)
    assert found(outcome) == {"default_coordinate": 4}
    assert rows_of("select count(*) from incidents where location_quality = 'default'") == [(13,)]
    assert rows_of("select count(*) from case_versions") == [(0,)]


def test_what_many_rows_of_a_small_file_share_is_not_remembered(
    imported: Importer, sound_rows: Rows, write_csv: Writer
) -> None:
    """An event that forty people report within minutes is no default coordinate for ever."""
    rows = sound_rows(45)
    for row in rows:
        row["LATITUDE"] = "42.2999"
    assert found(imported(write_csv(rows[:43], "first.csv"))) == {"default_coordinate": 43}
    assert found(imported(write_csv(rows[43:], "second.csv"))) == {}


def test_a_larger_share_in_the_mapping_gives_known_default_coordinates_free(
    imported: Importer,
    boston_mapping: Path,
    sound_rows: Rows,
    write_csv: Writer,
    rows_of: Reader,
    tmp_path: Path,
) -> None:
    """Sixty of two hundred may live in one house."""
    rows = sound_rows(200)
    for row in rows[:60]:
        row["LATITUDE"] = "42.2999"
    path = write_csv(rows)
    imported(path)
    mapping = tmp_path / "mapping.toml"
    written = boston_mapping.read_text("utf-8")
    mapping.write_text(written.replace("default_share = 0.05", "default_share = 0.4"), "utf-8")
    outcome = imported(path, mapping=mapping)
    assert (outcome.updated, found(outcome)) == (60, {})
    assert rows_of("select location_quality, count(*) from incidents group by 1") == [
        ("point", 200)
    ]


def test_the_default_coordinates_of_one_source_are_not_those_of_another(
    imported: Importer,
    boston_mapping: Path,
    sound_rows: Rows,
    write_csv: Writer,
    tmp_path: Path,
) -> None:
    rows = sound_rows(200)
    for row in rows[:11]:
        row["LATITUDE"] = "42.2999"
    imported(write_csv(rows, "first.csv"))
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(boston_mapping.read_text("utf-8").replace("boston-311-2015", "other"))
    assert found(imported(write_csv(rows[:2], "second.csv"), mapping=mapping)) == {}


def test_doubts_stand_beside_their_cases(
    imported: Importer, excerpt: Path, rows_of: Reader
) -> None:
    imported(excerpt)
    doubts = rows_of(
        "select check_name, count(*) from case_doubts join incidents"
        " using (home_county_id, source_id, case_no, registered_month) group by 1 order by 1"
    )
    assert doubts == [
        ("ambiguous_time", 1),
        ("closed_before_registered", 2),
        ("default_coordinate", 2),
        ("missing_region", 2),
        ("unknown_code", 1),
    ]
    assert rows_of("select count(*) from incidents where has_doubtful_times") == [(2,)]


def test_a_list_that_would_grow_beyond_all_measure_is_refused(
    imported: Importer,
    boston_mapping: Path,
    sound_rows: Rows,
    write_csv: Writer,
    engine: Engine,
    rows_of: Reader,
) -> None:
    list_key = load_mapping(boston_mapping).incidents.classes.list_key
    with engine.begin() as connection:
        connection.execute(
            text("insert into code_lists values (:list_key, '分类', 'test')"),
            {"list_key": list_key},
        )
        connection.execute(
            text(
                "insert into codes (list_key, code, label)"
                " select :list_key, 'x' || n, '第' || n from generate_series(1, :most) n"
            ),
            {"list_key": list_key, "most": MOST_CODES},
        )
    with pytest.raises(ImportRefused, match="最多 1000 个") as refused:
        imported(write_csv(sound_rows(3)))
    assert list_key in str(refused.value)
    assert rows_of("select count(*) from incidents") == [(0,)]


def test_findings_and_report_files_expire(
    imported: Importer, sound_rows: Rows, write_csv: Writer, engine: Engine, rows_of: Reader
) -> None:
    first = imported(write_csv(sound_rows(3, ward="Ward 99"), name="first.csv"))
    assert rows_of("select count(*) from import_findings") == [(3,)]
    assert first.report.stat().st_mode & 0o777 == 0o600
    with engine.begin() as connection:
        assert report.expire(connection, datetime.now(UTC) + timedelta(days=89)) == 0
        connection.execute(
            text(
                "update import_batches set started_at = started_at - interval '91 days',"
                " published_at = published_at - interval '91 days'"
            )
        )
    old = time.time() - 91 * 86_400
    os.utime(first.report, (old, old))
    other = first.report.with_name("notes.csv")
    other.write_text("kept")
    os.utime(other, (old, old))
    second = imported(write_csv(sound_rows(4, ward="Ward 98"), name="second.csv"))
    assert not first.report.exists()
    assert other.exists()
    assert second.report.exists()
    assert rows_of("select distinct batch_id from import_findings") == [(second.batch_id,)]
    assert rows_of("select rows_doubtful from import_batches order by id") == [(3,), (4,)]


def test_the_report_lists_line_column_reason_and_value(
    imported: Importer, sound_rows: Rows, write_csv: Writer
) -> None:
    rows = sound_rows(3, ward="Ward 99")
    rows[0]["CASE_ENQUIRY_ID"] = "11010519491231002X"
    rows[1]["ward"] = "=1+1"
    outcome = imported(write_csv(rows))
    content = outcome.report.read_text("utf-8-sig")
    assert "11010519491231002X" not in content
    header, *lines = csv.reader(content.splitlines())
    assert header == ["行号", "列", "检查", "检查代码", "结果", "原因", "值"]
    assert [(line[0], line[1], line[4]) for line in lines] == [
        ("2", "CASE_ENQUIRY_ID", "拒绝"),
        ("2", "ward", "存疑"),
        ("3", "ward", "存疑"),
        ("4", "ward", "存疑"),
    ]
    assert lines[0][2:4] == ["含个人信息", "personal_data"]
    assert lines[2][6] == "'=1+1"
    assert lines[3][6] == "Ward 99"


def test_a_refused_number_stands_nowhere_in_the_database(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    numbers = ("11010519491231002X", "13800138000")
    rows = sound_rows(3)
    rows[0]["CASE_ENQUIRY_ID"] = numbers[0]
    rows[1]["ward"] = numbers[1]
    outcome = imported(write_csv(rows))
    assert outcome.rows_rejected == 2
    for (table,) in rows_of(
        "select quote_ident(table_schema) || '.' || quote_ident(table_name)"
        " from information_schema.tables"
        " where table_schema in ('public', 'import_staging')"
    ):
        for number in numbers:
            assert rows_of(
                f"select count(*) from {table} t where t::text like :number", number=f"%{number}%"
            ) == [(0,)], table


def test_nothing_is_visible_until_all_of_it_is(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    tables = ("incidents", "steps", "regions", "organisations", "sources", "codes", "case_doubts")
    seen: list[tuple[str, int]] = []

    def look(stage: str, done: int, total: int) -> None:
        if (stage, done) != ("发布", 1):
            seen.append((stage, sum(rows_of(f"select count(*) from {t}")[0][0] for t in tables)))

    imported(write_csv(sound_rows(50)), rows_a_chunk=10, progress=look)
    assert seen == [("读入", 0)] * 6 + [("发布", 0)]
    assert rows_of("select count(*) from incidents") == [(50,)]


def test_progress_counts_lines_up_to_all_of_them(
    imported: Importer, sound_rows: Rows, write_csv: Writer
) -> None:
    told: list[tuple[str, int, int]] = []
    imported(write_csv(sound_rows(25)), rows_a_chunk=10, progress=lambda *state: told.append(state))
    assert told == [
        ("读入", 0, 26),
        ("读入", 11, 26),
        ("读入", 21, 26),
        ("读入", 26, 26),
        ("发布", 0, 1),
        ("发布", 1, 1),
    ]


def test_the_same_file_again_changes_nothing(
    imported: Importer, excerpt: Path, rows_of: Reader
) -> None:
    imported(excerpt)
    before = contents(rows_of), rows_of("select max(id) from outbox")
    outcome = imported(excerpt)
    assert outcome.is_repeat
    assert (outcome.rows_accepted, outcome.inserted, outcome.updated) == (EXCERPT_ROWS, 0, 0)
    assert (contents(rows_of), rows_of("select max(id) from outbox")) == before


def test_the_same_rows_in_another_file_change_no_case(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    imported(write_csv(sound_rows(20), "first.csv"))
    before = contents(rows_of), rows_of("select max(id) from outbox where subject = 'incidents'")
    outcome = imported(write_csv(reversed(sound_rows(20)), "second.csv"))
    assert not outcome.is_repeat
    assert (outcome.inserted, outcome.updated, outcome.unchanged) == (0, 0, 20)
    after = contents(rows_of), rows_of("select max(id) from outbox where subject = 'incidents'")
    assert after == before


def changed_rows(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Case 1 closed meanwhile, case 2 moved to another ward, case 3 with a later limit, one new."""
    changed = [dict(row) for row in rows]
    changed[0]["CLOSED_DT"] = "06/04/2015 10:00:00 AM"
    changed[1]["ward"] = "Ward 7"
    changed[2]["TARGET_DT"] = "06/12/2015 08:30:00 AM"
    return [*changed, {**rows[0], "CASE_ENQUIRY_ID": "999999999999"}]


def test_a_file_with_corrections_changes_only_these(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    rows = sound_rows(20)
    rows[0]["CLOSED_DT"] = ""
    imported(write_csv(rows, "first.csv"))
    versions = "select case_no, xmin::text from incidents order by 1"
    before = dict(map(tuple, rows_of(versions)))
    outcome = imported(write_csv(changed_rows(rows), "second.csv"))
    assert (outcome.inserted, outcome.updated, outcome.unchanged) == (1, 3, 17)
    after = dict(map(tuple, rows_of(versions)))
    touched = {row["CASE_ENQUIRY_ID"] for row in rows[:3]} | {"999999999999"}
    assert {case_no for case_no in after if after[case_no] != before.get(case_no)} == touched


def test_corrections_keep_the_row_as_it_was(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    rows = sound_rows(20)
    rows[0]["CLOSED_DT"] = ""
    imported(write_csv(rows, "first.csv"))
    imported(write_csv(changed_rows(rows), "second.csv"))
    kept = rows_of("select case_no, was ->> 'due_at', was ->> 'county_id' from case_versions")
    assert {row[0] for row in kept} == {rows[1]["CASE_ENQUIRY_ID"], rows[2]["CASE_ENQUIRY_ID"]}


def test_a_moved_case_keeps_its_key_and_changes_its_county(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    rows = sound_rows(3)
    imported(write_csv(rows, "first.csv"))
    imported(write_csv(changed_rows(rows), "second.csv"))
    (case,) = rows_of(
        "select h.name as home, c.name as county from incidents i"
        " join regions h on h.id = i.home_county_id join regions c on c.id = i.county_id"
        " where case_no = :case_no",
        case_no=rows[1]["CASE_ENQUIRY_ID"],
    )
    assert (case.home, case.county) == ("第5选区", "第7选区")


def test_a_later_closing_is_a_further_step(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    rows = sound_rows(1, CLOSED_DT="")
    imported(write_csv(rows, "first.csv"))
    imported(write_csv(sound_rows(1), "second.csv"))
    imported(write_csv(sound_rows(1, CLOSED_DT="06/09/2015 10:00:00 AM"), "third.csv"))
    steps = rows_of("select step_no, step, occurred_at from steps order by 1")
    assert steps == [
        (1, "registered", datetime(2015, 6, 1, 13, tzinfo=UTC)),
        (2, "closed", datetime(2015, 6, 3, 14, tzinfo=UTC)),
        (3, "closed", datetime(2015, 6, 9, 14, tzinfo=UTC)),
    ]
    assert rows_of("select closed_at from incidents") == [(datetime(2015, 6, 9, 14, tzinfo=UTC),)]


def test_a_corrected_limit_moves_the_red_card(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    rows = sound_rows(3)
    imported(write_csv(rows, "first.csv"))
    imported(write_csv(changed_rows(rows), "second.csv"))
    assert rows_of(
        "select red_card_at from incidents where case_no = :n", n=rows[2]["CASE_ENQUIRY_ID"]
    ) == [(datetime(2015, 6, 19, 12, 30, tzinfo=UTC),)]


def test_a_doubt_that_a_correction_removes_is_gone(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    imported(write_csv(sound_rows(1, CLOSED_DT="06/01/2015 08:00:00 AM"), "first.csv"))
    assert rows_of("select check_name from case_doubts") == [("closed_before_registered",)]
    imported(write_csv(sound_rows(1), "second.csv"))
    assert rows_of("select check_name from case_doubts") == []
    assert rows_of("select has_doubtful_times from incidents") == [(False,)]


def test_a_case_that_was_deleted_and_comes_again_has_its_steps_once(
    imported: Importer, sound_rows: Rows, write_csv: Writer, rows_of: Reader, engine: Engine
) -> None:
    rows = sound_rows(3)
    imported(write_csv(rows, "first.csv"))
    steps = "select case_no, step_no, step, occurred_at from steps order by 1, 2"
    before = rows_of(steps)
    with engine.begin() as connection:
        gone = {"n": rows[1]["CASE_ENQUIRY_ID"]}
        connection.execute(text("delete from incidents where case_no = :n"), gone)
    outcome = imported(write_csv(sound_rows(4), "second.csv"))
    assert (outcome.inserted, outcome.updated, outcome.unchanged) == (2, 0, 2)
    assert [
        row for row in rows_of(steps) if row.case_no != sound_rows(4)[3]["CASE_ENQUIRY_ID"]
    ] == (before)


@pytest.mark.parametrize("refresh", [None, rollups.rebuild], ids=["by triggers", "rebuilt"])
def test_cases_that_all_come_again_have_what_their_steps_tell(
    imported: Importer,
    sound_rows: Rows,
    write_csv: Writer,
    rows_of: Reader,
    engine: Engine,
    refresh: Callable[..., None] | None,
) -> None:
    imported(write_csv(sound_rows(3), "first.csv"), refresh_rollups=refresh)
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into steps (subject, home_county_id, source_id, case_no, registered_month,"
                " step_no, step, occurred_at) select 'incident', home_county_id, source_id,"
                " case_no, registered_month, 3, 'returned', registered_at from incidents"
            )
        )
    before = contents(rows_of)
    with engine.begin() as connection:
        connection.execute(text("delete from incidents"))
    imported(write_csv(sound_rows(4), "second.csv"), refresh_rollups=refresh)
    after = contents(rows_of)
    for table, added in (("incidents", 1), ("steps", 2)):
        assert set(before[table]) < set(after[table])
        assert len(after[table]) == len(before[table]) + added
    assert rows_of("select sum(return_count), count(returned_at) from incidents") == [(3, 3)]
    with engine.connect() as connection:
        assert rollups.differences(connection) == 0


@pytest.mark.parametrize("refresh", [None, rollups.rebuild], ids=["by triggers", "rebuilt"])
def test_rollups_are_exact_after_a_first_import_and_a_correction(
    imported: Importer,
    sound_rows: Rows,
    write_csv: Writer,
    engine: Engine,
    refresh: Callable[..., None] | None,
) -> None:
    rows = sound_rows(20)
    for name, content in (("first.csv", rows), ("second.csv", changed_rows(rows))):
        imported(write_csv(content, name), refresh_rollups=refresh)
        with engine.connect() as connection:
            assert rollups.differences(connection) == 0


def test_roll_ups_are_counted_anew_only_where_most_cases_are_new(
    imported: Importer, sound_rows: Rows, write_csv: Writer, engine: Engine
) -> None:
    """A day's file of new cases must not have the cases of years counted."""
    counted = []

    def rebuild(connection: Connection) -> None:
        counted.append(connection.scalar(text("select count(*) from incidents")))
        rollups.rebuild(connection)

    rows = sound_rows(50)
    for name, part in (("years.csv", rows[:30]), ("day.csv", rows[30:32]), ("more.csv", rows[32:])):
        imported(write_csv(part, name), refresh_rollups=rebuild)
        with engine.connect() as connection:
            assert rollups.differences(connection) == 0
    assert counted == [30]


def test_both_ways_of_publishing_write_the_same_and_tell_the_feed(
    imported: Importer, excerpt: Path, engine: Engine, rows_of: Reader
) -> None:
    imported(excerpt, refresh_rollups=rollups.rebuild)
    rebuilt = contents(rows_of)
    assert rows_of("select count(distinct county_id) from outbox where subject = 'incidents'") == [
        (23,)
    ]
    with engine.begin() as connection:
        connection.execute(
            text(
                "truncate incidents, steps, case_doubts, import_findings, import_batches, regions,"
                " organisations, codes, code_lists, sources, work_calendar cascade"
            )
        )
    imported(excerpt)
    assert contents(rows_of) == rebuilt


@pytest.fixture
def imported_at_once(
    imported: Importer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., list[ImportOutcome]]]:
    """``imported_at_once(file, first, second)`` by two mappings: the second import begins when all
    rows of the first are written, which commits when the second has ended or waits.
    """
    waiting = (
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        " and datname = current_database()"
    )
    renew_doubts = publishing._renew_doubts
    with ThreadPoolExecutor(1) as others:

        def run(file: Path, first: Path, second: Path) -> list[ImportOutcome]:
            begun: list[Future[ImportOutcome]] = []

            def linger(connection: Connection, batch: Batch) -> None:
                renew_doubts(connection, batch)
                if begun:
                    return
                begun.append(others.submit(imported, file, mapping=second))
                with engine.connect() as watching:
                    while not (begun[0].done() or watching.scalar(text(waiting))):
                        watching.rollback()
                        time.sleep(0.02)

            monkeypatch.setattr(publishing, "_renew_doubts", linger)
            return [imported(file, mapping=first), begun[0].result()]

        yield run


@pytest.fixture
def other_mapping(boston_mapping: Path, tmp_path: Path) -> Callable[[str], Path]:
    """``other_mapping("b")``: of a source b, with organisations of its own."""

    def write(key: str) -> Path:
        path = tmp_path / f"{key}.toml"
        content = boston_mapping.read_text("utf-8").replace("boston-311-2015", key)
        path.write_text(content.replace('"boston-"', f'"{key}-"'), "utf-8")
        return path

    return write


@pytest.mark.parametrize("is_new", [True, False], ids=["empty database", "with regions"])
def test_two_first_imports_at_once_number_their_organisations_one_after_the_other(
    is_new: bool,
    imported: Importer,
    imported_at_once: Callable[..., list[ImportOutcome]],
    other_mapping: Callable[[str], Path],
    sound_rows: Rows,
    write_csv: Writer,
    rows_of: Reader,
) -> None:
    file = write_csv(sound_rows(3))
    if not is_new:
        imported(file)
    done = imported_at_once(file, other_mapping("a"), other_mapping("b"))
    assert [outcome.inserted for outcome in done] == [3, 3]
    held = rows_of(
        "select s.key, o.code from incidents i join organisations o on o.id = holder_id"
        " join sources s on s.id = i.source_id where s.key in ('a', 'b') group by 1, 2 order by 1"
    )
    assert held == [("a", "a-PWDx"), ("b", "b-PWDx")]


class Stopped(Exception):
    """Stands for whatever ends a run."""


def stop_at(line: int) -> Callable[[str, int, int], None]:
    def look(stage: str, done: int, total: int) -> None:
        if stage == "读入" and done >= line:
            raise Stopped

    return look


def test_a_stopped_import_goes_on_after_the_last_staged_line(
    imported: Importer, excerpt: Path, rows_of: Reader
) -> None:
    with pytest.raises(Stopped):
        imported(excerpt, rows_a_chunk=10, progress=stop_at(31))
    assert rows_of("select count(*) from incidents") == [(0,)]
    outcome = imported(excerpt, rows_a_chunk=10)
    assert outcome.resumed_after_line == 31
    assert (outcome.rows_read, outcome.inserted) == (EXCERPT_ROWS, EXCERPT_ROWS)


def test_staged_rows_lost_in_a_crash_of_the_server_are_read_again(
    imported: Importer, excerpt: Path, rows_of: Reader, engine: Engine
) -> None:
    with pytest.raises(Stopped):
        imported(excerpt, rows_a_chunk=10, progress=stop_at(31))
    ((table,),) = rows_of(
        "select table_name from information_schema.tables where table_schema = 'import_staging'"
        " and table_name like 'batch%'"
    )
    with engine.begin() as connection:
        connection.execute(text(f"truncate import_staging.{table}"))
    outcome = imported(excerpt, rows_a_chunk=10)
    assert outcome.resumed_after_line == 0
    assert (outcome.rows_read, outcome.inserted) == (EXCERPT_ROWS, EXCERPT_ROWS)
    assert found(outcome)["closed_before_registered"] == 2


def test_an_unfinished_file_gives_way_to_another_of_its_source(
    imported: Importer, excerpt: Path, sound_rows: Rows, write_csv: Writer, rows_of: Reader
) -> None:
    with pytest.raises(Stopped):
        imported(excerpt, rows_a_chunk=10, progress=stop_at(31))
    imported(write_csv(sound_rows(5)))
    assert rows_of("select count(*) from incidents") == [(5,)]
    assert rows_of("select state from import_batches order by id") == [
        ("abandoned",),
        ("published",),
    ]
    assert rows_of(
        "select count(*) from information_schema.tables"
        " where table_schema = 'import_staging' and table_name like 'batch%'"
    ) == [(0,)]


def test_a_second_import_of_a_source_waits_and_is_then_refused(
    imported: Importer,
    sound_rows: Rows,
    write_csv: Writer,
    rows_of: Reader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "LOCK_PATIENCE_SECONDS", 0.3)
    path, other = write_csv(sound_rows(5)), write_csv(sound_rows(6), "other.csv")
    refusals: list[str] = []

    def import_meanwhile(stage: str, done: int, total: int) -> None:
        if stage == "读入" and done == 0:
            with pytest.raises(ImportRefused, match="正在导入另一个文件") as refused:
                imported(other)
            refusals.append(str(refused.value))

    imported(path, progress=import_meanwhile)
    assert len(refusals) == 1
    assert rows_of("select count(*) from incidents") == [(5,)]


def test_demo_data_and_real_cases_never_mix(
    imported: Importer, excerpt: Path, engine: Engine, rows_of: Reader
) -> None:
    with engine.begin() as connection:
        facts.write(connection, "is_demo", True)
    with pytest.raises(ImportRefused, match="演示数据"):
        imported(excerpt)
    assert rows_of("select count(*) from import_batches") == [(0,)]


def test_a_database_has_one_zone(
    imported: Importer,
    sound_rows: Rows,
    write_csv: Writer,
    boston_mapping: Path,
    tmp_path: Path,
) -> None:
    imported(write_csv(sound_rows(2)))
    other = tmp_path / "other.toml"
    content = boston_mapping.read_text("utf-8")
    other.write_text(content.replace("America/New_York", "America/Chicago"), "utf-8")
    with pytest.raises(ImportRefused, match=r"时区是 America/New_York，.*America/Chicago"):
        imported(write_csv(sound_rows(3), "more.csv"), mapping=other)


def test_without_regions_anywhere_the_import_is_refused(
    imported: Importer, excerpt: Path, boston_mapping: Path, tmp_path: Path, rows_of: Reader
) -> None:
    content = boston_mapping.read_text("utf-8")
    start, end = content.index("[regions]"), content.index("[channel]")
    path = tmp_path / "bare.toml"
    path.write_text(content[:start] + content[end:], "utf-8")
    with pytest.raises(ImportRefused, match="没有区划"):
        imported(excerpt, mapping=path)
    assert rows_of("select count(*) from regions") == [(0,)]


def test_a_file_that_lacks_a_column_leaves_nothing_behind(
    imported: Importer, tmp_path: Path, rows_of: Reader
) -> None:
    path = tmp_path / "other.csv"
    path.write_text("no,text\n1,a\n", "utf-8")
    with pytest.raises(MappingError, match="CASE_ENQUIRY_ID"):
        imported(path)
    assert rows_of("select count(*) from incidents") == [(0,)]


def test_a_database_without_tables_says_what_to_run(
    empty_database_url: URL, excerpt: Path, boston_mapping: Path, tmp_path: Path
) -> None:
    engine = create_engine(empty_database_url)
    with pytest.raises(ImportRefused, match="cockpit db migrate"):
        import_incidents(engine, excerpt, boston_mapping, report_folder=tmp_path)
    engine.dispose()


def test_a_database_that_goes_away_is_said_and_the_next_run_goes_on(
    imported: Importer, excerpt: Path, engine: Engine, rows_of: Reader
) -> None:
    def cut(stage: str, done: int, total: int) -> None:
        if done == 31:
            rows_of(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )

    with pytest.raises(DatabaseUnavailable, match="从中断处继续"):
        imported(excerpt, rows_a_chunk=10, progress=cut)
    engine.dispose()
    assert rows_of("select count(*) from incidents") == [(0,)]
    assert imported(excerpt, rows_a_chunk=10).resumed_after_line == 31


def test_regions_that_exist_are_used_by_code_and_validity(
    imported: Importer, sound_rows: Rows, write_csv: Writer, engine: Engine, rows_of: Reader
) -> None:
    """Ward 5 was drawn anew on 2015-06-15: each case counts in the ward of its day."""
    regions: Iterable[tuple[int, str, str, str, str | None]] = (
        (1, "BOS", "city", "2000-01-01", None),
        (2, "BOS-00", "county", "2000-01-01", None),
        (5, "BOS-05", "county", "2000-01-01", "2015-06-15"),
        (6, "BOS-05", "county", "2015-06-15", None),
    )
    with engine.begin() as connection:
        for region_id, code, level, valid_from, valid_to in regions:
            connection.execute(
                text(
                    "insert into regions (id, code, name, short_name, pinyin, level, parent_id,"
                    " city_id, county_id, valid_from, valid_to) values (:id, :code, :code, :code,"
                    " :code, :level, nullif(1, :id), 1, case when :level = 'county' then :id end,"
                    " :valid_from, :valid_to)"
                ),
                {
                    "id": region_id,
                    "code": code,
                    "level": level,
                    "valid_from": date.fromisoformat(valid_from),
                    "valid_to": date.fromisoformat(valid_to) if valid_to else None,
                },
            )
    rows = sound_rows(4)
    rows[1].update(OPEN_DT="06/15/2015 12:10:00 AM", TARGET_DT="", CLOSED_DT="")
    rows[2].update(OPEN_DT="01/01/1999 09:00:00 AM")
    rows[3].update(ward="Ward 6")
    outcome = imported(write_csv(rows))
    assert found(outcome) == {"implausible_time": 1, "unknown_region": 1}
    assert rows_of("select county_id from incidents order by case_no") == [(5,), (6,), (2,)]
