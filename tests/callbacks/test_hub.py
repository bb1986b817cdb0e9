"""The view that an address leads to."""

import asyncio

import pytest

from callbacks.hub import Hub
from dashboard.addresses import Address
from data_access.database import Database
from tests import live_province
from tests.built_in import built_in_wall


@pytest.mark.parametrize(
    ("code", "region"),
    [(None, live_province.PROVINCE), ("990100", live_province.EAST)],
)
def test_an_address_without_a_code_leads_to_the_region_of_its_screen(
    database: Database, code: str | None, region: int
) -> None:
    live_province.populate(database.url)
    wall = built_in_wall().model_copy(update={"region": code})
    hub = Hub(
        database, draw=lambda snapshot: {}, screen_of=lambda address: wall, build="", quiet_hour=4
    )

    async def find() -> int:
        return (await hub._channel(Address())).view.region_id

    assert asyncio.run(find()) == region
