"""Numbers and days as tables write them: read is only what can be meant in one way.

What is taken for a number elsewhere (`strptime` reads 202611 as the first of January, `float`
reads 1_000) is not meant by people. Which of it a field takes stands in `reading`.
"""

import re
from datetime import date, datetime

from data_access.imports import fixed_width

NUMBER = re.compile(
    r"[+-]?(?:[1-9]\d{0,2}(?:[,，]\d{3})+|\d+|(?=\.\d))(?:\.\d*)?(?:[eE][+-]?\d+)?(?P<share>[%％])?"
)
DAYS = tuple(
    map(
        re.compile,
        (
            r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?:(?P=sign)(?P<day>\d{1,2}))?",
            r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日)?",
            r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})?",
        ),
    )
)
# With an hour, as typed cells are handed on.
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d.*")


class Percent(float):
    """A number that was written with a percent sign: 95 for 95%."""


def number_of(text: str) -> float:
    """A number, with groups of three digits or without; a `Percent` where it bears the sign.

    Raises:
        ValueError: it is none; the sentence says why.
    """
    found = NUMBER.fullmatch(text)
    if found is None:
        raise ValueError("不是数字；千位分隔应为三位一组，如 1,234,567")
    written = text.replace(",", "").replace("，", "")
    return Percent(written[:-1]) if found["share"] else float(written)


def day_of(text: str, formats: list[str]) -> date:
    """A day, or the first of a month, in one of the formats or an unmistakable one.

    Raises:
        ValueError: none of them fits; the sentence says why.
    """
    for pattern in formats:
        try:
            found = datetime.strptime(text, pattern)
        except ValueError:
            continue
        if not fixed_width.has_adjoining(pattern) or found.strftime(pattern) == text:
            return found.date()
    for shape in DAYS:
        if match := shape.fullmatch(text):
            return _day(*(int(match[part] or 1) for part in ("year", "month", "day")))
    if MOMENT.fullmatch(text):
        try:
            return datetime.fromisoformat(text).date()
        except ValueError:
            pass
    if text.isdigit():
        raise ValueError("不是日期；日期写作 20261101，Excel 的日期序号请改为日期格式")
    raise ValueError("不是日期，应如 2026-11-01")


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("没有这一天") from None
