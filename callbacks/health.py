"""GET /health: how this web worker, the database and the snapshotter are, for monitoring."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from callbacks.hub import Hub
from dashboard.addresses import Address
from dashboard.errors import CockpitError


def register(server: FastAPI, hub: Hub) -> None:
    """Add the route: 200 when everything behind answers, else 503; the body says what is wrong."""

    @server.get("/health", include_in_schema=False)
    async def health() -> JSONResponse:
        state = hub.state()
        is_well = state["database"]["since"] is None and state["engine"]["since"] is None
        return JSONResponse(
            {"is_well": is_well, **state},
            status_code=200 if is_well else 503,
            headers={"Cache-Control": "no-store"},
        )

    @server.get("/ready", include_in_schema=False)
    async def ready() -> JSONResponse:
        """200 once the whole scope's wall has its first picture."""
        try:
            snapshot = await hub.current(Address())
        except CockpitError:
            snapshot = None
        return JSONResponse(
            {"number": snapshot.number if snapshot else None},
            status_code=200 if snapshot else 503,
            headers={"Cache-Control": "no-store"},
        )

    @server.get("/alive", include_in_schema=False)
    async def alive() -> JSONResponse:
        """Whether the web server itself answers: asked before a page loads itself anew."""
        return JSONResponse({"build": hub.state()["build"]}, headers={"Cache-Control": "no-store"})
