"""The browser of the tests: which program, and with which flags."""

import os
import shutil

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def program() -> str:
    """Path of Chromium: COCKPIT_CHROMIUM, or the system's."""
    found = os.environ.get("COCKPIT_CHROMIUM") or shutil.which("chromium")
    assert found, "no Chromium: set COCKPIT_CHROMIUM or install it"
    return found
