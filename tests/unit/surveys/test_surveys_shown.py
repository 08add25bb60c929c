"""Test which blanks of responses are explained: as not shown, or as unknown."""

import json

import pytest

from tasks.limesurvey.pages import response_table
from tasks.questionnaires.questionnaire import Question, Questionnaire
from tasks.surveys.shown import are_explained, missing_reasons

SUBMITTED = "2026-01-10 09:00:00"
UNDERSTOOD, NOT_UNDERSTOOD = 'member.NAOK == "N"', "strlen(member.NAOK) == 1"


def question(code: str, letter: str, *conditions: str) -> Question:
    return Question(code, letter, 1, {"en": "?"}, conditions=conditions)


QUESTIONNAIRE = Questionnaire(
    ("en",),
    (
        question("member", "Y"),
        question("why", "T", UNDERSTOOD),
        question("how", "T", NOT_UNDERSTOOD),
        question("added", "T"),
        question("since", "T", 'why.NAOK != ""'),
    ),
)


def reasons(saved: str | None, *, submitted: str = SUBMITTED, **answers: str | None) -> dict[str, str]:
    """Return the reasons for the blanks of a response, by question."""
    # The null marks the page as one of a server that writes both null and empty texts.
    own = {"id": 1, "submitdate": submitted, "lastpage": 1, "startlanguage": "en", "seed": None}
    dated = own if saved is None else own | {"startdate": "2026-01-10 08:00:00", "datestamp": saved}
    answers = dict.fromkeys(("member", "why", "how", "added", "since")) | answers
    page = response_table(json.dumps({"responses": [dated | answers]}).encode(), ValueError)
    found = dict(zip(answers, missing_reasons(page, QUESTIONNAIRE).to_pylist(), strict=True))
    explained = {code for code in answers if are_explained(page, code, QUESTIONNAIRE)[0]}
    assert explained == {code for code, reason in found.items() if reason}
    return {code: reason for code, reason in found.items() if reason}


@pytest.mark.parametrize("saved", [SUBMITTED, "2026-01-10 08:59:59", "2026-01-10 09:00:01", None])
def test_what_the_server_wrote_at_the_submission_decides(saved: str | None) -> None:
    # The conditions were edited since: by today's, `why` would have been shown.
    assert reasons(saved, member="N", how="") == {"why": "not_shown", "added": "not_shown", "since": "not_shown"}


def test_a_survey_without_dates_has_no_change_after_a_submission() -> None:
    assert reasons(None, submitted="1980-01-01 00:00:00", member="N", added="") == {
        "why": "not_shown",
        "how": "not_shown",
        "since": "not_shown",
    }


def test_conditions_decide_in_a_response_that_was_changed_after_its_submission() -> None:
    # Null stands there for what the answer before the change hid, an empty text for what it showed.
    assert "why" not in reasons("2026-01-10 09:00:03", member="N")
    assert reasons("2026-01-10 09:00:03", member="Y", why="", since="", added="", how="a") == {
        "why": "not_shown",
        "since": "not_shown",
    }


@pytest.mark.parametrize("stale", [None, ""])
def test_a_blank_of_a_changed_response_is_unknown_where_the_condition_is_not_understood(stale: str | None) -> None:
    assert reasons("2026-01-10 09:00:03", member="N", how=stale, added="", why="a", since="a") == {
        "how": "unknown_if_shown"
    }


def test_an_answer_that_a_change_hides_is_not_read_by_the_conditions_of_others() -> None:
    # The server removes it only once its page is sent again.
    assert reasons("2026-01-10 09:00:03", member="Y", why="a", how="a", added="")["since"] == "not_shown"


def test_a_question_without_a_condition_keeps_what_the_server_wrote() -> None:
    # It was added to the survey after the response.
    assert reasons("2026-01-10 09:00:03", member="N", why="a", how="a", since="a") == {"added": "not_shown"}
