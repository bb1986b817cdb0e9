"""Which generator has filled a demo database: rows of two versions would collide.

The fact `demo_fill` names the version beside what `loader` keeps in it.
"""

import ast
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from sqlalchemy import URL, create_engine

from data_access import facts, migrating

FILL = "demo_fill"
SOURCES = (".py", ".toml", ".csv")
OTHER_VERSION = "演示数据由另一版本的程序生成，删去后重新生成"


@cache
def generator_version() -> str:
    """Changes with the generator's statements and data, and with numpy, whose streams it uses.

    Computed rather than counted by hand, where forgetting once is enough.
    """
    digest = hashlib.sha256(np.__version__.encode())
    for file in sorted(Path(__file__).parent.iterdir()):
        if file.suffix in SOURCES:
            text = file.read_text("utf-8")
            digest.update(
                (file.name + (statements(text) if file.suffix == ".py" else text)).encode()
            )
    return digest.hexdigest()[:16]


def statements(source: str) -> str:
    """Python source without comments, docstrings and layout: what it does, not what it says."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def drop_other_versions(url: URL, progress: Callable[[str, int, int], None]) -> None:
    """Empty a demo database that another version of the generator has filled, schema and all.

    A database that is not marked as a demo is left alone.
    """
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            known = facts.read_all(connection)
    finally:
        engine.dispose()
    version = known.get(FILL, {}).get("version")
    if not known.get("is_demo") or version == generator_version():
        return
    progress(OTHER_VERSION, 0, 1)
    migrating.downgrade(url, "base")
    migrating.migrate(url, zone=known["zone"])
    progress(OTHER_VERSION, 1, 1)
