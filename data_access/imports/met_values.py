"""Lines of a first mapping about the values of a column: what they may mean, and how many rows.

None that may be of a person is written; a line says how many were left out.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator

from data_access.imports import guessing, personal_data
from data_access.imports.guessing import Suit
from data_access.imports.mapping import LONGEST_LABEL
from data_access.imports.usual_words import is_known, meaning_of

# A column with more values than this holds no codes.
MOST_VALUES = 200
CHECK = "# 请核对"
# How names of regions end: what ends otherwise may be an address.
REGION_NAME = re.compile(r"(?:[省市州盟县区旗乡镇村]|街道|社区|网格)$")


def translations(column: list[str]) -> Iterator[str]:
    for value, rows in codes_met(column).items():
        yield f"{quoted(value)} = {quoted(value)}   # {rows} 行"
    yield from left_out(column)


def meanings(texts: list[str], allowed: tuple[str | bool, ...]) -> Iterator[str]:
    """A line for every value; those whose meaning is not known are left to the operator."""
    for value, rows in codes_met(texts).items():
        meaning = meaning_of(value, allowed)
        if meaning is not None:
            written = quoted(meaning) if isinstance(meaning, str) else str(meaning).lower()
            yield f"{quoted(value)} = {written}   {CHECK}，{rows} 行"
        else:
            yield f'# {quoted(value)} = ""   {CHECK}：没有认出，{rows} 行'
    yield from left_out(texts)


def names_of_regions(column: list[str]) -> Iterator[str]:
    """A line for every name that stands where a code should, for the operator to fill in."""
    if guessing.suit_of(column, guessing.is_code, other=Suit.HARDLY) is Suit.WELL:
        return
    yield ""
    yield '[region.values]   # 区域写作名称的，对照为区划代码，如 "上城区" = "330102"'
    met = codes_met(column)
    named = {value: rows for value, rows in met.items() if REGION_NAME.search(value)}
    for value, rows in named.items():
        yield f'# {quoted(value)} = ""   {CHECK}，{rows} 行'
    if len(met) > len(named):
        yield f"{CHECK}：另有 {len(met) - len(named)} 个值不像区划的名称，未写出"
    yield from left_out(column)


def left_out(column: list[str]) -> Iterator[str]:
    """A line that says how many values were not written because they may be of a person."""
    left = sum(_is_personal(value) for value in _counted(column))
    if left:
        yield f"{CHECK}：另有 {left} 个值像人名或含个人信息，未写出；确是代码的，请自行补上"


def codes_met(column: list[str]) -> dict[str, int]:
    """Values that can be codes, most frequent first; none of a column with too many of them."""
    return {value: rows for value, rows in _counted(column).items() if not _is_personal(value)}


def _counted(column: list[str]) -> dict[str, int]:
    counted = Counter(text for text in column if text and len(text) <= LONGEST_LABEL)
    return dict(counted.most_common()) if len(counted) <= MOST_VALUES else {}


def _is_personal(value: str) -> bool:
    """A number, a name, or that of a home (王某家); words whose meaning is known are none."""
    if is_known(value):
        return False
    return bool(personal_data.found_in(value) or personal_data.looks_like(value.removesuffix("家")))


def quoted(text: str) -> str:
    """A basic string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
