"""The wall in a real browser at every size it is built for: no word cut off, none over another."""

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from layouts.components import cities
from tests import chromium
from tests.browser import wall_samples
from tests.browser.wall_harness import create_app

pytestmark = pytest.mark.browser

FIND_FAULTS = Path(__file__).with_name("wall_faces.js").read_text(encoding="utf-8")
SMALLEST_ON_PHONE = 13
SIZES = (
    (1920, 1080),
    (1440, 900),
    (1600, 900),
    (2304, 1296),
    (3840, 2160),
    (1920, 1200),
    (3840, 1080),
    (5120, 1440),
    (7680, 2160),
    (5760, 1080),
)
PHONE = (390, 844)
# What the live client writes, at its longest.
HEADERS = {
    "live": {"header-data-age": "59秒前"},
    "late": {"header-data-age": "延迟119秒"},
    "stale": {
        "header-data-age": "29分59秒前",
        "header-query-at": "14:32:06 无应答,第108次重试",
        "header-paint-at": "14:32:08 正常",
        "header-alert": "网格事件接口中断29分钟,显示14:28的数据",
    },
    "offline": {
        "header-data-age": "1小时05分前",
        "header-query-at": "14:32:06 无应答,第999次重试",
        "header-alert": "服务器失联1小时05分,\n最近的数据为11月19日14:28",
    },
}
CLOCKS = {
    "header-data-at": "14:32:05",
    "header-query-at": "14:32:06",
    "header-paint-at": "14:32:08",
    "header-clock": "14:32",
    "header-alert": "",
}
SAY = """([texts, state, theme]) => {
  document.body.dataset.state = state;
  document.body.dataset.theme = theme;
  const stage = document.querySelector(".map-stage");
  stage.dataset.theme = theme;
  stage.classList.toggle("is-stale", state === "stale" || state === "offline");
  for (const [id, text] of Object.entries(texts)) document.getElementById(id).textContent = text;
}"""


# Lists turn with the screen's size; charts follow later, by themselves.
COME_TO_REST = """async ([width, height]) => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const isFilled = (box) => {
    const drawn = box.querySelector(".main-svg")?.getBoundingClientRect();
    return !drawn || (Math.abs(drawn.width - box.clientWidth) < 0.02 * box.clientWidth
      && Math.abs(drawn.height - box.clientHeight) < 0.02 * box.clientHeight);
  };
  const until = performance.now() + 5000;
  while (innerWidth !== width && performance.now() < until) await frame();
  window.dispatchEvent(new Event("resize"));
  for (let calm = 0; calm < 5 && performance.now() < until; ) {
    await frame();
    const charts = [...document.querySelectorAll(".chart-frame")].filter((box) => box.offsetWidth);
    calm = innerHeight === height && charts.every(isFilled) ? calm + 1 : 0;
  }
  return getComputedStyle(document.documentElement).getPropertyValue("--scale");
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(create_app().server, port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program(), args=chromium.FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    yield page
    page.close()


def open_wall(page: Page, address: str, sample: str) -> list[str]:
    """Open a sample's page; the list fills with errors of its scripts."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/{sample}")
    page.wait_for_selector("#wall")
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg').length >= 2")
    page.evaluate("document.fonts.ready.then(() => true)")
    if sample.startswith("six_figures"):
        # The map's own script says it with the heat, which these pages have none of.
        page.evaluate(
            "words => { document.querySelector('.map-heat-withheld').textContent = words; }",
            "近24小时不足3件的格未显示,共2,418件",
        )
    return errors


def say(page: Page, state: str = "live", theme: str = "day") -> None:
    page.evaluate(SAY, [{**CLOCKS, **HEADERS[state]}, state, theme])


def resize(page: Page, size: tuple[int, int]) -> float:
    """Give the screen a size and wait for charts and pages of lists; returns the unit u."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    unit = float(page.evaluate(COME_TO_REST, list(size)))
    # These pages have no outlines to draw; what is written below a county's is to be seen.
    page.evaluate("document.querySelector('.map-stage').classList.remove('no-inset')")
    return unit


def smallest_on(size: tuple[int, int]) -> int:
    """The smallest type of the layout for a screen of that shape, in design px (DESIGN §3)."""
    ratio = size[0] / size[1]
    return 22 if ratio >= 4.4 else 20 if ratio >= 2.4 else 18


def faults(page: Page, smallest: float) -> list[str]:
    return page.evaluate(FIND_FAULTS, {"smallest": smallest})


def faults_at(page: Page, sizes: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[str]]:
    """What is wrong at each of the sizes; nothing of those where nothing is."""
    found = {}
    for size in sizes:
        unit = resize(page, size)
        found[size] = faults(page, smallest_on(size) * unit)
    return {size: wrong for size, wrong in found.items() if wrong}


@pytest.mark.parametrize(
    "sample",
    [
        "wall",
        "with_targets",
        "six_figures",
        "nothing_happened",
        "never_delivered",
        "disputes_missing",
        "without_permission",
        "thirteen_counties",
        "many_towns",
        "many_groups",
        "long_names",
        "every_part_failed",
    ],
)
def test_no_word_is_cut_off_or_over_another_by_day(page: Page, address: str, sample: str) -> None:
    errors = open_wall(page, address, sample)
    say(page)
    assert faults_at(page, SIZES) == {}
    assert not errors


PROFILES = {
    "?profile=far": ((1920, 1080), (2304, 1296), (3840, 1080), (5760, 1080)),
    "?seam=middle": ((3840, 1080), (5120, 1440)),
}


@pytest.mark.parametrize("query", PROFILES)
@pytest.mark.parametrize(
    ("sample", "theme"),
    [("wall", "day"), ("six_figures", "day"), ("night_with_emergency", "night")],
)
def test_no_word_is_cut_off_on_walls_of_their_own_kind(
    page: Page, address: str, query: str, sample: str, theme: str
) -> None:
    open_wall(page, address, f"{sample}{query}")
    say(page, theme=theme)
    assert faults_at(page, PROFILES[query]) == {}


@pytest.mark.parametrize("query", PROFILES)
@pytest.mark.parametrize("state", ["late", "stale"])
def test_no_word_is_cut_off_on_walls_of_their_own_kind_when_data_are_old(
    page: Page, address: str, query: str, state: str
) -> None:
    open_wall(page, address, f"six_figures{query}")
    say(page, state)
    assert faults_at(page, PROFILES[query]) == {}


def test_words_of_charts_are_looked_at_too(page: Page, address: str) -> None:
    open_wall(page, address, "wall")
    say(page)
    unit = resize(page, SIZES[0])
    page.evaluate(
        """() => {
          const [small, cut] = document.querySelectorAll(".ytick text");
          small.style.setProperty("font-size", "9px", "important");
          cut.setAttribute("transform", "translate(-40, 0)");
        }"""
    )
    wrong = "\n".join(faults(page, smallest_on(SIZES[0]) * unit))
    assert "is 9.0 px" in wrong
    assert "is cut off by its drawing" in wrong


def test_what_is_not_due_stands_on_the_face(page: Page, address: str) -> None:
    open_wall(page, address, "six_figures")
    words = "应办结不含累计无时限832,418件、时间存疑32,418件"
    for size in (SIZES[0], (3840, 1080), (5760, 1080), PHONE):
        say(page)
        resize(page, size)
        assert page.inner_text("#wall-rates-left-out") == words, size
        say(page, "offline")
        assert not page.is_visible("#wall-rates-left-out"), size


def test_far_makes_all_type_a_quarter_larger(page: Page, address: str) -> None:
    measured = []
    for query in ("", "?profile=far"):
        open_wall(page, address, f"wall{query}")
        measured.append(
            [
                page.evaluate(
                    "(id) => parseFloat(getComputedStyle(document.getElementById(id)).fontSize)",
                    id_,
                )
                for id_ in ("wall-today-number", "wall-today-change", "header-clock")
            ]
        )
    near, far = measured
    assert far == pytest.approx([1.25 * size for size in near])
    assert not page.is_visible("#wall-categories")
    assert page.is_visible("#wall-ranking")


@pytest.mark.parametrize(("sample", "theme"), [("wall", "day"), ("night", "night")])
def test_nothing_stands_on_the_seam_of_two_panels(
    page: Page, address: str, sample: str, theme: str
) -> None:
    open_wall(page, address, f"{sample}?seam=middle")
    say(page, theme=theme)
    for wide, high in PROFILES["?seam=middle"]:
        unit = resize(page, (wide, high))
        crossing = page.evaluate(
            """([left, right]) => {
              const shown = [...document.querySelectorAll(
                ".panel, .map-stage, .header > *, .header-marks > *")];
              return shown.filter((node) => {
                const box = node.getBoundingClientRect();
                return box.width && box.left < right && box.right > left;
              }).map((node) => node.id || node.className);
            }""",
            [wide / 2 - 20 * unit, wide / 2 + 20 * unit],
        )
        assert crossing == []


@pytest.mark.parametrize(
    "sample", ["night", "night_with_emergency", "never_delivered", "every_part_failed"]
)
def test_no_word_is_cut_off_or_over_another_at_night(page: Page, address: str, sample: str) -> None:
    open_wall(page, address, sample)
    say(page, theme="night")
    assert faults_at(page, SIZES) == {}


@pytest.mark.parametrize("theme", ["day", "night"])
def test_the_header_fits_with_its_ends_swapped(page: Page, address: str, theme: str) -> None:
    open_wall(page, address, "six_figures")
    say(page, "late", theme)
    page.evaluate("document.body.dataset.ends = 'swapped'")
    for size in SIZES:
        unit = resize(page, size)
        assert faults(page, smallest_on(size) * unit) == [], size
        left = "(id) => document.getElementById(id).getBoundingClientRect().left"
        clock, product = (
            page.evaluate(left, id_) % (size[0] / 3 if size[0] / size[1] > 4.4 else size[0])
            for id_ in ("header-clock", "header-product")
        )
        assert clock < product, size


CHANGE = """([id, text]) => new Promise((resolve) => {
  const node = document.getElementById(id);
  dash_clientside.set_props(id, { children: text });
  const until = performance.now() + 350;
  const look = () => {
    if (node.getAnimations().length) return resolve(node.textContent);
    return performance.now() > until ? resolve(null) : setTimeout(look, 10);
  };
  look();
})"""


def test_a_changed_number_is_underlined_for_a_moment(page: Page, address: str) -> None:
    open_wall(page, address, "wall")
    page.wait_for_timeout(600)
    number = "wall-today-number"
    assert page.evaluate(CHANGE, [number, "19,191"]) == "19,191"
    page.wait_for_timeout(600)
    still = "(id) => document.getElementById(id).getAnimations().length"
    assert page.evaluate(still, number) == 0
    assert page.evaluate(CHANGE, [number, "19,191"]) is None
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(CHANGE, [number, "19,192"]) is None


@pytest.mark.parametrize("state", ["late", "stale"])
@pytest.mark.parametrize("theme", ["day", "night"])
def test_no_word_is_cut_off_when_data_are_old(
    page: Page, address: str, state: str, theme: str
) -> None:
    open_wall(page, address, "six_figures")
    say(page, state, theme)
    assert faults_at(page, SIZES) == {}


@pytest.mark.parametrize(
    "sample", ["wall", "with_targets", "six_figures", "long_names", "many_towns", "night"]
)
def test_a_phone_scrolls_down_only(page: Page, address: str, sample: str) -> None:
    open_wall(page, address, sample)
    say(page, theme="night" if sample == "night" else "day")
    resize(page, PHONE)
    assert faults(page, SMALLEST_ON_PHONE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


SHOWN_NUMBERS = """() => [...document.querySelectorAll(".figure-number")]
  .filter((node) => node.offsetWidth && getComputedStyle(node).visibility === "visible"
    && node.textContent.trim()).map((node) => node.id)"""


SHOWN_CASES = """() => [...document.querySelectorAll(".panel *, .panel-map *")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true })
    && !node.closest(".summary, .map-summary")
    && node.childElementCount < 2 && /[0-9]件/.test(node.textContent))
  .map((node) => node.textContent)"""


def test_offline_shows_no_number_but_why_and_whom_to_call(page: Page, address: str) -> None:
    open_wall(page, address, "six_figures")
    say(page)
    assert page.evaluate(SHOWN_NUMBERS)
    assert page.evaluate(SHOWN_CASES)
    say(page, "offline")
    for size in SIZES:
        unit = resize(page, size)
        assert page.evaluate(SHOWN_NUMBERS) == []
        assert page.evaluate(SHOWN_CASES) == []
        assert faults(page, smallest_on(size) * unit) == [], size
        sentence = page.evaluate(
            """() => {
              const node = document.getElementById("header-alert");
              const box = node.getBoundingClientRect();
              return [parseFloat(getComputedStyle(node).fontSize), box.left, box.right, box.top,
                box.bottom, node.scrollHeight - node.clientHeight];
            }"""
        )
        assert sentence[0] == pytest.approx(104 * unit, rel=0.01)
        assert 0 <= sentence[1] < sentence[2] <= size[0]
        assert 0 <= sentence[3] < sentence[4] <= size[1]
        assert sentence[5] <= 1
        assert page.is_visible(".header-duty")
        lines, duty = page.evaluate(
            """() => {
              const words = document.createRange();
              words.selectNodeContents(document.getElementById("header-alert"));
              const lines = [...words.getClientRects()].filter((box) => box.width);
              return [[lines.length, Math.max(...lines.map((box) => box.bottom))],
                document.querySelector(".header-duty").getBoundingClientRect().top];
            }"""
        )
        assert lines[0] == 2, size
        assert lines[1] < duty, size


def test_old_data_say_so_on_live_panels_only(page: Page, address: str) -> None:
    open_wall(page, address, "wall")
    say(page)
    assert not page.is_visible("#wall-today-asof")
    say(page, "stale")
    assert page.inner_text("#wall-today-asof") == "截至 14:31"
    assert page.is_visible("#wall-trend-gap-words")
    assert page.locator(".panel-slow .panel-asof").count() == 0


def test_nothing_is_over_60_percent_of_the_biggest_number(page: Page, address: str) -> None:
    for sample, theme, biggest in (
        ("wall", "day", "wall-today-number"),
        ("night", "night", "wall-night-emergencies-number"),
    ):
        open_wall(page, address, sample)
        say(page, theme=theme)
        sizes = page.evaluate(
            """() => [...document.querySelectorAll("#wall *")]
              .filter((node) => node.offsetWidth && [...node.childNodes].some(
                (child) => child.nodeType === 3 && child.textContent.trim()))
              .map((node) => [parseFloat(getComputedStyle(node).fontSize), node.id])"""
        )
        largest, *others = sorted(sizes, reverse=True)
        assert largest[1] == biggest
        assert others[0][0] <= 0.6 * largest[0], others[0]


def test_pages_of_lists_turn_and_show_only_one(page: Page, address: str) -> None:
    page.clock.install()
    open_wall(page, address, "wall")
    seen = set()
    for _ in range(4):
        page.clock.run_for(8000)
        shown = page.evaluate(
            """() => [...document.querySelectorAll(".rank-page")]
              .filter((node) => node.offsetHeight).map((node) => node.id)"""
        )
        assert len(shown) == 1
        tab = page.evaluate("document.querySelector('.rank-tab[data-on-page]').id")
        assert tab.removesuffix("-tab") == shown[0]
        seen.add(shown[0])
    assert len(seen) == 3


def shown_cities(page: Page) -> list[str]:
    return page.evaluate(
        """() => [...document.querySelectorAll(".city")].filter((node) => node.offsetWidth)
          .map((node) => node.querySelector(".city-name").textContent)"""
    )


def test_all_thirteen_counties_of_a_city_stand_in_the_strip(page: Page, address: str) -> None:
    open_wall(page, address, "thirteen_counties")
    for size in SIZES:
        resize(page, size)
        assert shown_cities(page) == list(wall_samples.HANGZHOU), size
    assert page.inner_text("[data-pager-count=cities]") == ""


def test_what_has_no_room_is_on_another_page_and_the_page_says_so(page: Page, address: str) -> None:
    page.clock.install()
    open_wall(page, address, "many_towns")
    seen = 0
    page.clock.run_for(8000)
    words = page.inner_text("[data-pager-count=cities]")
    pages = int(words.partition("共")[2].removesuffix("页"))
    for _ in range(pages):
        page.clock.run_for(8000)
        seen += len(shown_cities(page))
    assert seen == cities.POOL
    assert page.inner_text("#wall-cities-rest") == "另有12个未列出"


ENDS_OF_NAMES = """() => [...document.querySelectorAll(".work-row, .latest-row")]
  .filter((row) => row.offsetWidth).map((row) => {
    const end = row.querySelector(".name-end").getBoundingClientRect();
    const next = row.querySelector(".name").nextElementSibling.getBoundingClientRect();
    return next.left - end.right;
  })"""


def test_the_end_of_a_long_name_is_never_hidden(page: Page, address: str) -> None:
    open_wall(page, address, "long_names")
    for size in (*SIZES, PHONE):
        resize(page, size)
        room = page.evaluate(ENDS_OF_NAMES)
        assert len(room) >= 4, size
        assert min(room) >= 0, size


def test_charts_fill_their_frames_at_any_scale(page: Page, address: str) -> None:
    open_wall(page, address, "wall")
    for size in ((1920, 1080), (3840, 2160), (5760, 1080)):
        resize(page, size)
        gaps = page.evaluate(
            """() => [...document.querySelectorAll(".chart-frame")]
              .filter((frame) => frame.offsetWidth).map((frame) => {
                const svg = frame.querySelector(".main-svg").getBoundingClientRect();
                const box = frame.getBoundingClientRect();
                return [svg.width / box.width, svg.height / box.height];
              })"""
        )
        assert gaps
        for wide, high in gaps:
            assert wide == pytest.approx(1, abs=0.02)
            assert high == pytest.approx(1, abs=0.02)


def test_the_page_asks_nothing_of_the_internet_and_stays_small(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_wall(page, address, "wall")
    page.wait_for_timeout(1500)
    foreign = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert foreign == []
    fonts = [url for url in asked if url.endswith(".woff2")]
    assert all("core" in url for url in fonts), "a character of the wall is not in the core fonts"
    assert not [url for url in asked if "package_data/plotly" in url]
