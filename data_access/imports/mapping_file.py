"""Reading a mapping file: TOML to the typed mapping, or an error that names every wrong key.

What a mapping may say stands in `mapping`.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dashboard import toml_errors
from dashboard.errors import ImportRefused, MappingError
from dashboard.import_kinds import in_words
from dashboard.system_errors import words_of
from data_access.imports.case_mapping import DisputeMapping, IncidentMapping
from data_access.imports.personal_data import found_in
from data_access.imports.tables.fields import TableKind
from data_access.imports.tables.kinds import TABLE_KINDS
from data_access.imports.tables.mapping import TableMapping

AnyMapping = IncidentMapping | DisputeMapping | TableMapping
SHAPES: Mapping[str, type[AnyMapping]] = {
    "incidents": IncidentMapping,
    "disputes": DisputeMapping,
    **dict.fromkeys(TABLE_KINDS, TableMapping),
}
# As operators list them: what others refer to comes first.
KINDS = tuple(dict.fromkeys(("regions", "zone_towns", "outlines", "organisations", *SHAPES)))
# Tables in which codes of regions stand.
_OF_CODES = ("region", "regions", "constants", "values")
DIGITS_OF_A_GRID = 15


@dataclass(frozen=True)
class LoadedMapping:
    """A mapping with the name and checksum of the file it came from."""

    mapping: AnyMapping
    name: str
    sha256: str

    @property
    def incidents(self) -> IncidentMapping:
        """The mapping, which must be of incidents.

        Raises:
            MappingError: it is of another kind.
        """
        if isinstance(self.mapping, IncidentMapping):
            return self.mapping
        raise MappingError(
            f"映射文件 {self.name} 的键 kind 是 {self.mapping.kind}，此处需要 incidents。"
        )

    @property
    def number_columns(self) -> frozenset[str]:
        """Columns that are read as numbers and as nothing else."""
        if not isinstance(self.mapping, TableMapping):
            return frozenset()
        fields, columns = TABLE_KINDS[self.mapping.kind].fields, self.mapping.columns
        numbers = {field.name for field in fields if field.type in ("integer", "number")}
        others = {column for name, column in columns.items() if name not in numbers}
        return frozenset(columns.values()) - others


def require_kind(kind: str) -> None:
    """Refuse a kind that there is not.

    Raises:
        ImportRefused: names it, and those there are.
    """
    if kind not in KINDS:
        raise ImportRefused(f"没有种类 {kind}：应为 {_listed(KINDS)} 之一。")


def load_mapping(path: Path, kind: str | None = None) -> LoadedMapping:
    """Read and check a mapping file; with `kind` it must be of that kind.

    Raises:
        MappingError: unreadable file, not TOML, a personal number in it, or a key that is missing,
            unknown or wrong; the message names the file, every wrong key and what was expected
            there.
    """
    content = _content(path)
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(
            f"映射文件 {path} 不是有效的 TOML：{toml_errors.words_of(error)}。请改正后重试。"
        ) from error
    personal = list(_personal_texts(table))
    if personal:
        raise MappingError(_refusal(path, personal))
    shape = _shape(path, table.get("kind"), kind)
    try:
        mapping = shape.model_validate(table)
    except ValidationError as error:
        raise MappingError(_refusal(path, _problems(error.errors()))) from error
    if isinstance(mapping, TableMapping):
        problems = list(_table_problems(mapping, TABLE_KINDS[mapping.kind]))
        if problems:
            raise MappingError(_refusal(path, problems))
    return LoadedMapping(mapping, path.name, hashlib.sha256(content).hexdigest())


def _personal_texts(
    part: Any, where: tuple[str, ...] = (), *, is_code: bool = False
) -> Iterator[tuple[str, str]]:
    """Keys with texts that hold a personal number: much of a mapping is stored as it stands.

    A key that holds one itself is named by the table in which it stands.
    """
    match part:
        case dict():
            for key, value in part.items():
                in_codes = is_code or (not where and key in _OF_CODES)
                found = _number_in(key, is_code=in_codes)
                if found:
                    yield ".".join(where) or "（顶层）", f"键名中不得含{found}"
                else:
                    yield from _personal_texts(value, (*where, key), is_code=in_codes)
        case list():
            for value in part:
                yield from _personal_texts(value, where, is_code=is_code)
        case str() | int() if found := _number_in(str(part), is_code=is_code):
            yield ".".join(where), f"不得含{found}"


def _number_in(text: str, *, is_code: bool) -> str | None:
    """What personal number a text holds; a grid's code is shaped like one of 15 digits."""
    is_grid = is_code and len(text) == DIGITS_OF_A_GRID and text.isdecimal()
    return None if is_grid else found_in(text)


def _shape(path: Path, stated: Any, wanted: str | None) -> type[AnyMapping]:
    if stated not in SHAPES:
        raise MappingError(
            f"映射文件 {path} 有误。键 kind：应为 {_listed(KINDS)} 之一。请改正后重试。"
        )
    if wanted is not None and stated != wanted:
        raise MappingError(
            f"映射文件 {path} 的键 kind 是 {stated}，而要导入的是 {wanted}。请换用相应的映射文件。"
        )
    return SHAPES[stated]


def _listed(kinds: Iterable[str]) -> str:
    """Kinds as they are typed, each with its meaning."""
    return "、".join(f"{kind}（{in_words(kind)}）" for kind in kinds)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MappingError(
            f"无法读取映射文件 {path}：{words_of(error)}。请检查路径和权限。"
        ) from error


_EXPECTED: Mapping[str, str] = {
    "missing": "此键必填",
    "extra_forbidden": "没有这个键，请删除或检查拼写",
    "string_type": "应为文本",
    "string_too_short": "应为非空文本",
    "string_too_long": "应为一个字符",
    "int_type": "应为整数",
    "float_type": "应为数字",
    "bool_type": "应为 true 或 false",
    "list_type": "应为数组",
    "dict_type": "应为表",
    "model_type": "应为表",
    "tuple_type": "应为数组",
    "too_short": "应多写几项",
    "too_long": "写了太多项",
    "date_type": "应为日期，例如 2000-01-01",
    "datetime_type": "应为日期时间，例如 2015-01-01T00:00:00",
}

_LIMITS = {"gt": "大于", "ge": "不小于", "lt": "小于", "le": "不大于"}


def _problems(errors: Iterable[ErrorDetails]) -> Iterable[tuple[str, str]]:
    return [(_key(error), expected(error)) for error in errors]


def _table_problems(mapping: TableMapping, kind: TableKind) -> Iterator[tuple[str, str]]:
    """Keys that do not fit the fields of the kind, with what was expected."""
    known = {field.name: field for field in kind.fields}
    for section in ("columns", "constants", "values"):
        for name in getattr(mapping, section):
            if name not in known:
                yield f"{section}.{name}", f"没有这个字段，{kind.name} 的字段为 {'、'.join(known)}"
    for name in mapping.columns.keys() & mapping.constants.keys():
        yield f"constants.{name}", "已写在 columns 中，请只写一处"
    stated = mapping.stated()
    for name, field in known.items():
        if field.required and name not in stated:
            yield f"columns.{name}", f"此键必填（{field.title}），各行相同时可写在 constants 中"
        if field.type == "instant" and name in mapping.columns and mapping.times is None:
            yield "times", "此键必填（时间的格式）"
    for name, values in mapping.values.items():
        allowed = known[name].choices if name in known else ()
        wrong = [str(value) for value in values.values() if str(value) not in allowed]
        if allowed and wrong:
            yield f"values.{name}", f"应为 {'、'.join(allowed)} 之一（写了 {'、'.join(wrong)}）"
    if kind.name == "outlines" and mapping.geometry is None:
        yield "geometry", "此键必填（界线的名称和坐标系）"


def _refusal(path: Path, problems: Iterable[tuple[str, str]]) -> str:
    found = "；".join(f"键 {key}：{expected}" for key, expected in problems)
    return f"映射文件 {path} 有误。{found}。请改正后重试。"


def _key(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"]) or "（顶层）"


def expected(error: ErrorDetails) -> str:
    """What should stand at a key where pydantic found an error."""
    context: dict[str, Any] = error.get("ctx", {})
    if error["type"] == "literal_error":
        return f"应为 {context['expected'].replace(' or ', '、')} 之一"
    if error["type"] == "value_error":
        return str(context["error"])
    if error["type"] == "too_long" and "actual_length" in context:
        return (
            f"最多 {context['max_length']} 项，写了 {context['actual_length']} 项"
            "（代码表不能代替自由文本，请归并）"
        )
    limits = [f"{word} {context[name]}" for name, word in _LIMITS.items() if name in context]
    if limits:
        return f"应{'、'.join(limits)}"
    return _EXPECTED.get(error["type"], "值不合要求，请对照 docs/data-formats.md")
