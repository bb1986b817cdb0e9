"""The pages /quality and the routes /quality.csv: an address in, a page or a file out.

Read when asked for, not streamed: the page says when that was. Scope is that of the region in the
address, as for the wall.
"""

import asyncio
import csv
import io
import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dash.development.base_component import Component
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from dashboard import demo_mark
from dashboard.errors import CockpitError, DataUnavailable
from dashboard.quality_addresses import NAME, QualityAddress
from data_access import quality_lists, quality_readings
from data_access.database import Database
from layouts import quality, quality_wording
from layouts import quality_lists as list_layout
from layouts.documents import quality_tables

log = logging.getLogger(__name__)

# A spreadsheet takes a file without it for another encoding.
BOM = "\ufeff"
# Characters of a file that are sent at once.
PIECE = 30_000
# Not 404: Dash answers every 404 with its page.
UNKNOWN, AWAY = 410, 503
Rows = Iterable[tuple[str, ...]]


async def page_for(database: Database, path: str, query: str) -> Component:
    """The page of an address.

    Raises:
        UnknownAddress, UnknownForm, UnknownRegion, DatabaseUnavailable, DataUnavailable.
    """
    address = QualityAddress.parse(path, query)
    return await asyncio.to_thread(_page, database, address)


def _page(database: Database, address: QualityAddress) -> Component:
    now = datetime.now(UTC)
    if address.kind == "report":
        report = quality_readings.read(database, address.region, days=address.days, now=now)
        return quality.build(report, address)
    return list_layout.build(quality_lists.read(database, address, now=now), address)


def register_routes(server: FastAPI, database: Database) -> None:
    """Add the routes of the files."""

    @server.get(f"/{NAME}.csv", include_in_schema=False)
    @server.get(f"/{NAME}.csv/{{region}}", include_in_schema=False)
    async def table(request: Request, region: str | None = None) -> Response:
        path = f"/{NAME}" + (f"/{region}" if region else "")
        try:
            address = QualityAddress.parse(path, request.url.query)
            name, rows = await asyncio.to_thread(_file, database, address)
        except DataUnavailable as error:
            return Response(str(error), status_code=AWAY, media_type="text/plain")
        except CockpitError as error:
            return Response(str(error), status_code=UNKNOWN, media_type="text/plain")
        # An export of rows leaves a trace whatever the service's log level leaves out.
        asked_by = request.client.host if request.client else "?"
        log.warning("export of %s to %s", address.href(), asked_by)
        return StreamingResponse(
            _encoded(rows),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
                "Cache-Control": "no-store",
            },
        )


def _file(database: Database, address: QualityAddress) -> tuple[str, Rows]:
    """Name and rows of the file, read up to its first row: what is wrong is said before it."""
    now = datetime.now(UTC)
    if address.kind == "report":
        report = quality_readings.read(database, address.region, days=address.days, now=now)
        local = report.as_of.astimezone(ZoneInfo(report.zone))
        name = f"数据质量-{local:%Y%m%d-%H%M}.csv"
        return demo_mark.file_name(name, is_demo=report.is_demo), quality_tables.table(report)
    page = quality_lists.read(database, address, now=now)
    rows = quality_lists.every(database, address, now=now)
    first = next(rows, None)
    zone = ZoneInfo(page.zone)
    cells = (
        quality_wording.list_cells(row, zone)
        for row in chain(() if first is None else (first,), rows)
    )
    lines = chain((quality_wording.list_heads(address.kind),), cells)
    name = demo_mark.file_name(f"{page.title}.csv", is_demo=page.is_demo)
    return name, demo_mark.rows(lines, is_demo=page.is_demo)


def _encoded(rows: Rows) -> Iterator[bytes]:
    """The file in pieces: each costs a change of threads."""
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([quality_tables.as_text(cell) for cell in row])
        if buffer.tell() >= PIECE:
            yield buffer.getvalue().encode("utf-8")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8")
