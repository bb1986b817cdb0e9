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
