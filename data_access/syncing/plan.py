"""The file of `cockpit sync`: which sources are polled, how often, and by what they are asked.

An address is never written there: the file names the environment variable that holds it.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from dashboard import import_kinds, toml_errors
from dashboard.errors import SettingsError
from dashboard.system_errors import words_of
from data_access.imports.mapping import LONGEST_CYCLE, Section, Text
from data_access.imports.mapping_file import LoadedMapping, expected, load_mapping
from data_access.imports.personal_columns import refuse_personal_columns

# Kinds whose rows a source can take back: by one number that it gives them.
DELETABLE = ("incidents", "disputes", "receptions")

# Two polls a second apart are no cycle by which a source could be called late.
LEAST_CYCLE_SECONDS = 30

VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

Names = Annotated[list[Text], Field(min_length=1)]


class WatermarkSection(Section):
    """The column that grows with every change of a row.

    `overlap` is in seconds of a time, in steps of a number. `format` (strptime) is of times that
    the source keeps as texts.
    """

    column: Text
    type: Literal["time", "number"] = "time"
    overlap: Annotated[int, Field(ge=1)] = 600
    format: Text | None = None


class DeletedSection(Section):
    """The column that marks deleted rows, and its values that say so."""

    column: Text
    values: Names = Field(default=["1", "true", "t", "Y", "是"])


class KeysSection(Section):
    """The keys that the source still has, of rows registered since `:since`.

    `most` is the share of our own keys in that window above which nothing is deleted: a source
    that lost its rows, or our right to read them, must not empty the database.
    """

    query: Text
    days: Annotated[int, Field(ge=1, le=3_660)] = 30
    every_seconds: Annotated[int, Field(ge=1)] = 3_600
    most: Annotated[float, Field(gt=0, le=1)] = 0.05
    format: Text | None = None


class PolledSection(Section):
    """One source and kind."""

    kind: Text
    mapping: Text
    url_variable: Text
    rows: Text
    interval_seconds: Annotated[int, Field(ge=1, le=LONGEST_CYCLE)] = 60
    watermark: WatermarkSection
    deleted: DeletedSection | None = None
    keys: KeysSection | None = None

    @field_validator("url_variable")
    @classmethod
    def _names_a_variable(cls, value: str) -> str:
        if not VARIABLE_NAME.fullmatch(value):
            # It may be an address with its password: no part of it is repeated.
            raise ValueError(
                "应是环境变量的名字（字母、数字、下划线，如 GRID_URL），不是地址本身；"
                "请把地址放进环境变量，其中若有口令，它已经露出，建议更换"
            )
        return value

    @model_validator(mode="after")
    def _deletes_what_can_be(self) -> Self:
        if (self.deleted or self.keys) and self.kind not in DELETABLE:
            raise ValueError(f"deleted 和 keys 只用于 {'、'.join(DELETABLE)}")
        return self


class _File(Section):
    source: Annotated[list[PolledSection], Field(min_length=1)]


@dataclass(frozen=True)
class Polled:
    """A section with its mapping read and the address from the environment."""

    section: PolledSection
    loaded: LoadedMapping
    # It may hold a password.
    url: str = field(repr=False)
    # Of the source: the longest interval of its kinds.
    cycle_seconds: int

    @property
    def source_key(self) -> str:
        """Key of the source, as in every case's key."""
        return self.loaded.mapping.source.key

    @property
    def name(self) -> str:
        """How the operator is told of it."""
        return f"{self.loaded.mapping.source.name}（{import_kinds.in_words(self.section.kind)}）"

    @property
    def key_column(self) -> str:
        """Column of the source that holds the number of a row; of deletable kinds only."""
        column = self.number_column
        if column is None:
            raise ValueError(f"rows of {self.section.kind} have no number")
        return column

    @property
    def number_column(self) -> str | None:
        """Column of the source by which an operator finds a row; None where no column is one."""
        columns = self.loaded.mapping.columns
        if not isinstance(columns, Mapping):
            return columns.case_no
        return columns.get("reception_no") or columns.get("case_no")


def load(path: Path, environment: Mapping[str, str] = os.environ) -> tuple[Polled, ...]:
    """Read the file, the mappings it names (beside it) and the addresses.

    Raises:
        SettingsError: naming the key or variable that is wrong, and what was expected.
        MappingError: a mapping is wrong, of another kind, or names columns of persons.
    """
    opened = [_opened(path, section, environment) for section in _sections(path)]
    cycles: dict[str, int] = {}
    for section, loaded, _ in opened:
        key = loaded.mapping.source.key
        cycles[key] = max(cycles.get(key, LEAST_CYCLE_SECONDS), section.interval_seconds)
    found = tuple(Polled(*each, cycles[each[1].mapping.source.key]) for each in opened)
    pairs = [(polled.source_key, polled.section.kind) for polled in found]
    for key, kind in pairs:
        if pairs.count((key, kind)) > 1:
            raise SettingsError(
                f"{path} 中来源 {key} 的{import_kinds.in_words(kind)}写了两次："
                "同一来源的同一种类只能有一处。"
                "请合并成一个查询，或在映射文件里给它们不同的 source.key。"
            )
    return found


def address_variables(path: Path) -> frozenset[str]:
    """Environment variables that the file names for addresses, also where it has mistakes.

    None of a file that cannot be read at all: what is wrong is for `load` to say.
    """
    try:
        sources = tomllib.loads(path.read_text(encoding="utf-8")).get("source")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return frozenset()
    tables = [t for t in sources if isinstance(t, dict)] if isinstance(sources, list) else []
    return frozenset(name for t in tables if isinstance(name := t.get("url_variable"), str))


def _sections(path: Path) -> list[PolledSection]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"无法读取 {path}：{words_of(error)}。请检查路径和权限。") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} 不是有效的 TOML：{toml_errors.words_of(error)}。请改正。"
        ) from error
    try:
        return _File.model_validate(table).source
    except ValidationError as error:
        raise SettingsError(f"{path} 有误：{'；'.join(_problems(error))}。请改正。") from error


def _problems(error: ValidationError) -> Iterable[str]:
    """Keys with what is wrong there; never a value, which could be an address."""
    for problem in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in problem["loc"]) or "（顶层）"
        yield f"键 {key}：{expected(problem)}"


def _opened(
    path: Path, section: PolledSection, environment: Mapping[str, str]
) -> tuple[PolledSection, LoadedMapping, str]:
    url = environment.get(section.url_variable)
    if not url:
        raise SettingsError(
            f"缺少环境变量 {section.url_variable}：{path} 以它指明来源数据库的地址"
            "（SQLAlchemy，如 postgresql+psycopg://…）。请设置后重新执行。"
        )
    loaded = load_mapping(path.parent / section.mapping, section.kind)
    refuse_personal_columns(loaded.mapping.file_columns(), loaded.number_columns)
    return section, loaded, url
