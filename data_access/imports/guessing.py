"""Guesses about a file nobody has described yet: encoding, delimiter, columns, formats, order.

Each is a guess that an operator looks at before anything is imported. Nothing here writes.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from statistics import median

from dashboard.errors import ImportRefused
from data_access.imports.personal_data import masked
from data_access.imports.sources.beginnings import DELIMITERS, UTF_16_MARKS, first_line
from data_access.imports.sources.delimited import open_bytes
from data_access.imports.sources.excel import ExcelFile
from data_access.imports.sources.rows import Source
from data_access.imports.tables.literals import NUMBER

LOOKED_AT = 1 << 20
HEADER_ROWS = 10
# What has fewer columns is no table, but a text.
FEWEST_COLUMNS = 2
TIME_FORMATS = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"),
    *("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y%m%d%H%M%S", "%Y年%m月%d日 %H:%M:%S"),
    *("%Y年%m月%d日 %H时%M分", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M"),
    *("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"),
)
# County and above, township, village, grid.
REGION_CODE = re.compile(r"\d{6}|\d{9}|\d{12}|\d{15}", re.ASCII)
FEWEST_DIGITS_OF_A_DAY = 4
SUIT_LOOKED_AT = 500
READABLE_SHARE = 0.95
# Longitudes and latitudes that occur in China.
CHINA_LON, CHINA_LAT = (73.0, 136.0), (3.0, 54.0)


class Suit(IntEnum):
    """How the values of a column suit a field, by which of two columns is preferred."""

    NOT = 0
    HARDLY = 1
    WELL = 2
    # They can hardly be of another field.
    BEST = 3


def encoding_of(path: Path) -> str:
    """`utf-8-sig` where the beginning is UTF-8, `utf-16` where it says so, otherwise `gb18030`."""
    with open_bytes(path) as content:
        beginning = content.read(LOOKED_AT)
    if beginning.startswith(UTF_16_MARKS):
        return "utf-16"
    try:
        # The last character may be cut.
        beginning.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(beginning) - 4:
            return "gb18030"
    return "utf-8-sig"


def delimiter_of(path: Path, encoding: str) -> str:
    """The sign that splits the header into most columns."""
    with open_bytes(path) as content:
        header = first_line(content.read(LOOKED_AT), encoding)
    return max(DELIMITERS, key=lambda sign: len(next(csv.reader([header], delimiter=sign), [])))


def header_row_of(path: Path) -> int:
    """The first row of a sheet that is as wide as any near it: above it stand titles."""
    widths = [len(ExcelFile(path, header_row=row).header()) for row in range(1, HEADER_ROWS + 1)]
    return widths.index(max(widths)) + 1


def samples(source: Source, rows: int) -> dict[str, list[str]]:
    """The first rows of every column that has a name of its own.

    Raises:
        ImportRefused: it is no table: fewer than two such columns, or rows of other widths.
    """
    header = source.header()
    wanted = [name for name in dict.fromkeys(header) if name and header.count(name) == 1]
    if len(wanted) < FEWEST_COLUMNS:
        raise ImportRefused(_no_table(source))
    for chunk in source.chunks(wanted, after_line=0, size=rows):
        if len(chunk.malformed) > len(chunk.lines):
            raise ImportRefused(_no_table(source))
        return {name: [text.strip() for text in chunk.columns[name]] for name in wanted}
    return {name: [] for name in wanted}


def _no_table(source: Source) -> str:
    return (
        f"{masked(source.name)} 不像一张表：至少应有两列，列名各不相同，各行的列数与列名相同。"
        "未写出映射，请检查文件是否为空，是否为 CSV、Excel 等表格。"
    )


def columns_by_words(
    headers: Sequence[str],
    words: Mapping[str, Iterable[str]],
    suits: Callable[[str, str], Suit],
) -> dict[str, str]:
    """Field -> header, by how its values suit the field, then by the longest word that it holds;
    each header goes once.
    """
    scored = sorted(
        (
            (suit, _score(header, word), -place, field, header)
            for place, (field, candidates) in enumerate(words.items())
            for word in candidates
            for header in headers
            if _score(header, word) and (suit := suits(field, header)) > Suit.NOT
        ),
        reverse=True,
    )
    found: dict[str, str] = {}
    for *_, field, header in scored:
        if field not in found and header not in found.values():
            found[field] = header
    order = list(words)
    return dict(sorted(found.items(), key=lambda pair: order.index(pair[0])))


def suit_of(texts: Iterable[str], holds: Callable[[str], object], *, other: Suit) -> Suit:
    """`WELL` where it holds for half of the texts or more, or there are none; else `other`."""
    given = [text for text in texts if text][:SUIT_LOOKED_AT]
    return Suit.WELL if 2 * sum(map(bool, map(holds, given))) >= len(given) else other


def is_code(text: str) -> bool:
    """Whether it may be a code of a region or an organisation, not its name."""
    return text.isascii() and " " not in text and any(sign.isdigit() for sign in text)


def is_moment(text: str) -> bool:
    """Whether it may be a day or a time: four digits at least, of whatever form."""
    return sum(sign.isdigit() for sign in text) >= FEWEST_DIGITS_OF_A_DAY


def _score(header: str, word: str) -> float:
    plain, sought = header.lower().replace(" ", ""), word.lower()
    if sought not in plain:
        return 0.0
    return len(sought) + (100 if plain == sought else 0) + len(sought) / len(plain)


def time_format_of(texts: Iterable[str]) -> str | None:
    """The first format that reads nearly all of the texts."""
    given = [text for text in texts if text]
    for pattern in TIME_FORMATS:
        if given and sum(_fits(text, pattern) for text in given) >= READABLE_SHARE * len(given):
            return pattern
    return None


def _fits(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)
    except ValueError:
        return False
    return True


def are_numbers(texts: Iterable[str]) -> bool:
    """Whether there are texts, and all of them numbers."""
    given = [text for text in texts if text]
    return bool(given) and all(NUMBER.fullmatch(text) for text in given)


def are_region_codes(texts: Iterable[str]) -> bool:
    """Whether there are texts, and all of them have as many digits as codes of regions."""
    given = [text for text in texts if text]
    return bool(given) and all(REGION_CODE.fullmatch(text) for text in given)


def is_swapped(lon: Iterable[str], lat: Iterable[str]) -> bool:
    """Whether what is called longitude lies where China's latitudes are, and the other way."""
    return _mostly_within(lon, CHINA_LAT) and _mostly_within(lat, CHINA_LON)


def middle_of(texts: Iterable[str]) -> float | None:
    """The median of the numbers among the texts."""
    numbers = _numbers(texts)
    return median(numbers) if numbers else None


def _mostly_within(texts: Iterable[str], limits: tuple[float, float]) -> bool:
    numbers = _numbers(texts)
    inside = sum(limits[0] <= number <= limits[1] for number in numbers)
    return bool(numbers) and inside >= READABLE_SHARE * len(numbers)


def _numbers(texts: Iterable[str]) -> list[float]:
    return [number for text in texts if (number := _number(text)) is not None]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
