"""Build a questionnaire from the rows that the server sends in several calls and version it by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import orjson

from tasks.limesurvey.reading import Refuse, Row
from tasks.questionnaires.plain_text import plain
from tasks.questionnaires.questionnaire import Question, QuestionKind, Questionnaire, QuestionPart

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
"""The question types that have answer options of their own."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """The rows of a survey in the base language, sorted, and its texts, with markup, by language.

    `subquestions`, `options` and `attributes` are by the number of their question, `texts` and `help_texts` by
    that of the question or subquestion, `group_names` by that of the group.
    """

    languages: tuple[str, ...]
    groups: Sequence[Row]
    group_names: Mapping[int, Mapping[str, str]]
    questions: Sequence[Row]
    subquestions: Mapping[int, Sequence[Row]]
    options: Mapping[int, Sequence[QuestionPart]]
    attributes: Mapping[int, Mapping[str, str]]
    texts: Mapping[int, Mapping[str, str]]
    help_texts: Mapping[int, Mapping[str, str]]


def questionnaire_of(
    groups: Mapping[str, Sequence[Row]],
    questions: Mapping[str, Sequence[Row]],
    options: Mapping[int, Sequence[QuestionPart]],
    attributes: Mapping[int, Mapping[str, str]],
    refuse: Refuse,
) -> Questionnaire:
    """Build a questionnaire with its version.

    Args:
        groups: The rows of `list_groups` by language, the base language first.
        questions: The rows of `list_questions` by language, in the same order of languages.
        options: The answer options by the number of their question, as `options_of` returns them.
        attributes: The attributes of questions by the number of their question, as `attributes_of` returns them.
        refuse: Makes the error for a question whose group is not listed.
    """
    listed = _listed(groups, questions, options, attributes, refuse)
    return Questionnaire(
        languages=listed.languages,
        questions=tuple(_question(listed, row, place) for place, row in enumerate(listed.questions, start=1)),
        version=_version(listed),
    )


def options_of(by_language: Mapping[str, object], refuse: Refuse) -> tuple[QuestionPart, ...]:
    """Return the answer options of one question, from its `answeroptions` in each language, with markup.

    The server sends:

    - an object by code, or a list where the codes count up from 0;
    - for a dual-scale question, a list with one such object or list per scale, or an object `{"1": …}` where only the
      second scale has options;
    - a sentence where there are no options.

    Args:
        by_language: The value of `answeroptions` by language.
        refuse: Makes the error for a value of another shape.
    """
    orders: dict[tuple[int, str], int] = {}
    labels: dict[tuple[int, str], dict[str, str]] = {}
    for language, listed in by_language.items():
        for code, row in _coded(listed, refuse):
            option = (row.integer("scale_id"), code)
            orders.setdefault(option, row.integer("order"))
            labels.setdefault(option, {})[language] = row.text("answer")
    ordered = sorted(orders, key=lambda option: (option[0], orders[option], option[1]))
    return _placed(QuestionPart(code, scale_id, 0, labels[scale_id, code]) for scale_id, code in ordered)


def attributes_of(listed: object, refuse: Refuse) -> dict[str, str]:
    """Return the attributes of one question that have a value, from its `attributes`.

    The server sends an object, or a sentence where there are no attributes.

    Args:
        listed: The value of `attributes`.
        refuse: Makes the error for a value of another shape.
    """
    if isinstance(listed, str):
        return {}
    row = Row(listed, refuse)
    return {name: row.text(name) for name, value in row.items() if isinstance(value, str)}


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


def _listed(
    groups: Mapping[str, Sequence[Row]],
    questions: Mapping[str, Sequence[Row]],
    options: Mapping[int, Sequence[QuestionPart]],
    attributes: Mapping[int, Mapping[str, str]],
    refuse: Refuse,
) -> _Listed:
    in_base = next(iter(questions.values()))
    ordered_groups = sorted(
        next(iter(groups.values()), ()), key=lambda row: (row.integer("group_order"), row.integer("gid"))
    )
    places = {row.integer("gid"): place for place, row in enumerate(ordered_groups)}
    of_parent: dict[int, list[Row]] = {}
    for row in in_base:
        of_parent.setdefault(row.integer("parent_qid"), []).append(row)
    heads = of_parent.pop(0, [])
    for row in heads:
        if row.integer("gid") not in places:
            raise refuse(f"the group {row.integer('gid')} of question {row.text('title')} is not in it")
    return _Listed(
        languages=tuple(questions),
        groups=ordered_groups,
        group_names=_group_names(groups),
        questions=sorted(
            heads, key=lambda row: (places[row.integer("gid")], row.integer("question_order"), row.integer("qid"))
        ),
        subquestions={
            parent: sorted(
                rows, key=lambda row: (row.integer("scale_id"), row.integer("question_order"), row.integer("qid"))
            )
            for parent, rows in of_parent.items()
        },
        options=options,
        attributes=attributes,
        texts=_by_language(questions, "question"),
        help_texts=_by_language(questions, "help"),
    )


def _group_names(groups: Mapping[str, Sequence[Row]]) -> dict[int, dict[str, str]]:
    names: dict[int, dict[str, str]] = {}
    for language, rows in groups.items():
        for row in rows:
            name = row.optional_text("group_name")
            if name is not None:
                names.setdefault(row.integer("gid"), {})[language] = name
    return names


def _by_language(questions: Mapping[str, Sequence[Row]], name: str) -> dict[int, dict[str, str]]:
    texts: dict[int, dict[str, str]] = {}
    for language, rows in questions.items():
        for row in rows:
            texts.setdefault(row.integer("qid"), {})[language] = row.text(name)
    return texts


def _question(listed: _Listed, row: Row, position: int) -> Question:
    number = row.integer("qid")
    attributes = listed.attributes.get(number, {})
    group = next(group for group in listed.groups if group.integer("gid") == row.integer("gid"))
    conditions = (group.text("grelevance"), row.text("relevance"))
    subquestions = (
        QuestionPart(
            code=sub.text("title"),
            scale_id=sub.integer("scale_id"),
            position=0,
            texts=_plain(listed, listed.texts[sub.integer("qid")]),
            question_id=sub.integer("qid"),
            relevance=sub.text("relevance"),
        )
        for sub in listed.subquestions.get(number, ())
    )
    return Question(
        code=row.text("title"),
        letter=row.text("type"),
        position=position,
        texts=_plain(listed, listed.texts[number]),
        has_other=_is_yes(row, "other"),
        subquestions=_placed(subquestions),
        options=tuple(replace(option, texts=_plain(listed, option.texts)) for option in listed.options.get(number, ())),
        question_id=number,
        conditions=tuple(condition for condition in conditions if condition not in ("", "1")),
        is_hidden=attributes.get("hidden") == "1",
        array_filter=attributes.get("array_filter", ""),
        array_filter_exclude=attributes.get("array_filter_exclude", ""),
        is_encrypted=_is_yes(row, "encrypted"),
        has_only_numbers=attributes.get("numbers_only") == "1",
        has_numeric_other=attributes.get("other_numbers_only") == "1",
    )


def _placed(parts: Iterable[QuestionPart]) -> tuple[QuestionPart, ...]:
    """Renumber the parts of each scale from 1: the server's own numbers have gaps and repeat."""
    counts: dict[int, int] = {}
    placed: list[QuestionPart] = []
    for part in parts:
        counts[part.scale_id] = counts.get(part.scale_id, 0) + 1
        placed.append(replace(part, position=counts[part.scale_id]))
    return tuple(placed)


def _plain(listed: _Listed, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts without markup in each language of the survey; a missing translation is empty."""
    return {language: plain(texts.get(language, "")) for language in listed.languages}


def _is_yes(row: Row, name: str) -> bool:
    return row.text(name) == "Y"


def _version(listed: _Listed) -> str:
    """Return the sha256 of the content, without the numbers that the server assigns.

    Another layout of the content would give each questionnaire that a warehouse holds a new version.
    """
    places = {row.integer("gid"): place for place, row in enumerate(listed.groups)}
    content = {
        "languages": listed.languages,
        "groups": [[row.text("grelevance"), listed.group_names.get(row.integer("gid"), {})] for row in listed.groups],
        "questions": [
            {
                "group": places[row.integer("gid")],
                "code": row.text("title"),
                "letter": row.text("type"),
                "theme": row.text("question_theme_name"),
                "mandatory": row.text("mandatory"),
                "other": _is_yes(row, "other"),
                "encrypted": _is_yes(row, "encrypted"),
                "relevance": row.text("relevance"),
                "texts": listed.texts[number],
                "help": listed.help_texts[number],
                "subquestions": [
                    [
                        sub.text("title"),
                        sub.integer("scale_id"),
                        sub.text("relevance"),
                        listed.texts[sub.integer("qid")],
                    ]
                    for sub in listed.subquestions.get(number, ())
                ],
                "options": [[option.code, option.scale_id, option.texts] for option in listed.options.get(number, ())],
            }
            for row in listed.questions
            for number in [row.integer("qid")]
        ],
    }
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
