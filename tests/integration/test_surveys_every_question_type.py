"""Test every question type of the recorded bilingual survey, from the server to the view of answers in words."""

from collections.abc import Generator
from typing import Any

import pytest
from small_programme import Small, small_programme

from tasks.simulator.fields import AnswerColumn

FILES = '[{"name":"bilan.pdf","size":"12.5","ext":"pdf","filename":"fu_x","title":"","comment":""}]'
BY_LETTER = {
    "A": "2", "B": "7", "C": "U", "D": "2026-01-05 00:00:00", "E": "I", "G": "F", "I": "fr", "K": "12.5", "M": "Y",
    "N": "0.5", "P": "Y", "Y": "N", "5": "3", ":": "4", "|": FILES, "*": "3",
}  # fmt: skip


def answer_to(column: AnswerColumn) -> str | None:
    """Return an answer that a question of this type can have."""
    question = column.question
    if column.extra == "filecount":
        return "1"
    if column.extra == "rank":
        return question.options[column.rank - 1].code
    if question.type == "X":
        return None
    if column.extra in {"", "other"} and question.type in "L!OFH1" and not column.extra:
        return next(option.code for option in question.options if option.scale_id == (column.scale_id or 0))
    if column.extra or question.type in "STUQ;":
        return f"Un texte à {column.heading}"
    return BY_LETTER[question.type]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Generator[Small]:
    """Let one structure give the same answers in French, and another in English."""
    options: dict[str, Any] = {
        "survey": "bilingue_tous_types_v1.lss",
        "identifiers": ["contact"],
        "only_numbers": True,
        "number": "etp",
    }
    folder = tmp_path_factory.mktemp("types") / "programme"
    with pytest.MonkeyPatch.context() as patch, small_programme(patch, folder, **options) as small:
        small.add_participants("STR1", "STR2")
        for token, language in (("str1", "fr"), ("str2", "en")):
            small.survey.add_response(
                given(small), token=token, submitdate="2025-12-20 10:00:00", startlanguage=language
            )
        assert small.collect(views=True).quarantined == []
        yield small


def given(small: Small) -> dict[str, str | None]:
    return {heading: answer_to(column) for heading, column in small.survey.columns_by_heading().items()}


def test_every_answer_arrives_as_it_was_given_but_those_that_name_people(small: Small) -> None:
    loaded = dict(
        small.rows("select item, value_text from raw.answers join raw.returns using (return_id) where respondent = '1'")
    )
    expected = {heading: text for heading, text in given(small).items() if not heading.startswith("contact")}
    assert len(expected) == 77
    assert loaded == expected
    assert small.rows("select distinct item from raw.answers where part = 'unknown'") == []


@pytest.mark.parametrize(
    ("item", "question", "subquestion", "scale", "part"),
    [
        ("statut", "statut", None, None, "value"),
        ("statut[other]", "statut", None, None, "other"),
        ("suite[comment]", "suite", None, None, "comment"),
        ("ta[outil]", "ta", "outil", None, "value"),
        ("td[gouv][1]", "td", "gouv", 0, "value"),
        ("td[gouv][2]", "td", "gouv", 1, "value"),
        ("tn[sal_t1]", "tn", "sal_t1", None, "value"),
        ("tt[axe1_nom]", "tt", "axe1_nom", None, "value"),
        ("freins[temps]", "freins", "temps", None, "value"),
        ("freins[other]", "freins", None, None, "other"),
        ("leviers[dircomment]", "leviers", "dir", None, "comment"),
        ("leviers[othercomment]", "leviers", "other", None, "comment"),
        ("benef[f]", "benef", "f", None, "value"),
        ("prio[2]", "prio", "2", None, "rank"),
        ("pieces", "pieces", None, None, "files"),
        ("pieces[filecount]", "pieces", None, None, "filecount"),
        ("total", "total", None, None, "value"),
    ],
)
def test_an_answer_is_reported_by_question_subquestion_scale_and_part(
    small: Small, item: str, question: str, subquestion: str | None, scale: int | None, part: str
) -> None:
    query = "select distinct question_code, subquestion_code, scale, part from raw.answers where item = ?"
    assert small.rows(query, item) == [(question, subquestion, scale, part)]


def test_answers_in_two_languages_have_the_same_codes_and_are_shown_in_the_base_language(small: Small) -> None:
    shown = "select * exclude (return_id, expected_return_id, enrolment_id, structure_code, respondent, language) "
    sql = f"{shown} from analytics.survey_answers where language = ? order by item"
    french, english = (small.rows(sql, language) for language in ("fr", "en"))
    assert french == english
    assert len(french) == 77


def test_answers_are_shown_with_the_wording_of_what_they_answer(small: Small) -> None:
    sql = (
        "select item, question_text, subquestion_text, answer_label from analytics.survey_answers "
        "where respondent = '2' order by item"
    )
    words = {item: (question, subquestion, label) for item, question, subquestion, label in small.rows(sql)}
    survey = small.survey

    def text(code: str, subquestion: str | None = None) -> str:
        return survey.question(code, subquestion).texts["fr"].question

    assert all(question for question, _, _ in words.values())
    assert words["statut"] == (text("statut"), None, survey.option("statut", "asso").texts["fr"])
    assert words["statut[other]"] == (text("statut"), None, None)
    assert words["tf[diag]"][1:] == (text("tf", "diag"), survey.option("tf", "oui").texts["fr"])
    assert words["td[gouv][2]"][1:] == (text("td", "gouv"), survey.option("td", "m1", scale_id=1).texts["fr"])
    assert words["tn[sal_t1]"][1] == f"{text('tn', 'sal')} – {text('tn', 't1')}"
    assert words["prio[2]"][1:] == (None, survey.option("prio", "p2").texts["fr"])
    assert words["leviers[dircomment]"][1] == text("leviers", "dir")
