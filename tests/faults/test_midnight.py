"""Midnight in Asia/Shanghai, on servers that count in UTC and in a browser that is elsewhere."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import URL

from tests import live_province
from tests.faults.conftest import LIVE_AGAIN_SECONDS, Wall, beating
from tests.live_cockpit import LiveCockpit

pytestmark = pytest.mark.browser

# From the start of the servers to the midnight they are made to see.
LEAD_SECONDS = 40
# Time enough to draw a wall before midnight.
LAST_SECONDS = 10
TURNS_SECONDS = 3


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


@pytest.fixture
def abroad(browser: Browser) -> Iterator[BrowserContext]:
    """A browser to which it is another hour, and often another day."""
    context = browser.new_context(timezone_id="America/New_York")
    yield context
    context.close()


def test_the_day_begins_anew_on_walls_opened_before_and_after(
    evening: LiveCockpit, abroad: BrowserContext, database_url: URL, midnight: datetime
) -> None:
    writer = live_province.Writer(database_url)
    writer.add_incident(at=midnight - timedelta(minutes=3))
    wall = wall_at(evening, abroad)
    wall.wait(lambda: wall.registered() == "1", LIVE_AGAIN_SECONDS)
    wall.page.evaluate("window.isSamePage = true")
    time.sleep(max(0, seconds_until(midnight, evening) - LAST_SECONDS))
    late_wall = wall_at(evening, abroad)
    evening_face = ("live", "23:59", date_after(midnight, hours=-1), "1")
    late_wall.wait(lambda: face(late_wall) == evening_face, seconds_until(midnight, evening))
    assert face(wall) == evening_face
    late_wall.page.evaluate("window.isSamePage = true")
    morning_face = ("live", "00:00", date_after(midnight, hours=1), "0")
    wall.wait(lambda: wall.text("header-clock") == "00:00", LAST_SECONDS)
    began = time.monotonic()
    for each in (wall, late_wall):
        left = TURNS_SECONDS - (time.monotonic() - began)
        each.wait(lambda each=each: face(each) == morning_face, left)
        assert each.page.evaluate("window.isSamePage") is True
    morning_wall = wall_at(evening, abroad)
    morning_wall.wait(lambda: morning_wall.registered() != "", LIVE_AGAIN_SECONDS)
    assert morning_wall.registered() == "0"
    morning_wall.wait(lambda: face(morning_wall) == morning_face, TURNS_SECONDS)
    writer.close()


def wall_at(cockpit: LiveCockpit, context: BrowserContext) -> Wall:
    wall = Wall(context.new_page())
    wall.page.goto(f"{cockpit.address}/wall")
    return wall


def seconds_until(midnight: datetime, cockpit: LiveCockpit) -> float:
    """By the clock of the servers."""
    return (midnight - datetime.now(UTC)).total_seconds() - cockpit.clock_offset


def date_after(midnight: datetime, *, hours: int) -> str:
    """The date in Asia/Shanghai so long after: 11月20日."""
    there = midnight + timedelta(hours=8 + hours)
    return f"{there.month}月{there.day}日"


def face(wall: Wall) -> tuple[str, str, str, str]:
    """State, clock, date without the day of the week, and what was registered today."""
    date = wall.text("header-date").partition(" ")[0]
    return wall.state(), wall.text("header-clock"), date, wall.registered()
