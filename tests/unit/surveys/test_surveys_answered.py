"""Test which responses answer their occasion, where several share a survey."""

import json
from collections.abc import Sequence

import pytest
from running import EXAMPLE

from schemas.enums import Aggregation, IndicatorKind, Level, MissingReason
from schemas.programme_tables import CrosswalkLine, Indicator, RecodeLine
from tasks.limesurvey.pages import response_table
from tasks.programme import read_programme
from tasks.questionnaires.questionnaire import Question, Questionnaire
from tasks.surveys.answered import AnsweringRule

CODES = ("one", "two", "three", "four", "five")
HELPED = "helped"
"""A question whose recode takes a blank for an answer, and an answer for none."""
TEXT, TICK = "T", "M"


def indicator(code: str, level: Level = Level.STRUCTURE, *, is_core: bool = True) -> Indicator:
    return Indicator(
        indicator_code=code,
        label_fr=code,
        label_en=code,
        level=level,
        kind=IndicatorKind.TEXT,
        over_structures=Aggregation.NONE,
        is_core=is_core,
    )


def rule(core: Sequence[str], *, shown_where: str = "", asks_people: bool = False) -> AnsweringRule:
    """Return the rule of an instrument with these core items; the last one can have a condition.

    With `asks_people`, what respondents answer about themselves is a core item too.
    """
    letters = dict.fromkeys((*CODES, "people", "other"), TEXT) | {HELPED: TICK}
    questions = [
        Question(code, letter, 1, {"en": "?"}, conditions=(shown_where,) if shown_where and code == core[-1] else ())
        for code, letter in letters.items()
    ]
    of_people = indicator("people", Level.PARTICIPANT, is_core=asks_people)
    indicators = [*map(indicator, core), of_people, indicator("other", is_core=False)]
    lines = [
        CrosswalkLine(
            instrument_code="suivi",
            version=1,
            item=one.indicator_code,
            indicator_code=one.indicator_code,
            recode=HELPED if one.indicator_code == HELPED else None,
        )
        for one in indicators
    ]
    recodes = [
        RecodeLine(recode=HELPED, source_value="Y", value="yes"),
        RecodeLine(recode=HELPED, source_value="", value="no"),
        RecodeLine(recode=HELPED, source_value="?", missing_reason=MissingReason.UNEXPLAINED),
    ]
    programme = read_programme(EXAMPLE).model_copy(
        update={"indicators": indicators, "crosswalk": lines, "recodes": recodes}
    )
    return AnsweringRule.of(Questionnaire(("en",), tuple(questions)), programme, "suivi", 1)


def is_answer(of: AnsweringRule, *, submitted: bool = False, **answers: str) -> bool:
    own = {"id": 1, "submitdate": "2026-01-10 09:00:00" if submitted else None, "lastpage": 1, "startlanguage": "en"}
    row = own | dict.fromkeys((*CODES, HELPED, "people", "other")) | answers
    (found,) = of.are_answers(response_table(json.dumps({"responses": [row]}).encode(), ValueError)).tolist()
    return found


def test_a_submitted_response_answers_whatever_it_leaves_blank() -> None:
    assert is_answer(rule(CODES), submitted=True)


def test_a_core_item_that_participants_answer_about_themselves_counts() -> None:
    of = rule(CODES, asks_people=True)
    # Four of six, and five of six, are 67 and 83 %.
    of_four = dict.fromkeys(CODES[:4], "x")
    assert not is_answer(of, **of_four)
    assert is_answer(of, **of_four, people="x")


@pytest.mark.parametrize(("answered", "is_complete"), [(0, False), (4, False), (5, True)])
def test_a_begun_response_answers_with_more_than_80_percent_of_its_core_items(
    answered: int, *, is_complete: bool
) -> None:
    answers = dict.fromkeys(CODES[:answered], "a")
    assert is_answer(rule(CODES), people="a", other="a", **answers) is is_complete


def test_a_begun_response_of_an_instrument_without_core_items_does_not_answer() -> None:
    assert not is_answer(rule(()), other="a")


def test_a_core_item_that_was_not_shown_does_not_count() -> None:
    hidden = rule(("one", "two"), shown_where='one.NAOK == "yes"')
    assert is_answer(hidden, one="no")
    assert not is_answer(hidden, one="yes")


@pytest.mark.parametrize(("text", "answers"), [(" nc ", True), ("NE", True), (" ", False), ("", False)])
def test_a_stated_reason_is_an_answer_and_a_blank_is_none(text: str, *, answers: bool) -> None:
    assert is_answer(rule(("one",)), one=text) is answers


@pytest.mark.parametrize(("text", "answers"), [("Y", True), ("", True), ("?", False), ("x", False), ("nc", True)])
def test_an_item_with_a_recode_is_answered_by_what_the_recode_takes_for_an_answer(text: str, *, answers: bool) -> None:
    # The null of another question marks the page as one of a server that writes both null and empty texts.
    assert is_answer(rule((HELPED,)), helped=text) is answers
