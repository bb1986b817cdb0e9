"""GET /geometry/<region>/<checksum>/<layer>.json: outlines for the map, cached for ever.

The address holds the checksum of the lines, so a document never changes under one address.
"""

import asyncio

from fastapi import FastAPI, Response

from dashboard.errors import DataUnavailable, UnknownRegion
from data_access import outlines, region_tree
from data_access.database import Database

# Not 404: Dash answers every 404 with its page.
GONE = 410
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


def register(server: FastAPI, database: Database) -> None:
    """Add the route to the web server."""

    @server.get("/geometry/{region}/{checksum}/{layer}.json", include_in_schema=False)
    async def geometry(region: str, checksum: str, layer: str) -> Response:
        try:
            body = await asyncio.to_thread(read_layer, database, region, checksum, layer)
        except UnknownRegion as error:
            return Response(str(error), status_code=GONE, media_type="text/plain")
        except DataUnavailable as error:
            return Response(str(error), status_code=503, media_type="text/plain")
        return Response(body, media_type="application/json", headers=IMMUTABLE)


def read_layer(database: Database, region: str, checksum: str, layer: str) -> bytes:
    """One layer's document.

    Raises:
        UnknownRegion: no such region or layer, or other lines are in use now.
        DatabaseUnavailable, DataUnavailable.
    """
    with database.read() as connection:
        tree = region_tree.load(connection)
        return outlines.document(connection, tree, tree.find(region), layer, checksum)
