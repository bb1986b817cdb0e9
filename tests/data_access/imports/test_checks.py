"""Each named check meets the rows it is for, says what follows, and leaves the others alone."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from data_access.imports.case_mapping import Choice, IncidentMapping
from data_access.imports.checks import Finding, Judgement, judge, row_checks
from data_access.imports.interpreting import Coded, Interpretation, Interpreter
from data_access.imports.mapping_file import load_mapping
from data_access.imports.sources.opening import open_source
from data_access.imports.sources.rows import ROUNDED, UNCALCULATED

# Invented; the check character fits (see test_personal_data).
IDENTITY = "11010519491231002X"

Judge = Callable[..., tuple[Interpretation, Judgement]]


@pytest.fixture
def mapping(boston_mapping: Path) -> IncidentMapping:
    return load_mapping(boston_mapping).incidents


@pytest.fixture
def judged(
    mapping: IncidentMapping,
    sound_row: Callable[..., dict[str, str]],
    write_csv: Callable[..., Path],
) -> Judge:
    """``judged(ward="x")`` judges one row with changed values, by the mapping changed so."""

    def run(
        *,
        changed: IncidentMapping = mapping,
        now: datetime = datetime(2026, 11, 1, tzinfo=UTC),
        **values: str,
    ) -> tuple[Interpretation, Judgement]:
        assert changed.regions is not None
        path = write_csv([sound_row(**values)])
        stored = open_source(path, changed.file)
        (raw,) = stored.chunks(changed.file_columns(), after_line=0, size=10)
        known = frozenset(child.code for child in changed.regions.children)
        chunk = Interpreter(changed, known).interpret(raw)
        has_unassigned = changed.region.unassigned is not None
        checks = row_checks(changed.times, has_unassigned=has_unassigned, now=now)
        return chunk, judge(chunk, checks)

    return run


def codes(coded: Coded) -> list[str | None]:
    """The code of each row."""
    return [coded.codes[place] for place in coded.index]


def only(judgement: Judgement) -> Finding:
    (finding,) = judgement.findings
    return finding


def test_a_sound_row_is_accepted_without_a_finding(judged: Judge) -> None:
    _, judgement = judged()
    assert judgement.findings == []
    assert not judgement.is_rejected.any()
    assert not judgement.has_doubtful_times.any()


@pytest.mark.parametrize(
    ("column", "value", "check", "shown"),
    [
        ("CASE_ENQUIRY_ID", "", "unusable_case_no", ""),
        ("CASE_ENQUIRY_ID", "9" * 101, "unusable_case_no", "9" * 101),
        ("CASE_ENQUIRY_ID", "90\n1", "unusable_case_no", "90\n1"),
        ("CASE_ENQUIRY_ID", "90\t1", "unusable_case_no", "90\t1"),
        ("CASE_ENQUIRY_ID", "901\u200b", "unusable_case_no", "901\u200b"),
        ("OPEN_DT", "", "missing_registered_at", ""),
        ("OPEN_DT", "06/01/2015 9:00:60 AM", "unreadable_time", "06/01/2015 9:00:60 AM"),
        ("OPEN_DT", "06/01/2015 09:00:60 AM", "unreadable_time", "06/01/2015 09:00:60 AM"),
        ("OPEN_DT", "2015-06-01 09:00", "unreadable_time", "2015-06-01 09:00"),
        ("CLOSED_DT", "06/31/2015 09:00:00 AM", "unreadable_time", "06/31/2015 09:00:00 AM"),
        ("TARGET_DT", "06/05/2035 08:30:00 AM", "implausible_time", "06/05/2035 08:30:00 AM"),
        ("OPEN_DT", "06/01/1915 09:00:00 AM", "implausible_time", "06/01/1915 09:00:00 AM"),
        ("Source", "Twit\ufffder", "unreadable_text", "Twit\ufffder"),
        ("Source", "Twit\x00er", "unreadable_text", "Twit\ufffder"),
        (
            *("Source", f"4444{ROUNDED}", "rounded_number"),
            "〔数字，末几位已失，不显示，4 个字符〕",
        ),
        ("Source", UNCALCULATED, "uncalculated", ""),
    ],
)
def test_a_rejecting_check_names_column_and_value(
    judged: Judge, column: str, value: str, check: str, shown: str
) -> None:
    _, judgement = judged(**{column: value})
    found = next(finding for finding in judgement.findings if finding.check == check)
    assert (found.line, found.column, found.rejects, found.value) == (2, column, True, shown)
    assert judgement.is_rejected.all()


@pytest.mark.parametrize(
    ("column", "value", "check", "spoils_times"),
    [
        ("ward", "", "missing_region", False),
        ("ward", "Ward 23", "unknown_region", False),
        ("ward", "Ward five", "unknown_region", False),
        ("CLOSED_DT", "06/01/2015 08:59:59 AM", "closed_before_registered", True),
        ("TARGET_DT", "06/01/2015 08:59:59 AM", "time_out_of_order", True),
        ("OPEN_DT", "03/08/2015 02:30:00 AM", "absent_time", True),
        ("CLOSED_DT", "11/01/2015 01:30:00 AM", "ambiguous_time", False),
        ("Source", "Carrier pigeon", "unknown_code", False),
        ("Department", "No Q", "unknown_code", False),
        ("LATITUDE", "north", "unreadable_coordinate", False),
        ("LATITUDE", "", "unreadable_coordinate", False),
        ("LATITUDE", "inf", "unreadable_coordinate", False),
        ("LATITUDE", "142.35", "unreadable_coordinate", False),
        ("LONGITUDE", "71.0711", "coordinate_outside", False),
    ],
)
def test_a_doubting_check_accepts_the_row(
    judged: Judge, column: str, value: str, check: str, spoils_times: bool
) -> None:
    _, judgement = judged(**{column: value})
    found = only(judgement)
    assert (found.check, found.rejects) == (check, False)
    assert not judgement.is_rejected.any()
    assert judgement.has_doubtful_times.all() == spoils_times


def test_an_unlisted_type_falls_to_its_reason_and_then_to_the_default(judged: Judge) -> None:
    chunk, judgement = judged(TYPE="Lamp post talks")
    assert codes(chunk.classes) == ["street-lights"]
    assert judgement.findings == []
    chunk, judgement = judged(TYPE="Lamp post talks", REASON="Street Magic")
    assert codes(chunk.classes) == ["other"]
    assert only(judgement).check == "unknown_code"


@pytest.mark.parametrize(
    ("column", "check"),
    [("OPEN_DT", "implausible_time"), ("CLOSED_DT", "implausible_time"), ("TARGET_DT", None)],
)
def test_what_has_happened_lies_at_most_a_day_ahead(
    judged: Judge, column: str, check: str | None
) -> None:
    # New York is four hours behind: 16:00 there is 20:00 in UTC.
    rows = {"OPEN_DT": "06/02/2015 09:00:00 AM", "CLOSED_DT": "", "TARGET_DT": ""}
    rows[column] = "06/02/2015 04:00:00 PM"
    _, judgement = judged(now=datetime(2015, 6, 1, 20, tzinfo=UTC), **rows)
    assert judgement.findings == []
    _, judgement = judged(now=datetime(2015, 6, 1, 19, 59, tzinfo=UTC), **rows)
    assert [finding.check for finding in judgement.findings] == ([check] if check else [])
    assert judgement.is_rejected.all() == (check is not None)


def test_a_missing_target_or_closing_is_no_doubt(judged: Judge) -> None:
    _, judgement = judged(TARGET_DT="", CLOSED_DT="")
    assert judgement.findings == []


def test_both_coordinates_empty_is_no_doubt(judged: Judge) -> None:
    chunk, judgement = judged(LATITUDE="", LONGITUDE="")
    assert judgement.findings == []
    assert chunk.locations is not None
    assert np.isnan(chunk.locations.lon).all()


@pytest.mark.parametrize("spelling", ["Ward 5", "5", "05", " Ward 05 "])
def test_the_spellings_of_a_ward_are_one_region(judged: Judge, spelling: str) -> None:
    chunk, judgement = judged(ward=spelling)
    assert codes(chunk.region) == ["BOS-05"]
    assert judgement.findings == []


def test_without_a_region_for_unassigned_rows_they_are_rejected(
    judged: Judge, mapping: IncidentMapping
) -> None:
    strict = mapping.model_copy(
        update={"region": mapping.region.model_copy(update={"unassigned": None})}
    )
    for ward in ("", "Ward 23"):
        _, judgement = judged(changed=strict, ward=ward)
        assert only(judgement).rejects
        assert judgement.is_rejected.all()


@pytest.mark.parametrize(
    ("side", "instant", "said"),
    [
        ("earlier", "2015-11-01T05:30:00", "较早的一次"),
        ("later", "2015-11-01T06:30:00", "较晚的一次"),
    ],
)
def test_of_an_hour_that_comes_twice_the_side_taken_is_stated(
    judged: Judge, mapping: IncidentMapping, side: str, instant: str, said: str
) -> None:
    times = mapping.times.model_copy(update={"ambiguous": side})
    changed = mapping.model_copy(update={"times": times})
    chunk, judgement = judged(changed=changed, CLOSED_DT="11/01/2015 01:30:00 AM")
    assert chunk.times["closed_at"].instant[0] == np.datetime64(instant)
    assert said in only(judgement).reason


def test_the_hours_beside_the_one_that_comes_twice_are_plain(judged: Judge) -> None:
    for clock, instant in (("12:59:59", "04:59:59"), ("02:00:00", "07:00:00")):
        chunk, judgement = judged(CLOSED_DT=f"11/01/2015 {clock} AM")
        assert chunk.times["closed_at"].instant[0] == np.datetime64(f"2015-11-01T{instant}")
        assert judgement.findings == []


def test_an_absent_hour_is_read_by_the_offset_before_the_change(judged: Judge) -> None:
    chunk, _ = judged(OPEN_DT="03/08/2015 02:30:00 AM")
    assert chunk.times["registered_at"].instant[0] == np.datetime64("2015-03-08T07:30:00")


@pytest.mark.parametrize("column", ["CASE_ENQUIRY_ID", "OPEN_DT", "ward", "Source", "LATITUDE"])
@pytest.mark.parametrize("number", [IDENTITY, "13800138000"])
def test_a_personal_number_is_refused_and_stands_in_no_finding(
    judged: Judge, column: str, number: str
) -> None:
    _, judgement = judged(**{column: f"call {number}"})
    assert judgement.is_rejected.all()
    assert "personal_data" in [finding.check for finding in judgement.findings]
    assert number not in repr(judgement.findings)


def test_personal_numbers_in_columns_that_are_not_mapped_are_never_read(judged: Judge) -> None:
    chunk, judgement = judged(CASE_TITLE=f"call {IDENTITY}")
    assert judgement.findings == []
    assert "CASE_TITLE" not in chunk.texts


def test_one_check_reports_a_row_once(judged: Judge) -> None:
    _, judgement = judged(Source="Carrier pigeon", Department="Nobody", REASON="?", TYPE="?")
    assert [finding.check for finding in judgement.findings] == ["unknown_code"]


@pytest.mark.parametrize(
    ("value", "default", "chosen", "reason"),
    [
        ("满意", None, True, None),
        ("未回访", True, None, None),
        ("", True, None, None),
        ("一般", None, None, "对照表中没有此值，按空白计"),
        ("一般", False, False, "对照表中没有此值，按默认值计"),
    ],
)
def test_a_choice_may_have_values_that_mean_unknown(
    judged: Judge,
    mapping: IncidentMapping,
    value: str,
    default: bool | None,
    chosen: bool | None,
    reason: str | None,
) -> None:
    choice = Choice(column="Source", values={"满意": True, "未回访": ""}, default=default)
    changed = mapping.model_copy(update={"choices": {"is_satisfied": choice}, "channel": None})
    chunk, judgement = judged(changed=changed, Source=value)
    assert codes(chunk.choices["is_satisfied"]) == [chosen]
    assert [found.reason for found in judgement.findings] == ([reason] if reason else [])
