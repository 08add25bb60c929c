"""A questionnaire in elements, and its wordings without markup."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from questionnaires import INSTRUMENT, VERSION, fetched
from running import EXAMPLE

from schemas.enums import ElementKind
from schemas.questionnaire import Element
from tasks.drift import baseline_text, elements_of
from tasks.drift.plain import compared, plain
from tasks.limesurvey import AnswerOption, Question, QuestionKind, Questionnaire
from tasks.programme import read_programme
from tasks.programme.questionnaires import questionnaire_file, read_questionnaires

V1 = fetched("bilingue_tous_types_v1.lss")
SETTINGS = read_programme(EXAMPLE).settings


@pytest.mark.parametrize(
    ("wording", "read"),
    [
        ("Bienvenue", "Bienvenue"),
        ("<p>Bienvenue, merci de <strong>tout</strong> lire.</p>", "Bienvenue, merci de tout lire."),
        ("<p>Un</p><p>deux</p>", "Un deux"),
        ("Un<br/>deux<br>trois", "Un deux trois"),
        ("l&#39;&eacute;quipe &amp; vous&nbsp;?", "l'équipe & vous ?"),
        ("« Poursuivrez\u00a0-vous\u202f? »\r\n\t", "« Poursuivrez -vous ? »"),
        ("avant <script>if (a < b) alert('x')</script>après", "avant après"),
        ("<style>p {color: red}</style>Texte", "Texte"),
        ("<!-- caché -->Texte", "Texte"),
        ("moins de 25 ans : < 25, ou > 60", "moins de 25 ans : < 25, ou > 60"),
        ("inté\u00adgration\u200b", "intégration"),
        ('<img src="data:image/png;base64,AAAA" alt="x">', ""),
        ("nul\x00 et \x07cloche", "nul et cloche"),
        ("", ""),
    ],
)
def test_a_wording_is_what_a_person_reads(wording: str, read: str):
    assert plain(wording) == read


@given(st.text())
def test_any_text_becomes_one_line_that_stays_as_it_is(wording: str):
    text = plain(wording)
    assert text == text.strip()
    assert "\n" not in text
    assert "  " not in text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Poursuivrez-vous ?", "Poursuivrez-vous?"),
        ("l’équipe", "L'ÉQUIPE"),
        ("E\u0301tapes", "Étapes."),
        ("Freins :", "Freins"),
    ],
)
def test_typography_capitals_and_the_last_sign_do_not_count(one: str, other: str):
    assert compared(one) == compared(other)


@pytest.mark.parametrize(
    ("one", "other"), [("< 25 ans", "> 25 ans"), ("?", "!"), ("Année 1", "Année 2"), ("+5 %", "-5 %")]
)
def test_signs_that_mean_something_count(one: str, other: str):
    assert compared(one) != compared(other)


def test_each_thing_stands_once_in_each_language_in_the_order_in_which_it_is_asked():
    things = [(e.element, e.question_code, e.code, e.scale) for e in V1]
    assert set(Counter(things).values()) == {2}
    assert [e.language for e in V1] == ["fr", "en"] * (len(V1) // 2)
    assert [e.position for e in V1 if e.element is ElementKind.QUESTION][::2] == list(range(1, 43))
    assert [(e.code, e.scale, e.position) for e in V1 if e.question_code == "td" and e.code][::2] == [
        ("gouv", 0, 1), ("num", 0, 2), ("i1", 0, 1), ("i2", 0, 2), ("m1", 1, 1), ("m2", 1, 2),
    ]  # fmt: skip
    assert {(e.letter, e.has_other) for e in V1 if e.question_code == "freins"} == {("M", True)}


def test_a_wording_that_a_language_lacks_is_empty():
    question = Question(
        question_id=1, group_id=1, code="q", kind=QuestionKind.LIST_RADIO, letter="L", theme="", order=7, mandatory="N",
        has_other=False, is_encrypted=False, relevance="1", texts={"fr": "<b>Q</b>"}, help_texts={}, subquestions=(),
        options=(AnswerOption("a", 0, 9, {"fr": "A"}), AnswerOption("b", 0, 9, {"fr": "B", "en": "B"})),
    )  # fmt: skip
    elements = elements_of(Questionnaire(1, ("fr", "en"), (), (question,), ""))
    assert [(e.code, e.position, e.language, e.text) for e in elements] == [
        ("", 1, "fr", "Q"), ("", 1, "en", ""), ("a", 1, "fr", "A"), ("a", 1, "en", ""), ("b", 2, "fr", "B"),
        ("b", 2, "en", "B"),
    ]  # fmt: skip


def read_back(text: str) -> tuple[Element, ...]:
    mistakes = []
    read = read_questionnaires({questionnaire_file(INSTRUMENT, VERSION): text}, SETTINGS, mistakes)
    assert mistakes == []
    return read[INSTRUMENT, VERSION]


def test_what_is_written_is_read_back_as_it_was():
    assert read_back(baseline_text(V1)) == V1


@given(st.text().map(plain), st.text(min_size=1).map(plain).filter(bool))
def test_any_text_and_code_are_read_back_as_they_were(text: str, code: str):
    rows = tuple(
        Element(element=kind, question_code="q", code=own, position=1, letter="L", language="fr", text=text)
        for kind, own in ((ElementKind.QUESTION, ""), (ElementKind.OPTION, code))
    )
    assert read_back(baseline_text(rows)) == rows


def test_the_file_is_a_line_an_element_and_names_its_columns():
    lines = baseline_text(V1).split("\n")
    assert lines[0] == "element,question_code,code,scale,position,letter,has_other,language,text"
    assert lines[1] == 'question,accueil,,0,1,X,false,fr,"Bienvenue, merci de tout lire."'
    assert len(lines) == len(V1) + 2
    assert Path(questionnaire_file("suivi", 1)).as_posix() == "questionnaires/suivi-1.csv"
