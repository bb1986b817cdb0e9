"""Numbers that identify a person are found by checksum, and innocent numbers are not."""

from datetime import date

import pytest

from data_access.imports import personal_data


def with_check_character(digits: str) -> str:
    total = sum(int(d) * w for d, w in zip(digits, personal_data.WEIGHTS, strict=True))
    return digits + personal_data.CHECK_CHARACTERS[total % 11]


VALID = with_check_character("33010219900307451")
OTHER_LAST = "0" if VALID[-1] != "0" else "1"


def test_the_published_example_of_the_standard_is_valid() -> None:
    # GB 11643-1999, annex: 11010519491231002X.
    assert personal_data.is_identity_number("11010519491231002X")


@pytest.mark.parametrize("text", [VALID, f"证件{VALID}。", f"a {VALID} b", "11010519491231002x"])
def test_identity_numbers_are_found_anywhere_in_a_text(text: str) -> None:
    assert personal_data.found_in(text) == "身份证号"


@pytest.mark.parametrize("text", ["13800138000", "+86 13800138000", "电话13912345678转"])
def test_mobile_numbers_are_found(text: str) -> None:
    assert personal_data.found_in(text) == "手机号"


@pytest.mark.parametrize(
    "text",
    [
        VALID[:-1] + OTHER_LAST,
        with_check_character("33010219901307451"),  # month 13
        with_check_character("33010217000307451"),  # born in 1700
        VALID + "7",
        "101001242404",
        "12345",
        "0571-87654321",
        "120.153576,30.287459",
        "91330100799655058B",
        "杭州市上城区人民法院",
        "20150601090000",
        "",
    ],
)
def test_innocent_texts_are_none(text: str) -> None:
    assert personal_data.found_in(text) is None


def test_a_number_with_the_day_of_registration_is_a_case_number() -> None:
    number = with_check_character("33010220150601000")
    assert personal_data.found_in(number, date(2015, 6, 1)) is None
    assert personal_data.found_in(number, date(2015, 6, 2)) == "身份证号"


def test_masking_leaves_nothing_of_the_number() -> None:
    shown = personal_data.masked(f"张某 {VALID}")
    assert VALID not in shown
    assert "张某" not in shown
    assert "身份证号" in shown
    assert personal_data.masked("Ward 5") == "Ward 5"
