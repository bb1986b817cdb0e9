"""Numbers, times and words as they are printed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.snapshot import Comparison, RankedUnit
from layouts import wording
from tests.snapshot_samples import reading

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 20, 6, 32, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (19_190, "19,190"),
        (132_418, "132,418"),
        (1_000_000, "1,000,000"),
        (1_234_000, "123.4万"),
        (None, "—"),
    ],
)
def test_counts_have_commas_and_ten_thousands_only_above_a_million(
    value: float | None, text: str
) -> None:
    assert wording.count(value) == text


@pytest.mark.parametrize(
    ("num", "den", "text"),
    [
        (975, 1000, ("97.5", "%")),
        (7, 9, ("7/9", "")),
        (50, 50, ("50/50", "")),
        (51, 51, ("100.0", "%")),
        (0, 900, ("0.0", "%")),
    ],
)
def test_a_rate_of_few_cases_is_a_fraction_first(
    num: float, den: float, text: tuple[str, str]
) -> None:
    assert wording.rate(reading("on_time_rate", num, base=den)) == text


def test_a_rate_without_base_is_a_dash() -> None:
    assert wording.rate(reading("on_time_rate", 0, base=0)) == ("—", "")


@pytest.mark.parametrize(("share", "text"), [(0.28499999999999998, "28.5"), (0.0005, "0.1")])
def test_shares_round_half_up_as_they_read(share: float, text: str) -> None:
    assert wording.percent(share) == text


@pytest.mark.parametrize(
    ("now", "before", "decimals", "text"),
    [
        (1030, 1000, 1, "▲3.0%"),
        (988, 1000, 1, "▼1.2%"),
        (10_004, 10_000, 1, "持平"),
        (996, 1000, 0, "持平"),
        (1105, 1000, 0, "▲11%"),
        (53, 51, 0, "▲4%"),
        (52, 50, 0, "▲2件"),
        (0, 2, 1, "▼2件"),
        (3, 0, 1, "▲3件"),
        (0, 0, 1, "持平"),
        (7, None, 1, ""),
        (None, 60, 1, ""),
    ],
)
def test_changes_of_counts_have_a_direction(
    now: float | None, before: float | None, decimals: int, text: str
) -> None:
    change = (now - before) / before if now is not None and before else None
    comparison = Comparison(label="较昨日同时段", value=before, change=change)
    figure = reading("incidents_registered", value=now).model_copy(
        update={"comparison": comparison}
    )
    assert wording.growth(figure, decimals) == text
    assert wording.growth(None, decimals) == ""


def test_times_are_those_of_the_databases_zone() -> None:
    assert wording.minutes(AT, SHANGHAI) == "14:32"
    assert wording.seconds(AT, SHANGHAI) == "14:32:05"
    assert wording.date(AT, SHANGHAI) == "11月20日 周五"
    assert wording.day_and_minutes(AT, SHANGHAI) == "11月20日14:32"
    assert wording.as_of(AT, AT, SHANGHAI) == "截至 14:32"


def test_a_moment_of_another_day_says_which() -> None:
    tomorrow = AT + timedelta(days=1)
    assert wording.moment(AT, AT, SHANGHAI) == "14:32"
    assert wording.moment(AT, tomorrow, SHANGHAI) == "11月20日14:32"


@pytest.mark.parametrize(("workdays", "text"), [(9, "超期9个工作日"), (0, "已超期"), (None, "")])
def test_overdue_counts_working_days(workdays: int | None, text: str) -> None:
    assert wording.overdue(workdays) == text


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("乐清市", "乐清市"),
        ("景宁畲族自治县", "景宁县"),
        ("积石山保安族东乡族撒拉族自治县", "积石山县"),
        ("东乡族自治县", "东乡县"),
    ],
)
def test_autonomous_counties_go_by_their_own_name(name: str, short: str) -> None:
    assert wording.short_county(name) == short


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("乐清市", ("", "乐清市")),
        ("温州 乐清市", ("温州 ", "乐清市")),
        ("第12选区", ("", "第12选区")),
        ("波士顿 第7选区", ("波士顿 ", "第7选区")),
        ("头门港新区办事处", ("头门港新区", "办事处")),
        ("Ward 12", ("Ward ", "12")),
        ("", ("", "")),
    ],
)
def test_the_end_of_a_name_is_kept_with_its_number(name: str, ends: tuple[str, str]) -> None:
    assert wording.name_ends(name) == ends


def test_digits_are_narrower_than_characters() -> None:
    assert wording.width("乐清市") == 3
    assert 3 < wording.width("第12选区") < 5


def unit(**changes: object) -> RankedUnit:
    fields = {
        "region_id": 1,
        "name": "安吉县",
        "place": 2,
        "value": 0.964,
        "numerator": 964,
        "denominator": 1000,
        "month_value": 0.981,
        "month_denominator": 100,
    }
    return RankedUnit.model_validate({**fields, **changes})


def test_places_say_when_they_are_shared() -> None:
    assert wording.place(unit()) == "2"
    assert wording.place(unit(is_tied=True)) == "并列2"
    assert wording.place(unit(place=None)) == ""


def test_possible_places_are_a_span_or_one() -> None:
    assert wording.possible_places(unit(place_low=2, place_high=6)) == "2—6"
    assert wording.possible_places(unit(place_low=1, place_high=1)) == "1"
    assert wording.possible_places(unit()) == ""
