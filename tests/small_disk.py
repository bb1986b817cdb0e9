"""A small file system of a test's own, to be run full; mounting one needs the right to."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """Memory mounted at a folder; it can be made as small as what is in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """Leave not a byte."""
        sizes = os.statvfs(self.folder)
        self._remount(f"{(sizes.f_blocks - sizes.f_bfree) * sizes.f_frsize}")

    def resize(self, megabytes: int) -> None:
        self._remount(f"{megabytes}m")

    def _remount(self, size: str) -> None:
        options = f"remount,size={size}"
        subprocess.run(["mount", "-o", options, self.folder], check=True, capture_output=True)


@contextmanager
def small_disk_at(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A file system of this size at the folder; skips the test where none may be mounted."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk needs root and CAP_SYS_ADMIN")
    yield SmallDisk(folder)
    subprocess.run(["umount", folder], check=True)
