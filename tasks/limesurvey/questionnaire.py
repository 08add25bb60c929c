"""Puts a questionnaire together from what the server tells in several calls, and versions it by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import orjson

from tasks.limesurvey.model import AnswerOption, Group, Question, QuestionKind, Questionnaire, Subquestion
from tasks.limesurvey.reading import Refuse, Row

WITH_OPTIONS = frozenset(
    {
        QuestionKind.LIST_RADIO,
        QuestionKind.LIST_DROPDOWN,
        QuestionKind.LIST_WITH_COMMENT,
        QuestionKind.ARRAY,
        QuestionKind.ARRAY_BY_COLUMN,
        QuestionKind.ARRAY_DUAL_SCALE,
        QuestionKind.RANKING,
        QuestionKind.UNKNOWN,
    }
)
"""The kinds of questions that have answer options of their own."""


def kind_of(letter: str) -> QuestionKind:
    """The kind of a question by the server's letter."""
    return QuestionKind(letter) if letter in _LETTERS else QuestionKind.UNKNOWN


_LETTERS = frozenset(kind.value for kind in QuestionKind if kind is not QuestionKind.UNKNOWN)


def groups_of(by_language: Mapping[str, Sequence[Row]]) -> tuple[Group, ...]:
    """The groups, from the list in each language; the base language comes first."""
    base = next(iter(by_language.values()))
    names: dict[int, dict[str, str]] = {}
    for language, listed in by_language.items():
        for row in listed:
            name = row.optional_text("group_name")
            if name is not None:
                names.setdefault(row.integer("gid"), {})[language] = name
    groups = [
        Group(
            group_id=row.integer("gid"),
            order=row.integer("group_order"),
            relevance=row.text("grelevance"),
            names=names.get(row.integer("gid"), {}),
        )
        for row in base
    ]
    return tuple(sorted(groups, key=lambda group: (group.order, group.group_id)))


def questions_of(
    by_language: Mapping[str, Sequence[Row]],
    options: Mapping[int, tuple[AnswerOption, ...]],
    groups: Sequence[Group],
) -> tuple[Question, ...]:
    """The questions in the order in which they are asked, from the list in each language."""
    base = next(iter(by_language.values()))
    texts: dict[int, dict[str, str]] = {}
    help_texts: dict[int, dict[str, str]] = {}
    for language, listed in by_language.items():
        for row in listed:
            texts.setdefault(row.integer("qid"), {})[language] = row.text("question")
            help_texts.setdefault(row.integer("qid"), {})[language] = row.text("help")
    below: dict[int, list[Subquestion]] = {}
    for row in base:
        if row.integer("parent_qid"):
            below.setdefault(row.integer("parent_qid"), []).append(
                Subquestion(
                    question_id=row.integer("qid"),
                    code=row.text("title"),
                    scale_id=row.integer("scale_id"),
                    order=row.integer("question_order"),
                    relevance=row.text("relevance"),
                    texts=texts[row.integer("qid")],
                )
            )
    place = {group.group_id: number for number, group in enumerate(groups)}
    questions = [
        Question(
            question_id=row.integer("qid"),
            group_id=row.integer("gid"),
            code=row.text("title"),
            kind=kind_of(row.text("type")),
            letter=row.text("type"),
            theme=row.text("question_theme_name"),
            order=row.integer("question_order"),
            mandatory=row.text("mandatory"),
            has_other=row.text("other") == "Y",
            is_encrypted=row.text("encrypted") == "Y",
            relevance=row.text("relevance"),
            texts=texts[row.integer("qid")],
            help_texts=help_texts[row.integer("qid")],
            subquestions=tuple(
                sorted(below.get(row.integer("qid"), []), key=lambda sub: (sub.scale_id, sub.order, sub.question_id))
            ),
            options=options.get(row.integer("qid"), ()),
        )
        for row in base
        if not row.integer("parent_qid")
    ]
    questions.sort(key=lambda one: (place.get(one.group_id, len(place)), one.order, one.question_id))
    return tuple(questions)


def options_of(by_language: Mapping[str, object], refuse: Refuse) -> tuple[AnswerOption, ...]:
    """Return the answer options of one question, from its `answeroptions` in each language.

    The server sends:

    - an object by code, or a list where the codes count up from 0;
    - for a dual-scale question, a list with one such object or list per scale, or an object `{"1": …}` where only the
      second scale has options;
    - a sentence where there are no options.

    Args:
        by_language: The value of `answeroptions` by language.
        refuse: Makes the error for a value of another shape.
    """
    found: dict[tuple[int, str], tuple[int, dict[str, str]]] = {}
    for language, listed in by_language.items():
        for code, row in _coded(listed, refuse):
            _, labels = found.setdefault((row.integer("scale_id"), code), (row.integer("order"), {}))
            labels[language] = row.text("answer")
    options = [AnswerOption(code, scale_id, order, labels) for (scale_id, code), (order, labels) in found.items()]
    return tuple(sorted(options, key=lambda option: (option.scale_id, option.order, option.code)))


def _coded(listed: object, refuse: Refuse) -> Iterator[tuple[str, Row]]:
    """Yield each option with its code.

    The rows of a dual-scale question carry their code and scale. Other rows carry no code: the key is the code, or the
    index where PHP encoded the array as a list.
    """
    if isinstance(listed, str):
        return
    if isinstance(listed, dict):
        keyed = cast("dict[str, object]", listed)
    elif isinstance(listed, list):
        keyed = {str(index): item for index, item in enumerate(cast("list[object]", listed))}
    else:
        raise refuse("the answer options are neither listed nor absent")
    for key, item in keyed.items():
        if isinstance(item, list) or (isinstance(item, dict) and "answer" not in item):
            yield from _coded(cast("object", item), refuse)
        else:
            row = Row(item, refuse)
            yield (row.text("code") if "code" in row else key), row


def version_of(languages: Sequence[str], groups: Sequence[Group], questions: Sequence[Question]) -> str:
    """The sha256 of what is asked, without the numbers that the server gave to it."""
    content = {
        "languages": list(languages),
        "groups": [[group.relevance, dict(group.names)] for group in groups],
        "questions": [
            {
                "group": [group.group_id for group in groups].index(question.group_id),
                "code": question.code,
                "letter": question.letter,
                "theme": question.theme,
                "mandatory": question.mandatory,
                "other": question.has_other,
                "encrypted": question.is_encrypted,
                "relevance": question.relevance,
                "texts": dict(question.texts),
                "help": dict(question.help_texts),
                "subquestions": [
                    [sub.code, sub.scale_id, sub.relevance, dict(sub.texts)] for sub in question.subquestions
                ],
                "options": [[option.code, option.scale_id, dict(option.labels)] for option in question.options],
            }
            for question in questions
        ],
    }
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def questionnaire_of(
    survey_id: int, languages: Sequence[str], groups: tuple[Group, ...], questions: tuple[Question, ...]
) -> Questionnaire:
    """The questionnaire with its version."""
    return Questionnaire(survey_id, tuple(languages), groups, questions, version_of(languages, groups, questions))
