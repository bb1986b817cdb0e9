"""Scripts, styles and outlines made and compressed once a worker, not once a request.

The libraries of a page are 8 MB; compressing them takes as long as everything else a cold load asks
of the server, and a province's outlines a third of a second. Answers that may change under their
address pass through untouched.
"""

import asyncio
import gzip
import time
from collections import defaultdict
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Addresses whose content only changes with the program, or with their `m=`.
LIBRARIES = "/_dash-component-suites/"
ASSETS, FINGERPRINT = "/assets/", b"m="
# Named after their lines; names of places in them may change without these, so not for ever.
OUTLINES, OUTLINES_SECONDS = "/geometry/", 600.0
COMPRESSIBLE = ("text/", "application/javascript", "application/json")
# Answered here; what lies behind is asked for the whole plain file.
NEGOTIATED = (b"accept-encoding", b"if-none-match", b"if-modified-since")
MOST_BYTES = 32 * 2**20


class Kept(NamedTuple):
    """An answer, compressed, and until when it holds (monotonic seconds)."""

    start: Message
    body: bytes
    until: float


class CompressedOnce:
    """Middleware in front of everything that serves files."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[tuple[str, bytes], Kept] = {}
        self._making: defaultdict[tuple[str, bytes], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass on and remember."""
        if not _is_wanted(scope):
            return await self._app(scope, receive, send)
        path: str = scope["path"]
        key = (path, b"" if path.startswith(OUTLINES) else scope["query_string"])
        # Of many who ask at once one makes it.
        async with self._making[key]:
            if not self._holds(key):
                if sum(len(kept.body) for kept in self._kept.values()) > MOST_BYTES:
                    self._making.pop(key, None)
                    return await self._app(scope, receive, send)
                start, body = await self._asked(scope, receive)
                if not _is_compressible(start):
                    self._making.pop(key, None)
                    return await _sent((start, body), send)
                self._kept[key] = await asyncio.to_thread(compressed, (start, body), _until(path))
        start, body, _ = self._kept[key]
        etag = Headers(raw=start["headers"]).get("etag")
        if etag and Headers(scope=scope).get("if-none-match") == etag:
            start, body = {**start, "status": 304, "headers": [(b"etag", etag.encode())]}, b""
        await _sent((start, body), send)

    def _holds(self, key: tuple[str, bytes]) -> bool:
        return key in self._kept and time.monotonic() < self._kept[key].until

    async def _asked(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """The whole answer of what lies behind."""
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        kept = [pair for pair in scope["headers"] if pair[0] not in NEGOTIATED]
        await self._app({**scope, "headers": kept}, receive, collect)
        return start, bytes(body)


def compressed(answer: tuple[Message, bytes], until: float) -> Kept:
    """The same answer, as small as gzip makes it."""
    start, body = answer
    smaller = gzip.compress(body, 9)
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(smaller))
    headers.add_vary_header("Accept-Encoding")
    return Kept({**start, "headers": headers.raw}, smaller, until)


def _until(path: str) -> float:
    return time.monotonic() + (OUTLINES_SECONDS if path.startswith(OUTLINES) else float("inf"))


def _is_wanted(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    headers = Headers(scope=scope)
    if "gzip" not in headers.get("accept-encoding", "") or "range" in headers:
        return False
    path: str = scope["path"]
    is_named = path.startswith(ASSETS) and FINGERPRINT in scope["query_string"]
    return is_named or path.startswith((LIBRARIES, OUTLINES))


def _is_compressible(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "")
    return (
        start["status"] == 200
        and kind.startswith(COMPRESSIBLE)
        and "content-encoding" not in headers
    )


async def _sent(answer: tuple[Message, bytes], send: Send) -> None:
    start, body = answer
    await send(start)
    await send({"type": "http.response.body", "body": body})
