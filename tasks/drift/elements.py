"""A questionnaire, as the client reads it, in elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from schemas.enums import ElementKind
from schemas.questionnaire import Element
from tasks.drift.plain import plain

if TYPE_CHECKING:
    from tasks.limesurvey import AnswerOption, Question, Questionnaire, Subquestion

Part = TypeVar("Part", "Subquestion", "AnswerOption")


def elements_of(questionnaire: Questionnaire) -> tuple[Element, ...]:
    """What a questionnaire asks: one element a question, subquestion or option and language.

    In the order in which it is asked; the languages of one thing stand beside each other, the base language first. A
    wording that a language lacks is empty.
    """
    return tuple(
        element
        for place, question in enumerate(questionnaire.questions, start=1)
        for element in _of_question(question, place, questionnaire.languages)
    )


def _of_question(question: Question, place: int, languages: Sequence[str]) -> Iterator[Element]:
    def in_languages(
        kind: ElementKind, code: str, scale: int, position: int, texts: Mapping[str, str]
    ) -> Iterator[Element]:
        for language in languages:
            yield Element(
                element=kind,
                question_code=question.code,
                code=code,
                scale=scale,
                position=position,
                letter=question.letter,
                has_other=question.has_other,
                language=language,
                text=plain(texts.get(language, "")),
            )

    yield from in_languages(ElementKind.QUESTION, "", 0, place, question.texts)
    for position, sub in _placed(question.subquestions):
        yield from in_languages(ElementKind.SUBQUESTION, sub.code, sub.scale_id, position, sub.texts)
    for position, option in _placed(question.options):
        yield from in_languages(ElementKind.OPTION, option.code, option.scale_id, position, option.labels)


def _placed(parts: Sequence[Part]) -> Iterator[tuple[int, Part]]:
    """Each with its place on its scale. The server's own numbers have gaps, and repeat."""
    counts: dict[int, int] = {}
    for part in parts:
        counts[part.scale_id] = counts.get(part.scale_id, 0) + 1
        yield counts[part.scale_id], part
