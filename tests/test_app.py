"""The web server around the pages: what every answer has in common."""

import asyncio
from typing import Any

from app import create_app
from dashboard.settings import Settings

NOWHERE = Settings(database_url="postgresql+psycopg://nobody@127.0.0.1:9/none")


def asked(method: str, path: str) -> list[dict[str, Any]]:
    """The messages that the server answers a request with; no database is needed for it."""
    answer: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
    }

    requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for request in requests:
            return request
        await asyncio.Event().wait()  # the client stays
        raise AssertionError("it never leaves")

    async def send(message: Any) -> None:
        answer.append(message)

    asyncio.run(create_app(NOWHERE).server(scope, receive, send))
    return answer


def test_a_monitor_that_asks_for_the_head_gets_it_without_a_body() -> None:
    whole, head = asked("GET", "/offline"), asked("HEAD", "/offline")
    assert whole[0]["status"] == head[0]["status"] == 200
    assert b"".join(message.get("body", b"") for message in whole)
    assert not b"".join(message.get("body", b"") for message in head)


def test_every_answer_bears_the_build() -> None:
    [start, *_] = asked("GET", "/offline")
    assert b"x-cockpit" in dict(start["headers"])
