from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.addresses import Address
from dashboard.errors import UnknownAddress

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("path", "query", "address"),
    [
        ("/", "", Address("wall")),
        ("/wall", "", Address("wall")),
        ("/wall/", "?x=1", Address("wall")),
        ("/wall/330200", "", Address("wall", "330200")),
        ("/hall", "as_of=2015-09-01T12:00", Address("hall", None, "2015-09-01T12:00")),
    ],
)
def test_an_address_names_screen_region_and_moment(path: str, query: str, address: Address) -> None:
    assert Address.parse(path, query) == address


def test_a_path_with_more_parts_names_nothing() -> None:
    with pytest.raises(UnknownAddress, match="/wall/1/2"):
        Address.parse("/wall/1/2")


def test_a_moment_is_in_the_local_time_of_the_database() -> None:
    address = Address.parse("/wall", "?as_of=2015-09-01T12:00")
    assert address.moment(NEW_YORK) == datetime(2015, 9, 1, 16, tzinfo=UTC)
    assert address.moment(SHANGHAI) == datetime(2015, 9, 1, 4, tzinfo=UTC)


def test_a_moment_may_carry_its_own_offset() -> None:
    address = Address.parse("/wall", "?as_of=2015-09-01T12:00+02:00")
    assert address.moment(SHANGHAI) == datetime(2015, 9, 1, 10, tzinfo=UTC)


def test_without_a_moment_the_page_is_live() -> None:
    assert Address.parse("/wall").moment(SHANGHAI) is None


def test_what_is_no_moment_is_named() -> None:
    with pytest.raises(UnknownAddress, match="as_of=gestern"):
        Address.parse("/wall", "?as_of=gestern").moment(SHANGHAI)


def test_a_heat_of_no_span_is_named_with_those_there_are() -> None:
    for window in ("2h", "24h", "7d", "30d"):
        assert Address.parse("/wall", f"?heat={window}") == Address("wall")
    with pytest.raises(UnknownAddress, match=r"heat=9d.*2h、24h、7d、30d"):
        Address.parse("/wall", "?heat=9d")
