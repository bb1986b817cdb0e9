"""Why an indicator can't be computed: no source, no field, no population; or nothing happened."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from data_access.database import Database
from data_access.quality_readings import read
from tests.case_builder import COUNTIES, NOW, add_everything
from tests.data_access import quality_samples as samples
from tests.data_access.quality_samples import whole_incident


def states(database: Database) -> dict[str, tuple[str, str]]:
    return {
        item.key: (item.state, item.reason)
        for item in read(database, None, days=7, now=NOW).indicators
    }


@pytest.fixture
def empty(database: Database) -> Database:
    with database.write() as connection:
        samples.found(connection)
    return database


def test_without_any_case_no_source_delivered_them(empty: Database) -> None:
    found = states(empty)
    assert found["incidents_registered"][0] == "no_source"
    assert "事件" in found["on_time_rate"][1]
    assert found["receptions"] == ("no_source", "没有来源送达过接待")


def test_cases_without_limits_lack_a_field_for_the_rate_on_time(empty: Database) -> None:
    with empty.write() as connection:
        samples.add(connection, whole_incident(1, due_at=None))
    found = states(empty)
    state, reason = found["on_time_rate"]
    assert state == "no_field"
    assert "事件1条" in reason
    assert found["incidents_registered"] == ("known", "")
    assert found["incidents_overdue"] == ("known", "")


def test_a_month_without_cases_is_quiet_and_lacks_nothing(empty: Database) -> None:
    with empty.write() as connection:
        samples.add(connection, whole_incident(1, registered_at=NOW - timedelta(days=50)))
    assert states(empty)["closing_rate"] == ("quiet", "近30日没有事件")


def test_the_median_is_known_as_the_mean_is(empty: Database) -> None:
    with empty.write() as connection:
        samples.add(connection, whole_incident(1))
    found = states(empty)
    assert found["median_handling_hours"][0] == found["mean_handling_hours"][0] == "no_field"


def test_counties_without_residents_are_named(empty: Database) -> None:
    with empty.write() as connection:
        samples.add(connection, whole_incident(1))
        connection.execute(
            text("delete from population where region_id = :county"), {"county": COUNTIES[1]}
        )
    assert states(empty)["incidents_per_10k"] == (
        "no_population",
        f"1个县(市、区)没有常住人口数：县{COUNTIES[1]}",
    )


def test_a_figure_never_reported_is_told_from_one_of_an_empty_base(empty: Database) -> None:
    with empty.write() as connection:
        samples.report_value(connection, "centres_built", 330000)
        samples.report_value(connection, "petition_backlog", 330000, numerator=0, denominator=0)
        samples.report_value(connection, "video_online", COUNTIES[0])
    found = states(empty)
    assert found["centres_built"][0] == "known"
    assert found["petition_backlog"][0] == "quiet"
    assert found["video_intact"] == ("not_reported", "从未报送")
    assert found["video_online"] == (
        "not_reported",
        "本级从未报送（1个县(市、区)报过，本级的数不由它们相加）",
    )


def test_with_rows_of_every_subject_nothing_of_cases_is_missing(database: Database) -> None:
    with database.write() as connection:
        add_everything(connection, seed=4)
    found = states(database)
    computed = {key for key, (state, _) in found.items() if state == "known"}
    assert {
        "on_time_rate",
        "mediation_success_rate",
        "patrol_rate",
        "satisfaction_rate",
    } <= computed
    assert {state for key, (state, _) in found.items() if key not in computed} == {"not_reported"}
