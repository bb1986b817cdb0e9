"""Recognising numbers that identify a person, so that they are refused and stand nowhere.

Identity numbers by their checksum (GB 11643-1999, ISO 7064 MOD 11-2), area and date of birth, and
mobile numbers. Case numbers of 18 digits are no identity numbers unless all of this fits by chance
(1 in 11 of those with a date inside); see `is_identity_number` for the way out. Names and free
text can't be told by pattern: a mapping never reads such columns.
"""

import re
from datetime import date

IDENTITY_NUMBER = re.compile(r"(?<![0-9A-Za-z])[1-8]\d{16}[\dXx](?![0-9A-Za-z])")
MOBILE_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:(?:\+|00)?86[- ]?)?1[3-9]\d{9}(?![0-9A-Za-z])")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
EARLIEST_BIRTH = 1880


def is_identity_number(text: str, registered_on: date | None = None) -> bool:
    """Whether an 18-character text is a resident identity number.

    A number whose date is the day the case was registered is a case number: such numbers carry
    area, day and serial, and one in eleven would meet the checksum.
    """
    if not IDENTITY_NUMBER.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=False))
    if CHECK_CHARACTERS[total % 11] != text[17].upper():
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return born.year >= EARLIEST_BIRTH and born != registered_on


def found_in(text: str, registered_on: date | None = None) -> str | None:
    """What kind of personal number the text contains (Chinese), or None."""
    numbers = (match[0] for match in IDENTITY_NUMBER.finditer(text))
    if any(is_identity_number(number, registered_on) for number in numbers):
        return "身份证号"
    return "手机号" if MOBILE_NUMBER.search(text) else None


def might_hold_any(texts: list[str]) -> bool:
    """Whether a look at each text is needed; cheap, for columns of many rows."""
    joined = "\n".join(set(texts))
    return bool(IDENTITY_NUMBER.search(joined) or MOBILE_NUMBER.search(joined))


def masked(text: str, registered_on: date | None = None) -> str:
    """The text, or where it contains a personal number only what was there and how long."""
    kind = found_in(text, registered_on)
    return f"〔{kind}，已遮蔽，{len(text)} 个字符〕" if kind else text
