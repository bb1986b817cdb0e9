"""Recognising numbers that identify a person, so that they are refused and stand nowhere.

Identity numbers of 18 digits by their checksum (GB 11643-1999, ISO 7064 MOD 11-2) and date of
birth, those of 15 digits (before 1999, without checksum) by province and date of birth; mobile
numbers; landlines where the area code stands apart, as a bare row of digits is too often something
else. All of them also full-width, and in groups with single spaces or hyphens.

Case numbers of 18 digits are no identity numbers unless all of this fits by chance (1 in 11 of
those with a date inside); see `is_identity_number` for the way out. Names and free text can't be
told by pattern: a mapping never reads such columns.
"""

import re
import unicodedata
from datetime import date

_BEGIN, _END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
IDENTITY_NUMBER = re.compile(rf"{_BEGIN}[1-8]\d{{13}}(?:\d|\d{{3}}[\dXx]){_END}", re.ASCII)
# Not the decimals of a coordinate.
MOBILE_NUMBER = re.compile(
    rf"{_BEGIN}(?<!\d\d\.)(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{{4}}[- ]?\d{{4}}{_END}", re.ASCII
)
_AREA_CODE = r"(?:10|2\d|[3-9]\d{2})"
# A day after the area code is a case number, a hyphenated number before it too.
LANDLINE = re.compile(
    rf"{_BEGIN}(?<!\d-)"
    rf"(?:(?:\+|00)86[- ]?0?{_AREA_CODE}[- ]|0{_AREA_CODE}[- ]|\(0?{_AREA_CODE}\)[- ]?)"
    r"(?!20[0-4]\d-?(?:0[1-9]|1[0-2])-?[0-3]\d(?!\d))"
    rf"[2-8]\d{{2,3}}[- ]?\d{{4}}{_END}",
    re.ASCII,
)
_GROUPING = re.compile(r"(?<=\d)[- ](?=\d)", re.ASCII)
_DASHES_AND_INVISIBLE = str.maketrans(
    dict.fromkeys("‐‒–—―−", "-") | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad")
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
EARLIEST_BIRTH = 1880
# First two digits by GB/T 2260.
PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")


def is_identity_number(text: str, registered_on: date | None = None) -> bool:
    """Whether a text of 15 or 18 characters is a resident identity number.

    A number whose date is the day the case was registered is a case number: such numbers carry
    area, day and serial, and one in eleven would meet the checksum.
    """
    if not IDENTITY_NUMBER.fullmatch(text):
        return False
    return (_is_long if len(text) == 18 else _is_short)(text, registered_on)


def found_in(text: str, registered_on: date | None = None) -> str | None:
    """What kind of personal number the text contains (Chinese), or None."""
    plain, ungrouped = _readings(text)
    numbers = (match[0] for read in (plain, ungrouped) for match in IDENTITY_NUMBER.finditer(read))
    if any(is_identity_number(number, registered_on) for number in numbers):
        return "身份证号"
    if MOBILE_NUMBER.search(plain) or MOBILE_NUMBER.search(ungrouped):
        return "手机号"
    return "固定电话号码" if LANDLINE.search(plain) else None


def might_hold_any(texts: list[str]) -> bool:
    """Whether a look at each text is needed; cheap, for columns of many rows."""
    plain, ungrouped = _readings("\n".join(set(texts)))
    return bool(
        LANDLINE.search(plain)
        or any(
            pattern.search(read)
            for pattern in (IDENTITY_NUMBER, MOBILE_NUMBER)
            for read in (plain, ungrouped)
        )
    )


def masked(text: str, registered_on: date | None = None) -> str:
    """The text, or where it contains a personal number only what was there and how long."""
    kind = found_in(text, registered_on)
    return f"〔{kind}，已遮蔽，{len(text)} 个字符〕" if kind else text


def _readings(text: str) -> tuple[str, str]:
    """The text in plain characters, and the same without what groups its digits.

    Both are looked through: ungrouped, two numbers side by side become one.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES_AND_INVISIBLE)
    return plain, _GROUPING.sub("", plain)


def _is_long(text: str, registered_on: date | None) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=False))
    if CHECK_CHARACTERS[total % 11] != text[17].upper():
        return False
    born = _day(text[6:14])
    return born is not None and born.year >= EARLIEST_BIRTH and born != registered_on


def _is_short(text: str, registered_on: date | None) -> bool:
    """Years have two digits and are of the 20th century: later births have 18 digits only."""
    if not PROVINCE.match(text) or _day(f"19{text[6:12]}") is None:
        return False
    return registered_on is None or text[6:12] != f"{registered_on:%y%m%d}"


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
