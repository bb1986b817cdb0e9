"""The live client in a real browser, on a real cockpit: what it says, sets, and leaves alone."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    Route,
    sync_playwright,
)
from sqlalchemy import URL

from dashboard.freshness import RULES
from tests import chromium, live_province, working_day
from tests.conftest import run_outside_a_transaction
from tests.live_cockpit import LiveCockpit

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests/dashboard/freshness_cases.json").read_text(encoding="utf-8"))
TODAY = "wall-today-number"
CITIES = "wall-cities"
# 2026-11-20 14:32:08 in Asia/Shanghai
NOW = 1795156328000
# Nothing listens on it: what a browser sends there fails at once.
CLOSED_PORT = 9


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium.program(), args=chromium.FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    yield context
    context.close()


@pytest.fixture(scope="module")
def cut_off(playwright: Playwright) -> Iterator[Browser]:
    """A browser to which no network but our own machine's loopback answers."""
    browser = playwright.chromium.launch(
        executable_path=chromium.program(),
        args=[
            *chromium.FLAGS,
            f"--proxy-server=http://127.0.0.1:{CLOSED_PORT}",
            "--proxy-bypass-list=127.0.0.1",
        ],
    )
    yield browser
    browser.close()


@pytest.fixture
def scripts(context: BrowserContext) -> Page:
    """An empty page with the scripts of clock, freshness and header."""
    page = context.new_page()
    page.set_content("<body></body>")
    for name in ("live_clock", "live_freshness", "live_header"):
        page.add_script_tag(path=str(ROOT / f"assets/{name}.js"))
    page.evaluate("now => cockpit.clock.hear(now)", NOW)
    return page


@pytest.fixture(scope="module")
def province(postgres: Callable[[str], URL], migrated_template: str) -> Iterator[URL]:
    name = f"live_{uuid4().hex[:12]}"
    server = postgres("postgres")
    run_outside_a_transaction(server, f"CREATE DATABASE {name} TEMPLATE {migrated_template}")
    live_province.populate(postgres(name))
    working_day.enrich(postgres(name))
    yield postgres(name)
    run_outside_a_transaction(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def cockpit(province: URL) -> Iterator[LiveCockpit]:
    with LiveCockpit(province) as cockpit:
        yield cockpit


@pytest.fixture(scope="module")
def writer(province: URL) -> Iterator[live_province.Writer]:
    writer = live_province.Writer(province)
    writer.add_incident()
    yield writer
    writer.close()


@pytest.fixture
def open_wall(
    context: BrowserContext, cockpit: LiveCockpit, writer: live_province.Writer
) -> Callable[..., Page]:
    """``open_wall("/wall")`` opens a page and waits until it shows a number."""

    def open_wall(path: str = "/wall") -> Page:
        page = context.new_page()
        page.goto(cockpit.address + path)
        wait_until_shown(page)
        return page

    return open_wall


def wait_until_shown(page: Page) -> None:
    page.wait_for_function(
        "id => /^[0-9,]+$/.test(document.getElementById(id)?.textContent)", arg=TODAY
    )
    page.wait_for_function("document.getElementById('header-data-age')?.textContent")


def number_on(page: Page) -> int:
    return int(page.locator(f"#{TODAY}").text_content().replace(",", ""))


def wait_for_number(page: Page, number: int, seconds: float = 10) -> None:
    page.wait_for_function(
        "([id, text]) => document.getElementById(id).textContent === text",
        arg=[TODAY, f"{number:,}"],
        timeout=seconds * 1000,
    )


# The rules, and their words


def test_the_browser_finds_the_same_states_as_the_server(scripts: Page) -> None:
    found = scripts.evaluate(
        "([cases, rules]) => cases.map(c => cockpit.freshness.assess(c.known, c.now, rules))",
        [CASES, RULES],
    )
    wrong = [
        case["name"]
        for case, finding in zip(CASES, found, strict=True)
        if finding != case["expected"]
    ]
    assert not wrong


def test_the_browser_finds_the_same_data_clock(scripts: Page) -> None:
    sources = [
        {"last_contact_at": 500, "cycle_ms": 10_000, "is_live": True},
        {"last_contact_at": 300, "cycle_ms": 10_000, "is_live": True},
        {"last_contact_at": 10, "cycle_ms": 86_400_000, "is_live": True},
        {"last_contact_at": None, "cycle_ms": 10_000, "is_live": True},
    ]
    say = "([sources, rules]) => cockpit.freshness.dataAt(sources, rules)"
    assert scripts.evaluate(say, [sources, RULES]) == 300
    assert scripts.evaluate(say, [sources[2:], RULES]) == 10
    assert scripts.evaluate(say, [sources[3:], RULES]) is None


META: dict[str, Any] = {
    "number": 7,
    "as_of": NOW - 240_000,
    "engine": {"since": None, "reason": None},
    "failures": {},
    "notice": None,
    "sources": [{"key": "grid", "name": "网格系统", "is_live": True}],
}


@pytest.mark.parametrize(
    ("finding", "change", "words"),
    [
        (("stale", "source", 243), {}, "数据源中断4分钟,显示14:28的数据"),
        (("stale", "database", 12), {}, "数据库无应答12秒,显示14:28的数据"),
        (("stale", "server", 5), {}, "服务器失联5秒,显示14:28的数据"),
        (("stale", "engine", 65), {}, "指标计算停止1分钟,显示14:28的数据"),
        (
            ("stale", "engine", 65),
            {"engine": {"since": 1, "reason": "数据库磁盘已满"}},
            "数据库磁盘已满1分钟,显示14:28的数据",
        ),
        (("offline", "server", 3900), {}, "服务器失联1小时05分,\n最近的数据为14:28"),
        (("offline", "server", 9), {"number": None, "as_of": None}, "服务器失联9秒,\n尚无数据"),
        (
            ("stale", "server", 9),
            {"as_of": NOW - 86_400_000},
            "服务器失联9秒,显示11月19日14:32的数据",
        ),
        (("live", None, None), {}, ""),
        (("late", "source", 25), {}, ""),
        (("live", None, None), {"failures": {"排名": "…"}}, "排名未能更新,其余正常"),
        (
            ("live", None, None),
            {"failures": {"排名": "…", "热力": "…", "督办": "…"}},
            "排名、热力等未能更新,其余正常",
        ),
        (
            ("live", None, None),
            {"replica": {"since": NOW - 12_000, "reason": "只读副本落后{age},改读主库"}},
            "只读副本落后12秒,改读主库",
        ),
        (
            ("stale", "database", 9),
            {"replica": {"since": NOW - 12_000, "reason": "只读副本无应答{age},改读主库"}},
            "数据库无应答9秒,显示14:28的数据",
        ),
        (("live", None, None), {"notice": "没有代码为 9 的区划。"}, "没有代码为 9 的区划。"),
    ],
)
def test_the_header_says_in_one_sentence_what_is_wrong(
    scripts: Page, finding: tuple, change: dict, words: str
) -> None:
    state, cause, seconds = finding
    since = None if seconds is None else NOW - seconds * 1000
    said = scripts.evaluate(
        "([finding, meta, now]) => cockpit.header.sentence(finding, meta, now)",
        [
            {"state": state, "cause": cause, "since": since, "source": "grid"},
            {**META, **change},
            NOW,
        ],
    )
    assert said == words


def test_a_silent_source_among_several_is_named(scripts: Page) -> None:
    hotline = {"key": "hotline", "name": "12345热线", "is_live": True}
    said = scripts.evaluate(
        "([finding, meta, now]) => cockpit.header.sentence(finding, meta, now)",
        [
            {"state": "stale", "cause": "source", "since": NOW - 120_000, "source": "hotline"},
            {**META, "sources": [*META["sources"], hotline]},
            NOW,
        ],
    )
    assert said == "12345热线中断2分钟,显示14:30的数据"


@pytest.mark.parametrize(
    ("zone", "minutes", "date"),
    [
        ("Asia/Shanghai", "14:32", "11月20日 周五"),
        ("America/New_York", "01:32", "11月20日 周五"),
        ("Pacific/Auckland", "19:32", "11月20日 周五"),
    ],
)
def test_times_are_printed_in_the_zone_of_the_database(
    scripts: Page, zone: str, minutes: str, date: str
) -> None:
    scripts.evaluate("zone => cockpit.clock.setZone(zone)", zone)
    assert scripts.evaluate("now => cockpit.clock.minutes(now)", NOW) == minutes
    assert scripts.evaluate("now => cockpit.clock.date(now)", NOW) == date


def test_an_event_that_was_held_back_does_not_set_the_clock_back(scripts: Page) -> None:
    scripts.evaluate("now => cockpit.clock.hear(now - 8000)", NOW)
    assert scripts.evaluate("cockpit.clock.now()") - NOW >= 0


# The page


CASES_OF_TODAY = "from incidents where registered_at > now() - interval '10 minutes'"
CHANGES = {
    "insert": ("", 1),
    "update": (
        "update incidents set registered_at = registered_at - interval '2 days'"
        f" where case_no = (select max(case_no) {CASES_OF_TODAY})",
        -1,
    ),
    "delete": (
        f"delete from incidents where case_no = (select max(case_no) {CASES_OF_TODAY})",
        -1,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_commit_is_on_the_wall_within_a_second(
    open_wall: Callable[..., Page], writer: live_province.Writer, change: str
) -> None:
    statement, difference = CHANGES[change]
    for _ in range(8):
        writer.add_incident()
    page = open_wall()
    waits = []
    for _ in range(7):
        page.wait_for_timeout(700)
        number = number_on(page)
        if statement:
            writer.execute(statement)
        else:
            writer.add_incident()
        began = time.monotonic()
        wait_for_number(page, number + difference)
        waits.append(time.monotonic() - began)
    assert max(waits) <= 1, waits


CHANGE_COUNT = 200
# Changes of a quarter of a second go into one snapshot.
LEAST_SNAPSHOTS = 60
PACE_MS = 150
# Slow panels are computed every 26 seconds.
SLOW_ROUNDS = 2
MOST_SECONDS = 90
# What the changes must have changed, as `LOOK` names it: else nothing would be proved.
CHANGING = {
    *("wall-today", "wall-categories", "wall-cities", "wall-supervision", "wall-latest"),
    *("wall-rates", "wall-disputes", "wall-mediation", "wall-levels", "wall-ranking"),
    "chart wall-thirty-days-chart",
    *("fill", "heat_2h", "heat_24h", "heat_30d", "points", "inset"),
}
# Its half-hours are drawn when they are over, and change when a case of one comes late: not before
# the day is old enough.
TREND = "chart wall-trend-chart"
# Keeps every node but rings, which come and go, and what a chart draws within its own node.
WATCH = """() => {
  const FREE = ".map-marks, .js-plotly-plot";
  const wall = document.getElementById("wall");
  const nameOf = (node) => node.id || `${node.tagName}.${node.getAttribute("class")}`;
  const isKept = (node) => !node.parentElement.closest(FREE);
  window.kept = [wall, ...wall.querySelectorAll("*")].filter(isKept);
  window.places = kept.map((node) => node.parentElement);
  window.rebuilt = () => kept
    .filter((node, place) => !node.isConnected || node.parentElement !== places[place])
    .map(nameOf);
  const isOld = new Set(kept);
  window.gone = new Set();
  const came = new Set();
  window.added = () => [...came].filter((node) => node.isConnected).map(nameOf);
  window.mostRings = 0;
  new MutationObserver((records) => {
    for (const { target, removedNodes, addedNodes } of records) {
      if (target.closest(FREE)) {
        window.mostRings = Math.max(mostRings, wall.querySelectorAll(".map-ring").length);
        continue;
      }
      for (const node of removedNodes) if (isOld.has(node)) gone.add(nameOf(node));
      for (const node of addedNodes) if (node.nodeType === 1) came.add(node);
    }
  }).observe(wall, { childList: true, subtree: true });
  const page = document.getElementById("page");
  window.shown = new Set();
  new MutationObserver(() => shown.add(page.dataset.shown))
    .observe(page, { attributeFilter: ["data-shown"] });
  window.slow = new Set();
  const take = cockpit.page.take;
  cockpit.page.take = (event) => {
    slow.add(event.meta.slow_as_of);
    return take(event);
  };
  window.face = cockpit.map.face();
  window.leaflet = face.map;
  window.view = JSON.stringify(leaflet.getBounds());
}"""
# Words of panels without times of day, which change of themselves; data of charts; map's parts.
LOOK = """async () => {
  const said = await (await fetch("/api/snapshot?path=/wall")).json();
  const isText = (node) => node.nodeType === 3;
  const words = (panel) => [...panel.querySelectorAll(":not(svg *)")]
    .map((node) => [...node.childNodes].filter(isText).map((text) => text.data).join(""))
    .join("|").replaceAll(/\\d{1,2}:\\d\\d/g, "");
  const panels = [...document.querySelectorAll("#wall .panel")]
    .map((panel) => [panel.id, words(panel)]);
  const charts = [...document.querySelectorAll("#wall .js-plotly-plot")]
    .map((chart) => [`chart ${chart.closest("[id]").id}`, JSON.stringify(chart.data)]);
  const map = Object.entries(said.map).map(([part, value]) => [part, JSON.stringify(value)]);
  return Object.fromEntries([...panels, ...charts, ...map]);
}"""
TODAYS_CASES = (
    "select count(*) from incidents where registered_at >="
    " date_trunc('day', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'"
)


def test_two_hundred_changes_rebuild_no_node(
    open_wall: Callable[..., Page], writer: live_province.Writer
) -> None:
    page = open_wall()
    page.wait_for_timeout(2000)
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    is_old_enough = (now - working_day.LATE).date() == now.date()
    changing = CHANGING | ({TREND} if is_old_enough else set())
    before = page.evaluate(LOOK)
    page.evaluate(WATCH)
    began = time.monotonic()
    day = working_day.WorkingDay(writer)
    for number in count():
        slow_rounds = page.evaluate("slow.size") - 1
        if number >= CHANGE_COUNT and slow_rounds >= SLOW_ROUNDS:
            break
        assert time.monotonic() - began < MOST_SECONDS, f"{slow_rounds} rounds of slow panels"
        day.change(number)
        page.wait_for_timeout(PACE_MS)
    wait_for_number(page, writer.ask(TODAYS_CASES))
    after = page.evaluate(LOOK)
    assert {name for name in changing if before[name] == after[name]} == set()
    assert page.evaluate("shown.size") >= LEAST_SNAPSHOTS
    assert page.evaluate("mostRings") > 0
    assert page.evaluate("[...gone]") == []
    assert page.evaluate("rebuilt()") == []
    assert page.evaluate("added()") == []
    assert page.evaluate("cockpit.map.face() === face && face.map === leaflet")
    assert page.evaluate("JSON.stringify(leaflet.getBounds()) === view")


SHOWN = """() => [document.getElementById("page").dataset.shown,
  [...document.querySelectorAll("#wall .panel")].map((panel) => panel.textContent).join("|")]"""


def test_ten_walls_end_on_the_same_snapshot(
    browser: Browser, cockpit: LiveCockpit, writer: live_province.Writer
) -> None:
    """Ten machines: in one browser, six connections to one server are all there are."""
    contexts = [browser.new_context(viewport={"width": 960, "height": 540}) for _ in range(10)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.goto(cockpit.address + "/wall", wait_until="commit")
    for page in pages:
        wait_until_shown(page)
    number = number_on(pages[0])
    for _ in range(100):
        writer.add_incident()
    for page in pages:
        wait_for_number(page, number + 100, 30)
    deadline = time.monotonic() + 15
    while len(shown := {tuple(page.evaluate(SHOWN)) for page in pages}) > 1:
        assert time.monotonic() < deadline, shown
    [(snapshot, _)] = shown
    assert int(snapshot) > 0
    for context in contexts:
        context.close()


@pytest.mark.parametrize("path", ["/wall", "/wall/990101"])
def test_a_live_wall_is_whole_with_the_network_blocked(
    cut_off: Browser, cockpit: LiveCockpit, writer: live_province.Writer, path: str
) -> None:
    context = cut_off.new_context(viewport={"width": 1920, "height": 1080})
    page, asked, failed = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: failed.append((request.url, request.failure)))
    page.goto(cockpit.address + path)
    wait_until_shown(page)
    page.wait_for_load_state("load")
    number = number_on(page)
    writer.add_incident()
    wait_for_number(page, number + 1)
    assert page.evaluate(
        "document.fonts.ready.then(() => [...document.fonts].some((f) => f.status === 'loaded'))"
    )
    assert [url for url in asked if not url.startswith((cockpit.address, "data:", "blob:"))] == []
    assert failed == []
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate("fetch('http://192.0.2.1/', { mode: 'no-cors' }).then(() => null)")
    context.close()


def test_the_heartbeat_steps_once_a_second(open_wall: Callable[..., Page]) -> None:
    page = open_wall()
    lit = "document.querySelector('[data-heartbeat]').dataset.lit"
    seen = []
    for _ in range(30):
        seen.append(int(page.evaluate(lit)))
        page.wait_for_timeout(100)
    steps = [now for before, now in pairwise(seen) if now != before]
    assert 2 <= len(steps) <= 5
    assert page.evaluate("document.querySelectorAll('[data-heartbeat=left] .is-lit').length") == 1


def test_where_streaming_is_forbidden_the_wall_polls_and_says_so(
    context: BrowserContext, open_wall: Callable[..., Page], writer: live_province.Writer
) -> None:
    context.route("**/stream?*", lambda route: route.fulfill(status=403, body="no streams"))
    page = open_wall()
    assert "轮询" in page.locator("#header-paint-at").text_content()
    assert page.evaluate("document.body.dataset.link") == "polling"
    number = number_on(page)
    writer.add_incident()
    wait_for_number(page, number + 1)
    page.wait_for_timeout(6000)
    assert page.evaluate("document.body.dataset.cause") != "server"


def test_a_page_of_another_build_loads_itself_anew(
    context: BrowserContext, open_wall: Callable[..., Page], cockpit: LiveCockpit
) -> None:
    page = open_wall()
    page.evaluate("window.isOld = true")
    said = page.evaluate("async () => (await fetch('/api/snapshot?path=/wall')).json()")
    newer = {**said, "meta": {**said["meta"], "build": "another"}}
    body = f"data: {json.dumps(newer)}\n\n"

    def answer(route: Route) -> None:
        route.fulfill(status=200, content_type="text/event-stream", body=body)

    context.route("**/stream?*", answer)
    cockpit.stop("web")
    cockpit.start_web()
    page.wait_for_function("window.isOld === undefined", timeout=40_000)
    context.unroute("**/stream?*")


@pytest.mark.parametrize(("css_class", "is_loaded_anew"), [("city", True), ("is-unused", False)])
def test_a_page_that_lacks_a_part_for_what_came_loads_itself_anew(
    context: BrowserContext, open_wall: Callable[..., Page], css_class: str, is_loaded_anew: bool
) -> None:
    page = open_wall()
    assert page.locator(f"#{CITIES}-row-2").count() == 0, "the province has two cities"
    page.evaluate("window.isOld = true")
    said = page.evaluate("async () => (await fetch('/api/snapshot?path=/wall')).json()")
    said["props"][f"{CITIES}-row-2"] = {"className": css_class}
    said["meta"]["number"] += 1
    # Not before a page is a minute old.
    page.evaluate(
        "{ const now = performance.now.bind(performance); performance.now = () => now() + 90000; }"
    )
    page.evaluate("event => cockpit.page.take(event)", said)
    if is_loaded_anew:
        page.wait_for_function("window.isOld === undefined")
    else:
        page.wait_for_timeout(4000)
        assert page.evaluate("window.isOld === true")


def test_of_another_snapshot_than_the_page_was_built_with_only_differences_are_set(
    open_wall: Callable[..., Page],
) -> None:
    page = open_wall()
    said = page.evaluate("async () => (await fetch('/api/snapshot?path=/wall')).json()")
    said["props"][TODAY] = {"children": "1,234"}
    said["meta"]["number"] += 1
    changed = page.evaluate(
        """event => {
          const changed = [];
          const set = dash_clientside.set_props;
          dash_clientside.set_props = (id, props) => { changed.push(id); set(id, props); };
          cockpit.page.leave();
          cockpit.page.take(event);
          dash_clientside.set_props = set;
          return changed;
        }""",
        said,
    )
    assert TODAY in changed
    graphs = page.locator(".dash-graph").count()
    assert len(changed) < 30 + graphs, changed
    assert len(said["props"]) > 400
    wait_for_number(page, 1234)


def test_a_wall_loads_itself_anew_at_the_quiet_hour(
    context: BrowserContext, cockpit: LiveCockpit, open_wall: Callable[..., Page]
) -> None:
    page = open_wall()
    page.evaluate("window.isOld = true")
    build = page.evaluate("async () => (await (await fetch('/alive')).json()).build")
    look = f"""hoursLater => {{
      const now = cockpit.clock.now();
      const quiet_hour = (cockpit.clock.hour(now) + hoursLater) % 24;
      cockpit.upkeep.look({{ build: "{build}", quiet_hour }}, now);
    }}"""
    page.evaluate("() => { window.setTimeout = (work) => work(); }")
    page.evaluate("() => { performance.now = () => 1.9 * 3600 * 1000; }")
    page.evaluate(look, 0)
    page.evaluate("() => { performance.now = () => 2.1 * 3600 * 1000; }")
    page.evaluate(look, 1)
    page.wait_for_timeout(500)
    assert page.evaluate("window.isOld") is True
    page.evaluate(look, 0)
    page.wait_for_function("window.isOld === undefined")


def test_a_page_whose_callback_was_lost_is_loaded_anew(
    context: BrowserContext, open_wall: Callable[..., Page]
) -> None:
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.request.url)
            route.fulfill(status=502, body="<h1>Bad Gateway</h1>")

    context.route("**/_dash-update-component*", lose_once)
    open_wall()
    assert lost


def test_a_picked_region_opens_in_the_same_page(
    open_wall: Callable[..., Page], writer: live_province.Writer
) -> None:
    page = open_wall()
    page.evaluate("window.isSamePage = true")
    page.evaluate("dash_clientside.set_props('wall-location', {pathname: '/wall/990101'})")
    page.wait_for_function(
        "document.getElementById('header-place')?.textContent.includes('港口区')"
    )
    assert page.evaluate("window.isSamePage") is True
    number = number_on(page)
    writer.add_incident(live_province.HARBOUR)
    wait_for_number(page, number + 1)
    page.go_back()
    page.wait_for_function("document.getElementById('header-place')?.textContent.includes('全省')")


def test_a_past_moment_has_its_own_clock_and_says_replay(open_wall: Callable[..., Page]) -> None:
    page = open_wall("/wall?as_of=2025-09-01T12:00")
    page.wait_for_function("document.getElementById('header-data-age').textContent === '回放'")
    assert page.locator("#header-clock").text_content() == "12:00"
    assert page.locator("#header-date").text_content() == "2025年9月1日 周一"
    assert page.evaluate("document.body.dataset.state") == "live"
