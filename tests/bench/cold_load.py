"""Cold load: a browser that has never seen the wall, until the last panel and the map are there.

Beside it: the same wall opened again with the browser's cache.
"""

from collections.abc import Iterable

from playwright.sync_api import Browser, CDPSession

from tests.bench.measurement import Beside, Measurement
from tests.bench.running_cockpit import RunningCockpit
from tests.bench.wall_page import WallPage, fresh_page

RUNS = 10
AIM_SECONDS, AIM_MEGABYTES = 2.5, 3.0


class Wire:
    """Bytes as they came over the wire, and requests, counted by the browser."""

    def __init__(self, session: CDPSession) -> None:
        self.requests = 0
        self._bytes: dict[str, float] = {}
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.responseReceived", self._began)
        session.on("Network.dataReceived", self._came)
        session.on("Network.loadingFinished", self._ended)

    @property
    def megabytes(self) -> float:
        return sum(self._bytes.values()) / 1e6

    def _sent(self, event: dict) -> None:
        self.requests += not event["request"]["url"].startswith(("data:", "blob:"))

    def _began(self, event: dict) -> None:
        self._bytes[event["requestId"]] = event["response"]["encodedDataLength"]

    def _came(self, event: dict) -> None:
        self._bytes[event["requestId"]] = (
            self._bytes.get(event["requestId"], 0) + event["encodedDataLength"]
        )

    def _ended(self, event: dict) -> None:
        self._bytes[event["requestId"]] = event["encodedDataLength"]


def measure(cockpit: RunningCockpit, browser: Browser) -> Iterable[Measurement]:
    """Seconds, megabytes and requests of ten first visits."""
    visits = [_visit(browser, cockpit.address) for _ in range(RUNS)]
    seconds, again, megabytes, requests = zip(*visits, strict=True)
    yield Measurement(
        what="cold load to the last panel",
        unit="s",
        samples=seconds,
        aim=AIM_SECONDS,
        beside=Beside(what="opened again, cache warm", samples=again),
        note="New context, empty cache, 1920 × 1080; until every visible panel holds values, the"
        " fonts are there, and the map has painted fill, lines and heat.",
    )
    yield Measurement(
        what="cold load, over the wire",
        unit="MB",
        samples=megabytes,
        aim=AIM_MEGABYTES,
        note=f"Encoded bytes with headers, of {max(requests)} requests, the first event of the"
        " stream among them.",
    )


def _visit(browser: Browser, address: str) -> tuple[float, float, float, int]:
    """Seconds cold, seconds warm, megabytes cold, requests cold."""
    with fresh_page(browser) as wall:
        wire = Wire(wall.context.new_cdp_session(wall.page))
        cold = _seconds(wall, address)
        wall.settle()
        megabytes, requests = wire.megabytes, wire.requests
        wall.page.goto("about:blank")
        return cold, _seconds(wall, address), megabytes, requests


def _seconds(wall: WallPage, address: str) -> float:
    wall.page.goto(f"{address}/wall", wait_until="commit")
    return wall.wait_until_complete() / 1000
