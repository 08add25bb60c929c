"""Test that errors of a misbehaving server are reported in a sentence, and that no response is lost."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tasks.limesurvey import (
    BadAnswer,
    LimeSurvey,
    LimeSurveyError,
    ResponseFile,
    Unreachable,
)
from tasks.simulator import Misbehaviour, Simulator

SURVEY = 790101
Connect = Callable[..., LimeSurvey]


def ids_of(files: Iterator[ResponseFile]) -> list[int]:
    return [response_id for file in files for response_id in file.page.ids]


def read_one(server: LimeSurvey) -> tuple[int, ...]:
    """Return the ids of one exported page that is not halved."""
    (page,) = server.response_pages_by_ids(SURVEY, [1])
    return page.ids


SENTENCES = [
    (Misbehaviour.DROP, Unreachable, "the connection was cut, 4 times in a row", 4),
    (Misbehaviour.UNAVAILABLE, Unreachable, "the server answers HTTP 503, 4 times in a row", 4),
    (Misbehaviour.TRUNCATE, BadAnswer, "the answer is cut short", 4),
    (Misbehaviour.HTML, BadAnswer, "the answer is a web page, a login form or an error page for instance", 1),
    (Misbehaviour.OTHER_ID, BadAnswer, "the answer belongs to another call", 1),
    (Misbehaviour.BAD_BASE64, BadAnswer, "the file is not in strict base64, it was damaged on its way", 1),
    (Misbehaviour.DUPLICATE, BadAnswer, "a response came twice", 1),
    (Misbehaviour.EMPTY_BODY, BadAnswer, "the answer is empty", 1),
]


@pytest.mark.parametrize(("misbehaviour", "kind", "found", "calls"), SENTENCES, ids=[row[0].value for row in SENTENCES])
def test_misbehaviour_that_lasts_becomes_a_sentence(
    simulator: Simulator,
    connect: Connect,
    misbehaviour: Misbehaviour,
    kind: type[LimeSurveyError],
    found: str,
    calls: int,
) -> None:
    simulator.misbehave(misbehaviour, times=None, method="export_responses")
    with pytest.raises(LimeSurveyError) as caught:
        read_one(connect(simulator.url, page_size=1))
    assert type(caught.value) is kind
    assert found in str(caught.value)
    assert f"{simulator.url}, survey {SURVEY}: " in str(caught.value)
    assert simulator.calls.count("export_responses") == calls


LASTING = [kind for kind in Misbehaviour if kind is not Misbehaviour.MISSING]


@pytest.mark.parametrize("kind", LASTING)
def test_what_came_before_misbehaviour_is_whole_and_everything_is_there_after_it(
    simulator: Simulator, connect: Connect, kind: Misbehaviour
) -> None:
    files = connect(simulator.url, page_size=5, deadline_seconds=1).response_files(SURVEY)
    assert next(files).page.ids == (1, 2, 3, 4, 5)
    simulator.misbehave(kind, times=None, method="export_responses", seconds=2, above=0)
    with pytest.raises(LimeSurveyError) as caught:
        # The content of a damaged file is checked when its page is read.
        next(files).page  # noqa: B018
    assert str(caught.value).startswith(f"{simulator.url}, survey {SURVEY}: ")
    assert list(files) == []
    simulator.behave()
    assert ids_of(connect(simulator.url).response_files(SURVEY)) == list(range(1, 13))


@pytest.mark.parametrize("misbehaviour", [Misbehaviour.DROP, Misbehaviour.UNAVAILABLE, Misbehaviour.TRUNCATE])
def test_misbehaviour_that_passes_is_not_noticed(
    simulator: Simulator, server: LimeSurvey, misbehaviour: Misbehaviour
) -> None:
    simulator.misbehave(misbehaviour, times=3, method="export_responses")
    assert read_one(server) == (1,)


def test_the_pauses_grow_with_some_chance_in_them(simulator: Simulator, connect: Connect) -> None:
    pauses: list[float] = []
    server = connect(simulator.url, wait=pauses.append)
    simulator.misbehave(Misbehaviour.DROP, times=3, method="get_summary")
    server.summary(SURVEY)
    assert [shortest <= pause <= shortest + 1 for pause, shortest in zip(pauses, (1, 4, 16), strict=True)] == [True] * 3
    assert any(pause % 1 for pause in pauses)


def test_the_server_says_how_long_to_wait(simulator: Simulator, connect: Connect) -> None:
    pauses: list[float] = []
    server = connect(simulator.url, wait=pauses.append)
    simulator.misbehave(Misbehaviour.UNAVAILABLE, method="get_summary", seconds=7)
    server.summary(SURVEY)
    assert pauses == [7.0]


def test_a_wait_beyond_the_deadline_is_not_begun(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, deadline_seconds=60)
    simulator.misbehave(Misbehaviour.UNAVAILABLE, method="get_summary", seconds=3600)
    with pytest.raises(Unreachable, match="HTTP 503 and asks to wait 3600 s, and a call may last 60 s in all"):
        server.summary(SURVEY)


def test_a_slow_drip_does_not_outlive_the_deadline(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, deadline_seconds=0.6)
    server.surveys()
    simulator.misbehave(Misbehaviour.DRIP, times=None, method="export_responses", seconds=0.05)
    with pytest.raises(Unreachable, match=r"no whole answer within 0\.6 s"):
        read_one(server)


def test_a_body_that_stops_does_not_outlive_the_deadline(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, deadline_seconds=0.6)
    server.surveys()
    simulator.misbehave(Misbehaviour.DRIP, times=None, method="export_responses", seconds=0.4)
    with pytest.raises(Unreachable, match=r"no whole answer within 0\.6 s"):
        read_one(server)


def test_headers_that_drip_do_not_outlive_the_deadline(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 10:
                    connection.sendall(bytes([byte]))
                    time.sleep(0.05)

        dripping = threading.Thread(target=drip)
        dripping.start()
        server = connect(f"http://127.0.0.1:{listening.getsockname()[1]}/rpc", deadline_seconds=0.4)
        with pytest.raises(Unreachable, match=r"no whole answer within 0\.4 s"):
            server.surveys()
        dripping.join()


def test_a_late_first_byte_is_reported(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, deadline_seconds=0.3)
    server.surveys()
    simulator.misbehave(Misbehaviour.DELAY, method="get_summary", seconds=1.0)
    with pytest.raises(Unreachable, match=r"no whole answer within 0\.3 s"):
        server.summary(SURVEY)


def test_a_refused_connection_is_reported(simulator: Simulator, connect: Connect) -> None:
    server = connect("http://127.0.0.1:9/index.php/admin/remotecontrol")
    with pytest.raises(Unreachable, match="no connection: refused, or no such host"):
        server.surveys()


def test_another_address_of_the_same_server_is_reported(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url.replace("/admin/remotecontrol", "?r=admin/remotecontrol"))
    with pytest.raises(BadAnswer, match="HTTP 400"):
        server.surveys()


def test_an_answer_that_cannot_be_unpacked_is_refused() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"not packed"))

    transport = httpx.MockTransport(answer)
    with (
        LimeSurvey("https://surveys.example.org/rpc", username="a", password="b", transport=transport) as server,
        pytest.raises(BadAnswer, match="the answer is cut short"),
    ):
        server.surveys()


def test_a_redirection_is_reported_with_where_it_leads() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(301, headers={"Location": "https://other.example.org/rpc?key=1"})

    transport = httpx.MockTransport(answer)
    with (
        LimeSurvey("http://surveys.example.org/rpc", username="a", password="b", transport=transport) as server,
        pytest.raises(BadAnswer, match=r"HTTP 301, redirected to https://other\.example\.org/rpc\."),
    ):
        server.surveys()
