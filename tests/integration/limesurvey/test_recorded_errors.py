"""Test that every recorded answer of the real server is either read, or refused with a sentence."""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tasks.limesurvey import (
    BadAnswer,
    LimeSurvey,
    LimeSurveyError,
    LoginRefused,
    NoParticipantTable,
    NotPermitted,
    ServerError,
    SurveyNotActive,
    SurveyNotFound,
    Unreachable,
)
from tasks.limesurvey.session import StatusAnswer
from tasks.limesurvey.words import Meaning, meaning_of_status

Replay = Callable[..., LimeSurvey]


CALLS: dict[str, Callable[[LimeSurvey], object]] = {
    "get_session_key": LimeSurvey.surveys,
    "list_surveys": LimeSurvey.surveys,
    "get_survey_properties": lambda server: server.survey_properties(1),
    "list_questions": lambda server: server.outline(1),
    "list_groups": lambda server: server.outline(1),
    "list_participants": lambda server: server.participants(1),
    "get_summary": lambda server: server.summary(1),
    "export_responses": lambda server: list(server.response_pages_by_ids(1, [1])),
    "invite_participants": lambda server: server.invite_participants(1, tids=[1]),
}
QUESTIONS = "first/047_list_questions"
"""The groups of a survey are read after its questions."""

ERRORS: list[tuple[str, str, type[LimeSurveyError], str]] = [
    ("get_session_key", "first/003_session_bad_password", LoginRefused, "Invalid user name"),
    ("get_session_key", "first/263_bruteforce_4", LoginRefused, "locked this address out"),
    ("get_survey_properties", "first/197_err_no_such_survey_props", SurveyNotFound, "no such survey"),
    ("get_survey_properties", "first/216_sansdroit_props", NotPermitted, "may not read the survey's settings"),
    ("list_questions", "first/199_err_no_such_survey_questions", SurveyNotFound, "no such survey"),
    ("list_questions", "first/214_sansdroit_questions", NotPermitted, "may not read the survey's content"),
    ("list_groups", "first/198_err_no_such_survey_groups", SurveyNotFound, "no such survey"),
    ("list_groups", "first/219_sansdroit_groups", NotPermitted, "may not read the survey's content"),
    ("list_participants", "first/200_err_no_such_survey_participants", SurveyNotFound, "no such survey"),
    ("list_participants", "first/018_list_participants_no_table", NoParticipantTable, "no participants table"),
    ("list_participants", "first/213_sansdroit_participants", NotPermitted, "may not read the survey's participants"),
    ("get_summary", "first/201_err_no_such_survey_summary", SurveyNotFound, "no such survey"),
    ("get_summary", "first/016_get_summary_not_active", SurveyNotActive, "counts no responses"),
    ("get_summary", "second/437_de_off_get_summary", SurveyNotActive, "counts no responses"),
    ("get_summary", "first/215_sansdroit_summary", NotPermitted, "may not read the survey,"),
    ("export_responses", "first/015_export_not_active", SurveyNotActive, "no table of responses"),
    ("export_responses", "second/440_de_off_export", SurveyNotActive, "no table of responses"),
    ("export_responses", "first/148_export_no_survey", NotPermitted, "export the survey's responses, or there is no"),
    ("export_responses", "first/128_export_json_fields_empty", BadAnswer, "a text, not JSON"),
    ("export_responses", "first/143_export_unknown_type", ServerError, "internal error"),
    ("export_responses", "first/115_export_csv_all_code_short", BadAnswer, "not JSON, or cut short"),
    ("export_responses", "first/112_export_json_all_full_short", BadAnswer, "have no id"),
    ("invite_participants", "first/252_invite_no_table", NoParticipantTable, "no participants table"),
    ("invite_participants", "first/223_sansdroit_invite", NotPermitted, "may not change the survey's participants"),
    ("list_surveys", "first/168_err_unknown_method", Unreachable, "HTTP 500, 4 times in a row"),
    ("list_surveys", "first/178_err_no_id", BadAnswer, "the answer is empty"),
    ("list_surveys", "first/271_rpc_interface_off", BadAnswer, "the answer is empty"),
    ("list_surveys", "first/272_rpc_interface_xml", BadAnswer, "switched to XML-RPC"),
    ("list_surveys", "first/174_err_malformed_json", BadAnswer, "belongs to another call"),
    ("list_surveys", "first/193_err_http_404_path", BadAnswer, "HTTP 400"),
    ("list_surveys", "first/160_err_invalid_session", BadAnswer, "'Invalid session key'"),
    ("list_surveys", "first/246_list_surveys_user_unknown", BadAnswer, "'Invalid user'"),
]


@pytest.mark.parametrize(("method", "title", "kind", "found"), ERRORS, ids=[title for _, title, *_ in ERRORS])
def test_a_recorded_error_becomes_a_sentence(
    replay: Replay,
    recorded: Callable[[str], Any],
    method: str,
    title: str,
    kind: type[LimeSurveyError],
    found: str,
) -> None:
    with pytest.raises(LimeSurveyError) as caught:
        CALLS[method](replay(**{"list_questions": QUESTIONS, method: title}))
    sentence = str(caught.value)
    assert type(caught.value) is kind
    assert sentence.startswith("http://127.0.0.1:")
    assert found in sentence
    assert "Expected: " in sentence
    assert sentence.endswith(".")
    for leak in ("SQL", "lime_", "{{", "CDb", "session-", "password'"):
        assert leak not in sentence
    error = json.loads(recorded(title).body)["error"] if recorded(title).body.startswith(b"{") else None
    if isinstance(caught.value, ServerError):
        assert caught.value.words == error


def ask(server: LimeSurvey, exchange: Any, **how: Any) -> object:
    """Make a recorded call."""
    return server._call(exchange.method, *exchange.params[1:], **how)  # pyright: ignore[reportPrivateUsage] the one entry of all methods


REFUSED_TO = {
    "sans_survey": {"get_summary": "read the survey,"},
    "sans_surveycontent": {
        "list_groups": "read the survey's content",
        "list_questions": "read the survey's content",
        "get_question_properties": "read the survey's content",
    },
    "sans_responses": {
        "export_responses": "export the survey's responses",
        "export_timeline": "read the survey's responses",
    },
    "sans_export": {"export_responses": "export the survey's responses"},
    "sans_lecture": {"export_timeline": "read the survey's responses"},
    "sans_tokens": {"list_participants": "read the survey's participants"},
    "sans_surveysettings": {"get_survey_properties": "read the survey's settings"},
}
"""What the server refused to the recorded accounts, each of which lacks one permission, and what the error names."""


def test_the_error_for_a_missing_permission_names_it(replay: Replay, all_exchanges: dict[str, list[Any]]) -> None:
    current: list[str] = []

    def present(_params: list[Any]) -> str:
        return current[-1]

    server = replay(**dict.fromkeys(USED, present))
    refused: dict[str, dict[str, str]] = {}
    empty: set[tuple[str, Meaning]] = set()
    for exchange in all_exchanges["third"]:
        account = next((name for name in (*REFUSED_TO, "tous") if f"_rights_{name}_" in exchange.name), None)
        if account is None or exchange.method not in USED:
            continue
        current.append(exchange.title)
        try:
            ask(server, exchange, survey_id=791103, judging=True)
        except NotPermitted as error:
            refused.setdefault(account, {})[exchange.method] = str(error)
        except StatusAnswer as answer:
            empty.add((account, answer.meaning))
    assert empty == {("sans_survey", Meaning.EMPTY)}
    assert {account: set(methods) for account, methods in refused.items()} == {
        account: set(methods) for account, methods in REFUSED_TO.items()
    }
    for account, methods in REFUSED_TO.items():
        for method, action in methods.items():
            assert f"survey 791103: the account may not {action}" in refused[account][method]


def test_a_session_that_ended_is_renewed_once(replay: Replay) -> None:
    server = replay(list_surveys=["first/160_err_invalid_session", "first/014_list_surveys"])
    assert len(server.surveys()) == 6


@pytest.mark.parametrize(
    "words", ["Invalid session key", "Invalid Session Key", "Error: Invalid session key.", "Session expired"]
)
def test_the_end_of_a_session_is_noticed_in_every_spelling(words: str) -> None:
    assert meaning_of_status(words) is Meaning.SESSION_EXPIRED


USED = {
    "list_surveys", "get_survey_properties", "get_summary", "list_groups", "list_questions", "get_question_properties",
    "list_participants", "export_responses", "invite_participants", "remind_participants",
    "release_session_key", "export_timeline",
}  # fmt: skip


def test_every_recorded_answer_is_either_read_or_refused_with_a_sentence(
    replay: Replay, all_exchanges: dict[str, list[Any]]
) -> None:
    exchanges = [one for batch in all_exchanges.values() for one in batch if one.method in USED]
    current: list[str] = []

    def present(_params: list[Any]) -> str:
        return current[-1]

    server = replay(**dict.fromkeys(USED, present))
    read = refused = 0
    for exchange in exchanges:
        current.append(exchange.title)
        try:
            result = ask(server, exchange)
        except LimeSurveyError:
            refused += 1
        else:
            read += 1
            assert not (isinstance(result, dict) and list(result) == ["status"]), exchange.title
        # A recording of an expired session must not make the client log in again for each later one.
        server._key = "session"  # pyright: ignore[reportPrivateUsage]
    assert read > 450
    assert refused > 75


TYPED: dict[str, Callable[[LimeSurvey, list[Any]], object]] = {
    "list_surveys": lambda server, _params: server.surveys(),
    "get_survey_properties": lambda server, params: server.survey_properties(params[1]),
    "get_summary": lambda server, params: server.summary(params[1]),
    "list_groups": lambda server, params: server.outline(params[1]),
    "export_timeline": lambda server, params: server.submissions_by_hour(params[1]),
    "invite_participants": lambda server, params: server.invite_participants(params[1], tids=[1]),
    "remind_participants": lambda server, params: server.remind_participants(params[1], tids=[1]),
}


def test_every_recorded_answer_becomes_what_the_method_promises_or_a_sentence(
    replay: Replay, all_exchanges: dict[str, list[Any]]
) -> None:
    """Read every recorded answer, or refuse it with a sentence.

    Recordings of calls with other parameters than the client's are included.
    """
    current: list[str] = []

    def present(_params: list[Any]) -> str:
        return current[-1]

    server = replay(list_questions=QUESTIONS, **dict.fromkeys(TYPED, present))
    read: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    sentences: set[str] = set()
    for exchange in (one for batch in all_exchanges.values() for one in batch if one.method in TYPED):
        current.append(exchange.title)
        try:
            TYPED[exchange.method](server, [*exchange.params, None])
        except LimeSurveyError as error:
            refused[exchange.method] += 1
            sentences.add(str(error))
        else:
            read[exchange.method] += 1
        # A recording of an expired session must not make the client log in again for each later one.
        server._key = "session"  # pyright: ignore[reportPrivateUsage]
    assert read.keys() == TYPED.keys()
    assert refused.keys() >= TYPED.keys() - {"remind_participants"}
    assert read.total() >= 100
    assert [one for one in sentences if not re.fullmatch(r"http://.+: .+\. Expected: .+\. .+\.", one)] == []
    assert [one for one in sentences if "SQL" in one or "lime_" in one] == []
