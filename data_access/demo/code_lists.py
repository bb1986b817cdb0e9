"""Code lists of the demo, read from `code_lists.toml`: rows for the tables.

Codes are text even where they look like numbers.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Code(NamedTuple):
    """One entry of a list."""

    code: str
    label: str
    category: str | None
    is_sensitive: bool


@cache
def _document() -> dict[str, Any]:
    text = files("data_access.demo").joinpath("code_lists.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def entries(list_key: str) -> tuple[Code, ...]:
    """The list's entries in their order."""
    return tuple(
        Code(
            code,
            entry["label"],
            entry.get("category"),
            entry.get("is_sensitive", False),
        )
        for code, entry in _document()[list_key]["codes"].items()
    )


def list_rows() -> Iterator[dict[str, Any]]:
    """Rows of the table `code_lists`."""
    for key, section in _document().items():
        yield {"key": key, "name": section["name"], "origin": section["origin"]}


def code_rows() -> Iterator[dict[str, Any]]:
    """Rows of the table `codes`; a four-digit class of disputes has its first two as parent."""
    for key in _document():
        for order, entry in enumerate(entries(key)):
            is_second_level = key == "dispute_class" and len(entry.code) == 4
            yield {
                "list_key": key,
                "code": entry.code,
                "parent_code": entry.code[:2] if is_second_level else None,
                "label": entry.label,
                "category": entry.category,
                "is_sensitive": entry.is_sensitive,
                "sort_order": order,
            }
