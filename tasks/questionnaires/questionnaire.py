"""The questions of a questionnaire, put together again from its elements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.enums import ElementKind
from schemas.questionnaire import Element
from tasks.questionnaires.response_columns import Field, Part, QuestionKind, fields_of_question

OTHER = "-oth-"
"""What a list holds where another answer than those listed was given."""


@dataclass(frozen=True, slots=True)
class QuestionPart:
    """A subquestion or an answer option of a question; `texts` by language, without markup."""

    code: str
    scale_id: int
    position: int
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SurveyQuestion:
    """A question with what belongs to it; `texts` by language, without markup. `letter` is LimeSurvey's of its type."""

    code: str
    letter: str
    has_other: bool
    position: int
    texts: Mapping[str, str]
    subquestions: tuple[QuestionPart, ...]
    options: tuple[QuestionPart, ...]


def languages_of(elements: Iterable[Element]) -> tuple[str, ...]:
    """The languages, the base language first."""
    return tuple(dict.fromkeys(element.language for element in elements))


def questions_of(elements: Iterable[Element]) -> tuple[SurveyQuestion, ...]:
    """The questions in the order in which they are asked. What belongs to a question without a row is left out."""
    heads: dict[str, Element] = {}
    texts: dict[str, dict[str, str]] = {}
    below: dict[tuple[str, ElementKind], dict[tuple[int, str], QuestionPart]] = {}
    for element in elements:
        if element.element is ElementKind.QUESTION:
            heads.setdefault(element.question_code, element)
            texts.setdefault(element.question_code, {})[element.language] = element.text
            continue
        parts = below.setdefault((element.question_code, element.element), {})
        part = parts.setdefault(
            (element.scale, element.code), QuestionPart(element.code, element.scale, element.position, {})
        )
        parts[element.scale, element.code] = QuestionPart(
            part.code, part.scale_id, part.position, {**part.texts, element.language: element.text}
        )

    def parts_of(code: str, kind: ElementKind) -> tuple[QuestionPart, ...]:
        return tuple(sorted(below.get((code, kind), {}).values(), key=lambda part: (part.scale_id, part.position)))

    questions = [
        SurveyQuestion(
            code=code,
            letter=head.letter,
            has_other=head.has_other,
            position=head.position,
            texts=texts[code],
            subquestions=parts_of(code, ElementKind.SUBQUESTION),
            options=parts_of(code, ElementKind.OPTION),
        )
        for code, head in heads.items()
    ]
    return tuple(sorted(questions, key=lambda question: question.position))


def fields_asked(questions: Sequence[SurveyQuestion]) -> dict[str, Field]:
    """All headings under which answers are exported, in the order of the questions: the items of a crosswalk."""
    return {field.heading: field for question in questions for field in fields_of_question(question)}


def codes_in(question: SurveyQuestion, field: Field) -> dict[str, str]:
    """The codes of the answer options that may stand in a field of the question, with their labels (base language)."""
    if field.part not in (Part.VALUE, Part.RANK):
        return {}
    codes = {
        option.code: next(iter(option.texts.values()), "")
        for option in question.options
        if field.scale_id is None or option.scale_id == field.scale_id
    }
    if question.has_other and question.letter in (QuestionKind.LIST_RADIO, QuestionKind.LIST_DROPDOWN):
        codes[OTHER] = "another answer"
    return codes
