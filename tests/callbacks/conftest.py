"""A cockpit of two workers on an invented province, and clients that read its stream."""

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import URL

from tests import live_province
from tests.conftest import run_outside_a_transaction
from tests.live_cockpit import LiveCockpit


@dataclass
class StreamClient:
    """A screen that only listens: keeps every event it hears, from a thread of its own."""

    address: str
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._response = urllib.request.urlopen(self.address, timeout=15)
        self.headers = self._response.headers
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with suppress(OSError, ValueError, AttributeError):
            for line in self._response:
                if line.startswith(b"data: "):
                    self.events.append(json.loads(line.removeprefix(b"data: ")))

    @property
    def number(self) -> int | None:
        """Number of the snapshot this screen shows."""
        return self.events[-1]["meta"]["number"] if self.events else None

    def props(self) -> dict[str, dict[str, Any]]:
        """What its leaves show after all events."""
        shown: dict[str, dict[str, Any]] = {}
        for event in self.events:
            if event["type"] == "snapshot":
                shown = {}
            for leaf, values in event.get("props", {}).items():
                shown.setdefault(leaf, {}).update(values)
        return shown

    def close(self) -> None:
        if self._response.fp is not None:
            with suppress(OSError):
                self._response.fp.raw._sock.shutdown(2)
        self._thread.join(5)
        self._response.close()


@pytest.fixture(scope="module")
def province(postgres: Callable[[str], URL], migrated_template: str) -> Iterator[URL]:
    """A database of this module's own with the invented province in it."""
    name = f"live_{uuid4().hex[:12]}"
    server = postgres("postgres")
    run_outside_a_transaction(server, f"CREATE DATABASE {name} TEMPLATE {migrated_template}")
    live_province.populate(postgres(name))
    yield postgres(name)
    run_outside_a_transaction(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def cockpit(province: URL) -> Iterator[LiveCockpit]:
    with LiveCockpit(province) as cockpit:
        yield cockpit


@pytest.fixture
def writer(province: URL) -> Iterator[live_province.Writer]:
    writer = live_province.Writer(province)
    yield writer
    writer.close()


@pytest.fixture
def listen(cockpit: LiveCockpit) -> Iterator[Callable[..., StreamClient]]:
    """``listen("/wall")`` opens a stream; it is closed after the test."""
    clients: list[StreamClient] = []

    def listen(path: str = "/wall", query: str = "") -> StreamClient:
        address = f"{cockpit.address}/stream?path={quote(path)}&query={quote(query)}"
        clients.append(StreamClient(address))
        return clients[-1]

    yield listen
    for client in clients:
        client.close()
