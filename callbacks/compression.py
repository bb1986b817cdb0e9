"""Scripts, styles and outlines made and compressed once a worker, not once a request.

The libraries of a page are 8 MB; compressing them takes as long as everything else a cold load asks
of the server, and a province's outlines a third of a second. Answers that may change under their
address pass through untouched.
"""

import asyncio
import gzip
from collections.abc import MutableMapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Addresses whose content only changes with the program, with the checksum in them, or with `m=`.
NAMED_FOR_EVER = ("/_dash-component-suites/", "/geometry/")
ASSETS, FINGERPRINT = "/assets/", b"m="
COMPRESSIBLE = ("text/", "application/javascript", "application/json")
# Answered here; what lies behind is asked for the whole plain file.
NEGOTIATED = (b"accept-encoding", b"if-none-match", b"if-modified-since")
MOST_BYTES = 32 * 2**20

Kept = tuple[Message, bytes]


class CompressedOnce:
    """Middleware in front of everything that serves files."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: MutableMapping[tuple[str, bytes], Kept] = {}
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass on and remember."""
        if not _is_wanted(scope):
            return await self._app(scope, receive, send)
        key = (scope["path"], scope["query_string"])
        if key not in self._kept:
            answer = await self._asked(scope, receive)
            if not _is_compressible(answer[0]) or self._size > MOST_BYTES:
                return await _sent(answer, send)
            self._kept[key] = await asyncio.to_thread(compressed, answer)
            self._size += len(self._kept[key][1])
        start, body = self._kept[key]
        etag = Headers(raw=start["headers"]).get("etag")
        if etag and Headers(scope=scope).get("if-none-match") == etag:
            start, body = {**start, "status": 304, "headers": [(b"etag", etag.encode())]}, b""
        await _sent((start, body), send)

    async def _asked(self, scope: Scope, receive: Receive) -> Kept:
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


def compressed(answer: Kept) -> Kept:
    """The same answer, as small as gzip makes it."""
    start, body = answer
    smaller = gzip.compress(body, 9)
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(smaller))
    headers.add_vary_header("Accept-Encoding")
    return {**start, "headers": headers.raw}, smaller


def _is_wanted(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    headers = Headers(scope=scope)
    if "gzip" not in headers.get("accept-encoding", "") or "range" in headers:
        return False
    path: str = scope["path"]
    is_named = path.startswith(ASSETS) and FINGERPRINT in scope["query_string"]
    return is_named or path.startswith(NAMED_FOR_EVER)


def _is_compressible(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "")
    return (
        start["status"] == 200
        and kind.startswith(COMPRESSIBLE)
        and "content-encoding" not in headers
    )


async def _sent(answer: Kept, send: Send) -> None:
    start, body = answer
    await send(start)
    await send({"type": "http.response.body", "body": body})
