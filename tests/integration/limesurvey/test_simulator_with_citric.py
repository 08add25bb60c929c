"""An independent client from PyPI works against the simulator as it is."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import citric
import pytest
from citric.exceptions import LimeSurveyStatusError

from tasks.simulator import State, Survey, serve

SURVEY = 790101


@pytest.fixture
def client(survey_file: Callable[[str], Path]) -> Iterator[citric.Client]:
    survey = Survey.from_lss(survey_file("bilingue_tous_types_v1.lss"))
    survey.activate()
    for number in (1, 2, 3):
        survey.add_participant(token=f"t{number}", attributes={"attribute_1": f"STR-{number}"}, firstname="Invented")
    survey.add_response({"codestr": "STR-1", "freins[temps]": "Y"}, token="t1", submitdate="2026-03-31 10:00:00")
    survey.add_response({"codestr": "STR-2"}, token="t2")
    with serve(State([survey])) as simulator, citric.Client(simulator.url, "admin", "password") as client:
        yield client


def test_citric_opens_a_session_and_lists_surveys(client: citric.Client) -> None:
    (survey,) = client.list_surveys()
    assert (survey["sid"], survey["active"]) == (SURVEY, "Y")


def test_citric_is_refused_with_a_wrong_password(client: citric.Client, survey_file: Callable[[str], Path]) -> None:
    with serve(State()) as simulator, pytest.raises(LimeSurveyStatusError):
        citric.Client(simulator.url, "admin", "wrong")


def test_citric_lists_questions_with_subquestions(client: citric.Client) -> None:
    questions = client.list_questions(SURVEY)
    assert len(questions) == 82
    assert {question["title"] for question in questions} >= {"statut", "freins", "temps"}


def test_citric_lists_participants(client: citric.Client) -> None:
    participants = client.list_participants(SURVEY, attributes=["attribute_1"])
    assert [row["attribute_1"] for row in participants] == ["STR-1", "STR-2", "STR-3"]


def test_citric_exports_responses(client: citric.Client) -> None:
    rows = json.loads(client.export_responses(SURVEY, file_format="json"))["responses"]
    assert [(row["id"], row["codestr"], row["freins[temps]"]) for row in rows] == [
        (1, "STR-1", "Y"),
        (2, "STR-2", None),
    ]
    table = io.TextIOWrapper(io.BytesIO(client.export_responses(SURVEY, file_format="csv")), "utf-8-sig")
    assert table.readline().startswith('"id";"submitdate";"lastpage"')


def test_citric_exports_the_responses_of_a_token(client: citric.Client) -> None:
    rows = json.loads(client.export_responses(SURVEY, file_format="json", token="t2"))["responses"]
    assert [row["id"] for row in rows] == [2]


def test_citric_reads_the_summary(client: citric.Client) -> None:
    summary = client.get_summary(SURVEY)
    assert summary is not None
    assert (summary["completed_responses"], summary["incomplete_responses"], summary["token_count"]) == (1, 1, 3)


def test_citric_is_told_about_a_survey_that_does_not_exist(client: citric.Client) -> None:
    with pytest.raises(LimeSurveyStatusError, match="Invalid surveyid"):
        client.get_summary(424242)
