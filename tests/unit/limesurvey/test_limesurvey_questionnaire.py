import dataclasses
from typing import Any

import pytest

from tasks.limesurvey import (
    AnswerOption,
    Field,
    Group,
    Part,
    Question,
    QuestionKind,
    Questionnaire,
    Subquestion,
    fields_of,
)
from tasks.limesurvey.questionnaire import kind_of, options_of, questionnaire_of, version_of


def option(code: str, scale_id: int = 0, order: int = 0, **labels: str) -> AnswerOption:
    return AnswerOption(code, scale_id, order, labels)


def told(label: str, order: int = 0, scale_id: int = 0) -> dict[str, Any]:
    return {"answer": label, "assessment_value": 0, "scale_id": scale_id, "order": order}


def question(code: str, kind: QuestionKind, **changes: Any) -> Question:
    plain = Question(
        question_id=1,
        group_id=1,
        code=code,
        kind=kind,
        letter=kind.value,
        theme="",
        order=0,
        mandatory="N",
        has_other=False,
        is_encrypted=False,
        relevance="1",
        texts={"fr": "Texte"},
        help_texts={"fr": ""},
        subquestions=(),
        options=(),
    )
    return dataclasses.replace(plain, **changes)


def asking(*questions: Question) -> Questionnaire:
    return questionnaire_of(1, ["fr"], (Group(1, 0, "", {"fr": "Groupe"}),), questions)


def subquestion(code: str, scale_id: int = 0) -> Subquestion:
    return Subquestion(9, code, scale_id, 0, "1", {"fr": code})


def test_options_come_by_code_in_their_order_with_a_label_for_each_language() -> None:
    french = {"non": told("Non", 1), "oui": told("Oui", 0)}
    english = {"oui": told("Yes", 0), "non": told("No", 1)}
    assert options_of({"fr": french, "en": english}, ValueError) == (
        option("oui", order=0, fr="Oui", en="Yes"),
        option("non", order=1, fr="Non", en="No"),
    )


def test_options_with_codes_that_count_up_from_0_arrive_as_a_list() -> None:
    assert [one.code for one in options_of({"fr": [told("Zéro"), told("Un", 1)]}, ValueError)] == ["0", "1"]


def scaled(code: str, scale_id: int = 0) -> dict[str, Any]:
    """A row of a dual-scale question."""
    return {"code": code} | told(code, scale_id=scale_id)


@pytest.mark.parametrize(
    ("scales", "expected"),
    [
        ([{"a": scaled("a")}, {"b": scaled("b", 1)}], [(0, "a"), (1, "b")]),
        ([[scaled("0"), scaled("1")], [scaled("0", 1)]], [(0, "0"), (0, "1"), (1, "0")]),
        ([{"a": scaled("a")}], [(0, "a")]),
        ([{"a": scaled("a")}, []], [(0, "a")]),
        ({"1": {"1": scaled("1", 1), "2": scaled("2", 1)}}, [(1, "1"), (1, "2")]),
        ({"1": [scaled("0", 1), scaled("1", 1)]}, [(1, "0"), (1, "1")]),
    ],
    ids=["objects", "lists", "first scale", "second scale empty", "second scale", "second scale as a list"],
)
def test_the_rows_of_a_dual_scale_question_give_code_and_scale_in_whatever_they_are_nested(
    scales: object, expected: list[tuple[int, str]]
) -> None:
    assert [(one.scale_id, one.code) for one in options_of({"fr": scales}, ValueError)] == expected


def test_a_code_in_the_row_counts_and_not_its_place() -> None:
    assert [one.code for one in options_of({"fr": [[scaled("7")], {"k": scaled("8", 1)}]}, ValueError)] == ["7", "8"]


@pytest.mark.parametrize("nothing", ["No available answer options", [], {}])
def test_no_options_arrive_as_a_sentence_or_as_nothing(nothing: object) -> None:
    assert options_of({"fr": nothing}, ValueError) == ()


@pytest.mark.parametrize("broken", [None, 3, {"a": None}, {"a": {"answer": 1}}, [3], [[None]], {"1": "a"}])
def test_options_of_another_shape_are_refused(broken: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        options_of({"fr": broken}, ValueError)


def test_a_letter_that_nobody_knows_is_an_unknown_kind() -> None:
    assert kind_of("L") is QuestionKind.LIST_RADIO
    assert kind_of("unknown") is QuestionKind.UNKNOWN
    assert kind_of("~") is QuestionKind.UNKNOWN


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "other"},
        {"letter": "!"},
        {"mandatory": "Y"},
        {"has_other": True},
        {"relevance": "0"},
        {"texts": {"fr": "Autre texte"}},
        {"help_texts": {"fr": "Aide"}},
        {"subquestions": (subquestion("a"),)},
        {"options": (option("a", fr="A"),)},
    ],
)
def test_every_change_of_what_is_asked_changes_the_version(changes: dict[str, Any]) -> None:
    before = asking(question("q", QuestionKind.LIST_RADIO))
    after = asking(dataclasses.replace(before.questions[0], **changes))
    assert after.version != before.version


def test_the_servers_own_numbers_do_not_change_the_version() -> None:
    one = asking(question("q", QuestionKind.LIST_RADIO, options=(option("a", order=0, fr="A"),)))
    renumbered = dataclasses.replace(
        one.questions[0], question_id=77, group_id=5, options=(option("a", order=4, fr="A"),)
    )
    assert version_of(["fr"], [Group(5, 3, "", {"fr": "Groupe"})], [renumbered]) == one.version


def test_each_kind_of_question_has_its_fields() -> None:
    row, column = subquestion("r"), subquestion("c", 1)
    questionnaire = asking(
        question("l", QuestionKind.LIST_RADIO, has_other=True),
        question("o", QuestionKind.LIST_WITH_COMMENT),
        question("m", QuestionKind.MULTIPLE_CHOICE, has_other=True, subquestions=(row,)),
        question("p", QuestionKind.MULTIPLE_CHOICE_WITH_COMMENTS, has_other=True, subquestions=(row,)),
        question("d", QuestionKind.ARRAY_DUAL_SCALE, subquestions=(row,)),
        question("n", QuestionKind.ARRAY_NUMBERS, subquestions=(row, column)),
        question("k", QuestionKind.RANKING, options=(option("a"), option("b"))),
        question("f", QuestionKind.FILE_UPLOAD),
        question("x", QuestionKind.TEXT_DISPLAY),
    )
    assert list(fields_of(questionnaire).values()) == [
        Field("l", "l"),
        Field("l[other]", "l", part=Part.OTHER),
        Field("o", "o"),
        Field("o[comment]", "o", part=Part.COMMENT),
        Field("m[r]", "m", "r"),
        Field("m[other]", "m", part=Part.OTHER),
        Field("p[r]", "p", "r"),
        Field("p[rcomment]", "p", "r", part=Part.COMMENT),
        Field("p[other]", "p", part=Part.OTHER),
        Field("p[othercomment]", "p", "other", part=Part.COMMENT),
        Field("d[r][1]", "d", "r", 0),
        Field("d[r][2]", "d", "r", 1),
        Field("n[r_c]", "n", "r_c"),
        Field("k[1]", "k", "1", part=Part.RANK),
        Field("k[2]", "k", "2", part=Part.RANK),
        Field("f", "f", part=Part.FILES),
        Field("f[filecount]", "f", part=Part.FILE_COUNT),
        Field("x", "x"),
    ]
