"""Under which headings a survey server exports the answers to a question, by its type.

Beside the client, not in it: who reads a programme folder needs these rules without HTTP and Arrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class QuestionKind(StrEnum):
    """The server's types of questions, by its own letters."""

    FIVE_POINTS = "5"
    ARRAY_FIVE_POINTS = "A"
    ARRAY_TEN_POINTS = "B"
    ARRAY_YES_UNCERTAIN_NO = "C"
    DATE = "D"
    ARRAY_INCREASE_SAME_DECREASE = "E"
    ARRAY = "F"
    GENDER = "G"
    ARRAY_BY_COLUMN = "H"
    LANGUAGE = "I"
    MULTIPLE_NUMBERS = "K"
    LIST_RADIO = "L"
    MULTIPLE_CHOICE = "M"
    NUMBER = "N"
    LIST_WITH_COMMENT = "O"
    MULTIPLE_CHOICE_WITH_COMMENTS = "P"
    MULTIPLE_TEXTS = "Q"
    RANKING = "R"
    SHORT_TEXT = "S"
    LONG_TEXT = "T"
    HUGE_TEXT = "U"
    TEXT_DISPLAY = "X"
    YES_NO = "Y"
    LIST_DROPDOWN = "!"
    ARRAY_NUMBERS = ":"
    ARRAY_TEXTS = ";"
    FILE_UPLOAD = "|"
    EQUATION = "*"
    ARRAY_DUAL_SCALE = "1"
    UNKNOWN = "unknown"
    """A letter that none of these is; the question's `letter` holds it."""


class Part(StrEnum):
    """What of a question a field holds."""

    VALUE = "value"
    OTHER = "other"
    """The text beside the option "other"."""
    COMMENT = "comment"
    RANK = "rank"
    """The option at the rank that the subquestion code tells."""
    FILES = "files"
    """What is known of the uploaded files, in JSON."""
    FILE_COUNT = "filecount"
    UNKNOWN = "unknown"
    """The questionnaire knows no such field."""


@dataclass(frozen=True, slots=True)
class Field:
    """What one heading stands for."""

    heading: str
    question_code: str | None
    subquestion_code: str | None = None
    scale_id: int | None = None
    part: Part = Part.VALUE


class SubquestionShape(Protocol):
    """A row of a question (`scale_id` 0), or a column of it (`scale_id` 1)."""

    @property
    def code(self) -> str:
        """Its code."""
        ...

    @property
    def scale_id(self) -> int:
        """0 for a row, 1 for a column."""
        ...


class QuestionShape(Protocol):
    """What the headings of a question depend on. `letter` is the server's, one of `QuestionKind` or unknown."""

    @property
    def code(self) -> str:
        """Its code."""
        ...

    @property
    def letter(self) -> str:
        """The server's letter of its type."""
        ...

    @property
    def has_other(self) -> bool:
        """Whether another answer than those listed can be given."""
        ...

    @property
    def subquestions(self) -> Sequence[SubquestionShape]:
        """Its rows and columns, in their order."""
        ...

    @property
    def options(self) -> Sequence[object]:
        """Its answer options: how many there are is what counts."""
        ...


def fields_of_question(question: QuestionShape) -> Iterator[Field]:
    """The headings under which the answers to one question are exported (by code), in their order."""
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
