"""An open wall whose snapshots come from a hot standby that is stopped, or that lags."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import BrowserContext

from data_access.embedded import EmbeddedServer
from data_access.feed import libpq_url
from tests import live_province
from tests.faults.conftest import LIVE_AGAIN_SECONDS, SAYS_SO_SECONDS, Wall, beating
from tests.live_cockpit import LiveCockpit
from tests.programs import chosen_programs
from tests.replication import standby_of

pytestmark = pytest.mark.browser

# A standby that is five seconds behind is said.
LAG_SECONDS = 5.0


@pytest.fixture(scope="module")
def servers(server_folder: Path) -> Iterator[tuple[EmbeddedServer, EmbeddedServer]]:
    """A primary with the invented province, and its standby."""
    folder = server_folder / "standby-on-the-wall"
    folder.mkdir()
    with EmbeddedServer(folder / "primary", programs=chosen_programs()) as primary:
        primary.create_database("live")
        live_province.found(primary.url("live"))
        with standby_of(primary, folder / "standby") as standby:
            yield primary, standby


@pytest.fixture
def wall(
    servers: tuple[EmbeddedServer, EmbeddedServer], context: BrowserContext
) -> Iterator[tuple[Wall, live_province.Writer]]:
    """A live wall, and who writes to the primary."""
    primary, standby = (server.url("live") for server in servers)
    writer = live_province.Writer(primary)
    writer.add_incident()
    reads = standby.render_as_string(hide_password=False)
    with (
        beating(primary),
        LiveCockpit(primary, environment={"COCKPIT_READ_DATABASE_URL": reads}) as cockpit,
    ):
        wall = Wall(context.new_page())
        wall.page.goto(f"{cockpit.address}/wall")
        wall.wait(lambda: wall.state() == "live" and wall.registered() not in ("", "—"), 20)
        wall.wait(lambda: wall.sentence() == "", 10)
        yield wall, writer
    writer.close()


def goes_on(wall: Wall, writer: live_province.Writer) -> None:
    """A new incident is on the wall, which is live."""
    after = f"{int(wall.registered()) + 1}"
    writer.add_incident()
    wall.wait(lambda: wall.registered() == after, SAYS_SO_SECONDS)
    assert wall.state() == "live"


def test_the_standby_is_stopped(
    servers: tuple[EmbeddedServer, EmbeddedServer], wall: tuple[Wall, live_province.Writer]
) -> None:
    face, writer = wall
    _, standby = servers
    goes_on(face, writer)
    standby.stop("fast")
    try:
        face.wait(lambda: face.sentence().startswith("只读副本无应答"), SAYS_SO_SECONDS)
        assert face.sentence().endswith("秒,改读主库")
        goes_on(face, writer)
    finally:
        standby.start()
    face.wait(lambda: face.sentence() == "", LIVE_AGAIN_SECONDS)
    goes_on(face, writer)


def test_the_standby_lags(
    servers: tuple[EmbeddedServer, EmbeddedServer], wall: tuple[Wall, live_province.Writer]
) -> None:
    face, writer = wall
    _, standby = servers
    with psycopg.connect(libpq_url(standby.url("live")), autocommit=True) as connection:
        connection.execute("select pg_wal_replay_pause()")
        try:
            goes_on(face, writer)
            face.wait(lambda: age(face) is not None, LAG_SECONDS + SAYS_SO_SECONDS)
            first = age(face) or 0
            assert first >= LAG_SECONDS
            face.wait(lambda: (age(face) or 0) >= first + 2, SAYS_SO_SECONDS)
            goes_on(face, writer)
        finally:
            connection.execute("select pg_wal_replay_resume()")
    face.wait(lambda: face.sentence() == "", LIVE_AGAIN_SECONDS)
    goes_on(face, writer)


def age(face: Wall) -> int | None:
    """Seconds that the standby is behind, as the wall says."""
    said = re.fullmatch(r"只读副本落后(\d+)秒,改读主库", face.sentence())
    return int(said[1]) if said else None
