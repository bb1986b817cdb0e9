"""Midnight in Asia/Shanghai, on servers that count in UTC and in a browser that is elsewhere."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser
from sqlalchemy import URL

from tests import live_province
from tests.faults.conftest import LIVE_AGAIN_SECONDS, Wall, beating
from tests.live_cockpit import LiveCockpit

pytestmark = pytest.mark.browser

# From the start of the servers to the midnight they are made to see.
LEAD_SECONDS = 40


@pytest.fixture
def midnight() -> datetime:
    """A midnight in Asia/Shanghai: 16:00 in UTC."""
    return datetime.now(UTC).replace(hour=16, minute=0, second=0, microsecond=0)


@pytest.fixture
def evening(database_url: URL, midnight: datetime) -> Iterator[LiveCockpit]:
    """A cockpit whose clocks will soon show midnight."""
    offset = (midnight - timedelta(seconds=LEAD_SECONDS) - datetime.now(UTC)).total_seconds()
    with (
        beating(database_url, clock_offset=offset),
        LiveCockpit(database_url, workers=1, clock_offset=offset) as cockpit,
    ):
        yield cockpit


def test_the_day_begins_anew_on_an_open_wall(
    evening: LiveCockpit, browser: Browser, database_url: URL, midnight: datetime
) -> None:
    writer = live_province.Writer(database_url)
    writer.add_incident(at=midnight - timedelta(minutes=3))
    context = browser.new_context(timezone_id="America/New_York")
    wall = Wall(context.new_page())
    wall.page.goto(f"{evening.address}/wall")
    wall.wait(lambda: wall.registered() == "1", LIVE_AGAIN_SECONDS)
    evening_date = wall.text("header-date")
    wall.page.evaluate("window.isSamePage = true")
    wall.wait(lambda: wall.text("header-clock") == "00:00", LEAD_SECONDS + 10)
    wall.wait(lambda: wall.registered() == "0", 3)
    assert wall.text("header-date") != evening_date
    assert f"{(midnight + timedelta(hours=8)).day}日" in wall.text("header-date")
    assert wall.state() == "live"
    assert wall.page.evaluate("window.isSamePage") is True
    writer.close()
    context.close()
