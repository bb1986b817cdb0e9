"""An address becomes a question and the same address again."""

from datetime import UTC, datetime

import pytest

from dashboard.errors import UnknownAddress
from dashboard.quality_addresses import DEFAULT_DAYS, QualityAddress

ADDRESSES = [
    "/quality",
    "/quality/330100",
    "/quality?days=30",
    "/quality/330100?source=grid&subject=incidents&check=no_point&page=3",
    "/quality?subject=disputes&county=330102",
    "/quality?check=unknown_region&batch=7&column=ward",
    "/quality?batch=7&result=rejected",
    "/quality?form=%E5%BF%83%E7%90%86%E6%9C%8D%E5%8A%A1&month=2026-10",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_reads_back_as_it_was_written(address: str) -> None:
    path, _, query = address.partition("?")
    assert QualityAddress.parse(path, f"?{query}").href() == address


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("", "report"),
        ("check=no_limit&subject=incidents", "cases"),
        ("county=330102&subject=incidents", "county"),
        ("batch=1&check=personal_data", "findings"),
        ("form=x&month=2026-10", "form"),
    ],
)
def test_what_is_given_tells_what_is_asked(query: str, kind: str) -> None:
    assert QualityAddress.parse("/quality", query).kind == kind


@pytest.mark.parametrize(
    ("path", "query", "word"),
    [
        ("/quality/1/2", "", "/quality/1/2"),
        ("/wall", "", "/wall"),
        ("/quality", "days=3", "days=3"),
        ("/quality", "days=x", "days=x"),
        ("/quality", "page=0", "page=0"),
        ("/quality", "batch=99999999999", "batch=99999999999"),
        ("/quality", "check=no_limit", "no_limit"),
        ("/quality", "check=drop table&subject=incidents", "drop table"),
        ("/quality", "check=no_limit&subject=people", "subject=people"),
        ("/quality", "as_of=2026-11-20T06:32", "as_of"),
        ("/quality", "form=x", "month"),
        ("/quality", "county=330102", "subject"),
    ],
)
def test_an_address_of_nothing_is_named(path: str, query: str, word: str) -> None:
    with pytest.raises(UnknownAddress, match=word):
        QualityAddress.parse(path, query)


def test_the_as_of_of_a_number_goes_with_its_list() -> None:
    as_of = datetime(2026, 11, 20, 6, 32, 5, 123456, tzinfo=UTC)
    address = QualityAddress(as_of=as_of).to(check="no_limit", subject="incidents", source="grid")
    path, _, query = address.href().partition("?")
    assert QualityAddress.parse(path, query).as_of == as_of
    assert QualityAddress(as_of=as_of).href() == "/quality"


def test_another_question_keeps_region_and_span_and_nothing_else() -> None:
    asked = QualityAddress(region="330100", days=30, source="grid", check="no_limit", page=4)
    other = asked.to(batch=3)
    assert (other.region, other.days) == ("330100", 30)
    assert (other.source, other.check, other.page) == (None, None, 1)
    assert QualityAddress().days == DEFAULT_DAYS


def test_a_file_stands_beside_its_page() -> None:
    address = QualityAddress(region="330100", batch=3)
    assert address.href(".csv") == "/quality.csv/330100?batch=3"
