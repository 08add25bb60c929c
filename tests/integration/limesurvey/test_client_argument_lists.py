"""Test that each argument list of the client occurs in a recorded call that the real server answered."""

import inspect
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from running import USER
from small_programme import AS_OF, Small, small_programme

from tasks.limesurvey import LimeSurvey
from tasks.programme import read_programme
from tasks.schedule.expected_returns import plan, survey_source
from tasks.simulator import Simulator, Survey
from tasks.surveys import remind

SURVEY = 790101
Sent = set[tuple[str, str]]

FREE_TEXTS = {
    "get_session_key": {0, 1},
    "list_groups": {2},
    "list_questions": {3},
    "get_question_properties": {3},
}
"""The paths of names, passwords, languages and tokens. Every other text is a word of the interface."""

NOT_RECORDED = {
    ("remind_participants", "[key, number, 1, null, [numbers], true]"): (
        "recorded with null in place of 1 only. Kept: it has the server refuse a second reminder within a day"
    ),
}

CALLS: dict[str, Callable[[LimeSurvey], object]] = {
    "surveys": lambda server: server.surveys(),
    "survey_properties": lambda server: server.survey_properties(SURVEY),
    "summary": lambda server: server.summary(SURVEY),
    "submissions_by_hour": lambda server: server.submissions_by_hour(SURVEY),
    "outline": lambda server: server.outline(SURVEY),
    "questionnaire": lambda server: server.questionnaire(SURVEY),
    "participants": lambda server: (
        server.participants(SURVEY),
        server.participants(SURVEY, attributes=["attribute_1"]),
        server.participants(SURVEY, attributes=["attribute_1", "attribute_2"]),
    ),
    "response_files": lambda server: list(server.response_files(SURVEY)),
    "response_pages_by_ids": lambda server: list(server.response_pages_by_ids(SURVEY, [1, 4, 5])),
    "invite_participants": lambda server: server.invite_participants(SURVEY, tids=[1]),
    "remind_participants": lambda server: (
        server.remind_participants(SURVEY, tids=[1]),
        server.remind_participants(SURVEY, tids=[1], days_between=1),
    ),
    "close": lambda server: server.close(),
}
"""One call per public method and option of the client."""


def form(method: str, params: Iterable[object]) -> str:
    """Normalise an argument list, to compare it between surveys.

    The number of arguments, their types, the words of the interface and the names in lists are kept.
    """

    def written(place: int, value: object) -> str:
        if isinstance(value, str) and place in FREE_TEXTS.get(method, set()):
            return "text"
        if isinstance(value, str) and place == 0:
            return "key"
        if isinstance(value, bool) or value is None:
            return {True: "true", False: "false", None: "null"}[value]
        if isinstance(value, int):
            # Days and reminders are options. All other numbers are ids, paths and counts.
            return str(value) if method == "remind_participants" and place in {2, 3} else "number"
        if isinstance(value, list) and value and all(isinstance(one, int) for one in value):
            return "[numbers]"
        if isinstance(value, list):
            names = dict.fromkeys(re.sub(r"attribute_\d+", "attribute_N", str(one)) for one in value)
            return f"[{', '.join(names)}]"
        if isinstance(value, dict):
            return str({name: re.sub(r"[\d,]+", "numbers", str(one)) for name, one in value.items()})
        return str(value)

    return f"[{', '.join(written(place, value) for place, value in enumerate(params))}]"


def sent_to(simulator: Simulator) -> Sent:
    forms: Sent = set()
    for method, params in zip(simulator.calls, simulator.params, strict=True):
        assert isinstance(params, list)
        forms.add((method, form(method, params)))
    return forms


@pytest.fixture(scope="module")
def recorded_forms(all_exchanges: Mapping[str, list[Any]]) -> Sent:
    """Return the forms of the calls that the real server answered without an internal error, refusals included."""
    return {
        (exchange.method, form(exchange.method, exchange.params))
        for exchanges in all_exchanges.values()
        for exchange in exchanges
        if exchange.method and isinstance(exchange.params, list) and exchange.body.endswith(b'"error":null}')
    }


def test_every_public_method_of_the_client_sends_what_was_recorded(
    survey: Survey, simulator: Simulator, connect: Callable[..., LimeSurvey], recorded_forms: Sent
) -> None:
    public = {name for name, _ in inspect.getmembers(LimeSurvey, inspect.isfunction) if not name.startswith("_")}
    assert CALLS.keys() == public
    survey.delete_response(4)
    server = connect(simulator.url, page_size=2)
    for call in CALLS.values():
        call(server)
    unrecorded = sent_to(simulator) - recorded_forms
    assert unrecorded == NOT_RECORDED.keys()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    with small_programme(
        monkeypatch,
        tmp_path / "programme",
        survey="bilingue_tous_types_v1.lss",
        identifiers=["contact"],
        only_numbers=True,
        number="etp",
    ) as small:
        yield small


def test_a_collection_its_next_runs_and_its_reminders_send_what_was_recorded(
    small: Small, recorded_forms: Sent
) -> None:
    small.add_participants("STR1", "STR2")
    for at in ("2025-12-20 10:00:00", "2025-12-21 10:00:00", None):
        small.survey.add_response({"etp": "0.5"}, token="str1", submitdate=at, datestamp=at or "2025-12-19 09:00:00")
    small.simulator.state.mail_works = True
    small.collect()
    small.survey.delete_response(3)
    small.collect(weekly=True)
    small.collect(daily=True)
    small.collect()
    programme = read_programme(small.folder)
    instrument = programme.instrument_by_code["suivi"].model_copy(update={"reminders": True})
    source = survey_source(small.survey.sid)
    expected = {str(row["expected_return_id"]): row for row in plan(programme) if row["source_id"] == source}
    with LimeSurvey(small.simulator.url, username=USER.name, password=USER.password) as server:
        for _ in ("invited", "reminded"):
            remind(server, small.survey.sid, instrument, expected, expected, today=AS_OF)
    sent = sent_to(small.simulator)
    reached = {"export_responses", "get_question_properties", "invite_participants", "remind_participants"}
    assert reached <= dict(sent).keys()
    assert sent - recorded_forms <= NOT_RECORDED.keys()
