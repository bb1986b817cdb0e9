"""The wall in Chromium, and the words the bench has for it: complete, settled, counted changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from layouts.ids import WallIds
from tests import chromium

SIZE = {"width": 1920, "height": 1080}
PATIENCE_MS = 90_000

# In every page before its own scripts. `bench.complete()`: every visible panel holds values and
# the map has painted all its layers. `bench.watch(id, …)`: counts what changes at a node, with the
# time of the frame after it.
TOOLS = """
window.bench = {
  completeAt: null, changes: 0, stamps: [],
  // What is not there yet, in words; nothing: the wall is complete.
  lacking() {
    const panels = [...document.querySelectorAll(".panel")].filter((node) => node.offsetWidth);
    const face = window.cockpit && cockpit.map && cockpit.map.face();
    return [
      ...(panels.length ? [] : ["panels"]),
      ...panels.filter((panel) => !bench.holdsValues(panel)).map((panel) => panel.id),
      ...bench.unpainted(face),
      ...(document.fonts.status === "loaded" ? [] : ["fonts"]),
    ];
  },
  holdsValues(panel) {
    const numbers = [...panel.querySelectorAll(".figure-number")].filter((n) => n.offsetWidth);
    return panel.querySelector(".panel-body").innerText.trim() !== ""
      && numbers.every((node) => node.textContent.trim() !== "");
  },
  unpainted(face) {
    if (!face || !face.base || !face.stage.view) return ["map's outlines"];
    const { stage, slices, holder, heat } = face;
    return [
      ...["fill", "lines"].filter((name) => !stage.isCurrent(name)).map((name) => `map's ${name}`),
      ...(stage.pending || slices.jobs.size ? ["map's work"] : []),
      ...(holder.classList.contains("no-heat") || heat.box || bench.isNight() ? [] : ["heat"]),
    ];
  },
  isNight() { return document.body.dataset.theme === "night"; },
  afterPaint(done) {
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done();
      channel.port2.postMessage(0);
    });
  },
  lookForCompleteness() {
    if (bench.lacking().length) return requestAnimationFrame(bench.lookForCompleteness);
    bench.afterPaint(() => (bench.completeAt = performance.now()));
  },
  watch(id, keepStamps) {
    new MutationObserver(() => bench.afterPaint(() => {
      bench.changes += 1;
      if (keepStamps) bench.stamps.push(Date.now());
    })).observe(document.getElementById(id),
      { childList: true, characterData: true, subtree: true });
  },
};
requestAnimationFrame(bench.lookForCompleteness);
"""
SETTLE = """async () => {
  for (let calm = 0; calm < 4; calm = bench.unpainted(cockpit.map.face()).length ? 0 : calm + 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}"""


class WallPage:
    """One open wall in a context of its own, its cache empty."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context = context
        self.page = page

    def wait_until_complete(self) -> float:
        """Milliseconds from the start of the navigation to the frame with the last panel."""
        try:
            self.page.wait_for_function("bench.completeAt", timeout=PATIENCE_MS)
        except PlaywrightTimeout as error:
            lacking = ", ".join(self.page.evaluate("bench.lacking()"))
            raise RuntimeError(f"the wall did not become complete, it lacks: {lacking}") from error
        return float(self.page.evaluate("bench.completeAt"))

    def settle(self) -> None:
        """Wait until the map has nothing more to paint."""
        self.page.evaluate(SETTLE)

    def watch_today(self, *, keep_stamps: bool = True) -> None:
        """Count from now on what changes at 今日上报."""
        self.page.evaluate("([id, keep]) => bench.watch(id, keep)", [self.today_id, keep_stamps])

    def wait_for_change(self, number: int) -> None:
        """Wait until the watched node has changed that often."""
        self.page.wait_for_function(
            "number => bench.changes >= number", arg=number, polling=20, timeout=PATIENCE_MS
        )

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """What a script gives in the page."""
        return self.page.evaluate(script, argument)

    today_id = str(WallIds.TODAY_NUMBER)


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program(),
            args=[*chromium.FLAGS, "--enable-precise-memory-info"],
        )
        yield browser
        browser.close()


@contextmanager
def fresh_page(browser: Browser) -> Iterator[WallPage]:
    """A page in a context without cache, cookies or service worker; nothing is opened yet."""
    context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
    context.add_init_script(TOOLS)
    yield WallPage(context, context.new_page())
    context.close()


@contextmanager
def open_wall(browser: Browser, address: str, path: str = "/wall") -> Iterator[WallPage]:
    """A complete and settled wall."""
    with fresh_page(browser) as wall:
        wall.page.goto(f"{address}{path}", wait_until="commit")
        wall.wait_until_complete()
        wall.settle()
        yield wall
