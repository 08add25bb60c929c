import dataclasses
from typing import Any

import pytest

from tasks.limesurvey.questionnaire import options_of, questionnaire_of
from tasks.limesurvey.reading import Row
from tasks.questionnaires.questionnaire import Question, QuestionKind, Questionnaire, QuestionPart, kind_of
from tasks.questionnaires.response_columns import Field, Part, fields_of


def part(code: str, scale_id: int = 0, position: int = 1, **texts: str) -> QuestionPart:
    return QuestionPart(code, scale_id, position, texts)


def option_row(label: str, order: int = 0, scale_id: int = 0) -> dict[str, Any]:
    return {"answer": label, "assessment_value": 0, "scale_id": scale_id, "order": order}


def question(code: str, kind: QuestionKind, **changes: Any) -> Question:
    return dataclasses.replace(Question(code, kind.value, 1, {"fr": "Texte"}), **changes)


def group_row(gid: int = 1, **values: Any) -> dict[str, Any]:
    return {"gid": gid, "group_order": 0, "grelevance": "", "group_name": "Groupe"} | values


def question_row(qid: int, **values: Any) -> dict[str, Any]:
    """Return a row of `list_questions`: a subquestion if `parent_qid` is not 0."""
    return {
        "qid": qid, "gid": 1, "parent_qid": 0, "title": f"q{qid}", "type": "L", "question_theme_name": "",
        "question_order": 0, "scale_id": 0, "mandatory": "N", "other": "N", "encrypted": "N", "relevance": "1",
        "question": "Texte", "help": "",
    } | values  # fmt: skip


def fetched(
    *rows: dict[str, Any],
    groups: tuple[dict[str, Any], ...] = (group_row(),),
    options: dict[int, tuple[QuestionPart, ...]] | None = None,
    attributes: dict[int, dict[str, str]] | None = None,
    english: tuple[dict[str, Any], ...] | None = None,
) -> Questionnaire:
    """Return the questionnaire of these rows in French, and in English if there are English rows."""
    listed = {"fr": rows} | ({"en": english} if english is not None else {})
    questions = {language: [Row(row, ValueError) for row in rows] for language, rows in listed.items()}
    named = {language: [Row(row, ValueError) for row in groups] for language in listed}
    return questionnaire_of(named, questions, options or {}, attributes or {}, ValueError)


def test_options_come_by_code_in_their_order_with_a_label_for_each_language() -> None:
    french = {"non": option_row("Non", 1), "oui": option_row("Oui", 0)}
    english = {"oui": option_row("Yes", 0), "non": option_row("No", 1)}
    assert options_of({"fr": french, "en": english}, ValueError) == (
        part("oui", position=1, fr="Oui", en="Yes"),
        part("non", position=2, fr="Non", en="No"),
    )


def test_options_with_codes_that_count_up_from_0_arrive_as_a_list() -> None:
    assert [one.code for one in options_of({"fr": [option_row("Zéro"), option_row("Un", 1)]}, ValueError)] == ["0", "1"]


def scaled(code: str, scale_id: int = 0) -> dict[str, Any]:
    """Return a row of a dual-scale question."""
    return {"code": code} | option_row(code, scale_id=scale_id)


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


def test_questions_come_in_the_order_of_groups_and_parts_are_numbered_on_their_scale() -> None:
    questionnaire = fetched(
        question_row(4, gid=1, question_order=0),
        question_row(1, gid=2, question_order=7),
        question_row(2, gid=2, question_order=3, title="tn", type=";"),
        question_row(5, parent_qid=2, title="c", scale_id=1, question_order=1),
        question_row(6, parent_qid=2, title="a", question_order=4),
        question_row(7, parent_qid=2, title="b", question_order=4),
        groups=(group_row(1, group_order=9), group_row(2, group_order=2)),
    )
    assert [(q.code, q.position, q.question_id) for q in questionnaire.questions] == [
        ("tn", 1, 2), ("q1", 2, 1), ("q4", 3, 4),
    ]  # fmt: skip
    assert [(p.code, p.scale_id, p.position, p.question_id) for p in questionnaire.questions[0].subquestions] == [
        ("a", 0, 1, 6), ("b", 0, 2, 7), ("c", 1, 1, 5),
    ]  # fmt: skip


def test_texts_have_no_markup_and_a_missing_translation_is_empty() -> None:
    questionnaire = fetched(
        question_row(1, question="<b>Q</b>"),
        question_row(2, parent_qid=1, question="S<br>fr"),
        options={1: (part("a", fr="<i>A</i>"), part("b", position=2, en="B"))},
        english=(),
    )
    assert questionnaire.languages == ("fr", "en")
    (only,) = questionnaire.questions
    assert only.texts == {"fr": "Q", "en": ""}
    assert [sub.texts for sub in only.subquestions] == [{"fr": "S fr", "en": ""}]
    assert [option.texts for option in only.options] == [{"fr": "A", "en": ""}, {"fr": "", "en": "B"}]


def test_a_question_whose_group_is_not_listed_is_refused() -> None:
    with pytest.raises(ValueError, match="the group 8 of question q1 is not in it"):
        fetched(question_row(1, gid=8))


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "other"},
        {"type": "!"},
        {"question_theme_name": "buttons"},
        {"mandatory": "Y"},
        {"other": "Y"},
        {"encrypted": "Y"},
        {"relevance": "0"},
        {"question": "<b>Texte</b>"},
        {"help": "Aide"},
    ],
)
def test_every_change_of_a_question_changes_the_version(changes: dict[str, Any]) -> None:
    assert fetched(question_row(1, **changes)).version != fetched(question_row(1)).version


@pytest.mark.parametrize("changes", [{"title": "b"}, {"scale_id": 1}, {"relevance": "0"}, {"question": "Autre"}])
def test_every_change_of_a_subquestion_changes_the_version(changes: dict[str, Any]) -> None:
    head = question_row(1)
    before = fetched(head, question_row(2, parent_qid=1, title="a"))
    assert fetched(head, question_row(2, **({"parent_qid": 1, "title": "a"} | changes))).version != before.version
    assert fetched(head).version != before.version


def test_options_groups_and_translations_belong_to_the_version() -> None:
    row = question_row(1)
    variants = [
        fetched(row),
        fetched(row, options={1: (part("a", fr="A"),)}),
        fetched(row, options={1: (part("a", fr="<i>A</i>"),)}),
        fetched(row, groups=(group_row(grelevance="0"),)),
        fetched(row, groups=(group_row(group_name="Autre"),)),
        fetched(row, groups=(group_row(group_name=None),)),
        fetched(row, groups=(group_row(0), group_row(1, group_order=1))),
        fetched(row, english=(row,)),
    ]
    assert len({questionnaire.version for questionnaire in variants}) == len(variants)


def test_the_servers_own_numbers_do_not_change_the_version() -> None:
    before = fetched(question_row(1), question_row(2, parent_qid=1, title="a"), options={1: (part("a", fr="A"),)})
    after = fetched(
        question_row(77, gid=5, title="q1", question_order=4),
        question_row(80, gid=5, parent_qid=77, title="a", question_order=9),
        groups=(group_row(5, group_order=3),),
        options={77: (part("a", fr="A"),)},
    )
    assert after.version == before.version


def test_each_kind_of_question_has_its_fields() -> None:
    row, column = part("r"), part("c", 1)
    questionnaire = Questionnaire(
        ("fr",),
        (
            question("l", QuestionKind.LIST_RADIO, has_other=True),
            question("o", QuestionKind.LIST_WITH_COMMENT),
            question("m", QuestionKind.MULTIPLE_CHOICE, has_other=True, subquestions=(row,)),
            question("p", QuestionKind.MULTIPLE_CHOICE_WITH_COMMENTS, has_other=True, subquestions=(row,)),
            question("d", QuestionKind.ARRAY_DUAL_SCALE, subquestions=(row,)),
            question("n", QuestionKind.ARRAY_NUMBERS, subquestions=(row, column)),
            question("k", QuestionKind.RANKING, options=(part("a"), part("b", position=2))),
            question("f", QuestionKind.FILE_UPLOAD),
            question("x", QuestionKind.TEXT_DISPLAY),
        ),
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
