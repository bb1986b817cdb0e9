"""Times written in a fixed width, read all at once from their digits.

For formats of digits and signs only (`%Y-%m-%d %H:%M:%S`, `%m/%d/%Y %I:%M:%S %p` ...). What is not
exactly as wide, or no time by its numbers, is left to a slower and more lenient reader: but where
no sign stands between two numbers, only the width tells which digit belongs to which.
"""

import re

import numpy as np
import numpy.typing as npt

Instants = npt.NDArray[np.datetime64]
Digits = npt.NDArray[np.int32]

WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "p": 2}
_DIRECTIVE = re.compile(r"%(.)|([^%])", re.DOTALL)
_ADJOINING = re.compile(r"%[A-Za-z]%[A-Za-z]")
_ZERO = ord("0")
LONGEST_MONTH = 31


def read(texts: list[str], pattern: str) -> Instants | None:
    """Local times in microseconds, NaT where a text is not of this shape; None for other formats.

    A format must name year, month and day.
    """
    shape = _shape(pattern)
    if shape is None:
        return None
    places, signs, width = shape
    found = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[us]")
    widths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    rows = np.flatnonzero(widths == width)
    joined = "".join([texts[row] for row in rows.tolist()])
    if not joined.isascii():
        return found
    table = np.frombuffer(joined.encode("ascii"), dtype=np.uint8).reshape(len(rows), width)
    is_time, times = _times(table, places, signs)
    found[rows[is_time]] = times[is_time]
    return found


def has_adjoining(pattern: str) -> bool:
    """Whether two numbers of the format stand side by side, as in `%Y%m%d`."""
    return _ADJOINING.search(pattern) is not None


def _shape(pattern: str) -> tuple[dict[str, int], dict[int, int], int] | None:
    """Where each directive and each sign stands, and the width of the whole."""
    places: dict[str, int] = {}
    signs: dict[int, int] = {}
    width = 0
    for directive, sign in _DIRECTIVE.findall(pattern):
        if sign:
            if not sign.isascii():
                return None
            signs[width] = ord(sign)
            width += 1
        elif directive in WIDTHS and directive not in places:
            places[directive] = width
            width += WIDTHS[directive]
        else:
            return None
    has_hour = ("I" in places) == ("p" in places) and not ("I" in places and "H" in places)
    return (places, signs, width) if {"Y", "m", "d"} <= places.keys() and has_hour else None


def _times(
    table: npt.NDArray[np.uint8], places: dict[str, int], signs: dict[int, int]
) -> tuple[npt.NDArray[np.bool_], Instants]:
    is_time = np.ones(len(table), dtype=bool)
    for at, sign in signs.items():
        is_time &= table[:, at] == sign

    def number(directive: str, default: int) -> Digits:
        if directive not in places:
            return np.full(len(table), default, dtype=np.int32)
        value = np.zeros(len(table), dtype=np.int32)
        for at in range(places[directive], places[directive] + WIDTHS[directive]):
            digit = table[:, at].astype(np.int32) - _ZERO
            np.logical_and(is_time, (digit >= 0) & (digit <= 9), out=is_time)
            value = value * 10 + digit
        return value

    year, month, day = number("Y", 0), number("m", 1), number("d", 1)
    hour, minute, second = number("H", 0), number("M", 0), number("S", 0)
    if "I" in places:
        hour = number("I", 0)
        is_time &= (hour >= 1) & (hour <= 12)
        hour = hour % 12 + 12 * _is_afternoon(table, places["p"], is_time)
    is_time &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= LONGEST_MONTH)
    is_time &= (hour < 24) & (minute < 60) & (second < 60)
    year, month = np.where(is_time, year, 1970), np.where(is_time, month, 1)
    months = (year.astype("int64") - 1970) * 12 + month - 1
    first = months.astype("datetime64[M]")
    # The thirtieth of February lies in another month than the first of it.
    days = first.astype("datetime64[D]") + (np.where(is_time, day, 1) - 1)
    is_time &= days.astype("datetime64[M]") == first
    seconds = hour.astype("int64") * 3600 + minute * 60 + second
    return is_time, days.astype("datetime64[us]") + seconds.astype("timedelta64[s]")


def _is_afternoon(
    table: npt.NDArray[np.uint8], at: int, is_time: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Of AM and PM in any case; others are no time."""
    upper = table[:, at : at + 2] & 0xDF
    is_afternoon = upper[:, 0] == ord("P")
    is_known = ((upper[:, 0] == ord("A")) | is_afternoon) & (upper[:, 1] == ord("M"))
    np.logical_and(is_time, is_known, out=is_time)
    return np.asarray(is_afternoon)
