"""The arrows of docs/architecture.md, read from the imports, and habits a reader relies on."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("dashboard", "data_access", "layouts", "callbacks", "cli")
ENTRANCES = ("app",)
OURS = (*PACKAGES, *ENTRANCES)
# What each may import of ours, itself apart.
MAY_IMPORT = {
    "dashboard": set(),
    "data_access": {"dashboard"},
    "layouts": {"dashboard"},
    "callbacks": {"dashboard", "data_access", "layouts"},
    "app": {"dashboard", "data_access", "layouts", "callbacks"},
    "cli": {"dashboard", "data_access", "layouts", "callbacks"},
}
DATABASE_DRIVERS = {"sqlalchemy", "psycopg", "psycopg2", "psycopg_pool", "alembic"}
SCREEN_LIBRARIES = {"dash", "dash_leaflet", "dash_svg", "plotly", "fastapi", "starlette"}
ATTICS = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}


def modules() -> list[Path]:
    """Every module of the product, relative to the project's folder."""
    inside = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    entrances = [ROOT / f"{name}.py" for name in ENTRANCES if (ROOT / f"{name}.py").exists()]
    return [path.relative_to(ROOT) for path in sorted(inside + entrances)]


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def imported(module: Path) -> Iterator[str]:
    """Full names of what a module imports anywhere in it, also inside functions."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inside = ".".join(module.parent.parts) if node.level else ""
            yield ".".join(part for part in (inside, node.module or "") if part)


def imported_packages(module: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(module)}


def package_of(module: Path) -> str:
    return module.parts[0].removesuffix(".py")


@pytest.mark.parametrize("module", modules(), ids=str)
def test_imports_follow_the_arrows(module: Path) -> None:
    package = package_of(module)
    wrong = (imported_packages(module) & set(OURS)) - MAY_IMPORT[package] - {package}
    assert not wrong, f"{module} must not import {sorted(wrong)}"


@pytest.mark.parametrize("module", modules(), ids=str)
def test_only_data_access_speaks_to_the_database(module: Path) -> None:
    wrong = imported_packages(module) & DATABASE_DRIVERS
    assert not wrong or package_of(module) == "data_access", f"{module} imports {sorted(wrong)}"


def test_the_core_and_the_readings_know_no_screen() -> None:
    wrong = {
        str(module): found
        for module in modules()
        if package_of(module) in ("dashboard", "data_access")
        and (found := imported_packages(module) & SCREEN_LIBRARIES)
    }
    assert not wrong


def test_no_module_is_an_attic() -> None:
    assert not [module for module in modules() if {*module.parts, module.stem} & ATTICS]


def test_every_module_says_what_belongs_in_it() -> None:
    silent = [
        module
        for module in modules()
        if not ast.get_docstring(tree(module)) and "versions" not in module.parts
    ]
    assert not silent


def literal_ids(module: Path) -> list[int]:
    """Lines where a component gets its id, or a callback names one, as a literal string."""
    dependencies = {"Input", "Output", "State"}
    lines = []
    for node in ast.walk(tree(module)):
        if not isinstance(node, ast.Call):
            continue
        lines += [
            keyword.value.lineno
            for keyword in node.keywords
            if keyword.arg in ("id", "component_id")
            and isinstance(keyword.value, ast.Constant)
            and isinstance(keyword.value.value, str)
        ]
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called in dependencies and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                lines.append(first.lineno)
    return lines


@pytest.mark.parametrize(
    "module", [m for m in modules() if package_of(m) in ("layouts", "callbacks", "app")], ids=str
)
def test_component_ids_are_named_constants(module: Path) -> None:
    assert not literal_ids(module), f"{module}: literal ids at lines {literal_ids(module)}"


def test_the_entrances_fit_one_screen() -> None:
    """app.py and callbacks/__init__.py are tables of contents; growth there hides decisions."""
    long = {
        str(path): lines
        for path in (Path("app.py"), Path("callbacks/__init__.py"))
        if (ROOT / path).exists()
        and (lines := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > 150
    }
    assert not long


def test_callbacks_are_registered_on_an_app_that_is_passed_in() -> None:
    """`dash.callback` and `dash.get_app` are global state; see docs/architecture.md."""
    wrong = [
        f"{module}:{node.lineno}"
        for module in modules()
        if package_of(module) in ("layouts", "callbacks", "app")
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ImportFrom)
        and node.module == "dash"
        and {alias.name for alias in node.names} & {"callback", "get_app", "clientside_callback"}
    ]
    assert not wrong
