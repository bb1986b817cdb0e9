import asyncio
import gzip

import pytest
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Message, Receive, Scope, Send

from callbacks import compression
from callbacks.compression import CompressedOnce

BODY = b"function wall() { return 'wall'; }\n" * 200
LIBRARY = "/_dash-component-suites/dash/x.js"
OUTLINES = "/geometry/330000/0123456789abcdef/counties.json"


class Files:
    """Answers everything with one file, and counts how often."""

    def __init__(self, kind: bytes = b"application/javascript", status: int = 200) -> None:
        self.asked = 0
        self._kind = kind
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        headers = [(b"content-type", self._kind), (b"etag", b"abc")]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": BODY[:100], "more_body": True})
        await send({"type": "http.response.body", "body": BODY[100:]})


def get(app: CompressedOnce, path: str, query: str = "", **headers: str) -> tuple[Message, bytes]:
    """Status and headers, and the body, of a request whose header names have underscores."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    named = {"accept_encoding": "gzip", **headers}
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in named.items()
        ],
    }
    asyncio.run(app(scope, receive, send))
    return sent[0], b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("path", [LIBRARY, OUTLINES])
def test_a_file_is_compressed_once_and_then_answered_from_memory(path: str) -> None:
    files = Files()
    app = CompressedOnce(GZipMiddleware(files))
    first, again = get(app, path), get(app, path)
    assert files.asked == 1
    assert first == again
    assert gzip.decompress(again[1]) == BODY
    assert (b"content-encoding", b"gzip") in again[0]["headers"]


def test_outlines_are_kept_by_their_path_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = Files()
    app = CompressedOnce(files)
    for query in ("", "1", "2"):
        get(app, OUTLINES, query)
    assert files.asked == 1
    now = compression.time.monotonic() + compression.OUTLINES_SECONDS + 1
    monkeypatch.setattr(compression.time, "monotonic", lambda: now)
    get(app, OUTLINES)
    assert files.asked == 2


def test_where_there_is_no_room_the_answer_passes_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compression, "MOST_BYTES", 0)
    app = CompressedOnce(GZipMiddleware(Files()))
    get(app, LIBRARY)
    start, body = get(app, OUTLINES)
    assert (b"content-encoding", b"gzip") in start["headers"]
    assert gzip.decompress(body) == BODY


def test_of_many_who_ask_at_once_one_makes_the_answer() -> None:
    files = Files()
    app = CompressedOnce(files)
    scope = {
        "type": "http",
        "method": "GET",
        "path": LIBRARY,
        "query_string": b"",
        "headers": [(b"accept-encoding", b"gzip")],
    }
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def many() -> None:
        await asyncio.gather(*(app(scope, receive, send) for _ in range(5)))

    asyncio.run(many())
    assert files.asked == 1
    assert len(sent) == 10


def test_outlines_that_could_not_be_read_are_read_again() -> None:
    files = Files(b"text/plain", 503)
    app = CompressedOnce(files)
    assert get(app, OUTLINES)[0]["status"] == get(app, OUTLINES)[0]["status"] == 503
    assert files.asked == 2


def test_a_browser_that_has_the_file_is_told_so() -> None:
    start, body = get(CompressedOnce(Files()), LIBRARY, if_none_match="abc")
    assert (start["status"], body) == (304, b"")


@pytest.mark.parametrize(
    ("path", "query", "headers"),
    [
        ("/wall", "", {}),
        ("/stream", "path=/wall", {}),
        ("/assets/live.js", "", {}),
        (LIBRARY, "", {"accept_encoding": "br"}),
        (LIBRARY, "", {"range": "bytes=0-9"}),
    ],
)
def test_what_may_change_or_is_asked_for_otherwise_passes_through(
    path: str, query: str, headers: dict[str, str]
) -> None:
    files = Files()
    app = CompressedOnce(files)
    get(app, path, query, **headers)
    _, body = get(app, path, query, **headers)
    assert files.asked == 2
    assert body == BODY


def test_an_asset_with_a_fingerprint_is_kept() -> None:
    files = Files()
    app = CompressedOnce(files)
    get(app, "/assets/live.js", "m=1")
    get(app, "/assets/live.js", "m=1")
    get(app, "/assets/live.js", "m=2")
    assert files.asked == 2


@pytest.mark.parametrize("files", [Files(b"font/woff2"), Files(status=404)])
def test_fonts_and_failures_are_not_kept(files: Files) -> None:
    app = CompressedOnce(files)
    get(app, LIBRARY)
    _, body = get(app, LIBRARY)
    assert files.asked == 2
    assert body == BODY
