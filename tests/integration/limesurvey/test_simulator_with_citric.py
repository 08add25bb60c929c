"""Test the simulator with citric, an independent client."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import citric
import pytest
from citric.exceptions import LimeSurveyStatusError

from tasks.simulator import State, Survey, serve

SURVEY = 790101


@pytest.fixture
def survey(survey_file: Callable[[str], Path]) -> Survey:
    survey = Survey.from_lss(survey_file("bilingue_tous_types_v1.lss"))
    survey.activate()
    for number in (1, 2, 3):
        survey.add_participant(token=f"t{number}", attributes={"attribute_1": f"STR-{number}"}, firstname="Invented")
    survey.add_response({"codestr": "STR-1", "freins[temps]": "Y"}, token="t1", submitdate="2026-03-31 10:00:00")
    survey.add_response({"codestr": "STR-2"}, token="t2")
    return survey


@pytest.fixture
def client(survey: Survey) -> Iterator[citric.Client]:
    with serve(State([survey])) as simulator, citric.Client(simulator.url, "admin", "password") as client:
        yield client


def test_citric_opens_a_session_and_lists_surveys(client: citric.Client) -> None:
    (survey,) = client.list_surveys()
    assert (survey.get("sid"), survey.get("active")) == (SURVEY, "Y")


def test_citric_is_refused_with_a_wrong_password(client: citric.Client, survey_file: Callable[[str], Path]) -> None:
    with serve(State()) as simulator, pytest.raises(LimeSurveyStatusError):
        citric.Client(simulator.url, "admin", "wrong")


def test_citric_lists_questions_with_subquestions(client: citric.Client) -> None:
    questions = client.list_questions(SURVEY)
    assert len(questions) == 82
    assert {question["title"] for question in questions} >= {"statut", "freins", "temps"}


def test_citric_lists_participants(client: citric.Client) -> None:
    participants = client.list_participants(SURVEY, attributes=["attribute_1"])
    assert [row.get("attribute_1") for row in participants] == ["STR-1", "STR-2", "STR-3"]


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
    assert (summary.get("completed_responses"), summary.get("incomplete_responses"), summary.get("token_count")) == (
        1,
        1,
        3,
    )


def test_citric_reports_an_unknown_survey(client: citric.Client) -> None:
    with pytest.raises(LimeSurveyStatusError, match="Invalid surveyid"):
        client.get_summary(424242)


def rows_of(client: citric.Client, **options: Any) -> list[dict[str, Any]]:
    return json.loads(client.export_responses(SURVEY, file_format="json", **options))["responses"]


def test_citric_pages_by_id_and_picks_fields(client: citric.Client, survey: Survey) -> None:
    survey.fill(40, seed=1)
    ids = [
        [row["id"] for row in rows_of(client, from_response_id=first, to_response_id=first + 9)] for first in (1, 41)
    ]
    assert ids == [list(range(1, 11)), [41, 42]]
    assert [row["id"] for row in rows_of(client, additional_options={"aResponses": "2,41"})] == [2, 41]
    assert rows_of(client, from_response_id=900, to_response_id=999) == []
    assert {tuple(row) for row in rows_of(client, fields=["id", "token", "attribute_1"])} == {
        ("id", "token", "attribute_1")
    }


def test_citric_distinguishes_complete_from_incomplete_responses(client: citric.Client) -> None:
    assert [row["id"] for row in rows_of(client, completion_status="complete")] == [1]
    assert [row["id"] for row in rows_of(client, completion_status="incomplete")] == [2]


def test_citric_sees_what_people_do(client: citric.Client, survey: Survey) -> None:
    survey.reopen(1, at="2026-04-02 09:00:00")
    survey.complete(2, {"codestr": "STR-2b"}, at="2026-04-03 10:00:00", page=5)
    opened = survey.open_only(token="t3", at="2026-04-04 11:00:00")
    rows = {row["id"]: row for row in rows_of(client)}
    assert (rows[1]["submitdate"], rows[1]["codestr"]) == ("2026-04-02 09:00:00", "STR-1")
    assert (rows[2]["submitdate"], rows[2]["codestr"]) == ("2026-04-03 10:00:00", "STR-2b")
    assert (rows[opened]["submitdate"], rows[opened]["lastpage"]) == (None, None)
    survey.delete_response(2)
    assert client.get_response_ids(SURVEY, "t2") == []
    hours = client.export_timeline(SURVEY, "hour", datetime(2026, 1, 1), datetime(2027, 1, 1))
    assert hours == {"2026-04-02_9": 1}


def test_citric_adds_changes_and_deletes_responses(client: citric.Client) -> None:
    added = client.add_response(SURVEY, {"codestr": "STR-3", "token": "t3"})
    assert added == 3
    assert client.update_response(SURVEY, {"id": added, "codestr": "STR-3b"})
    assert rows_of(client)[-1]["codestr"] == "STR-3b"
    client.delete_response(SURVEY, added)
    summary = client.get_summary(SURVEY)
    assert summary is not None
    assert summary.get("full_responses") == 2
    assert client.add_response(SURVEY, {}) == added + 1


def test_citric_adds_changes_and_deletes_participants(client: citric.Client) -> None:
    (added,) = client.add_participants(
        SURVEY,
        participant_data=[{"email": "invented@example.org", "token": "t4", "attribute_1": "STR-4"}],
        create_tokens=False,
    )
    tid = int(added["tid"])
    client.set_participant_properties(SURVEY, tid, attribute_1="STR-4b")
    found = client.get_participant_properties(SURVEY, {"token": "t4"}, ["tid", "attribute_1", "completed"])
    assert found == {"tid": tid, "attribute_1": "STR-4b", "completed": "N"}
    page = client.list_participants(SURVEY, start=2, limit=2, attributes=["completed"])
    assert [row["tid"] for row in page] == [2, 3]
    assert client.delete_participants(SURVEY, [tid]) == {str(tid): "Deleted"}
    with pytest.raises(LimeSurveyStatusError, match="No survey participants found"):
        client.list_participants(SURVEY, start=tid)


def test_citric_reads_groups_and_questions_in_both_languages(client: citric.Client) -> None:
    groups = client.list_groups(SURVEY, "en")
    assert [row["group_order"] for row in groups] == sorted(row["group_order"] for row in groups)
    (region,) = [row for row in client.list_questions(SURVEY, language="en") if row["title"] == "region"]
    assert region["question"] == "Region"
    options = client.get_question_properties(region["qid"], settings=["answeroptions"], language="en").get(
        "answeroptions"
    )
    assert options is not None
    assert options["BRE"]["answer"] == "Brittany"
    assert client.get_survey_properties(SURVEY, ["language", "additional_languages"]) == {
        "language": "fr",
        "additional_languages": "en",
    }
    assert len(client.get_fieldmap(SURVEY)) > 80


def test_citric_sees_live_changes(client: citric.Client, survey: Survey) -> None:
    survey.rename_question("codestr", "code")
    survey.relabel_option("region", "BRE", "Breizh")
    survey.set_text("region", "En quelle région ?")
    assert rows_of(client)[0]["code"] == "STR-1"
    (region,) = [row for row in client.list_questions(SURVEY) if row["title"] == "region"]
    assert region["question"] == "En quelle région ?"
    options = client.get_question_properties(region["qid"], settings=["answeroptions"]).get("answeroptions")
    assert options is not None
    assert options["BRE"]["answer"] == "Breizh"


def test_citric_uploads_a_file_and_reads_it_back(client: citric.Client) -> None:
    (pieces,) = [name for name in client.get_fieldmap(SURVEY) if name.endswith("_filecount")]
    uploaded = client.upload_file_object(SURVEY, pieces.removesuffix("_filecount"), "bilan.txt", io.BytesIO(b"bonjour"))
    meta = {
        "title": "Bilan",
        "comment": "",
        "size": 1,
        "name": "bilan.txt",
        "filename": uploaded["filename"],
        "ext": "txt",
    }
    client.add_response(SURVEY, {pieces.removesuffix("_filecount"): json.dumps([meta]), pieces: "1", "token": "t3"})
    (file,) = client.get_uploaded_file_objects(SURVEY, token="t3")
    assert file["content"].read() == b"bonjour"
    assert rows_of(client)[-1]["pieces[filecount]"] == 1


def test_citric_copies_and_opens_a_survey(client: citric.Client) -> None:
    copied = client.copy_survey(SURVEY, "Phase 2")["newsid"]
    listed = {row.get("sid"): (row.get("surveyls_title"), row.get("active")) for row in client.list_surveys()}
    assert listed[copied] == ("Phase 2", "N")
    with pytest.raises(LimeSurveyStatusError, match="survey table does not exist"):
        client.export_responses(copied)
    client.activate_survey(copied)
    client.activate_tokens(copied, [1])
    client.add_participants(copied, participant_data=[{"attribute_1": "STR-9"}])
    summary = client.get_summary(copied)
    assert summary is not None
    assert summary.get("token_count") == 1


def test_citric_reports_no_data_for_a_deactivated_survey(client: citric.Client, survey: Survey) -> None:
    survey.deactivate()
    assert client.get_summary(SURVEY) is None
    for call in (client.export_responses, client.list_participants):
        with pytest.raises(LimeSurveyStatusError, match=r"survey table does not exist|No survey participants table"):
            call(SURVEY)
    survey.reactivate()
    assert [row["id"] for row in rows_of(client)] == [1, 2]
