"""A leader whose packets are dropped: the server gives its lock up soon, whatever it was sending.

The server stands in a network namespace of its own, on a link that can be cut; only root may do so.
"""

import ctypes
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from data_access import feed
from data_access.embedded import EmbeddedServer
from data_access.live_schema import CHANGES_CHANNEL
from tests.programs import chosen_programs

LOCK = 42
SERVER, CLIENT = "10.213.77.1", "10.213.77.2"
# A hint is unanswered for 3 s, and the server looks after the lock; then somebody else may lead.
TAKEN_OVER_SECONDS = 10
NETWORK = 0x40000000  # CLONE_NEWNET of Linux


def ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """What this thread starts in the block has the network of the namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as own, Path(namespace).open() as other:
        assert libc.setns(other.fileno(), NETWORK) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(own.fileno(), NETWORK) == 0


@pytest.fixture
def link() -> Iterator[tuple[str, str]]:
    """A namespace with SERVER in it, and our end of the link to it, with CLIENT."""
    name = f"ck{os.getpid()}"
    ours, theirs = f"{name}a", f"{name}b"
    try:
        ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespace can be made here: {error}")
    try:
        ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        ip("addr", "add", f"{CLIENT}/30", "dev", ours)
        ip("link", "set", ours, "up")
        ip("-n", name, "addr", "add", f"{SERVER}/30", "dev", theirs)
        ip("-n", name, "link", "set", theirs, "up")
        yield f"/run/netns/{name}", ours
    finally:
        ip("netns", "delete", name)


@pytest.fixture
def server(link: tuple[str, str], server_folder: Path) -> Iterator[EmbeddedServer]:
    """A server that listens on the far end of the link, and on its socket as ever."""
    namespace, _ = link
    settings = {"listen_addresses": SERVER}
    server = EmbeddedServer(
        server_folder / "lost-leader", settings=settings, programs=chosen_programs()
    )
    with ExitStack() as stack:
        with inside(namespace):
            stack.enter_context(server)
        rules = server.folder.pgdata / "pg_hba.conf"
        rules.write_text(f"{rules.read_text()}\nhost all all {CLIENT}/32 trust\n")
        with psycopg.connect(feed.libpq_url(server.url("postgres"))) as connection:
            connection.execute("select pg_reload_conf()")
        yield server


def over_the_link(local: URL) -> URL:
    return local.set(host=SERVER, port=5432, query={})


def test_another_leads_soon_after_the_link_to_the_leader_is_cut(
    server: EmbeddedServer, link: tuple[str, str]
) -> None:
    """With a hint on its way once a second, as cases come."""
    local = server.url("postgres")
    leader = feed.ChangeListener(over_the_link(local))
    standby = feed.ChangeListener(local)
    assert leader.try_to_lead(LOCK)
    with psycopg.connect(feed.libpq_url(local), autocommit=True) as writer:
        writer.execute(f"notify {CHANGES_CHANNEL}")
        assert leader.wait(5)
        ip("link", "set", link[1], "down")
        cut = time.monotonic()
        while not standby.try_to_lead(LOCK):
            assert time.monotonic() - cut < TAKEN_OVER_SECONDS, "the lock is still held"
            writer.execute(f"notify {CHANGES_CHANNEL}")
            time.sleep(0.5)
    standby.close()
    leader.close()
