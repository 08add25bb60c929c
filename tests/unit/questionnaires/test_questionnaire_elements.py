"""Test a questionnaire as elements and as a file, and its texts without markup."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from questionnaires import INSTRUMENT, VERSION, fetched
from running import EXAMPLE

from schemas.enums import ElementKind
from schemas.errors import Mistake
from schemas.programme_tables import CrosswalkLine
from schemas.questionnaire import Element
from tasks.drift import baseline_text
from tasks.programme import read_programme
from tasks.programme.questionnaires import questionnaire_file, read_questionnaires
from tasks.programme.tables import Table
from tasks.questionnaires.elements import elements_of, questionnaire_of
from tasks.questionnaires.plain_text import compared, plain

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


def test_each_element_occurs_once_per_language_in_the_order_of_the_questionnaire():
    things = [(e.element, e.question_code, e.code, e.scale) for e in V1]
    assert set(Counter(things).values()) == {2}
    assert [e.language for e in V1] == ["fr", "en"] * (len(V1) // 2)
    assert [e.position for e in V1 if e.element is ElementKind.QUESTION][::2] == list(range(1, 43))
    assert [(e.code, e.scale, e.position) for e in V1 if e.question_code == "td" and e.code][::2] == [
        ("gouv", 0, 1), ("num", 0, 2), ("i1", 0, 1), ("i2", 0, 2), ("m1", 1, 1), ("m2", 1, 2),
    ]  # fmt: skip
    assert {(e.letter, e.has_other) for e in V1 if e.question_code == "freins"} == {("M", True)}


def test_elements_give_back_the_questionnaire_that_they_were_made_of():
    questionnaire = questionnaire_of(V1)
    assert elements_of(questionnaire) == V1
    assert questionnaire_of(elements_of(questionnaire)) == questionnaire


def test_a_questionnaire_does_not_depend_on_the_order_of_its_elements():
    french, english = ([e for e in V1 if e.language == language] for language in ("fr", "en"))
    assert questionnaire_of([*french[::-1], *english]) == questionnaire_of(V1)


def test_parts_of_a_question_without_an_element_of_its_own_are_dropped():
    parts = [e for e in V1 if e.question_code == "td" and e.element is not ElementKind.QUESTION]
    assert questionnaire_of(parts).questions == ()


def read_back(text: str) -> tuple[Element, ...]:
    mistakes: list[Mistake] = []
    read = read_questionnaires(
        {questionnaire_file(INSTRUMENT, VERSION): text}, SETTINGS, Table[CrosswalkLine](), mistakes
    )
    assert mistakes == []
    return read[INSTRUMENT, VERSION]


def test_what_is_written_is_read_back_as_it_was():
    assert read_back(baseline_text(questionnaire_of(V1))) == V1


@given(st.text().map(plain), st.text(min_size=1).map(plain).filter(bool))
def test_any_text_and_code_are_read_back_as_they_were(text: str, code: str):
    rows = tuple(
        Element(element=kind, question_code="q", code=own, position=1, letter="L", language="fr", text=text)
        for kind, own in ((ElementKind.QUESTION, ""), (ElementKind.OPTION, code))
    )
    assert read_back(baseline_text(questionnaire_of(rows))) == rows


def test_the_file_is_a_line_an_element_and_names_its_columns():
    lines = baseline_text(questionnaire_of(V1)).split("\n")
    assert lines[0] == "element,question_code,code,scale,position,letter,has_other,language,text"
    assert lines[1] == 'question,accueil,,0,1,X,false,fr,"Bienvenue, merci de tout lire."'
    assert len(lines) == len(V1) + 2
    assert Path(questionnaire_file("suivi", 1)).as_posix() == "questionnaires/suivi-1.csv"
