"""Test invalid headers, status lines and numbers: each raises an error of the client, never another exception."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tasks.limesurvey import BadAnswer, LimeSurvey, LimeSurveyError, Unreachable

Connect = Callable[..., LimeSurvey]


@contextmanager
def answering(head: bytes, body: bytes = b"") -> Generator[str]:
    """Serve the same bytes to each call but the login, on loopback. `<id>` in the body becomes the id of the call."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

        def do_POST(self) -> None:
            call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.close_connection = True
            first, content = head, body
            if call["method"] == "get_session_key":
                first, content = b"HTTP/1.1 200 OK\r\nConnection: close\r\n", b'{"id":<id>,"result":"key","error":null}'
            self.wfile.write(first + b"\r\n" + content.replace(b"<id>", str(call["id"]).encode()))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/rpc"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


BUSY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    "value",
    [
        *(b"soon", b"-5", b"1.5", b"1e5", b"nan", b"", b" ", b",", b"\xb2", "²".encode(), "١٢".encode(), b"\xff\xfe"),
        *(
            b"Mon, 01 Jan 99999 00:00:00 GMT",
            b"Mon, 01 Jan 2020 00:00:00 +99999999999",
            b"Fri, 31 Feb 2026 25:61:00 GMT",
        ),
        *(b"120, 60", b"5\r\nRetry-After: later", b"later\r\nRetry-After: -1"),
    ],
)
def test_a_retry_after_in_any_form_ends_in_a_sentence(connect: Connect, value: bytes) -> None:
    with (
        answering(BUSY + b"Retry-After: " + value + b"\r\n") as url,
        pytest.raises(Unreachable, match="the server answers HTTP 503, 4 times in a row"),
    ):
        connect(url, deadline_seconds=60).summary(1)


@pytest.mark.parametrize("value", [b"9" * 400, b"Fri, 01 Jan 9999 00:00:00 GMT", b"30\r\nRetry-After: 99999999"])
def test_a_retry_after_of_years_counts_as_a_day(connect: Connect, value: bytes) -> None:
    with (
        answering(BUSY + b"Retry-After: " + value + b"\r\n") as url,
        pytest.raises(Unreachable, match="asks to wait a day or longer, and a call may last 60 s in all"),
    ):
        connect(url, deadline_seconds=60).summary(1)


ODD_HEADS = [
    *(b"HTTP/1.1 302 Found\r\nLocation: " + to for to in (b"http://[", b"\xff\xfe", b"http://h:99999999/", b"//:x@/")),
    b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 400 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: nonsense\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd, gzip, \xff\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=nonsense\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: \xff\r\n",
    b"HTTP/1.1 999 \xff\r\n",
    b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n",
    b"HTTP/9.9 200 OK\r\n",
    b"nonsense\r\n",
]


@pytest.mark.parametrize("head", ODD_HEADS)
def test_an_odd_header_ends_in_a_sentence(connect: Connect, head: bytes) -> None:
    head = head if head.endswith(b"\r\n") else head + b"\r\n"
    with answering(head, b"not JSON") as url, pytest.raises(LimeSurveyError, match=r"^http://127.*Expected: "):
        connect(url, deadline_seconds=5).summary(1)


def test_the_address_of_a_redirection_is_shown_without_its_credentials(connect: Connect) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: https://someone:secret@other.example.org/rpc?key=1#x\r\n"
    with answering(head) as url, pytest.raises(BadAnswer, match=r"redirected to https://other\.example\.org/rpc\."):
        connect(url).summary(1)


@pytest.mark.parametrize("number", ['"²"', '"' + "9" * 5000 + '"', '"--5"', '"١٢"', "1e400", "NaN", "1.5", '""', "[]"])
def test_a_count_that_is_no_whole_number_is_refused(connect: Connect, number: str) -> None:
    counts = f'{{"completed_responses":{number},"incomplete_responses":0,"full_responses":{number}}}'
    body = f'{{"id":<id>,"result":{counts},"error":null}}'.encode()
    with answering(b"HTTP/1.1 200 OK\r\n", body) as url, pytest.raises(BadAnswer):
        connect(url).summary(1)


@pytest.mark.parametrize("number", ["²", "9" * 5000, "--5"])
def test_a_number_of_a_participant_that_is_none_is_refused(connect: Connect, number: str) -> None:
    body = f'{{"id":<id>,"result":{{"{number}":{{"status":"OK"}}}},"error":null}}'.encode()
    with answering(b"HTTP/1.1 200 OK\r\n", body) as url, pytest.raises(BadAnswer):
        connect(url).invite_participants(1, tids=[1])
