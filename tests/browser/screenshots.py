"""Takes the pictures of docs/screenshots from a cockpit that runs (`make screenshots`).

    python -m tests.browser.screenshots http://127.0.0.1:8050

A picture is taken when the wall has its snapshot, its fonts and a map that has stopped drawing.
Browser tests have their own pages; this is for people.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from tests.chromium import FLAGS, program

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = ((1920, 1080), (3840, 2160), (5760, 1080), (3840, 1080), (2304, 1296), (1600, 900))
# Beside the wall itself: a city, whose map shows grids, and a county.
PLACES = {"city": "/wall/330100", "county": "/wall/330106"}
WAIT_MS = 60_000
SETTLED = """() => {
  const face = window.cockpit && cockpit.map && cockpit.map.face && cockpit.map.face();
  return document.fonts.status === "loaded"
    && face && face.stage.view && !face.stage.pending && !face.slices.jobs.size;
}"""
# The first counts, rings and grids have come, and the rings of the first events have faded.
CALM_MS = 6_000


def take(browser: Browser, address: str, file: Path, size: tuple[int, int]) -> None:
    """One picture of one page at one size."""
    width, height = size
    page = browser.new_page(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    page.goto(address)
    page.wait_for_function(SETTLED, timeout=WAIT_MS)
    page.wait_for_timeout(CALM_MS)
    page.screenshot(path=file)
    page.close()


def main(server: str) -> None:
    """All sizes of the wall, and the places at the first size."""
    console = Console(stderr=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = {f"wall-{width}x{height}.png": ("/wall", (width, height)) for width, height in SIZES}
    wanted |= {f"{name}-1920x1080.png": (path, SIZES[0]) for name, path in PLACES.items()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=FLAGS)
        for name, (path, size) in wanted.items():
            take(browser, server + path, FOLDER / name, size)
            console.print(f"docs/screenshots/{name}")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
