"""/quality in a real browser: nothing clipped at any size, numbers open their rows, no stream."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import URL, text

from data_access.database import Database
from tests import chromium
from tests.conftest import run_outside_a_transaction
from tests.data_access import quality_samples as samples
from tests.live_cockpit import LiveCockpit

pytestmark = pytest.mark.browser

SIZES = [(1440, 900), (1920, 1080), (390, 844)]
CLIPPED = """() => [...document.querySelectorAll(".quality *")]
  .filter((node) => node.clientWidth > 1 && node.scrollWidth > node.clientWidth + 1
    && !node.closest("caption") && !node.matches(".is-file"))
  .map((node) => `${node.className}: ${node.textContent.slice(0, 20)}`)"""


@pytest.fixture(scope="module")
def cockpit(postgres: Callable[[str], URL], migrated_template: str) -> Iterator[LiveCockpit]:
    """A cockpit on a province with every kind of fault, a minute old."""
    name = f"quality_{uuid4().hex[:12]}"
    server = postgres("postgres")
    run_outside_a_transaction(server, f"CREATE DATABASE {name} TEMPLATE {migrated_template}")
    database = Database(postgres(name))
    with database.write() as connection:
        samples.found(connection)
        samples.add(
            connection,
            *(samples.whole_incident(number, due_at=None) for number in range(120)),
            samples.whole_incident(200, county_id=4711),
        )
        samples.add_file(
            connection,
            [
                (3, "personal_data", "联系方式(不应有)", 1, "含有手机号，不得入库"),
                (4, "time_out_of_order", "办结时间", 0, "办结时间早于登记时间"),
            ],
        )
        samples.add_file(
            connection,
            [(n, "unknown_case", "事件编号", 1, "案件不在库中，请先导入案件") for n in range(7)],
            kind="steps",
            source_id=samples.GRID,
            is_poll=True,
        )
        samples.add_failing_kind(connection)
        connection.execute(text("update import_batches set started_at = now()"))
        # The samples are of a fixed day.
        connection.execute(
            text(
                "update incidents set registered_at = now() - interval '1 hour',"
                " registered_month = date_trunc('month', now() - interval '1 hour')::date"
            )
        )
    database.close()
    with LiveCockpit(postgres(name), workers=1) as running:
        yield running
    run_outside_a_transaction(server, f"DROP DATABASE {name} WITH (FORCE)")


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
    page = browser.new_page(
        viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    yield page
    page.close()


def opened(page: Page, cockpit: LiveCockpit, path: str = "/quality") -> Page:
    page.goto(cockpit.address + path)
    page.wait_for_selector(".quality")
    page.evaluate("document.fonts.ready.then(() => true)")
    return page


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(
    "path", ["/quality", "/quality?check=no_limit&subject=incidents", "/quality?batch=1"]
)
def test_nothing_is_clipped_and_nothing_runs_out_of_the_page(
    page: Page, cockpit: LiveCockpit, path: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    opened(page, cockpit, path)
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_number_opens_as_many_rows_and_its_file_holds_them(
    page: Page, cockpit: LiveCockpit, tmp_path: Path
) -> None:
    opened(page, cockpit)
    page.click("text=缺120")
    page.wait_for_selector(".quality-is-list")
    assert "无办结时限 120 件" in page.inner_text(".quality-list")
    assert page.locator("tbody tr").count() == 50
    page.click(".quality-pages >> text='3'")
    page.wait_for_selector("text=本页101—120")
    assert page.locator("tbody tr").count() == 20
    with page.expect_download() as download:
        page.click("text=导出 CSV")
    file = tmp_path / "rows.csv"
    download.value.save_as(file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(file.read_text(encoding="utf-8-sig").splitlines()) == 121
    assert download.value.suggested_filename == "无办结时限.csv"


def test_the_page_listens_to_no_stream_and_asks_nobody_else(
    page: Page, cockpit: LiveCockpit
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    opened(page, cockpit)
    page.wait_for_timeout(6_500)
    assert not [url for url in asked if "/stream" in url or "/api/snapshot" in url]
    assert all(url.startswith((cockpit.address, "data:", "blob:")) for url in asked)
    assert faults == []
    assert page.get_attribute("body", "data-state") == "desk"
    # Still the page, hours later: no watchdog of the wall takes it for a dead one.
    assert page.locator(".quality-header").count() == 1


def test_a_page_left_open_says_how_old_it_is(page: Page, cockpit: LiveCockpit) -> None:
    page.clock.install()
    opened(page, cockpit)
    page.clock.run_for(10_000)
    assert page.inner_text(".quality-age") == ""
    page.clock.run_for(6 * 60_000)
    assert page.inner_text(".quality-age") == "6分钟前"
    assert "is-old" in (page.get_attribute(".quality-age", "class") or "")


def test_from_the_page_to_the_wall_the_stream_begins(page: Page, cockpit: LiveCockpit) -> None:
    opened(page, cockpit)
    page.click("text=返回大屏")
    page.wait_for_selector("#wall")
    page.wait_for_function("document.body.dataset.state !== 'desk'")
    page.go_back()
    page.wait_for_selector(".quality")
    page.wait_for_function("document.body.dataset.state === 'desk'")


def test_cards_and_links_are_reached_by_keyboard(page: Page, cockpit: LiveCockpit) -> None:
    opened(page, cockpit)
    focused = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        focused.add(page.evaluate("document.activeElement.innerText"))
    assert any("中断的来源" in text for text in focused)
    assert "重新读取" in focused
