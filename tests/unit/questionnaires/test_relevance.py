"""Test which conditions of questions are understood, and what they say for given answers."""

import pytest

from tasks.questionnaires.relevance import Name, all_of, expression_of

ANSWERS = {
    "adhere": "Y",
    "usage": "-oth-",
    "freins_temps": "Y",
    "freins_budget": "",
    "salaries": "12",
    "half": "0.5",
    "zero": "0",
    "blank": "",
    "word": "abc",
}


def value(text: str) -> bool | None:
    """Return whether a condition holds with these answers; an answer that is not among them is not known."""
    expression = expression_of(text)
    assert expression is not None, text
    return expression.evaluate(lambda name: ANSWERS.get(name.variable))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1 ",
        '((adhere.NAOK == "Y"))',
        "adhere.NAOK=='Y'",
        'adhere.NAOK eq "Y" and usage.NAOK ne "quot"',
        'adhere.NAOK EQ "N" OR freins_temps.NAOK == "Y"',
        'usage.NAOK == "-oth-" && freins_budget.NAOK == ""',
        'adhere.NAOK == "N" || !is_empty(salaries.NAOK)',
        "is_empty(blank.NAOK) and !is_empty(zero.NAOK)",
        "salaries.NAOK > 9",
        "salaries.NAOK ge 12 and salaries.NAOK le 12.0",
        "salaries.NAOK == 12.00",
        'salaries.NAOK == "12"',
        'salaries.NAOK == "12.0"',
        "half.NAOK < 1 and half.NAOK gt -1",
        "!(salaries.NAOK lt 12)",
        "!zero.NAOK and salaries.NAOK",
        "zero.NAOK <= 0",
        "blank.NAOK <= 0",
        'word.NAOK >= "abb"',
        'salaries.NAOK < "9"',
        'salaries.value != "7" and salaries.code == 12 and salaries == 12',
        'adhere.NAOK == "Y" or adhere.NAOK == "N" and zero.NAOK > 0',
    ],
)
def test_a_condition_holds(text: str) -> None:
    assert value(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "0",
        '((adhere.NAOK == "N"))',
        'adhere.NAOK == "y"',
        "blank.NAOK > 0",
        "blank.NAOK > 5",
        "blank.NAOK < 5",
        "blank.NAOK >= 0",
        "blank.NAOK == 0",
        "word.NAOK > 5",
        "salaries.NAOK > 9 and zero.NAOK > 0",
        "!salaries.NAOK",
        "is_empty(zero.NAOK)",
    ],
)
def test_a_condition_does_not_hold(text: str) -> None:
    assert value(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "salaries.NAOK + 1 > 3",
        "count(freins_temps, freins_budget) > 1",
        "salaries.NAOK = 12",
        "salaries.NAOK >",
        "(salaries.NAOK > 1",
        "salaries.NAOK > 1)",
        "salaries.shown == 1",
        "not is_empty(salaries.NAOK)",
        "791101X15X201.NAOK > 5",
        'usage.NAOK == "a\\"b"',
        "{salaries.NAOK > 1}",
        "is_empty(1)",
        "is_empty salaries",
        "and",
        "salaries.NAOK 5",
        "é == 1",
    ],
)
def test_anything_else_is_not_understood(text: str) -> None:
    assert expression_of(text) is None


def test_an_answer_that_cannot_be_known_decides_only_where_the_rest_does_not() -> None:
    assert value('unknown.NAOK == "Y"') is None
    assert value('!(unknown.NAOK == "Y")') is None
    assert value("is_empty(unknown.NAOK)") is None
    assert value('unknown.NAOK == "Y" and adhere.NAOK == "N"') is False
    assert value('unknown.NAOK == "Y" or adhere.NAOK == "Y"') is True
    assert value('unknown.NAOK == "Y" and adhere.NAOK == "Y"') is None
    assert value('unknown.NAOK == "Y" or adhere.NAOK == "N"') is None


def test_the_result_of_a_comparison_is_not_compared() -> None:
    assert value("(salaries.NAOK > 1) == 1") is None


def test_conditions_are_combined_and_one_that_is_not_understood_is_neither_true_nor_false() -> None:
    never, always = expression_of("0"), expression_of("adhere.NAOK == 'Y'")
    assert all_of(always, None).evaluate(lambda _name: "Y") is None
    assert all_of(never, None).evaluate(lambda _name: "Y") is False
    assert all_of(always, always).evaluate(lambda _name: "Y") is True
    assert all_of(always, never).names == {Name("adhere", "NAOK")}


def test_only_the_suffix_for_all_answers_reads_a_hidden_question_as_a_blank() -> None:
    expression = expression_of("salaries > 1 or salaries.NAOK > 1 or salaries.value > 1")
    assert expression is not None
    assert {name.suffix for name in expression.names if name.reads_hidden} == {"NAOK"}
