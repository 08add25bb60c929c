"""The columns in which LimeSurvey exports the answers to a question, by its type, and the codes they can hold.

Checking a programme folder needs these rules without HTTP and Arrow, so they are not part of the survey client.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tasks.questionnaires.questionnaire import Question, QuestionKind, Questionnaire, kind_of

OTHER = "-oth-"
"""The code that LimeSurvey exports for an answer to a list that is not among its options."""


_TYPED = frozenset(
    {
        QuestionKind.SHORT_TEXT,
        QuestionKind.LONG_TEXT,
        QuestionKind.HUGE_TEXT,
        QuestionKind.MULTIPLE_TEXTS,
        QuestionKind.NUMBER,
        QuestionKind.MULTIPLE_NUMBERS,
        QuestionKind.ARRAY_NUMBERS,
        QuestionKind.ARRAY_TEXTS,
        QuestionKind.UNKNOWN,
    }
)

_WRITTEN_AS_NUMBERS = frozenset(
    {QuestionKind.NUMBER, QuestionKind.MULTIPLE_NUMBERS, QuestionKind.ARRAY_NUMBERS, QuestionKind.EQUATION}
)


class Part(StrEnum):
    """The part of an answer that a column holds."""

    VALUE = "value"
    OTHER = "other"
    """The text beside the option "other"."""
    COMMENT = "comment"
    RANK = "rank"
    """The option at the rank that the subquestion code gives."""
    FILES = "files"
    """Metadata of the uploaded files, in JSON."""
    FILE_COUNT = "filecount"
    UNKNOWN = "unknown"
    """The questionnaire has no such column."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of an export.

    Attributes:
        heading: Such as `budget`, `freins[temps]` or `freins[other]`; also the `item` of a crosswalk line.
        question_code: None for a column that the questionnaire does not have.
        subquestion_code: The row and the column joined by `_` for arrays of numbers or texts, the rank for rankings,
            `other` for the comment on another answer.
        scale_id: 0 or 1 for a dual-scale question, else None.
        part: The part of the answer that the column holds.
    """

    heading: str
    question_code: str | None
    subquestion_code: str | None = None
    scale_id: int | None = None
    part: Part = Part.VALUE


def fields_of(questionnaire: Questionnaire) -> dict[str, Field]:
    """Return the columns of a questionnaire by heading, in the order of the questions."""
    return {field.heading: field for question in questionnaire.questions for field in fields_of_question(question)}


def fields_of_question(question: Question) -> Iterator[Field]:
    """Yield the columns of one question in the order of the export, with headings by code."""
    code = question.code
    first = [sub for sub in question.subquestions if sub.scale_id == 0]
    match question.letter:
        case QuestionKind.ARRAY_DUAL_SCALE:
            for sub in first:
                for scale in (0, 1):
                    yield Field(f"{code}[{sub.code}][{scale + 1}]", code, sub.code, scale)
        case QuestionKind.ARRAY_NUMBERS | QuestionKind.ARRAY_TEXTS:
            for row in first:
                for column in (sub for sub in question.subquestions if sub.scale_id == 1):
                    both = f"{row.code}_{column.code}"
                    yield Field(f"{code}[{both}]", code, both)
        case QuestionKind.RANKING:
            for rank in range(1, len(question.options) + 1):
                yield Field(f"{code}[{rank}]", code, str(rank), part=Part.RANK)
        case QuestionKind.FILE_UPLOAD:
            yield Field(code, code, part=Part.FILES)
            yield Field(f"{code}[filecount]", code, part=Part.FILE_COUNT)
        case QuestionKind.LIST_WITH_COMMENT:
            yield Field(code, code)
            yield Field(f"{code}[comment]", code, part=Part.COMMENT)
        case _:
            for sub in first:
                yield Field(f"{code}[{sub.code}]", code, sub.code)
                if question.letter == QuestionKind.MULTIPLE_CHOICE_WITH_COMMENTS:
                    yield Field(f"{code}[{sub.code}comment]", code, sub.code, part=Part.COMMENT)
            if not first:
                yield Field(code, code)
            if question.has_other:
                yield Field(f"{code}[other]", code, part=Part.OTHER)
                if question.letter == QuestionKind.MULTIPLE_CHOICE_WITH_COMMENTS:
                    yield Field(f"{code}[othercomment]", code, "other", part=Part.COMMENT)


def codes_in(question: Question, field: Field) -> dict[str, str]:
    """Return the option codes that a column of the question can hold, with their labels in the base language.

    Empty for a column that holds no option code.
    """
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


def is_typed(question: Question, field: Field) -> bool:
    """Return whether respondents type the answer in a column of the question.

    Otherwise the server determines which answers exist (options, ticks, ranks, dates in its own format, computed
    values), and respondents cannot give another one.
    """
    if field.part in (Part.OTHER, Part.COMMENT):
        return True
    return kind_of(question.letter) in _TYPED and not question.is_hidden


def holds_any_text(question: Question, field: Field) -> bool:
    """Return whether a column can hold any text or number, typed or computed, and not only codes, ticks and ranks."""
    if field.part in (Part.OTHER, Part.COMMENT):
        return True
    return kind_of(question.letter) in _TYPED or question.letter == QuestionKind.EQUATION


def holds_plain_numbers(question: Question, field: Field) -> bool:
    """Return whether the server writes the numbers in a column itself: with a decimal point, whatever was typed."""
    if field.part is Part.OTHER:
        return question.has_numeric_other
    if field.part is Part.COMMENT:
        return False
    return question.letter in _WRITTEN_AS_NUMBERS or question.has_only_numbers
