"""The one representation of a questionnaire, fetched from a survey server or read from a programme folder.

The survey client returns it, so this module must import neither `schemas` nor `warehouse`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class QuestionKind(StrEnum):
    """LimeSurvey's question types, by its own letters."""

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
    """Any other letter; the question's `letter` holds it."""


_LETTERS = frozenset(kind.value for kind in QuestionKind if kind is not QuestionKind.UNKNOWN)


def kind_of(letter: str) -> QuestionKind:
    """Return the type of a question by LimeSurvey's letter."""
    return QuestionKind(letter) if letter in _LETTERS else QuestionKind.UNKNOWN


@dataclass(frozen=True, slots=True)
class QuestionPart:
    """A subquestion or an answer option of a question.

    Attributes:
        code: Unique among the parts of the same sort and scale.
        scale_id: 1 for a column of an array of numbers or texts and for an option of the second scale of a dual-scale
            question, else 0.
        position: Place among the parts of the same sort and scale, from 1.
        texts: Wording by language, without markup; the base language comes first.
        question_id: The server's number of a subquestion, which outlives a change of its code. None for an option,
            and for a questionnaire that was read from a file.
        relevance: The condition under which a subquestion is shown; empty for none.
    """

    code: str
    scale_id: int
    position: int
    texts: Mapping[str, str]
    question_id: int | None = None
    relevance: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its subquestions and answer options, both in order of scale and position.

    Attributes:
        code: Unique within the questionnaire; LimeSurvey calls it the title.
        letter: LimeSurvey's letter of the question type; see `QuestionKind`.
        position: Place in the questionnaire, from 1.
        texts: Wording by language, without markup; the base language comes first.
        has_other: True if respondents can give an answer that is not listed.
        question_id: The server's number of the question, which outlives a change of its code. None for a
            questionnaire that was read from a file.
        conditions: The conditions under which the question is shown, all of which must hold: those of its group and its
            own. Empty for a questionnaire that was read from a file, like the attributes below.
        is_hidden: True if the question is never shown, whatever its conditions.
        array_filter: The codes of the questions, separated by `;`, whose answers decide which subquestions are shown.
        array_filter_exclude: The same, for the subquestions that are not shown.
        is_encrypted: True if the server encrypts the answers; it then exports one that was never shown as empty.
        has_only_numbers: True if the server accepts nothing but numbers as texts, and writes them itself.
        has_numeric_other: The same, of the text beside the option "other".
    """

    code: str
    letter: str
    position: int
    texts: Mapping[str, str]
    has_other: bool = False
    subquestions: tuple[QuestionPart, ...] = ()
    options: tuple[QuestionPart, ...] = ()
    question_id: int | None = None
    conditions: tuple[str, ...] = ()
    is_hidden: bool = False
    array_filter: str = ""
    array_filter_exclude: str = ""
    is_encrypted: bool = False
    has_only_numbers: bool = False
    has_numeric_other: bool = False


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """The questions of a survey, in their order.

    Attributes:
        languages: The base language first. Each text has all of them; a missing translation is empty.
        version: The sha256, in hexadecimal, of the questionnaire's whole content (codes, types, order, relevance,
            options, wordings and help in each language) without the numbers that the server assigns: equal
            questionnaires of two surveys have equal versions. Empty for a questionnaire that was read from a file.
    """

    languages: tuple[str, ...]
    questions: tuple[Question, ...]
    version: str = ""
