"""Test logins, permissions and expired sessions."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from pydantic import SecretStr

from tasks.limesurvey import (
    BadAnswer,
    LimeSurvey,
    LoginRefused,
    NotPermitted,
    ResponseFile,
    Unreachable,
)
from tasks.simulator import Misbehaviour, Simulator

SURVEY = 790101
Connect = Callable[..., LimeSurvey]


def ids_of(files: Iterator[ResponseFile]) -> list[int]:
    return [response_id for file in files for response_id in file.page.ids]


def test_an_account_that_may_only_read_gets_everything_but_the_properties(
    simulator: Simulator, connect: Connect
) -> None:
    reader = connect(simulator.url, username="reader")
    with pytest.raises(NotPermitted):
        reader.survey_properties(SURVEY)
    assert reader.questionnaire(SURVEY).languages == ("fr",)
    assert reader.questionnaire(SURVEY, languages=["en"]).languages == ("fr", "en")
    assert len(ids_of(reader.response_files(SURVEY))) == 12


def test_the_session_is_renewed_when_it_ends_in_the_middle(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, page_size=5)
    files = server.response_files(SURVEY)
    came = list(next(files).page.ids)
    simulator.misbehave(Misbehaviour.EXPIRE)
    assert came + ids_of(files) == list(range(1, 13))
    assert simulator.calls.count("get_session_key") == 2


def test_a_session_that_ends_again_and_again_is_given_up(simulator: Simulator, server: LimeSurvey) -> None:
    simulator.misbehave(Misbehaviour.EXPIRE, times=None, method="list_surveys")
    with pytest.raises(BadAnswer, match="'Invalid session key'"):
        server.surveys()
    assert simulator.calls.count("get_session_key") == 2


def test_a_rejected_login_is_never_retried(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, password="wrong")
    with pytest.raises(LoginRefused, match="Invalid user name or password") as caught:
        server.surveys()
    assert simulator.calls == ["get_session_key"]
    assert not caught.value.locked_out


def test_a_login_is_not_retried_when_the_connection_is_cut_either(simulator: Simulator, server: LimeSurvey) -> None:
    simulator.misbehave(Misbehaviour.DROP, method="get_session_key")
    with pytest.raises(Unreachable, match="the connection was cut"):
        server.surveys()
    assert simulator.calls == ["get_session_key"]


def test_the_error_for_a_locked_out_address_says_to_wait(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, password="wrong")
    for _ in range(3):
        with pytest.raises(LoginRefused):
            server.surveys()
    with pytest.raises(LoginRefused, match="locked this address out") as caught:
        server.surveys()
    assert caught.value.locked_out


def test_the_password_shows_nowhere(simulator: Simulator, connect: Connect) -> None:
    secret = "correct horse"
    url = simulator.url.replace("http://", "http://somebody:battery@")
    for password in (secret, SecretStr(secret)):
        server = connect(url, password=password)
        with pytest.raises(LoginRefused) as caught:
            server.surveys()
        shown = repr(server) + str(caught.value) + repr(caught.value) + caught.value.where
        assert secret not in shown
        assert "battery" not in shown


def test_the_session_is_released_at_the_end(simulator: Simulator) -> None:
    with LimeSurvey(simulator.url, username="admin", password="password") as server:
        server.surveys()
    assert simulator.calls[-1] == "release_session_key"
    assert simulator.state.sessions == {}


def test_a_client_that_was_not_used_does_not_log_in(simulator: Simulator) -> None:
    with LimeSurvey(simulator.url, username="admin", password="password"):
        pass
    assert simulator.calls == []


def test_a_login_that_the_server_did_not_hear_is_made_again(simulator: Simulator, connect: Connect) -> None:
    pauses: list[float] = []
    simulator.misbehave(Misbehaviour.UNAVAILABLE, method="get_session_key", seconds=3)
    assert len(connect(simulator.url, wait=pauses.append).surveys()) == 1
    assert (simulator.calls.count("get_session_key"), pauses) == (2, [3.0])


def test_the_end_of_a_session_may_come_as_a_bare_text(connect: Connect) -> None:
    results = iter(["key one", "Invalid session key", "key two", [], "OK"])

    def answer(request: httpx.Request) -> httpx.Response:
        call = json.loads(request.content)
        return httpx.Response(200, json={"id": call["id"], "result": next(results), "error": None})

    with connect("https://surveys.example.org/rpc", transport=httpx.MockTransport(answer)) as server:
        assert server.surveys() == ()


def test_a_transport_can_be_put_in_place_of_the_network() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": 1, "result": {"status": "Invalid user name or password"}, "error": None})

    transport = httpx.MockTransport(answer)
    with (
        LimeSurvey("https://surveys.example.org/rpc", username="a", password="b", transport=transport) as server,
        pytest.raises(LoginRefused, match=r"^https://surveys\.example\.org/rpc: "),
    ):
        server.surveys()


@pytest.mark.parametrize("url", ["", "surveys.example.org", "ftp://surveys.example.org/", "https://", "http://[::1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must start with https:// or http:// and name a host"):
        LimeSurvey(url, username="a", password="b")
