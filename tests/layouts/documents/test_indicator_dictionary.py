import re

from dashboard.indicators import INDICATORS, REPORTED
from dashboard.vocabulary import At, HoursBefore, NotAfter, StillOpen
from layouts.documents.indicator_dictionary import indicator_dictionary
from layouts.documents.predicate_wording import condition_words, moment_words


def test_every_indicator_is_described_with_key_definition_and_source() -> None:
    page = indicator_dictionary()
    for indicator in INDICATORS + REPORTED:
        assert f"`{indicator.key}`" in page
        assert indicator.definition in page
        assert indicator.source in page


def test_every_measure_an_indicator_names_is_explained_below() -> None:
    page = indicator_dictionary()
    names = {
        name.removeprefix("-").partition("__")[0]
        for indicator in INDICATORS
        for name in (*indicator.numerator, *indicator.denominator)
    }
    explained = page.partition("## 流量")[2]
    missing = {name for name in names if f"| `{name.removesuffix('_in')}` |" not in explained}
    assert not missing


def test_subtraction_is_written_as_such() -> None:
    assert "`overdue` − `red`" in indicator_dictionary()


def test_predicates_are_said_with_their_columns() -> None:
    closed, due = At("closed_at"), At("due_at")
    assert condition_words(NotAfter(closed, due)) == "`closed_at` ≤ `due_at`"
    assert condition_words(StillOpen(closed, due)) == "`closed_at` 为空或晚于 `due_at`"
    assert moment_words(HoursBefore(due, 24)) == "`due_at` 前 24 小时"


def section(key: str) -> str:
    """What the page says of an indicator."""
    [found] = re.findall(rf"### \S+ `{key}`\n(.*?)\n###? ", indicator_dictionary(), re.DOTALL)
    return str(found)


def test_every_figure_that_is_a_quotient_says_what_it_is_divided_by() -> None:
    for indicator in INDICATORS:
        if indicator.kind in ("count", "stock"):
            assert "分母" not in section(indicator.key)
        else:
            assert re.search("分母：| ÷ [`（]", section(indicator.key))
    assert "`population.residents`" in section("incidents_per_10k")
    assert "`counted_on` 最近" in section("incidents_per_10k")


def test_parts_are_named_in_chinese() -> None:
    named = re.findall(r"^- 其中(.*?)：", indicator_dictionary(), re.MULTILINE)
    assert {"民生服务", "村(社区)", "县级及以上", "行业性专业性"} <= set(named)
    assert [name for name in named if re.search("[a-z]", name)] == []


def test_rates_of_visits_say_whose_visits() -> None:
    assert "不含矛盾纠纷" in section("visit_rate")
    assert "事件和矛盾纠纷的回访都在内" in section("satisfaction_rate")


def test_outcomes_that_are_not_known_are_said_to_be_left_out() -> None:
    page = indicator_dictionary()
    [mediated] = re.findall(r"^\| `d_mediated` .*$", page, re.MULTILINE)
    assert "`is_successful` 不为空" in mediated
    assert "成败未登记的" in section("mediation_success_rate")


def test_no_list_is_promised_that_no_screen_shows_yet() -> None:
    page = indicator_dictionary()
    assert "点开后的清单" not in page
    assert "尚无查看清单的页面" in page
