"""The quality report against rows whose faults are known, for the whole and for a part."""

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import insert, text

from dashboard.quality import Completeness, QualityReport
from dashboard.scope import Scope
from data_access import schema
from data_access.database import Database
from data_access.quality_readings import read
from tests.case_builder import CITIES, COUNTIES, NOW, random_disputes
from tests.data_access import quality_samples as samples
from tests.data_access.quality_samples import whole_incident

FIRST, SECOND = COUNTIES[0], COUNTIES[1]


def report(database: Database, code: str | None = None, **more) -> QualityReport:
    return read(database, code, **({"days": 7, "now": NOW} | more))


def completeness(found: QualityReport, source: str, subject: str = "incidents") -> Completeness:
    return next(
        item for item in found.completeness if (item.source_key, item.subject) == (source, subject)
    )


def missing(item: Completeness) -> dict[str, int]:
    return {count.check: count.missing for count in item.checks if count.missing}


@pytest.fixture
def known(database: Database) -> Database:
    with database.write() as connection:
        samples.found(connection)
    return database


def test_each_source_has_its_own_state(known: Database) -> None:
    states = {source.key: source.health for source in report(known).sources}
    assert states == {
        "grid": "live",
        "hotline": "late",
        "mediation": "stale",
        "old_file": "by_hand",
        "monthly": "never",
        "never": "never",
    }


def test_each_kind_that_came_as_files_has_its_own_contact(known: Database) -> None:
    with known.write() as connection:
        for kind, days in (("incidents", 40), ("steps", 3)):
            batch = samples.add_file(connection, [(1, "x", "列", 1, "原因")], kind)
            connection.execute(
                text("update import_batches set published_at = :at where id = :batch"),
                {"at": NOW - timedelta(days=days), "batch": batch},
            )
    source = next(source for source in report(known).sources if source.key == "old_file")
    assert [(kind.kind, kind.health, kind.age_seconds) for kind in source.kinds] == [
        ("incidents", "by_hand", 40 * 86_400.0),
        ("steps", "by_hand", 3 * 86_400.0),
    ]
    live = next(source for source in report(known).sources if source.key == "grid")
    assert [(kind.kind, kind.health) for kind in live.kinds] == [("incidents", "live")]


def test_monthly_figures_of_a_program_without_heartbeat_make_a_source_known(
    known: Database,
) -> None:
    with known.write() as connection:
        samples.report_value(connection, "video_intact", FIRST)
    states = {source.key: source for source in report(known).sources}
    assert states["monthly"].health == "by_hand"
    assert states["monthly"].last_row_at is not None


def test_every_gap_is_counted_by_its_own_check(known: Database) -> None:
    gaps = {
        "no_limit": {"due_at": None},
        "no_point": {"location_quality": "outside"},
        "no_grid": {"grid_id": None},
        "no_class": {"class_code": "X99"},
        "no_town": {"town_id": None},
        "no_holder": {"holder_id": None},
        "no_level": {"closed_at": NOW - timedelta(minutes=5), "resolved_level": None},
        "doubtful_times": {"has_doubtful_times": True},
        "unknown_region": {"region_id": 999},
    }
    with known.write() as connection:
        samples.add(connection, whole_incident(0))
        for number, gap in enumerate(gaps.values(), 1):
            samples.add(connection, whole_incident(number, **gap))
    item = completeness(report(known), "grid")
    assert item.rows == 10
    assert missing(item) == dict.fromkeys(gaps, 1)
    assert [(rows, gap) for _, rows, gap in item.days] == [(10, 9)]
    assert next(c for c in item.checks if c.check == "no_level").base == 1


def test_a_class_no_list_holds_is_as_good_as_none(known: Database) -> None:
    with known.write() as connection:
        samples.add(connection, whole_incident(1, class_code=None), whole_incident(2))
    assert missing(completeness(report(known), "grid")) == {"no_class": 1}


def test_a_region_abolished_before_the_case_is_unknown_and_one_abolished_later_is_not(
    known: Database,
) -> None:
    registered = NOW - timedelta(days=2)
    with known.write() as connection:
        grid = {"county_id": FIRST, "registered_at": registered}
        samples.add(connection, whole_incident(1, **grid), whole_incident(2, **grid))
        for number, ended in ((1, -3), (2, 1)):
            region = 5000 + number
            connection.execute(
                text(
                    "insert into regions (id, code, name, short_name, pinyin, level, parent_id,"
                    " county_id, valid_from, valid_to) values (:id, cast(:id as text), '旧', '旧',"
                    " 'jiu', 'grid', :county, :county, date '2000-01-01', :ended)"
                ),
                {"id": region, "county": FIRST, "ended": NOW.date() + timedelta(days=ended)},
            )
            connection.execute(
                text("update incidents set region_id = :region where case_no = :case"),
                {"region": region, "case": f"T{number:07d}"},
            )
    assert missing(completeness(report(known), "grid")) == {"unknown_region": 1}


def test_disputes_are_judged_by_their_own_checks(known: Database) -> None:
    with known.write() as connection:
        rows = random_disputes(np.random.default_rng(5), 80)
        connection.execute(insert(schema.disputes), rows)
        connection.execute(text("update disputes set method = null where case_no < 'D0000040'"))
    item = completeness(report(known, days=30), "grid", "disputes")
    with known.read() as connection:
        ended, unknown = connection.execute(
            text(
                "select count(*), count(*) filter (where method is null) from disputes"
                " where mediation_ended_at is not null and registered_at >= :start"
                " and registered_at < :now"
            ),
            {"start": item.start, "now": NOW},
        ).one()
    count = next(count for count in item.checks if count.check == "no_method")
    assert (count.base, count.missing) == (ended, unknown)
    assert unknown > 0


def test_a_source_that_delivered_nothing_lately_is_listed_with_no_rows(known: Database) -> None:
    found = report(known)
    quiet = completeness(found, "mediation", "disputes")
    assert (quiet.rows, quiet.days) == (0, ())
    assert {item.source_key for item in found.completeness} == {
        *("grid", "hotline", "old_file", "never", "mediation"),
    }


def test_a_file_is_looked_at_over_its_own_last_days(known: Database) -> None:
    old = NOW - timedelta(days=80)
    with known.write() as connection:
        connection.execute(
            text("update sources set last_row_at = :old where key = 'old_file'"), {"old": NOW}
        )
        samples.add(
            connection,
            whole_incident(1, source_id=samples.OLD_FILE, registered_at=old, due_at=None),
            whole_incident(
                2, source_id=samples.OLD_FILE, registered_at=old - timedelta(days=30), due_at=None
            ),
        )
    item = completeness(report(known), "old_file")
    assert (item.rows, missing(item)) == (1, {"no_limit": 1})
    assert item.end - timedelta(microseconds=1) == old


def test_a_source_that_brought_files_of_both_kinds_is_looked_at_for_both(known: Database) -> None:
    with known.write() as connection:
        rows = random_disputes(np.random.default_rng(7), 20)
        connection.execute(
            insert(schema.disputes), [row | {"source_id": samples.OLD_FILE} for row in rows]
        )
        samples.add_file(connection, [(1, "personal_data", "联系", 1, "含有手机号")], "disputes")
    found = report(known)
    assert completeness(found, "old_file", "disputes").rows > 0
    assert completeness(found, "old_file", "incidents").rows == 0


def test_rows_of_a_source_that_no_table_knows_are_shown(known: Database) -> None:
    with known.write() as connection:
        samples.add(connection, whole_incident(1, source_id=77))
    assert completeness(report(known), "77").source_name == "未登记的来源77"


def test_a_region_counts_its_own_cases_only(known: Database) -> None:
    with known.write() as connection:
        samples.add(
            connection,
            whole_incident(1, county_id=FIRST, due_at=None),
            whole_incident(2, county_id=COUNTIES[2]),
        )
    assert completeness(report(known, str(FIRST)), "grid").rows == 1
    assert completeness(report(known, str(next(iter(CITIES)))), "grid").rows == 1
    assert completeness(report(known), "grid").rows == 2


def test_a_scope_bounds_every_count_and_hides_files(known: Database) -> None:
    with known.write() as connection:
        samples.add(connection, whole_incident(1), whole_incident(2, county_id=SECOND))
        samples.add(connection, whole_incident(3, county_id=4711, region_id=4711))
        samples.add_file(connection, [(3, "unknown_region", "区", 1, "区域不在区划表中")])
        samples.add_failing_kind(connection)
    mine = report(known, scope=Scope(counties=frozenset({SECOND})))
    assert completeness(mine, "grid").rows == 1
    assert (mine.files, mine.findings, mine.stray_counties) == ((), (), ())
    assert (mine.polls, mine.imported.rejected) == ((), 0)
    assert {kind.last_error for source in mine.sources for kind in source.kinds} == {None}
    assert {form.units for form in mine.forms} == {1}
    assert not mine.is_whole
    whole = report(known)
    assert any(kind.last_error for source in whole.sources for kind in source.kinds)
    assert (len(whole.files), len(whole.findings), len(whole.stray_counties)) == (1, 1, 1)


def test_cases_under_unknown_and_abolished_counties_are_named(known: Database) -> None:
    with known.write() as connection:
        connection.execute(
            text(
                "insert into regions (id, code, name, short_name, pinyin, level, parent_id,"
                " county_id, valid_from, valid_to) values (330199, '330199', '旧县', '旧', 'jiu',"
                " 'county', 330100, 330199, date '2000-01-01', date '2026-01-01')"
            )
        )
        connection.execute(
            text("insert into region_lineage values (330199, :heir, date '2026-01-01', 'merged')"),
            {"heir": FIRST},
        )
        samples.add(
            connection,
            whole_incident(1, county_id=330199),
            whole_incident(2, county_id=330199),
            whole_incident(3, county_id=4711),
            whole_incident(4),
        )
    found = {item.county_id: item for item in report(known).stray_counties}
    assert {key: item.cases for key, item in found.items()} == {330199: 2, 4711: 1}
    assert (found[330199].name, found[330199].counted_in) == ("旧县", f"县{FIRST}")
    assert found[4711].is_unknown
    assert found[4711].counted_in is None


def test_refused_and_doubtful_lines_are_counted_by_reason(known: Database) -> None:
    with known.write() as connection:
        samples.add_file(connection, [(1, "unknown_region", "区", 1, "区域不在区划表中")])
        samples.add_file(
            connection,
            [
                (3, "unknown_region", "区", 1, "区域不在区划表中"),
                (4, "unknown_region", "区", 1, "区域为空"),
                (5, "time_out_of_order", "办结", 0, "时间早于登记时间"),
            ],
        )
        samples.add_file(
            connection,
            [(1, "unknown_region", "区", 1, "区域不在区划表中")],
            started_at=NOW - timedelta(days=8),
        )
    found = report(known)
    assert [(file.rows_rejected, file.rows_doubtful) for file in found.files] == [
        *((1, 0), (2, 1), (1, 0)),
    ]
    assert [(item.check, item.is_poll, item.rows) for item in found.findings] == [
        ("unknown_region", False, 3),
        ("time_out_of_order", False, 1),
    ]
    assert [(item.reason, item.reason_rows) for item in found.findings] == [
        ("区域不在区划表中", 2),
        ("时间早于登记时间", 1),
    ]
    assert (found.imported.files, found.imported.batches, found.imported.rejected) == (3, 2, 3)


def test_what_a_poll_refused_is_there_after_many_further_polls(known: Database) -> None:
    poll = {"is_poll": True, "source_id": samples.HOTLINE, "kind": "steps"}
    with known.write() as connection:
        samples.add_file(connection, [(3, "unknown_region", "区", 1, "区域不在区划表中")])
        for days, lines in ((9, 5), (3, 2), (0, 1)):
            samples.add_file(
                connection,
                [(line, "unknown_case", "编号", 1, "案件不在库中") for line in range(1, lines + 1)],
                **poll,
                started_at=NOW - timedelta(days=days),
            )
        for minutes in range(1, 16):
            samples.add_file(connection, [], **poll, started_at=NOW - timedelta(minutes=minutes))
    found = report(known)
    assert [file.file_name for file in found.files] == ["一月.csv"], "files are not pushed off"
    [polled] = found.polls
    assert (polled.source_key, polled.kind, polled.polls) == ("hotline", "steps", 17)
    assert (polled.rows_rejected, polled.rows_doubtful) == (3, 0)
    assert [(day.day, troubled) for day, _, troubled in polled.days] == [(17, 2), (20, 1)]
    of_polls = next(item for item in found.findings if item.is_poll)
    assert (of_polls.rows, of_polls.reason) == (3, "案件不在库中")
    assert [(day.day, rows) for day, rows in of_polls.days] == [(17, 2), (20, 1)]
    month = report(known, days=30)
    assert next(item for item in month.findings if item.is_poll).rows == 8


def test_lines_without_a_number_bound_to_them_are_unexamined(known: Database) -> None:
    with known.write() as connection:
        for number, approval, bound in ((1, None, None), (2, "GS(2026)1号", "x"), (3, "A", "c3")):
            connection.execute(
                insert(schema.geometry_sets).values(
                    id=number,
                    name=f"界线{number}",
                    origin="test",
                    datum="WGS-84",
                    checksum=f"c{number}",
                    approval_number=approval,
                    approved_checksum=bound,
                )
            )
        connection.execute(
            insert(schema.region_geometries).values(
                set_id=1, region_id=FIRST, level="county", county_id=FIRST, outline=b""
            )
        )
    found = report(known).outlines
    assert [item.is_examined for item in found] == [False, False, True]
    assert found[0].shapes == (("county", 1),)


def test_units_are_asked_for_the_month_before_and_the_running_one(known: Database) -> None:
    with known.write() as connection:
        for county in COUNTIES[:3]:
            samples.report_value(connection, "psychology_coverage", county)
        for county in COUNTIES[:2]:
            samples.report_value(connection, "psychology_followed", county)
        samples.report_value(
            connection, "psychology_followed", COUNTIES[2], numerator=None, denominator=None
        )
        # A quarter's figure is no month's.
        samples.report_value(
            connection, "psychology_followed", COUNTIES[3], period_end="2027-01-01"
        )
    forms = {(form.form, form.month): form for form in report(known).forms}
    october = forms["心理服务", date(2026, 10, 1)]
    assert (october.complete, october.units) == (2, 4)
    assert october.partial == (f"县{COUNTIES[2]}",)
    assert october.missing == (f"县{COUNTIES[3]}",)
    assert (october.is_due, october.due_on) == (True, date(2026, 11, 6))
    november = forms["心理服务", date(2026, 11, 1)]
    assert (november.complete, november.is_due) == (0, False)


def test_a_value_recorded_after_the_as_of_is_not_reported_yet(known: Database) -> None:
    with known.write() as connection:
        samples.report_value(connection, "petition_backlog", FIRST, recorded_at=NOW)
    form = next(form for form in report(known).forms if form.form == "信访积案")
    assert form.complete == 0
