"""Recognising numbers that identify a person, so that they are refused and stand nowhere.

Identity numbers of 18 digits by their checksum (GB 11643-1999, ISO 7064 MOD 11-2) and date of
birth, those of 15 digits (before 1999, without checksum) by province and date of birth; mobile
numbers; landlines where the area code stands apart, as a bare row of digits is too often something
else; plate numbers. All of them also full-width, and in groups with single spaces, hyphens or low
lines; mobile numbers with dots, too, beside an identity number, and after letters (`sip138…`).

A case number of letters and eleven digits is no mobile number where the digits begin with a day
(`SJ150601…`) or the code of an area (`HB130102…`).

Case numbers of 18 digits are no identity numbers unless all of this fits by chance (1 in 11 of
those with a date inside); see `is_identity_number` for the way out. A single name can't be told by
pattern, a column of names can, and so can one of free text, which may tell of anybody; columns are
told by their headers too (`personal_columns`).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from itertools import islice

_BEGIN, _END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_MOBILE, _LONG = r"1[3-9]\d{9}", r"[1-8]\d{16}[\dXx]"
# The long one also with a mobile number before it, or that or a further one after it.
IDENTITY_NUMBER = re.compile(
    rf"{_BEGIN}(?:{_MOBILE}(?={_LONG}{_END}))?(?P<number>[1-8]\d{{13}}"
    rf"(?:\d{_END}|\d{{3}}[\dXx](?=(?:{_MOBILE}|{_LONG})?{_END})))",
    re.ASCII,
)
# Not the decimals of a coordinate.
MOBILE_NUMBER = re.compile(
    rf"{_BEGIN}(?<!\d\d\.)(?:(?:\+|00)?86[- ]?)?"
    rf"1[3-9]\d(?:[- ]?\d{{4}}[- ]?|\.\d{{4}}\.)\d{{4}}{_END}",
    re.ASCII,
)
# Not the last group of a UUID.
LETTERED_MOBILE_NUMBER = re.compile(
    rf"(?<![0-9A-Za-z-])[A-Za-z]{{1,10}}(?P<number>{_MOBILE}){_END}", re.ASCII
)
# By GB/T 2260: cities, prefectures and counties of the province of the first two digits.
_AREA = re.compile(r"1[3-5](?:0[1-9]|1[0-2]|2[1-9]|90)\d\d", re.ASCII)
_AREA_CODE = r"(?:10|2\d|[3-9]\d{2})"
# A day after the area code is a case number, a hyphenated number before it too.
LANDLINE = re.compile(
    rf"{_BEGIN}(?<!\d-)"
    rf"(?:(?:\+|00)86[- ]?0?{_AREA_CODE}[- ]|0{_AREA_CODE}[- ]|\(0?{_AREA_CODE}\)[- ]?)"
    r"(?!20[0-4]\d-?(?:0[1-9]|1[0-2])-?[0-3]\d(?!\d))"
    rf"[2-8]\d{{2,3}}[- ]?\d{{4}}{_END}",
    re.ASCII,
)
# 省, 发牌机关, five or six characters (new energy: six), also with a dot between.
PLATE_NUMBER = re.compile(
    rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•. -]?"
    rf"(?=[A-HJ-NP-Z0-9]*\d)[A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警]{_END}",
    re.ASCII,
)
# The commonest family names, for columns of names without any number beside them.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
PERSON_NAME = re.compile(rf"(?:欧阳|司马|上官|诸葛|[{_SURNAMES}])[\u4e00-\u9fff]{{1,2}}")
# Last characters of authorities, places and things: 马路, 高坠, 石桥村 are no persons.
_NO_PERSON = re.compile(
    r"[局办处科所队部委会院站厅心司社村镇乡县市区街道路里巷弄桥湾岭山岗库坝堤渠塘厂店场馆园校]$"
    r"|[灯类故案件污染扰伤口岸线网组点]$"
)
# What a name or a word of a list has none of; and what is too long for a word.
_PUNCTUATION = re.compile(r"[，。；！？…]")
_LONG_RUN = re.compile(r"[\u4e00-\u9fff]{16}")
LONGEST_WORD = 60
# A plate number has so many characters, all others have more.
SHORTEST = 7
# From this share on, and from so many on, what most texts of a column look like is what it holds.
MOST = 0.6
FEWEST = 3
LOOKED_AT = 500
# The shortest personal number, a landline with its area code in brackets, has so many.
_ENOUGH_DIGITS = re.compile(r"\d(?:[ )_-]{0,3}\d){8}|1\d\d\.\d{4}\.\d", re.ASCII)
_GROUPING = re.compile(r"(?<=\d)[-_ ](?=\d)", re.ASCII)
_DASHES_AND_INVISIBLE = str.maketrans(
    dict.fromkeys("‐‒–—―−", "-") | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad")
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
EARLIEST_BIRTH = 1880
# Of 15 digits: in the code of a grid, those of its 街道 (001 …) or 镇 (100 …) stand at the place of
# a year before. Who was born then is over a hundred.
EARLIEST_SHORT_BIRTH = 1920
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
    if len(text) < SHORTEST:
        return None
    plain, ungrouped = _readings(text)
    readings = {plain, ungrouped}
    numbers = (match["number"] for read in readings for match in IDENTITY_NUMBER.finditer(read))
    if any(is_identity_number(number, registered_on) for number in numbers):
        return "身份证号"
    if any(_has_mobile_number(read) for read in readings):
        return "手机号"
    if PLATE_NUMBER.search(plain.upper()):
        return "车牌号"
    return "固定电话号码" if LANDLINE.search(plain) else None


def might_hold_any(texts: list[str]) -> bool:
    """Whether a look at each text is needed; cheap, for columns of many rows."""
    joined = "\n".join(set(texts))
    readings = dict.fromkeys(_readings(joined))  # mostly one and the same
    plain = next(iter(readings))
    return bool(
        LANDLINE.search(plain)
        or (not plain.isascii() and PLATE_NUMBER.search(plain.upper()))
        or any(
            pattern.search(read)
            for pattern in (IDENTITY_NUMBER, MOBILE_NUMBER, LETTERED_MOBILE_NUMBER)
            for read in readings
        )
    )


def suspects(texts: Iterable[str]) -> set[str]:
    """Distinct texts that `found_in` has to look at; cheap, for columns of many rows."""
    distinct = set(texts)
    joined = "\n".join(distinct)
    if joined.isascii() and not (_ENOUGH_DIGITS.search(joined) and might_hold_any([joined])):
        return set()
    return {text for text in distinct if found_in(text)}


def look_like_names(texts: Iterable[str]) -> bool:
    """Whether most of a column's values are shaped like names of persons (family name first)."""
    return _are_most(_is_like_a_name, texts)


def no_names(texts: list[str]) -> str | None:
    """What most of a column's values are (人名, 自由文本) that are no names of things, or None:
    those of organisations may be long.
    """
    if look_like_names(texts):
        return "人名"
    return "自由文本" if _are_most(_is_sentence, texts) else None


def looks_like(text: str) -> str | None:
    """What a text that no code list has may be (人名, 自由文本), or None: a word like those of a
    list, as far as can be told.
    """
    if _is_like_a_name(text):
        return "人名"
    return "自由文本" if _LONG_RUN.search(text) or _is_sentence(text) else None


def look_like(texts: Iterable[str]) -> str | None:
    """What most of the texts that no code list has may be, or None; a few hundred are looked at."""
    found = {text: looks_like(text) for text in islice(texts, LOOKED_AT) if text}
    if not _are_most(lambda text: found[text] is not None, found):
        return None
    return Counter(kind for kind in found.values() if kind).most_common(1)[0][0]


def _has_mobile_number(read: str) -> bool:
    return bool(MOBILE_NUMBER.search(read)) or any(
        _day(f"20{match['number'][:6]}") is None and not _AREA.match(match["number"])
        for match in LETTERED_MOBILE_NUMBER.finditer(read)
    )


def _are_most(holds: Callable[[str], bool], texts: Iterable[str]) -> bool:
    distinct = {text for text in texts if text}
    return sum(map(holds, distinct)) >= max(FEWEST, MOST * len(distinct))


def _is_sentence(text: str) -> bool:
    """A long number is none, nor an outline: {"type": …} or POLYGON ((…))."""
    if len(text) > LONGEST_WORD and not text.startswith(("{", "POLYGON", "MULTIPOLYGON")):
        return " " in text or not text.isascii()
    return bool(_PUNCTUATION.search(text))


def _is_like_a_name(text: str) -> bool:
    return bool(PERSON_NAME.fullmatch(text)) and not _NO_PERSON.search(text)


def masked(text: str, registered_on: date | None = None) -> str:
    """The text, or where it contains a personal number only what was there and how long."""
    kind = found_in(text, registered_on)
    return _mask(kind, text) if kind else text


def masked_word(text: str, registered_on: date | None = None) -> str:
    """The same of a text that no code list has: names and free text are masked as well."""
    kind = found_in(text, registered_on) or looks_like(text)
    return _mask(kind, text) if kind else text


def _mask(kind: str, text: str) -> str:
    return f"〔{kind}，已遮蔽，{len(text)} 个字符〕"


def _readings(text: str) -> tuple[str, str]:
    """The text in plain characters, and the same without what groups its digits.

    Both are looked through: ungrouped, two numbers side by side become one.
    """
    plain = text
    if not text.isascii():
        plain = unicodedata.normalize("NFKC", text).translate(_DASHES_AND_INVISIBLE)
    if not any(sign in plain for sign in " -_"):
        return plain, plain
    return plain, _GROUPING.sub("", plain)


def _is_long(text: str, registered_on: date | None) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=False))
    if CHECK_CHARACTERS[total % 11] != text[17].upper():
        return False
    born = _day(text[6:14])
    return born is not None and born.year >= EARLIEST_BIRTH and born != registered_on


def _is_short(text: str, registered_on: date | None) -> bool:
    """Years have two digits and are of the 20th century: later births have 18 digits only."""
    born = _day(f"19{text[6:12]}")
    if not PROVINCE.match(text) or born is None or born.year < EARLIEST_SHORT_BIRTH:
        return False
    return registered_on is None or text[6:12] != f"{registered_on:%y%m%d}"


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
