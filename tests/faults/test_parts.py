"""Each part of the wall fails once in turn, in one cockpit and one browser.

On a wall that is open and on one opened meanwhile its panels say so and keep their last picture,
all others stay live, and it recovers by itself.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from data_access.embedded import EmbeddedServer
from layouts import wall as layout
from layouts.components import map_region
from layouts.ids import WallIds
from tests import live_province
from tests.failing_parts import MAKERS
from tests.faults.conftest import SAYS_SO_SECONDS, Wall, beating
from tests.live_cockpit import LiveCockpit

pytestmark = pytest.mark.browser

SOON = SAYS_SO_SECONDS
NOT_UPDATED = """() => Object.fromEntries([...document.querySelectorAll(".is-not-updated")]
  .map((node) => [node.id, node.querySelector(":scope > .panel-notice, :scope > .map-notice")
    .textContent]))"""
# Panels with nothing to keep: their source never delivered, or there is nothing to rank.
BLANK = """() => [...document.querySelectorAll(".is-no-data, .is-empty")].map((node) => node.id)"""
FIGURES = """(ids) => ids.flatMap((id) =>
  [...document.getElementById(id).querySelectorAll(".figure-number")]
    .filter((node) => !/alarm/.test(node.id)).map((node) => node.textContent))"""


@pytest.fixture(scope="module")
def fragile(server_folder: Path) -> Iterator[tuple[LiveCockpit, live_province.Writer, Path]]:
    """A cockpit, who writes to it, and the file that names the part that fails."""
    folder = server_folder / "parts"
    folder.mkdir()
    named = folder / "part"
    named.write_text("", "utf-8")
    with EmbeddedServer(folder / "pg") as server:
        server.create_database("live")
        url = server.url("live")
        live_province.found(url)
        writer = live_province.Writer(url)
        writer.add_incident()
        environment = {"TEST_FAILING_PART": str(named)}
        with (
            LiveCockpit(
                url, workers=1, snapshotter="tests.failing_parts", environment=environment
            ) as cockpit,
            beating(url),
        ):
            yield cockpit, writer, named
        writer.close()


def panels_of(part: str) -> set[str]:
    """Ids of what is drawn from the part."""
    drawn = {str(layout.PANELS[name].id) for name, parts in layout.PARTS.items() if part in parts}
    return drawn | ({str(WallIds.MAP)} if part in map_region.PARTS else set())


def drawn_from_only(part: str) -> set[str]:
    """Ids of panels that nothing else changes."""
    return {str(layout.PANELS[name].id) for name, parts in layout.PARTS.items() if parts == (part,)}


def test_every_part_can_be_made_to_fail() -> None:
    assert {part for parts in layout.PARTS.values() for part in parts} <= set(MAKERS)
    assert set(map_region.PARTS) <= set(MAKERS)


def test_each_part_fails_once_and_the_rest_goes_on(
    fragile: tuple[LiveCockpit, live_province.Writer, Path], context: BrowserContext
) -> None:
    cockpit, writer, named = fragile
    wall, late = Wall(context.new_page()), Wall(context.new_page())
    wall.page.goto(f"{cockpit.address}/wall")
    wall.wait(lambda: wall.state() == "live" and wall.registered() == "1", 20)
    for cases, part in enumerate(MAKERS, start=2):
        panels = panels_of(part) - set(wall.page.evaluate(BLANK))
        whole = sorted(panels & drawn_from_only(part))
        before = wall.page.evaluate(FIGURES, whole)
        named.write_text(part, "utf-8")
        writer.add_incident()
        wanted = (f"{part}未能更新,其余正常", dict.fromkeys(panels, "未能更新"))
        wall.wait(lambda wanted=wanted: said_by(wall) == wanted, SOON)
        counted = str(cases - 1 if part == "今日与在办" else cases)
        wall.wait(lambda counted=counted: wall.registered() == counted, SOON)
        # One page for all: going to the address again opens the wall anew.
        late.page.goto(f"{cockpit.address}/wall", wait_until="commit")
        late.wait(lambda wanted=wanted: said_by(late) == wanted, SOON)
        for each in (wall, late):
            assert each.state() == "live", part
            assert each.registered() == counted, part
            assert each.page.evaluate(FIGURES, whole) == before, part
        named.write_text("", "utf-8")
        writer.report_contact()
        for each in (wall, late):
            each.wait(lambda each=each: said_by(each) == ("", {}), SOON)
            each.wait(lambda each=each, cases=cases: each.registered() == str(cases), SOON)


def said_by(wall: Wall) -> tuple[str, dict[str, str]]:
    """The sentence in the header, and the word on each panel that is not updated."""
    return wall.sentence(), wall.page.evaluate(NOT_UPDATED)
