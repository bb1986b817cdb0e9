import gzip
import json
import re
import time
import urllib.error
import urllib.request
from email.message import Message

import pytest

from tests import live_province
from tests.live_cockpit import LiveCockpit


def fetch(cockpit: LiveCockpit, path: str, body: dict | None = None) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(
        cockpit.address + path,
        data=json.dumps(body).encode() if body else None,
        headers={"Accept-Encoding": "gzip", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            status, headers, content = response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        with error:
            status, headers, content = error.code, error.headers, error.read()
    if headers["Content-Encoding"] == "gzip":
        content = gzip.decompress(content)
    return status, headers, content


def page(cockpit: LiveCockpit, path: str, query: str = "") -> dict:
    """What the page's callback answers for an address."""
    marks = ("children", "data-address", "data-number", "data-night")
    body = {
        "output": ".." + "...".join(f"page.{mark}" for mark in marks) + "..",
        "outputs": [{"id": "page", "property": mark} for mark in marks],
        "inputs": [
            {"id": "wall-location", "property": "pathname", "value": path},
            {"id": "wall-location", "property": "search", "value": query},
        ],
        "changedPropIds": ["wall-location.pathname"],
    }
    status, _, content = fetch(cockpit, "/_dash-update-component", body)
    assert status == 200
    return json.loads(content)["response"]["page"]


def test_the_first_page_of_a_fresh_server_brings_all_scripts(cockpit: LiveCockpit) -> None:
    cockpit.stop("web")
    cockpit.start_web()
    cockpit.wait_until_ready()
    _, _, html = fetch(cockpit, "/wall")
    for name in ("live", "live_connection", "map"):
        assert re.search(rf'<script src="/assets/{name}\.js\?m=', html.decode())


def test_the_shell_for_outages_is_no_script_of_the_page(cockpit: LiveCockpit) -> None:
    _, _, html = fetch(cockpit, "/wall")
    assert b"service_worker.js" not in html


def test_a_page_is_built_with_the_newest_snapshot(
    cockpit: LiveCockpit, writer: live_province.Writer
) -> None:
    shown = page(cockpit, "/wall")
    assert shown["data-address"] == "/wall"
    assert isinstance(shown["data-number"], int)
    assert shown["data-night"] == "22-6"
    assert "wall-today-number" in json.dumps(shown["children"])


def test_a_page_for_an_unknown_region_says_so(cockpit: LiveCockpit) -> None:
    shown = page(cockpit, "/wall/123456")
    assert "123456" in json.dumps(shown["children"], ensure_ascii=False)
    assert shown["data-number"] is None


@pytest.mark.parametrize(
    ("path", "query", "word"),
    [
        ("/nowhere", "", "/nowhere"),
        ("/wall", "?as_of=soon", "as_of=soon"),
        ("/a/b/c", "", "/a/b/c"),
    ],
)
def test_an_address_that_names_nothing_is_explained(
    cockpit: LiveCockpit, path: str, query: str, word: str
) -> None:
    assert word in json.dumps(page(cockpit, path, query)["children"], ensure_ascii=False)


def test_answers_are_marked_as_ours_and_pages_are_not_kept(cockpit: LiveCockpit) -> None:
    _, headers, _ = fetch(cockpit, "/wall")
    assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Cockpit"])
    assert headers["Cache-Control"] == "no-store"


def test_assets_are_compressed_and_kept_for_ever(cockpit: LiveCockpit) -> None:
    _, _, html = fetch(cockpit, "/wall")
    address = re.search(r'"(/assets/live_page\.js\?m=[^"]+)"', html.decode())
    assert address
    _, headers, _ = fetch(cockpit, address[1])
    assert headers["Content-Encoding"] == "gzip"
    assert "immutable" in headers["Cache-Control"]
    _, headers, _ = fetch(cockpit, "/assets/live_page.js")
    assert "immutable" not in (headers["Cache-Control"] or "")


def test_the_service_worker_is_asked_for_anew_each_time(cockpit: LiveCockpit) -> None:
    for path in ("/service_worker.js", "/offline"):
        status, headers, _ = fetch(cockpit, path)
        assert status == 200
        assert headers["Cache-Control"] in ("no-cache", "no-store")


def test_health_tells_how_everything_behind_is(cockpit: LiveCockpit) -> None:
    # A worker that has only just started has not asked the database yet, and says so.
    deadline = time.monotonic() + 20
    while (answer := fetch(cockpit, "/health"))[0] == 503 and time.monotonic() < deadline:
        assert json.loads(answer[2])["is_well"] is False
        time.sleep(0.2)
    status, _, content = answer
    assert status == 200, content
    state = json.loads(content)
    assert state["is_well"] is True
    assert state["database"]["since"] is None


def test_outlines_that_are_not_there_are_not_found(cockpit: LiveCockpit) -> None:
    status, _, content = fetch(cockpit, "/geometry/1/fedcba9876543210/counties.json")
    assert status == 410
    assert "刷新页面" in content.decode()


def test_outlines_are_kept_for_ever(cockpit: LiveCockpit) -> None:
    status, headers, content = fetch(cockpit, "/geometry/1/0123456789abcdef/counties.json")
    assert status == 200
    assert "immutable" in headers["Cache-Control"]
    regions = {row["id"] for row in json.loads(content)["regions"]}
    assert regions > set(live_province.COUNTIES)


def test_libraries_are_answered_from_memory_and_not_sent_twice(cockpit: LiveCockpit) -> None:
    path = "/_dash-component-suites/plotly/package_data/plotly.min.js"
    first, again = fetch(cockpit, path), fetch(cockpit, path)
    assert first[2] == again[2]
    assert again[1]["Content-Encoding"] == "gzip"
    assert int(again[1]["Content-Length"]) < len(again[2]) / 2
    request = urllib.request.Request(
        cockpit.address + path,
        headers={"Accept-Encoding": "gzip", "If-None-Match": again[1]["ETag"]},
    )
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        urllib.request.urlopen(request, timeout=10)
    assert unchanged.value.code == 304
    unchanged.value.close()


def test_a_browser_without_gzip_gets_the_plain_file(cockpit: LiveCockpit) -> None:
    path = "/_dash-component-suites/plotly/package_data/plotly.min.js"
    with urllib.request.urlopen(cockpit.address + path, timeout=10) as response:
        assert response.headers["Content-Encoding"] is None
        assert response.read() == fetch(cockpit, path)[2]
