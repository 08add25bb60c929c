"""Test which answers decide whether a question of a survey is shown."""

from tasks.questionnaires.display import Display
from tasks.questionnaires.questionnaire import Question, Questionnaire


def conditions(**shown_where: str) -> dict[str, tuple[str, ...]]:
    questions = (
        Question(code, "S", 1, {"en": "?"}, conditions=(text,) if text else ()) for code, text in shown_where.items()
    )
    return Display(Questionnaire(("en",), tuple(questions))).conditions()


def test_a_condition_reads_its_questions_and_those_of_their_conditions():
    assert conditions(
        situation="", mood="", hours='situation.NAOK == "a"', contract='hours.NAOK > 10 and mood.NAOK == "b"'
    ) == {"hours": ("situation",), "contract": ("hours", "mood", "situation")}


def test_an_empty_code_stands_for_what_is_not_known():
    assert conditions(
        situation="",
        token='TOKEN:ATTRIBUTE_3 == "M06"',
        after='token.NAOK == "y"',
        partly='situation.NAOK == "a" and gone.NAOK == "b"',
        never="1 == 0",
    ) == {
        "token": ("",),
        "after": ("token", ""),
        "partly": ("situation", ""),
        "never": ("",),
    }
