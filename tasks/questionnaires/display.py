"""Find out whether a respondent was shown the question behind a column of an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tasks.questionnaires.questionnaire import Question, QuestionKind, Questionnaire
from tasks.questionnaires.relevance import ALWAYS, Expression, Name, all_of, expression_of
from tasks.questionnaires.response_columns import Field, fields_of_question

_BLANK_IS_NULL = frozenset({QuestionKind.NUMBER, QuestionKind.MULTIPLE_NUMBERS, QuestionKind.DATE})
"""The question types whose blank answers are null, like those of a question that was not shown."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column with its question, the condition of the question, and that of the subquestion beside it.

    Attributes:
        field: The column.
        question: Its question.
        own: The condition under which the column is shown.
    """

    field: Field
    question: Question
    own: Expression


@dataclass(frozen=True, slots=True)
class ResponseForm:
    """How a response was given.

    Attributes:
        is_complete: Whether it was submitted. In an incomplete one, null may also mean that the page was not reached.
        is_from_form: Whether it was given in the form of the survey, which removes the answers to hidden questions. The
            server's interface evaluates no condition: what is not given is null, and answers to hidden questions stay.
    """

    is_complete: bool
    is_from_form: bool


class Display:
    """The conditions under which the columns of a questionnaire are shown.

    Args:
        questionnaire: The live questionnaire.
    """

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._columns: dict[str, _Column] = {}
        self._headings: dict[str, str] = {}
        for question in questionnaire.questions:
            of_question = all_of(*map(expression_of, question.conditions)) if question.conditions else ALWAYS
            for field in fields_of_question(question):
                own = _with_subquestions(question, field, of_question)
                self._columns[field.heading] = _Column(field, question, own)
                self._headings.setdefault(_variable(field), field.heading)

    def is_hidden(self, heading: str) -> bool:
        """Return whether a column is never shown, because of the attribute `hidden` of its question."""
        return heading in self._columns and self._columns[heading].question.is_hidden

    def tells_blanks(self, heading: str) -> bool:
        """Return whether a blank answer is exported as an empty text, and null means that it was not shown."""
        column = self._columns.get(heading)
        return column is not None and column.question.letter not in _BLANK_IS_NULL and not column.question.is_encrypted

    def has_condition(self, heading: str) -> bool:
        """Return whether a column is shown under a condition."""
        return heading in self._columns and self._columns[heading].own is not ALWAYS

    def conditions(self) -> dict[str, tuple[str, ...]]:
        """Return the columns that are shown under a condition, with those that decide it.

        An empty code stands for what decides it and is not known: another kind of value, or a condition that is not
        understood.
        """
        return {
            heading: (*self.read_by(heading), *([""] if self._has_unknown(heading) else []))
            for heading in self._columns
            if self.has_condition(heading)
        }

    def _has_unknown(self, heading: str) -> bool:
        """Return whether a condition of a column, or of those that decide it, reads what is no other column."""
        return any(
            not own.is_whole or not own.names or any(name.variable not in self._headings for name in own.names)
            for own in (self._columns[read].own for read in (heading, *self.read_by(heading)))
            if own is not ALWAYS
        )

    def read_by(self, heading: str) -> tuple[str, ...]:
        """Return the columns that decide whether a column is shown: those in its condition, and in theirs."""
        read: dict[str, None] = {}
        waiting = [heading]
        while waiting:
            for name in sorted(self._columns[waiting.pop()].own.names, key=lambda name: name.variable):
                other = self._headings.get(name.variable)
                if other is not None and other not in read:
                    read[other] = None
                    waiting.append(other)
        return tuple(read)

    def is_shown(self, heading: str, answers: Mapping[str, str | None], response: ResponseForm) -> bool | None:
        """Return whether the condition of a column holds; None where it cannot be known.

        Args:
            heading: The column.
            answers: The exported answers of the columns that decide it; those that are not kept are left out.
            response: How the response was given.
        """
        return self._holds(heading, answers, response, frozenset())

    def _holds(
        self, heading: str, answers: Mapping[str, str | None], response: ResponseForm, above: frozenset[str]
    ) -> bool | None:
        if heading in above:
            return None

        def answer(name: Name) -> str | None:
            other = self._headings.get(name.variable)
            if other is None or other not in answers:
                return None
            text = answers[other]
            of_blank = "" if name.reads_hidden else None
            of_text = text if _is_compared_as_exported(self._columns[other].question, name) else None
            if text and response.is_from_form:
                return of_text
            is_shown = self._holds(other, answers, response, above | {heading})
            if is_shown is False:
                return of_blank
            if text is None and not response.is_complete:
                return None
            if text:
                return of_text if is_shown else None
            return of_blank

        return self._columns[heading].own.evaluate(answer)


def _is_compared_as_exported(question: Question, name: Name) -> bool:
    """Return whether an expression reads the text that is exported: not dates, nor the values of answer options."""
    if name.suffix == "value":
        return not question.options
    return question.letter != QuestionKind.DATE


def _with_subquestions(question: Question, field: Field, of_question: Expression) -> Expression:
    """Return the condition of a column: of its question, its subquestions, and the filter on its row."""
    codes = (field.subquestion_code or "").split("_") if question.subquestions else []
    conditions: list[Expression | None] = [
        expression_of(part.relevance)
        for part in question.subquestions
        if part.relevance not in ("", "1") and (part.code == field.subquestion_code or part.code in codes)
    ]
    row = next(
        (
            part.code
            for part in question.subquestions
            if part.scale_id == 0
            and (field.subquestion_code == part.code or (field.subquestion_code or "").startswith(f"{part.code}_"))
        ),
        None,
    )
    if row is not None and question.array_filter_exclude:
        conditions.append(None)
    if row is not None and question.array_filter:
        conditions += [
            expression_of(f"!is_empty({filtering.strip()}_{row}.NAOK)")
            for filtering in question.array_filter.split(";")
        ]
    return all_of(of_question, *conditions) if conditions else of_question


def _variable(field: Field) -> str:
    """Return the name of a column in expressions."""
    if field.scale_id is not None:
        return f"{field.question_code}_{field.subquestion_code}_{field.scale_id}"
    return field.heading.replace("[", "_").replace("]", "")
