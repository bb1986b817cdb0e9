"""The documents say what the program does: tables and pages are compared with the code."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from cli import app
from dashboard.settings import Settings, variable
from layouts.documents.indicator_dictionary import indicator_dictionary
from tests.data_access import test_rollup_property
from tests.data_access.imports import test_killed_imports

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FIRST_SCREEN_LINES = 25


def test_the_settings_table_is_the_one_of_the_code() -> None:
    rows = []
    for name, field in Settings.model_fields.items():
        default = "—" if field.default is None else f"`{field.default}`"
        rows.append(f"| `{variable(name)}` | {default} | {field.description} |")
    assert "\n".join(rows) in README


def test_no_setting_is_named_that_does_not_exist() -> None:
    for_tests = {
        *("COCKPIT_CHROMIUM", "COCKPIT_TEST_DATABASE_URL", "COCKPIT_TEST_PROGRAMS"),
        "COCKPIT_CITUS_PROGRAMS",
        "COCKPIT_BOSTON_FILE",
    }
    known = {variable(name) for name in Settings.model_fields} | for_tests
    for page in PAGES:
        named = set(re.findall(r"\bCOCKPIT_[A-Z_]+\b", page.read_text(encoding="utf-8")))
        assert named <= known, page


def test_the_dictionary_page_is_the_one_of_the_code() -> None:
    stored = (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8")
    assert stored == indicator_dictionary(), "run: make indicators"


def test_the_first_screen_shows_the_two_commands_and_the_wall() -> None:
    first = "\n".join(README.splitlines()[:FIRST_SCREEN_LINES])
    assert "make demo" in first
    assert "make test" in first
    assert "docs/screenshots/wall-1920x1080.png" in first


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    inside = [target for target in targets if not target.startswith(("http:", "https:", "mailto:"))]
    lost = [target for target in inside if not (page.parent / target).exists()]
    assert not lost


def recipe(title: str) -> str:
    """A recipe of CONTRIBUTING.md."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return page.partition(f"### {title}\n")[2].partition("\n#")[0]


def test_recipes_name_files_that_exist() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w./-]+/[\w.-]*)`", page)
    assert len(named) > 25
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("panel", ["thirty_days", "levels", "supervision", "night_handover"])
def test_the_recipe_of_a_panel_names_every_file_that_names_a_panel(panel: str) -> None:
    says = rf'"{panel}"|\bimport {panel}\b|\.panel-{panel.replace("_", "-")}\b|\b{panel.upper()} = '
    files = [*(ROOT / "dashboard").rglob("*.*"), *(ROOT / "layouts").glob("*.py")]
    files += (ROOT / "assets").glob("[3-7]*.css")
    naming = {
        file.relative_to(ROOT).as_posix()
        for file in files
        if file.suffix in (".py", ".toml", ".css")
        and re.search(says, file.read_text(encoding="utf-8"))
    }
    assert {"layouts/wall.py", "dashboard/screens.py"} <= naming
    assert [file for file in naming if f"`{file}`" not in recipe("Add a panel")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")))
    assert named <= targets


def test_every_command_says_what_it_does() -> None:
    group = get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert command.help, name


def test_every_command_of_make_is_explained() -> None:
    explained = set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, flags=re.MULTILINE))
    assert {"demo", "demo-boston", "serve", "test", "check", "fix", "test-pg", "soak"} <= explained


def test_the_soaks_sentence_names_what_takes_its_time() -> None:
    [told] = re.findall(r"^soak:.*## (.*)", MAKEFILE, flags=re.MULTILINE)
    assert f"{test_killed_imports.SOAK_KILLS} 次强行终止导入" in told
    assert f"{test_rollup_property.SOAK_HISTORIES} 段汇总历史" in told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_name_no_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"(?<![\w.])/(?:home|Users|work|opt)/\S+", text)


def test_the_lock_file_pins_every_requirement() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[\w.\-]+==\S+", line) for line in lines)
