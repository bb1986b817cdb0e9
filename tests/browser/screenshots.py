"""Takes the pictures of docs/screenshots (`make screenshots`).

    python -m tests.browser.screenshots [http://127.0.0.1:8050 [2026-11-20T14:32]]

The wall at every size comes from the cockpit that runs at the address, where one does, as it is or
as of a moment (of a night's wall the day is to be shown); else from the samples of the tests like
the states, which no running cockpit has all at once: a source that
fell silent, a scope without permission. A picture is taken when the map has stopped drawing.
"""

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.error import URLError
from urllib.request import urlopen

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from tests.browser import palette_png
from tests.browser.wall_harness import create_app
from tests.chromium import FLAGS, program

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = (
    *((1920, 1080), (3840, 2160), (3840, 1080), (5760, 1080)),
    *((2304, 1296), (1440, 900), (390, 844)),
)
STATE_SIZE = SIZES[0]
WAIT_MS = 60_000
SETTLED = """() => {
  const face = window.cockpit && cockpit.map && cockpit.map.face && cockpit.map.face();
  return document.fonts.status === "loaded"
    && face && face.stage.view && !face.stage.pending && !face.slices.jobs.size;
}"""
# The first counts, rings and grids have come, and rings have come to rest.
CALM_MS = 6_000
# What the live client would say and mark, and the map it would be sent.
PLAY = """async ([words, state, theme, map]) => {
  document.body.dataset.state = state;
  document.body.dataset.theme = theme;
  for (const [id, text] of Object.entries(words)) document.getElementById(id).textContent = text;
  for (const heart of document.querySelectorAll("[data-heartbeat]")) {
    heart.children[8].classList.add("is-lit");
  }
  const payload = await (await fetch("/payload.json")).json();
  const empty = { points: [], inset: null };
  if (map === "quiet") {
    const values = Object.fromEntries(Object.keys(payload.fill.values).map((id) => [id, 0]));
    const fill = { ...payload.fill, values };
    Object.assign(payload, empty, { fill, heat_2h: { ...payload.heat_2h, cells: [] } });
  }
  if (map === "unknown") {
    Object.assign(payload, empty, { fill: { ...payload.fill, values: {} }, heat_2h: null });
  }
  // As many as the words of the sample say.
  if (theme === "night") payload.points = payload.points.slice(0, 2);
  cockpit.map.update({ ...payload, theme, stale: state === "stale" || state === "offline" });
}"""
USUAL = {
    "header-data-at": "14:32:05",
    "header-data-age": "3秒前",
    "header-query-at": "14:32:06",
    "header-paint-at": "14:32:08",
    "header-clock": "14:32",
}
# Nothing is known of what no source ever delivered.
UNKNOWN = {key: text for key, text in USUAL.items() if not key.startswith("header-data")}
NIGHT = {key: text.replace("14:32", "03:12") for key, text in USUAL.items()}
STALE = {
    "header-data-at": "14:28:05",
    "header-data-age": "4分03秒前",
    "header-paint-at": "14:32:08 正常",
    "header-alert": "数据源中断4分钟,显示14:28的数据",
}
OFFLINE = {
    "header-data-at": "13:58:05",
    "header-data-age": "34分03秒前",
    "header-paint-at": "14:32:08 正常",
    "header-alert": "数据源中断34分钟,\n最近的数据为13:58",
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A sample as the live client would show it in a state (DESIGN §6)."""

    sample: str = "wall"
    state: str = "live"
    theme: str = "day"
    words: dict[str, str] = field(default_factory=lambda: USUAL)
    map: Literal["busy", "quiet", "unknown"] = "busy"
    query: str = ""


LIVE = Scene()
STATES = {
    "live": LIVE,
    "late": Scene(state="late", words=USUAL | {"header-data-age": "延迟75秒"}),
    "stale": Scene(sample="silent_for_four_minutes", state="stale", words=USUAL | STALE),
    "offline": Scene(state="offline", words=USUAL | OFFLINE),
    "no-events": Scene(sample="nothing_happened", map="quiet"),
    "no-data": Scene(sample="never_delivered", map="unknown", words=UNKNOWN),
    "no-permission": Scene(sample="without_permission"),
    "night": Scene(sample="night", theme="night", words=NIGHT),
    "far": Scene(query="?profile=far"),
}


def take(page: Page, file: Path, console: Console) -> None:
    """The picture of a page that has come to rest."""
    page.wait_for_function(SETTLED, timeout=WAIT_MS)
    page.wait_for_timeout(CALM_MS)
    # As in the design, whatever day of the two it is.
    page.evaluate("document.body.dataset.ends = 'usual'")
    palette_png.save(page, page.screenshot(), file)
    console.print(f"docs/screenshots/{file.name} {file.stat().st_size // 1024} KB")


@contextmanager
def opened(browser: Browser, address: str, size: tuple[int, int]) -> Iterator[Page]:
    """A page at an address, closed afterwards."""
    width, height = size
    page = browser.new_page(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    page.goto(address)
    page.wait_for_selector("#wall")
    yield page
    page.close()


def play(page: Page, scene: Scene) -> None:
    """Do to a page of the harness what the live client would."""
    page.evaluate("document.fonts.ready.then(() => true)")
    page.evaluate(PLAY, [scene.words, scene.state, scene.theme, scene.map])


@contextmanager
def harness() -> Iterator[str]:
    """The address of the samples' pages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app().server, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def answers(address: str) -> bool:
    """Whether a cockpit runs there."""
    try:
        with urlopen(f"{address}/alive", timeout=3) as answer:
            return bool(answer.headers.get("X-Cockpit"))
    except (URLError, OSError):
        return False


def main(cockpit: str | None = None, as_of: str = "") -> None:
    """All sizes of the wall, then all states at the first size."""
    console = Console(stderr=True, highlight=False)
    FOLDER.mkdir(parents=True, exist_ok=True)
    is_running = cockpit is not None and answers(cockpit)
    console.print(
        f"各尺寸取自{f'正在运行的 {cockpit}' if is_running else '测试样例'}，各状态取自测试样例"
    )
    with harness() as samples, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=FLAGS)
        for width, height in SIZES:
            moment = f"?as_of={as_of}" if as_of else ""
            address = f"{cockpit}/wall{moment}" if is_running else f"{samples}/{LIVE.sample}"
            with opened(browser, address, (width, height)) as page:
                if not is_running:
                    play(page, LIVE)
                take(page, FOLDER / f"wall-{width}x{height}.png", console)
        for name, scene in STATES.items():
            with opened(browser, f"{samples}/{scene.sample}{scene.query}", STATE_SIZE) as page:
                play(page, scene)
                take(page, FOLDER / f"state-{name}.png", console)
        browser.close()


if __name__ == "__main__":
    main(*(argument.rstrip("/") for argument in sys.argv[1:]))
