"""Test which refused answers of a survey are attributed to the programme: those that respondents only choose."""

import pyarrow as pa
import pytest
from bookkeeping import programme

from schemas.enums import IndicatorKind, ResolvedBy, Severity
from schemas.expectations import IsAtMost, IsOneOf, IsText, IsWithin
from schemas.programme import Programme
from tasks.i18n import language
from tasks.questionnaires.questionnaire import Question, QuestionKind, Questionnaire, QuestionPart
from tasks.questionnaires.response_columns import fields_of_question, is_typed
from tasks.records import Finding
from tasks.surveys.fetching import SurveyToRead
from tasks.surveys.offered import OfferedAnswers

TYPED = {"S", "T", "U", "Q", "N", "K", ":", ";", "unknown"}
OPTIONS = (QuestionPart("A1", 0, 1, {"fr": "Oui"}), QuestionPart("A5", 0, 2, {"fr": "Pas encore"}))


def question(letter: str, *, has_other: bool = False, is_hidden: bool = False) -> Question:
    return Question("q", letter, 1, {"fr": "?"}, has_other=has_other, options=OPTIONS, is_hidden=is_hidden)


@pytest.mark.parametrize("kind", [kind for kind in QuestionKind if kind is not QuestionKind.TEXT_DISPLAY])
def test_respondents_type_the_answers_of_these_kinds_and_choose_those_of_all_others(kind: QuestionKind) -> None:
    asked = question(kind.value)
    for field in fields_of_question(asked):
        assert is_typed(asked, field) is (kind.value in TYPED or field.part.value == "comment")


def test_the_text_beside_other_is_typed_and_the_answer_to_a_hidden_question_is_not() -> None:
    asked = question("L", has_other=True)
    assert [is_typed(asked, field) for field in fields_of_question(asked)] == [False, True]
    asked = question("S", is_hidden=True)
    assert [is_typed(asked, field) for field in fields_of_question(asked)] == [False]


def with_line(recode: str | None, kind: IndicatorKind = IndicatorKind.NUMBER) -> Programme:
    """Return a programme whose crosswalk maps the question to an indicator of a kind."""
    whole = programme()
    indicator = whole.indicators[0].model_copy(update={"kind": kind})
    line = whole.crosswalk[0].model_copy(
        update={"item": "q", "recode": recode, "indicator_code": indicator.indicator_code}
    )
    return whole.model_copy(update={"crosswalk": [line], "indicators": [indicator]})


def explained(
    asked: Question,
    answer: str,
    check: type = IsOneOf,
    severity: Severity = Severity.ERROR,
    recode: str | None = "adoption",
    item: str = "q",
    kind: IndicatorKind = IndicatorKind.NUMBER,
) -> Finding:
    survey = SurveyToRead("suivi", 1, 7, {})
    finding = Finding(item, f"response 3, {item}", check.__name__, severity, "a text of 2 characters", "one of: A1")
    offered = OfferedAnswers(Questionnaire(("fr",), (asked,)), with_line(recode, kind), survey, language("en"))
    return offered.explain(finding, pa.table({item: [answer]}), 0)


def test_an_option_that_the_crosswalk_lacks_is_named_with_the_line_that_is_needed() -> None:
    found = explained(question("L"), "A5")
    assert found.resolved_by is ResolvedBy.PROGRAMME
    assert found.found == "the option A5 of the questionnaire (Pas encore)"
    assert found.expected == "a line for A5 in recodes.csv, recode adoption: the crosswalk lacks it"


@pytest.mark.parametrize("check", [IsOneOf, IsText, IsWithin])
def test_an_option_that_no_recode_maps_needs_one(check: type) -> None:
    found = explained(question("L"), "A5", check, recode=None)
    assert found.resolved_by is ResolvedBy.PROGRAMME
    assert found.expected == ("a recode with a line for A5 in crosswalk.csv, on the line of q: the crosswalk lacks it")


def test_an_answer_that_the_questionnaire_does_not_list_is_not_quoted() -> None:
    found = explained(question("L"), "Personne Inventée")
    assert found.resolved_by is ResolvedBy.PROGRAMME
    assert "Personne" not in found.found + found.expected


@pytest.mark.parametrize(
    ("asked", "check", "severity", "item"),
    [
        (question("S"), IsOneOf, Severity.ERROR, "q"),
        (question("N"), IsWithin, Severity.ERROR, "q"),
        (question("L"), IsAtMost, Severity.ERROR, "q"),
        (question("L"), IsOneOf, Severity.WARNING, "q"),
        (question("L", has_other=True), IsOneOf, Severity.ERROR, "q[other]"),
        (question("L"), IsOneOf, Severity.ERROR, "unknown"),
    ],
)
def test_what_a_respondent_can_correct_stays_with_the_respondent(
    asked: Question, check: type, severity: Severity, item: str
) -> None:
    found = explained(asked, "A5", check, severity, item=item)
    assert (found.resolved_by, found.expected) == (ResolvedBy.SENDER, "one of: A1")


def test_a_day_that_does_not_exist_needs_no_line_of_the_crosswalk() -> None:
    found = explained(question("D"), "2019-02-30 00:00:00", IsText, recode=None, kind=IndicatorKind.DATE)
    assert (found.resolved_by, found.expected) == (ResolvedBy.SENDER, "one of: A1")
    found = explained(question("D"), "2019-02-30 00:00:00", IsText, recode=None)
    assert found.resolved_by is ResolvedBy.PROGRAMME
