"""The client against a server that misbehaves: the sentence that the user gets, and no data half-returned."""

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import httpx
import pytest
from pydantic import SecretStr

from tasks.limesurvey import (
    BadAnswer,
    LimeSurvey,
    LimeSurveyError,
    LoginRefused,
    NoParticipantTable,
    NotPermitted,
    ResponsePage,
    SurveyNotActive,
    Unreachable,
    long_form,
    responses_table,
)
from tasks.simulator import Misbehaviour, Simulator, Survey

SURVEY = 790101
Connect = Callable[..., LimeSurvey]


def ids_of(pages: Iterator[ResponsePage]) -> list[int]:
    return [response_id for page in pages for response_id in page.ids]


def test_a_whole_survey_comes_page_by_page(simulator: Simulator, connect: Connect) -> None:
    pages = list(connect(simulator.url, page_size=5).response_pages(SURVEY))
    assert [page.ids for page in pages] == [(1, 2, 3, 4, 5), (6, 7, 8, 9, 10), (11, 12)]
    assert [(page.from_id, page.to_id) for page in pages] == [(1, 5), (6, 10), (11, 15)]
    assert sum(page.completed for page in pages) == 8


def test_ids_that_start_high_and_have_gaps_are_found(simulator: Simulator, survey: Survey, connect: Connect) -> None:
    survey.responses = {}
    for response_id in (900, 901, 5_000_000):
        survey.add_response({}, response_id=response_id, submitdate="2026-03-31 10:00:00")
    assert ids_of(connect(simulator.url, page_size=10).response_pages(SURVEY)) == [900, 901, 5_000_000]
    assert simulator.calls.count("export_responses") == 6


def test_an_empty_survey_has_no_pages(simulator: Simulator, survey: Survey, server: LimeSurvey) -> None:
    survey.responses = {}
    assert list(server.response_pages(SURVEY)) == []


def test_a_deactivated_survey_is_not_an_empty_one(survey: Survey, server: LimeSurvey) -> None:
    survey.deactivate()
    with pytest.raises(SurveyNotActive, match="was deactivated"):
        list(server.response_pages(SURVEY))
    with pytest.raises(NoParticipantTable):
        server.participants(SURVEY)


def test_a_survey_with_participants_that_was_not_opened_yet_is_not_an_empty_one(
    survey: Survey, server: LimeSurvey
) -> None:
    survey.active = False
    with pytest.raises(SurveyNotActive, match="not active"):
        server.summary(SURVEY)


def test_responses_are_read_again_by_id_and_those_that_vanished_are_absent(survey: Survey, server: LimeSurvey) -> None:
    survey.delete_response(4)
    assert ids_of(server.response_pages_by_ids(SURVEY, [12, 4, 2, 2])) == [2, 12]
    assert ids_of(server.response_pages_by_ids(SURVEY, [4])) == []
    assert ids_of(server.response_pages_by_ids(SURVEY, [])) == []


def test_decimals_lose_the_zeros_that_end_them(server: LimeSurvey) -> None:
    rows = long_form(server.responses(SURVEY, 1, 1).table, server.questionnaire(SURVEY)).to_pylist()
    assert {row["field"]: row["value_text"] for row in rows}["etp"] == "0.5"


def test_names_and_addresses_of_participants_are_dropped(server: LimeSurvey) -> None:
    people = server.participants(SURVEY, attributes=("attribute_1", "attribute_2"))
    assert [(one.tid, one.token, one.attributes["attribute_1"]) for one in people] == [
        (1, "t1", "STR-1"),
        (2, "t2", "STR-2"),
        (3, "t3", "STR-3"),
    ]
    assert [one.completed for one in people] == [True, False, False]
    assert str(people[0].completed_at) == "2026-03-31 10:00:00"
    for canary in ("Ada", "Invented", "example.org"):
        assert canary not in repr(people)


@pytest.mark.parametrize("identifier", ["firstname", "lastname", "email"])
def test_names_and_addresses_cannot_be_asked_for(simulator: Simulator, server: LimeSurvey, identifier: str) -> None:
    with pytest.raises(ValueError, match=f"{identifier}: names and addresses are not read"):
        server.participants(SURVEY, attributes=("attribute_1", identifier))
    assert "list_participants" not in simulator.calls


def test_an_attribute_that_does_not_exist_is_named(server: LimeSurvey) -> None:
    with pytest.raises(BadAnswer, match="the participants have no attribute_9"):
        server.participants(SURVEY, attributes=("attribute_1", "attribute_9"))


def test_many_participants_come_in_several_calls(simulator: Simulator, survey: Survey, server: LimeSurvey) -> None:
    for _ in range(10_000):
        survey.add_participant()
    del survey.participants[1500]
    assert len(server.participants(SURVEY)) == 10_002
    assert simulator.calls.count("list_participants") == 3


def test_participants_that_are_too_many_for_the_server_come_in_smaller_pages(
    simulator: Simulator, survey: Survey, server: LimeSurvey
) -> None:
    for _ in range(3000):
        survey.add_participant()
    simulator.misbehave(Misbehaviour.OUT_OF_MEMORY, times=None, above=1300)
    assert len(server.participants(SURVEY)) == 3003
    assert simulator.calls.count("list_participants") == 5


def test_an_empty_participants_table_has_no_participants(survey: Survey, server: LimeSurvey) -> None:
    survey.participants = {}
    assert server.participants(SURVEY) == ()


def test_a_full_last_page_of_participants_is_followed_by_an_empty_one(survey: Survey, server: LimeSurvey) -> None:
    for _ in range(4997):
        survey.add_participant()
    assert len(server.participants(SURVEY)) == 5000


def test_participants_that_are_missing_are_noticed(simulator: Simulator, server: LimeSurvey) -> None:
    simulator.misbehave(Misbehaviour.MISSING, times=None, method="list_participants")
    with pytest.raises(BadAnswer, match=r"2 participants came\. Expected: as many as the server counts, 3\."):
        server.participants(SURVEY)


def test_a_participant_that_comes_twice_is_refused(simulator: Simulator, server: LimeSurvey) -> None:
    simulator.misbehave(Misbehaviour.DUPLICATE, method="list_participants")
    with pytest.raises(BadAnswer, match="list_participants is not usable: a participant came twice"):
        server.participants(SURVEY)


def test_a_participant_who_is_added_meanwhile_is_read_too(
    simulator: Simulator, survey: Survey, connect: Connect
) -> None:
    simulator.misbehave(Misbehaviour.DROP, method="get_summary")
    server = connect(simulator.url, wait=lambda _seconds: survey.add_participant())
    assert len(server.participants(SURVEY)) == 4


def test_a_survey_whose_participants_were_deleted_keeps_its_responses(survey: Survey, server: LimeSurvey) -> None:
    tokens = responses_table(server.responses(SURVEY).table)["token"].to_pylist()
    survey.delete_participants_table()
    with pytest.raises(NoParticipantTable, match="has no participants table"):
        server.participants(SURVEY)
    assert server.summary(SURVEY).participants is None
    page = server.responses(SURVEY)
    assert page.completed == 8
    assert set(responses_table(page.table)["token"].to_pylist()) == {None}
    survey.restore_participants()
    assert responses_table(server.responses(SURVEY).table)["token"].to_pylist() == tokens


def test_an_account_that_may_only_read_gets_everything_but_the_properties(
    simulator: Simulator, connect: Connect
) -> None:
    reader = connect(simulator.url, username="reader")
    with pytest.raises(NotPermitted):
        reader.survey_properties(SURVEY)
    assert reader.questionnaire(SURVEY).languages == ("fr",)
    assert reader.questionnaire(SURVEY, languages=["en"]).languages == ("fr", "en")
    assert len(ids_of(reader.response_pages(SURVEY))) == 12


def test_the_session_is_renewed_when_it_ends_in_the_middle(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, page_size=5)
    pages = server.response_pages(SURVEY)
    came = list(next(pages).ids)
    simulator.misbehave(Misbehaviour.EXPIRE)
    assert came + ids_of(pages) == list(range(1, 13))
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


def test_a_locked_out_address_is_told_to_wait(simulator: Simulator, connect: Connect) -> None:
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
    server: LimeSurvey,
    misbehaviour: Misbehaviour,
    kind: type[LimeSurveyError],
    found: str,
    calls: int,
) -> None:
    simulator.misbehave(misbehaviour, times=None, method="export_responses")
    with pytest.raises(LimeSurveyError) as caught:
        server.responses(SURVEY)
    assert type(caught.value) is kind
    assert found in str(caught.value)
    assert f"{simulator.url}, survey {SURVEY}: " in str(caught.value)
    assert simulator.calls.count("export_responses") == calls


LASTING = [kind for kind in Misbehaviour if kind is not Misbehaviour.MISSING]


@pytest.mark.parametrize("kind", LASTING)
def test_what_came_before_misbehaviour_is_whole_and_everything_is_there_after_it(
    simulator: Simulator, connect: Connect, kind: Misbehaviour
) -> None:
    pages = connect(simulator.url, page_size=5, deadline_seconds=1).response_pages(SURVEY)
    assert next(pages).ids == (1, 2, 3, 4, 5)
    simulator.misbehave(kind, times=None, method="export_responses", seconds=2, above=0)
    with pytest.raises(LimeSurveyError) as caught:
        next(pages)
    assert str(caught.value).startswith(f"{simulator.url}, survey {SURVEY}: ")
    assert list(pages) == []
    simulator.behave()
    assert ids_of(connect(simulator.url).response_pages(SURVEY)) == list(range(1, 13))


@pytest.mark.parametrize("misbehaviour", [Misbehaviour.DROP, Misbehaviour.UNAVAILABLE, Misbehaviour.TRUNCATE])
def test_misbehaviour_that_passes_is_not_noticed(
    simulator: Simulator, server: LimeSurvey, misbehaviour: Misbehaviour
) -> None:
    simulator.misbehave(misbehaviour, times=3, method="export_responses")
    assert len(server.responses(SURVEY).ids) == 12


def test_a_writing_call_is_not_repeated(simulator: Simulator, server: LimeSurvey) -> None:
    simulator.misbehave(Misbehaviour.UNAVAILABLE, method="invite_participants")
    with pytest.raises(Unreachable, match="HTTP 503"):
        server.invite_participants(SURVEY)
    assert simulator.calls.count("invite_participants") == 1


def test_those_invited_and_reminded_are_told_by_number(
    simulator: Simulator, survey: Survey, server: LimeSurvey
) -> None:
    simulator.state.mail_works = True
    mailing = server.invite_participants(SURVEY, tids=[2])
    assert (mailing.sent, mailing.failed, mailing.left) == ((2,), {}, 1)
    assert [one.sent for one in server.participants(SURVEY)] == [False, True, False]
    assert server.remind_participants(SURVEY, days_between=7).sent == ()
    assert [server.remind_participants(SURVEY, most=2).sent for _ in range(3)] == [(2,), (2,), ()]
    assert [one.reminders for one in server.participants(SURVEY)] == [0, 2, 0]


def test_a_questionnaire_takes_no_more_calls_than_the_server_needs(simulator: Simulator, server: LimeSurvey) -> None:
    questionnaire = server.questionnaire(SURVEY)
    with_options = [question for question in questionnaire.questions if question.options]
    asked = Counter(simulator.calls)
    assert asked["list_questions"] == asked["list_groups"] == len(questionnaire.languages)
    assert asked["get_question_properties"] == len(questionnaire.languages) * len(with_options)
    assert asked["get_survey_properties"] == asked["get_session_key"] == 1
    assert len(asked) == 5


def test_the_pauses_grow_with_some_chance_in_them(simulator: Simulator, connect: Connect) -> None:
    pauses: list[float] = []
    server = connect(simulator.url, wait=pauses.append)
    simulator.misbehave(Misbehaviour.DROP, times=3, method="get_summary")
    server.summary(SURVEY)
    assert [longest / 2 <= pause <= longest for pause, longest in zip(pauses, (0.5, 1.0, 2.0), strict=True)] == [
        True
    ] * 3


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
        server.responses(SURVEY)


def test_a_body_that_stops_does_not_outlive_the_deadline(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, deadline_seconds=0.6)
    server.surveys()
    simulator.misbehave(Misbehaviour.DRIP, times=None, method="export_responses", seconds=0.4)
    with pytest.raises(Unreachable, match=r"no whole answer within 0\.6 s"):
        server.responses(SURVEY)


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


def test_a_late_first_byte_is_told(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, deadline_seconds=0.3)
    server.surveys()
    simulator.misbehave(Misbehaviour.DELAY, method="get_summary", seconds=1.0)
    with pytest.raises(Unreachable, match=r"no whole answer within 0\.3 s"):
        server.summary(SURVEY)


def test_a_refused_connection_is_told(simulator: Simulator, connect: Connect) -> None:
    server = connect("http://127.0.0.1:9/index.php/admin/remotecontrol")
    with pytest.raises(Unreachable, match="no connection: refused, or no such host"):
        server.surveys()


def test_another_address_of_the_same_server_is_told(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url.replace("/admin/remotecontrol", "?r=admin/remotecontrol"))
    with pytest.raises(BadAnswer, match="HTTP 400"):
        server.surveys()


def test_pages_are_halved_until_the_server_can_bear_them(simulator: Simulator, connect: Connect) -> None:
    simulator.misbehave(Misbehaviour.OUT_OF_MEMORY, times=None, above=3)
    pages = list(connect(simulator.url, page_size=12).response_pages(SURVEY))
    assert [page.ids for page in pages] == [(1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12)]


def test_a_page_that_is_larger_than_the_cap_is_halved(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, page_size=12, maximum_bytes=12_000)
    assert ids_of(server.response_pages(SURVEY)) == list(range(1, 13))
    with pytest.raises(BadAnswer, match="larger than 12,000 bytes"):
        server.responses(SURVEY)


def test_a_server_that_cannot_bear_one_response_is_unreachable(simulator: Simulator, connect: Connect) -> None:
    simulator.misbehave(Misbehaviour.OUT_OF_MEMORY, times=None, above=0)
    with pytest.raises(Unreachable, match="HTTP 500, 4 times in a row"):
        list(connect(simulator.url, page_size=4).response_pages(SURVEY))


def test_responses_that_are_missing_are_noticed(simulator: Simulator, connect: Connect) -> None:
    simulator.misbehave(Misbehaviour.MISSING, times=1, method="export_responses")
    with pytest.raises(BadAnswer, match=r"11 responses came, fewer than the server counts\. Expected: 12\."):
        list(connect(simulator.url, page_size=5).response_pages(SURVEY))


def test_a_response_that_arrives_meanwhile_is_no_error(simulator: Simulator, survey: Survey, connect: Connect) -> None:
    pages = connect(simulator.url, page_size=12).response_pages(SURVEY)
    first = next(pages)
    survey.add_response({}, submitdate="2026-03-31 11:00:00")
    assert [first.ids[-1], *ids_of(pages)] == [12]


def test_a_response_that_vanishes_meanwhile_is_no_error(simulator: Simulator, survey: Survey, connect: Connect) -> None:
    pages = connect(simulator.url, page_size=6).response_pages(SURVEY)
    next(pages)
    del survey.responses[8]
    assert ids_of(pages) == [7, 9, 10, 11, 12]


def test_a_response_completed_meanwhile_is_no_error(simulator: Simulator, survey: Survey, connect: Connect) -> None:
    pages = connect(simulator.url, page_size=6).response_pages(SURVEY)
    next(pages)
    survey.responses[3].submitdate = survey.responses[12].submitdate = "2026-03-31 12:00:00"
    assert ids_of(pages) == [7, 8, 9, 10, 11, 12]


def test_a_transport_can_be_put_in_place_of_the_network() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": 1, "result": {"status": "Invalid user name or password"}, "error": None})

    transport = httpx.MockTransport(answer)
    with (
        LimeSurvey("https://surveys.example.org/rpc", username="a", password="b", transport=transport) as server,
        pytest.raises(LoginRefused, match=r"^https://surveys\.example\.org/rpc: "),
    ):
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


@pytest.mark.parametrize("url", ["", "surveys.example.org", "ftp://surveys.example.org/", "https://", "http://[::1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="should start with https:// and name a host"):
        LimeSurvey(url, username="a", password="b")


def test_a_redirection_is_told_with_where_it_leads() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(301, headers={"Location": "https://other.example.org/rpc?key=1"})

    transport = httpx.MockTransport(answer)
    with (
        LimeSurvey("http://surveys.example.org/rpc", username="a", password="b", transport=transport) as server,
        pytest.raises(BadAnswer, match=r"HTTP 301, sent on to https://other\.example\.org/rpc\."),
    ):
        server.surveys()


def test_thousands_of_responses_come_whole(simulator: Simulator, survey: Survey, server: LimeSurvey) -> None:
    survey.fill(6000, seed=3)
    questionnaire = server.questionnaire(SURVEY)
    rows = sum(long_form(page.table, questionnaire).num_rows for page in server.response_pages(SURVEY))
    assert rows == 6012 * 79


def test_a_login_that_the_server_did_not_hear_is_made_again(simulator: Simulator, connect: Connect) -> None:
    pauses: list[float] = []
    simulator.misbehave(Misbehaviour.UNAVAILABLE, method="get_session_key", seconds=3)
    assert len(connect(simulator.url, wait=pauses.append).surveys()) == 1
    assert (simulator.calls.count("get_session_key"), pauses) == (2, [3.0])


def test_a_page_for_which_the_server_has_no_memory_is_halved_although_it_says_200(
    simulator: Simulator, connect: Connect
) -> None:
    simulator.misbehave(Misbehaviour.FATAL, times=None, above=3)
    assert ids_of(connect(simulator.url, page_size=12).response_pages(SURVEY)) == list(range(1, 13))
    with pytest.raises(BadAnswer, match="the answer is a text, not JSON"):
        connect(simulator.url).responses(SURVEY)


def test_the_end_of_a_session_may_come_as_a_bare_text(connect: Connect) -> None:
    results = iter(["key one", "Invalid session key", "key two", [], "OK"])

    def answer(request: httpx.Request) -> httpx.Response:
        call = json.loads(request.content)
        return httpx.Response(200, json={"id": call["id"], "result": next(results), "error": None})

    with connect("https://surveys.example.org/rpc", transport=httpx.MockTransport(answer)) as server:
        assert server.surveys() == ()
