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


@pytest.mark.parametrize(
    "text",
    [
        f"{VALID[:6]} {VALID[6:14]} {VALID[14:]}",
        f"{VALID[:6]}-{VALID[6:14]}-{VALID[14:]}",
        f"{VALID[:6]}－{VALID[6:14]}－{VALID[14:]}",
        "１１０１０５１９４９１２３１００２Ｘ",
        f"{VALID} 13800138000",
        f"{VALID[:6]}_{VALID[6:14]}_{VALID[14:]}",
        f"{VALID}13812345678",
        f"13812345678{VALID}",
        f"{VALID}{VALID}",
        "11010519491231002X13812345678",
        "13812345678 11010519491231002X",
    ],
)
def test_identity_numbers_are_found_in_groups_and_full_width(text: str) -> None:
    assert personal_data.found_in(text) == "身份证号"


@pytest.mark.parametrize(
    "text",
    [
        "330102900307451",
        "证件330102900307451。",
        "330102 900307 451",
        "３３０１０２９００３０７４５１",
    ],
)
def test_identity_numbers_of_15_digits_are_found_by_province_and_date(text: str) -> None:
    assert personal_data.found_in(text) == "身份证号"


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "+86 13800138000",
        "电话13912345678转",
        "１３８００１３８０００",
        "138 0013 8000",
        "138-0013-8000",
        "138－0013－8000",
        "138–0013–8000",
        "1380013 8000",
        "1 3 8 0 0 1 3 8 0 0 0",
        "138\u200b0013\u200b8000",
        "+86-138-0013-8000",
        "13800138000 13912345678",
        "138 0013 8000 139 1234 5678",
        "138.1234.5678",
        "电话138.1234.5678。",
        "138_1234_5678",
        "sip13812345678",
        "sip:13812345678@hz.gov.cn",
        "A13812345678",
        "TEL138-1234-5678",
        "张三wx13812345678",
        "SJ13912345678",
    ],
)
def test_mobile_numbers_are_found(text: str) -> None:
    assert personal_data.found_in(text) == "手机号"


@pytest.mark.parametrize(
    "text",
    [
        "0571-87051234",
        "0571 87051234",
        "0571—87051234",
        "０５７１－８７０５１２３４",
        "(0571)87051234",
        "（0571）87051234",
        "(0571) 8705 1234",
        "010-62345678",
        "0578-2123456",
        "+86-571-87051234",
        "+86 0571 8705 1234",
        "电话0571-87051234-802",
    ],
)
def test_landlines_are_found_where_the_area_code_stands_apart(text: str) -> None:
    assert personal_data.found_in(text) == "固定电话号码"


@pytest.mark.parametrize(
    "text",
    [
        *(VALID, "330102900307451", "138 0013 8000", "0571-87051234"),
        *(f"{VALID}13812345678", "138.1234.5678", "138_1234_5678", "sip13812345678"),
    ],
)
def test_a_column_with_one_such_number_is_looked_through(text: str) -> None:
    assert personal_data.might_hold_any(["101001242404", "", text, "Ward 5"])
    assert not personal_data.might_hold_any(["101001242404", "", "Ward 5"])
    assert personal_data.suspects(["101001242404", "", text, "Ward 5"]) == {text}


@pytest.mark.parametrize(
    "text",
    [
        VALID[:-1] + OTHER_LAST,
        with_check_character("33010219901307451"),  # month 13
        with_check_character("33010217000307451"),  # born in 1700
        VALID + "7",
        "101001242404",
        "12345",
        "120.153576,30.287459",
        "120.15357612345, 30.13800138000",
        "131.12345678,47.3512",  # in the east of Heilongjiang
        "131.1234,45.5678",
        "SJ15060100123",  # letters, a day and a number
        "SJ19123100123",
        "HB13018300123",  # letters, an area and a number
        "NM15092100123",
        "GD1506010012",
        "0b1f2c3d-2222-4a4a-8b8b-a13812345678",  # a UUID
        "5f3a13812345678",
        "A138123456789",
        "12345678901234567890123456789",  # 29 digits, of no identity number
        "13010220261101000112345678901",
        "120.153576 30.287459",
        "330102 20150601 000123",  # 20 digits in groups
        "33010219900307451012",  # 20 digits
        "12345678901234567890",
        "2015-06-01",
        "2015-06-01 09:00:00",
        "1999-12-31T23:59:59+08:00",
        "1999-12-31 23:59:59.138001",
        "20150601T090000Z",
        "2015-06-01~2015-06-30",
        "330102901307451",  # 15 digits, month 13
        "330102900230451",  # 15 digits, 30 February
        "170102900307451",  # 15 digits, of no province
        "339901001001001",  # grid of a 街道: its digits are a day of 1900
        "339901101201003",  # grid of a 镇: a day of 1910
        "057187051234",  # a landline's digits, and as well Boston's case numbers
        "87051234",
        "0571-12345678",  # no subscriber's number begins with 1
        "0171-87051234",  # no such area code
        "0571-20150601",  # area code and day: a case number
        "2015-0571-8705123",
        "(2015)浙0102民初1234号",
        "02118-1234",
        "138-0013-80001",
        "138 0013 800",
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
    assert personal_data.found_in("330102250601001", date(2025, 6, 1)) is None
    assert personal_data.found_in("330102250601001", date(2025, 6, 2)) == "身份证号"


def test_masking_leaves_nothing_of_the_number() -> None:
    shown = personal_data.masked(f"张某 {VALID}")
    assert VALID not in shown
    assert "张某" not in shown
    assert "身份证号" in shown
    assert personal_data.masked("Ward 5") == "Ward 5"


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["王建国", "城管局", "望山县水利局"], None),
        (["黄岩", "金华"], None),
        (["王建国", "李秀英", "张伟", "城管局", "水利局"], "人名"),
        (["王建国", "李秀英", "张伟", "城管局", "水利局", "县法院"], None),
    ],
)
def test_three_names_that_are_most_of_a_column_are_names_and_fewer_are_units(
    names: list[str], kind: str | None
) -> None:
    """As docs/data-formats.md says: a single one has the shape of a short name of a place."""
    assert personal_data.no_names(names) == kind
