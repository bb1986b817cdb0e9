"""The day on which the header swaps its ends: it turns at the quiet hour, in the wall's zone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests import chromium

pytestmark = pytest.mark.browser

ASSETS = Path(__file__).parents[2] / "assets"
QUIET_HOUR = 4
ENDS = """([moment, quiet_hour]) => {
  cockpit.upkeep.swapEnds({ quiet_hour }, Date.parse(moment));
  return document.body.dataset.ends;
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program(), args=chromium.FLAGS
        )
        page = browser.new_page(timezone_id="America/New_York")
        for name in ("live_clock.js", "live_upkeep.js"):
            page.add_script_tag(path=ASSETS / name)
        yield page
        browser.close()


def ends(page: Page, moment: str) -> str:
    said: str = page.evaluate(ENDS, [f"{moment}+08:00", QUIET_HOUR])
    return said


def test_ends_swap_at_the_quiet_hour_and_stay_for_a_day(page: Page) -> None:
    before = ends(page, "2026-11-20T03:59:59")
    after = ends(page, "2026-11-20T04:00:00")
    assert {before, after} == {"usual", "swapped"}
    assert ends(page, "2026-11-19T04:00:00") == before
    assert ends(page, "2026-11-20T23:59:59") == after
    assert ends(page, "2026-11-21T03:59:59") == after
    assert ends(page, "2026-11-21T04:00:00") == before


def test_ends_swap_over_new_year_as_on_any_day(page: Page) -> None:
    assert ends(page, "2026-12-31T12:00:00") != ends(page, "2027-01-01T12:00:00")
