"""Test the wait that a server demands, and the size of a page."""

import httpx
import pytest

from tasks.limesurvey.errors import Exhausted
from tasks.limesurvey.exchange import retry_after
from tasks.limesurvey.halving import PageSize


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_the_wait_that_a_server_asks_for(header: str, seconds: float | None) -> None:
    assert retry_after(httpx.Headers({"Retry-After": header})) == seconds


def test_no_header_asks_for_no_wait() -> None:
    assert retry_after(httpx.Headers()) is None


class Server:
    """A server that fails on pages larger than `bears`."""

    def __init__(self, bears: int) -> None:
        self.bears = bears
        self.requested: list[int] = []

    def read(self, count: int, halving: bool) -> int:
        self.requested.append(count)
        if count > self.bears:
            if not halving:
                raise ConnectionError
            raise Exhausted(where="", found="", expected="", remedy="")
        return count


def test_what_is_too_much_is_halved_until_it_is_not() -> None:
    server, size = Server(bears=30), PageSize(100)
    assert [size.ask(server.read) for _ in range(3)] == [25, 25, 25]
    assert server.requested == [100, 50, 25, 25, 25]


def test_the_page_grows_again_after_some_successes_up_to_the_maximum() -> None:
    server, size = Server(bears=0), PageSize(8)
    with pytest.raises(ConnectionError):
        size.ask(server.read)
    server.bears = 100
    assert [size.ask(server.read) for _ in range(20)] == [1] * 5 + [2] * 5 + [4] * 5 + [8] * 5


@pytest.mark.parametrize("most", [1, 0, -3])
def test_at_least_one_response_is_requested(most: int) -> None:
    assert PageSize(most).ask(Server(bears=1).read) == 1


def test_the_last_response_is_requested_with_all_retries() -> None:
    server = Server(bears=0)
    with pytest.raises(ConnectionError):
        PageSize(4).ask(server.read)
    assert server.requested == [4, 2, 1]
