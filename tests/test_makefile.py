"""What `make` says where it cannot install, and that its next run is none the worse for it.

The Pythons are shell scripts that note what they are asked: nothing is installed or downloaded.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAMP = ".venv/.installed"
NO_PYTHON = "需要 Python 3.11 或更新版本：请安装"
NO_VENV = "Python 缺少 venv 模块：请安装"
NOT_MADE = "无法建立 .venv：请检查磁盘空间和目录权限"
NOT_INSTALLED = "依赖没有装全：请检查网络"
# What the rule calls beside a Python; no Python of this machine is on the path.
TOOLS = ("cp", "mkdir", "rm", "touch")
# Notes its arguments and fails where they contain $BROKEN; of a venv it makes as much as counts
# here. One that fails in making it leaves a half: an interpreter without pip.
PYTHON = """#!/bin/sh
echo "$@" >> asked
case "$0 $*" in ".venv/bin/python -m pip"*) [ -e .venv/pip ] || exit 1;; esac
case "$1 $2" in "-m venv")
    [ "$3" = --clear ] && rm -rf .venv
    [ -e .venv/half ] && exit 1
    mkdir -p .venv/bin; cp "$0" .venv/bin/python; touch .venv/half;;
esac
[ -n "$BROKEN" ] && case "$*" in *"$BROKEN"*) exit 1;; esac
case "$1 $2" in "-m venv") rm .venv/half; touch .venv/pip;; esac
exit 0
"""


@dataclass(frozen=True)
class Checkout:
    """A folder with what the rule reads, and beside it the only programs that it finds."""

    folder: Path
    programs: Path

    def install(self, *, python: str, broken: str = "") -> subprocess.CompletedProcess[str]:
        make = shutil.which("make")
        assert make is not None
        return subprocess.run(
            [make, STAMP, f"PYTHON={python}"],
            cwd=self.folder,
            env={"PATH": str(self.programs), "BROKEN": broken, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def asked(self, words: str) -> int:
        """How often a Python was asked for something that begins with these words."""
        asked = self.folder / "asked"
        lines = asked.read_text(encoding="utf-8").splitlines() if asked.exists() else []
        return sum(line.startswith(words) for line in lines)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder, programs = tmp_path / "project", tmp_path / "programs"
    folder.mkdir()
    programs.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    (programs / "shim").write_text(PYTHON, encoding="utf-8")
    (programs / "shim").chmod(0o755)
    return Checkout(folder, programs)


@pytest.mark.parametrize(
    ("python", "broken", "sentence", "venvs"),
    [
        pytest.param("absent", "", NO_PYTHON, 0, id="no Python"),
        pytest.param("shim", "version_info", NO_PYTHON, 0, id="a Python that is too old"),
        pytest.param("shim", "ensurepip", NO_VENV, 0, id="no venv module"),
        pytest.param("shim", "-m venv", NOT_MADE, 1, id="no venv can be made"),
        pytest.param("shim", "-r requirements.lock", NOT_INSTALLED, 1, id="no network"),
        pytest.param("shim", "-e .", NOT_INSTALLED, 1, id="the project itself fails"),
    ],
)
def test_what_stops_the_installation_is_said_and_the_next_run_gets_through(
    checkout: Checkout, python: str, broken: str, sentence: str, venvs: int
) -> None:
    stopped = checkout.install(python=python, broken=broken)
    said = [line for line in stopped.stderr.splitlines() if not line.startswith("make:")]
    assert len(said) == 1, stopped.stderr
    assert said[0].startswith(sentence)
    assert "重新执行" in said[0]
    assert stopped.returncode == 2
    assert not (checkout.folder / STAMP).exists()
    assert checkout.asked("-m venv") == venvs

    again = checkout.install(python="shim")
    assert again.returncode == 0, again.stderr
    assert again.stderr == ""
    assert (checkout.folder / STAMP).exists()
    # What pip has failed in goes on in the same venv; half a venv is made anew.
    assert checkout.asked("-m venv") == (2 if sentence == NOT_MADE else 1)
    assert checkout.asked("-m pip install") >= 2

    before = (checkout.folder / "asked").read_text(encoding="utf-8")
    assert checkout.install(python="shim").returncode == 0
    assert (checkout.folder / "asked").read_text(encoding="utf-8") == before


def test_a_python_without_a_python_behind_it_is_passed_over(checkout: Checkout) -> None:
    hollow = checkout.programs / "hollow"
    hollow.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    hollow.chmod(0o755)
    (checkout.programs / "shim").rename(checkout.programs / "python3")
    done = checkout.install(python="hollow")
    assert done.returncode == 0, done.stderr
    assert (checkout.folder / STAMP).exists()


def test_a_new_lock_file_is_installed_into_the_same_venv(checkout: Checkout) -> None:
    assert checkout.install(python="shim").returncode == 0
    os.utime(checkout.folder / STAMP, (0, 0))
    assert checkout.install(python="shim").returncode == 0
    assert checkout.asked("-m pip install") == 4
    assert checkout.asked("-m venv") == 1
