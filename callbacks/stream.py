"""Routes of the live stream: GET /stream, and GET /api/snapshot where streaming is forbidden.

Both take the page's own address (`path`, `query`), so that a screen can connect before the
database has told which region that is. What is sent stands in `callbacks.events`.
"""

from collections.abc import AsyncIterator

from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

from callbacks.events import as_message
from callbacks.hub import Hub

# Proxies may neither keep a copy nor hold back what they have (nginx reads the last one).
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def register(server: FastAPI, hub: Hub) -> None:
    """Add the routes to the web server."""

    @server.get("/stream", include_in_schema=False)
    async def stream(path: str = "/", query: str = "") -> StreamingResponse:
        messages = _messages(hub, path, query)
        return StreamingResponse(messages, media_type="text/event-stream", headers=HEADERS)

    @server.get("/api/snapshot", include_in_schema=False)
    async def snapshot(path: str = "/", query: str = "", since: int | None = None) -> Response:
        event = await hub.poll(path, query, since)
        return Response(event, media_type="application/json", headers=HEADERS)


async def _messages(hub: Hub, path: str, query: str) -> AsyncIterator[bytes]:
    # No request.is_disconnected() here: it ends the stream; leaving runs the generator's finally.
    async for event in hub.listen(path, query):
        yield as_message(event)
